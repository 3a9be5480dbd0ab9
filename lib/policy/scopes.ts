import { isThirdParty, mayRefresh } from './applications.ts'
import type { Api, Application, ClientGrant, Role } from './facts.ts'

/**
 * Scopes that belong to no API: OpenID Connect's, and single claims.
 *
 * @see https://auth0.com/docs/get-started/applications/configure-applications-with-oidc-discovery
 */
export const OIDC_SCOPES: readonly string[] = [
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

/** Scopes of an authorization request. Without a scope it asks for `openid`. */
export function requestedScopes(scope: string | undefined): string[] {
  return scopeNames(scope || 'openid')
}

/** The roles with these names, in their order, each once; names of roles that do not exist are left out. */
export function rolesNamed(names: Iterable<string>, roles: Iterable<Role>): Role[] {
  const known = new Map([...roles].map((role) => [role.name, role]))
  return [...new Set(names)].flatMap((name) => known.get(name) ?? [])
}

/** Every permission that the roles give for an API and that the API defines. */
export function permissionsOf(roles: readonly Role[], api: Api): string[] {
  const names = new Set<string>()
  for (const { permissions } of roles) {
    for (const { permission_name, resource_server_identifier } of permissions) {
      if (resource_server_identifier === api.identifier) names.add(permission_name)
    }
  }
  const known = definedScopes(api)
  return [...names].filter((name) => known.includes(name))
}

/** The client grant that bounds what an application gets in a user's name. */
export function userGrant(
  application: Application,
  api: Api,
  grants: Iterable<ClientGrant>,
): ClientGrant | undefined {
  for (const grant of grants) {
    if (grant.client_id !== application.client_id || grant.audience !== api.identifier) continue
    if (grant.subject_type === 'user') return grant
  }
  return undefined
}

export interface ScopeFacts {
  application: Application
  /** The API asked for, if any. */
  api?: Api | undefined
  grants: Iterable<ClientGrant>
  /** That count in this login: see `roleNamesIn`. */
  roles: readonly Role[]
}

/**
 * What is granted of what was requested, in the order of the request: the API's permissions, cut by the application's
 * grant and, with RBAC, by the user's roles; OIDC scopes as they are, none for an application of somebody else;
 * `offline_access` where application and API allow it. Unknown names are dropped silently. Consent is not asked for.
 *
 * @see https://auth0.com/docs/get-started/applications/application-access-to-apis-client-grants
 */
export function grantedScopes(facts: ScopeFacts, requested: readonly string[]): string[] {
  const refusal = scopePolicy(facts)
  return requested.filter((name) => refusal(name) === undefined)
}

/** Why a scope is not granted. */
export type ScopeRefusal = 'not-defined' | 'no-client-grant' | 'not-permitted' | 'no-refresh' | 'third-party'

/** What is not granted of what was requested, and why: the other half of {@link grantedScopes}. */
export function refusedScopes(
  facts: ScopeFacts,
  requested: readonly string[],
): { scope: string; refusal: ScopeRefusal }[] {
  const refusalOf = scopePolicy(facts)
  return requested.flatMap((scope) => {
    const refusal = refusalOf(scope)
    return refusal === undefined ? [] : [{ scope, refusal }]
  })
}

function scopePolicy({
  application,
  api,
  grants,
  roles,
}: ScopeFacts): (name: string) => ScopeRefusal | undefined {
  const defined = api === undefined ? [] : definedScopes(api)
  const grant = api === undefined ? undefined : userGrant(application, api, grants)
  const ceiling = grant === undefined || grant.allow_all_scopes === true ? undefined : (grant.scope ?? [])
  const permissions = api?.enforce_policies === true ? permissionsOf(roles, api) : undefined
  const thirdParty = isThirdParty(application)
  const refreshes = mayRefresh(application) && (api === undefined || api.allow_offline_access === true)
  return (name) => {
    if (name === 'offline_access') return refreshes ? undefined : 'no-refresh'
    if (OIDC_SCOPES.includes(name)) return thirdParty ? 'third-party' : undefined
    if (!defined.includes(name)) return 'not-defined'
    if (ceiling?.includes(name) === false) return 'no-client-grant'
    return permissions?.includes(name) === false ? 'not-permitted' : undefined
  }
}

export function definedScopes({ scopes = [] }: Pick<Api, 'scopes'>): string[] {
  return scopes.map(({ value }) => value)
}
