import { randomBytes } from 'node:crypto'
import { entityId } from '../workspace/local-ids.ts'
import type {
  Action,
  ActionModule,
  Binding,
  Client,
  ClientGrant,
  Connection,
  Membership,
  Organization,
  ResourceServer,
  Role,
  User,
} from './entities.ts'
import type { BruteForceProtection } from './login-attempts.ts'

/** Everything that the tenant knows and a deploy or a login may change. Grants and sessions live with their endpoints. */
export interface TenantState {
  clients: Map<string, Client>
  resourceServers: Map<string, ResourceServer>
  clientGrants: Map<string, ClientGrant>
  roles: Map<string, Role>
  organizations: Map<string, Organization>
  connections: Map<string, Connection>
  actions: Map<string, Action>
  /** Made at the first use. */
  actionModules?: Map<string, ActionModule>
  /** By path of the Management API: types that the tenant keeps and does not act on. Made at the first use. */
  kept?: Map<string, unknown>
  /** By trigger id, in order of execution. */
  bindings: Map<string, Binding[]>
  users: Map<string, User>
  memberships: Membership[]
  /** Tenant-wide settings; Auth0's names. */
  settings: {
    default_audience?: string
    allow_organization_name_in_authentication_api: boolean
    /** Whether a logout that no hint proves asks the user. @defaultValue true; Auth0 keeps it in `sessions` */
    oidc_logout_prompt_enabled?: boolean
    /** Allowed ACR Values: with any of them, a request may name no other. */
    acr_values_supported?: string[]
    /** Members that are not there are Auth0's defaults: see `bruteForceProtection`. */
    brute_force_protection?: Partial<BruteForceProtection>
    /** Seconds. */
    session_lifetime: number
    idle_session_lifetime: number
  }
}

export const DATABASE_CONNECTION = 'Username-Password-Authentication'

export function emptyState(): TenantState {
  const connection: Connection = {
    id: entityId('con', DATABASE_CONNECTION),
    name: DATABASE_CONNECTION,
    strategy: 'auth0',
    options: {},
    enabled_clients: [],
    realms: [DATABASE_CONNECTION],
  }
  return {
    clients: new Map(),
    resourceServers: new Map(),
    clientGrants: new Map(),
    roles: new Map(),
    organizations: new Map(),
    connections: new Map([[connection.id, connection]]),
    actions: new Map(),
    bindings: new Map(),
    users: new Map(),
    memberships: [],
    settings: {
      allow_organization_name_in_authentication_api: false,
      session_lifetime: 7 * 24 * 60 * 60,
      idle_session_lifetime: 3 * 24 * 60 * 60,
    },
  }
}

/** A random value for tokens, codes and secrets: `bytes` of entropy as base64url. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url')
}

/** All roles a user has, in an organization the member's roles as well. */
export function rolesOf(state: TenantState, user: User, organizationName?: string): Role[] {
  const names = new Set(user.roles)
  if (organizationName !== undefined) {
    for (const membership of state.memberships) {
      if (membership.organization !== organizationName || membership.user_id !== user.user_id) continue
      for (const role of membership.roles) names.add(role)
    }
  }
  return [...state.roles.values()].filter((role) => names.has(role.name))
}
