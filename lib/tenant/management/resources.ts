import type { Hono } from 'hono'
import { actionRoutes } from './action-routes.ts'
import { clientGrantRoutes, clientRoutes, resourceServerRoutes } from './application-routes.ts'
import { connectionRoutes } from './connection-routes.ts'
import type { ManagementContext } from './context.ts'
import { organizationRoutes } from './organization-routes.ts'
import { attackProtectionRoutes, userBlockRoutes } from './protection-routes.ts'
import { roleRoutes } from './role-routes.ts'

/** What the local tenant acts on. What it only keeps is in `kept-resources.ts`; fields are in `fields.ts`. */
export interface Resource {
  /** What scopes call it: `read:<scope>`. */
  scope: string
  routes(context: ManagementContext): Hono
}

/** Each resource by the first word of its path. A new one is one entry. */
export const RESOURCES: ReadonlyMap<string, Resource> = new Map(
  Object.entries<Resource>({
    actions: { scope: 'actions', routes: actionRoutes },
    clients: { scope: 'clients', routes: ({ state }) => clientRoutes(state) },
    'client-grants': { scope: 'client_grants', routes: ({ state }) => clientGrantRoutes(state) },
    'resource-servers': { scope: 'resource_servers', routes: ({ state }) => resourceServerRoutes(state) },
    roles: { scope: 'roles', routes: ({ state }) => roleRoutes(state) },
    organizations: { scope: 'organizations', routes: ({ state }) => organizationRoutes(state) },
    connections: { scope: 'connections', routes: ({ state }) => connectionRoutes(state) },
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
