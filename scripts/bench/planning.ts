import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTenant } from '../../lib/tenant/index.ts'
import { importTenantFile } from '../../lib/tenant/management/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { type Size, writeLargeWorkspace } from './large-workspace.ts'
import { type Clock, type Command, timesOfProcesses } from './processes.ts'
import type { Figure } from './side-by-side.ts'

/** Of the Actions the tenant has nothing yet. */
const NEW_ACTIONS = 0.1
const LARGE: Size = { actions: 300, clients: 500, apis: 100, organizations: 50, users: 100 }
/** The deploy CLI's own preview takes many seconds for this one, and minutes for the large one. */
const SMALL: Size = { actions: 30, clients: 25, apis: 5, organizations: 5, users: 10 }
const ROUNDS = { stock: 1, ours: 2 }

type Measured = Record<Clock, Figure[]>
let small: Promise<Measured> | undefined
let large: Promise<Measured> | undefined

/** A plan of a small tenant that has most of the workspace: the deploy CLI's own preview, and ours. */
export async function planningBesideStock(root: string, clock: Clock): Promise<Figure[]> {
  small ??= measure(root, SMALL, ROUNDS.stock, ({ stock, ours }) => [stock, ours])
  return (await small)[clock]
}

/** Ours of a large one, and of one of which the tenant has nothing. */
export async function planning(root: string, clock: Clock): Promise<Figure[]> {
  large ??= measure(root, LARGE, ROUNDS.ours, ({ ours, fresh }) => [ours, fresh])
  return (await large)[clock]
}

async function measure(
  root: string,
  size: Size,
  rounds: number,
  choose: (commands: Record<'stock' | 'ours' | 'fresh', Command>) => Command[],
): Promise<Measured> {
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-bench-'))
  const tenant = await startTenant()
  try {
    await writeLargeWorkspace(folder, size)
    const { tenant: file, actions } = await readWorkspace(folder)
    const codes = new Map<string, string>()
    for (const { name, sourceFile } of actions) codes.set(name, await readFile(sourceFile, 'utf8'))
    const there = { ...file, actions: (file.actions ?? []).slice(0, -Math.ceil(size.actions * NEW_ACTIONS)) }
    await importTenantFile(tenant.context, there, { codeOf: (name) => codes.get(name) ?? '' })
    const { url, certificate, client } = await tenant.management()
    await writeFile(join(folder, 'tenant.pem'), certificate)
    const env = {
      PATH: process.env['PATH'] ?? '',
      NODE_EXTRA_CA_CERTS: join(folder, 'tenant.pem'),
      AUTH0_CLIENT_ID: client.client_id,
      AUTH0_CLIENT_SECRET: client.client_secret,
    }
    const common = { cwd: folder, withChildren: true, exits: 0 }
    const deployCli = join(createRequire(import.meta.url).resolve('auth0-deploy-cli'), '..', 'index.js')
    const stock: Command = {
      ...common,
      name: 'a0deploy import --dry-run',
      args: [deployCli, 'import', '--dry-run', '--input_file', 'tenant.yaml'],
      env: { ...env, AUTH0_DOMAIN: new URL(url).host },
    }
    const ours: Command = {
      ...common,
      name: 'claims plan',
      args: [join(root, 'dist/cli/main.js'), 'plan', '--url', url, '--certificate', 'tenant.pem'],
      env,
    }
    const fresh: Command = {
      ...ours,
      name: 'claims plan, everything new',
      args: [join(root, 'dist/cli/main.js'), 'plan'],
    }
    return await timesOfProcesses(choose({ stock, ours, fresh }), rounds)
  } finally {
    await tenant.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
