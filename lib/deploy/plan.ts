import type { BuiltAction } from '../bundle/index.ts'
import type { TenantFile, Workspace } from '../workspace/types.ts'
import { type ClaimChange, claimChanges } from './claim-changes.ts'
import { entityName } from './entities.ts'
import { managementReader } from './management-reader.ts'
import { codeToSend, type Markers, markersOf, resolvedTenant, withModuleCode } from './markers.ts'
import { codeHash, type Draft, readActions, sameDependencies } from './read-back.ts'
import { entityChanges, readEntities, type TenantEntity } from './tenant-entities.ts'
import type { DeployedAction, PlanChange, ReadBack, TenantAccess } from './types.ts'

/** Code and drafts by Action, and the entities of tenant.yaml other than Actions, as they are before a deploy. */
export interface Snapshot {
  /** What runs. */
  codes: ReadonlyMap<string, string>
  drafts: ReadonlyMap<string, Draft>
  entities: readonly TenantEntity[]
}

/** For showing: names and fields have the markers of tenant.yaml, whatever values the tenant shows. */
export interface Plan {
  domain: string
  changes: PlanChange[]
  /** What the changes mean for the tokens of a login. */
  claims: ClaimChange[]
  /** Actions that the tenant has and tenant.yaml does not. A deploy leaves them alone. */
  unmanaged: string[]
  /** Actions whose draft in the tenant is not what is deployed: edited in the dashboard since. */
  drafts: string[]
  /** As it is, with values where markers stand: mask it before it is shown or recorded. */
  before: ReadBack
  /** What undoing a deploy needs besides. May hold secrets: never printed, never recorded. */
  snapshot: Snapshot
}

export interface PlanOptions extends TenantAccess {
  workspace: Workspace
  /** Bundles of all Actions. @defaultValue they are made here, in memory */
  built?: readonly BuiltAction[]
  keywords: Readonly<Record<string, string>>
  /** Secrets by Action whose value is known to be another: {@link changedSecrets}. @defaultValue none */
  changedSecrets?: ReadonlyMap<string, readonly string[]> | undefined
}

/**
 * What a deploy would change, by reading the tenant only. Code is compared by hash, bindings as an ordered list,
 * secrets by name: their values cannot be read back, so a changed value is seen only where it is told. Fields that tenant.yaml does
 * not name are left out of the comparison, as the deploy CLI leaves them alone. Types that are not modelled come as
 * `uncompared`.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a marker without a value or an Action without a source,
 * `ERR_ENVIRONMENT` and `ERR_DEPLOY` as {@link managementReader}.
 */
export async function planDeploy(options: PlanOptions): Promise<Plan> {
  const { workspace, keywords, domain } = options
  const tenant = resolvedTenant(workspace, keywords)
  const codes = await codeToSend(options, keywords)
  const reader = managementReader(options)
  const triggers = Object.keys(tenant.triggers ?? {})
  const { state: before, codes: running, drafts } = await readActions(reader, triggers)
  const compared = await withModuleCode(tenant, workspace.root, keywords)
  const entities = await readEntities(reader, compared)
  const codeOf = (from: ReadonlyMap<string, string>) => (name: string) => ({
    name,
    code: from.get(name) ?? '',
  })
  const wanted = (tenant.triggers?.['post-login'] ?? []).map(({ action_name }) => action_name)
  const markers = markersOf(workspace, keywords, { plain: [domain] })
  const changes = [
    ...entityChanges(compared, entities).map(asWritten(workspace, tenant, markers)),
    ...actionChanges(markers.filled(workspace.actions), codes, before.actions, options.changedSecrets),
    ...bindingChanges(tenant, before),
  ]
  const known = new Set(workspace.actions.map(({ name }) => name))
  return {
    domain,
    changes,
    claims: triggers.includes('post-login')
      ? markers.maskedDocument(
          await claimChanges(
            (before.bindings['post-login'] ?? []).map(codeOf(running)),
            wanted.map(codeOf(codes)),
          ),
        )
      : [],
    unmanaged: before.actions.filter(({ name }) => !known.has(name)).map(({ name }) => markers.masked(name)),
    drafts: before.actions
      .filter(({ deployed, allChangesDeployed }) => deployed && !allChangesDeployed)
      .map(({ name }) => markers.masked(name)),
    before,
    snapshot: { codes: running, drafts, entities },
  }
}

/** A change with the name that tenant.yaml writes, and that a deploy selects by. */
function asWritten(
  workspace: Workspace,
  tenant: TenantFile,
  { masked }: Markers,
): (change: PlanChange) => PlanChange {
  return (change) => {
    const written = workspace.tenant[change.type]
    const filled = tenant[change.type]
    if (!Array.isArray(written) || !Array.isArray(filled)) return change
    const index = filled.findIndex((entry) => entityName(change.type, entry) === change.name)
    const name = index === -1 ? masked(change.name) : entityName(change.type, written[index])
    return { ...change, name, fields: change.fields.map(masked) }
  }
}

function actionChanges(
  actions: Workspace['actions'],
  codes: ReadonlyMap<string, string>,
  existing: readonly DeployedAction[],
  changedSecrets: PlanOptions['changedSecrets'],
): PlanChange[] {
  return actions.flatMap((action): PlanChange[] => {
    const there = existing.find(({ name }) => name === action.name)
    if (there === undefined) return [{ type: 'actions', name: action.name, change: 'create', fields: [] }]
    const fields: string[] = []
    if (codeHash(codes.get(action.name) ?? '') !== there.codeHash) fields.push('code')
    if (action.runtime !== there.runtime) fields.push('runtime')
    const names = action.secrets.map(({ name }) => name).sort()
    if (names.join('\n') !== there.secrets.join('\n')) fields.push('secrets')
    fields.push(...(changedSecrets?.get(action.name) ?? []).map((name) => `value of ${name}`))
    if (!sameDependencies(action.dependencies, there.dependencies)) fields.push('dependencies')
    if (action.deployed && !there.deployed) fields.push('deployed')
    else if (!there.allChangesDeployed && there.deployed) fields.push('draft')
    return fields.length === 0 ? [] : [{ type: 'actions', name: action.name, change: 'update', fields }]
  })
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

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}
