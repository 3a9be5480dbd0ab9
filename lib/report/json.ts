import type { Finding } from '../finding.ts'
import { countFindings } from './text.ts'

/** The document that `claims check --json` prints; described by `schemas/check-output.schema.json`. */
export interface CheckOutput {
  version: 1
  command: 'check'
  summary: { errors: number; warnings: number }
  findings: readonly Finding[]
}

/** Findings as the one document of `--json`, indented. */
export function formatJson(findings: readonly Finding[]): string {
  const output: CheckOutput = { version: 1, command: 'check', summary: countFindings(findings), findings }
  return JSON.stringify(output, null, 2)
}
