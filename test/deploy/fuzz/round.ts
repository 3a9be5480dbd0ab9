import { rm } from 'node:fs/promises'
import { expect } from 'vitest'
import { parse } from 'yaml'
import {
  deployChanges,
  markersOf,
  newJournal,
  planDeploy,
  readBack,
  readJournals,
  rollBack,
  sentBefore,
} from '../../../lib/deploy/index.ts'
import { startTenant, type TenantState } from '../../../lib/tenant/index.ts'
import { readWorkspace, type Workspace } from '../../../lib/workspace/index.ts'
import { keptFolderWith } from '../../helpers/folder.ts'
import { exported as exportOf, type StockCli, stockCli } from '../same-as-stock.ts'
import { type TestTenant, targetOf } from '../setup.ts'
import { contentOf, withoutNothing } from './content.ts'
import { applyEdits, type Edit } from './edits.ts'
import { importAsStock } from './stock.ts'
import type { Written } from './workspaces.ts'

export interface Round {
  before: Written
  edits: Edit[]
  after: Written
  /** Whether the deploy CLI's own export is compared as well: it shows no more than the state, and takes its time. */
  exported: boolean
}

/** How rounds end: deployed, nothing to change, or refused by the tenant or the deploy CLI. */
export type Outcome = 'deployed' | 'unchanged' | 'refused'

/** Runs rounds in two tenants, ours and the one that the deploy CLI writes to by itself. */
export async function twoTenants() {
  const tenants = await Promise.all([startTenant(), startTenant()])
  const [ours, stock] = (await Promise.all(tenants.map(targetOf))) as [TestTenant, TestTenant]
  const empty = structuredClone(ours.tenant.state)
  const cli = stockCli()
  return {
    round: (round: Round) => playRound(round, { ours, stock, empty, cli }),
    stop: () => {
      cli.stop()
      return Promise.all(tenants.map((tenant) => tenant.stop()))
    },
  }
}

function setState({ tenant }: TestTenant, state: TenantState): void {
  delete tenant.state.kept
  delete tenant.state.actionModules
  Object.assign(tenant.state, structuredClone(state))
}

async function withWorkspace<T>({ files }: Written, use: (workspace: Workspace) => Promise<T>): Promise<T> {
  const folder = await keptFolderWith(files)
  try {
    return await use(await readWorkspace(folder))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** What a rollback cannot bring back, as it says. */
const LEFT = [
  [/^"(.+)" has a version, and a version cannot be taken back$/, 'actions'],
  [/^actionModules "(.+)" has a version, and a version cannot be taken back$/, 'actionModules'],
  [/^"(.+)": the values of [A-Z, ]+ were in its draft only, and cannot be read$/, 'actions'],
] as const

async function playRound(
  { before, edits, after, exported }: Round,
  { ours, stock, empty, cli }: { ours: TestTenant; stock: TestTenant; empty: TenantState; cli: StockCli },
): Promise<Outcome> {
  for (const target of [ours, stock]) delete target.faults.inject
  setState(stock, empty)
  // A start that the deploy CLI refuses half-way is a start as well.
  await withWorkspace(before, (workspace) => importAsStock(stock.access, workspace).catch(() => {}))
  applyEdits(stock.tenant.state, edits)
  const start = structuredClone(stock.tenant.state)
  setState(ours, start)
  const [started, exactly] = [await contentOf(start), await contentOf(start, true)]

  return withWorkspace(after, async (workspace) => {
    const { root } = workspace
    const options = { ...ours.access, workspace, keywords: {}, allowLoss: true }
    const markers = markersOf(workspace, {})
    const imported = importAsStock(stock.access, workspace).catch((error: Error) => error)

    ours.faults.calls.length = 0
    const plan = await planDeploy(options).catch((error: Error) => error)
    const refused = await imported
    expect(ours.faults.calls.filter(({ method }) => method !== 'GET')).toEqual([])
    expectSame(await contentOf(ours.tenant.state, true), exactly)
    if (plan instanceof Error) {
      expect(refused, plan.message).toBeInstanceOf(Error)
      return 'refused'
    }
    const journal = newJournal(root, markers, { domain: plan.domain, state: plan.before })
    const failed = await deployChanges({ ...options, agreed: plan, journal }).then(
      () => undefined,
      (error: Error) => error,
    )
    expect(failed?.message, refused?.message).toEqual(refused === undefined ? undefined : expect.any(String))
    if (failed !== undefined) {
      expectSame(await contentOf(ours.tenant.state, true), exactly, failed.message)
      return 'refused'
    }
    const deployed = await contentOf(ours.tenant.state)
    expectSame(deployed, await contentOf(stock.tenant.state))
    if (exported) {
      const [one, other] = await Promise.all([ours, stock].map(({ access }) => exportOf(cli, access)))
      expect(Object.keys(one!)).not.toEqual([])
      expectSame(fromYaml(one!), fromYaml(other!))
    }
    const untouched = Object.keys(started).filter((key) => !isManaged(key, after.tenant))
    for (const key of untouched) expect(deployed[key], key).toEqual(started[key])

    const sent = sentBefore(await readJournals(root, plan.domain, markers))
    expect((await planDeploy({ ...options, sent })).changes).toEqual([])
    if (plan.changes.length === 0) {
      expectSame(deployed, started)
      return 'unchanged'
    }
    const { left } = await rollBack({ ...ours.access, root, markers }, await readBack(ours.access))
    const now = await contentOf(ours.tenant.state, true)
    for (const line of left) {
      const key = LEFT.map(([form, type]) => `${type} ${form.exec(line)?.[1]}`).find((one) => one in started)
      expect(key, line).toBeDefined()
      if (line.endsWith('taken back')) expect(started[key!], line).not.toHaveProperty('running')
      now[key!] = exactly[key!]
    }
    expectSame(now, exactly)
    return 'deployed'
  })
}

/** The same content; what differs is told one by one. */
function expectSame(is: Record<string, unknown>, wanted: Record<string, unknown>, why = ''): void {
  for (const key of Object.keys({ ...is, ...wanted })) expect(is[key], `${key} ${why}`).toEqual(wanted[key])
}

/** Whether a tenant file has this thing. */
function isManaged(key: string, tenant: Written['tenant']): boolean {
  const [type = ''] = key.split(' ', 1)
  if (type === 'settings') return true
  const name = key.slice(type.length + 1)
  const sections = type === 'connections' ? ['connections', 'databases'] : [type]
  if (type === 'kept') return true
  if (type === 'triggers') return name in ((tenant['triggers'] ?? {}) as object)
  return sections
    .flatMap((section) => (tenant[section] ?? []) as Record<string, unknown>[])
    .some((one) =>
      type === 'clientGrants'
        ? `${String(one['client_id'])} ${String(one['audience'])} client` === name
        : one[type === 'resourceServers' ? 'identifier' : 'name'] === name,
    )
}

/** Files as what they say: a member that is equal to nothing is no difference. */
function fromYaml(files: Record<string, string>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(files).map(([file, text]) => [
      file,
      /\.(yaml|json)$/.test(file) ? withoutNothing(parse(text)) : text,
    ]),
  )
}
