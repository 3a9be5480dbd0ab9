/**
 * The fields that Auth0's Management API takes, by type, as its public SDK lists them; anything else is refused, as
 * there. `change`: those of a PATCH.
 *
 * @see https://auth0.com/docs/api/management/v2
 */
const CLIENT = words(
  'name description logo_uri callbacks oidc_logout oidc_backchannel_logout session_transfer allowed_origins web_origins',
  'client_aliases allowed_clients allowed_logout_urls grant_types token_endpoint_auth_method app_type is_first_party',
  'is_token_endpoint_ip_header_trusted oidc_conformant jwt_configuration encryption_key sso cross_origin_authentication',
  'cross_origin_loc sso_disabled custom_login_page_on custom_login_page custom_login_page_preview form_template addons',
  'client_metadata mobile initiate_login_uri native_social_login fedcm_login refresh_token default_organization',
  'organization_usage organization_require_behavior organization_discovery_methods client_authentication_methods',
  'require_pushed_authorization_requests require_proof_of_possession signed_request_object par_request_expiry',
  'token_vault_privileged_access compliance_level skip_non_verifiable_callback_uri_confirmation_prompt token_exchange',
  'token_quota identity_assertion_authorization_grant third_party_security_mode redirection_policy client_secret',
  'express_configuration b2b_integration_configuration my_organization_configuration async_approval_notification_channels',
)
const RESOURCE_SERVER = words(
  'name scopes signing_alg signing_secret allow_offline_access allow_online_access token_lifetime token_lifetime_for_web',
  'allow_online_access_with_ephemeral_sessions token_dialect skip_consent_for_verifiable_first_party_clients',
  'enforce_policies token_encryption consent_policy authorization_details proof_of_possession subject_type_authorization',
  'authorization_policy',
)
const GRANT = words(
  'scope organization_usage allow_any_organization authorization_details_types allow_all_scopes',
)
const ORGANIZATION = words('name display_name branding metadata token_quota third_party_client_access')
const CONNECTION = words(
  'display_name options enabled_clients is_domain_connection show_as_button realms metadata authentication',
  'connected_accounts cross_app_access_requesting_app cross_app_access_resource_app',
)

export const FIELDS = {
  clients: { create: [...CLIENT, 'resource_server_identifier'], change: CLIENT },
  resourceServers: { create: [...RESOURCE_SERVER, 'identifier'], change: RESOURCE_SERVER },
  clientGrants: { create: [...GRANT, 'client_id', 'audience', 'default_for', 'subject_type'], change: GRANT },
  roles: { create: words('name description type owner_id'), change: words('name description') },
  organizations: {
    create: [...ORGANIZATION, 'enabled_connections', 'is_app_entitlement_active'],
    change: [...ORGANIZATION, 'is_app_entitlement_active'],
  },
  connections: { create: [...CONNECTION, 'name', 'strategy'], change: CONNECTION },
} as const

/** What answers have and exports may keep, and no write changes: it is left out of what is written. */
const SHOWN_ONLY: Readonly<Partial<Record<keyof typeof FIELDS, readonly string[]>>> = {
  clients: words(
    'tenant global is_global callback_url_template signing_keys owners config_route cross_origin_auth',
  ),
  resourceServers: words('is_system client_id'),
  clientGrants: words('is_system'),
}

/** A body without what a write cannot change. */
export function writable(
  type: keyof typeof FIELDS,
  body: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(body).filter(([name]) => SHOWN_ONLY[type]?.includes(name) !== true),
  )
}

type Fits = (value: unknown) => boolean
/** What a value must be, and how a refusal calls it. */
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
  return words(...lines).map((name) => [name, kind])
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

function words(...lines: string[]): string[] {
  return lines.flatMap((line) => line.split(' '))
}
