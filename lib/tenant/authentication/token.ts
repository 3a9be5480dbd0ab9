import { createHash } from 'node:crypto'
import { settleTokens } from '../../simulator/index.ts'
import { signToken } from '../../tokens/index.ts'
import type { Client } from '../entities.ts'
import { keepNewest } from '../log.ts'
import { keepMetadata, runBoundActions } from './actions.ts'
import { namedOrganization } from './authorization-request.ts'
import { authenticateClient } from './client-authentication.ts'
import { grantTypesOf, isPublic } from './clients.ts'
import { OAuthError } from './errors.ts'
import { postLoginEvent } from './event.ts'
import { type Authentication, bodyParams, type Http, issuerOf, requestFacts } from './http.ts'
import { MFA_REQUIRED, wantsSecondFactor } from './multifactor.ts'
import { deniesClients, findApi, grantedScopes, scopeNames } from './scopes.ts'
import { secret } from './store.ts'
import { signedTokens, signForApi, type TokenResponse, tokenContext } from './tokens.ts'

const GRANTS_PAGE = 'https://auth0.com/docs/clients/client-grant-types'

type Answer = Omit<TokenResponse, 'scope'> & { scope?: string }

interface Exchange {
  auth: Authentication
  c: Http
  client: Client
  params: URLSearchParams
  issuer: string
}

/** `POST /oauth/token`. */
export async function token(auth: Authentication, c: Http): Promise<Answer> {
  const params = await bodyParams(c)
  for (const name of new Set(params.keys())) {
    if (params.getAll(name).length > 1) throw invalid(`Parameter '${name}' must not be sent more than once`)
  }
  const issuer = issuerOf(c)
  const grant = required(params, 'grant_type')
  const client = await authenticateClient(auth, params, c.req.header('authorization'), issuer)
  const exchange = { auth, c, client, params, issuer }
  const handler = HANDLERS[grant]
  if (handler === undefined)
    throw new OAuthError(400, 'unsupported_grant_type', `Unsupported grant type: ${grant}`)
  if (!grantTypesOf(client).includes(grant)) {
    throw new OAuthError(403, 'unauthorized_client', `Grant type '${grant}' not allowed for the client.`, {
      error_uri: GRANTS_PAGE,
    })
  }
  return handler(exchange)
}

const HANDLERS: Readonly<Record<string, (exchange: Exchange) => Promise<Answer>>> = Object.assign(
  Object.create(null),
  {
    authorization_code: exchangeCode,
    refresh_token: refresh,
    client_credentials: clientCredentials,
  },
)

async function exchangeCode({ auth, client, params, c }: Exchange): Promise<Answer> {
  const { context, store } = auth
  const code = required(params, 'code')
  const grant = store.codes.get(code)
  if (grant === undefined || grant.request.client_id !== client.client_id) {
    replayed(auth, client, code)
    context.record(failure('feacft', 'Invalid authorization code', client, c))
    throw new OAuthError(403, 'invalid_grant', 'Invalid authorization code')
  }
  assertRedirectUri(grant.request, params.get('redirect_uri') || undefined)
  const fault = verifierFault(grant.request.code_challenge, params.get('code_verifier') || undefined)
  if (fault !== undefined) {
    context.record(failure('feacft', fault.message, client, c))
    throw fault
  }
  // One step, before anything is awaited: of two exchanges at once one gets the tokens.
  store.codes.delete(code)
  const used: { family?: string; revoked?: boolean } = {}
  store.usedCodes.set(code, used, context.clock().getTime() + 10 * 60 * 1000)

  if (context.state.users.get(grant.user_id) === undefined) {
    throw new OAuthError(403, 'invalid_grant', 'Invalid authorization code')
  }
  const answer: Answer = { ...(await signedTokens(context, grant.context, grant.tokens, client)) }
  if (grant.context.scopes.includes('offline_access') && used.revoked !== true) {
    const { family, token: refresh_token } = store.refreshTokens.issue(client, {
      user_id: grant.user_id,
      session_id: grant.session_id,
      scopes: [...grant.context.scopes],
      ...(grant.organization !== undefined && { organization: grant.organization }),
      ...(grant.request.audience !== undefined && { audience: grant.request.audience }),
    })
    used.family = family.id
    answer.refresh_token = refresh_token
  }
  context.record({
    type: 'seacft',
    description: 'Authorization code for access token',
    client_id: client.client_id,
    client_name: client.name,
    user_id: grant.user_id,
    ip: c.env?.ip ?? '127.0.0.1',
  })
  return answer
}

/** A code that comes again may be stolen: what it gave ends. RFC 6749 section 4.1.2. */
function replayed({ store }: Authentication, client: Client, code: string): void {
  const used = store.usedCodes.get(code) as { family?: string; revoked?: boolean } | undefined
  if (used === undefined) return
  used.revoked = true
  if (used.family === undefined) return
  const family = [...store.refreshTokens.families()].find(({ id }) => id === used.family)
  if (family?.client_id === client.client_id) store.refreshTokens.revoke(used.family)
}

function assertRedirectUri(
  request: { redirect_uri: string; redirect_uri_sent: boolean },
  sent: string | undefined,
): void {
  if (sent === undefined ? !request.redirect_uri_sent : sent === request.redirect_uri) return
  const shown = (address: string | undefined) => {
    try {
      const { origin, protocol, host } = new URL(address ?? '')
      return origin === 'null' ? `${protocol}//${host}` : origin
    } catch {
      return String(address)
    }
  }
  throw new OAuthError(
    403,
    'unauthorized_client',
    `The redirect URI is wrong. You sent ${shown(sent)}, and we expected ${shown(request.redirect_uri)}`,
  )
}

/** @see RFC 7636 section 4.6 */
function verifierFault(challenge: string | undefined, verifier: string | undefined): OAuthError | undefined {
  if (challenge === undefined && verifier === undefined) return undefined
  if (verifier === undefined) return invalid("Parameter 'code_verifier' is required")
  const fits =
    challenge !== undefined &&
    /^[A-Za-z0-9\-._~]{43,128}$/.test(verifier) &&
    createHash('sha256').update(verifier).digest('base64url') === challenge
  return fits ? undefined : new OAuthError(403, 'invalid_grant', 'Failed to verify code verifier')
}

async function refresh({ auth, client, params, issuer, c }: Exchange): Promise<Answer> {
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
      const reason =
        pipeline.outcome === 'redirect' ? 'Interaction required' : (pipeline.reason ?? 'Access denied')
      throw new OAuthError(
        403,
        pipeline.outcome === 'redirect' ? 'interaction_required' : 'access_denied',
        reason,
      )
    }
    if (wantsSecondFactor(pipeline)) {
      keepNewest(context.executions, execution)
      throw new OAuthError(403, 'mfa_required', MFA_REQUIRED, { mfa_token: secret() })
    }
    const current = state.users.get(user.user_id) ?? user
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
    const next = store.refreshTokens.renew(family, client)
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
  const asked = params.has('scope') ? scopeNames(params.get('scope')!) : undefined
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
    audience === family.audience ? family.scopes : family.scopes.filter((name) => isGeneral(name))
  const available = [...new Set([...original, ...(policy?.scope ?? [])])]
  const requested = asked === undefined ? available : available.filter((name) => asked.includes(name))
  return { audience, requested }
}

function isGeneral(scope: string): boolean {
  return ['openid', 'profile', 'email', 'offline_access', 'phone', 'address'].includes(scope)
}

async function clientCredentials({ auth, client, params, issuer, c }: Exchange): Promise<Answer> {
  const { context } = auth
  const { state } = context
  if (isPublic(client)) throw new OAuthError(401, 'access_denied', 'Unauthorized')
  const audience = params.get('audience') || params.get('resource') || undefined
  if (audience === undefined) {
    throw new OAuthError(
      403,
      'access_denied',
      'No audience parameter was provided, and no default audience has been configured',
    )
  }
  if (client.client_id === context.managementClient.client_id) {
    if (audience !== `${issuer}api/v2/`) throw unknownService(audience)
    return managementToken(auth, client, audience, issuer)
  }
  const api = findApi(state, audience)
  if (api === undefined) throw unknownService(audience)
  const grant = [...state.clientGrants.values()].find(
    (one) => one.client_id === client.client_id && one.audience === audience && one.subject_type !== 'user',
  )
  if (grant === undefined || deniesClients(api)) {
    throw new OAuthError(
      403,
      'access_denied',
      `Client is not authorized to access "${audience}". You need to create a "client-grant" associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`,
    )
  }
  const organization = machineOrganization(auth, client, grant.organization_usage, params)
  const defined = (api.scopes ?? []).map(({ value }) => value)
  const allowed =
    grant.allow_all_scopes === true ? defined : defined.filter((name) => grant.scope?.includes(name))
  const asked = params.has('scope') ? scopeNames(params.get('scope')!) : undefined
  const scopes = asked === undefined ? allowed : asked.filter((name) => allowed.includes(name))
  const now = Math.floor(context.clock().getTime() / 1000)
  const lifetime = api.token_lifetime ?? 86_400
  const rfc9068 = api.token_dialect?.startsWith('rfc9068') === true
  const payload = {
    iss: issuer,
    sub: `${client.client_id}@clients`,
    aud: audience,
    iat: now,
    exp: now + lifetime,
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    ...(organization !== undefined && { org_id: organization.id }),
    ...(organization !== undefined &&
      state.settings.allow_organization_name_in_authentication_api && { org_name: organization.name }),
    ...(rfc9068
      ? { client_id: client.client_id, jti: secret(16) }
      : { gty: 'client-credentials', azp: client.client_id }),
    ...(api.enforce_policies === true && api.token_dialect?.endsWith('_authz') && { permissions: scopes }),
  }
  context.record({
    type: 'seccft',
    description: 'Client Credentials for access token',
    client_id: client.client_id,
    client_name: client.name,
    audience,
    scope: scopes.join(' '),
    ip: c.env?.ip ?? '127.0.0.1',
  })
  return {
    access_token: await signForApi(context, api, payload),
    ...(scopes.length > 0 && { scope: scopes.join(' ') }),
    expires_in: lifetime,
    token_type: 'Bearer',
  }
}

function unknownService(audience: string): OAuthError {
  return new OAuthError(403, 'access_denied', `Service not enabled within domain: ${audience}`)
}

function machineOrganization(
  { context }: Authentication,
  client: Client,
  usage: unknown,
  params: URLSearchParams,
) {
  const byDefault = client['default_organization'] as
    | { organization_id?: string; flows?: string[] }
    | undefined
  const text =
    params.get('organization') ||
    (byDefault?.flows?.includes('client_credentials') ? byDefault.organization_id : undefined)
  if (!text) {
    if (usage === 'require') throw invalid('parameter organization is required for this client')
    return undefined
  }
  if (usage !== 'allow' && usage !== 'require') {
    throw invalid('parameter organization is not allowed for this client')
  }
  const organization = namedOrganization(context.state, text)
  if (organization === undefined) throw invalid(`parameter organization is invalid: ${text}`)
  return organization
}

/** For the deploy CLI: everything that the Management API of the local tenant knows. */
async function managementToken(
  { context }: Authentication,
  client: Client,
  audience: string,
  issuer: string,
): Promise<Answer> {
  const now = Math.floor(context.clock().getTime() / 1000)
  const payload = {
    iss: issuer,
    sub: `${client.client_id}@clients`,
    aud: audience,
    iat: now,
    exp: now + 86_400,
    scope: MANAGEMENT_SCOPE,
    gty: 'client-credentials',
    azp: client.client_id,
  }
  const { current } = await context.keys
  return {
    access_token: await signToken(payload, { key: current, alg: 'RS256' }),
    scope: MANAGEMENT_SCOPE,
    expires_in: 86_400,
    token_type: 'Bearer',
  }
}

const MANAGED = [
  'actions',
  'attack_protection',
  'branding',
  'client_credentials',
  'client_grants',
  'client_keys',
  'clients',
  'connections',
  'connections_options',
  'custom_domains',
  'email_provider',
  'email_templates',
  'flows',
  'forms',
  'grants',
  'guardian_factors',
  'hooks',
  'log_streams',
  'organization_connections',
  'organization_member_roles',
  'organization_members',
  'organizations',
  'prompts',
  'resource_servers',
  'roles',
  'role_members',
  'rules',
  'rules_configs',
  'self_service_profiles',
  'tenant_settings',
  'triggers',
  'users',
]

const MANAGEMENT_SCOPE = MANAGED.flatMap((entity) =>
  ['create', 'read', 'update', 'delete'].map((verb) => `${verb}:${entity}`),
).join(' ')

function required(params: URLSearchParams, name: string): string {
  const value = params.get(name)
  if (!value) throw invalid(`Missing required parameter: ${name}`)
  return value
}

function invalid(description: string): OAuthError {
  return new OAuthError(400, 'invalid_request', description)
}

function failure(
  type: string,
  description: string,
  client: Client,
  c: Http,
  details?: Record<string, unknown>,
) {
  return {
    type,
    description,
    client_id: client.client_id,
    client_name: client.name,
    ip: c.env?.ip ?? '127.0.0.1',
    ...(details !== undefined && { details }),
  }
}
