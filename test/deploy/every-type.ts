import { rm } from 'node:fs/promises'
import { parse } from 'yaml'
import { startTenant } from '../../lib/tenant/index.ts'
import { importTenantFile } from '../../lib/tenant/management/index.ts'
import { readWorkspace, type TenantFile, type Workspace } from '../../lib/workspace/index.ts'
import { keptFolderWith } from '../helpers/folder.ts'
import { actionEntry, everything, KEYWORDS, type TestTenant, targetOf } from './setup.ts'

const action = (name: string) => actionEntry(name, "\n    secrets: [{ name: KEY, value: '##API_KEY##' }]")
const role = (name: string, ...scopes: string[]) => `
  - name: ${name}
    description: ${name} of ${scopes.length}
    permissions:${scopes.map((s) => `\n      - { permission_name: '${s}', resource_server_identifier: https://orders.example/ }`).join('')}`

const BEFORE = `
resourceServers: [{ name: Orders, identifier: https://orders.example/, scopes: [{ value: read }] }]
clients: [{ name: App, app_type: non_interactive, callbacks: [http://localhost/a], client_metadata: { a: '1' } }]
clientGrants: [{ client_id: App, audience: https://orders.example/, scope: [read] }]
roles:${role('reader', 'read')}
organizations: [{ name: acme, display_name: Acme }]
actions:${action('first')}${action('second')}
triggers: { post-login: [{ action_name: first }, { action_name: second }] }
`
/** Every type has a change, and all but grants and organizations have something new. */
export const AFTER = `
resourceServers:
  - { name: Orders, identifier: https://orders.example/, scopes: [{ value: read }, { value: write }] }
  - { name: Bills, identifier: https://bills.example/, scopes: [{ value: pay }] }
clients:
  - { name: App, app_type: non_interactive, callbacks: [http://localhost/b], client_metadata: { b: '2' } }
  - { name: Shop, app_type: spa }
clientGrants: [{ client_id: App, audience: https://orders.example/, scope: [read, write] }]
roles:${role('reader', 'write')}${role('writer', 'read', 'write')}
organizations: [{ name: acme, display_name: Acme Corporation }]
databases: [{ name: people, strategy: auth0, enabled_clients: [Shop], options: { passwordPolicy: good } }]
connections:
  - { name: google, strategy: google-oauth2, enabled_clients: [App], options: { scope: [email, profile] } }
actionModules:
  - { name: shared, code: ./modules/shared.js }
  - { name: other, code: ./modules/other.js }
actions:${action('first')}${action('second')}${action('third')}
triggers: { post-login: [{ action_name: third }, { action_name: second }, { action_name: first }] }
`
const code = (text: string) => `exports.onExecutePostLogin = async () => '${text}'\n`

export const SOURCES = Object.fromEntries([
  ['modules/shared.js', "exports.plan = 'two'\n"],
  ['modules/other.js', 'exports.other = true\n'],
  ...['first', 'second', 'third'].map((name) => [
    `actions/${name}.js`,
    code(name === 'first' ? 'two' : name),
  ]),
])

export interface EveryType {
  target: TestTenant
  /** It changes everything that the tenant has. */
  workspace: Workspace
  atStart: TestTenant['tenant']['state']
  /** As text: {@link everything}. */
  before: string
  stop(): Promise<void>
}

/** A tenant with something of every type, and a workspace that changes all of it. */
export async function everyType(): Promise<EveryType> {
  const tenant = await startTenant()
  const target = await targetOf(tenant)
  await importTenantFile(tenant.context, parse(BEFORE) as TenantFile, {
    keywords: KEYWORDS,
    codeOf: (name) => code(name === 'first' ? 'one' : name),
  })
  const { state } = tenant
  const [app] = [...state.clients.values()]
  const connection = (
    name: string,
    strategy: string,
    options: Record<string, unknown>,
    enabled_clients: string[],
  ) => state.connections.set(name, { id: name, name, strategy, options, enabled_clients, realms: [name] })
  connection('people', 'auth0', { passwordPolicy: 'low' }, [app!.client_id])
  connection('google', 'google-oauth2', { scope: ['email'] }, [])
  const module = { code: "exports.plan = 'one'\n", dependencies: [], secrets: [], created_at: '2026-01-01' }
  state.actionModules = new Map([
    [
      'shared',
      {
        ...module,
        id: 'shared',
        name: 'shared',
        updated_at: '2026-01-01',
        all_changes_published: true,
        versions: [{ ...module, id: 'v1', version_number: 1 }],
      },
    ],
  ])
  const folder = await keptFolderWith({ 'tenant.yaml': AFTER, ...SOURCES })
  return {
    target,
    workspace: await readWorkspace(folder),
    atStart: structuredClone(tenant.state),
    before: everything(target),
    async stop() {
      await tenant.stop()
      await rm(folder, { recursive: true })
    },
  }
}
