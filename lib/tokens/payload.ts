import type { TokenContext, TokenUser } from './types.ts'

const ID_TOKEN_LIFETIME = 36_000
const PROFILE = [
  'name',
  'family_name',
  'given_name',
  'middle_name',
  'nickname',
  'picture',
  'updated_at',
] as const
/** What the ID token says right after a second factor. Not on silent and refreshed tokens. */
const SECOND_FACTOR = {
  acr: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor',
  amr: ['mfa'],
} as const
const EMAIL = ['email', 'email_verified'] as const
/** The values of `gty` that Auth0's own profile carries. */
const GRANT_TYPES = new Set(['client-credentials', 'password', 'refresh_token'])

/**
 * Profile claims of a user that the scopes open: what ID token and `/userinfo` carry. A scope that is itself
 * the name of a claim (`nickname`) opens that claim. Members that the user lacks are left out.
 *
 * @see https://auth0.com/docs/get-started/apis/scopes/openid-connect-scopes
 */
export function profileClaims(user: TokenUser, scopes: readonly string[]): Record<string, unknown> {
  const claims: Record<string, unknown> = {}
  const granted = new Set(scopes)
  const take = (claim: keyof TokenUser, gate: string, value: unknown = user[claim]) => {
    if (value !== undefined && (granted.has(gate) || granted.has(claim))) claims[claim] = value
  }
  for (const claim of PROFILE) take(claim, 'profile')
  for (const claim of EMAIL) take(claim, 'email')
  if (granted.has('phone')) {
    if (user.phone_number !== undefined) claims['phone_number'] = user.phone_number
    if (user.phone_verified !== undefined) claims['phone_number_verified'] = user.phone_verified
  }
  return claims
}

/**
 * Payload of an ID token in Auth0's shape. `customClaims` override profile claims, never the issuer, the subject, the
 * audience and the times. Does not check custom names: that is `settleTokens` with the rules of `lib/claims`.
 *
 * @see https://auth0.com/docs/secure/tokens/id-tokens/id-token-structure
 */
export function idTokenPayload(
  context: TokenContext,
  customClaims: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { issuer, user, client, organization, issuedAt } = context
  return {
    ...profileClaims(user, context.scopes),
    ...customClaims,
    iss: issuer,
    aud: client.client_id,
    sub: user.user_id,
    iat: issuedAt,
    exp: issuedAt + (context.idTokenLifetime ?? ID_TOKEN_LIFETIME),
    ...(context.authTime !== undefined && { auth_time: context.authTime }),
    ...(context.sessionId !== undefined && { sid: context.sessionId }),
    ...(context.nonce !== undefined && { nonce: context.nonce }),
    ...organizationClaims(organization),
    ...(context.secondFactor === true && { acr: SECOND_FACTOR.acr, amr: [...SECOND_FACTOR.amr] }),
  }
}

/**
 * Payload of an access token for an API, in the dialect that the API asks for. `undefined` without an API, since
 * the token is opaque then. `scopes` are those after the Actions' commands. Custom claims never override Auth0's.
 * `jti` is derived from user, client and time, so that the same login gives the same payload; give `jti` for one
 * that is unique.
 *
 * @see https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
 */
export function accessTokenPayload(
  context: TokenContext,
  customClaims: Readonly<Record<string, unknown>>,
  scopes: readonly string[],
  jti?: string,
): Record<string, unknown> | undefined {
  const { issuer, user, client, api, organization, issuedAt } = context
  if (api === undefined) return undefined
  const rfc9068 = api.token_dialect.startsWith('rfc9068')
  const withUserinfo = scopes.includes('openid') && api.signing_alg === 'RS256'
  const payload: Record<string, unknown> = {
    ...customClaims,
    iss: issuer,
    sub: context.gty === 'client-credentials' ? `${client.client_id}@clients` : user.user_id,
    aud: withUserinfo ? [api.identifier, `${issuer}userinfo`] : api.identifier,
    iat: issuedAt,
    exp: issuedAt + api.token_lifetime,
  }
  if (scopes.length > 0) payload['scope'] = scopes.join(' ')
  if (rfc9068) {
    payload['client_id'] = client.client_id
    payload['jti'] = jti ?? tokenId(`${user.user_id} ${client.client_id} ${api.identifier} ${issuedAt}`)
  } else {
    payload['azp'] = client.client_id
    if (context.gty !== undefined && GRANT_TYPES.has(context.gty)) payload['gty'] = context.gty
  }
  if (api.token_dialect.endsWith('_authz')) payload['permissions'] = [...(context.permissions ?? [])]
  return Object.assign(payload, organizationClaims(organization))
}

function organizationClaims(organization: TokenContext['organization']): Record<string, string> {
  if (organization === undefined) return {}
  return { org_id: organization.id, ...(organization.includeName && { org_name: organization.name }) }
}

// FNV-1a, four times with another start: an id, not a secret.
function tokenId(text: string): string {
  let id = ''
  for (let round = 0; round < 4; round++) {
    let hash = 0x811c9dc5 ^ round
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193) >>> 0
    id += hash.toString(16).padStart(8, '0')
  }
  return id
}
