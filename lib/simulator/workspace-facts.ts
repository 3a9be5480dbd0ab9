import {
  type Api,
  type Application,
  type ClientGrant,
  newApplicationSettings,
  type Organization,
  type Role,
} from '../policy/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { entityId } from '../workspace/local-ids.ts'
import { fillMarkers } from '../workspace/marker-text.ts'
import type { LocalFile, LocalUser } from '../workspace/types.ts'

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

type Entry = Readonly<Record<string, unknown>>

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
  const entries = (type: readonly Entry[] | undefined): Entry[] =>
    (type ?? []).map((entry) => {
      const filled = fill(entry)
      for (const key of ['name', 'identifier']) written.set(filled[key], String(entry[key]))
      return filled
    })
  const applications = entries(tenant.clients).map(applicationOf)
  const idOf = (client: unknown) =>
    applications.find(({ name, client_id }) => name === client || client_id === client)?.client_id ?? client
  return {
    applications,
    apis: entries(tenant.resourceServers) as unknown as Api[],
    grants: entries(tenant.clientGrants).map(
      (grant) => ({ ...grant, client_id: idOf(grant['client_id']) }) as unknown as ClientGrant,
    ),
    ...(tenant.roles !== undefined && { roles: entries(tenant.roles).map(roleOf) }),
    organizations: entries(tenant.organizations).map(organizationOf),
    users: local?.users ?? [],
    members: local?.organizations ?? [],
    settings: local?.settings ?? {},
    hasUsers: (local?.users ?? []).length > 0,
    filled: fill,
    written: (name) => written.get(name) ?? name,
  }
}

function applicationOf(entry: Entry): Application {
  const { jwt_configuration, ...settings } = newApplicationSettings(entry)
  const name = String(entry['name'])
  return {
    ...settings,
    ...entry,
    name,
    client_id: String(entry['client_id'] ?? entityId('', name)),
    jwt_configuration: { ...jwt_configuration, ...(entry['jwt_configuration'] as object) },
  }
}

function roleOf(entry: Entry): Role {
  return {
    name: String(entry['name']),
    permissions: (entry['permissions'] ?? []) as Role['permissions'],
  }
}

function organizationOf(entry: Entry): WorkspaceOrganization {
  const { display_name, metadata } = entry as { display_name?: string; metadata?: Record<string, string> }
  const connections = (entry['connections'] ?? []) as {
    name?: string
    assign_membership_on_login?: boolean
  }[]
  const name = String(entry['name'])
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
