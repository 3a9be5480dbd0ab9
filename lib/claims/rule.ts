import type { Evidence, Severity } from '../finding.ts'

/** What `claims explain` and the rule pages say about one rule. */
export interface RuleDescription {
  /** `family/name`, permanent. */
  id: string
  /** One sentence: what holds when the rule is content. */
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
