import { claimRules, customClaimsBytes, isAuth0Audience, MAX_CUSTOM_CLAIMS_BYTES } from '../claims/index.ts'
import { type Finding, reporter, sortFindings, type TokenKind, tokenName } from '../finding.ts'
import { setOwn } from '../json.ts'
import { OIDC_SCOPES } from '../policy/index.ts'
import { accessTokenPayload, idTokenPayload } from '../tokens/payload.ts'
import type { TokenContext } from '../tokens/types.ts'
import { methodAt, postLogin } from '../triggers/index.ts'
import { judgeWrites } from './judge-writes.ts'
import { runFindings } from './run-findings.ts'
import { runRules } from './run-rules.ts'
import type { PipelineResult, SettledTokens, TracedWrite } from './types.ts'

const report = reporter(claimRules)
const reportRun = reporter(runRules)

/**
 * Builds both tokens' payloads from what the Actions did, by the rules of `lib/claims`, and gives every write
 * exactly one verdict: `kept`, `overwritten` by a later write, `dropped` when the token is built, `refused` by
 * the call, or `discarded` since the login does not go through.
 *
 * With another primary user the subject is theirs; their profile is the caller's to know. Does not sign, and does not
 * check the tokens against a contract. The scope gate of profile claims looks at the granted scopes; the documentation
 * is silent on which set decides.
 */
export function settleTokens(pipeline: PipelineResult, login: TokenContext): SettledTokens {
  const { primaryUser } = pipeline
  const secondFactor = login.secondFactor ?? pipeline.secondFactor ?? false
  const user = primaryUser === undefined ? login.user : { ...login.user, user_id: primaryUser }
  const context = { ...login, user, secondFactor }
  const forced = forcedScopes(pipeline, context)
  const scopes = finalScopes(forced, context.scopes)
  const allowed = pipeline.outcome === 'allowed'
  const custom: Record<TokenKind, Record<string, unknown>> = { id_token: {}, access_token: {} }
  const { writes, findings } = judgeWrites(pipeline, context)
  for (const { verdict, token, claim, value } of writes) {
    if (verdict === 'kept') setOwn(custom[token], claim, value)
  }

  let failure =
    refusal(pipeline) ?? (allowed ? (login.refusal ?? unknownScope(forced.add, context)) : undefined)
  let rule: Pick<TracedWrite, 'rule' | 'source'> = {}
  for (const token of ['id_token', 'access_token'] as const) {
    const bytes = customClaimsBytes(custom[token])
    if (bytes <= MAX_CUSTOM_CLAIMS_BYTES) continue
    if (failure !== undefined) break
    failure = `The custom claims of the ${tokenName(token)} take ${bytes} bytes; at most ${MAX_CUSTOM_CLAIMS_BYTES} are allowed.`
    rule = { rule: 'claims/too-large', source: claimRules['claims/too-large'].source }
    findings.push(tooLarge(failure, token, writes))
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
    findings: sortFindings([...runFindings(pipeline), ...findings, ...ignoredScopes(pipeline, context)]),
    idTokenClaims: custom.id_token,
    accessTokenClaims: custom.access_token,
    ...(failure !== undefined && { failure }),
    ...(failed && { error: pipeline.refused?.error ?? 'access_denied' }),
  }
}

/** Placed at the largest write. */
function tooLarge(message: string, token: TokenKind, writes: readonly TracedWrite[]): Finding {
  const kept = writes.filter((write) => write.verdict === 'kept' && write.token === token)
  const bytes = (write: TracedWrite) => customClaimsBytes({ [write.claim]: write.value })
  const most = kept.reduce((largest, write) => (bytes(write) > bytes(largest) ? write : largest))
  return report('claims/too-large', most.at, {
    message,
    hint: 'Write less into the token: what an API seldom needs it can ask for.',
    claim: most.claim,
    token,
  })
}

const REFUSALS = {
  interaction_required: 'Interaction required',
  login_required: 'Multifactor authentication required',
  mfa_required: 'Multifactor authentication required',
} as const

function refusal({ outcome, refused }: PipelineResult): string | undefined {
  return refused === undefined || outcome === 'error' ? undefined : REFUSALS[refused.error]
}

/** The forced scopes that Auth0 takes. */
function forcedScopes({ scopes }: PipelineResult, context: TokenContext): Readonly<PipelineResult['scopes']> {
  const counting = (operation: 'add' | 'remove') =>
    ignoredScope(operation, context) === undefined ? scopes[operation] : []
  return { add: counting('add'), remove: counting('remove') }
}

/** Why Auth0 ignores what Actions force: all of it on its own APIs, and additions for somebody else's application. */
export function ignoredScope(
  operation: 'add' | 'remove',
  { api, client }: TokenContext,
): { reason: string; hint: string } | undefined {
  if (api !== undefined && isAuth0Audience(api.identifier)) {
    return {
      reason: `Auth0 ignores it on tokens for its own API "${api.identifier}".`,
      hint: 'Use an API of your own.',
    }
  }
  if (client.thirdParty !== true || operation === 'remove') return undefined
  return {
    reason: 'Auth0 ignores it for applications of somebody else (third-party).',
    hint: 'Grant the scope to the application instead.',
  }
}

/**
 * One finding for each call that adds or removes a scope without effect, so that nobody looks for the scope in vain.
 */
function ignoredScopes({ outcome, commands }: PipelineResult, context: TokenContext): Finding[] {
  if (outcome !== 'allowed') return []
  return commands.flatMap(({ method, args, at, action, threw }) => {
    const scope = methodAt(postLogin, method)?.scope
    if (scope?.set !== 'forced' || threw !== undefined) return []
    const ignored = ignoredScope(scope.operation, context)
    if (ignored === undefined) return []
    return [
      reportRun('scopes/ignored', at, {
        message: `"${action}" calls ${method}(${JSON.stringify(args[0])}). ${ignored.reason}`,
        hint: ignored.hint,
      }),
    ]
  })
}

function finalScopes({ add, remove }: PipelineResult['scopes'], granted: readonly string[]): string[] {
  const removed = new Set(remove)
  return [...new Set([...granted, ...add])].filter((scope) => !removed.has(scope))
}

/** A refresh checks the scopes that Actions add; a login does not. */
function unknownScope(added: readonly string[], { api, gty }: TokenContext): string | undefined {
  if (gty !== 'refresh_token' || api?.scopes === undefined) return undefined
  const unknown = added.find((scope) => !api.scopes!.includes(scope) && !OIDC_SCOPES.includes(scope))
  return unknown === undefined
    ? undefined
    : `An Action added the scope "${unknown}", which the API "${api.identifier}" does not define: the refresh fails.`
}
