export { checkFiles } from './check-files.ts'
export { checkWorkspace } from './check-workspace.ts'
export { claimWrites, type FoundWrite } from './claim-writes.ts'
export { checkRules } from './rules/index.ts'
