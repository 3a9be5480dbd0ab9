import type { Application } from './facts.ts'

/** Seconds. */
export const ID_TOKEN_LIFETIME = 36_000
export const THIRD_PARTY_LIFETIME = 3_600

const IMPLICIT_GRANTS = ['implicit', 'authorization_code', 'refresh_token']

/** Grants of an application; those of a new one where the setting is absent. */
export function grantTypesOf(application: Application): readonly string[] {
  if (application.grant_types !== undefined) return application.grant_types
  return isPublic(application) ? IMPLICIT_GRANTS : [...IMPLICIT_GRANTS, 'client_credentials']
}

/** Native and single-page applications: they cannot keep a secret, so PKCE is all that binds a code to them. */
export function isPublic(application: Application): boolean {
  if (application.client_authentication_methods != null) return false
  if (application.token_endpoint_auth_method != null) return application.token_endpoint_auth_method === 'none'
  return application.app_type === 'spa' || application.app_type === 'native'
}

/**
 * An application of somebody else, under Auth0's controls for those. Auth0 gives it an id with `tpc_`.
 *
 * @see https://auth0.com/docs/get-started/applications/third-party-applications/security-controls
 */
export function isThirdParty({
  client_id,
  is_first_party,
}: Pick<Application, 'client_id' | 'is_first_party'>): boolean {
  return is_first_party === false || client_id.startsWith('tpc_')
}

/** Single-page applications get refresh tokens only with rotation. */
export function mayRefresh(application: Application): boolean {
  if (!grantTypesOf(application).includes('refresh_token')) return false
  return application.app_type !== 'spa' || application.refresh_token?.rotation_type === 'rotating'
}

/** What the Management API gives a new application for what it does not say. */
export function newApplicationSettings({
  app_type,
  is_first_party,
}: Readonly<{ app_type?: unknown; is_first_party?: unknown }>): Pick<
  Application,
  'app_type' | 'is_first_party' | 'token_endpoint_auth_method' | 'jwt_configuration'
> & { grant_types: string[] } {
  const type = typeof app_type === 'string' ? app_type : 'regular_web'
  return {
    is_first_party: true,
    app_type: type,
    grant_types:
      type === 'non_interactive' ? ['client_credentials'] : ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: type === 'spa' || type === 'native' ? 'none' : 'client_secret_post',
    jwt_configuration: {
      alg: 'RS256',
      lifetime_in_seconds: is_first_party === false ? THIRD_PARTY_LIFETIME : ID_TOKEN_LIFETIME,
    },
  }
}
