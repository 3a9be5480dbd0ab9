import type { Finding } from '../finding.ts'

const LEVELS = { error: 'error', warning: 'warning', info: 'note' } as const

/** What SARIF shows of a rule beside its id. */
export interface RuleText {
  summary: string
  why: string
}

/**
 * Findings as SARIF 2.1.0, for code scanning. Paths stay relative, with forward slashes. `describe` gives the texts of
 * a rule; without it the log has ids and addresses only.
 */
export function formatSarif(
  findings: readonly Finding[],
  version: string,
  describe: (rule: string) => RuleText | undefined = () => undefined,
): string {
  const ids = [...new Set(findings.map(({ rule }) => rule))].sort()
  const rules = ids.map((id) => {
    const text = describe(id)
    return {
      id,
      ...(text === undefined ? {} : { shortDescription: { text: text.summary }, help: { text: text.why } }),
      helpUri: findings.find(({ rule }) => rule === id)!.source,
    }
  })
  const results = findings.map((finding) => ({
    ruleId: finding.rule,
    ruleIndex: ids.indexOf(finding.rule),
    level: LEVELS[finding.severity],
    message: { text: finding.hint === '' ? finding.message : `${finding.message} ${finding.hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: encodeURI(wellFormed(finding.file)) },
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

/** Without halves of surrogate pairs, which no address can have. */
function wellFormed(text: string): string {
  return text.replace(/\p{Cs}/gu, '\ufffd')
}
