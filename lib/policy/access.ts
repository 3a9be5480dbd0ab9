/** Who may log in, and for what. Each returns the refusal, or nothing where the login goes on. */
import { grantTypesOf } from './applications.ts'
import type { AccessPolicy, Api, Application, ClientGrant, Refusal } from './facts.ts'
import { userGrant } from './scopes.ts'

/** What an Action's choice of a user who does not exist ends in. */
export const UNKNOWN_PRIMARY_USER = 'The primary user does not exist.'

export function grantTypeRefusal(application: Application, grantType: string): Refusal | undefined {
  return grantTypesOf(application).includes(grantType)
    ? undefined
    : { error: 'unauthorized_client', description: `Grant type '${grantType}' not allowed for the client.` }
}

/** @see https://auth0.com/docs/secure/tokens/refresh-tokens/online-refresh-tokens/online-refresh-tokens */
export function scopesRefusal(requested: readonly string[]): Refusal | undefined {
  return requested.includes('online_access') && requested.includes('offline_access')
    ? invalid('Cannot request both online_access and offline_access scopes')
    : undefined
}

/** How an API lets applications in; `undefined` where it does not say. */
export function accessPolicy(api: Api, subject: 'user' | 'client'): AccessPolicy | undefined {
  return api.subject_type_authorization?.[subject]?.policy
}

/**
 * Whether an application may ask for an API in a user's name.
 *
 * @see https://auth0.com/docs/get-started/apis/api-access-policies-for-applications
 */
export function apiRefusal(
  application: Application,
  api: Api,
  grants: Iterable<ClientGrant>,
): Refusal | undefined {
  const policy = accessPolicy(api, 'user') ?? 'allow_all'
  if (policy === 'allow_all') return undefined
  if (policy === 'require_client_grant' && userGrant(application, api, grants) !== undefined) return undefined
  return invalid(
    `Client "${application.client_id}" is not authorized to access resource server "${api.identifier}".`,
  )
}

export function unknownApi(audience: string): Refusal {
  return { error: 'access_denied', description: `Service not found: ${audience}` }
}

/** @see https://auth0.com/docs/manage-users/user-accounts/block-and-unblock-users */
export function userRefusal({ blocked }: { blocked?: boolean | undefined }): Refusal | undefined {
  return blocked === true ? { error: 'unauthorized', description: 'user is blocked' } : undefined
}

function invalid(description: string): Refusal {
  return { error: 'invalid_request', description }
}
