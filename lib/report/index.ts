export { type CheckOutput, formatJson } from './json.ts'
export { countFindings, formatFinding, formatFindings, formatSummary } from './text.ts'
