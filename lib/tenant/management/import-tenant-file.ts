import { ToolkitError } from '../../errors.ts'
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
}

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
  const file = replaceMarkers(tenant, options.keywords ?? {}) as TenantFile

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
    const draft = { code: options.codeOfModule?.(String(name)) ?? '', dependencies, secrets }
    const { id } = await upsert('/actions/modules', known, known === undefined ? { name, ...draft } : draft)
    await call('POST', `/actions/modules/${String(id)}/versions`)
  }
  for (const action of file.actions ?? []) {
    const { deployed, status: _status, code: _code, modules, ...rest } = action
    const known = byName(state.actions, action)?.id
    const body = {
      ...rest,
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
    if (Array.isArray(permissions)) await call('POST', path, { permissions })
  }
  for (const { connections, client_grants: _grants, ...organization } of file.organizations ?? []) {
    const known = byName(state.organizations, organization)
    const { id } = await upsert('/organizations', known?.id, organization)
    for (const { name, ...entry } of Array.isArray(connections) ? (connections as Entry[]) : []) {
      const connection = byName(state.connections, { name })?.id
      if (known?.enabled_connections.some(({ connection_id }) => connection_id === connection)) continue
      await call('POST', `/organizations/${String(id)}/connections`, { ...entry, connection_id: connection })
    }
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

function replaceMarkers(value: unknown, keywords: Readonly<Record<string, string>>): unknown {
  return fillMarkers(value, (key) => {
    if (Object.hasOwn(keywords, key)) return keywords[key]
    throw new ToolkitError('ERR_INPUT', `"##${key}##" has no value`, {
      hint: `Add ${key} to "keywords" in tenant.local.yaml.`,
      file: 'tenant.yaml',
    })
  })
}
