import type { Finding } from '../finding.ts'

/** What to bundle: the three places of one Action. A WorkspaceAction is one. */
export interface ActionSource {
  name: string
  /** Absolute path of the TypeScript or JavaScript source. */
  sourceFile: string
  /** Absolute path where the bundle belongs. */
  builtFile: string
  /** npm packages that tenant.yaml declares: left outside the bundle. @defaultValue none */
  dependencies?: readonly { name: string }[]
}

export interface BuiltAction {
  name: string
  sourceFile: string
  builtFile: string
  /** One CommonJS file, as Auth0 loads it. */
  code: string
  /** Source map, version 3, JSON text; its sources are relative to the folder of `builtFile`. */
  sourceMap: string
  /** Size of `code`, in bytes of UTF-8. */
  bytes: number
  /** Names on `exports`. */
  exports: string[]
  /** Packages, `node:` modules and `actions:` modules that the bundle requires at run time. */
  requires: string[]
  /** Absolute paths of the files that are in it: the source, and what that imports, packages too. */
  inputs: string[]
  /** Whether `code` is the text of the source. */
  asWritten: boolean
}

export interface BundleOptions {
  /** Folder that paths in messages are relative to, absolute. */
  root: string
  /** Leave out what cannot be resolved, instead of reporting it. For files outside a workspace. @defaultValue false */
  tolerant?: boolean
}

export interface BundleResult {
  /** In the order of the input; an Action with an error is not among them. */
  built: BuiltAction[]
  findings: Finding[]
}
