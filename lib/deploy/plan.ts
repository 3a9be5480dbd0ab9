import type { TenantFile, Workspace } from '../workspace/types.ts'
import { type ClaimChange, claimChanges } from './claim-changes.ts'
import { entityName } from './entities.ts'
import { type ManagementReader, managementReader } from './management-reader.ts'
import { codeToSend, resolvedTenant } from './markers.ts'
import { codeHash, readActions } from './read-back.ts'
import type { DeployedAction, ReadBack, TenantAccess } from './types.ts'

export interface PlanChange {
  /** Key of tenant.yaml: `actions`, `triggers`, `clients`, … */
  type: string
  /** Name of the entity; the trigger's id for bindings. */
  name: string
  change: 'create' | 'update' | 'uncompared'
  /** What differs. Names only, never a value of a secret. */
  fields: string[]
}

export interface Plan {
  domain: string
  changes: PlanChange[]
  /** What the changes mean for the tokens of a login. */
  claims: ClaimChange[]
  /** Actions that the tenant has and tenant.yaml does not. A deploy leaves them alone. */
  unmanaged: string[]
  /** Actions whose draft in the tenant is not what is deployed: edited in the dashboard since. */
  drafts: string[]
  before: ReadBack
}

export interface PlanOptions extends TenantAccess {
  workspace: Workspace
  keywords: Readonly<Record<string, string>>
}

type Entry = Record<string, unknown>

/** Endpoint and list key of the types that are compared field by field. */
const COMPARED: Readonly<Record<string, readonly [path: string, key: string]>> = {
  resourceServers: ['/resource-servers?include_totals=true', 'resource_servers'],
  clients: ['/clients?include_totals=true&is_global=false', 'clients'],
  clientGrants: ['/client-grants?include_totals=true', 'client_grants'],
  roles: ['/roles?include_totals=true', 'roles'],
  organizations: ['/organizations?include_totals=true', 'organizations'],
}

/**
 * What a deploy would change, by reading the tenant only. Code is compared by hash, bindings as an ordered list,
 * secrets by name: their values cannot be read back, so a changed value is not seen. Fields that tenant.yaml does
 * not name are left out of the comparison, as the deploy CLI leaves them alone. Types that are not modelled come as
 * `uncompared`.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a marker without a value or an Action that is not built,
 * `ERR_ENVIRONMENT` and `ERR_DEPLOY` as {@link managementReader}.
 */
export async function planDeploy(options: PlanOptions): Promise<Plan> {
  const { workspace, keywords, domain } = options
  const tenant = resolvedTenant(workspace, keywords)
  const codes = await codeToSend(workspace, keywords)
  const reader = managementReader(options)
  const triggers = Object.keys(tenant.triggers ?? {})
  const { state: before, codes: running } = await readActions(reader, triggers)
  const codeOf = (from: ReadonlyMap<string, string>) => (name: string) => ({
    name,
    code: from.get(name) ?? '',
  })
  const wanted = (tenant.triggers?.['post-login'] ?? []).map(({ action_name }) => action_name)
  const changes = [
    ...(await entityChanges(reader, tenant)),
    ...actionChanges(workspace, codes, before.actions),
    ...bindingChanges(tenant, before),
  ]
  const known = new Set(workspace.actions.map(({ name }) => name))
  return {
    domain,
    changes,
    claims: triggers.includes('post-login')
      ? await claimChanges(
          (before.bindings['post-login'] ?? []).map(codeOf(running)),
          wanted.map(codeOf(codes)),
        )
      : [],
    unmanaged: before.actions.filter(({ name }) => !known.has(name)).map(({ name }) => name),
    drafts: before.actions
      .filter(({ deployed, allChangesDeployed }) => deployed && !allChangesDeployed)
      .map(({ name }) => name),
    before,
  }
}

function actionChanges(
  workspace: Workspace,
  codes: ReadonlyMap<string, string>,
  existing: readonly DeployedAction[],
): PlanChange[] {
  return workspace.actions.flatMap((action): PlanChange[] => {
    const there = existing.find(({ name }) => name === action.name)
    if (there === undefined) return [{ type: 'actions', name: action.name, change: 'create', fields: [] }]
    const fields: string[] = []
    if (codeHash(codes.get(action.name) ?? '') !== there.codeHash) fields.push('code')
    if (action.runtime !== there.runtime) fields.push('runtime')
    const names = action.secrets.map(({ name }) => name).sort()
    if (names.join('\n') !== there.secrets.join('\n')) fields.push('secrets')
    if (!same(versions(action.dependencies), versions(there.dependencies))) fields.push('dependencies')
    if (action.deployed && !there.deployed) fields.push('deployed')
    else if (!there.allChangesDeployed && there.deployed) fields.push('draft')
    return fields.length === 0 ? [] : [{ type: 'actions', name: action.name, change: 'update', fields }]
  })
}

function versions(dependencies: readonly { name: string; version: string }[]): string[] {
  return dependencies.map(({ name, version }) => `${name}@${version}`).sort()
}

// The order is the order of execution: the deploy CLI's own preview sorts here, and misses a reorder.
function bindingChanges(tenant: TenantFile, before: ReadBack): PlanChange[] {
  return Object.entries(tenant.triggers ?? {}).flatMap(([trigger, bindings]): PlanChange[] => {
    const wanted = bindings.map(({ action_name }) => action_name)
    const actual = before.bindings[trigger] ?? []
    if (same(wanted, actual)) return []
    const reorder = same([...wanted].sort(), [...actual].sort())
    return [
      {
        type: 'triggers',
        name: trigger,
        change: actual.length === 0 ? 'create' : 'update',
        fields: [reorder ? 'order' : 'bindings'],
      },
    ]
  })
}

async function entityChanges(reader: ManagementReader, tenant: TenantFile): Promise<PlanChange[]> {
  const changes: PlanChange[] = []
  const clientNames = new Map<string, string>()
  if (tenant.clientGrants !== undefined) {
    for (const client of await reader.list(...COMPARED['clients']!)) {
      clientNames.set(String(client['client_id']), String(client['name']))
    }
  }
  for (const [type, value] of Object.entries(tenant)) {
    if (type === 'actions' || type === 'triggers' || value === undefined) continue
    const compared = COMPARED[type]
    if (compared === undefined || !Array.isArray(value)) {
      changes.push({ type, name: type, change: 'uncompared', fields: [] })
      continue
    }
    const existing = await reader.list(...compared)
    for (const entry of value as Entry[]) {
      const name = entityName(type, entry)
      const there = existing.find((candidate) => {
        if (type !== 'clientGrants') return entityName(type, candidate) === name
        const id = String(candidate['client_id'])
        const named = entityName(type, { ...candidate, client_id: clientNames.get(id) ?? id })
        return named === name || entityName(type, candidate) === name
      })
      if (there === undefined) {
        changes.push({ type, name, change: 'create', fields: [] })
        continue
      }
      const full = await withParts(reader, type, there)
      const ignored = type === 'clientGrants' ? ['client_id'] : []
      const fields = Object.keys(entry).filter(
        (field) => !ignored.includes(field) && !covers(full[field], entry[field]),
      )
      if (fields.length > 0) changes.push({ type, name, change: 'update', fields })
    }
  }
  return changes
}

/** Adds what the API serves beside the entity. */
async function withParts(reader: ManagementReader, type: string, entity: Entry): Promise<Entry> {
  const id = String(entity['id'])
  if (type === 'roles') {
    return {
      ...entity,
      permissions: await reader.list(`/roles/${id}/permissions?include_totals=true`, 'permissions'),
    }
  }
  if (type === 'organizations') {
    const list = await reader.list(
      `/organizations/${id}/connections?include_totals=true`,
      'enabled_connections',
    )
    const connections = list.map(({ connection, ...rest }) => ({ ...rest, ...(connection as Entry) }))
    return { ...entity, connections }
  }
  return entity
}

/** Whether the tenant's value has everything that the file says; lists of objects are compared as sets. */
function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    if (!Array.isArray(actual) || actual.length !== wanted.length) return false
    return wanted.every((item) => actual.some((candidate) => covers(candidate, item)))
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof actual !== 'object' || actual === null) return false
    return Object.entries(wanted).every(([key, value]) => covers((actual as Entry)[key], value))
  }
  return actual === wanted || (wanted === null && actual === undefined)
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
