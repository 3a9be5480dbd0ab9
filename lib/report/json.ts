import type { Finding } from '../finding.ts'
import { countFindings } from './text.ts'

/** The document that `claims check --json` prints; described by `schemas/check-output.schema.json`. */
export interface CheckOutput {
  version: 1
  command: 'check'
  summary: { errors: number; warnings: number }
  findings: readonly Finding[]
  /** Actions bound to post-login, in order of execution; only for a workspace. */
  postLogin?: readonly string[]
}

/** Findings as the one document of `--json`, indented. */
export function formatJson(findings: readonly Finding[], postLogin?: readonly string[]): string {
  const output: CheckOutput = {
    version: 1,
    command: 'check',
    summary: countFindings(findings),
    findings,
    ...(postLogin === undefined ? {} : { postLogin }),
  }
  return JSON.stringify(output, null, 2)
}
