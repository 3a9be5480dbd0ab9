import type { Finding } from '../finding.ts'
import { visible } from './visible.ts'

/** One finding in two lines: a position that editors make clickable, then what to do. Shows what could not be seen. */
function formatFinding(finding: Finding): string {
  const { file, line, column, severity, rule, message, hint } = finding
  const head = visible(`${file}:${line}:${column} ${severity} ${rule} ${message}`)
  return hint === '' ? head : `${head}\n  hint: ${visible(hint)}`
}

/** All findings as text, one after another in the order given; the empty text when there are none. */
export function formatFindings(findings: readonly Finding[]): string {
  return findings.map(formatFinding).join('\n')
}

/** How many findings there are of each severity, as one line: `1 error, 2 warnings`. */
export function formatSummary(findings: readonly Finding[]): string {
  const { errors, warnings } = countFindings(findings)
  const infos = findings.length - errors - warnings
  const parts = [plural(errors, 'error'), plural(warnings, 'warning')]
  if (infos > 0) parts.push(plural(infos, 'note'))
  return parts.join(', ')
}

export function countFindings(findings: readonly Finding[]): { errors: number; warnings: number } {
  return {
    errors: findings.filter(({ severity }) => severity === 'error').length,
    warnings: findings.filter(({ severity }) => severity === 'warning').length,
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
