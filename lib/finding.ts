/** Which of the two tokens a claim is written to. */
export type TokenKind = 'id_token' | 'access_token'

/** The token as texts for people call it. */
export function tokenName(token: TokenKind): string {
  return token === 'id_token' ? 'ID token' : 'access token'
}

export type Severity = 'error' | 'warning' | 'info'

/** How good the evidence for a rule is; see `lib/README.md`, "Evidence grades". */
export type Evidence = 'documentation' | 'code' | 'support' | 'standard' | 'inference' | 'contradiction'

/**
 * Something wrong in the user's files. Findings are data: collected, sorted and printed, never thrown.
 * The shape is the JSON that `claims check --json` prints (`schemas/finding.schema.json`).
 */
export interface Finding {
  /** `family/name`, permanent, e.g. `claims/restricted-name`. */
  rule: string
  severity: Severity
  /** What is wrong, in one sentence. Never holds a token, a secret or a claim value. */
  message: string
  /** What to do about it, with a corrected name or line where there is one. */
  hint: string
  /** Path as the user would type it, relative to the workspace. */
  file: string
  /** Counted from 1. */
  line: number
  /** Counted from 1, in UTF-16 units, as editors do. */
  column: number
  claim?: string
  token?: TokenKind
  /** How good the evidence is: see `lib/README.md`, "Evidence grades". */
  evidence?: Evidence
  /** Address of the page that states the fact behind the rule. */
  source: string
}

/** Sorts findings by file, line, column and rule, so that output is the same for the same input. */
export function sortFindings(findings: readonly Finding[]): Finding[] {
  return [...findings].sort(
    (a, b) =>
      compare(a.file, b.file) ||
      a.line - b.line ||
      a.column - b.column ||
      compare(a.rule, b.rule) ||
      compare(a.claim ?? '', b.claim ?? ''),
  )
}

/** Leaves out findings that say the same of the same place: a helper that two Actions share is bundled twice. */
export function distinctFindings(findings: readonly Finding[]): Finding[] {
  const said = new Set<string>()
  return findings.filter(({ rule, file, line, column, claim, token }) => {
    const key = `${file}:${line}:${column} ${rule} ${token} ${claim}`
    if (said.has(key)) return false
    said.add(key)
    return true
  })
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
