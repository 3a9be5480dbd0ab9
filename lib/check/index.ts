export { checkFiles } from './check-files.ts'
export { checkWorkspace } from './check-workspace.ts'
export { claimWrites, type FoundWrite, type PlacedClaim, placedClaims } from './claim-writes.ts'
export { checkRules } from './rules/index.ts'
