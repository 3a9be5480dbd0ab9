import type { Hono } from 'hono'
import { actionRoutes } from './action-routes.ts'
import { clientGrantRoutes, clientRoutes, resourceServerRoutes } from './application-routes.ts'
import { connectionRoutes } from './connection-routes.ts'
import type { ManagementContext } from './context.ts'
import { FIELDS, type ResourceFields } from './fields.ts'
import { organizationRoutes } from './organization-routes.ts'
import { attackProtectionRoutes, userBlockRoutes } from './protection-routes.ts'
import { roleRoutes } from './role-routes.ts'

/** What the local tenant acts on. What it only keeps is in `kept-resources.ts`. */
export interface Resource {
  /** What scopes call it: `read:<scope>`. */
  scope: string
  /** What it may be written with; omitted where its routes know it themselves. */
  fields?: ResourceFields
  routes(context: ManagementContext, fields: ResourceFields): Hono
}

export const NO_FIELDS: ResourceFields = { create: [], change: [] }

/** Each resource by the first word of its path. A new one is one entry. */
export const RESOURCES: ReadonlyMap<string, Resource> = new Map(
  Object.entries<Resource>({
    actions: { scope: 'actions', routes: actionRoutes },
    clients: {
      scope: 'clients',
      fields: FIELDS.clients,
      routes: ({ state }, fields) => clientRoutes(state, fields),
    },
    'client-grants': {
      scope: 'client_grants',
      fields: FIELDS.clientGrants,
      routes: ({ state }, fields) => clientGrantRoutes(state, fields),
    },
    'resource-servers': {
      scope: 'resource_servers',
      fields: FIELDS.resourceServers,
      routes: ({ state }, fields) => resourceServerRoutes(state, fields),
    },
    roles: { scope: 'roles', fields: FIELDS.roles, routes: ({ state }, fields) => roleRoutes(state, fields) },
    organizations: {
      scope: 'organizations',
      fields: FIELDS.organizations,
      routes: ({ state }, fields) => organizationRoutes(state, fields),
    },
    connections: {
      scope: 'connections',
      fields: FIELDS.connections,
      routes: ({ state }, fields) => connectionRoutes(state, fields),
    },
    'attack-protection': {
      scope: 'attack_protection',
      routes: ({ state }) => attackProtectionRoutes(state),
    },
    'user-blocks': {
      scope: 'users',
      routes: ({ state, loginAttempts }) => userBlockRoutes(state, loginAttempts),
    },
  }),
)
