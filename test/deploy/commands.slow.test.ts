import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { Hono } from 'hono'
import { beforeEach, expect, it } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { pullCommand } from '../../lib/cli/commands/pull.ts'
import { rollbackCommand } from '../../lib/cli/commands/rollback.ts'
import { confirmed } from '../../lib/cli/confirmed.ts'
import { type ManagementCall, managementRoutes } from '../../lib/tenant/management/index.ts'
import deployRecord from '../../schemas/deploy-record.schema.json' with { type: 'json' }
import planOutput from '../../schemas/plan-output.schema.json' with { type: 'json' }
import { called } from '../helpers/called.ts'
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { running, type TestTenant, testTenant } from './setup.ts'

const MAIN = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url))
const TENANT = `
actions:
  - name: greet
    code: ./dist/actions/greet.js
    runtime: node22
    deployed: true
    supported_triggers: [{ id: post-login, version: v3 }]
    secrets: [{ name: KEY, value: '##KEY##' }]
triggers:
  post-login: [{ action_name: greet, display_name: greet }]
`
const action = (text: string) =>
  `exports.onExecutePostLogin = async (event, api) => {
  api.accessToken.setCustomClaim('https://acme.example/${text}', event.secrets.KEY)
}
`

let cwd: string
let target: TestTenant
let env: Record<string, string>
let local: Record<string, string | boolean>

beforeEach(async () => {
  cwd = await folderWith({
    'tenant.yaml': TENANT,
    'tenant.local.yaml':
      'users: [{ email: ada@acme.example, password: local-ada }]\nkeywords: { KEY: the-local-value }\n',
    'actions/greet.js': action('one'),
  })
  target = await testTenant()
  const { url, certificate, client } = await target.tenant.management()
  await writeFile(join(cwd, 'local.pem'), certificate)
  env = { AUTH0_CLIENT_ID: client.client_id, AUTH0_CLIENT_SECRET: client.client_secret }
  local = {
    tenant: 'local',
    url,
    certificate: 'local.pem',
    'skip-prove': true,
  }
})

async function run(command: Command, values: Record<string, string | boolean | string[]>) {
  const terminal = recordedTerminal({ cwd, env })
  const code = await command.run(terminal, values, [])
  return { code, out: terminal.stdout(), err: terminal.stderr() }
}

it('plans, deploys, finds nothing more to do, and rolls back', async () => {
  expect(await run(planCommand, local)).toEqual({
    code: 0,
    out:
      'create  actions "greet"\ncreate  triggers "post-login": bindings\n' +
      'claim added in access_token: "https://acme.example/one", written by greet\n',
    err: '',
  })
  expect((await run(planCommand, { ...local, markdown: true })).out).toBe(
    [
      `### Plan for \`${target.access.domain}\``,
      '',
      '| | Type | Name | What differs |',
      '| --- | --- | --- | --- |',
      '| create | actions | `greet` |  |',
      '| create | triggers | `post-login` | `bindings` |',
      '',
      '| Claim | | Token | Written by |',
      '| --- | --- | --- | --- |',
      '| `https://acme.example/one` | added | access_token | greet |',
      '',
    ].join('\n'),
  )
  const first = await run(deployCommand, local)
  expect(first.out).toMatch(/^deployed "greet" version 1, code [0-9a-f]{12}\npost-login runs greet$/m)
  expect(first.err).toContain('this is deploy 1: claims rollback undoes it\n')
  expect(running(target)).toContain('the-local-value')
  expect(await run(planCommand, local)).toEqual({ code: 0, out: 'nothing to change\n', err: '' })

  await writeFile(join(cwd, 'actions/greet.js'), action('two'))
  expect((await run(planCommand, local)).out).toBe(
    'update  actions "greet": code\n' +
      'claim removed in access_token: "https://acme.example/one", was written by greet\n' +
      'claim added in access_token: "https://acme.example/two", written by greet\n',
  )
  await run(deployCommand, local)
  expect(running(target)).toContain('acme.example/two')

  expect((await run(rollbackCommand, local)).out).toBe(
    '"greet" runs the code of version 1 again\ndeploy 2 is undone\n',
  )
  expect(running(target)).toContain('acme.example/one')
  expect((await run(rollbackCommand, { ...local, to: '0' })).out).toContain('"greet" is deleted again')
  expect(running(target)).toBe('order ')
})

it('says what a rollback leaves, and ends with 1', async () => {
  await writeFile(
    join(cwd, 'tenant.yaml'),
    'clients:\n  - { name: Shop, app_type: spa, callbacks: [http://localhost/a] }\n',
  )
  await run(deployCommand, local)
  const shop = [...target.tenant.state.clients.values()].find(({ name }) => name === 'Shop')!
  shop['client_metadata'] = { theirs: 'x' }
  const left = 'clients "Shop" stays: somebody else has added to it: "client_metadata"\n'
  expect(await run(rollbackCommand, local)).toMatchObject({
    code: 1,
    out: `${left}nothing was undone: deploy 1 stays, for what is named above\n`,
  })
  await writeFile(
    join(cwd, 'tenant.yaml'),
    'clients:\n  - { name: Shop, app_type: spa, callbacks: [http://localhost/b] }\n  - { name: Till, app_type: spa, callbacks: [http://localhost/a] }\n',
  )
  await run(deployCommand, local)
  expect(await run(rollbackCommand, { ...local, to: '0' })).toMatchObject({
    code: 1,
    out: `clients "Till" is deleted again\n${left}deploys 1, 2 are undone, but for what is named above\n`,
  })
  expect(await run(rollbackCommand, { ...local, to: '0', overwrite: true })).toMatchObject({
    code: 0,
    out: 'clients "Shop" is deleted again\ndeploys 1, 2, 3 are undone\n',
  })
})

it('notices an edit in the dashboard since the last deploy, and overwrites it only when told', async () => {
  await run(deployCommand, local)
  const [greet] = [...target.tenant.state.actions.values()]
  const path = `/api/v2/actions/actions/${greet!.id}`
  const app = new Hono().route(
    '/api/v2',
    managementRoutes({
      ...target.tenant.context,
      faults: {},
      managementScopes: async () => new Set(['update:actions', 'create:actions']),
    }),
  )
  await app.request(path, { method: 'PATCH', body: JSON.stringify({ code: '// by hand' }) })
  await app.request(`${path}/deploy`, { method: 'POST' })

  expect((await run(planCommand, local)).out).toMatch(
    /^since the last deploy: the code of "greet" was changed$/m,
  )
  await expect(run(deployCommand, local)).rejects.toMatchObject({
    code: 'ERR_DEPLOY',
    message: expect.stringContaining('the code of "greet" was changed'),
  })
  expect(running(target)).toContain('// by hand')
  await run(deployCommand, { ...local, overwrite: true })
  expect(running(target)).toContain('acme.example/one')
})

it('shows the plan of a workspace with errors, refuses it, and sends nothing', async () => {
  await writeFile(
    join(cwd, 'actions/greet.js'),
    "exports.onExecutePostLogin = async (event, api) => api.idToken.setCustomClaim('aud', event.secrets.KEY)\n",
  )
  const isPlan = new Ajv2020({ validateFormats: false }).compile(planOutput)
  for (const command of [planCommand, deployCommand]) {
    const { code, out, err } = await run(command, { ...local, json: true })
    expect(code).toBe(1)
    const document = JSON.parse(out)
    expect(document).toMatchObject({
      command: command.name,
      outcome: 'refused',
      changes: [
        { type: 'actions', name: 'greet', change: 'create' },
        { type: 'triggers', name: 'post-login', change: 'create' },
      ],
      findings: [{ claim: 'aud', line: 1 }],
    })
    if (command === planCommand) expect(isPlan(document), JSON.stringify(isPlan.errors)).toBe(true)
    expect(err).toContain('actions/greet.js:1:')
    const text = await run(command, local)
    expect(text.code).toBe(1)
    expect(text.out).toMatch(/^create {2}actions "greet"\ncreate {2}triggers "post-login": bindings$/m)
    expect(text.err).toMatch(/^(a deploy would be refused|nothing was deployed): 1 error/m)
  }
  const markdown = await run(planCommand, { ...local, markdown: true })
  expect(markdown.code).toBe(1)
  expect(markdown.out).toMatch(
    /^\*\*A deploy would be refused.*\n\n[\s\S]*^\| create \| actions \| `greet`[\s\S]*^- error /m,
  )
  expect(target.faults.calls.filter(({ method }) => method !== 'GET')).toEqual([])
})

it('says whose code could not be planned, beside what else would change', async () => {
  await run(deployCommand, local)
  await writeFile(join(cwd, 'actions/greet.js'), "import { gone } from './gone'\nexport { gone }\n")
  const more = '\nresourceServers: [{ name: Orders, identifier: https://orders.example/ }]\n'
  await writeFile(join(cwd, 'tenant.yaml'), `${TENANT}${more}`)
  const { code, out, err } = await run(planCommand, local)
  expect([code, out]).toEqual([
    1,
    'create  resourceServers "https://orders.example/"\nthe code of "greet" could not be planned: it cannot be bundled\n',
  ])
  expect(err).toContain('bundle/unresolved')
  expect(JSON.parse((await run(planCommand, { ...local, json: true })).out)).toMatchObject({
    outcome: 'refused',
    unplanned: ['greet'],
    changes: [{ type: 'resourceServers' }],
  })
  expect(await run(deployCommand, local)).toMatchObject({ code: 1, out })
  expect(running(target)).toContain('acme.example/one')
})

it('gives the findings of a workspace of which there can be no plan', async () => {
  await writeFile(join(cwd, 'actions/greet.js'), 'exports.onExecutePostLogin = (event, api) => {\n')
  await writeFile(join(cwd, 'tenant.local.yaml'), 'users: [{ email: a@acme.example, password: x }]\n')
  const { code, out, err } = await run(planCommand, { ...local, json: true })
  expect(code).toBe(1)
  expect(JSON.parse(out)).toMatchObject({ outcome: 'refused', findings: [{ rule: 'bundle/syntax' }] })
  expect(err).toContain('note: there is no plan: "##KEY##" has no value')
  expect((await run(deployCommand, local)).err).toMatch(/^nothing was deployed: 1 error/m)
})

it.each([
  [planCommand, '--json', '"outcome":"refused"'],
  [planCommand, '--markdown', 'setRoles'],
  [deployCommand, '--json', '"outcome":"refused"'],
])(
  'gives the findings before it says that a tenant has no credentials: %#',
  async (command, format, shown) => {
    await writeFile(
      join(cwd, 'actions/greet.js'),
      'exports.onExecutePostLogin = async (_, api) => api.setRoles()\n',
    )
    const { code, out, err } = await called(cwd, command, ['--tenant', 'acme.eu.auth0.com', format])
    expect(code).toBe(2)
    expect(out).toContain(shown)
    expect(err).toContain('needs AUTH0_DOMAIN')
  },
)

const DRAFT = (more: string) =>
  `${TENANT.replace(
    '\ntriggers:',
    `
  - name: draft
    code: ./dist/actions/draft.js
    runtime: node22
    supported_triggers: [{ id: post-login, version: v3 }]${more}
triggers:`,
  )}clients: [{ name: Web, app_type: spa }]\n`

it.each([
  ['a draft that nothing binds', DRAFT('\n    deployed: false')],
  ['a deployed Action that nothing binds', DRAFT('\n    deployed: true')],
])('deploys what Auth0 takes with a note: %s, and a client without callbacks', async (_what, tenant) => {
  await writeFile(join(cwd, 'tenant.yaml'), tenant)
  const wrong = "exports.onExecutePostLogin = async (event, api) => api.idToken.setCustomClaim('aud', 'a')\n"
  await writeFile(join(cwd, 'actions/draft.js'), wrong)
  expect(await run(planCommand, { ...local, json: true })).toMatchObject({ code: 0 })
  const { code, err } = await run(deployCommand, local)
  expect([code, err]).toEqual([0, expect.stringContaining('2 of the errors do not stop a deploy')])
  expect(err).toMatch(/tenant\/no-callback[\s\S]*this is deploy 1/)
  expect(running(target)).toContain('draft=')

  // The same code where a login meets it.
  await writeFile(join(cwd, 'actions/greet.js'), wrong)
  expect(await run(deployCommand, local)).toMatchObject({
    code: 1,
    err: expect.stringContaining('nothing was deployed'),
  })
})

it('refuses Actions that some login breaks, unless told not to look', async () => {
  await writeFile(
    join(cwd, 'actions/greet.js'),
    action('one').replace('event.secrets.KEY', 'event.user.app_metadata.plan.name'),
  )
  const { code, out, err } = await run(deployCommand, { ...local, 'skip-prove': false, json: true })
  expect(code).toBe(1)
  const { outcome, counterexamples } = JSON.parse(out) as {
    outcome: string
    counterexamples: { property: string }[]
  }
  expect(outcome).toBe('refused')
  expect(counterexamples.map(({ property }) => property)).toContain('no-throw')
  expect(err).toMatch(/^nothing was deployed: \d propert/m)
  expect(target.faults.calls.filter(({ method }) => method !== 'GET')).toEqual([])
  expect((await run(deployCommand, local)).err).toMatch(
    /^actions "greet" uploaded, new\nactions "greet" deployed\ntriggers "post-login" uploaded$/m,
  )
})

it('ends at Ctrl-C and brings back what was written', async () => {
  await run(deployCommand, local)
  await writeFile(join(cwd, 'actions/greet.js'), action('two'))
  const before = running(target)
  const terminal = recordedTerminal({ cwd, env })
  Object.assign(target.faults, {
    inject: ({ method, path }: ManagementCall) => {
      if (method === 'PATCH' && path.startsWith('/actions/actions/')) terminal.stop()
    },
  })
  await expect(deployCommand.run(terminal, local, [])).rejects.toMatchObject({
    code: 'ERR_DEPLOY',
    message: expect.stringContaining('ended on request'),
  })
  expect(running(target)).toBe(before)
  expect([...target.tenant.state.actions.values()][0]!.code).toContain('/one')
})

it('rolls back over nobody’s edit', async () => {
  await run(deployCommand, local)
  const [greet] = [...target.tenant.state.actions.values()]
  greet!.versions.at(-1)!.code = '// by hand'
  await expect(run(rollbackCommand, local)).rejects.toMatchObject({
    code: 'ERR_DEPLOY',
    message: expect.stringContaining('the code of "greet" was changed'),
  })
  expect(running(target)).toContain('// by hand')
  expect((await run(rollbackCommand, { ...local, overwrite: true })).out).toContain('deploy 1 is undone')
})

it('writes to a real tenant only after the plan was shown and --yes or a person said so', async () => {
  // The local tenant, as a real one: named by a file, and trusted because the system does.
  await writeFile(
    join(cwd, '.env.staging'),
    `AUTH0_DOMAIN=${target.access.domain}\nAUTH0_CLIENT_ID=${env['AUTH0_CLIENT_ID']}\nAUTH0_CLIENT_SECRET=${env['AUTH0_CLIENT_SECRET']}\nKEY=the-real-value\n`,
  )
  const claims = (...flags: string[]) =>
    promisify(execFile)(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), MAIN, 'deploy', '--env', 'staging', '--skip-prove', ...flags],
      { cwd, env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: join(cwd, 'local.pem') } },
    )
  const refused = await claims().catch((error) => error)
  expect(refused).toMatchObject({ code: 2, stdout: '' })
  expect(refused.stderr).toMatch(
    /^create {2}actions "greet"\n[\s\S]*is a real tenant, and --yes is not given/,
  )
  expect(target.faults.calls.every(({ method }) => method === 'GET')).toBe(true)
  const { stdout, stderr } = await claims('--yes')
  expect(stdout).toContain('deployed "greet" version 1')
  expect(running(target)).toContain('the-real-value')
  expect(stdout + stderr).not.toContain('the-real-value')

  for (const [answer, goesOn] of [
    ['yes', true],
    ['y', false],
    ['', false],
  ] as const) {
    const terminal = recordedTerminal({ answer })
    const asked = confirmed(terminal, {}, 'acme.eu.auth0.com', ['create actions "greet"'])
    if (goesOn) await asked
    else await expect(asked).rejects.toMatchObject({ code: 'ERR_USAGE' })
    expect(terminal.stderr()).toBe('create actions "greet"\nWrite to acme.eu.auth0.com? Type yes: ')
  }
})

it('says in a plan what changed contracts do to an API, against a folder or the commit of the last deploy', async () => {
  const contract = (...required: string[]) =>
    JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'OrdersAccessToken',
      'x-auth0': { token: 'access_token', audience: 'https://orders.acme.example/' },
      type: 'object',
      properties: { 'https://acme.example/one': { type: 'string', maxLength: 40 } },
      required,
    })
  const file = join(cwd, 'schemas/claims/orders.json')
  await mkdir(join(cwd, 'schemas/claims'), { recursive: true })
  await writeFile(file, contract('https://acme.example/one'))
  const git = (...args: string[]) =>
    promisify(execFile)('git', ['-c', 'user.name=a', '-c', 'user.email=a@acme.example', ...args], { cwd })
  await git('init', '-q')
  await git('add', 'schemas')
  await git('commit', '-qm', 'contract')
  await run(deployCommand, local)
  const { commit } = JSON.parse(await readFile(join(cwd, '.auth0-claims/deploys/1.json'), 'utf8'))
  expect(commit).toEqual({ id: (await git('rev-parse', 'HEAD')).stdout.trim(), dirty: true })

  await writeFile(file, contract())
  const { out } = await run(planCommand, local)
  expect(out).toMatch(/^nothing to change\nschemas\/claims\/orders.json:\d+:\d+ error breaking\//)
  expect((await run(planCommand, { ...local, markdown: true })).out).toMatch(
    /^- breaking contract change, `/m,
  )
  await expect(run(planCommand, { ...local, against: 'nowhere' })).rejects.toMatchObject({
    code: 'ERR_USAGE',
  })
})

it('lets no write out of a plan, whatever the flags', async () => {
  const all = { yes: true, all: true, overwrite: true, fingerprints: true, delete: ['actions:greet'] }
  for (const form of [{}, { json: true }, { markdown: true }])
    await run(planCommand, { ...local, ...all, ...form })
  target.faults.inject = () => ({ kind: 'status', status: 500 })
  await expect(run(planCommand, local)).rejects.toMatchObject({ code: 'ERR_DEPLOY' })
  expect(target.faults.calls.length).toBeGreaterThan(4)
  expect(target.faults.calls.filter(({ method }) => method !== 'GET')).toEqual([])
})

it('sees a new value of a secret once it may keep fingerprints, and keeps no value', async () => {
  await run(deployCommand, { ...local, fingerprints: true })
  const file = join(cwd, '.auth0-claims/secrets.json')
  expect(await readFile(file, 'utf8')).not.toContain('the-local-value')
  expect((await stat(file)).mode & 0o077).toBe(0)
  expect((await run(planCommand, local)).out).toBe('nothing to change\n')
  await writeFile(
    join(cwd, 'tenant.local.yaml'),
    (await readFile(join(cwd, 'tenant.local.yaml'), 'utf8')).replace('the-local-value', 'a-new-value'),
  )
  expect((await run(planCommand, local)).out).toBe('update  actions "greet": value of KEY\n')
  await run(deployCommand, local)
  expect(running(target)).toContain('a-new-value')
  expect((await run(planCommand, local)).out).toBe('nothing to change\n')
})

it('deletes only what is named, and nothing that tenant.yaml has', async () => {
  await run(deployCommand, local)
  const { state } = target.tenant
  const [greet] = [...state.actions.values()]
  for (const name of ['legacy', 'other'])
    state.actions.set(name, { ...structuredClone(greet!), id: name, name })
  const code = 'ERR_USAGE'
  const remove = (name: string) => run(deployCommand, { ...local, delete: [name] })
  await expect(remove('actions:greet')).rejects.toMatchObject({
    code,
    message: expect.stringContaining('is in tenant.yaml'),
  })
  await expect(remove('actions:nothing')).rejects.toMatchObject({
    code,
    message: expect.stringContaining('has no "nothing" of actions'),
  })
  await expect(remove('legacy')).rejects.toMatchObject({
    code,
    message: expect.stringContaining('does not say what to delete'),
  })
  expect((await remove('actions:legacy')).out).toBe(
    'nothing to change\nleft alone, not in tenant.yaml: legacy, other\ndelete  actions "legacy"\n',
  )
  expect([...state.actions.values()].map(({ name }) => name)).toEqual(['greet', 'other'])
  // What it did itself is no change by somebody else.
  expect((await run(planCommand, local)).out).toBe(
    'nothing to change\nleft alone, not in tenant.yaml: other\n',
  )
})

it('prints and records documents that their schemas describe, without the value of a secret', async () => {
  const ajv = new Ajv2020({ allErrors: true, validateFormats: false })
  const plan = await run(planCommand, { ...local, json: true })
  const isPlan = ajv.compile(planOutput)
  expect(isPlan(JSON.parse(plan.out)), JSON.stringify(isPlan.errors)).toBe(true)
  expect(isPlan({ ...JSON.parse(plan.out), changes: [{ type: 'actions' }] })).toBe(false)

  const deployed = await run(deployCommand, { ...local, json: true })
  expect(JSON.parse(deployed.out)).toMatchObject({
    version: 1,
    command: 'deploy',
    outcome: 'deployed',
    rehearsal: false,
  })
  const record = await readFile(join(cwd, '.auth0-claims/deploys/1.json'), 'utf8')
  const isRecord = ajv.compile(deployRecord)
  expect(isRecord(JSON.parse(record)), JSON.stringify(isRecord.errors)).toBe(true)
  for (const text of [plan.out, deployed.out, deployed.err, record])
    expect(text).not.toContain('the-local-value')
  expect(await readFile(join(cwd, '.auth0-claims/.gitignore'), 'utf8')).toBe('*\n')
})

it('shows markers where the tenant has values: in plans, progress, records, errors and what is undone', async () => {
  const value = 'hunter2/hunter2'
  await writeFile(
    join(cwd, 'tenant.yaml'),
    `${TENANT}
clients:
  - { name: 'App ##NAME##', app_type: non_interactive, description: 'of ##NAME## in ##SHORT##' }
resourceServers:
  - { name: '##SHORT##', identifier: 'https://##SHORT##.example/##NAME##/' }
roles:
  - { name: 'role of ##NAME##', description: '##NAME##' }
`,
  )
  await writeFile(
    join(cwd, 'tenant.local.yaml'),
    `users: [{ email: ada@acme.example, password: local-ada }]\nkeywords: { KEY: the-local-value, NAME: ${value}, SHORT: qx }\n`,
  )
  await writeFile(
    join(cwd, 'actions/greet.js'),
    "exports.onExecutePostLogin = async (event, api) => {\n  api.accessToken.setCustomClaim('https://acme.example/##NAME##', 1)\n}\n",
  )
  const shown: string[] = []
  const all = async (command: Command, more: Record<string, string | boolean> = {}) => {
    const { out, err } = await run(command, { ...local, ...more }).catch((error: unknown) => {
      const { message, stack, hint } = error as { message: string; stack: string; hint: string }
      return { out: '', err: [message, stack, hint].join() }
    })
    shown.push(out, err)
    return out + err
  }
  const plan = await all(planCommand)
  expect(plan).toContain('create  clients "App ##NAME##"\n')
  expect(plan).toContain('create  resourceServers "https://##SHORT##.example/##NAME##/"\n')
  expect(plan).toContain('claim added in access_token: "https://acme.example/##NAME##", written by greet\n')
  expect(JSON.parse((await all(planCommand, { json: true })).split('\n')[0]!).changes).toContainEqual({
    type: 'roles',
    name: 'role of ##NAME##',
    change: 'create',
    fields: [],
  })
  expect(await all(planCommand, { markdown: true })).toContain('| create | clients | `App ##NAME##` |')

  target.faults.inject = ({ path, method }) =>
    method === 'POST' && path.includes('/roles') ? { kind: 'status', status: 409 } : undefined
  expect(await all(deployCommand)).toContain('clients "App ##NAME##" is deleted again')
  delete target.faults.inject
  expect(await all(deployCommand, { json: true })).toContain('clients "App ##NAME##" uploaded, new')
  expect(await all(planCommand)).toContain('nothing to change\n')
  const { state } = target.tenant
  expect([...state.clients.values()].map(({ name }) => name)).toContain(`App ${value}`)
  expect([...state.actions.values()][0]!.code).toContain(`https://acme.example/${value}`)
  // What another sees in the tenant is shown no other way.
  const app = [...state.clients.values()].find(({ name }) => name === `App ${value}`)!
  app['description'] = 'by hand'
  expect(await all(planCommand)).toContain('update  clients "App ##NAME##": description')
  const kept = async () => {
    const folder = join(cwd, '.auth0-claims/deploys')
    for (const name of await readdir(folder)) shown.push(await readFile(join(folder, name), 'utf8'))
  }
  await kept()
  await all(rollbackCommand)
  await kept()
  for (const text of shown) expect(text).not.toMatch(/hunter2|hunter2%2F|qx/)
})

it('pulls a tenant into an empty folder, from where it deploys as the same thing', async () => {
  await run(deployCommand, local)
  const code = [...target.tenant.state.actions.values()][0]!.code
  const before = cwd
  cwd = await folderWith({ 'local.pem': (await target.tenant.management()).certificate })
  expect(await run(pullCommand, local)).toEqual({
    code: 0,
    out: 'wrote actions/greet.js\nwrote tenant.yaml\nwrote tenant.local.yaml\n',
    err:
      'note: give values to KEY: Auth0 does not show secrets, and what may be one is not written\n' +
      'note: code and pages come as they are; claims check warns of secrets that stand in code\n',
  })
  expect(await readFile(join(cwd, 'actions/greet.js'), 'utf8')).toBe(code)
  await writeFile(join(cwd, 'tenant.local.yaml'), await readFile(join(before, 'tenant.local.yaml'), 'utf8'))
  expect((await run(planCommand, local)).out).not.toContain('triggers')

  await writeFile(join(cwd, 'actions/greet.js'), '// mine')
  await expect(run(pullCommand, local)).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: 'these files are there and differ: actions/greet.js',
  })
  expect(await readFile(join(cwd, 'actions/greet.js'), 'utf8')).toBe('// mine')
  expect((await run(pullCommand, { ...local, overwrite: true })).out).toBe('wrote actions/greet.js\n')
  await expect(run(pullCommand, { tenant: 'local' })).rejects.toMatchObject({ message: 'no tenant is named' })
})

it('stays local when AUTH0_DOMAIN names a real tenant and no flag does', async () => {
  env = { AUTH0_DOMAIN: 'acme.eu.auth0.com', AUTH0_ACCESS_TOKEN: 'stray' }
  const { code, err } = await run(planCommand, { tenant: 'local' })
  expect(code).toBe(0)
  expect(err).toBe('note: compared with a new, empty local tenant\n')
})

it.each([
  ['a real tenant as --url', { url: 'https://acme.eu.auth0.com' }, '"acme.eu.auth0.com" is not'],
  ['--env together with --url', { url: 'https://localhost:1', env: 'staging' }, 'name a real tenant'],
  ['--tenant without AUTH0_DOMAIN', { tenant: 'acme.eu.auth0.com' }, 'needs AUTH0_DOMAIN'],
])('refuses %s', async (_, values, message) => {
  await writeFile(join(cwd, '.env.staging'), 'AUTH0_DOMAIN=acme.eu.auth0.com\n')
  await expect(run(deployCommand, { tenant: 'local', ...values })).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringContaining(message),
  })
})

it('reads .env for a real tenant, and no file of secrets that git would commit', async () => {
  const { domain } = target.access
  await writeFile(join(cwd, '.env'), `AUTH0_DOMAIN=${domain}\nAUTH0_ACCESS_TOKEN=token\nKEY=real\n`)
  env = {}
  // It comes as far as the certificate, which the system does not trust.
  const trusted = { code: 'ERR_ENVIRONMENT', message: expect.stringContaining('certificate is not trusted') }
  await expect(run(planCommand, { tenant: domain })).rejects.toMatchObject(trusted)
  await promisify(execFile)('git', ['init', '-q'], { cwd })
  const open = { code: 'ERR_INPUT', message: '".env" holds secrets, and git does not ignore it' }
  await expect(run(planCommand, { tenant: domain })).rejects.toMatchObject(open)
  await writeFile(join(cwd, '.gitignore'), '.env\n')
  await expect(run(planCommand, { tenant: domain })).rejects.toMatchObject(trusted)
})

it('takes domain, credentials and markers of --env from its file and the environment, and no certificate of ours', async () => {
  // The local tenant stands in for a real one: its name is not that of a local run.
  const { domain } = target.access
  await writeFile(
    join(cwd, '.env.staging'),
    `AUTH0_DOMAIN=${domain}\nAUTH0_CLIENT_ID=${env['AUTH0_CLIENT_ID']}\nAUTH0_CLIENT_SECRET=${env['AUTH0_CLIENT_SECRET']}\n`,
  )
  env = {}
  await expect(run(planCommand, { tenant: 'local', env: 'staging' })).rejects.toMatchObject({
    code: 'ERR_INPUT',
    message: '"##KEY##" has no value',
  })
  env = { KEY: 'real-value', AUTH0_CLIENT_SECRET: 'of-the-tools' }
  await expect(run(planCommand, { tenant: 'local', env: 'staging' })).rejects.toMatchObject({
    message: '"##KEY##" has no value',
    hint: expect.stringContaining('claims.config.json: { "markers": ["KEY"] }'),
    file: 'tenant.yaml',
    line: 8,
  })
  await writeFile(join(cwd, 'claims.config.json'), '{ "markers": ["KEY", "AUTH0_CLIENT_SECRET"] }')
  await writeFile(join(cwd, 'tenant.yaml'), TENANT.replace('##KEY##', '##AUTH0_CLIENT_SECRET##'))
  await expect(run(planCommand, { tenant: 'local', env: 'staging' })).rejects.toMatchObject({
    message: '"##AUTH0_CLIENT_SECRET##" has no value',
    hint: expect.stringContaining('which no marker takes'),
  })
  await writeFile(join(cwd, 'tenant.yaml'), TENANT)
  // No certificate can be given for a real tenant: it is trusted as the system trusts it.
  await expect(run(deployCommand, { tenant: 'local', env: 'staging' })).rejects.toMatchObject({
    code: 'ERR_ENVIRONMENT',
    message: expect.stringContaining('certificate is not trusted'),
  })
  expect(target.faults.calls).toEqual([])
})

it('takes no credentials for --env from the environment, where a token of another tenant may be', async () => {
  const { domain } = target.access
  const stray: Record<string, string> = {
    AUTH0_DOMAIN: 'other.eu.auth0.com',
    AUTH0_ACCESS_TOKEN: 'stray',
    ...env,
  }
  await writeFile(join(cwd, '.env.staging'), `AUTH0_DOMAIN=${domain}\nKEY=real\n`)
  env = stray
  await expect(run(planCommand, { tenant: 'local', env: 'staging' })).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: '".env.staging" does not say which tenant it is, and with which credentials',
  })
  await writeFile(
    join(cwd, '.env.staging'),
    `AUTH0_CLIENT_ID=${stray['AUTH0_CLIENT_ID']}\nAUTH0_CLIENT_SECRET=${stray['AUTH0_CLIENT_SECRET']}\nKEY=real\n`,
  )
  await expect(run(planCommand, { tenant: 'local', env: 'staging' })).rejects.toMatchObject({
    code: 'ERR_USAGE',
  })
  expect(target.faults.calls).toEqual([])
})
