/**
 * `npm run session`: plans, deploys, and rolls back a change of the example workspace on a local tenant, and writes
 * what was printed into README.md. Only the tenant's port is replaced.
 */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundleActions } from '../lib/bundle/index.ts'
import type { Command, OptionValues } from '../lib/cli/command.ts'
import { deployCommand } from '../lib/cli/commands/deploy.ts'
import { planCommand } from '../lib/cli/commands/plan.ts'
import { rollbackCommand } from '../lib/cli/commands/rollback.ts'
import { printerTo } from '../lib/cli/printer.ts'
import { report } from '../lib/cli/run.ts'
import { startTenant } from '../lib/tenant/index.ts'
import { importTenantFile } from '../lib/tenant/management/index.ts'
import { readWorkspace } from '../lib/workspace/index.ts'

const root = join(import.meta.dirname, '..')
const README = join(root, 'README.md')
const BEGIN = '<!-- output: npm run session -->'
const SHOWN_HOST = 'localhost:4430'

const IN_ID_TOKEN =
  "    api.idToken.setCustomClaim('https://acme.example/organization', event.organization.name)\n"
const binding = (name: string) => `    - action_name: ${name}\n      display_name: ${name}\n`
const REORDER = [
  binding('enrich-claims') + binding('adjust-scopes'),
  binding('adjust-scopes') + binding('enrich-claims'),
] as const

/** Everything that the session prints, as a terminal shows it. */
async function deploySession(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-session-'))
  const tenant = await startTenant()
  try {
    for (const part of ['actions', 'schemas', 'lib', 'package.json', 'tenant.yaml', 'tenant.local.yaml']) {
      await cp(join(root, part), join(folder, part), { recursive: true })
    }
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'))
    const workspace = await readWorkspace(folder)
    const built = await bundleActions(workspace.actions, { root: folder })
    const codes = new Map(built.map(({ name, code }) => [name, code]))
    await importTenantFile(tenant.context, workspace.tenant, {
      keywords: workspace.keywords,
      codeOf: (name) => codes.get(name) ?? '',
    })
    const { url, certificate, client } = await tenant.management()
    await writeFile(join(folder, 'tenant.pem'), certificate)
    const env = { AUTH0_CLIENT_ID: client.client_id, AUTH0_CLIENT_SECRET: client.client_secret }
    const host = new URL(url).host
    const lines: string[] = []
    const print = (text: string) => void lines.push(text.replaceAll(host, SHOWN_HOST).replace(/\n$/, ''))
    const run = async (command: Command, values: OptionValues = {}) => {
      const flags = Object.keys(values).map((name) => ` --${name}`)
      print(`$ npx claims ${command.name} --url https://${host} --certificate tenant.pem${flags.join('')}`)
      const terminal = {
        cwd: folder,
        env,
        ...printerTo(print, print),
        interactive: false,
        ask: async () => '',
        stdin: async () => '',
        stdinChunks: async function* () {},
        stopped: new Promise<void>(() => {}),
      }
      const target = { tenant: 'local', url, certificate: 'tenant.pem' }
      await command.run(terminal, { ...target, ...values }, []).catch((error) => report(error, terminal))
      print('')
    }
    const edit = async (file: string, from: string, to: string) => {
      const text = await readFile(join(folder, file), 'utf8')
      if (!text.includes(from)) throw new Error(`${file} has no ${from}`)
      await writeFile(join(folder, file), text.replace(from, to))
    }

    print('# the ID token no longer gets the organization, and adjust-scopes is to run first')
    await edit('actions/enrich-claims.ts', IN_ID_TOKEN, '')
    await edit('tenant.yaml', ...REORDER)
    await run(planCommand, { 'run-tenant-actions': true })
    await run(deployCommand)
    await run(planCommand)
    await run(rollbackCommand)
    return lines.join('\n').trimEnd()
  } finally {
    await tenant.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const text = await readFile(README, 'utf8')
const begin = text.indexOf(BEGIN)
if (begin < 0) throw new Error(`README.md has no ${BEGIN}`)
const end = text.indexOf('```\n', text.indexOf('```text\n', begin) + 8)
const block = `${BEGIN}\n\`\`\`text\n${await deploySession()}\n`
await writeFile(README, text.slice(0, begin) + block + text.slice(end))
