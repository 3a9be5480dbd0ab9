import { readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { COMMANDS } from '../../lib/cli/command-table.ts'
import { run } from '../../lib/cli/run.ts'
import { createTestIssuer } from '../../lib/verify/test-issuer.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { outputOf } from '../helpers/output-schema.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const NS = 'https://acme.example/'

interface Found {
  token: string
  arrives: boolean
  value?: unknown
  reason?: string
  rule?: string
  hint?: string
  at?: { file: string; line: number }
}
interface WhyOutput {
  claim: string
  kind: string
  options: string[]
  login: Found[]
  refresh: Found[]
  changes: { token: string; flags: string[] }[]
  setAt: { at: { file: string; line: number }; isBound: boolean; trigger: string }[]
  promised: { required: boolean }[]
  fates: { found: Found; logins: number; atRefresh: boolean; example: string[] }[]
  tried: number
  of: number
  inToken: boolean
  unknown: string[]
  isMachine: boolean
}

async function why(args: readonly string[], cwd: string, stdin = '') {
  const terminal = recordedTerminal({ cwd, stdin })
  const code = await run(COMMANDS, ['why', ...args], terminal, async () => '')
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

async function document(args: readonly string[], cwd: string, stdin = '') {
  const { code, stdout } = await why([...args, '--json'], cwd, stdin)
  return { code, ...outputOf<WhyOutput>('why', stdout) }
}

const accessOf = (found: readonly Found[]) => found.find(({ token }) => token === 'access_token')!
const idOf = (found: readonly Found[]) => found.find(({ token }) => token === 'id_token')!

/** The example with one more Action, bound last. */
async function withAction(body: string, bound = true): Promise<string> {
  const tenant = parse(await readFile('tenant.yaml', 'utf8'))
  const trigger = { id: 'post-login', version: 'v3' }
  tenant.actions.push({
    name: 'more',
    code: './actions/more.js',
    runtime: 'node22',
    supported_triggers: [trigger],
  })
  if (bound) tenant.triggers['post-login'].push({ action_name: 'more', display_name: 'more' })
  return exampleWorkspace({
    'actions/more.js': `exports.onExecutePostLogin = async (event, api) => {\n${body}\n}\n`,
    'tenant.yaml': stringify(tenant),
  })
}

describe('claims why, of a login', () => {
  test('names the line that sets the claim, and who promises it', async () => {
    const folder = await exampleWorkspace()
    const { code, claim, login, promised } = await document(['roles', '--user', 'ada@acme.example'], folder)
    expect({ code, claim }).toEqual({ code: 0, claim: `${NS}roles` })
    expect(accessOf(login)).toMatchObject({
      arrives: true,
      value: ['orders-manager'],
      at: { file: 'actions/enrich-claims.ts', line: 19 },
    })
    expect(promised).toMatchObject([{ required: true }, { required: true }])
  })

  test('names the line that did not run, and the one change that brings the claim', async () => {
    const folder = await exampleWorkspace()
    const answer = await document(['organization', '--user', 'ada@acme.example'], folder)
    expect(answer.code).toBe(1)
    expect(accessOf(answer.login)).toMatchObject({
      arrives: false,
      reason: '"enrich-claims" can set it, and did not in this login.',
      at: { file: 'actions/enrich-claims.ts', line: 27 },
    })
    expect(answer.changes).toMatchObject([
      { token: 'access_token', flags: ['--org acme'] },
      { token: 'id_token', flags: ['--org acme'] },
    ])
    const { code } = await document(['organization', '--user', 'ada@acme.example', '--org', 'acme'], folder)
    expect(code).toBe(0)
  })

  test.each([
    ['without an API', ['plan', '--audience', ''], 'access_token', 'claims/opaque-access-token'],
    ['without openid', ['plan', '--scope', 'read:orders'], 'id_token', 'claims/no-id-token'],
  ])('says that there is no token to carry it: %s', async (_, args, token, rule) => {
    const { login, changes } = await document(args, await exampleWorkspace())
    expect(login.find((one) => one.token === token)).toMatchObject({ arrives: false, rule })
    expect(changes.map((change) => change.token)).toEqual([token])
  })

  test.each([
    [
      "api.accessToken.setCustomClaim('roles', ['a'])",
      'roles',
      /^The write is dropped: /,
      'claims/restricted-name',
    ],
    [
      "api.accessToken.setCustomClaim('https://tenant.auth0.com/plan', 'a')",
      'https://tenant.auth0.com/plan',
      /^The write is dropped: /,
      'claims/auth0-namespace',
    ],
    [
      "api.idToken.setCustomClaim('https://acme.example/only', 1)",
      `${NS}only`,
      /^Only the ID token gets it/,
      undefined,
    ],
    [
      "api.accessToken.setCustomClaim('https://acme.example/undef', undefined)",
      `${NS}undef`,
      /no form in JSON/,
      'claims/undefined-value',
    ],
    [
      "api.access.deny('No entry')",
      `${NS}plan`,
      /^The login ends in "more", and there are no tokens: No entry$/,
      undefined,
    ],
    ["throw new Error('boom')", `${NS}plan`, /^The login ends in "more".*boom/, undefined],
  ])('says what became of it: %s', async (body, claim, reason, rule) => {
    const { code, login } = await document([claim, '--user', 'ada@acme.example'], await withAction(body))
    const found = accessOf(login)
    expect(found).toMatchObject({ arrives: false, reason: expect.stringMatching(reason) })
    expect(found.rule).toBe(rule)
    expect(code).toBe(idOf(login).arrives ? 0 : 1)
  })

  test('says of an Action that is not bound that it is not', async () => {
    const folder = await withAction("api.accessToken.setCustomClaim('https://acme.example/team', 'a')", false)
    const { login, setAt } = await document(['team', '--user', 'ada@acme.example'], folder)
    expect(accessOf(login)).toMatchObject({
      reason: '"more" sets it, and is bound to no trigger.',
      hint: 'Bind it in tenant.yaml: triggers: post-login.',
      at: { file: 'actions/more.js', line: 2 },
    })
    expect(setAt).toMatchObject([{ isBound: false, trigger: 'post-login' }])
  })

  test('says what a refresh loses', async () => {
    const folder = await withAction(
      "if (event.transaction?.protocol !== 'oauth2-refresh-token') api.accessToken.setCustomClaim('https://acme.example/once', 1)",
    )
    const args = ['once', '--user', 'ada@acme.example']
    const { login, refresh } = await document(args, folder)
    expect(accessOf(login)).toMatchObject({ arrives: true })
    expect(accessOf(refresh)).toMatchObject({ arrives: false, at: { file: 'actions/more.js' } })
    expect((await why(args, folder)).stdout).toMatch(/\n {2}At a refresh:\n {2}access token: missing/)
  })

  test('says of what Auth0 sets by itself what brings it', async () => {
    const folder = await exampleWorkspace()
    const { login } = await document(['email', '--scope', 'openid'], folder)
    expect(idOf(login).hint).toContain('the scope email')
    const permissions = await document(['permissions', '--user', 'ada@acme.example'], folder)
    expect(idOf(permissions.login).hint).toMatch(/RBAC/)
  })
})

describe('claims why, of all logins', () => {
  test('says at how many kinds of login it is missing, with an example that shows it', async () => {
    const folder = await exampleWorkspace()
    const { code, kind, fates, tried, of } = await document(['organization'], folder)
    expect({ code, kind }).toEqual({ code: 0, kind: 'search' })
    expect(tried).toBe(of)
    const access = fates.filter(({ found }) => found.token === 'access_token')
    expect(access.map(({ logins }) => logins).reduce((sum, one) => sum + one)).toBe(of)
    const missing = access.find(({ found }) => !found.arrives)!
    const args = missing.example.flatMap((flag) => {
      const [name, ...value] = flag.split(' ')
      return [name!, value.join(' ').replaceAll("'", '')]
    })
    expect((await document(['organization', ...args], folder)).code).toBe(1)
  })

  test('counts the refreshes that lose it', async () => {
    const folder = await withAction(
      "if (event.transaction?.protocol !== 'oauth2-refresh-token') api.accessToken.setCustomClaim('https://acme.example/once', 1)",
    )
    const { fates, tried } = await document(['once'], folder)
    expect(fates.find(({ atRefresh }) => atRefresh)).toMatchObject({ logins: tried })
  })

  test('ends with 1 for a claim that never comes, and says which one may be meant', async () => {
    const { code, stderr, stdout } = await why(['rols'], await exampleWorkspace())
    expect(code).toBe(1)
    expect(stderr).toContain(`Did you mean ${NS}roles?`)
    expect(stdout).toContain('No Action of this workspace sets it')
  })
})

describe('claims why, of a token', () => {
  const audience = 'https://orders.acme.example/'

  test('says what the token has, and what the same login gets here', async () => {
    const issuer = await createTestIssuer({ audience })
    const token = await issuer.issueTestToken({ claims: { [`${NS}plan`]: 'team' } })
    const folder = await exampleWorkspace()
    const has = await document(['plan', '--token', '-'], folder, token)
    expect(has).toMatchObject({ code: 0, kind: 'token', inToken: true, unknown: expect.any(Array) })
    const lacks = await document(['roles', '--token', '-'], folder, JSON.stringify({ access_token: token }))
    expect(lacks).toMatchObject({
      code: 1,
      inToken: false,
      login: [{ token: 'access_token', arrives: true }],
    })
    expect(lacks.options).toContain(`--audience ${audience}`)
  })

  test('says of a machine token that no user logged in', async () => {
    const issuer = await createTestIssuer({ audience })
    const token = await issuer.issueTestToken({
      claims: { sub: 'abc@clients', gty: 'client-credentials' },
    })
    const { code, stdout } = await why(['plan', '--token', '-'], await exampleWorkspace(), token)
    expect(code).toBe(1)
    expect(stdout).toContain('It is a machine token')
  })

  test.each(['not a token', '', 'a.b.c', '{"access_token":"opaque"}'])(
    'refuses %j, and shows none of it',
    async (text) => {
      const { code, stderr } = await why(['plan', '--token', '-'], await exampleWorkspace(), text)
      expect(code).toBe(2)
      expect(stderr).toMatch(/^error ERR_USAGE /)
      expect(stderr).not.toContain('opaque"')
    },
  )
})

test.each([
  [[], 'one claim is to be named'],
  [['a', 'b'], 'one claim is to be named'],
  [['plan', '--token', 'eyJ.a.b'], '--token takes the token from standard input'],
  [['plan', '--token', '-', '--user', 'a'], '--token brings its own login'],
  [['plan', '--user', 'nobody@acme.example'], 'has no user'],
])('claims why %j is wrong use', async (args, said) => {
  const { code, stderr } = await why(args, await exampleWorkspace())
  expect(code).toBe(2)
  expect(stderr).toContain(said)
})
