import { execFile } from 'node:child_process'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { breakingCommand } from '../../lib/cli/commands/breaking.ts'
import { buildCommand } from '../../lib/cli/commands/build.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { docsCommand } from '../../lib/cli/commands/docs.ts'
import { impactCommand } from '../../lib/cli/commands/impact.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { proveCommand } from '../../lib/cli/commands/prove.ts'
import { replayCommand } from '../../lib/cli/commands/replay.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { typesCommand } from '../../lib/cli/commands/types.ts'
import { verifyCommand } from '../../lib/cli/commands/verify.ts'
import { run } from '../../lib/cli/run.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { folderWith } from '../helpers/folder.ts'
import { listing } from '../helpers/listing.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const git = (cwd: string, ...args: string[]) =>
  promisify(execFile)('git', ['-c', 'user.name=t', '-c', 'user.email=t@acme.example', ...args], { cwd })

async function called(cwd: string, command: Command, args: string[] = [], stdin = '') {
  const terminal = recordedTerminal({ cwd, stdin })
  const loaders = { [command.name]: async () => command }
  const code = await run(loaders, [command.name, ...args], terminal, async () => '0')
  return { code, out: terminal.stdout(), err: terminal.stderr() }
}

const action = (name: string, code: string) =>
  `  - { name: ${name}, code: ${code}, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }] }\n`

const tenantOf = (...actions: (readonly [name: string, code: string])[]) =>
  `actions:\n${actions.map(([name, code]) => action(name, code)).join('')}triggers:\n  post-login: [${actions.map(([name]) => `{ action_name: ${name}, display_name: ${name} }`).join(', ')}]\n`

const PLAIN = 'exports.onExecutePostLogin = async (event, api) => {}\n'
const MODULE = 'export const onExecutePostLogin = async (event, api) => {}\n'
const IMPORTING =
  "const { plan } = require('./shared.js')\nexports.onExecutePostLogin = async (event, api) => { api.idToken.setCustomClaim('https://acme.example/plan', plan) }\n"

/** The layouts that dashboards and exports bring: `code` names the source itself. */
const DASHBOARD = {
  'tenant.yaml': tenantOf(
    ['importing', './actions/importing.js'],
    ['module', './actions/module.js'],
    ['typed', './actions/typed.ts'],
    ['My Custom Action', './actions/My Custom Action/code.js'],
    ['in-dist', './dist/in-dist/code.js'],
  ),
  'tenant.local.yaml': 'users: [{ email: ada@acme.example, password: local-ada }]\n',
  'actions/importing.js': IMPORTING,
  'actions/shared.js': "exports.plan = 'team'\n",
  'actions/module.js': MODULE,
  'actions/typed.ts':
    'export const onExecutePostLogin = async (event: unknown, api: unknown): Promise<void> => {}\n',
  'actions/My Custom Action/code.js': PLAIN,
  'dist/in-dist/code.js': PLAIN,
}

const EVENT = JSON.stringify({
  user: { user_id: 'auth0|1', app_metadata: {}, user_metadata: {} },
  client: { client_id: 'a' },
  request: { query: {} },
})

const READERS: [Command, string[], string?][] = [
  [planCommand, []],
  [checkCommand, []],
  [checkCommand, ['actions']],
  [simulateCommand, []],
  [simulateCommand, ['--diff', 'HEAD']],
  [proveCommand, ['--runs', '20']],
  [replayCommand, ['-', '--against', 'HEAD'], EVENT],
  [impactCommand, []],
  [breakingCommand, ['--against', 'HEAD']],
  [docsCommand, []],
  [typesCommand, ['--check']],
  [deployCommand, ['--skip-prove']],
]

describe.each([
  ['of the example', () => exampleWorkspace()],
  ['of a dashboard', () => folderWith(DASHBOARD)],
])('the workspace %s', (_, make) => {
  test('is left as it is by every command that only reads it', { timeout: 120_000 }, async () => {
    const cwd = await make()
    await git(cwd, 'init', '-q')
    await git(cwd, 'add', '-A')
    await git(cwd, 'commit', '-qm', 'all')
    await rm(join(cwd, '.git', 'index'))
    const before = await listing(cwd)
    for (const [command, args, stdin] of READERS) {
      const { code, err } = await called(cwd, command, args, stdin)
      expect.soft(await listing(cwd), `${command.name} ${args.join(' ')}: ${err}`).toEqual(before)
      expect.soft([0, 1, 2], `${command.name}: ${err}`).toContain(code)
    }
  })
})

test('a dashboard workspace is checked, simulated and planned without a build', async () => {
  const cwd = await folderWith(DASHBOARD)
  expect(await called(cwd, planCommand)).toMatchObject({ code: 0 })
  const simulated = await called(cwd, simulateCommand)
  expect(simulated.out).toContain('"https://acme.example/plan": "team"')
})

test('a deploy sends the bundle of what is written now, whatever an earlier build has left', async () => {
  const cwd = await folderWith({
    'tenant.yaml': tenantOf(['greet', './dist/actions/greet.js']),
    'actions/greet.ts': MODULE,
  })
  await called(cwd, buildCommand)
  await writeFile(
    join(cwd, 'actions/greet.ts'),
    `${MODULE}export const onContinuePostLogin = async () => {}\n`,
  )
  const first = await called(cwd, deployCommand, ['--json', '--skip-prove'])
  await rm(join(cwd, 'dist'), { recursive: true })
  const second = await called(cwd, deployCommand, ['--json', '--skip-prove'])
  const hash = ({ out }: { out: string }) => JSON.parse(out).deployed.actions[0].codeHash
  expect(hash(first)).toBe(hash(second))
})

describe('claims build', () => {
  test.each<[what: string, files: Record<string, string>, expected: string]>([
    [
      'a source that imports another file',
      {
        'tenant.yaml': tenantOf(['a', './actions/a.js']),
        'actions/a.js': IMPORTING,
        'actions/shared.js': 'exports.plan = 1\n',
      },
      'tenant.yaml:2:16 error bundle/source-is-output',
    ],
    [
      'a source that is an ES module',
      { 'tenant.yaml': tenantOf(['a', './actions/a.js']), 'actions/a.js': MODULE },
      'bundle/source-is-output',
    ],
    [
      'a source in TypeScript',
      { 'tenant.yaml': tenantOf(['a', './actions/a.ts']), 'actions/a.ts': MODULE },
      'bundle/source-is-output',
    ],
    [
      'a source in a folder of its own',
      {
        'tenant.yaml': tenantOf(['My Action', './actions/My Action/code.js']),
        'actions/My Action/code.js': MODULE,
      },
      'Move the source to actions/My Action.js. Write code: ./dist/actions/My Action.js.',
    ],
    [
      'a file that another Action imports',
      {
        'tenant.yaml': tenantOf(['a', './actions/shared.js'], ['b', './dist/b.js']),
        'actions/a.ts': MODULE,
        'actions/b.js': IMPORTING,
        'actions/shared.js': 'exports.plan = 1\n',
      },
      'is a file that "b" imports',
    ],
    [
      'the source of another Action',
      {
        'tenant.yaml': tenantOf(['a', './actions/b.js'], ['b', './dist/b.js']),
        'actions/a.ts': MODULE,
        'actions/b.js': PLAIN,
      },
      'bundle/not-ours',
    ],
    [
      'the source of another Action in another case',
      {
        'tenant.yaml': tenantOf(['a', './actions/B.js'], ['b', './dist/b.js']),
        'actions/a.ts': MODULE,
        'actions/b.js': PLAIN,
      },
      'bundle/not-ours',
    ],
    [
      'a file that nobody knows',
      { 'tenant.yaml': tenantOf(['a', './notes/a.js']), 'actions/a.ts': MODULE, 'notes/a.js': 'mine' },
      'claims build has not written it',
    ],
    [
      'a source map that nobody knows',
      { 'tenant.yaml': tenantOf(['a', './dist/a.js']), 'actions/a.ts': MODULE, 'dist/a.js.map': 'mine' },
      '"dist/a.js.map" is there',
    ],
    [
      'a contract',
      {
        'tenant.yaml': tenantOf(['a', './schemas/claims/x.json']),
        'actions/a.ts': MODULE,
        'schemas/claims/x.json': '{}',
      },
      'is a contract',
    ],
    [
      'tenant.yaml',
      { 'tenant.yaml': tenantOf(['a', './tenant.yaml']), 'actions/a.ts': MODULE },
      'is tenant.yaml',
    ],
    [
      'package.json that is not there yet',
      { 'tenant.yaml': tenantOf(['a', './package.json']), 'actions/a.ts': MODULE },
      'is package.json',
    ],
    [
      'a page of the login',
      {
        'tenant.yaml': `${tenantOf(['a', './pages/login.html'])}pages: [{ name: login, html: ./pages/login.html }]\n`,
        'actions/a.ts': MODULE,
        'pages/login.html': '<p>',
      },
      'a file that "pages" names',
    ],
    [
      'one file for two Actions',
      {
        'tenant.yaml': tenantOf(['a', './dist/a.js'], ['b', './dist/A.js']),
        'actions/a.ts': MODULE,
        'actions/b.ts': `${MODULE}export const onContinuePostLogin = 1\n`,
      },
      'is where the bundle of another Action belongs',
    ],
    [
      'a bundle for which there is a folder',
      { 'tenant.yaml': tenantOf(['a', './dist']), 'actions/a.ts': MODULE, 'dist/b/c.js': PLAIN },
      '"dist" is a folder',
    ],
  ])('writes nothing at all over %s', async (_, files, expected) => {
    const cwd = await folderWith({ ...files, 'actions/good.ts': MODULE })
    const text = await readFile(join(cwd, 'tenant.yaml'), 'utf8')
    await writeFile(
      join(cwd, 'tenant.yaml'),
      text.replace('\ntriggers:', `\n${action('good', './out/good.js')}triggers:`),
    )
    const before = await listing(cwd)
    const { code, err } = await called(cwd, buildCommand)
    expect(err).toContain(expected)
    expect(code).toBe(err.includes('is a folder') ? 2 : 1)
    expect(await listing(cwd)).toEqual(before)
  })

  test('writes bundles and maps, and over them again once a source has changed', async () => {
    const cwd = await folderWith({
      'tenant.yaml': tenantOf(['a', './dist/a.js'], ['plain', './actions/plain.js']),
      'actions/a.ts': MODULE,
      'actions/plain.js': PLAIN,
    })
    expect(await called(cwd, buildCommand)).toMatchObject({ code: 0, err: '' })
    const first = await readFile(join(cwd, 'dist/a.js'), 'utf8')
    expect(JSON.parse(await readFile(join(cwd, 'dist/a.js.map'), 'utf8'))).toMatchObject({ version: 3 })
    expect(await readFile(join(cwd, '.auth0-claims/.gitignore'), 'utf8')).toBe('*\n')
    await writeFile(join(cwd, 'actions/a.ts'), `${MODULE}export const onContinuePostLogin = 1\n`)
    const again = await called(cwd, buildCommand)
    expect(again).toMatchObject({ code: 0, err: '' })
    expect(again.out).toMatch(/actions\/plain.js {2}\d+ bytes, ships as it is written: nothing to build/)
    expect(await readFile(join(cwd, 'dist/a.js'), 'utf8')).not.toBe(first)
    expect(await readFile(join(cwd, 'actions/plain.js'), 'utf8')).toBe(PLAIN)
    expect(Object.keys(await listing(join(cwd, 'actions')))).toEqual(['a.ts', 'plain.js'])
  })

  test('leaves a bundle alone that somebody has changed since', async () => {
    const cwd = await folderWith({ 'tenant.yaml': tenantOf(['a', './dist/a.js']), 'actions/a.ts': MODULE })
    await called(cwd, buildCommand)
    await writeFile(join(cwd, 'dist/a.js'), 'my edit')
    expect(await called(cwd, buildCommand)).toMatchObject({ code: 1 })
    expect(await readFile(join(cwd, 'dist/a.js'), 'utf8')).toBe('my edit')
  })

  test('has no source in a bundle that it has written itself', async () => {
    const cwd = await folderWith({ 'tenant.yaml': tenantOf(['a', './dist/a.js']), 'actions/a.ts': MODULE })
    await called(cwd, buildCommand)
    await rm(join(cwd, 'actions/a.ts'))
    const { code, err } = await called(cwd, checkCommand)
    expect(code).toBe(1)
    expect(err).toContain('1 error')
  })
})

/** Ways out of the workspace; `outside` is a folder beside it. */
const WAYS_OUT: [what: string, tenant: string, links?: Record<string, string>][] = [
  ['dots', tenantOf(['a', '../outside/a.js'])],
  ['dots in the middle', tenantOf(['a', './dist/../../outside/a.js'])],
  ['an absolute path', tenantOf(['a', '/tmp/auth0-claims-nowhere/a.js'])],
  ['a link as the file', tenantOf(['a', './dist/a.js']), { 'dist/a.js': '../../outside/a.js' }],
  ['a link to nothing', tenantOf(['a', './dist/a.js']), { 'dist/a.js': '../../outside/none.js' }],
  ['a link as a folder', tenantOf(['a', './dist/a.js']), { dist: '../outside' }],
  ['a link to a link', tenantOf(['a', './dist/a.js']), { dist: 'middle', middle: '../outside' }],
  ['a link in circles', tenantOf(['a', './dist/a.js']), { 'dist/a.js': 'b.js', 'dist/b.js': 'a.js' }],
  [
    'a link as the source',
    tenantOf(['linked', './dist/a.js']),
    { 'actions/linked.js': '../../outside/a.js' },
  ],
  ['a module', `${tenantOf(['a', './dist/a.js'])}actionModules: [{ name: m, code: ../outside/a.js }]\n`],
  [
    'a script of a database',
    `${tenantOf(['a', './dist/a.js'])}databases: [{ name: d, options: { customScripts: { login: ../outside/a.js } } }]\n`,
  ],
  ['a page', `${tenantOf(['a', './dist/a.js'])}pages: [{ name: login, html: ../outside/a.js }]\n`],
  [
    'a login page of an app',
    `${tenantOf(['a', './dist/a.js'])}clients: [{ name: c, custom_login_page: ../../outside/a.js }]\n`,
  ],
  [
    'an e-mail template',
    `${tenantOf(['a', './dist/a.js'])}emailTemplates: [{ template: t, body: ../outside/a.js }]\n`,
  ],
  ['a contract', tenantOf(['a', './dist/a.js']), { 'schemas/claims/x.json': '../../../outside/x.json' }],
]

describe('a path that leads out of the workspace', () => {
  test.each(WAYS_OUT)(
    'by %s is a finding with its line, and nothing is read or written there',
    async (_, tenant, links = {}) => {
      const parent = await folderWith({
        'outside/a.js': 'exports.onExecutePostLogin = async () => { throw "not yours" }\n',
        'outside/x.json': '{ "secret": ',
        'workspace/tenant.yaml': tenant,
        'workspace/tenant.local.yaml': 'users: [{ email: ada@acme.example, password: local-ada }]\n',
        'workspace/actions/a.ts': MODULE,
      })
      const cwd = join(parent, 'workspace')
      for (const [link, end] of Object.entries(links)) {
        await mkdir(dirname(join(cwd, link)), { recursive: true })
        await symlink(end, join(cwd, link))
      }
      const before = await listing(parent)
      const checked = await called(cwd, checkCommand)
      expect(checked.out).toMatch(
        /^(tenant\.yaml|schemas\/claims\/x\.json):\d+:\d+ error tenant\/outside-workspace /m,
      )
      expect(checked.code).toBe(1)
      for (const command of [buildCommand, planCommand, deployCommand]) {
        const { code, out, err } = await called(cwd, command)
        expect(code, `${command.name} ${err}`).toBe(1)
        expect(out + err).toContain('tenant/outside-workspace')
      }
      for (const [command, args] of [
        [simulateCommand, []],
        [proveCommand, ['--runs', '2']],
        [typesCommand, []],
      ] as const) {
        const { code, out, err } = await called(cwd, command, [...args])
        expect(code, `${command.name} ${err}`).toBe(2)
        expect(err).toMatch(/:\d+:\d+ error ERR_INPUT .*outside of the workspace/)
        expect(out + err).not.toContain('not yours')
      }
      expect(await listing(parent)).toEqual(before)
    },
  )

  test('is none where the folder of the workspace is itself a link, or an import leaves it', async () => {
    const parent = await folderWith({
      'shared/plan.ts': "export const plan = 'team'\n",
      'real/tenant.yaml': tenantOf(['a', './dist/a.js']),
      'real/tenant.local.yaml': 'users: [{ email: ada@acme.example, password: local-ada }]\n',
      'real/actions/a.ts':
        "import { plan } from '../../shared/plan.ts'\nexport const onExecutePostLogin = async (event: any, api: any) => api.idToken.setCustomClaim('https://acme.example/plan', plan)\n",
    })
    await symlink('real', join(parent, 'workspace'))
    const cwd = join(parent, 'workspace')
    expect(await called(cwd, buildCommand)).toMatchObject({ code: 0 })
    expect((await called(cwd, simulateCommand)).out).toContain('"https://acme.example/plan": "team"')
    expect(Object.keys(await listing(join(parent, 'shared')))).toEqual(['plan.ts'])
  })
})

describe('a byte order mark', () => {
  const MARK = '\uFEFF'

  test('before an event, a recorded login, the configuration or a key set is no part of it', async () => {
    const folder = await exampleWorkspace()
    const event = JSON.stringify(postLoginEvent())
    await writeFile(join(folder, 'event.json'), MARK + event)
    await writeFile(
      join(folder, 'claims.config.json'),
      `${MARK}{ "markers": ["EU_COUNTRIES", "EXPORT_PLANS"] }`,
    )
    await writeFile(join(folder, 'jwks.json'), `${MARK}{ "keys": [] }`)
    expect(await called(folder, simulateCommand, ['--event', 'event.json'])).toMatchObject({ code: 0 })
    expect(await called(folder, replayCommand, ['event.json', '--redact'])).toMatchObject({ code: 0 })
    expect(await called(folder, replayCommand, ['-', '--redact'], MARK + event)).toMatchObject({ code: 0 })
    expect(await called(folder, checkCommand)).toMatchObject({ code: 0 })
    const { err } = await called(folder, verifyCommand, [
      '--jwks',
      'jwks.json',
      '--issuer',
      'https://acme.example/',
      'a.b.c',
    ])
    expect(err).toContain('has no public key')
  })
})
