import { settleTokens } from '../../simulator/settle-tokens.ts'
import type { Client } from '../entities.ts'
import { keepNewest } from '../log.ts'
import { keepMetadata, primaryUserOf, runBoundActions, UNKNOWN_PRIMARY_USER } from './actions.ts'
import { OAuthError } from './errors.ts'
import { postLoginEvent } from './event.ts'
import { type Answer, type Exchange, failure, required } from './exchange.ts'
import { type Authentication, requestFacts } from './http.ts'
import { MFA_REQUIRED, wantsSecondFactor } from './multifactor.ts'
import { findApi, grantedScopes, OWN_SCOPES, scopeNames } from './scopes.ts'
import { secret } from './store.ts'
import { signedTokens, tokenContext } from './tokens.ts'

/** `grant_type=refresh_token`: the Actions run anew, and what they allow now is what the tokens hold. */
export async function refresh({ auth, client, params, issuer, c }: Exchange): Promise<Answer> {
  const { context, store } = auth
  const { state } = context
  const text = required(params, 'refresh_token')
  // Claimed before any Action is awaited: two refreshes at once cannot both be the first.
  const presented = store.refreshTokens.claim(text, client)
  if (presented.state === 'unknown' || presented.state === 'reused') {
    const reused = presented.state === 'reused'
    context.record(
      failure(reused ? 'ferrt' : 'fertft', 'Unknown or invalid refresh token.', client, c, {
        ...(reused && { familyId: presented.family.id }),
      }),
    )
    throw new OAuthError(403, 'invalid_grant', 'Unknown or invalid refresh token.')
  }
  const { family } = presented
  try {
    const user = state.users.get(family.user_id)
    if (user === undefined) {
      throw new OAuthError(
        403,
        'invalid_grant',
        "The refresh_token was generated for a user who doesn't exist anymore.",
      )
    }
    if (user.blocked === true) throw new OAuthError(403, 'access_denied', 'user is blocked')
    const organization =
      family.organization === undefined ? undefined : state.organizations.get(family.organization)
    if (family.organization !== undefined && organization === undefined) {
      throw new OAuthError(403, 'invalid_grant', 'Unknown or invalid refresh token.')
    }
    const { audience, requested } = refreshTarget(auth, client, family, params)
    const event = postLoginEvent(context, {
      protocol: 'oauth2-refresh-token',
      user,
      client,
      organization,
      session: store.sessions.get(family.session_id ?? ''),
      audience,
      request: requestFacts(c, Object.fromEntries(params)),
      refresh: { family, scopes: requested },
    })
    const pipeline = await runBoundActions(context, event, { facts: { canRedirect: false } })
    keepMetadata(state, user, pipeline, context.clock())
    const execution = {
      when: context.clock(),
      user_id: user.user_id,
      client_id: client.client_id,
      ...(organization !== undefined && { organization: organization.id }),
      protocol: 'oauth2-refresh-token' as const,
      pipeline,
    }
    if (pipeline.outcome !== 'allowed') {
      keepNewest(context.executions, execution)
      // Never a redirect: at a refresh the pipeline answers an error instead.
      throw new OAuthError(403, 'access_denied', pipeline.reason ?? 'Access denied')
    }
    if (wantsSecondFactor(pipeline)) {
      keepNewest(context.executions, execution)
      throw new OAuthError(403, 'mfa_required', MFA_REQUIRED, { mfa_token: secret() })
    }
    const current = primaryUserOf(state, user, pipeline)
    if (current === undefined) throw new OAuthError(403, 'access_denied', UNKNOWN_PRIMARY_USER)
    const wanted = pipeline.targetScopes ?? requested
    const api = audience === undefined ? undefined : findApi(state, audience)
    const facts = tokenContext(context, {
      issuer,
      user: current,
      client,
      audience,
      scopes: grantedScopes(state, client, current, wanted, api, organization?.name),
      organization,
      sessionId: family.session_id,
      gty: 'refresh_token',
    })
    const tokens = settleTokens(pipeline, facts)
    keepNewest(context.executions, { ...execution, tokens })
    if (tokens.failure !== undefined) throw new OAuthError(403, 'access_denied', tokens.failure)
    current.id_token_claims[client.client_id] = tokens.idTokenClaims
    const answer: Answer = await signedTokens(context, facts, tokens, client)
    const next = store.refreshTokens.renew(presented, client)
    context.record({
      type: 'sertft',
      description: 'Refresh token for access token',
      client_id: client.client_id,
      client_name: client.name,
      user_id: user.user_id,
      ip: c.env?.ip ?? '127.0.0.1',
    })
    return next === undefined ? answer : { ...answer, refresh_token: next }
  } catch (error) {
    // No tokens were given: the app may try again with the token it has.
    store.refreshTokens.release(presented)
    if (error instanceof OAuthError) context.record(failure('fertft', error.message, client, c))
    throw error
  }
}

/** Audience and scopes of one refresh: as granted, reduced by `scope`, or another API by the app's policies. */
function refreshTarget(
  { context }: Authentication,
  client: Client,
  family: { audience?: string; scopes: readonly string[] },
  params: URLSearchParams,
): { audience: string | undefined; requested: string[] } {
  const asked = params.get('scope') ? scopeNames(params.get('scope')!) : undefined
  const policies = client.refresh_token?.policies ?? []
  const wanted = params.get('audience') || undefined
  const audience = wanted ?? family.audience
  const policy = policies.find((one) => one.audience === audience)
  if (wanted !== undefined && wanted !== family.audience) {
    if (policy === undefined || findApi(context.state, wanted) === undefined) {
      throw new OAuthError(403, 'access_denied', `Service not found: ${wanted}`)
    }
  }
  const original =
    audience === family.audience ? family.scopes : family.scopes.filter((name) => OWN_SCOPES.includes(name))
  const available = [...new Set([...original, ...(policy?.scope ?? [])])]
  const requested = asked === undefined ? available : available.filter((name) => asked.includes(name))
  return { audience, requested }
}
