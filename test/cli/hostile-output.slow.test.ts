import { execFile } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { breakingCommand } from '../../lib/cli/commands/breaking.ts'
import { buildCommand } from '../../lib/cli/commands/build.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { docsCommand } from '../../lib/cli/commands/docs.ts'
import { explainCommand } from '../../lib/cli/commands/explain.ts'
import { impactCommand } from '../../lib/cli/commands/impact.ts'
import { loginCommand } from '../../lib/cli/commands/login.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { proveCommand } from '../../lib/cli/commands/prove.ts'
import { replayCommand } from '../../lib/cli/commands/replay.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { tenantCommand } from '../../lib/cli/commands/tenant.ts'
import { typesCommand } from '../../lib/cli/commands/types.ts'
import { verifyCommand } from '../../lib/cli/commands/verify.ts'
import { run } from '../../lib/cli/run.ts'
import { called as calledIn } from '../helpers/called.ts'
import { keptFolderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

/** A title of the terminal, a mask and an error for a runner of jobs, a colour in one sign, and text that runs back. */
const HOSTILE =
  'x\u001b]0;owned\u0007\n::add-mask::hunter2\r\n##[error]boo\u009b31m\u202e\u2028\u2066\u200b\ufeff\u007f'
const name = (text: string) => JSON.stringify(text + HOSTILE)
const API = 'https://api.example/'
const CLAIM = 'https://acme.example/plan'

/** What can be deployed; and with `faults`, what is reported. */
const tenantWith = (faults: boolean) => `
resourceServers: [{ name: ${name('Orders')}, identifier: ${API}, allow_offline_access: true, scopes: [{ value: ${name('read')}, description: ${name('d')} }] }]
clients: [{ name: ${name('App')}, app_type: spa, callbacks: [http://localhost:8400/callback] }${faults ? `, { name: ${name('Web')}, app_type: spa, callbacks: [] }` : ''}]
roles: [{ name: ${name('reader')}, permissions: [{ permission_name: ${name('read')}, resource_server_identifier: ${API} }] }]
actions:
  - { name: a, code: ./dist/a.js, deployed: true, secrets: [{ name: ${name('S')}, value: x }]${faults ? `, dependencies: [{ name: ${name('pkg')}, version: 1.0.0 }]` : ''}, supported_triggers: [{ id: post-login }] }
triggers: { post-login: [{ action_name: a, display_name: ${name('a')} }${faults ? `, { action_name: ${name('unknown')} }` : ''}] }
`
const FILES = {
  'tenant.yaml': tenantWith(false),
  'tenant.local.yaml': `users: [{ email: ada@acme.example, password: local-ada, name: ${name('Ada')}, roles: [${name('reader')}] }]\n`,
  'actions/a.js': `const HOSTILE = ${JSON.stringify(HOSTILE)}
exports.onExecutePostLogin = async (event, api) => {
  console.log('log', HOSTILE, { HOSTILE })
  api.idToken.setCustomClaim('https://acme.example/' + HOSTILE, HOSTILE)
  api.idToken.setCustomClaim('roles${JSON.stringify(HOSTILE).slice(1, -1)}', HOSTILE)
  api.accessToken.setCustomClaim('${CLAIM}', HOSTILE)
  if (event.user.user_metadata.bad) throw new Error(HOSTILE)
  api.access.deny('no ' + HOSTILE)
}
`,
  'schemas/claims/x.access-token.json': JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'X',
    description: `About ${HOSTILE}`,
    type: 'object',
    'x-auth0': { token: 'access_token', audience: API },
    properties: {
      [CLAIM]: { type: 'string', description: HOSTILE, enum: [HOSTILE] },
      [`https://acme.example/${HOSTILE}`]: { type: 'string', maxLength: 3 },
    },
  }),
  'schemas/consumers/shop.json': JSON.stringify({
    name: `Shop${HOSTILE}`,
    token: 'access_token',
    audience: API,
    claims: {
      [CLAIM]: 'required',
      [`https://acme.example/${HOSTILE}`]: 'optional',
      [`https://acme.example/none${HOSTILE}`]: 'required',
    },
  }),
}

let cwd: string
let faulty: string
beforeAll(async () => {
  cwd = await keptFolderWith(FILES)
  faulty = await keptFolderWith({ ...FILES, 'tenant.yaml': tenantWith(true) })
  const git = (...args: string[]) =>
    promisify(execFile)('git', ['-c', 'user.name=t', '-c', 'user.email=t@x', ...args], { cwd })
  await git('init', '-q')
  await git('add', '-A')
  await git('commit', '-qm', 'all')
  const { 'schemas/claims/x.access-token.json': contract, 'actions/a.js': action } = FILES
  await writeFile(
    join(cwd, 'schemas/claims/x.access-token.json'),
    contract.replaceAll('maxLength":3', 'maxLength":9').replace('"enum"', '"examples"'),
  )
  await writeFile(join(cwd, 'actions/a.js'), action.replace("'no '", "'never '"))
  afterAll(async () => {
    for (const folder of [cwd, faulty]) await rm(folder, { recursive: true, force: true })
  })
})

const called = (command: Command, args: readonly string[], stdin = '', folder = cwd) =>
  calledIn(folder, command, args, stdin)

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what it is about
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2066-\u2069\ufeff]/

function faultsOf(text: string, { github = false } = {}): string[] {
  return text.split('\n').filter((line) => {
    if (UNSEEN.test(line)) return true
    if (github) return !/^(?:::(?:error|warning|notice) file=[^:]*::.*)?$/.test(line)
    return /^\s*::/.test(line) || /##\w*\[/.test(line)
  })
}

const TOKEN = `${Buffer.from('{"alg":"RS256"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: HOSTILE, aud: [HOSTILE], [CLAIM]: HOSTILE, scope: HOSTILE })).toString('base64url')}.AAAA`
const EVENT = JSON.stringify({
  user: { user_id: `auth0|${HOSTILE}`, user_metadata: {}, app_metadata: {} },
  client: { client_id: HOSTILE },
  request: { query: {} },
})

describe('what a workspace, an Action or a caller says is shown escaped', () => {
  test.each<[Command, string[], string?]>([
    [checkCommand, []],
    [checkCommand, ['--json']],
    [checkCommand, ['--format', 'sarif']],
    [checkCommand, ['--format', 'junit']],
    [checkCommand, ['--format', 'github']],
    [checkCommand, ['actions/a.js']],
    [checkCommand, [`${HOSTILE}.js`]],
    [checkCommand, ['--format', HOSTILE]],
    [checkCommand, [`--${HOSTILE}`]],
    [checkCommand, ['-'], `exports.onExecutePostLogin = async (event, api) => { ${HOSTILE} `],
    [buildCommand, []],
    [simulateCommand, []],
    [simulateCommand, ['--json']],
    [simulateCommand, ['--refresh', '--diff', 'HEAD']],
    [simulateCommand, ['--user', HOSTILE]],
    [proveCommand, ['--runs', '30']],
    [proveCommand, ['--runs', '30', '--json']],
    [planCommand, []],
    [planCommand, ['--json']],
    [planCommand, ['--markdown']],
    [planCommand, ['--against', HOSTILE]],
    [deployCommand, ['--skip-prove']],
    [deployCommand, ['--skip-prove', '--json']],
    [deployCommand, ['--delete', `actions:${HOSTILE}`]],
    [impactCommand, []],
    [impactCommand, ['--without', HOSTILE]],
    [breakingCommand, ['--against', 'HEAD', '--format', 'markdown']],
    [docsCommand, []],
    [docsCommand, ['--format', 'html']],
    [docsCommand, ['--json']],
    [typesCommand, ['--check']],
    [explainCommand, [HOSTILE]],
    [loginCommand, ['--user', HOSTILE]],
    [tenantCommand, ['--port', '0']],
    [tenantCommand, ['--port', '0', '--json']],
    [replayCommand, ['-', '--against', 'HEAD'], EVENT],
    [replayCommand, ['-', '--against', 'HEAD'], `{ ${HOSTILE}`],
    [verifyCommand, [TOKEN, '--jwks', HOSTILE]],
    [verifyCommand, [HOSTILE, '--issuer', HOSTILE]],
  ])('by claims $name', async (command, args, stdin) => {
    for (const folder of [cwd, faulty]) {
      const { code, out, err } = await called(command, args, stdin, folder)
      const github = args.includes('github')
      expect(faultsOf(out, { github }), `${command.name} ${args[0]}`).toEqual([])
      expect(faultsOf(err), `${command.name} ${args[0]}`).toEqual([])
      expect(code, err).not.toBe(70)
      if (args.includes('--json') && out !== '') expect(() => JSON.parse(out)).not.toThrow()
    }
  })

  test('by a name that is no command', async () => {
    const terminal = recordedTerminal({ cwd })
    expect(await run({}, [HOSTILE], terminal, async () => '0')).toBe(2)
    expect(faultsOf(terminal.stderr())).toEqual([])
  })
})

test('the values of tokens and logs stay what they are in JSON', async () => {
  const { out } = await called(simulateCommand, ['--json'])
  const { reason, runs } = JSON.parse(out) as { reason: string; runs: { logs: { text: string }[] }[] }
  expect(reason).toBe(`never ${HOSTILE}`)
  expect(runs[0]!.logs[0]!.text).toContain(HOSTILE)
})
