import { randomBytes } from 'node:crypto'
import { roleNamesIn, rolesNamed, SESSION_SETTINGS } from '../policy/index.ts'
import { entityId } from '../workspace/local-ids.ts'
import type {
  Action,
  ActionModule,
  Binding,
  BruteForceProtection,
  Client,
  ClientGrant,
  Connection,
  Membership,
  Organization,
  ResourceServer,
  Role,
  User,
} from './entities.ts'

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
    /** Missing members have Auth0's defaults: see `bruteForceProtection`. */
    brute_force_protection?: Partial<BruteForceProtection>
    /** Seconds. */
    session_lifetime: number
    idle_session_lifetime: number
  }
}

/** What a connection shows of itself when nobody has said otherwise. */
export const NEW_CONNECTION = {
  is_domain_connection: false,
  authentication: { active: true },
  connected_accounts: { active: false },
} as const

export const DATABASE_CONNECTION = 'Username-Password-Authentication'

export function emptyState(): TenantState {
  const connection: Connection = {
    id: entityId('con', DATABASE_CONNECTION),
    name: DATABASE_CONNECTION,
    strategy: 'auth0',
    options: {},
    enabled_clients: [],
    realms: [DATABASE_CONNECTION],
    ...NEW_CONNECTION,
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
      ...SESSION_SETTINGS,
    },
  }
}

/** A random value for tokens, codes and secrets: `bytes` of entropy as base64url. */
export function randomToken(bytes = 32): string {
  return randomBytes(bytes).toString('base64url')
}

/** The roles of a user that count in a login: in an organization those of the member alone. */
export function rolesOf(state: TenantState, user: User, organizationName?: string): Role[] {
  const roles = state.memberships.flatMap((one) =>
    one.organization === organizationName && one.user_id === user.user_id ? one.roles : [],
  )
  const names = roleNamesIn(user, { inOrganization: organizationName !== undefined, membership: { roles } })
  return rolesNamed(names, state.roles.values()) as Role[]
}
