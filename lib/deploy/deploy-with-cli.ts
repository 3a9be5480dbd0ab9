import { bundleActions } from '../bundle/index.ts'
import { ToolkitError } from '../errors.ts'
import { withTemporaryFolder } from '../files/index.ts'
import { jsonValue } from '../workspace/index.ts'
import type { TenantFile } from '../workspace/types.ts'
import { copyForCli } from './copy-for-cli.ts'
import { runCli } from './launch.ts'
import { isLoopbackDomain } from './loopback.ts'
import { managementReader } from './management-reader.ts'
import { codeToSend, markersOf, resolvedTenant, withModuleCode } from './markers.ts'
import { codeHash, readActions, sameDependencies } from './read-back.ts'
import { entityChanges, readEntities, type TenantEntity } from './tenant-entities.ts'
import type { DeployOptions, DeployReport, ReadBack } from './types.ts'

/**
 * Deploys the workspace's tenant.yaml and bundled Actions with the real auth0-deploy-cli, in a process of its own that
 * inherits no `AUTH0_*` variable, and then reads back what the tenant has. Sends everything in tenant.yaml, or what
 * `only` names; deletes nothing. Writes nothing into the workspace. Does not check or ask.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a marker without a value or a file that is missing, `ERR_BUNDLE` for an Action
 * that cannot be bundled, before anything is sent; `ERR_ENVIRONMENT` when the tenant is not reachable; `ERR_DEPLOY` when it refuses, or when what is read back
 * differs from what was sent.
 */
export async function deployWithCli(options: DeployOptions): Promise<DeployReport> {
  const { workspace, domain, keywords } = options
  if (options.local && !isLoopbackDomain(domain)) {
    throw new ToolkitError('ERR_DEPLOY', `"${domain}" is not on this machine, and this is a local deploy`, {
      hint: 'Name the real tenant explicitly.',
    })
  }
  const tenant = resolvedTenant(workspace, keywords, options.only)
  const built = options.built ?? (await bundleActions(workspace.actions, { root: workspace.root }))
  const codes = await codeToSend({ workspace, built }, keywords)
  const milliseconds = await withTemporaryFolder('deploy-', async (folder) => {
    const assets = await copyForCli({ workspace, built }, tenant, folder)
    const begin = performance.now()
    await runCli({
      ...options,
      folder,
      job: { mode: 'import', basePath: folder, assets },
      config: { AUTH0_KEYWORD_REPLACE_MAPPINGS: mappingsOf(keywords) },
    })
    return Math.round(performance.now() - begin)
  })
  const triggers = Object.keys(workspace.tenant.triggers ?? { 'post-login': [] })
  const reader = managementReader(options)
  const { state } = await readActions(reader, triggers)
  const sent = await withModuleCode(tenant, workspace.root, keywords)
  const differences = [
    ...entityDifferences(sent, await readEntities(reader, sent)),
    ...differencesTo(options, tenant, codes, state),
  ]
  if (differences.length > 0) {
    throw new ToolkitError(
      'ERR_DEPLOY',
      `"${domain}" does not have what was sent: ${differences.join('; ')}`,
      {
        hint: 'Somebody else may have written at the same time. Run the deploy again.',
      },
    )
  }
  return { domain, milliseconds, ...state }
}

/** The deploy CLI writes a value as JSON for `@@KEY@@` in code, and as a text for `##KEY##`. */
function mappingsOf(keywords: DeployOptions['keywords']): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(keywords).map(([name, text]) => {
      const value = jsonValue(text)
      const same = typeof value === 'object' || String(value) === text
      return [name, same ? value : text]
    }),
  )
}

function entityDifferences(sent: TenantFile, state: readonly TenantEntity[]): string[] {
  return entityChanges(sent, state).flatMap(({ type, name, change, fields }) => {
    if (change === 'uncompared') return []
    return [`${type} "${name}" ${change === 'create' ? 'is missing' : `has another ${fields.join(', ')}`}`]
  })
}

function differencesTo(
  { workspace, keywords }: DeployOptions,
  sent: TenantFile,
  codes: ReadonlyMap<string, string>,
  state: ReadBack,
): string[] {
  const differences: string[] = []
  const actions = markersOf(workspace, keywords).filled(workspace.actions)
  for (const entry of sent.actions ?? []) {
    const name = String(entry['name'])
    const action = actions.find((candidate) => candidate.name === name)
    const deployed = state.actions.find((candidate) => candidate.name === name)
    if (action === undefined) continue
    if (deployed === undefined) {
      differences.push(`the Action "${name}" is missing`)
      continue
    }
    if (action.deployed && !deployed.deployed) differences.push(`"${name}" is not deployed`)
    if (action.deployed && !deployed.allChangesDeployed)
      differences.push(`the draft of "${name}" is not what is deployed`)
    if (codeHash(codes.get(name) ?? '') !== deployed.codeHash)
      differences.push(`the code of "${name}" differs`)
    if (action.runtime !== deployed.runtime)
      differences.push(`the runtime of "${name}" is ${deployed.runtime}`)
    const secrets = action.secrets.map((secret) => secret.name).sort()
    if (secrets.join() !== deployed.secrets.join()) differences.push(`the secrets of "${name}" differ`)
    if (!sameDependencies(action.dependencies, deployed.dependencies))
      differences.push(`the dependencies of "${name}" differ`)
  }
  for (const [trigger, bindings] of Object.entries(sent.triggers ?? {})) {
    const wanted = bindings.map((binding) => binding.action_name)
    const actual = state.bindings[trigger] ?? []
    if (JSON.stringify(wanted) !== JSON.stringify(actual)) {
      differences.push(
        `${trigger} runs ${actual.join(', ') || 'nothing'} instead of ${wanted.join(', ') || 'nothing'}`,
      )
    }
  }
  return differences
}
