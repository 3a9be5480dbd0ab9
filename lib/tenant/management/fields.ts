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

type Kind = 'texts' | 'text' | 'flag' | 'map' | 'maps' | 'seconds'

const KIND_LISTS: Readonly<Record<Kind, string[]>> = {
  texts: words(
    'callbacks allowed_logout_urls web_origins allowed_origins grant_types client_aliases allowed_clients',
    'enabled_clients realms scope',
  ),
  text: words(
    'name description app_type token_endpoint_auth_method organization_usage organization_require_behavior client_secret',
    'identifier signing_alg signing_secret token_dialect display_name strategy client_id audience subject_type',
    'initiate_login_uri redirection_policy',
  ),
  flag: words(
    'is_first_party oidc_conformant enforce_policies allow_offline_access allow_all_scopes is_domain_connection',
    'skip_consent_for_verifiable_first_party_clients require_pushed_authorization_requests',
    'skip_non_verifiable_callback_uri_confirmation_prompt',
  ),
  map: words(
    'jwt_configuration refresh_token client_metadata client_authentication_methods options metadata branding',
    'subject_type_authorization default_organization',
  ),
  maps: words('scopes enabled_connections'),
  seconds: words('token_lifetime token_lifetime_for_web'),
}
const KINDS: ReadonlyMap<string, Kind> = new Map(
  Object.entries(KIND_LISTS).flatMap(([kind, names]) => names.map((name) => [name, kind as Kind] as const)),
)
/** Auth0's longest. */
const MAX_SECONDS = 2_592_000

const isMap = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
const FITS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  texts: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
  text: (value) => typeof value === 'string',
  flag: (value) => typeof value === 'boolean',
  map: isMap,
  maps: (value) => Array.isArray(value) && value.every(isMap),
  seconds: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= MAX_SECONDS,
}
const EXPECTED: Readonly<Record<Kind, string>> = {
  texts: 'array of strings',
  text: 'string',
  flag: 'boolean',
  map: 'object',
  maps: 'array of objects',
  seconds: `integer of at most ${MAX_SECONDS}`,
}

/**
 * The first field that logins read and that is not of its type, with what was expected; `null` fits, since it takes
 * a field away. Fields that nothing reads are not looked at.
 */
export function unfitField(
  body: Readonly<Record<string, unknown>>,
): { name: string; expected: string } | undefined {
  for (const [name, value] of Object.entries(body)) {
    const kind = KINDS.get(name)
    if (kind === undefined || value === null || FITS[kind](value)) continue
    return { name, expected: EXPECTED[kind] }
  }
  return undefined
}

function words(...lines: string[]): string[] {
  return lines.flatMap((line) => line.split(' '))
}
