import type { Finding } from '../finding.ts'
import { visible } from './visible.ts'

const COMMANDS = { error: 'error', warning: 'warning', info: 'notice' } as const

/** Findings as workflow commands, which GitHub shows beside the changed lines. */
export function formatGithub(findings: readonly Finding[]): string {
  return findings
    .map((finding) => {
      const place = `file=${property(finding.file)},line=${finding.line},col=${finding.column}`
      const text = finding.hint === '' ? finding.message : `${finding.message}\n${finding.hint}`
      return `::${COMMANDS[finding.severity]} ${place},title=${property(finding.rule)}::${data(text)}`
    })
    .join('\n')
}

/** Line breaks as the runner reads them within a command; what else cannot be seen is shown escaped. */
function data(text: string): string {
  return text
    .split(/([\r\n])/)
    .map((part) => {
      if (part === '\n') return '%0A'
      return part === '\r' ? '%0D' : visible(part).replaceAll('%', '%25')
    })
    .join('')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
