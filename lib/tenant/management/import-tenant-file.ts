import { ToolkitError } from '../../errors.ts'
import type { Position } from '../../finding.ts'
import { fillMarkers, maskOf } from '../../workspace/index.ts'
import type { TenantFile } from '../../workspace/types.ts'
import type { ActionModule } from '../entities.ts'
import type { TenantState } from '../state.ts'
import type { ManagementContext } from './context.ts'
import { managementRoutes } from './routes.ts'

export interface ImportOptions {
  /** The code that an Action of the tenant file gets. */
  codeOf(action: string): string
  /** The code that an Actions Module gets. @defaultValue none: modules without code */
  codeOfModule?(module: string): string
  /** Values of the `##KEY##` markers. @defaultValue none */
  keywords?: Readonly<Record<string, string>>
  /** Values of secrets that the file names without a value, by Action or module. @defaultValue none: they are empty */
  secrets?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Where a value of the file stands. @defaultValue tenant.yaml as a whole */
  positionOf?(path: readonly (string | number)[]): Position
}

/** What is put into the tenant; whatever else a file says is left out, with its markers. */
export const IMPORTED_TYPES = [
  'resourceServers',
  'clients',
  'actionModules',
  'actions',
  'clientGrants',
  'roles',
  'organizations',
  'triggers',
] as const

type Entry = Record<string, unknown>

/**
 * Puts a tenant file into a local tenant, in milliseconds: the same Management API routes as a deploy, called inside
 * the process, with no HTTP and no deploy CLI. For tests and for a tenant that starts with content; a deploy proper
 * goes through the deploy CLI. Applies resource servers, clients, modules, Actions, client grants, roles,
 * organizations, brute-force protection and bindings, in the CLI's order, as creates or updates by name. Never deletes.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a marker without a value; `ERR_DEPLOY` with the tenant's answer when an
 * entry is refused.
 */
export async function importTenantFile(
  context: Pick<ManagementContext, 'state' | 'clock'>,
  tenant: TenantFile,
  options: ImportOptions,
): Promise<void> {
  const { state, clock } = context
  // Not the whole context: faults of a test are for calls from outside.
  const mask = maskOf({ keywords: options.keywords ?? {}, written: tenant })
  const app = managementRoutes({ state, clock: () => clock(), managementScopes: async () => ALL_SCOPES })
  const call = async (method: string, path: string, body?: unknown): Promise<Entry> => {
    const response = await app.request(`http://localhost${path}`, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    const text = await response.text()
    const answer = (text === '' ? {} : JSON.parse(text)) as Entry
    if (response.ok) return answer
    throw new ToolkitError(
      'ERR_DEPLOY',
      `the local tenant refused tenant.yaml: ${mask.text(String(answer['message']))}`,
      {
        hint: 'Correct the entry in tenant.yaml.',
        file: 'tenant.yaml',
      },
    )
  }
  const upsert = (path: string, known: string | undefined, body: Entry) =>
    known === undefined ? call('POST', path, body) : call('PATCH', `${path}/${known}`, body)
  const file = filledParts(tenant, options)

  for (const { identifier, ...rest } of file.resourceServers ?? []) {
    const known = [...state.resourceServers.values()].find((server) => server.identifier === identifier)
    await upsert('/resource-servers', known?.id, known === undefined ? { identifier, ...rest } : rest)
  }
  // An export with identifiers has the id: the deploy CLI leaves it out as well.
  for (const { client_id: _id, ...client } of file.clients ?? []) {
    await upsert('/clients', byName(state.clients, client)?.client_id, client)
  }
  for (const { name, dependencies, secrets } of file.actionModules ?? []) {
    const known = byName(state.actionModules ?? new Map(), { name })?.id
    const draft = {
      code: options.codeOfModule?.(String(name)) ?? '',
      dependencies,
      secrets: withValues(name, secrets, options),
    }
    const { id } = await upsert('/actions/modules', known, known === undefined ? { name, ...draft } : draft)
    await call('POST', `/actions/modules/${String(id)}/versions`)
  }
  for (const action of file.actions ?? []) {
    const { deployed, status: _status, code: _code, modules, ...rest } = action
    const known = byName(state.actions, action)?.id
    const body = {
      ...rest,
      ...(rest['secrets'] !== undefined && { secrets: withValues(action['name'], rest['secrets'], options) }),
      code: options.codeOf(String(action['name'])),
      ...(Array.isArray(modules) && {
        modules: modules.map((module) => moduleReference(state, action, module)),
      }),
    }
    const { id } = await upsert('/actions/actions', known, body)
    if (deployed === true) await call('POST', `/actions/actions/${String(id)}/deploy`)
  }
  for (const { client_id, ...grant } of file.clientGrants ?? []) {
    // The file names the application, or has an id of another tenant; the API wants the one that it has here.
    const named = file.clients?.find((client) => client['client_id'] === client_id)?.['name'] ?? client_id
    const id = byName(state.clients, { name: named })?.client_id ?? client_id
    if (isPartOnly(file.clients) && !state.clients.has(String(id))) continue
    const subject = grant['subject_type'] ?? 'client'
    const known = [...state.clientGrants.values()].find(
      (candidate) =>
        candidate.client_id === id &&
        candidate.audience === grant['audience'] &&
        candidate.subject_type === subject,
    )
    const { audience: _audience, subject_type: _subject, ...change } = grant
    await upsert('/client-grants', known?.id, known === undefined ? { client_id: id, ...grant } : change)
  }
  for (const { permissions, ...role } of file.roles ?? []) {
    const known = byName(state.roles, role)
    const { id } = await upsert('/roles', known?.id, role)
    const path = `/roles/${String(id)}/permissions`
    if (known !== undefined) await call('DELETE', path, { permissions: known.permissions })
    // A list of nothing is no list to the API.
    if (Array.isArray(permissions) && permissions.length > 0 && !isPartOnly(file.resourceServers))
      await call('POST', path, { permissions })
  }
  for (const entry of file.organizations ?? []) {
    const {
      connections,
      clients,
      client_grants: _grants,
      discovery_domains: _domains,
      ...organization
    } = entry
    const known = byName(state.organizations, organization)
    const { id } = await upsert('/organizations', known?.id, organization)
    for (const { name, ...entry } of Array.isArray(connections) ? (connections as Entry[]) : []) {
      const connection = byName(state.connections, { name })?.id
      // The tenant has one database, and no connection of another kind.
      if (connection === undefined) continue
      if (known?.enabled_connections.some(({ connection_id }) => connection_id === connection)) continue
      await call('POST', `/organizations/${String(id)}/connections`, { ...entry, connection_id: connection })
    }
    const members = (Array.isArray(clients) ? (clients as Entry[]) : []).flatMap(
      ({ client_id, ...entry }) => {
        const client = byName(state.clients, { name: client_id })?.client_id ?? client_id
        return isPartOnly(file.clients) && !state.clients.has(String(client))
          ? []
          : [{ ...entry, client_id: client }]
      },
    )
    if (members.length > 0) await call('POST', `/organizations/${String(id)}/clients`, { clients: members })
  }
  const protection = file['attackProtection'] as { bruteForceProtection?: Entry } | undefined
  if (protection?.bruteForceProtection !== undefined) {
    // What an export has and the API does not take: the deploy CLI leaves it out as well.
    const {
      form_submission_mode: _mode,
      form_submission_behavior: _behavior,
      ...settings
    } = protection.bruteForceProtection
    await call('PATCH', '/attack-protection/brute-force-protection', settings)
  }
  for (const [trigger, bindings] of Object.entries(file.triggers ?? {})) {
    await call('PATCH', `/actions/triggers/${trigger}/bindings`, {
      bindings: bindings.map(({ action_name, display_name }) => ({
        ref: { type: 'action_name', value: action_name },
        display_name: display_name ?? action_name,
      })),
    })
  }
}

/** Whether an export has left a type out: what names its entries is then no mistake. */
function isPartOnly(entries: readonly unknown[] | undefined): boolean {
  return entries === undefined || entries.length === 0
}

const ALL_SCOPES: ReadonlySet<string> = new Set(
  [
    'actions',
    'clients',
    'client_grants',
    'resource_servers',
    'roles',
    'organizations',
    'connections',
    'attack_protection',
  ].flatMap((entity) => ['create', 'read', 'update', 'delete'].map((verb) => `${verb}:${entity}`)),
)

function byName<Named extends { name: string }>(
  map: ReadonlyMap<string, Named>,
  entry: Entry,
): Named | undefined {
  return [...map.values()].find(({ name }) => name === entry['name'])
}

/**
 * The file names a module, and its version if it likes; the API wants their ids. A version of another tenant that
 * is not here is the newest.
 */
function moduleReference({ actionModules }: TenantState, action: Entry, wanted: Entry): Entry {
  const { module_name, module_version_number } = wanted
  const module = byName(actionModules ?? new Map<string, ActionModule>(), { name: module_name })
  const version = module?.versions.find(({ version_number }) => version_number === module_version_number)
  const newest = module?.versions.at(-1)
  if (module === undefined || newest === undefined) {
    throw new ToolkitError(
      'ERR_INPUT',
      `"${String(action['name'])}" names the module "${String(module_name)}", which is not there`,
      { hint: 'Add it to actionModules in tenant.yaml, with the file of its code.', file: 'tenant.yaml' },
    )
  }
  return { module_id: module.id, module_name, module_version_id: (version ?? newest).id }
}

/** Secrets as the API takes them: those of an export have no value. */
function withValues(owner: unknown, secrets: unknown, { secrets: given = {} }: ImportOptions): unknown {
  if (!Array.isArray(secrets)) return secrets
  const own = Object.hasOwn(given, String(owner)) ? given[String(owner)]! : {}
  return (secrets as Entry[]).map((secret) => {
    const name = String(secret['name'])
    const { value = Object.hasOwn(own, name) ? own[name] : '' } = secret
    return { ...secret, value }
  })
}

/**
 * The parts that are put into the tenant, with their markers filled.
 *
 * @throws {ToolkitError} `ERR_INPUT` with the name and the place of every marker without a value
 */
function filledParts(tenant: TenantFile, { keywords = {}, positionOf }: ImportOptions): TenantFile {
  const missing = new Map<string, Position>()
  const fill = (value: unknown, path: (string | number)[]): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]))
    if (typeof value === 'object' && value !== null) {
      const entries = Object.entries(value).map(([key, item]) => [
        String(fill(key, [...path, key])),
        fill(item, [...path, key]),
      ])
      return Object.fromEntries(entries)
    }
    return fillMarkers(value, (name) => {
      if (Object.hasOwn(keywords, name)) return keywords[name]
      if (!missing.has(name))
        missing.set(name, positionOf?.(path) ?? { file: 'tenant.yaml', line: 1, column: 1 })
      return undefined
    })
  }
  const protection = tenant['attackProtection'] as { bruteForceProtection?: unknown } | undefined
  const parts: TenantFile = Object.fromEntries(
    IMPORTED_TYPES.flatMap((type) =>
      tenant[type] === undefined ? [] : [[type, fill(tenant[type], [type])]],
    ),
  )
  if (protection?.bruteForceProtection !== undefined) {
    const path = ['attackProtection', 'bruteForceProtection']
    parts['attackProtection'] = { bruteForceProtection: fill(protection.bruteForceProtection, path) }
  }
  const [first] = missing
  if (first === undefined) return parts
  // Of one the place stands before the message.
  const place = ({ file, line }: Position) =>
    positionOf === undefined || missing.size === 1 ? '' : ` (${file}:${line})`
  const places = [...missing].map(([name, at]) => `"##${name}##"${place(at)}`)
  throw new ToolkitError(
    'ERR_INPUT',
    `${places.join(', ')} ${missing.size === 1 ? 'has' : 'have'} no value`,
    {
      hint: `Add ${[...missing.keys()].join(', ')} to "keywords" in tenant.local.yaml.`,
      ...(positionOf === undefined ? { file: 'tenant.yaml' } : first[1]),
    },
  )
}
