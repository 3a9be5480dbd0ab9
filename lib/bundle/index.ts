export { bundleActions, tryBundleActions } from './bundle-actions.ts'
export type { ActionSource, BuiltAction, BundleOptions, BundleResult } from './types.ts'
export { writeBundles } from './write-bundles.ts'
