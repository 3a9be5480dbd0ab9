import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { COMMANDS } from '../../../lib/cli/command-table.ts'
import { initCommand } from '../../../lib/cli/commands/init.ts'
import { run } from '../../../lib/cli/run.ts'
import { PINNED } from '../../../lib/init/project-files.ts'
import { startTenant, type Tenant } from '../../../lib/tenant/index.ts'
import { called } from '../../helpers/called.ts'
import { type KeptFolder, keptExampleWorkspace } from '../../helpers/example-workspace.ts'
import { folderWith } from '../../helpers/folder.ts'
import { listing } from '../../helpers/listing.ts'
import { outputOf } from '../../helpers/output-schema.ts'
import { recordedTerminal } from '../../helpers/terminal.ts'

const REPOSITORY = join(import.meta.dirname, '../../..')
const ROLES = `exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim('https://acme.example/roles', event.authorization?.roles ?? [])
}
`
const LOGIN = (body: string) => `exports.onExecutePostLogin = async (event, api) => {\n${body}\n}\n`

async function init(folder: string, ...args: string[]) {
  return called(folder, initCommand, ['--yes', ...args])
}

async function claims(cwd: string, ...args: string[]) {
  const terminal = recordedTerminal({ cwd })
  terminal.stop()
  const code = await run(COMMANDS, args, terminal, async () => '')
  return { code, out: terminal.stdout(), err: terminal.stderr() }
}

async function text(folder: string, file: string) {
  return readFile(join(folder, file), 'utf8')
}

async function yaml(folder: string, file: string) {
  return parse(await text(folder, file))
}

describe('claims init', () => {
  test('makes a workspace of pasted Actions in which the other commands are content', async () => {
    const folder = await folderWith({})
    await cp(join(REPOSITORY, 'scripts/walk/actions'), folder, { recursive: true })
    const { code, out, err } = await init(folder)
    expect(code, err).toBe(0)
    expect(out).toMatch(/^found 6 Actions, 8 claims, 1 secret, 0 packages\n/)
    expect(out).toContain('  machine  machine.js  credentials-exchange  https://acme.example/client\n')
    expect(out).toMatch(/claims check: 0 errors, \d+ warnings\n\nNext:\n(?: {2}\S.*\n){3}$/)
    for (const line of [
      ['check'],
      ['types', '--check'],
      ['plan'],
      ['tenant', '--port', '0'],
      ['prove', '--runs', '50'],
    ]) {
      const ended = await claims(folder, ...line)
      expect(ended, `${line.join(' ')}: ${ended.out}${ended.err}`).toMatchObject({ code: 0 })
    }
    const { keywords, users } = await yaml(folder, 'tenant.local.yaml')
    expect(keywords).toEqual({ PEPPER: 'local' })
    expect(users.map(({ roles }: { roles?: string[] }) => roles)).toEqual([['admin'], undefined, undefined])
    expect(JSON.parse(await text(folder, 'claims.config.json'))).toEqual({ markers: ['PEPPER'] })
  })

  test('infers contracts from what the Actions write, and says what is to be confirmed and where it is set', async () => {
    const folder = await folderWith({
      'a.js': LOGIN(`  const { plan = 'free' } = event.user.app_metadata
  api.accessToken.setCustomClaim('https://acme.example/email', event.user.email)
  api.accessToken.setCustomClaim('https://acme.example/tier', event.client.metadata.gold ? 'gold' : 'free')
  api.accessToken.setCustomClaim('https://acme.example/count', event.stats.logins_count)
  api.accessToken.setCustomClaim('https://acme.example/plan', plan)
  api.accessToken.setCustomClaim('https://acme.example/vip', plan === 'vip')
  api.accessToken.setCustomClaim('https://acme.example/flags', { beta: true })
  if (event.organization) api.accessToken.setCustomClaim('https://acme.example/org', event.organization.name)
  api.accessToken.setCustomClaim('roles', [])
  api.accessToken.setCustomClaim(event.client.name, 1)`),
    })
    const { code, err } = await init(folder)
    expect(code, err).toBe(0)
    const {
      properties,
      required,
      'x-auth0': facts,
    } = JSON.parse(await text(folder, 'schemas/claims/my-api.access-token.json'))
    expect(facts).toEqual({ token: 'access_token', audience: 'https://api.acme.example/' })
    const schemas = Object.fromEntries(
      Object.entries<{ description: string }>(properties).map(([name, { description, ...schema }]) => {
        expect(description).toMatch(/^Please confirm: set by a\.js:\d+\.$/)
        return [name.split('/').at(-1), schema]
      }),
    )
    expect(schemas).toEqual({
      email: { type: 'string' },
      tier: { enum: ['gold', 'free'] },
      count: { type: 'integer' },
      plan: {},
      vip: { type: 'boolean' },
      flags: { type: 'object', properties: { beta: { type: 'boolean' } } },
      org: { type: 'string' },
    })
    expect(required).toEqual(
      ['tier', 'count', 'plan', 'vip', 'flags'].map((name) => `https://acme.example/${name}`),
    )
    expect(err).toContain('note: "roles" (a.js:10) will not arrive, and no contract has it\n')
    expect(err).toContain('known at run time only: a.js:11\n')
    expect(await text(folder, 'schemas/claims/types.ts')).toContain(
      "'https://acme.example/tier': 'gold' | 'free'",
    )
  })

  test('copies Actions out of another folder, and leaves that alone', async () => {
    const from = await folderWith({ 'Add rôles.js': ROLES, 'sub folder/code.js': ROLES, 'notes.md': 'x' })
    const before = await listing(from)
    const folder = await folderWith({})
    const { code, out } = await init(folder, from)
    expect(code, out).toBe(0)
    expect(await listing(from)).toEqual(before)
    expect((await readdir(join(folder, 'actions'))).sort()).toEqual(['Add rôles.js', 'sub folder.js'].sort())
    expect((await claims(folder, 'check')).code).toBe(0)
  })

  test('what must be built has its source in actions/', async () => {
    const folder = await folderWith({
      'actions/typed.ts':
        'export async function onExecutePostLogin(event: any, api: any): Promise<void> {}\n',
      'actions/split.js': "const { a } = require('./helper')\nexports.onExecutePostLogin = async () => a()\n",
      'actions/helper.js': 'exports.a = () => {}\n',
    })
    expect((await init(folder)).code).toBe(0)
    const { actions } = await yaml(folder, 'tenant.yaml')
    expect(actions.map(({ code }: { code: string }) => code)).toEqual([
      './dist/actions/split.js',
      './dist/actions/typed.js',
    ])
    expect((await claims(folder, 'build')).code).toBe(0)
  })

  test('declares what the Actions load and read', async () => {
    const folder = await folderWith({
      'a.js': `const axios = require('axios')\nconst fs = require('node:fs')\n${LOGIN("  await axios.get(event.secrets['API-KEY'], { timeout: 1000, token: event.secrets.AUTH0_CLIENT_SECRET, fs })")}`,
    })
    const { code, out } = await init(folder)
    expect(code).toBe(0)
    expect(out).toContain('2 secrets, 1 package\n')
    const { actions } = await yaml(folder, 'tenant.yaml')
    expect(actions[0]).toMatchObject({
      dependencies: [{ name: 'axios', version: 'latest' }],
      secrets: [
        { name: 'API-KEY', value: '##API_KEY##' },
        { name: 'AUTH0_CLIENT_SECRET', value: '##ACTION_AUTH0_CLIENT_SECRET##' },
      ],
    })
    expect(JSON.parse(await text(folder, 'package.json')).dependencies).toEqual({ axios: 'latest' })
  })

  test('begins with an example where nothing is', async () => {
    const folder = await folderWith({})
    const { code, out, err } = await init(folder)
    expect(code, err).toBe(0)
    expect(err).toContain('note: no Action is in this folder: an example is written')
    expect(out).toContain('wrote actions/add-roles.js\n')
    expect((await claims(folder, 'check')).code).toBe(0)
    expect((await claims(folder, 'prove', '--runs', '30')).code).toBe(0)
  })

  test('adds what is missing to an export, and leaves each of its files as it is', async () => {
    const folder = await folderWith({
      'tenant.yaml': `actions:
  - { name: roles, code: ./actions/roles/code.js, deployed: true, supported_triggers: [{ id: post-login, version: v3 }], secrets: [{ name: KEY }] }
triggers: { post-login: [{ action_name: roles, display_name: roles }] }
clients:
  - { name: Shop, organization_usage: allow, callbacks: ['##SHOP_URL##/callback'], app_type: spa }
roles: [{ name: buyer }, { name: Käufer }]
organizations: [{ name: acme, display_name: Acme }]
resourceServers:
  - { name: Auth0 Management API, identifier: https://acme.eu.auth0.com/api/v2/, is_system: true }
  - { name: Orders, identifier: https://orders.acme.example/, scopes: [] }
`,
      'actions/roles/code.js': ROLES.replace('idToken', 'accessToken'),
      'config.json': JSON.stringify({ AUTH0_EXCLUDED: ['rules'], AUTH0_KEYWORD_REPLACE_MAPPINGS: {} }),
    })
    const before = await listing(folder)
    const { code, out, err } = await init(folder)
    expect(code, err).toBe(0)
    expect(await listing(folder)).toMatchObject(before)
    expect(out).not.toContain('kept')
    const local = await yaml(folder, 'tenant.local.yaml')
    expect(local).toMatchObject({
      keywords: { SHOP_URL: 'http://localhost:3000' },
      secrets: { roles: { KEY: 'local-only' } },
      organizations: [{ name: 'acme', members: [{}, {}, {}] }],
    })
    expect(local.users.map(({ email }: { email: string }) => email)).toEqual([
      'buyer@example.com',
      'kaufer@example.com',
      'member-of-acme@example.com',
      'newcomer@example.com',
    ])
    expect((await readdir(join(folder, 'schemas/claims'))).sort()).toEqual([
      'orders.access-token.json',
      'types.ts',
    ])
    expect((await claims(folder, 'tenant', '--port', '0')).code).toBe(0)
    expect((await claims(folder, 'simulate', '--org', 'acme')).code).toBe(0)
  })

  test('never overwrites, and the second time writes nothing', async () => {
    const folder = await folderWith({
      'a.js': ROLES,
      'package.json': '{ "name": "mine" }\n',
      '.gitignore': '/node_modules\n.env*\n',
      'schemas/claims/own.json': '{}',
      'test/claims.test.mjs': '// mine\n',
    })
    const before = await listing(folder)
    const first = await init(folder)
    expect(first.code).toBe(0)
    expect(first.out).toContain('kept  package.json\n')
    expect(first.out).toContain('kept  test/claims.test.mjs\n')
    expect(first.out).toContain('  npm install --save-dev auth0-claims\n')
    expect(first.err).toContain(
      'note: .gitignore is yours, and left as it is; add to it: dist/ .auth0-claims/ .env .env.*\n',
    )
    expect(first.out).not.toContain('my-api.access-token.json')
    expect(await listing(folder)).toMatchObject(before)
    const between = await listing(folder)
    const second = outputOf<{ outcome: string }>('init', (await init(folder, '--json')).out)
    expect(second).toMatchObject({ outcome: 'unchanged', written: [], from: 'export' })
    expect(await listing(folder)).toEqual(between)
  })

  test.each([
    ['{ "devDependencies": { "vitest": "4" } }', 'test/claims.test.mjs', 'npx vitest run', "from 'vitest'"],
    ['{ "devDependencies": { "jest": "30" } }', 'test/claims.test.js', 'npx jest', 'require('],
    ['{ "type": "module", "scripts": { "test": "jest" } }', 'test/claims.test.cjs', 'npx jest', 'require('],
    [
      '{ "scripts": { "test": "jest" }, "devDependencies": { "jest": "30", "vitest": "4" } }',
      'test/claims.test.js',
      'npx jest',
      'require(',
    ],
    ['{ "name": "without-a-script" }', 'test/claims.test.mjs', 'node --test', "from 'node:test'"],
    ['{ "name":', 'test/claims.test.mjs', 'node --test', "from 'node:test'"],
    ['[]', 'test/claims.test.mjs', 'node --test', "from 'node:test'"],
  ])(
    'writes a test that the project of %s can run, and its workflow runs that test',
    async (own, file, command, words) => {
      const folder = await folderWith({ 'a.js': ROLES, 'package.json': own })
      const { code, err } = await init(folder)
      expect(code, err).toBe(0)
      expect(await readdir(join(folder, 'test'))).toEqual([file.slice('test/'.length)])
      expect(await text(folder, file)).toContain(words)
      const { jobs } = await yaml(folder, '.github/workflows/claims.yml')
      const lines = jobs.check.steps.map((step: { run?: string }) => step.run)
      expect(lines).toContain(`${command} ${file}`)
      expect(lines).not.toContain('npm test')
    },
  )

  test('has no step for a test where no Action of a login is there to be tested', async () => {
    const folder = await folderWith({
      'm.js': 'exports.onExecuteCredentialsExchange = async (event, api) => {}\n',
      'package.json': '{}',
    })
    expect((await init(folder)).code).toBe(0)
    expect(await text(folder, '.github/workflows/claims.yml')).not.toMatch(/ test/)
  })

  test('says that a folder above is a workspace already', async () => {
    const folder = await folderWith({ 'a.js': ROLES })
    expect((await init(folder)).err).not.toContain('a folder above')
    const below = join(folder, 'below')
    await mkdir(below)
    expect((await init(below)).err).toContain('note: a folder above is a workspace already (..)')
    expect((await init(below)).err).not.toContain('a folder above')
  })

  test('prints one document', async () => {
    const folder = await folderWith({ 'a.js': ROLES, 'broken.js': 'exports.onExecutePostLogin = async (' })
    const document = outputOf('init', (await init(folder, '--json')).out)
    expect(document).toMatchObject({
      outcome: 'written',
      from: 'actions',
      found: {
        actions: [
          { name: 'a', file: 'a.js', triggers: ['post-login'], claims: ['https://acme.example/roles'] },
        ],
        skipped: [{ file: 'broken.js', reason: expect.stringMatching(/^it cannot be parsed: /) }],
      },
      next: ['npm install', 'npx claims check', 'npx claims simulate'],
    })
  })

  test('asks once, and writes nothing unless the answer is yes', async () => {
    const folder = await folderWith({ 'a.js': ROLES })
    for (const [answer, code] of [
      ['no', 2],
      ['', 2],
      ['yes', 0],
    ] as const) {
      const terminal = recordedTerminal({ cwd: folder, answer })
      expect(await run(COMMANDS, ['init'], terminal, async () => '')).toBe(code)
      expect(terminal.stderr().match(/Type yes: /g)).toHaveLength(1)
      expect((await readdir(folder)).length === 1).toBe(code === 2)
    }
    const bare = await folderWith({ 'a.js': ROLES })
    const refused = await called(bare, initCommand)
    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('--yes is not given') })
    expect(await readdir(bare)).toEqual(['a.js'])
  })

  test.each<[what: string, files: Record<string, string>, args: string[], said: RegExp]>([
    [
      'a folder without Actions',
      { 'in/readme.md': '', 'in/util.js': 'exports.a = 1' },
      ['in'],
      /no Action in "in".*\n {2}hint: An Action is/,
    ],
    ['a folder that does not exist', {}, ['nowhere'], /"nowhere" is no folder/],
    ['a file', { 'a.js': ROLES }, ['a.js'], /"a\.js" is no folder/],
    ['two folders', {}, ['a', 'b'], /begins with one thing/],
    ['a folder and a tenant', {}, ['a', '--from-tenant'], /begins with one thing/],
    ['a tenant that is not named', {}, ['--from-tenant'], /no tenant is named/],
    [
      'handlers of two triggers in one file',
      { 'a.js': `${ROLES}exports.onExecuteCredentialsExchange = async () => {}` },
      [],
      /two triggers: .*\n {2}hint: An Action has one trigger/,
    ],
    [
      'Rules',
      {
        'in/rule.js': 'function (user, context, callback) {\n  callback(null, user, context)\n}',
        'in/b.js': 'module.exports = function (user, context, cb) { cb() }',
      },
      ['in'],
      /b\.js: it is a Rule/,
    ],
    [
      'another folder for a workspace',
      { 'tenant.yaml': 'roles: []', 'in/a.js': ROLES },
      ['in'],
      /is a workspace already/,
    ],
    ['an export that is broken', { 'in/tenant.yaml': 'actions: [\n' }, ['in'], /not valid YAML/],
    [
      'a copy that loses its imports',
      { 'in/a.js': `const b = require('./b')\n${ROLES}` },
      ['in'],
      /loads other files, which stay behind/,
    ],
  ])('refuses %s, says what to do, and writes nothing', async (_, files, args, said) => {
    const folder = await folderWith(files)
    const before = await listing(folder)
    const { code, err } = await init(folder, ...args)
    expect(code, err).toBe(2)
    expect(err).toMatch(said)
    expect(err).toMatch(/\n {2}hint: \S/)
    expect(await listing(folder)).toEqual(before)
  })

  test('writes nothing through a link, and nothing at all where one place cannot be written', async () => {
    const elsewhere = await folderWith({})
    const folder = await folderWith({ 'a.js': ROLES })
    await symlink(elsewhere, join(folder, '.vscode'))
    const before = await listing(folder)
    const { code, err } = await init(folder)
    expect(code).toBe(2)
    expect(err).toMatch(/leads out of this folder through a link/)
    expect(await listing(folder)).toEqual(before)
    expect(await readdir(elsewhere)).toEqual([])

    await rm(join(folder, '.vscode'))
    await writeFile(join(folder, 'schemas'), 'a file in the way')
    const blocked = await init(folder)
    expect(blocked.code, blocked.err).toBe(2)
    expect((await readdir(folder)).sort()).toEqual(['a.js', 'schemas'])
  })

  test('works in a folder with blanks and signs of all kinds in its name, and below one that is no workspace', async () => {
    const root = await folderWith({})
    const folder = join(root, 'Meine Aktionen (Prüfung) #1 & ’x’ 日本')
    await mkdir(join(folder, 'actions'), { recursive: true })
    await writeFile(join(folder, 'actions/Rollen & Pläne.js'), ROLES)
    const { code, err } = await init(folder)
    expect(code, err).toBe(0)
    expect(JSON.parse(await text(folder, 'package.json')).name).toBe('meine-aktionen-pr-fung-1-x')
    for (const line of [['check'], ['simulate'], ['build'], ['plan']]) {
      const ended = await claims(join(folder, 'actions'), ...line)
      expect(ended, ended.err).toMatchObject({ code: 0 })
    }
  })

  test('its workflow pins what this repository’s own workflow pins, and runs every check', async () => {
    const folder = await folderWith({ 'a.js': ROLES })
    await init(folder)
    const workflow = await text(folder, '.github/workflows/claims.yml')
    const own = await readFile(join(REPOSITORY, '.github/workflows/ci.yml'), 'utf8')
    for (const pin of Object.values(PINNED)) expect(own).toContain(pin)
    const { jobs, permissions } = parse(workflow)
    expect(permissions).toEqual({ contents: 'read' })
    const steps: { uses?: string; run?: string }[] = [...jobs.check.steps, ...jobs.plan.steps]
    for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/@[0-9a-f]{40}$/)
    const commands = steps.map(({ run: line = '' }) => line).join('\n')
    for (const command of ['check', 'types --check', 'breaking --against', 'prove', 'plan --tenant'])
      expect(commands).toContain(`npx claims ${command}`)
    // What a pull request says is never part of a script.
    expect(commands).not.toContain('${{')
  })
})

describe('with a tenant', () => {
  let example: KeptFolder
  let tenant: Tenant
  beforeAll(async () => {
    example = await keptExampleWorkspace()
    tenant = await startTenant({ workspace: example.path })
  })
  afterAll(async () => {
    await tenant.stop()
    await example.remove()
  })
  async function at(cwd: string, ...args: string[]) {
    const { url, certificate, client } = await tenant.management()
    const keys = await folderWith({ 'tenant.pem': certificate })
    const env = { AUTH0_CLIENT_ID: client.client_id, AUTH0_CLIENT_SECRET: client.client_secret }
    const terminal = recordedTerminal({ cwd, env })
    const target = ['--url', url, '--certificate', join(keys, 'tenant.pem')]
    const code = await run(COMMANDS, [...args, ...target], terminal, async () => '')
    return { code, out: terminal.stdout(), err: terminal.stderr() }
  }

  test('is a pull and the rest in one', async () => {
    const folder = await folderWith({})
    const { code, out, err } = await at(folder, 'init', '--from-tenant', '--yes')
    expect(code, err).toBe(0)
    expect(out).toMatch(/^found 2 Actions, 4 claims, 2 secrets, 0 packages\n/)
    expect(await yaml(folder, 'tenant.local.yaml')).toMatchObject({
      keywords: { EU_COUNTRIES: 'local', EXPORT_PLANS: 'local' },
    })
    expect((await claims(folder, 'check')).code).toBe(0)
    expect(await at(folder, 'plan')).toMatchObject({ code: 0 })
    const again = await at(folder, 'init', '--from-tenant', '--yes')
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('is a workspace already') })
  })

  test('claims pull makes a tenant.local.yaml where there is none, and never over one', async () => {
    const folder = await folderWith({})
    const { code, out, err } = await at(folder, 'pull')
    expect(code, err).toBe(0)
    expect(out).toContain('wrote tenant.local.yaml\n')
    const { users } = await yaml(folder, 'tenant.local.yaml')
    expect(users.map(({ roles }: { roles?: string[] }) => roles?.[0])).toEqual([
      'orders-manager',
      'orders-reader',
      undefined,
      undefined,
    ])
    expect((await claims(folder, 'tenant', '--port', '0')).code).toBe(0)
    await writeFile(join(folder, 'tenant.local.yaml'), '# mine\n')
    expect((await at(folder, 'pull')).out).toBe('nothing to write: the files are as the tenant\n')
    expect(await text(folder, 'tenant.local.yaml')).toBe('# mine\n')
  })
})
