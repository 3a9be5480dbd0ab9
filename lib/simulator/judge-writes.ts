import { type ClaimNameVerdict, checkClaimName, claimRules } from '../claims/index.ts'
import { type Finding, type RuleTable, reporter, type TokenKind } from '../finding.ts'
import type { TokenContext } from '../tokens/types.ts'
import { postLogin, type Trigger } from '../triggers/index.ts'
import { type RunRuleId, runRules } from './run-rules.ts'
import type { ClaimWrite, PipelineResult, TracedWrite } from './types.ts'

const CLAIMS_PAGE = 'https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims'

const report = reporter(claimRules as RuleTable)

/** What became of each write, in their order, and what there is to say of its name. */
export interface JudgedWrites {
  writes: TracedWrite[]
  findings: Finding[]
}

/** From the last write to the first, so that each knows the one that overwrites it. */
export function judgeWrites(
  { writes, outcome }: Pick<PipelineResult, 'writes' | 'outcome'>,
  context: TokenContext,
  trigger: Pick<Trigger, 'pages' | 'subject'> = postLogin,
): JudgedWrites {
  const judged: TracedWrite[] = []
  const findings: Finding[] = []
  const next = new Map<string, ClaimWrite>()
  for (const write of writes.toReversed()) {
    const { threw, ...own } = write
    const key = `${write.token} ${write.claim}`
    const name = checkClaimName(write.claim, {
      token: write.token,
      scopes: context.scopes,
      passwordGrant: context.gty === 'password',
      subject: trigger.subject,
      ...(context.api !== undefined && { audience: context.api.identifier }),
    })
    const later = next.get(key)
    const fate = fateOf(write, name, { outcome, later, context, trigger })
    judged.push({ ...own, ...fate })
    const { at, claim, token } = write
    if (fate.rule === 'claims/argument' || fate.rule === 'claims/undefined-value') {
      const { reason: message = '', hint = 'Give the claim a name that is text.' } = fate
      findings.push(report(fate.rule, at, { message, hint, claim, token }))
    } else if (isReported(write, name, { outcome, later }) && name.severity !== undefined) {
      const { severity, evidence, reason: message, hint, source } = name
      findings.push(report(name.rule, at, { severity, evidence, message, hint, claim, token, source }))
    }
    if (threw === undefined) next.set(key, write)
  }
  return { writes: judged.reverse(), findings: findings.reverse() }
}

type Fate = Pick<TracedWrite, 'verdict' | 'rule' | 'reason' | 'hint' | 'source'>

interface Circumstances {
  outcome: PipelineResult['outcome']
  /** The next write of the claim that did not throw. */
  later: ClaimWrite | undefined
}

function fateOf(
  { token, value, threw }: ClaimWrite,
  name: ClaimNameVerdict,
  {
    outcome,
    later,
    context,
    trigger,
  }: Circumstances & { context: TokenContext; trigger: Pick<Trigger, 'pages' | 'subject'> },
): Fate {
  const why = { rule: name.rule, reason: name.reason, hint: name.hint, source: name.source }
  if (threw !== undefined) {
    return name.verdict === 'refused'
      ? { verdict: 'refused', ...why }
      : { verdict: 'refused', rule: 'claims/argument', reason: threw, source: trigger.pages.api }
  }
  if (outcome !== 'allowed')
    return { verdict: 'discarded', reason: (trigger.subject === 'user' ? DISCARDED : OF_MACHINES)[outcome] }
  if (name.verdict !== 'kept') return { verdict: 'dropped', ...why }
  if (later !== undefined) {
    return {
      verdict: 'overwritten',
      rule: 'claims/overwritten',
      reason: `A later write by "${later.action}" (${later.at.file}:${later.at.line}) overwrites it.`,
    }
  }
  const missing = missingToken(token, context)
  if (missing !== undefined) return { verdict: 'dropped', ...missing }
  return value === undefined ? { verdict: 'dropped', ...UNDEFINED } : { verdict: 'kept' }
}

/** The name of a write does not matter where the write has no effect anyway. */
function isReported(
  { threw }: ClaimWrite,
  { verdict }: ClaimNameVerdict,
  { outcome, later }: Circumstances,
): boolean {
  if (threw !== undefined) return true
  return outcome === 'allowed' && (verdict !== 'kept' || later === undefined)
}

const UNDEFINED = {
  rule: 'claims/undefined-value',
  reason: 'The value has no form in JSON, so the token has no such claim.',
  hint: 'Set the claim only when there is a value.',
  source: CLAIMS_PAGE,
}

/** Why the calls of the Actions have no effect, by the outcome. */
export const DISCARDED: Record<PipelineResult['outcome'], string> = {
  allowed: '',
  denied: 'The login was denied: there are no tokens.',
  redirect: 'The login waits for a redirect: there are no tokens yet.',
  error: 'An Action failed: Auth0 discards what the Actions requested.',
}

const OF_MACHINES: typeof DISCARDED = {
  ...DISCARDED,
  denied: 'The request was denied: there is no token.',
}

/** The rule for claims of a token that is not issued. */
function missingToken(
  token: TokenKind,
  { api, scopes }: TokenContext,
): Pick<TracedWrite, 'rule' | 'reason' | 'hint' | 'source'> | undefined {
  if (token === 'access_token' && api === undefined) return MISSING.access_token
  return token === 'id_token' && !scopes.includes('openid') ? MISSING.id_token : undefined
}

const MISSING = {
  access_token: missing('claims/opaque-access-token', 'Ask for an API, with the parameter audience.'),
  id_token: missing('claims/no-id-token', 'Ask for the scope openid.'),
}

function missing(rule: RunRuleId, hint: string): Pick<TracedWrite, 'rule' | 'reason' | 'hint' | 'source'> {
  const { why, source } = runRules[rule]
  return { rule, reason: why, hint, source }
}
