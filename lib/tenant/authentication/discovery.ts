import { OIDC_SCOPES } from '../../policy/index.ts'
import type { TenantState } from '../state.ts'

/**
 * The document of `/.well-known/openid-configuration`. Says only what this tenant does: an `iss` in the
 * callback is not promised, since Auth0 sends none by default.
 *
 * @see https://auth0.com/docs/get-started/applications/configure-applications-with-oidc-discovery
 */
export function discoveryDocument(
  issuer: string,
  { acr_values_supported }: TenantState['settings'],
): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}authorize`,
    token_endpoint: `${issuer}oauth/token`,
    userinfo_endpoint: `${issuer}userinfo`,
    jwks_uri: `${issuer}.well-known/jwks.json`,
    revocation_endpoint: `${issuer}oauth/revoke`,
    pushed_authorization_request_endpoint: `${issuer}oauth/par`,
    end_session_endpoint: `${issuer}oidc/logout`,
    // Auth0 publishes all but this one.
    scopes_supported: OIDC_SCOPES.filter((name) => name !== 'middle_name'),
    response_types_supported: ['code'],
    code_challenge_methods_supported: ['S256'],
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['HS256', 'RS256', 'PS256'],
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS256', 'RS384', 'PS256'],
    claims_supported: [
      'aud',
      'auth_time',
      'created_at',
      'email',
      'email_verified',
      'exp',
      'family_name',
      'given_name',
      'iat',
      'identities',
      'iss',
      'name',
      'nickname',
      'phone_number',
      'picture',
      'sub',
    ],
    request_uri_parameter_supported: false,
    request_parameter_supported: false,
    ...(acr_values_supported?.length && { acr_values_supported }),
  }
}
