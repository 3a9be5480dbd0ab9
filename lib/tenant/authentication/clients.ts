import type { Client } from '../entities.ts'

const IMPLICIT_GRANTS = ['implicit', 'authorization_code', 'refresh_token']

/** Grants of an app; those of a new application where the setting is absent. */
export function grantTypesOf(client: Client): readonly string[] {
  if (client.grant_types !== undefined) return client.grant_types
  return isPublic(client) ? IMPLICIT_GRANTS : [...IMPLICIT_GRANTS, 'client_credentials']
}

/** Native and single-page apps: they cannot keep a secret, so PKCE is all that binds a code to them. */
export function isPublic(client: Client): boolean {
  if (client.client_authentication_methods != null) return false
  if (client.token_endpoint_auth_method != null) return client.token_endpoint_auth_method === 'none'
  return client.app_type === 'spa' || client.app_type === 'native'
}

export function isFirstParty(client: Client): boolean {
  return client.is_first_party !== false
}

/** Single-page apps get refresh tokens only with rotation. */
export function mayRefresh(client: Client): boolean {
  if (!grantTypesOf(client).includes('refresh_token')) return false
  return client.app_type !== 'spa' || client.refresh_token?.rotation_type === 'rotating'
}
