export { checkBundles, checkWorkspace } from './check-workspace.ts'
export { claimWrites, type FoundWrite } from './claim-writes.ts'
export { checkRules } from './rules.ts'
