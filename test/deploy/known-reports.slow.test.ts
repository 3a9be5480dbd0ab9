import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deployChanges, type Plan, planDeploy, pullTenant } from '../../lib/deploy/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { everything, type TestTenant, testTenant } from './setup.ts'

// What users of auth0-deploy-cli reported; the numbers are those of its issues.

type Files = Readonly<Record<string, string>>
const ACTION = 'exports.onExecutePostLogin = async () => {}\n'

async function planOf(target: TestTenant, files: Files, keywords: Readonly<Record<string, string>> = {}) {
  const workspace = await readWorkspace(await folderWith(files))
  const options = { ...target.access, workspace, keywords }
  return { options, plan: await planDeploy(options) }
}

async function deployed(target: TestTenant, files: Files, keywords?: Readonly<Record<string, string>>) {
  const { options, plan } = await planOf(target, files, keywords)
  await deployChanges({ ...options, agreed: plan })
  expect((await planDeploy(options)).changes).toEqual([])
  return options
}

const writes = ({ faults }: TestTenant) => faults.calls.filter(({ method }) => method !== 'GET')
const kinds = ({ changes }: Plan) => changes.map(({ type, name, change }) => `${change} ${type} ${name}`)

const oneAction = (code: string, more = '') => ({
  'tenant.yaml': `
actions: [{ name: one, code: ./actions/one.js, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }]${more} }]
triggers: { post-login: [{ action_name: one, display_name: one }] }
`,
  'actions/one.js': code,
})

describe('markers', () => {
  // 1153
  it('give their value as it is, also where it has signs of a replacement', async () => {
    const target = await testTenant()
    const value = "a$'b$&c$$d$`e"
    await deployed(
      target,
      {
        'tenant.yaml': `
roles: [{ name: reader, description: "x ##VALUE## y" }]
actions: [{ name: one, code: ./actions/one.js, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }], secrets: [{ name: KEY, value: '##VALUE##' }] }]
`,
        'actions/one.js': `${ACTION}// ##VALUE##\n`,
      },
      { VALUE: value },
    )
    const { roles, actions } = target.tenant.state
    expect([...roles.values()].map(({ description }) => description)).toEqual([`x ${value} y`])
    expect([...actions.values()][0]).toMatchObject({ code: `${ACTION}// ${value}\n` })
    expect([...actions.values()][0]!.secrets[0]).toMatchObject({ value })
  })

  // 415
  it.each(['"@@URLS@@"', '@@URLS@@'])('give a list to a file of the directory format: %s', async (marker) => {
    const target = await testTenant()
    const files = {
      'clients/App.json': `{ "name": "App", "app_type": "spa", "callbacks": ${marker} }`,
    }
    const urls = ['https://a.example', 'https://b.example']
    await deployed(target, files, { URLS: JSON.stringify(urls) })
    expect([...target.tenant.state.clients.values()].find(({ name }) => name === 'App')).toMatchObject({
      callbacks: urls,
    })
  })

  // 1319
  it('do not keep a change of the dashboard out of a pull', async () => {
    const target = await testTenant()
    const keywords = { APP: 'app-id-of-this-tenant' }
    const files = oneAction(`const app = '##APP##'\n${ACTION}`)
    const { workspace } = await deployed(target, files, keywords)
    const [action] = [...target.tenant.state.actions.values()]
    const changed = `const app = 'app-id-of-this-tenant'\nconst more = 1\n${ACTION}`
    action!.code = changed
    for (const version of action!.versions) version.code = changed
    const pulled = await pullTenant({ ...target.access, root: workspace.root })
    expect(JSON.stringify([...pulled.files])).toContain('const more = 1')
    expect(await readFile(join(workspace.root, 'actions/one.js'), 'utf8')).toContain('##APP##')
  })
})

describe('a plan', () => {
  // 1227
  it('writes nothing, whatever there is to change', async () => {
    const target = await testTenant()
    const before = everything(target)
    const { plan } = await planOf(target, { ...oneAction(ACTION) })
    expect(kinds(plan)).toEqual(['create actions one', 'create triggers post-login'])
    expect(writes(target)).toEqual([])
    expect(everything(target)).toBe(before)
  })

  // 364
  it('makes no version of an Action that is unchanged, and leaves alone a runtime that is not named', async () => {
    const target = await testTenant()
    await deployed(target, oneAction(ACTION, ', dependencies: [{ name: uuid, version: 9.0.0 }]'))
    const { plan } = await planOf(target, {
      ...oneAction(ACTION),
      'tenant.yaml': oneAction(ACTION)['tenant.yaml'].replace(' runtime: node22,', ''),
    })
    expect(plan.changes).toEqual([])
    expect([...target.tenant.state.actions.values()][0]!.versions).toHaveLength(1)
  })

  // 418
  it('takes a key of metadata away where it is null, without a switch for deletes, and leaves one that is not named', async () => {
    const target = await testTenant()
    const files = (metadata: string) => ({
      'tenant.yaml': `clients: [{ name: App, app_type: spa, client_metadata: ${metadata} }]`,
    })
    await deployed(target, files('{ a: "1", b: "2", c: "3" }'))
    const { plan } = await planOf(target, files('{ a: null, b: "2" }'))
    expect(plan.changes).toMatchObject([{ name: 'App', change: 'update', fields: ['client_metadata'] }])
    await deployed(target, files('{ a: null, b: "2" }'))
    expect([...target.tenant.state.clients.values()].find(({ name }) => name === 'App')).toMatchObject({
      client_metadata: { b: '2', c: '3' },
    })
  })

  // 1329
  it('finds each grant, in whatever order the file has them', async () => {
    const target = await testTenant()
    const grants = ['A', 'B'].flatMap((client_id) =>
      ['client', 'user'].map((subject_type) => ({
        client_id,
        audience: 'https://orders.example/',
        scope: ['read'],
        subject_type,
      })),
    )
    const files = (clientGrants: object[]) => ({
      'tenant.yaml': JSON.stringify({
        resourceServers: [
          { name: 'Orders', identifier: 'https://orders.example/', scopes: [{ value: 'read' }] },
        ],
        clients: ['A', 'B'].map((name) => ({ name, app_type: 'non_interactive' })),
        clientGrants,
      }),
    })
    await deployed(target, files(grants))
    expect((await planOf(target, files(grants.toReversed()))).plan.changes).toEqual([])
  })

  // 1237
  it('finds every grant that exists, on whatever page it is', async () => {
    const target = await testTenant()
    const names = Array.from({ length: 60 }, (_, index) => `Machine ${index}`)
    const files = {
      'tenant.yaml': JSON.stringify({
        resourceServers: [
          { name: 'Orders', identifier: 'https://orders.example/', scopes: [{ value: 'read' }] },
        ],
        clients: names.map((name) => ({ name, app_type: 'non_interactive' })),
        clientGrants: names.map((client_id) => ({
          client_id,
          audience: 'https://orders.example/',
          scope: ['read'],
        })),
      }),
    }
    await deployed(target, files)
    expect(target.tenant.state.clientGrants.size).toBeGreaterThanOrEqual(60)
  })
})

describe('a deploy', () => {
  // 1228
  it('takes back what it wrote when the tenant refuses something later', async () => {
    const target = await testTenant()
    const before = everything(target)
    const { options, plan } = await planOf(target, {
      'tenant.yaml': `
roles: [{ name: reader, description: reads }]
resourceServers: [{ name: Orders, identifier: https://orders.example/, scopes: [{ value: read }] }]
clients: [{ name: Machine, app_type: non_interactive }]
clientGrants: [{ client_id: Machine, audience: https://orders.example/, scope: [unknown] }]
`,
    })
    await expect(deployChanges({ ...options, agreed: plan })).rejects.toThrow(
      /clientGrants .*: 400 The scope "unknown" is not defined .* Undone:/,
    )
    expect(writes(target).length).toBeGreaterThan(4)
    expect(everything(target)).toBe(before)
  })

  // 395
  it('waits until an Action is built', async () => {
    const target = await testTenant()
    target.faults.builds = { one: 'pending' }
    const steps: string[] = []
    const { options, plan } = await planOf(target, oneAction(ACTION))
    await deployChanges({
      ...options,
      agreed: plan,
      onStep: ({ step }) => {
        steps.push(step)
        if (step === 'building')
          for (const action of target.tenant.state.actions.values()) action.status = 'built'
      },
    })
    expect(steps).toContain('building')
    expect([...target.tenant.state.actions.values()][0]!.versions).toHaveLength(1)
  })

  // 1353
  it('gives many organizations their connections, also when the tenant asks to wait', async () => {
    const target = await testTenant()
    let asked = 0
    target.faults.inject = ({ method, path }) =>
      method === 'POST' && path.endsWith('connections') && ++asked % 7 === 1
        ? { kind: 'status', status: 429, retryAfterSeconds: 0.01 }
        : undefined
    const names = Array.from({ length: 30 }, (_, index) => `org-${index}`)
    await deployed(target, {
      'tenant.yaml': JSON.stringify({
        connections: ['a', 'b'].map((name) => ({ name, strategy: 'oidc', options: {} })),
        organizations: names.map((name) => ({
          name,
          display_name: name,
          connections: ['a', 'b'].map((name) => ({ name, assign_membership_on_login: true })),
        })),
      }),
    })
    const { organizations } = target.tenant.state
    expect([...organizations.values()].map((one) => one.enabled_connections.length)).toEqual(
      names.map(() => 2),
    )
    expect(asked).toBeGreaterThan(60)
  })
})

// 689
it('writes none of a tenant’s secrets into the files of a pull', async () => {
  const target = await testTenant()
  const secret = 'gs-Zx81-not-for-git'
  await deployed(
    target,
    {
      'tenant.yaml': `
connections: [{ name: google-oauth2, strategy: google-oauth2, options: { client_id: google-id, client_secret: '##SECRET##' } }]
emailProvider: { name: smtp, enabled: true, default_from_address: a@acme.example, credentials: { smtp_host: mail, smtp_port: 25, smtp_user: u, smtp_pass: '##SECRET##' } }
`,
    },
    { SECRET: secret },
  )
  const pulled = await pullTenant({ ...target.access, root: await folderWith({}) })
  expect(pulled.files.size).toBeGreaterThan(0)
  expect(JSON.stringify([...pulled.files])).not.toContain(secret)
})

// 81
it('pulls names that are no file names, and has nothing to change then', async () => {
  const target = await testTenant()
  const name = 'AD / ADFS: "one"'
  await deployed(target, {
    'tenant.yaml': JSON.stringify({
      clients: [{ name, app_type: 'spa' }],
      databases: [{ name: 'people', options: { customScripts: { login: './login.js' } } }],
      actions: [
        {
          name,
          code: './actions/one.js',
          runtime: 'node22',
          deployed: true,
          supported_triggers: [{ id: 'post-login', version: 'v3' }],
        },
      ],
    }),
    'login.js': '// login\n',
    'actions/one.js': ACTION,
  })
  const { files, markers } = await pullTenant({ ...target.access, root: await folderWith({}) })
  expect([...files.keys()].filter((file) => /[:"]|\/ /.test(file))).toEqual([])
  const values = Object.fromEntries(markers.map((marker) => [marker, 'x']))
  const { plan } = await planOf(target, Object.fromEntries(files), values)
  expect(kinds(plan).filter((kind) => /actions|clients|databases/.test(kind))).toEqual([])
})
