import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTenant, type Tenant } from '../../lib/tenant/index.ts'
import { importTenantFile } from '../../lib/tenant/management/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { generatedAction, randomFrom } from './generated-actions.ts'
import { type Clock, type Command, timesOfProcesses } from './processes.ts'
import type { Figure } from './side-by-side.ts'

const MOST_BOUND = 20
/** A stock import takes half a minute. */
const ROUNDS = 3

const measured = new Map<number, Promise<Record<Clock, Figure[]>>>()

/** `count` changed Actions into a local tenant: the deploy CLI as installed, and ours; CPU with what they start. */
export async function deploying(root: string, count: number, clock: Clock): Promise<Figure[]> {
  if (!measured.has(count)) measured.set(count, measure(root, count))
  return (await measured.get(count)!)[clock]
}

async function measure(root: string, count: number): Promise<Record<Clock, Figure[]>> {
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-bench-'))
  const tenant = await startTenant()
  try {
    await writeWorkspace(folder, count)
    const { url, certificate, client } = await tenant.management()
    await writeFile(join(folder, 'tenant.pem'), certificate)
    const host = new URL(url).host
    const env = {
      PATH: process.env['PATH'] ?? '',
      NODE_EXTRA_CA_CERTS: join(folder, 'tenant.pem'),
      AUTH0_CLIENT_ID: client.client_id,
      AUTH0_CLIENT_SECRET: client.client_secret,
    }
    const deployCli = join(createRequire(import.meta.url).resolve('auth0-deploy-cli'), '..', 'index.js')
    const common = { cwd: folder, withChildren: true, exits: 0 }
    const changed = () => load(tenant, folder, '// of yesterday\n')
    const stock: Command = {
      ...common,
      name: 'a0deploy import',
      args: [deployCli, 'import', '--input_file', 'tenant.yaml'],
      env: { ...env, AUTH0_DOMAIN: host },
      before: changed,
    }
    const args = [
      join(root, 'dist/cli/main.js'),
      ...['deploy', '--url', url, '--certificate', 'tenant.pem', '--skip-prove'],
    ]
    const ours: Command = { ...common, name: 'claims deploy', args, env, before: changed }
    const unchanged: Command = {
      ...ours,
      name: 'claims deploy, nothing changed',
      before: () => load(tenant, folder, ''),
    }
    return await timesOfProcesses([stock, ours, unchanged], ROUNDS)
  } finally {
    await tenant.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

async function writeWorkspace(folder: string, count: number): Promise<void> {
  const random = randomFrom(1)
  const names = Array.from({ length: count }, (_, index) => `action-${index}`)
  const tenant = {
    actions: names.map((name) => ({
      name,
      code: `./dist/actions/${name}.js`,
      runtime: 'node22',
      deployed: true,
      supported_triggers: [{ id: 'post-login', version: 'v3' }],
    })),
    triggers: {
      'post-login': names.slice(0, MOST_BOUND).map((name) => ({ action_name: name, display_name: name })),
    },
  }
  await writeFile(join(folder, 'tenant.yaml'), JSON.stringify(tenant))
  const [sources, built] = [join(folder, 'actions'), join(folder, 'dist/actions')]
  for (const folder of [sources, built]) await mkdir(folder, { recursive: true })
  for (const [index, name] of names.entries()) {
    const code = generatedAction(index, random)
      // What the check refuses is not for this bench.
      .replaceAll(/setCustomClaim\('(\w+)'/g, "setCustomClaim('https://acme.example/$1'")
    // Plain CommonJS: its bundle, which the deploy CLI reads, is the same text.
    for (const folder of [sources, built]) await writeFile(join(folder, `${name}.js`), code)
  }
}

/** The tenant with the workspace in it, and something in front of each Action's code. */
async function load(tenant: Tenant, folder: string, inFront: string): Promise<void> {
  await rm(join(folder, '.auth0-claims'), { recursive: true, force: true })
  const workspace = await readWorkspace(folder)
  const codes = new Map<string, string>()
  for (const { name, sourceFile } of workspace.actions) codes.set(name, await readFile(sourceFile, 'utf8'))
  tenant.state.actions.clear()
  tenant.state.bindings.clear()
  await importTenantFile(tenant.context, workspace.tenant, {
    codeOf: (name) => inFront + (codes.get(name) ?? ''),
  })
}
