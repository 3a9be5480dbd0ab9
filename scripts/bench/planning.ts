import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTenant } from '../../lib/tenant/index.ts'
import { importTenantFile } from '../../lib/tenant/management/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { writeLargeWorkspace } from './large-workspace.ts'
import { type Clock, type Command, timesOfProcesses } from './processes.ts'
import type { Figure } from './side-by-side.ts'

const SIZE = { actions: 300, clients: 500, apis: 100, organizations: 50, users: 100 }
/** Of these the tenant has nothing yet. */
const NEW_ACTIONS = 30
/** The stock comparison takes half a minute and more. */
const ROUNDS = 2

let measured: Promise<Record<Clock, Figure[]>> | undefined

/** A plan of a large tenant that has most of the workspace: the deploy CLI's own preview, and ours. */
export async function planning(root: string, clock: Clock): Promise<Figure[]> {
  measured ??= measure(root)
  return (await measured)[clock]
}

async function measure(root: string): Promise<Record<Clock, Figure[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-bench-'))
  const tenant = await startTenant()
  try {
    await writeLargeWorkspace(folder, SIZE)
    const { tenant: file, actions } = await readWorkspace(folder)
    const codes = new Map<string, string>()
    for (const { name, sourceFile } of actions) codes.set(name, await readFile(sourceFile, 'utf8'))
    const there = { ...file, actions: (file.actions ?? []).slice(0, -NEW_ACTIONS) }
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
    return await timesOfProcesses([stock, ours, fresh], ROUNDS)
  } finally {
    await tenant.stop()
    await rm(folder, { recursive: true, force: true })
  }
}
