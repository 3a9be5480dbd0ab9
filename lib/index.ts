/** The claim rules: what becomes of a name, and how large claims may be. Pure; runs anywhere. */
export * from './claims/index.ts'
export type { ErrorCode, ToolkitErrorOptions } from './errors.ts'
export { ToolkitError } from './errors.ts'
export type { Finding, Severity, TokenKind } from './finding.ts'
