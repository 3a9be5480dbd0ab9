import {
  checkClaimName,
  customClaimsBytes,
  isAuth0Audience,
  MAX_CUSTOM_CLAIMS_BYTES,
} from '../claims/index.ts'
import { type Finding, sortFindings, type TokenKind, tokenName } from '../finding.ts'
import { setOwn } from '../json.ts'
import { OIDC_SCOPES } from '../policy/index.ts'
import { accessTokenPayload, idTokenPayload } from '../tokens/payload.ts'
import type { TokenContext } from '../tokens/types.ts'
import { postLogin } from '../triggers/index.ts'
import { runFindings } from './run-findings.ts'
import { type RunRuleId, runRules } from './run-rules.ts'
import type { ClaimWrite, PipelineResult, SettledTokens, TracedWrite } from './types.ts'

const CLAIMS_PAGE = 'https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims'
const API_PAGE = postLogin.pages.api

/**
 * Builds both tokens' payloads from what the Actions did, by the rules of `lib/claims`, and gives every write
 * exactly one verdict: `kept`, `overwritten` by a later write, `dropped` when the token is built, `refused` by
 * the call, or `discarded` since the login does not go through.
 *
 * With another primary user the subject is theirs; their profile is the caller's to know. Does not sign, and does not check the tokens against a contract. The scope gate of profile claims looks at the
 * granted scopes; the documentation is silent on which set decides.
 */
export function settleTokens(pipeline: PipelineResult, login: TokenContext): SettledTokens {
  const { primaryUser } = pipeline
  const secondFactor = login.secondFactor ?? pipeline.secondFactor ?? false
  const user = primaryUser === undefined ? login.user : { ...login.user, user_id: primaryUser }
  const context = { ...login, user, secondFactor }
  const audience = context.api?.identifier
  const forced = forcedScopes(pipeline, context)
  const scopes = finalScopes(forced, context.scopes)
  const allowed = pipeline.outcome === 'allowed'
  const custom: Record<TokenKind, Record<string, unknown>> = { id_token: {}, access_token: {} }
  const findings: Finding[] = runFindings(pipeline)

  const nextOf = laterWrites(pipeline.writes)
  const writes = pipeline.writes.map((write): TracedWrite => {
    const name = checkClaimName(write.claim, {
      token: write.token,
      scopes: context.scopes,
      ...(audience !== undefined && { audience }),
    })
    const why = { rule: name.rule, reason: name.reason, hint: name.hint, source: name.source }
    const { threw, ...own } = write
    const report = () => {
      if (name.severity !== undefined) findings.push(finding(write, { ...name, severity: name.severity }))
    }
    if (threw !== undefined) {
      report()
      return name.verdict === 'refused'
        ? { ...own, verdict: 'refused', ...why }
        : { ...own, verdict: 'refused', rule: 'claims/argument', reason: threw, source: API_PAGE }
    }
    if (!allowed) return { ...own, verdict: 'discarded', reason: DISCARDED[pipeline.outcome] }
    const later = nextOf.get(write)
    if (name.verdict !== 'kept') {
      report()
      return { ...own, verdict: 'dropped', ...why }
    }
    if (later !== undefined) {
      return {
        ...own,
        verdict: 'overwritten',
        rule: 'claims/overwritten',
        reason: `A later write by "${later.action}" (${later.at.file}:${later.at.line}) overwrites it.`,
      }
    }
    report()
    const missing = missingToken(write.token, context)
    if (missing !== undefined) return { ...own, verdict: 'dropped', ...missing }
    if (write.value === undefined) {
      return {
        ...own,
        verdict: 'dropped',
        rule: 'claims/undefined-value',
        reason: 'The value has no form in JSON, so the token has no such claim.',
        hint: 'Set the claim only when there is a value.',
        source: CLAIMS_PAGE,
      }
    }
    setOwn(custom[write.token], write.claim, write.value)
    return { ...own, verdict: 'kept' }
  })

  let failure =
    refusal(pipeline) ?? (allowed ? (login.refusal ?? unknownScope(forced.add, context)) : undefined)
  let rule: Pick<TracedWrite, 'rule' | 'source'> = {}
  for (const token of ['id_token', 'access_token'] as const) {
    const bytes = customClaimsBytes(custom[token])
    if (bytes <= MAX_CUSTOM_CLAIMS_BYTES) continue
    if (failure !== undefined) break
    failure = `The custom claims of the ${tokenName(token)} take ${bytes} bytes; at most ${MAX_CUSTOM_CLAIMS_BYTES} are allowed.`
    rule = { rule: 'claims/too-large', source: CLAIMS_PAGE }
  }
  const failed = failure !== undefined || pipeline.outcome === 'denied' || pipeline.outcome === 'error'
  const accessToken = accessTokenPayload(context, custom.access_token, scopes)
  return {
    ...(context.scopes.includes('openid') && { idToken: idTokenPayload(context, custom.id_token) }),
    ...(accessToken !== undefined && { accessToken }),
    scopes,
    writes:
      failure === undefined
        ? writes
        : writes.map((write) =>
            write.verdict === 'kept' ? { ...write, verdict: 'discarded', reason: failure, ...rule } : write,
          ),
    findings: sortFindings(findings),
    idTokenClaims: custom.id_token,
    accessTokenClaims: custom.access_token,
    ...(failure !== undefined && { failure }),
    ...(failed && { error: pipeline.refused?.error ?? 'access_denied' }),
  }
}

const REFUSALS = {
  interaction_required: 'Interaction required',
  login_required: 'Multifactor authentication required',
  mfa_required: 'Multifactor authentication required',
} as const

function refusal({ outcome, refused }: PipelineResult): string | undefined {
  return refused === undefined || outcome === 'error' ? undefined : REFUSALS[refused.error]
}

const DISCARDED: Record<PipelineResult['outcome'], string> = {
  allowed: '',
  denied: 'The login was denied: there are no tokens.',
  redirect: 'The login waits for a redirect: there are no tokens yet.',
  error: 'An Action failed: Auth0 discards what the Actions requested.',
}

/** Nobody reads a claim of a token that is not there. */
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

/** What Actions force that counts: nothing on Auth0's own APIs, and no addition for somebody else's application. */
function forcedScopes(
  { scopes }: PipelineResult,
  { api, client }: TokenContext,
): Readonly<PipelineResult['scopes']> {
  if (api !== undefined && isAuth0Audience(api.identifier)) return { add: [], remove: [] }
  return client.thirdParty === true ? { ...scopes, add: [] } : scopes
}

function finalScopes({ add, remove }: PipelineResult['scopes'], granted: readonly string[]): string[] {
  const removed = new Set(remove)
  return [...new Set([...granted, ...add])].filter((scope) => !removed.has(scope))
}

/** A refresh, other than a login, checks the scopes that Actions add. */
function unknownScope(added: readonly string[], { api, gty }: TokenContext): string | undefined {
  if (gty !== 'refresh_token' || api?.scopes === undefined) return undefined
  const unknown = added.find((scope) => !api.scopes!.includes(scope) && !OIDC_SCOPES.includes(scope))
  return unknown === undefined
    ? undefined
    : `An Action added the scope "${unknown}", which the API "${api.identifier}" does not define: the refresh fails.`
}

/** For each write the next one of the same claim, if there is one that did not throw. */
function laterWrites(writes: readonly ClaimWrite[]): Map<ClaimWrite, ClaimWrite> {
  const next = new Map<ClaimWrite, ClaimWrite>()
  const last = new Map<string, ClaimWrite>()
  for (const write of writes.toReversed()) {
    const key = `${write.token} ${write.claim}`
    const later = last.get(key)
    if (later !== undefined) next.set(write, later)
    if (write.threw === undefined) last.set(key, write)
  }
  return next
}

function finding(
  { at, claim, token }: ClaimWrite,
  name: Pick<Finding, 'rule' | 'severity' | 'hint' | 'source'> & { reason: string },
): Finding {
  return {
    rule: name.rule,
    severity: name.severity,
    message: name.reason,
    hint: name.hint,
    file: at.file,
    line: at.line,
    column: at.column,
    claim,
    token,
    source: name.source,
  }
}
