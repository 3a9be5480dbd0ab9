import type { Finding } from '../finding.ts'

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

function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}
