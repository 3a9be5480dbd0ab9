import { type ChildProcess, fork } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { parse } from 'yaml'
import { bundleActions, writeBundles } from '../../lib/bundle/index.ts'
import {
  deployChanges,
  markersOf,
  newJournal,
  type Plan,
  planDeploy,
  readBack,
  readJournals,
  rollBack,
  sentBefore,
  type TenantAccess,
} from '../../lib/deploy/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { type TestTenant, testTenant } from './setup.ts'

/** The deploy CLI as it is installed, with nothing of ours between it and a tenant. */
export interface StockCli {
  /** Imports a tenant.yaml, or a folder in the CLI's directory format. */
  import(access: TenantAccess, input: string, config?: Readonly<Record<string, unknown>>): Promise<void>
  /** Exports a tenant into a folder. */
  export(
    access: TenantAccess,
    folder: string,
    format?: 'yaml' | 'directory',
    config?: Readonly<Record<string, unknown>>,
  ): Promise<void>
  stop(): void
}

const PROGRAM = fileURLToPath(new URL('stock-cli.mjs', import.meta.url))

/** One process for all commands of a test file; ended with `stop`. */
export function stockCli(): StockCli {
  const waiting = new Map<number, (error?: string) => void>()
  let child: ChildProcess | undefined
  let count = 0
  function start(): ChildProcess {
    const started = fork(PROGRAM, {
      // Tenants of tests sign their own certificates.
      env: { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_NO_WARNINGS: '1', AUTH0_LOG: 'error' },
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    })
    started.on('message', ({ id, error }: { id: number; error?: string }) => waiting.get(id)?.(error))
    started.on('exit', () => {
      for (const settle of waiting.values()) settle('the deploy CLI ended')
    })
    return started
  }
  function run(command: 'import' | 'export', options: Record<string, unknown>): Promise<void> {
    child ??= start()
    const id = ++count
    return new Promise((resolve, reject) => {
      waiting.set(id, (error) => {
        waiting.delete(id)
        if (error === undefined) resolve()
        else reject(new Error(`a0deploy ${command}: ${error}`))
      })
      child!.send({ id, command, options: { env: false, ...options } })
    })
  }
  const configOf = ({ domain, credentials }: TenantAccess, config: Readonly<Record<string, unknown>>) => ({
    AUTH0_DOMAIN: domain,
    ...('clientId' in credentials
      ? { AUTH0_CLIENT_ID: credentials.clientId, AUTH0_CLIENT_SECRET: credentials.clientSecret }
      : { AUTH0_ACCESS_TOKEN: credentials.accessToken }),
    AUTH0_API_MAX_RETRIES: '0',
    ...config,
  })
  return {
    import: (access, input, config = {}) =>
      run('import', { input_file: input, config: configOf(access, config) }),
    export: (access, folder, format = 'yaml', config = {}) =>
      run('export', { output_folder: folder, format, config: configOf(access, config) }),
    stop: () => void child?.disconnect(),
  }
}

/** What the CLI's own export says of a tenant: text by file. */
export async function exported(cli: StockCli, access: TenantAccess): Promise<Record<string, string>> {
  const folder = await folderWith({})
  await cli.export(access, folder)
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
  return Object.fromEntries(
    await Promise.all(
      files.sort().map(async (file) => [relative(folder, file), await readFile(file, 'utf8')]),
    ),
  )
}

/** Without the number of a module's version, which only grows. */
function withoutVersions(files: Readonly<Record<string, string>>): unknown {
  const tenant = parse(files['tenant.yaml']!)
  for (const module of tenant.actionModules ?? []) delete module.latest_version_number
  return { ...files, 'tenant.yaml': tenant }
}

export interface Comparison {
  plan: Plan
  /** The tenant that ours deployed to, before the rollback: text by file of the CLI's export. */
  state: Record<string, string>
}

/**
 * Deploys a workspace into two tenants, with the deploy CLI as it is installed and with ours, and expects: the same
 * state by the CLI's own export, nothing more to do for a second plan, and a rollback to the start.
 *
 * @param options.before Files of a workspace that both tenants have already.
 * @param options.left What a rollback says that it leaves.
 */
export async function expectSameAsStock(
  cli: StockCli,
  files: Readonly<Record<string, string>>,
  options: {
    before?: Readonly<Record<string, string>>
    keywords?: Readonly<Record<string, string>>
    left?: readonly unknown[]
  } = {},
): Promise<Comparison> {
  const { before, keywords = {}, left: leaves = [] } = options
  const mappings = { AUTH0_KEYWORD_REPLACE_MAPPINGS: keywords }
  const [stock, ours] = [await testTenant(), await testTenant()]
  const inStock = async (target: TestTenant, content: Readonly<Record<string, string>>) => {
    const workspace = await readWorkspace(await folderWith(content))
    await writeBundles(workspace, await bundleActions(workspace.actions, { root: workspace.root }))
    await cli.import(target.access, workspace.tenantFile, mappings)
  }
  if (before !== undefined) for (const target of [stock, ours]) await inStock(target, before)
  const atStart = await exported(cli, ours.access)
  await inStock(stock, files)

  const root = await folderWith(files)
  const workspace = await readWorkspace(root)
  const run = { ...ours.access, workspace, keywords }
  const markers = markersOf(workspace, keywords)
  const plan = await planDeploy(run)
  const journal = newJournal(root, markers, { domain: plan.domain, state: plan.before })
  await deployChanges({ ...run, agreed: plan, journal })
  const state = await exported(cli, ours.access)
  expect(state).toEqual(await exported(cli, stock.access))

  const sent = sentBefore(await readJournals(root, plan.domain, markers))
  expect((await planDeploy({ ...run, sent })).changes).toEqual([])
  const { left } = await rollBack({ ...ours.access, root, markers }, await readBack(ours.access))
  expect(left).toEqual(leaves)
  expect(withoutVersions(await exported(cli, ours.access))).toEqual(withoutVersions(atStart))
  return { plan, state }
}
