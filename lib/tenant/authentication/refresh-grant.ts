import {
  type Refusal,
  refreshTarget,
  scopeNames,
  UNKNOWN_PRIMARY_USER,
  UNKNOWN_REFRESH_TOKEN,
  userRefusal,
} from '../../policy/index.ts'
import { settleTokens } from '../../simulator/settle-tokens.ts'
import type { PipelineResult } from '../../simulator/types.ts'
import type { Execution, TenantContext } from '../context.ts'
import type { Client, Organization, User } from '../entities.ts'
import { keepNewest } from '../log.ts'
import { keepMetadata, primaryUserOf, runBoundActions } from './actions.ts'
import { OAuthError } from './errors.ts'
import { postLoginEvent } from './event.ts'
import { type Answer, type Exchange, failure, required } from './exchange.ts'
import { addressOf, requestFacts } from './http.ts'
import { MFA_REQUIRED, wantsSecondFactor } from './multifactor.ts'
import { carryOutForRefresh } from './orders.ts'
import type { Claim, RefreshFamily } from './refresh-tokens.ts'
import { findApi, grantedScopes } from './scopes.ts'
import { secret } from './store.ts'
import { signedTokens, tokenContext } from './tokens.ts'

/** `grant_type=refresh_token`: the Actions run anew, and the tokens hold what the Actions allow now. */
export async function refresh(exchange: Exchange): Promise<Answer> {
  const { auth, client, c } = exchange
  const { context, store } = auth
  // Claimed before any Action is awaited: two refreshes at once cannot both be the first.
  const presented = claimed(exchange)
  try {
    const parties = partiesOf(exchange, presented.family)
    const pipeline = await runActions(exchange, presented.family, parties)
    const answer = await tokensFor(exchange, presented.family, parties, pipeline)
    const next = store.refreshTokens.renew(presented, client, pipeline.refreshToken)
    context.record({
      type: 'sertft',
      description: 'Refresh token for access token',
      client_id: client.client_id,
      client_name: client.name,
      user_id: parties.user.user_id,
      ip: addressOf(c),
    })
    return next === undefined ? answer : { ...answer, refresh_token: next }
  } catch (error) {
    // No tokens were given: the app may try again with the token it has.
    store.refreshTokens.release(presented)
    if (error instanceof OAuthError) context.record(failure('fertft', error.message, client, c))
    throw error
  }
}

/** @throws {OAuthError} for a token that is unknown, over, or used again, which ends its family. */
function claimed({ auth: { context, store }, client, params, c }: Exchange): Claim {
  const presented = store.refreshTokens.claim(required(params, 'refresh_token'), client)
  if (presented.state === 'claimed') return presented
  const reused = presented.state === 'reused'
  context.record(
    failure(reused ? 'ferrt' : 'fertft', UNKNOWN_REFRESH_TOKEN.description, client, c, {
      ...(reused && { familyId: presented.family.id }),
    }),
  )
  throw refused(UNKNOWN_REFRESH_TOKEN)
}

/** Whom the tokens are for, and for what. */
interface Parties {
  user: User
  organization: Organization | undefined
  audience: string | undefined
  requested: readonly string[]
}

/**
 * @throws {OAuthError} when the user or the organization is no longer allowed in, or the app may not ask for the API.
 */
function partiesOf({ auth, client, params }: Exchange, family: RefreshFamily): Parties {
  const { state } = auth.context
  const user = state.users.get(family.user_id)
  if (user === undefined) {
    throw new OAuthError(
      403,
      'invalid_grant',
      "The refresh_token was generated for a user who doesn't exist anymore.",
    )
  }
  const blocked = userRefusal(user)
  if (blocked !== undefined) throw denied(blocked.description)
  const organization = state.organizations.get(family.organization ?? '')
  if (family.organization !== undefined && organization === undefined) throw refused(UNKNOWN_REFRESH_TOKEN)
  const scope = params.get('scope') || undefined
  const target = refreshTarget(
    client,
    family,
    {
      audience: params.get('audience') || undefined,
      scopes: scope === undefined ? undefined : scopeNames(scope),
    },
    (audience) => findApi(state, audience) !== undefined,
  )
  if ('refused' in target) throw refused(target.refused)
  return { user, organization, ...target }
}

/** Runs the Actions and carries out what they order. @throws {OAuthError} when they end the exchange. */
async function runActions(
  { auth, client, params, c }: Exchange,
  family: RefreshFamily,
  { user, organization, audience, requested }: Parties,
): Promise<PipelineResult> {
  const { context, store } = auth
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
  keepMetadata(context.state, user, pipeline, context.clock())
  carryOutForRefresh(auth, family, client, pipeline)
  const asksForFactor = pipeline.outcome === 'allowed' && wantsSecondFactor(pipeline)
  if (pipeline.outcome === 'allowed' && !asksForFactor) return pipeline
  keepNewest(context.executions, executionOf(context, client, { user, organization }, pipeline))
  if (asksForFactor) throw new OAuthError(403, 'mfa_required', MFA_REQUIRED, { mfa_token: secret() })
  // Never a redirect: at a refresh the pipeline ends with an error instead.
  throw new OAuthError(403, pipeline.refused?.error ?? 'access_denied', pipeline.reason ?? 'Access denied')
}

/** @throws {OAuthError} when there are no tokens although every Action allows them. */
async function tokensFor(
  { auth: { context }, client, issuer }: Exchange,
  family: RefreshFamily,
  { user, organization, audience, requested }: Parties,
  pipeline: PipelineResult,
): Promise<Answer> {
  const { state } = context
  const current = primaryUserOf(state, user, pipeline)
  if (current === undefined) throw denied(UNKNOWN_PRIMARY_USER)
  const asking = { client, user: current, audience, organization: organization?.name }
  const facts = tokenContext(context, {
    issuer,
    user: current,
    client,
    audience,
    scopes: grantedScopes(state, asking, pipeline.targetScopes ?? requested),
    organization,
    sessionId: family.session_id,
    gty: 'refresh_token',
    secondFactor: false,
  })
  const tokens = settleTokens(pipeline, facts)
  const execution = executionOf(context, client, { user, organization }, pipeline)
  keepNewest(context.executions, { ...execution, tokens })
  if (tokens.failure !== undefined) throw denied(tokens.failure)
  current.id_token_claims[client.client_id] = tokens.idTokenClaims
  return signedTokens(context, facts, tokens, client)
}

function executionOf(
  { clock }: TenantContext,
  { client_id }: Client,
  { user, organization }: Pick<Parties, 'user' | 'organization'>,
  pipeline: PipelineResult,
): Execution {
  return {
    when: clock(),
    user_id: user.user_id,
    client_id,
    ...(organization !== undefined && { organization: organization.id }),
    protocol: 'oauth2-refresh-token',
    pipeline,
  }
}

function denied(description: string): OAuthError {
  return new OAuthError(403, 'access_denied', description)
}

function refused({ error, description }: Refusal): OAuthError {
  return new OAuthError(403, error, description)
}
