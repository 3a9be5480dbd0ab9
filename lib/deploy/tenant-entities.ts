import type { TenantFile } from '../workspace/types.ts'
import { covers } from './covers.ts'
import { entityName } from './entities.ts'
import type { ManagementReader } from './management-reader.ts'
import type { PlanChange } from './types.ts'

type Entry = Record<string, unknown>

/** An entity other than an Action as the tenant has it, with what the API serves beside it. May hold secrets. */
export interface TenantEntity {
  type: string
  /** As tenant.yaml tells it apart: {@link entityName}. */
  name: string
  id: string
  fields: Entry
}

/** Path, key of the list and name of the id, of the types that are compared field by field; in the deploy CLI's order. */
export const ENTITY_TYPES: Readonly<
  Record<string, { path: string; query: string; key: string; id: string }>
> = {
  resourceServers: type('/resource-servers', 'resource_servers'),
  clients: { ...type('/clients', 'clients', '&is_global=false'), id: 'client_id' },
  actionModules: { ...type('/actions/modules', 'modules'), query: '' },
  databases: type('/connections', 'connections', '&strategy=auth0'),
  connections: type('/connections', 'connections'),
  clientGrants: type('/client-grants', 'client_grants'),
  roles: type('/roles', 'roles'),
  organizations: type('/organizations', 'organizations'),
}

function type(path: string, key: string, more = '') {
  return { path, query: `?include_totals=true${more}`, key, id: 'id' }
}

/** The entities of a tenant file that the tenant has already. Reads only. */
export async function readEntities(reader: ManagementReader, tenant: TenantFile): Promise<TenantEntity[]> {
  const found: TenantEntity[] = []
  const lists = new Map<string, Promise<Entry[]>>()
  const list = (type: string) => {
    const { path, query, key } = ENTITY_TYPES[type]!
    if (!lists.has(type)) lists.set(type, reader.list(`${path}${query}`, key))
    return lists.get(type)!
  }
  const names = new Map<string, string>()
  if (NAMES_CLIENTS.some((type) => tenant[type] !== undefined)) {
    for (const client of await list('clients')) names.set(String(client['client_id']), String(client['name']))
  }
  for (const type of Object.keys(ENTITY_TYPES)) {
    const entries = tenant[type]
    if (!Array.isArray(entries)) continue
    const existing = await list(type)
    for (const entry of entries as Entry[]) {
      const name = entityName(type, entry)
      const there = existing.find((candidate) => {
        if (entityName(type, candidate) === name) return true
        // The file names the application of a grant; the tenant knows its id.
        const client = names.get(String(candidate['client_id']))
        return type === 'clientGrants' && entityName(type, { ...candidate, client_id: client }) === name
      })
      if (there === undefined) continue
      const id = String(there[ENTITY_TYPES[type]!.id])
      found.push({ type, name, id, fields: { ...there, ...(await partsOf(reader, type, there, names)) } })
    }
  }
  return found
}

/** What the API serves beside the entity, or with more than can be compared. */
async function partsOf(
  reader: ManagementReader,
  type: string,
  entity: Entry,
  clientNames: ReadonlyMap<string, string>,
): Promise<Entry> {
  const id = String(entity[ENTITY_TYPES[type]!.id])
  if (type === 'actionModules') {
    return { secrets: ((entity['secrets'] ?? []) as Entry[]).map(({ name }) => ({ name })) }
  }
  if (type === 'roles') {
    const permissions = await reader.list(`/roles/${id}/permissions?include_totals=true`, 'permissions')
    return { permissions }
  }
  if (type === 'organizations') {
    const path = `/organizations/${id}/connections?include_totals=true`
    const connections = await reader.list(path, 'enabled_connections')
    return {
      connections: connections.map(({ connection, ...rest }) => ({ ...rest, ...(connection as Entry) })),
    }
  }
  if (isConnection(type)) {
    const clients = await reader.listFrom(`/connections/${id}/clients?take=100`, 'clients')
    const enabled = clients.map(({ client_id }) => String(client_id))
    return {
      // By name, as tenant.yaml says it.
      enabled_clients: enabled.map((client) => clientNames.get(client) ?? client),
      [CLIENT_IDS]: Object.fromEntries([...clientNames].map(([client, name]) => [name, client])),
    }
  }
  return {}
}

/** Types that name applications, which the tenant knows by id. */
const NAMES_CLIENTS = ['clientGrants', 'databases', 'connections']

/** Where the entity of a connection keeps the ids of applications by name. */
export const CLIENT_IDS = Symbol('ids of applications')

/** Databases are connections, and have a key of their own in tenant.yaml. */
export function isConnection(type: string): boolean {
  return type === 'databases' || type === 'connections'
}

/** How a tenant file differs from what the tenant has; types that are not modelled come as `uncompared`. */
export function entityChanges(tenant: TenantFile, existing: readonly TenantEntity[]): PlanChange[] {
  return Object.entries(tenant).flatMap(([type, value]): PlanChange[] => {
    if (type === 'actions' || type === 'triggers' || value === undefined || value === null) return []
    if (!(type in ENTITY_TYPES) || !Array.isArray(value)) {
      return [{ type, name: type, change: 'uncompared', fields: [] }]
    }
    return (value as Entry[]).flatMap((entry): PlanChange[] => {
      const name = entityName(type, entry)
      const there = existing.find((entity) => entity.type === type && entity.name === name)
      if (there === undefined) return [{ type, name, change: 'create', fields: [] }]
      const fields = comparedFields(type, entry).filter(
        (field) => !covers(there.fields[field], wantedValue(type, field, entry)),
      )
      return fields.length === 0 ? [] : [{ type, name, change: 'update', fields }]
    })
  })
}

/** What the tenant is to have in a field, as far as it can be seen: values of secrets are not. */
export function wantedValue(type: string, field: string, entry: Entry): unknown {
  const value = entry[field]
  if (type === 'actionModules' && field === 'secrets')
    return ((value ?? []) as Entry[]).map(({ name }) => ({ name }))
  return isConnection(type) && field === 'options' ? withoutSecrets(value) : value
}

const SECRET = /secret|password$|private|signing_?key|token$/i

function withoutSecrets(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, item]) => !(SECRET.test(name) && typeof item === 'string'))
      .map(([name, item]) => [name, withoutSecrets(item)]),
  )
}

/** Whether the options of a connection hold what cannot be read back. */
export function hasSecrets(options: unknown): boolean {
  return JSON.stringify(options ?? null) !== JSON.stringify(withoutSecrets(options) ?? null)
}

/** The fields that tenant.yaml names and that can differ: a grant's application is told by another word. */
export function comparedFields(type: string, entry: Entry): string[] {
  return Object.keys(entry).filter((field) => type !== 'clientGrants' || field !== 'client_id')
}
