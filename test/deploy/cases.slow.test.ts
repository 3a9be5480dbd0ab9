import { beforeAll, expect, it } from 'vitest'
import {
  type DeployOptions,
  deployChanges,
  markersOf,
  newJournal,
  planDeploy,
  readBack,
  rollBack,
} from '../../lib/deploy/index.ts'
import { startTenant } from '../../lib/tenant/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { everything, type TestTenant, targetOf } from './setup.ts'

const ACTION = 'exports.onExecutePostLogin = async () => {}\n'
let target: TestTenant

beforeAll(async () => {
  const tenant = await startTenant()
  target = await targetOf(tenant)
  return () => tenant.stop()
})

async function workspaceOf(files: Record<string, string>, keywords: DeployOptions['keywords'] = {}) {
  const workspace = await readWorkspace(await folderWith(files))
  return { ...target.access, workspace, keywords }
}

/** Deploys, finds nothing more to do, and rolls back to what was there. Answers the tenant in between. */
async function roundTrip(files: Record<string, string>, keywords: DeployOptions['keywords'] = {}) {
  const options = await workspaceOf(files, keywords)
  const before = everything(target)
  const plan = await planDeploy(options)
  const { root } = options.workspace
  const markers = markersOf(options.workspace, keywords)
  const journal = newJournal(root, markers, { domain: plan.domain, state: plan.before })
  await deployChanges({ ...options, agreed: plan, journal })
  const state = structuredClone(target.tenant.state)
  expect((await planDeploy(options)).changes).toEqual([])
  const { left } = await rollBack({ ...target.access, root, markers }, await readBack(target.access))
  expect(left).toEqual([])
  expect(everything(target)).toBe(before)
  return { plan, state }
}

const ofFirst = <T>(map: ReadonlyMap<string, T>, name: string) =>
  [...map.values()].find((one) => (one as { name?: string }).name === name)

it('takes names as dashboards have them, and sources that import others', async () => {
  const { plan, state } = await roundTrip({
    'tenant.yaml': `
actions:
  - name: Prüfung ✓ / two words
    code: ./actions/My Custom Action/code.js
    runtime: node22
    deployed: true
    supported_triggers: [{ id: post-login, version: v3 }]
triggers:
  post-login: [{ action_name: Prüfung ✓ / two words, display_name: Adds the plan }]
`,
    'actions/My Custom Action/code.js': `const { plan } = require('../../lib/shared.js')\n${ACTION.replace('{}', '{ plan }')}`,
    'lib/shared.js': "exports.plan = 'gold'\n",
  })
  expect(plan.changes.map(({ type, name }) => [type, name])).toEqual([
    ['actions', 'Prüfung ✓ / two words'],
    ['triggers', 'post-login'],
  ])
  expect(ofFirst(state.actions, 'Prüfung ✓ / two words')!.code).toContain('gold')
  expect(state.bindings.get('post-login')![0]!.display_name).toBe('Adds the plan')
})

it('takes a marker in the name of an Action, for each environment another Action', async () => {
  const { plan, state } = await roundTrip(
    {
      'tenant.yaml': `
actions:
  - name: claims-##ENV##
    code: ./dist/actions/claims.js
    deployed: true
    supported_triggers: [{ id: post-login, version: v3 }]
triggers:
  post-login: [{ action_name: claims-##ENV##, display_name: claims }]
`,
      'actions/claims.js': ACTION,
    },
    { ENV: 'staging' },
  )
  expect(plan.changes[0]).toMatchObject({ type: 'actions', name: 'claims-##ENV##' })
  expect(ofFirst(state.actions, 'claims-staging')).toBeDefined()
})

it('sends the text of database scripts', async () => {
  const { state } = await roundTrip({
    'tenant.yaml': `
databases:
  - name: db
    strategy: auth0
    options:
      passwordPolicy: low
      customScripts: { login: ./databases/db/login.js, change_password: ./databases/db/change_password.js }
`,
    'databases/db/login.js': '// login\n',
    'databases/db/change_password.js': '// change\n',
  })
  expect(ofFirst(state.connections, 'db')!.options).toMatchObject({
    customScripts: { login: '// login\n', change_password: '// change\n' },
  })
})

it('sends old words as the deploy CLI translates them', async () => {
  const { state } = await roundTrip({
    'tenant.yaml':
      'clients: [{ name: App, app_type: spa, cross_origin_auth: false, callbacks: [http://localhost:3000] }]\n',
  })
  expect(ofFirst(state.clients, 'App')).toMatchObject({ cross_origin_authentication: false })
})

it('gives an organization its connections, which a tenant calls otherwise', async () => {
  const { state } = await roundTrip({
    'tenant.yaml': `
connections: [{ name: google, strategy: google-oauth2 }]
organizations:
  - name: acme
    display_name: Acme
    connections: [{ name: google, assign_membership_on_login: false }]
    metadata: { tier: gold }
`,
  })
  expect(ofFirst(state.organizations, 'acme')!.enabled_connections).toHaveLength(1)
})

it('takes markers without quotes for what their values are', async () => {
  const { state } = await roundTrip(
    {
      'tenant.yaml': `
resourceServers:
  - name: Api
    identifier: https://api.example/
    token_lifetime: ##LIFETIME##
    allow_offline_access: ##OFFLINE##
`,
    },
    { LIFETIME: '600', OFFLINE: 'true' },
  )
  expect(ofFirst(state.resourceServers, 'Api')).toMatchObject({
    token_lifetime: 600,
    allow_offline_access: true,
  })
})

it('refuses a marker whose value would leave nothing where it stands', async () => {
  const options = await workspaceOf(
    {
      'tenant.yaml':
        'resourceServers:\n  - identifier: https://api.example/\n    token_lifetime: ##LIFETIME##\n',
    },
    { LIFETIME: '' },
  )
  await expect(planDeploy(options)).rejects.toMatchObject({ code: 'ERR_INPUT', line: 3 })
})

it('knows every trigger', async () => {
  const options = await workspaceOf({
    'tenant.yaml': 'triggers: { post-login: [], custom-email-provider: [], password-hash-migration: [] }\n',
  })
  expect((await planDeploy(options)).changes).toEqual([])
})

it('leaves alone what an Action does not name: secrets, dependencies, runtime', async () => {
  const files = (more: string, code = ACTION) => ({
    'tenant.yaml': `
actions:
  - name: one
    code: ./dist/actions/one.js
    deployed: true
    supported_triggers: [{ id: post-login, version: v3 }]${more}
triggers: { post-login: [{ action_name: one, display_name: one }] }
`,
    'actions/one.js': code,
  })
  const full = await workspaceOf(
    files(
      '\n    runtime: node18\n    secrets: [{ name: KEY, value: v }]\n    dependencies: [{ name: ms, version: 2.1.3 }]',
    ),
  )
  await deployChanges(full)
  expect((await planDeploy(await workspaceOf(files('')))).changes).toEqual([])
  await deployChanges(await workspaceOf(files('', `${ACTION}// new\n`)))
  expect(ofFirst(target.tenant.state.actions, 'one')).toMatchObject({
    runtime: 'node18',
    secrets: [{ name: 'KEY', value: 'v' }],
    dependencies: [{ name: 'ms', version: '2.1.3' }],
  })
  // A draft that is not to run changes nothing that runs.
  const draft = await workspaceOf(
    Object.fromEntries(
      Object.entries(files('', `${ACTION}// draft\n`)).map(([file, text]) => [
        file,
        text.replace('deployed: true', 'deployed: false'),
      ]),
    ),
  )
  const { plan } = await deployChanges(draft)
  expect(plan.changes).toEqual([{ type: 'actions', name: 'one', change: 'update', fields: ['code'] }])
  const one = ofFirst(target.tenant.state.actions, 'one')!
  expect(one.code).toContain('// draft')
  expect(one.versions.at(-1)!.code).toContain('// new')
  expect((await planDeploy(draft)).changes).toEqual([])
})

it('sees an item that comes twice, and the order of a list', async () => {
  const app = (...callbacks: string[]) =>
    workspaceOf({
      'tenant.yaml': `clients: [{ name: Order, app_type: regular_web, callbacks: [${callbacks.join(', ')}] }]\n`,
    })
  const [a, b] = ['https://a.example/', 'https://b.example/']
  await deployChanges(await app(a, b))
  for (const other of [[a, a], [b, a], [a]]) {
    expect((await planDeploy(await app(...other))).changes).toMatchObject([{ fields: ['callbacks'] }])
  }
  expect((await planDeploy(await app(a, b))).changes).toEqual([])
})

it('says which options a connection would lose, and refuses to lose a secret unless told', async () => {
  const google = (options: string) =>
    workspaceOf({
      'tenant.yaml': `connections: [{ name: login, strategy: google-oauth2, options: ${options} }]\n`,
    })
  await deployChanges(await google('{ client_id: a, client_secret: b, scope: [email] }'))
  const less = await google('{ client_id: a }')
  const plan = await planDeploy(less)
  expect(plan.changes).toMatchObject([
    { fields: ['options', 'without options.client_secret', 'without options.scope'] },
  ])
  await expect(deployChanges({ ...less, agreed: plan })).rejects.toMatchObject({
    code: 'ERR_DEPLOY',
    message: 'connections "login" would be left without options.client_secret',
  })
  expect(ofFirst(target.tenant.state.connections, 'login')!.options).toMatchObject({ client_secret: 'b' })
  await deployChanges({ ...less, agreed: plan, allowLoss: true })
  expect(ofFirst(target.tenant.state.connections, 'login')!.options).toEqual({ client_id: 'a' })
})

it('leaves out what the deploy CLI is told to leave out', async () => {
  const options = await workspaceOf({
    'tenant.yaml': 'clients: [{ name: Out, app_type: spa }]\nroles: [{ name: in, description: in }]\n',
  })
  const { changes } = await planDeploy({ ...options, config: { AUTH0_EXCLUDED: ['clients'] } })
  expect(changes.map(({ type }) => type)).toEqual(['roles'])
})
