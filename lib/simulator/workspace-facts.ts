import {
  type Api,
  type Application,
  type ClientGrant,
  newApplicationSettings,
  type Organization,
  type Role,
} from '../policy/index.ts'
import {
  type ClientEntry,
  entitiesOf,
  type OrganizationEntry,
  type RoleEntry,
} from '../workspace/entities.ts'
import { entityId } from '../workspace/local-ids.ts'
import { fillMarkers } from '../workspace/marker-text.ts'
import type { LocalFile, LocalUser, Workspace } from '../workspace/types.ts'

/** An organization, and whether whoever logs in with the database becomes a member. */
export interface WorkspaceOrganization extends Organization {
  assigns: boolean
}

/** What policy reads of a workspace, with what the Management API would add, and markers filled with local values. */
export interface WorkspaceFacts {
  applications: Application[]
  apis: Api[]
  grants: ClientGrant[]
  /** `undefined` where tenant.yaml lists none: then the names of users' roles count as they are. */
  roles?: Role[]
  organizations: WorkspaceOrganization[]
  users: LocalUser[]
  members: NonNullable<LocalFile['organizations']>
  settings: NonNullable<LocalFile['settings']>
  /** Whether it is known who belongs where. */
  hasUsers: boolean
  /** A name of tenant.yaml as the facts have it. */
  filled(name: string): string
  /** The other way round: a name as tenant.yaml has it, for messages. A marker's value may be a secret. */
  written(name: string): string
}

const DATABASE = 'Username-Password-Authentication'

const known = new WeakMap<Workspace, WorkspaceFacts>()

/** Read once for each workspace. */
export function workspaceFacts(workspace: Workspace): WorkspaceFacts {
  const facts = known.get(workspace) ?? readFacts(workspace)
  known.set(workspace, facts)
  return facts
}

function readFacts({ tenant, local, keywords }: Workspace): WorkspaceFacts {
  const fill = <T>(value: T): T =>
    fillMarkers(value, (key) => (Object.hasOwn(keywords, key) ? keywords[key] : undefined))
  const written = new Map<unknown, string>()
  const { clients, resourceServers, roles, organizations } = tenant
  for (const entry of [clients, resourceServers, roles, organizations].flat()) {
    for (const key of ['name', 'identifier']) written.set(fill(entry?.[key]), String(entry?.[key]))
  }
  const entities = entitiesOf(fill(tenant))
  const applications = (entities.clients ?? []).map(applicationOf)
  const idOf = (client: string) =>
    applications.find(({ name, client_id }) => name === client || client_id === client)?.client_id ?? client
  return {
    applications,
    apis: [...(entities.resourceServers ?? [])],
    grants: (entities.clientGrants ?? []).map((grant) => ({ ...grant, client_id: idOf(grant.client_id) })),
    ...(entities.roles !== undefined && { roles: entities.roles.map(roleOf) }),
    organizations: (entities.organizations ?? []).map(organizationOf),
    users: local?.users ?? [],
    members: local?.organizations ?? [],
    settings: local?.settings ?? {},
    hasUsers: (local?.users ?? []).length > 0,
    filled: fill,
    written: (name) => written.get(name) ?? name,
  }
}

function applicationOf(entry: ClientEntry): Application {
  const { jwt_configuration, ...settings } = newApplicationSettings(entry)
  return {
    ...settings,
    ...entry,
    client_id: entry.client_id ?? entityId('', entry.name),
    jwt_configuration: { ...jwt_configuration, ...entry.jwt_configuration },
  }
}

function roleOf({ name, permissions = [] }: RoleEntry): Role {
  return { name, permissions }
}

function organizationOf({
  name,
  display_name,
  metadata,
  connections = [],
}: OrganizationEntry): WorkspaceOrganization {
  return {
    id: entityId('org', name),
    name,
    ...(display_name !== undefined && { display_name }),
    ...(metadata !== undefined && { metadata }),
    assigns: connections.some(
      (connection) => connection.name === DATABASE && connection.assign_membership_on_login === true,
    ),
  }
}
