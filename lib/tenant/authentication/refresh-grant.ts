import {
  type Refusal,
  refreshTarget,
  scopeNames,
  UNKNOWN_PRIMARY_USER,
  UNKNOWN_REFRESH_TOKEN,
  userRefusal,
} from '../../policy/index.ts'
import { settleTokens } from '../../simulator/settle-tokens.ts'
import { keepNewest } from '../log.ts'
import { keepMetadata, primaryUserOf, runBoundActions } from './actions.ts'
import { OAuthError } from './errors.ts'
import { postLoginEvent } from './event.ts'
import { type Answer, type Exchange, failure, required } from './exchange.ts'
import { requestFacts } from './http.ts'
import { MFA_REQUIRED, wantsSecondFactor } from './multifactor.ts'
import { carryOutForRefresh } from './orders.ts'
import { findApi, grantedScopes } from './scopes.ts'
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
      failure(reused ? 'ferrt' : 'fertft', UNKNOWN_REFRESH_TOKEN.description, client, c, {
        ...(reused && { familyId: presented.family.id }),
      }),
    )
    throw refused(UNKNOWN_REFRESH_TOKEN)
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
    const blocked = userRefusal(user)
    if (blocked !== undefined) throw new OAuthError(403, 'access_denied', blocked.description)
    const organization =
      family.organization === undefined ? undefined : state.organizations.get(family.organization)
    if (family.organization !== undefined && organization === undefined) {
      throw refused(UNKNOWN_REFRESH_TOKEN)
    }
    const target = refreshTarget(
      client,
      family,
      {
        audience: params.get('audience') || undefined,
        scopes: params.get('scope') ? scopeNames(params.get('scope')!) : undefined,
      },
      (audience) => findApi(state, audience) !== undefined,
    )
    if ('refused' in target) throw refused(target.refused)
    const { audience, requested } = target
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
    carryOutForRefresh(auth, family, client, pipeline)
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
      const error = pipeline.refused?.error ?? 'access_denied'
      throw new OAuthError(403, error, pipeline.reason ?? 'Access denied')
    }
    if (wantsSecondFactor(pipeline)) {
      keepNewest(context.executions, execution)
      throw new OAuthError(403, 'mfa_required', MFA_REQUIRED, { mfa_token: secret() })
    }
    const current = primaryUserOf(state, user, pipeline)
    if (current === undefined) throw new OAuthError(403, 'access_denied', UNKNOWN_PRIMARY_USER)
    const facts = tokenContext(context, {
      issuer,
      user: current,
      client,
      audience,
      scopes: grantedScopes(
        state,
        { client, user: current, audience, organization: organization?.name },
        pipeline.targetScopes ?? requested,
      ),
      organization,
      sessionId: family.session_id,
      gty: 'refresh_token',
      secondFactor: false,
    })
    const tokens = settleTokens(pipeline, facts)
    keepNewest(context.executions, { ...execution, tokens })
    if (tokens.failure !== undefined) throw new OAuthError(403, 'access_denied', tokens.failure)
    current.id_token_claims[client.client_id] = tokens.idTokenClaims
    const answer: Answer = await signedTokens(context, facts, tokens, client)
    const next = store.refreshTokens.renew(presented, client, pipeline.refreshToken)
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

function refused({ error, description }: Refusal): OAuthError {
  return new OAuthError(403, error, description)
}
