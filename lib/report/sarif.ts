import type { Finding } from '../finding.ts'

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const

/** Findings as SARIF 2.1.0, for code scanning. Paths stay relative, with forward slashes. */
export function formatSarif(findings: readonly Finding[], version: string): string {
  const ids = [...new Set(findings.map(({ rule }) => rule))].sort()
  const rules = ids.map((id) => ({ id, helpUri: findings.find(({ rule }) => rule === id)!.source }))
  const results = findings.map((finding) => ({
    ruleId: finding.rule,
    ruleIndex: ids.indexOf(finding.rule),
    level: LEVELS[finding.severity],
    message: { text: finding.hint === '' ? finding.message : `${finding.message} ${finding.hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(finding.file) },
          region: { startLine: finding.line, startColumn: finding.column },
        },
      },
    ],
  }))
  return JSON.stringify(
    {
      $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
      version: '2.1.0',
      runs: [
        { tool: { driver: { name: 'auth0-claims', version, rules } }, columnKind: 'utf16CodeUnits', results },
      ],
    },
    null,
    2,
  )
}
