import { bundleActions } from '../bundle/index.ts'
import { ToolkitError } from '../errors.ts'
import { withTemporaryFolder } from '../files/index.ts'
import { postLogin } from '../triggers/index.ts'
import { jsonValue } from '../workspace/index.ts'
import type { Workspace } from '../workspace/types.ts'
import { type ClaimChange, claimChanges } from './claim-changes.ts'
import { copyForCli } from './copy-for-cli.ts'
import { runCli, type StartedCli } from './launch.ts'
import { isLoopbackDomain } from './loopback.ts'
import { codeToSend, type Markers, markersOf, resolvedTenant } from './markers.ts'
import { entityName, inPlanOrder } from './plan-order.ts'
import { readActions } from './read-back.ts'
import type { DeployOptions, PlanChange, ReadBack, TenantAccess } from './types.ts'
import { type Changed, changedDocuments, planChanges } from './wire/changes.ts'
import type { Digest } from './wire/digests.ts'
import { type Overlay, overlayOf } from './wire/overlay.ts'
import { upstreamOf } from './wire/upstream.ts'

export interface Plan {
  domain: string
  changes: PlanChange[]
  /** What the changes mean for the tokens of a login. */
  claims: ClaimChange[]
  /** Actions that the tenant has and tenant.yaml does not. A deploy leaves them alone. */
  unmanaged: string[]
  /** Actions whose draft in the tenant is not what is deployed: edited in the dashboard since. */
  drafts: string[]
  /** Actions that are not among `built`: whether a deploy would change their code is not known. It is refused. */
  unplanned: string[]
  /** Actions and triggers that tenant.yaml has, as `<type>:<name>`. */
  managed: ReadonlySet<string>
  before: ReadBack
  /** Code that runs, by Action, before a deploy and after it. */
  codes: { before: ReadonlyMap<string, string>; after: ReadonlyMap<string, string> }
  /** The calls that the deploy CLI would make. Holds secrets: never printed, never recorded as it is. */
  wire: { overlay: Overlay; changed: readonly Changed[] }
}

export interface PlanOptions
  extends TenantAccess,
    Pick<DeployOptions, 'built' | 'onLine' | 'signal' | 'timeoutMilliseconds'> {
  workspace: Workspace
  keywords: Readonly<Record<string, string>>
  /** More of the deploy CLI's configuration, such as `AUTH0_EXCLUDED`. @defaultValue none */
  config?: Readonly<Record<string, unknown>>
  /** Secrets by Action whose value is known to be another: {@link changedSecrets}. @defaultValue none */
  changedSecrets?: ReadonlyMap<string, readonly string[]> | undefined
  /** The deploy CLI, loaded beforehand: {@link withStartedCli}. @defaultValue it is loaded now */
  cli?: StartedCli
  /** What was sent last of that which cannot be read: {@link sentBefore}. @defaultValue nothing, so it is sent again */
  sent?: ReadonlyMap<string, Digest>
}

/**
 * Plans a deploy: the real deploy CLI runs to its end against a copy-on-write view of the tenant, and the result of its
 * writes is compared with what the tenant has. The tenant is only read.
 *
 * Does not see a new value of a secret that the tenant does not show, except where it is told. What can be written and
 * not read comes as `uncompared`.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a marker without a value or an Action without a source,
 * `ERR_ENVIRONMENT` when the tenant is not reachable, `ERR_DEPLOY` when it or the deploy CLI refuses.
 */
export async function planDeploy(options: PlanOptions): Promise<Plan> {
  const { workspace, keywords, domain } = options
  if (options.local && !isLoopbackDomain(domain)) {
    throw new ToolkitError('ERR_DEPLOY', `"${domain}" is not on this machine, and this is a local deploy`, {
      hint: 'Name the real tenant explicitly.',
    })
  }
  const tenant = resolvedTenant(workspace, keywords, options.config)
  const built = options.built ?? (await bundleActions(workspace.actions, { root: workspace.root }))
  const codes = await codeToSend({ workspace, built }, keywords)
  const unplanned = workspace.actions.map(({ name }) => name).filter((name) => !codes.has(name))
  const inPlace = unplanned.map((name) => ({ name, code: '// not planned' }))
  const overlay = overlayOf(upstreamOf(options))
  await withTemporaryFolder('deploy-', async (folder) =>
    runCli({
      ...options,
      folder,
      job: {
        mode: 'import',
        basePath: folder,
        assets: await copyForCli({ workspace, built: [...built, ...inPlace] }, tenant, folder),
      },
      config: { ...options.config, AUTH0_KEYWORD_REPLACE_MAPPINGS: mappingsOf(keywords) },
      answer: overlay.handle,
    }),
  )
  const triggers = Object.keys(tenant.triggers ?? {})
  const { state: before, codes: running } = await readActions(overlay.reads, triggers, domain)
  const markers = markersOf(workspace, keywords, { plain: [domain] })
  const secrets = new Map(
    [...(options.changedSecrets ?? [])].map(([name, list]) => [markers.filled(name), list]),
  )
  const changed = inPlanOrder(changedDocuments(overlay, secrets, options.sent), tenant)
  const after = new Map([
    ...running,
    ...[...codes].map(([name, code]) => [markers.filled(name), code] as const),
  ])
  const codeOf = (from: ReadonlyMap<string, string>) => (name: string) => ({
    name,
    code: from.get(name) ?? '',
  })
  const wanted = (tenant.triggers?.[postLogin.id] ?? []).map(({ action_name }) => action_name)
  const known = new Set(workspace.actions.map(({ name }) => markers.filled(name)))
  return {
    domain,
    changes: planChanges(changed)
      .map(asWritten(workspace, markers))
      .flatMap((change) => withoutCode(change, unplanned)),
    unplanned,
    claims: triggers.includes(postLogin.id)
      ? markers.maskedDocument(
          await claimChanges(
            (before.bindings[postLogin.id] ?? []).map(codeOf(running)),
            wanted.map(codeOf(after)),
            postLogin,
          ),
        )
      : [],
    unmanaged: before.actions.filter(({ name }) => !known.has(name)).map(({ name }) => markers.masked(name)),
    drafts: before.actions
      .filter(({ deployed, allChangesDeployed }) => deployed && !allChangesDeployed)
      .map(({ name }) => markers.masked(name)),
    managed: new Set([
      ...[...known].map((name) => `actions:${name}`),
      ...triggers.map((trigger) => `triggers:${trigger}`),
    ]),
    before,
    codes: { before: running, after },
    wire: { overlay, changed },
  }
}

/** Of an Action whose code is not known, what differs besides. */
function withoutCode(change: PlanChange, unplanned: readonly string[]): PlanChange[] {
  if (change.type !== 'actions' || change.change !== 'update' || !unplanned.includes(change.name))
    return [change]
  const fields = change.fields.filter((field) => field !== 'code')
  return fields.length === 0 ? [] : [{ ...change, fields }]
}

/** A change with the name that tenant.yaml writes. */
function asWritten(workspace: Workspace, { masked, filled }: Markers): (change: PlanChange) => PlanChange {
  const names = new Map<string, Map<string, string>>()
  const namesOf = (type: string): Map<string, string> => {
    const entries = workspace.tenant[type]
    const pairs = Array.isArray(entries)
      ? entries.map((one) => [entityName(type, filled(one)), entityName(type, one)] as const)
      : []
    // Of two of one name the first counts.
    return new Map(pairs.reverse())
  }
  return (change) => {
    const { type } = change
    if (!names.has(type)) names.set(type, namesOf(type))
    const name = names.get(type)!.get(change.name) ?? masked(change.name)
    return { ...change, name, fields: change.fields.map(masked) }
  }
}

/** The deploy CLI writes a value as JSON for `@@KEY@@` in code, and as a text for `##KEY##`. */
function mappingsOf(keywords: PlanOptions['keywords']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(keywords).map(([name, text]) => {
      const value = jsonValue(text)
      const same = typeof value === 'object' || String(value) === text
      return [name, same ? value : text]
    }),
  )
}
