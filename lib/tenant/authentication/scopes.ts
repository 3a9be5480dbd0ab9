import type { Client, ClientGrant, ResourceServer, User } from '../entities.ts'
import { rolesOf, type TenantState } from '../state.ts'
import { isFirstParty, mayRefresh } from './clients.ts'
import { CallbackError } from './errors.ts'

/** Scopes that the tenant itself knows: OpenID Connect's, and single claims. */
export const OWN_SCOPES: readonly string[] = [
  'openid',
  'profile',
  'offline_access',
  'name',
  'given_name',
  'family_name',
  'middle_name',
  'nickname',
  'email',
  'email_verified',
  'picture',
  'created_at',
  'identities',
  'phone',
  'address',
]

/** Names in the order of the request, each once. */
export function scopeNames(scope: string | undefined): string[] {
  return [...new Set((scope ?? '').split(/\s+/).filter((name) => name !== ''))]
}

/** An API by its identifier. */
export function findApi(state: TenantState, audience: string): ResourceServer | undefined {
  for (const api of state.resourceServers.values()) if (api.identifier === audience) return api
  return undefined
}

/** Every permission of a user for an API, by roles; in an organization the member's roles too. */
export function permissionsOf(
  state: TenantState,
  user: User,
  api: ResourceServer,
  organizationName?: string,
): string[] {
  const names = new Set<string>()
  for (const role of rolesOf(state, user, organizationName)) {
    for (const { permission_name, resource_server_identifier } of role.permissions) {
      if (resource_server_identifier === api.identifier) names.add(permission_name)
    }
  }
  const known = new Set((api.scopes ?? []).map(({ value }) => value))
  return [...names].filter((name) => known.has(name))
}

function userGrant(state: TenantState, client: Client, api: ResourceServer): ClientGrant | undefined {
  for (const grant of state.clientGrants.values()) {
    if (grant.client_id !== client.client_id || grant.audience !== api.identifier) continue
    if (grant.subject_type === 'user') return grant
  }
  return undefined
}

type Policy = 'allow_all' | 'require_client_grant' | 'deny_all'

function policyOf(api: ResourceServer, subject: 'user' | 'client'): Policy | undefined {
  const policies = api['subject_type_authorization'] as
    | Partial<Record<'user' | 'client', { policy?: Policy }>>
    | undefined
  return policies?.[subject]?.policy
}

/**
 * Whether an app may ask for an API in a user's name.
 *
 * @throws {CallbackError} as Auth0 words it.
 * @see https://auth0.com/docs/get-started/apis/api-access-policies-for-applications
 */
export function assertUserAccess(state: TenantState, client: Client, api: ResourceServer): void {
  const policy = policyOf(api, 'user') ?? 'allow_all'
  if (policy === 'allow_all') return
  if (policy === 'require_client_grant' && userGrant(state, client, api) !== undefined) return
  throw new CallbackError(
    'invalid_request',
    `Client "${client.client_id}" is not authorized to access resource server "${api.identifier}".`,
  )
}

/** Whether machine-to-machine access needs a client grant. It does, unless the API says otherwise. */
export function deniesClients(api: ResourceServer): boolean {
  return policyOf(api, 'client') === 'deny_all'
}

/**
 * What is granted of what was requested, in the order of the request: the API's permissions, cut by the app's
 * grant and the user's roles; OIDC scopes as they are. Unknown names are dropped silently.
 *
 * @see https://auth0.com/docs/get-started/applications/application-access-to-apis-client-grants
 */
export function grantedScopes(
  state: TenantState,
  client: Client,
  user: User,
  requested: readonly string[],
  api: ResourceServer | undefined,
  organizationName?: string,
): string[] {
  const allowed = new Set(api === undefined ? [] : (api.scopes ?? []).map(({ value }) => value))
  if (api !== undefined) {
    const grant = userGrant(state, client, api)
    if (grant !== undefined && grant.allow_all_scopes !== true) intersect(allowed, grant.scope ?? [])
    if (api.enforce_policies === true) intersect(allowed, permissionsOf(state, user, api, organizationName))
  }
  const thirdParty = !isFirstParty(client) && client.client_id.startsWith('tpc_')
  return requested.filter((name) => {
    if (name === 'offline_access') {
      return mayRefresh(client) && (api === undefined || api.allow_offline_access === true)
    }
    if (OWN_SCOPES.includes(name)) return !thirdParty
    return allowed.has(name)
  })
}

function intersect(set: Set<string>, other: readonly string[]): void {
  for (const name of set) if (!other.includes(name)) set.delete(name)
}
