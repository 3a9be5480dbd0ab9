import { ToolkitError } from '../../errors.ts'
import { FIELDS } from '../../tenant/management/fields.ts'
import type { TenantFile } from '../../workspace/types.ts'
import { type ManagementReader, managementReader } from '../management-reader.ts'
import type { TenantAccess } from '../types.ts'
import { MarkerNames, withMarkers } from './secrets.ts'

type Entry = Record<string, unknown>

/** What a tenant has, as tenant.yaml says it, with code by name. */
export interface ReadTenant {
  /** Without `code`. */
  tenant: TenantFile
  codes: ReadonlyMap<string, string>
  moduleCodes: ReadonlyMap<string, string>
  /** Names of the markers that stand for what is, or may be, a secret. */
  markers: string[]
  /** Members that are not pulled since nobody knows them here: `clients.some_member`. */
  leftOut: string[]
}

/** Types that are pulled, in the order of tenant.yaml. */
export const PULLED = [
  ...[
    'resourceServers',
    'clients',
    'clientGrants',
    'roles',
    'organizations',
    'actionModules',
    'actions',
    'triggers',
  ],
] as const

/** What Auth0 answers and nobody sets, or what it keeps for itself. */
const ANSWERED: Readonly<Record<string, readonly string[]>> = {
  clients: [
    ...[
      'client_id',
      'client_secret',
      'tenant',
      'global',
      'is_global',
      'callback_url_template',
      'signing_keys',
    ],
    ...['owners', 'external_client_id', 'external_metadata_type', 'external_metadata_created_by', 'jwks_uri'],
  ],
  resourceServers: ['id', 'is_system', 'client_id'],
  clientGrants: ['id', 'is_system'],
  organizations: ['id', 'enabled_connections', 'is_app_entitlement_active'],
}

/**
 * Reads what `claims pull` brings: of each type the members that a deploy may write, and a marker for each text that is
 * or may be a secret. The application whose credentials are in use, Auth0's own APIs and grants, and Actions from the
 * marketplace are left out.
 */
export async function readTenant(access: TenantAccess): Promise<ReadTenant> {
  const reader = managementReader(access)
  const names = new MarkerNames()
  const leftOut = new Set<string>()
  const kept = (type: keyof typeof FIELDS, entry: Entry): Entry => {
    const known: readonly string[] = FIELDS[type].create
    for (const key of Object.keys(entry)) {
      if (!known.includes(key) && !ANSWERED[type]?.includes(key)) leftOut.add(`${type}.${key}`)
    }
    const wanted = known.filter((key) => !ANSWERED[type]?.includes(key) && hasContent(entry[key]))
    const owner = [OWNERS[type] ?? type, String(entry['name'] ?? entry['identifier'] ?? '')]
    const part = Object.fromEntries(wanted.map((key) => [key, entry[key]]))
    return withMarkers(part, owner, names) as Entry
  }
  const own = 'clientId' in access.credentials ? access.credentials.clientId : undefined
  const all = await reader.list('/clients?include_totals=true&is_global=false', 'clients')
  const clientNames = new Map(all.map((client) => [String(client['client_id']), String(client['name'])]))
  const clients = all
    .filter((client) => client['is_global'] !== true && client['client_id'] !== own)
    .map((client) => kept('clients', withoutOwnCredentials(client)))
  const servers = (await reader.list('/resource-servers?include_totals=true', 'resource_servers'))
    .filter((server) => server['is_system'] !== true)
    .map((server) => kept('resourceServers', server))
  const grants = (await reader.list('/client-grants?include_totals=true', 'client_grants'))
    .filter((grant) => grant['is_system'] !== true && grant['client_id'] !== own)
    .map((grant) => {
      const id = String(grant['client_id'])
      return {
        ...kept('clientGrants', grant),
        client_id: names.markerForText(clientNames.get(id) ?? id, ['CLIENT', 'NAME']),
      }
    })
  const { actions, codes } = await readActions(reader, names)
  const { actionModules, moduleCodes } = await readModules(reader, names, actions)
  const tenant: Record<(typeof PULLED)[number], unknown> = {
    resourceServers: servers,
    clients,
    clientGrants: grants,
    roles: await readRoles(reader, kept, names),
    organizations: await readOrganizations(reader, kept, clientNames, names),
    actionModules,
    actions,
    triggers: await readTriggers(reader, actions, names),
  }
  return {
    tenant: Object.fromEntries(Object.entries(tenant).filter(([, value]) => hasContent(value))) as TenantFile,
    codes,
    moduleCodes,
    markers: names.names(),
    leftOut: [...leftOut].sort(),
  }
}

const OWNERS: Readonly<Record<string, string>> = {
  clients: 'CLIENT',
  resourceServers: 'API',
  clientGrants: 'GRANT',
  roles: 'ROLE',
  organizations: 'ORGANIZATION',
}

type Kept = (type: keyof typeof FIELDS, entry: Entry) => Entry

/** Credentials are named by ids of this tenant, unless they have a name. */
function withoutOwnCredentials(client: Entry): Entry {
  const methods = client['client_authentication_methods']
  if (typeof methods !== 'object' || methods === null) return client
  const named = Object.entries(methods).flatMap(([method, value]) => {
    const list = ((value as Entry)['credentials'] ?? []) as Entry[]
    const credentials = list.filter(({ name }) => name !== undefined).map(({ id: _, ...rest }) => rest)
    return credentials.length === 0 ? [] : [[method, { ...(value as Entry), credentials }]]
  })
  const { client_authentication_methods: _, ...rest } = client
  return named.length === 0 ? rest : { ...rest, client_authentication_methods: Object.fromEntries(named) }
}

async function readActions(reader: ManagementReader, names: MarkerNames) {
  const codes = new Map<string, string>()
  const list = (await reader.list('/actions/actions', 'actions')).filter(
    (action) => !hasContent(action['installed_integration_id']) && !hasContent(action['integration']),
  )
  const secretNames = list.flatMap((action) => secretsOf(action))
  const odd = list.map((action) => String(action['name'])).find((name) => /\p{Cc}/u.test(name))
  if (odd !== undefined) {
    throw new ToolkitError('ERR_INPUT', `the name of the Action "${odd}" has a control character`, {
      hint: 'Nothing was written, since no command could read it. Give the Action another name in the tenant.',
    })
  }
  const actions = list.map((action): Entry => {
    const plain = String(action['name'])
    const name = actionName(plain, names)
    codes.set(name, String(action['code'] ?? ''))
    const modules = ((action['modules'] ?? []) as Entry[]).map(({ module_name, module_version_number }) => ({
      module_name,
      ...(module_version_number !== undefined && { module_version_number }),
    }))
    return {
      name,
      runtime: action['runtime'],
      deployed: hasContent(action['deployed_version']) || action['all_changes_deployed'] === true,
      supported_triggers: ((action['supported_triggers'] ?? []) as Entry[]).map(({ id, version }) => ({
        id,
        version,
      })),
      ...partOf('dependencies', dependenciesOf(action)),
      ...partOf('secrets', markedSecrets(action, plain, secretNames, names)),
      ...partOf('modules', asMarkers(modules, 'MODULE', names)),
    }
  })
  return { actions, codes }
}

async function readModules(reader: ManagementReader, names: MarkerNames, actions: readonly Entry[]) {
  const moduleCodes = new Map<string, string>()
  const used = actions.some(({ modules }) => hasContent(modules))
  // A tenant without the feature refuses the question.
  const list = await reader.list('/actions/modules', 'modules').catch((error: unknown) => {
    if (used) throw error
    return []
  })
  const secretNames = list.flatMap((module) => secretsOf(module))
  const actionModules = list.map((module): Entry => {
    const plain = String(module['name'])
    const name = names.markerForText(plain, ['MODULE', 'NAME'])
    moduleCodes.set(name, String(module['code'] ?? ''))
    return {
      name,
      ...partOf('dependencies', dependenciesOf(module)),
      ...partOf('secrets', markedSecrets(module, plain, secretNames, names)),
    }
  })
  return { actionModules, moduleCodes }
}

async function readRoles(reader: ManagementReader, kept: Kept, names: MarkerNames): Promise<Entry[]> {
  const roles: Entry[] = []
  for (const role of await reader.list('/roles?include_totals=true', 'roles')) {
    const path = `/roles/${encodeURIComponent(String(role['id']))}/permissions?include_totals=true`
    const permissions = (await reader.list(path, 'permissions')).map(
      ({ permission_name, resource_server_identifier }) => ({ permission_name, resource_server_identifier }),
    )
    const { id: _, permissions: __, ...rest } = role
    roles.push({
      ...kept('roles', rest),
      ...partOf('permissions', asMarkers(permissions, 'PERMISSION', names)),
    })
  }
  return roles
}

async function readOrganizations(
  reader: ManagementReader,
  kept: Kept,
  clientNames: ReadonlyMap<string, string>,
  names: MarkerNames,
): Promise<Entry[]> {
  const organizations: Entry[] = []
  for (const organization of await reader.list('/organizations?include_totals=true', 'organizations')) {
    const path = `/organizations/${encodeURIComponent(String(organization['id']))}`
    const connections = (await reader.list(`${path}/connections?include_totals=true`, 'connections'))
      .map(({ connection, connection_id: _, ...rest }) => ({
        name: (connection as Entry | undefined)?.['name'],
        ...rest,
      }))
      .filter(({ name }) => name !== undefined)
    const grants = (await reader.list(`${path}/client-grants?include_totals=true`, 'client_grants')).map(
      ({ client_id }) => ({ client_id: clientNames.get(String(client_id)) ?? client_id }),
    )
    const { connections: _, client_grants: __, ...rest } = organization
    organizations.push({
      ...kept('organizations', rest),
      ...partOf('connections', asMarkers(connections, 'CONNECTION', names)),
      ...partOf('client_grants', asMarkers(grants, 'CLIENT', names)),
    })
  }
  return organizations
}

async function readTriggers(
  reader: ManagementReader,
  actions: readonly Entry[],
  names: MarkerNames,
): Promise<Entry> {
  const { triggers = [] } = (await reader.get('/actions/triggers')) as { triggers?: Entry[] }
  const bound: Entry = {}
  for (const id of new Set(triggers.map((trigger) => String(trigger['id'])))) {
    const bindings = await reader.list(`/actions/triggers/${encodeURIComponent(id)}/bindings`, 'bindings')
    const known = bindings.flatMap(({ action, display_name }) => {
      const plain = String((action as Entry | undefined)?.['name'] ?? display_name)
      const name = actionName(plain, names)
      return actions.some((one) => one['name'] === name)
        ? [
            {
              action_name: name,
              display_name: names.markerForText(String(display_name ?? plain), ['TRIGGER', id, 'NAME']),
            },
          ]
        : []
    })
    if (known.length > 0) bound[id] = known
  }
  return bound
}

function actionName(name: string, names: MarkerNames): string {
  return names.markerForText(name, ['ACTION', 'NAME'])
}

/** With a marker for each text that would be taken for one. */
function asMarkers(entries: readonly Entry[], word: string, names: MarkerNames): Entry[] {
  return entries.map((entry) =>
    Object.fromEntries(
      Object.entries(entry).map(([key, value]) => [
        key,
        typeof value === 'string' ? names.markerForText(value, [word, key]) : value,
      ]),
    ),
  )
}

function secretsOf(entry: Entry): string[] {
  return ((entry['secrets'] ?? []) as Entry[]).map(({ name }) => String(name))
}

/** The secret's name; with its owner's in front where two have a secret of that name. */
function markedSecrets(entry: Entry, owner: string, all: readonly string[], names: MarkerNames): Entry[] {
  return secretsOf(entry).map((name) => {
    const shared = all.filter((other) => other === name).length > 1
    return { name, value: names.markerFor(shared ? [owner, name] : [name]) }
  })
}

function dependenciesOf(entry: Entry): Entry[] {
  return ((entry['dependencies'] ?? []) as Entry[]).map(({ name, version }) => ({ name, version }))
}

function partOf(key: string, list: readonly unknown[]): Entry {
  return list.length === 0 ? {} : { [key]: list }
}

function hasContent(value: unknown): boolean {
  if (value === undefined || value === null) return false
  return typeof value !== 'object' || Object.keys(value).length > 0
}
