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

export interface ResourceFields {
  create: readonly string[]
  change: readonly string[]
  /** Members that responses show and no write changes. Exports may keep them: they are left out of what is written. */
  shownOnly?: readonly string[]
}

export const FIELDS = {
  clients: {
    create: [...CLIENT, 'resource_server_identifier'],
    change: CLIENT,
    shownOnly: words(
      'tenant global is_global callback_url_template signing_keys owners config_route cross_origin_auth',
    ),
  },
  resourceServers: {
    create: [...RESOURCE_SERVER, 'identifier'],
    change: RESOURCE_SERVER,
    shownOnly: words('is_system client_id'),
  },
  clientGrants: {
    create: [...GRANT, 'client_id', 'audience', 'default_for', 'subject_type'],
    change: GRANT,
    shownOnly: words('is_system'),
  },
  roles: { create: words('name description type owner_id'), change: words('name description') },
  organizations: {
    create: [...ORGANIZATION, 'enabled_connections', 'is_app_entitlement_active'],
    change: [...ORGANIZATION, 'is_app_entitlement_active'],
  },
  connections: { create: [...CONNECTION, 'name', 'strategy'], change: CONNECTION },
} as const satisfies Record<string, ResourceFields>

/** A body without what a write cannot change. */
export function writable(
  { shownOnly = [] }: ResourceFields,
  body: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !shownOnly.includes(name)))
}

function words(...lines: string[]): string[] {
  return lines.flatMap((line) => line.split(' '))
}
