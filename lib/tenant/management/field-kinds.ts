/** The types of the fields that logins read. */

type Fits = (value: unknown) => boolean
/** The type that a value must have, as a refusal names it, and the check. */
type Kind = readonly [expected: string, fits: Fits]

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const listOf =
  (fits: Fits): Fits =>
  (value) =>
    Array.isArray(value) && value.every(fits)
const oneOf = (...names: string[]): Kind => [
  `one of ${names.join(', ')}`,
  (value) => names.includes(value as string),
]
const seconds = (max: number): Kind => [
  `integer of at most ${max}`,
  (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max,
]

const TEXT: Kind = ['string', (value) => typeof value === 'string']
const TEXTS: Kind = ['array of strings', listOf(TEXT[1])]
const FLAG: Kind = ['boolean', (value) => typeof value === 'boolean']
const MAP: Kind = ['object', isMap]
const MAPS: Kind = ['array of objects', listOf(isMap)]
/** Auth0's longest: thirty days for a token, five years for a refresh token. */
const TOKEN_SECONDS = seconds(2_592_000)
const REFRESH_SECONDS = seconds(157_788_000)
const POLICIES: Kind = [
  'array of objects with audience and scope',
  listOf((value) => isMap(value) && TEXT[1](value['audience']) && TEXTS[1](value['scope'])),
]

/** Of the fields that logins read; those of maps are named with their path. */
const KINDS: ReadonlyMap<string, Kind> = new Map([
  ...each(
    TEXTS,
    'callbacks allowed_logout_urls web_origins allowed_origins grant_types client_aliases allowed_clients',
    'enabled_clients realms scope',
  ),
  ...each(
    TEXT,
    'name description app_type token_endpoint_auth_method organization_usage organization_require_behavior client_secret',
    'identifier signing_secret display_name strategy client_id audience subject_type initiate_login_uri',
    'redirection_policy refresh_token.rotation_type refresh_token.expiration_type',
  ),
  ...each(
    FLAG,
    'is_first_party oidc_conformant enforce_policies allow_offline_access allow_all_scopes is_domain_connection',
    'skip_consent_for_verifiable_first_party_clients require_pushed_authorization_requests',
    'skip_non_verifiable_callback_uri_confirmation_prompt refresh_token.infinite_token_lifetime',
    'refresh_token.infinite_idle_token_lifetime',
  ),
  ...each(
    MAP,
    'jwt_configuration refresh_token client_metadata client_authentication_methods options metadata branding',
    'subject_type_authorization default_organization',
  ),
  ...each(MAPS, 'scopes enabled_connections'),
  ...each(TOKEN_SECONDS, 'token_lifetime token_lifetime_for_web jwt_configuration.lifetime_in_seconds'),
  ...each(
    REFRESH_SECONDS,
    'refresh_token.leeway refresh_token.token_lifetime refresh_token.idle_token_lifetime',
  ),
  ...each(POLICIES, 'refresh_token.policies'),
  // Auth0 has RS512 too. Any other name would stand in the header of a token that is signed otherwise.
  ...each(oneOf('RS256', 'PS256', 'HS256', 'ES256'), 'signing_alg'),
  ...each(oneOf('RS256', 'PS256', 'HS256'), 'jwt_configuration.alg'),
  ...each(
    oneOf('access_token', 'access_token_authz', 'rfc9068_profile', 'rfc9068_profile_authz'),
    'token_dialect',
  ),
])

function each(kind: Kind, ...lines: string[]): [string, Kind][] {
  return lines.flatMap((line) => line.split(' ')).map((name) => [name, kind])
}

/**
 * The first field that logins read and that is not of its type, with what was expected; `null` fits, since it takes
 * a field away. Fields that nothing reads are not looked at.
 */
export function unfitField(
  body: Readonly<Record<string, unknown>>,
  above = '',
): { name: string; expected: string } | undefined {
  for (const [key, value] of Object.entries(body)) {
    const name = `${above}${key}`
    const kind = KINDS.get(name)
    if (kind === undefined || value === null) continue
    const [expected, fits] = kind
    if (!fits(value)) return { name, expected }
    const inner = kind === MAP ? unfitField(value as Record<string, unknown>, `${name}.`) : undefined
    if (inner !== undefined) return inner
  }
  return undefined
}
