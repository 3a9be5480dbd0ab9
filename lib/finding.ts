/** Which of the two tokens a claim is written to. */
export type TokenKind = 'id_token' | 'access_token'

/** The name of the token in texts for people. */
export function tokenName(token: TokenKind): string {
  return token === 'id_token' ? 'ID token' : 'access token'
}

export type Severity = 'error' | 'warning' | 'info'

/** How good the evidence for a rule is; see `lib/README.md`, "Evidence grades". */
export type Evidence = 'documentation' | 'code' | 'support' | 'standard' | 'inference' | 'contradiction'

/** A place in a file. */
export interface Position {
  /** Path as the user would type it, relative to the workspace. */
  file: string
  /** Counted from 1. */
  line: number
  /** Counted from 1, in UTF-16 units, as editors do. */
  column: number
}

/**
 * Something wrong in the user's files. Findings are data: collected, sorted and printed, never thrown.
 * The shape is the JSON that `claims check --json` prints (`schemas/finding.schema.json`).
 */
export interface Finding extends Position {
  /** `family/name`, permanent, e.g. `claims/restricted-name`. */
  rule: string
  severity: Severity
  /** What is wrong, in one sentence. Never holds a token, a secret or a claim value. */
  message: string
  /** What to do about it, with a corrected name or line where there is one. */
  hint: string
  claim?: string
  token?: TokenKind
  /** How good the evidence is: see `lib/README.md`, "Evidence grades". */
  evidence?: Evidence
  /** Address of the page that states the fact behind the rule. */
  source: string
}

/** What `claims explain` and the page of rules say about one rule. */
export interface RuleDescription {
  /** `family/name`, permanent. */
  id: string
  /** One sentence: what holds when the rule finds nothing. */
  summary: string
  /** Usual severity; a finding may be milder where the source leaves a doubt. `none`: never reported. */
  severity: Severity | 'none'
  evidence: Evidence
  /** Address of the page that states the fact. */
  source: string
  /** What happens at Auth0, and what the sources leave open. */
  why: string
  example: { before: string; after: string }
}

/** The rules that one module reports, by id; beside the code that reports them. */
export type RuleTable = Readonly<Record<string, Omit<RuleDescription, 'id'>>>

/** What one finding says beyond its rule. */
export interface Detail {
  message: string
  hint: string
  /** Milder than usual, where there is a doubt. @defaultValue the rule's own */
  severity?: Severity
  /** @defaultValue the rule's own */
  evidence?: Evidence
  claim?: string
  token?: TokenKind
  /** Where another page states the fact. @defaultValue the rule's own */
  source?: string
}

/** Makes the findings of a table: severity, evidence and source come from it. */
export function reporter<Table extends RuleTable>(table: Table) {
  return (
    rule: keyof Table & string,
    at: Position,
    { message, hint, severity, evidence, claim, token, source }: Detail,
  ): Finding => {
    const description = table[rule]!
    return {
      rule,
      severity: severity ?? (description.severity as Severity),
      message,
      hint,
      file: at.file,
      line: at.line,
      column: at.column,
      ...(claim === undefined ? {} : { claim }),
      ...(token === undefined ? {} : { token }),
      evidence: evidence ?? description.evidence,
      source: source ?? description.source,
    }
  }
}

/** The rules of several tables, each with its id. */
export function rulesOf(...tables: readonly RuleTable[]): Readonly<Record<string, RuleDescription>> {
  return Object.fromEntries(
    tables.flatMap((table) => Object.entries(table)).map(([id, rule]) => [id, { id, ...rule }]),
  )
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
