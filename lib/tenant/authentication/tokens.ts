import { isPublic, OPAQUE_TOKEN_LIFETIME, tokenContext as policyTokenContext } from '../../policy/index.ts'
import type { SettledTokens } from '../../simulator/types.ts'
import { signToken } from '../../tokens/index.ts'
import type { SigningAlgorithm, TokenContext } from '../../tokens/types.ts'
import type { TenantContext } from '../context.ts'
import type { Client, Organization, ResourceServer, User } from '../entities.ts'
import { rolesOf } from '../state.ts'
import { findApi } from './scopes.ts'
import { secret } from './store.ts'

export interface TokenFacts {
  issuer: string
  user: User
  client: Client
  audience?: string | undefined
  scopes: readonly string[]
  organization?: Organization | undefined
  sessionId?: string | undefined
  nonce?: string | undefined
  /** Seconds. */
  authTime?: number | undefined
  gty?: string | undefined
  /** A second factor was shown in this login. */
  secondFactor: boolean
}

/** Everything that decides what the tenant itself puts into the tokens of a user. */
export function tokenContext({ state, clock }: TenantContext, facts: TokenFacts): TokenContext {
  const { client, user, audience, organization, ...rest } = facts
  return policyTokenContext({
    ...rest,
    user: profileOf(user),
    application: client,
    api: findApi(state, audience),
    roles: rolesOf(state, user, organization?.name),
    organization,
    organizationNames: state.settings.allow_organization_name_in_authentication_api,
    issuedAt: Math.floor(clock().getTime() / 1000),
  })
}

function profileOf(user: User): TokenContext['user'] {
  const {
    password_hash: _,
    roles: _r,
    id_token_claims: _c,
    user_metadata: _u,
    app_metadata: _a,
    ...profile
  } = user
  return profile
}

/** The response of the token endpoint; `refresh_token` is added by the grant. */
export interface TokenResponse {
  access_token: string
  id_token?: string
  refresh_token?: string
  scope?: string
  expires_in: number
  token_type: 'Bearer'
}

/** Signs what was settled at the login, with the time of the exchange. */
export async function signedTokens(
  tenant: TenantContext,
  context: TokenContext,
  tokens: SettledTokens,
  client: Client,
): Promise<TokenResponse> {
  const now = Math.floor(tenant.clock().getTime() / 1000)
  const [access_token, id_token] = await Promise.all([
    accessToken(tenant, context, tokens, client, now),
    tokens.idToken === undefined ? undefined : idToken(tenant, tokens.idToken, client, now),
  ])
  return {
    access_token,
    ...(id_token !== undefined && { id_token }),
    scope: tokens.scopes.join(' '),
    expires_in: tokens.accessToken === undefined ? OPAQUE_TOKEN_LIFETIME : lifetimeOf(tokens.accessToken),
    token_type: 'Bearer',
  }
}

async function accessToken(
  tenant: TenantContext,
  context: TokenContext,
  tokens: SettledTokens,
  client: Client,
  now: number,
): Promise<string> {
  const api = findApi(tenant.state, context.api?.identifier)
  if (tokens.accessToken === undefined || api === undefined) {
    return tenant.opaque.seal(
      {
        sub: context.user.user_id,
        client_id: client.client_id,
        scope: tokens.scopes.join(' '),
        exp: now + OPAQUE_TOKEN_LIFETIME,
        ...(context.organization !== undefined && { org_id: context.organization.id }),
        ...(context.organization?.includeName && { org_name: context.organization.name }),
      },
      context.issuer,
    )
  }
  const payload = stamped(tokens.accessToken, now)
  return signForApi(tenant, api, 'jti' in payload ? { ...payload, jti: secret(16) } : payload)
}

/** Signs an access token with the algorithm and type that its API asks for. */
export async function signForApi(
  tenant: TenantContext,
  api: Pick<ResourceServer, 'signing_alg' | 'signing_secret' | 'token_dialect'>,
  payload: Readonly<Record<string, unknown>>,
): Promise<string> {
  const alg = api.signing_alg ?? 'RS256'
  const typ = api.token_dialect?.startsWith('rfc9068') ? 'at+jwt' : 'JWT'
  if (alg === 'HS256') {
    api.signing_secret ??= secret(32)
    return signToken(payload, { key: api.signing_secret, alg, typ })
  }
  return signToken(payload, { key: await asymmetricKey(tenant, alg), alg, typ })
}

async function idToken(
  tenant: TenantContext,
  settled: Readonly<Record<string, unknown>>,
  client: Client,
  now: number,
): Promise<string> {
  const payload = stamped(settled, now)
  const wanted = client.jwt_configuration?.alg ?? 'RS256'
  // Whoever reads a public app's files could forge a token signed with its secret.
  if (wanted === 'HS256' && !isPublic(client) && client.client_secret !== undefined) {
    return signToken(payload, { key: client.client_secret, alg: 'HS256' })
  }
  const alg = wanted === 'HS256' ? 'RS256' : wanted
  return signToken(payload, { key: await asymmetricKey(tenant, alg), alg })
}

async function asymmetricKey({ keys }: TenantContext, alg: SigningAlgorithm) {
  const ring = await keys
  return alg === 'ES256' ? ring.elliptic() : ring.current
}

function lifetimeOf(payload: Readonly<Record<string, unknown>>): number {
  return Number(payload['exp']) - Number(payload['iat'])
}

/** The same payload as of now, with the same lifetime. */
function stamped(payload: Readonly<Record<string, unknown>>, now: number): Record<string, unknown> {
  return { ...payload, iat: now, exp: now + lifetimeOf(payload) }
}
