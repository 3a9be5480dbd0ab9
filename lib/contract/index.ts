export {
  breakingChanges,
  CHANGE_CATEGORIES,
  type ChangeCategory,
  type ContractChange,
} from './breaking.ts'
export { changeFinding, changeRules, UNDECIDED } from './change-rules.ts'
export { type ClaimImpact, type Consumer, impactOf, readConsumers } from './consumers.ts'
export { customClaimsOf, isIssuedClaim, undeclaredClaims } from './custom-claims.ts'
export { docsOf, htmlDocsOf, type SetBy } from './docs-of.ts'
export {
  type ContractsOptions,
  type ContractsRead,
  checkContracts,
  compileContracts,
  type ReadFile,
  readContracts,
} from './read-contracts.ts'
export { sizeFindings, type WorstCaseSize, worstCaseSize } from './size.ts'
export { type ModuleForm, standaloneValidator } from './standalone.ts'
export type { Contract, ContractFault, JsonSchema, JsonSchemaObject } from './types.ts'
export { typesOf } from './types-of.ts'
