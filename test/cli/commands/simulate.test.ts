import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { simulateCommand } from '../../../lib/cli/commands/simulate.ts'
import { postLoginEvent } from '../../../lib/simulator/index.ts'
import { exampleWorkspace } from '../../helpers/example-workspace.ts'
import { recordedTerminal } from '../../helpers/terminal.ts'

const schemaFile = join(import.meta.dirname, '../../../schemas/simulate-output.schema.json')

async function simulate(
  cwd: string,
  values: Record<string, string | boolean> = {},
  env: Record<string, string> = {},
) {
  const terminal = recordedTerminal({ cwd, env })
  const code = await simulateCommand.run(terminal, values, [])
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

async function simulateJson(cwd: string, values: Record<string, string | boolean> = {}) {
  const { code, stdout } = await simulate(cwd, { ...values, json: true })
  const output = JSON.parse(stdout)
  const validate = new Ajv2020({ strict: false }).compile(JSON.parse(await readFile(schemaFile, 'utf8')))
  expect(validate(output), JSON.stringify(validate.errors)).toBe(true)
  return { code, output }
}

describe('claims simulate', () => {
  it('shows the tokens of a login in the workspace, with positions in the source', async () => {
    const { code, output } = await simulateJson(await exampleWorkspace(), { user: 'grace@acme.example' })
    expect(code).toBe(0)
    expect(output).toMatchObject({
      version: 1,
      command: 'simulate',
      node: expect.stringMatching(/^v\d+\./),
      outcome: 'allowed',
      idToken: { email: 'grace@acme.example', 'https://acme.example/plan': 'team' },
      accessToken: {
        'https://acme.example/roles': ['orders-reader'],
        scope: 'openid profile email read:orders',
        permissions: ['read:orders'],
      },
      findings: [],
    })
    expect(output.writes[0]).toMatchObject({
      action: 'enrich-claims',
      file: 'actions/enrich-claims.ts',
      verdict: 'kept',
    })
    expect(output.writes[0].line).toBeGreaterThan(10)
  })

  it('refuses a login that the tenant refuses before any Action, with its error', async () => {
    const cwd = await exampleWorkspace()
    const { code, output } = await simulateJson(cwd, { user: 'newcomer@example.com', org: 'acme' })
    expect(code).toBe(1)
    expect(output).toMatchObject({ outcome: 'denied', error: 'access_denied', scopes: [], runs: [] })
    expect(output.reason).toMatch(/^user auth0\|\w+ is not part of the org_\w+ organization$/)
    const { stdout, stderr } = await simulate(
      await exampleWorkspace({ 'tenant.yaml': ['organization_usage: allow', 'organization_usage: require'] }),
    )
    expect(stderr).toMatch(/^The tenant refuses this login before any Action runs[^\n]*\n?$/)
    expect(stdout.split('\n')[0]).toBe(
      'denied (invalid_request): parameter organization is required for this client',
    )
  })

  it.each([
    ['openid read:orders', true],
    ['openid offline_access read:orders', false],
  ])('says of a refresh after %s whether there is a refresh token: %s', async (scope, noted) => {
    const cwd = await exampleWorkspace({
      'actions/adjust-scopes.ts': `export async function onExecutePostLogin(event: any, api: any): Promise<void> {
  api.user.setAppMetadata('seen', true)
  api.refreshToken.setMetadata('device', 'phone')
  const { refresh_token, user } = event
  api.accessToken.setCustomClaim('https://acme.example/saved', [user.app_metadata.seen, refresh_token?.metadata])
}
`,
    })
    const { output } = await simulateJson(cwd, { scope, refresh: true })
    expect(output.refresh.accessToken).toMatchObject({
      scope: output.accessToken.scope,
      gty: 'refresh_token',
      'https://acme.example/saved': [true, { device: 'phone' }],
    })
    expect((await simulate(cwd, { scope, refresh: true })).stderr.includes('gives no refresh token')).toBe(
      noted,
    )
  })

  it('gives an Action the modules of tenant.yaml, with their own secrets', async () => {
    const tenant = await readFile(join(import.meta.dirname, '../../../tenant.yaml'), 'utf8')
    const folder = await exampleWorkspace({
      'actions/adjust-scopes.ts': `import shared from 'actions:shared'
export async function onExecutePostLogin(_event: object, api: any): Promise<void> {
  api.idToken.setCustomClaim('https://acme.example/region', shared.region)
}
`,
      'tenant.yaml': `${tenant.replace(/(- name: adjust-scopes\n)/, '$1    modules: [{ module_name: shared }]\n')}
actionModules:
  - name: shared
    code: ./actions/shared-module.cjs
    secrets: [{ name: REGION, value: us }]
`,
      'actions/shared-module.cjs': 'exports.region = actions.secrets.REGION\n',
    })
    const { output } = await simulateJson(folder)
    expect(output.idToken).toMatchObject({ 'https://acme.example/region': 'us' })
    await rm(join(folder, 'actions/shared-module.cjs'))
    await expect(simulate(folder)).rejects.toMatchObject({
      code: 'ERR_INPUT',
      message: '"adjust-scopes" names the module "shared", which is not there',
    })
  })

  it('prints all output of an Action, and how much of it Auth0 keeps', async () => {
    const printing = (text: string) => `export async function onExecutePostLogin(): Promise<void> {
  console.log('${text}')
}
`
    const long = await simulate(
      await exampleWorkspace({ 'actions/adjust-scopes.ts': printing('x'.repeat(257)) }),
    )
    expect(long.stdout).toContain(`adjust-scopes: ${'x'.repeat(257)}`)
    expect(long.stdout).toContain('Of what "adjust-scopes" prints, Auth0 keeps 256 characters.')
    const short = await simulate(
      await exampleWorkspace({ 'actions/adjust-scopes.ts': printing('x'.repeat(256)) }),
    )
    expect(short.stdout).not.toContain('Auth0 keeps 256')
  })

  it('says which Node ran the Actions, and which one Auth0 has', async () => {
    const { stderr } = await simulate(
      await exampleWorkspace({ 'tenant.yaml': ['runtime: node22', 'runtime: node99'] }),
    )
    expect(stderr).toContain(
      `Ran on Node ${process.version}. Auth0 runs these Actions on node99: name one with --node`,
    )
  })

  it('gives the roles of the member alone in an organization, and its id', async () => {
    const ada = await simulateJson(await exampleWorkspace(), { user: 'ada@acme.example', org: 'acme' })
    expect(ada.output.accessToken).toMatchObject({ permissions: [], 'https://acme.example/roles': [] })
    const { output } = await simulateJson(await exampleWorkspace(), {
      user: 'grace@acme.example',
      org: 'acme',
    })
    expect(output.accessToken).toMatchObject({
      org_id: expect.stringMatching(/^org_\w{16}$/),
      'https://acme.example/roles': ['orders-manager'],
      'https://acme.example/organization': 'acme',
    })
  })

  it('says first whether the login is allowed, then what is not in a token and why', async () => {
    const root = await exampleWorkspace({
      'actions/adjust-scopes.ts':
        "export async function onExecutePostLogin(_event: object, api: any): Promise<void> {\n  api.idToken.setCustomClaim('roles', ['a'])\n}\n",
    })
    const { code, stdout, stderr } = await simulate(root)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^allowed\n\nWhat the Actions did\ntoken +claim +[^{]*\n\nID token\n\{/)
    expect(stdout).toMatch(
      /^ID +roles +\["a"\] +actions\/adjust-scopes\.ts:2 +dropped claims\/restricted-name$/m,
    )
    expect(stdout).toContain(
      'Not in a token\nactions/adjust-scopes.ts:2:15 dropped id_token "roles" claims/restricted-name "roles" is restricted',
    )
    expect(stderr).toMatch(/^Ran on Node v\d+\.\d+\.\d+\./)
  })

  it('says which Action failed where, and ends with 1', async () => {
    const root = await exampleWorkspace({
      'actions/adjust-scopes.ts':
        'export async function onExecutePostLogin(event: any): Promise<void> {\n  event.none.of.this\n}\n',
    })
    const { code, stdout } = await simulate(root)
    expect(code).toBe(1)
    expect(stdout).toMatch(/^error: Cannot read properties of undefined \(reading 'of'\)\n/)
    expect(stdout).toContain(
      'actions/adjust-scopes.ts:2:14 error runtime/threw "adjust-scopes" failed the login: Cannot read properties',
    )
    expect(stdout).not.toContain('ID token')
  })

  it('refuses the network unless it is told to allow it', async () => {
    const root = await exampleWorkspace({
      'actions/adjust-scopes.ts':
        "export async function onExecutePostLogin(): Promise<void> {\n  await fetch('https://api.example/')\n}\n",
    })
    expect((await simulateJson(root)).output.reason).toContain('The network is refused in this run')
  })

  it('shows what a refresh changes', async () => {
    const root = await exampleWorkspace({
      'actions/adjust-scopes.ts':
        "export async function onExecutePostLogin(event: any, api: any): Promise<void> {\n  api.accessToken.setCustomClaim('https://acme.example/via', event.transaction.protocol)\n}\n",
    })
    const { stdout } = await simulate(root, { refresh: true })
    expect(stdout).toContain(
      'access_token https://acme.example/via: "oidc-basic-profile" -> "oauth2-refresh-token"',
    )
    const { output } = await simulateJson(root, { refresh: true })
    expect(output.changed).toEqual([
      { token: 'access_token', claim: 'https://acme.example/via' },
      { token: 'access_token', claim: 'gty' },
    ])
  })

  it('shows what differs from the Actions of a commit', async () => {
    const root = await exampleWorkspace()
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@acme.example', ...args])
    git('init', '-q')
    git('add', '.')
    git('commit', '-qm', 'before')
    const file = join(root, 'actions/enrich-claims.ts')
    const source = await readFile(file, 'utf8')
    await writeFile(
      file,
      source.replace(
        "idToken.setCustomClaim('https://acme.example/plan'",
        "idToken.setCustomClaim('https://acme.example/tier' as never",
      ),
    )
    const { stdout } = await simulate(root, { diff: 'HEAD', user: 'grace@acme.example' })
    expect(stdout).toContain(
      'Since HEAD these claims differ\nid_token https://acme.example/plan: "team" -> absent\nid_token https://acme.example/tier: absent -> "team"',
    )
    const { output } = await simulateJson(root, { diff: 'HEAD' })
    expect(output.diff).toHaveLength(2)
    await expect(simulate(root, { diff: 'no-such-ref' })).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  it('shows claims, scopes and metadata that the Actions wrote, each with its line', async () => {
    const root = await exampleWorkspace({
      'actions/adjust-scopes.ts': `export async function onExecutePostLogin(_event: object, api: any): Promise<void> {
  api.accessToken.addScope('export:orders')
  api.accessToken.removeScope('write:orders')
  api.user.setAppMetadata('seen', { at: 1 })
  api.user.setUserMetadata('theme', null)
  api.idToken.setCustomClaim('https://acme.example/plan', '${'x'.repeat(100)}')
}
`,
    })
    const { stdout } = await simulate(root)
    expect(stdout).toMatch(
      /^ID +https:\/\/acme\.example\/plan +"enterprise" +actions\/enrich-claims\.ts:\d+ +overwritten$/m,
    )
    expect(stdout).toMatch(
      /^ID +https:\/\/acme\.example\/plan +"x{58}… +actions\/adjust-scopes\.ts:6 +kept$/m,
    )
    for (const line of [
      'scope export:orders added by actions/adjust-scopes.ts:2',
      'scope write:orders removed by actions/adjust-scopes.ts:3',
      'app_metadata seen = {"at":1}, set by actions/adjust-scopes.ts:4',
      'user_metadata theme removed by actions/adjust-scopes.ts:5',
    ]) {
      expect(stdout.split('\n')).toContain(line)
    }
  })

  it('holds the tokens to their contracts, names the line that breaks one, and ends with 1', async () => {
    const kept = await simulate(await exampleWorkspace())
    expect(kept.code).toBe(0)
    expect(kept.stdout).toContain(
      'Contracts\nIdToken (ID token, schemas/claims/id-token.json) kept\nOrdersAccessToken (access token, ',
    )
    const root = await exampleWorkspace({
      'actions/adjust-scopes.ts': `export async function onExecutePostLogin(event: any, api: any): Promise<void> {
  const plan = event.transaction.protocol === 'oauth2-refresh-token' ? 'gold' : 'free'
  api.accessToken.setCustomClaim('https://acme.example/plan', plan)
  if (event.user.email === 'grace@acme.example') api.idToken.setCustomClaim('https://acme.example/tier', 1)
}
`,
    })
    const { code, output } = await simulateJson(root, { user: 'grace@acme.example' })
    expect(code).toBe(1)
    expect(output.contracts).toMatchObject([
      {
        token: 'id_token',
        contract: 'IdToken',
        schema: 'schemas/claims/id-token.json',
        verdict: 'broken',
        faults: [
          {
            claim: 'https://acme.example/tier',
            message: 'IdToken does not describe https://acme.example/tier',
            file: 'actions/adjust-scopes.ts',
            line: 4,
          },
        ],
      },
      { token: 'access_token', verdict: 'kept', faults: [] },
    ])
    expect((await simulate(root)).code).toBe(0)
    const refreshed = await simulate(root, { refresh: true })
    expect(refreshed.code).toBe(1)
    expect(refreshed.stdout).toMatch(
      /After refresh [\s\S]*\nOrdersAccessToken \([^\n]* broken\n {2}actions\/adjust-scopes\.ts:3:19 OrdersAccessToken: https:\/\/acme\.example\/plan /,
    )
    // Who gets no token is told no more than that.
    const denied = await simulateJson(root, { user: 'newcomer@example.com', org: 'acme' })
    expect(denied.output.contracts).toEqual([])
  })

  it('gives tokens and event the domain of --domain, or of AUTH0_DOMAIN', async () => {
    const root = await exampleWorkspace({
      'actions/adjust-scopes.ts': `export async function onExecutePostLogin(event: any, api: any): Promise<void> {
  api.accessToken.setCustomClaim('https://acme.example/at', [event.tenant.id, event.request.hostname])
}
`,
    })
    const flag = await simulateJson(root, { domain: 'Shop.eu.auth0.com', refresh: true })
    for (const { accessToken } of [flag.output, flag.output.refresh]) {
      expect(accessToken).toMatchObject({
        iss: 'https://shop.eu.auth0.com/',
        aud: expect.arrayContaining(['https://shop.eu.auth0.com/userinfo']),
        'https://acme.example/at': ['shop', 'shop.eu.auth0.com'],
      })
    }
    const env = await simulate(root, {}, { AUTH0_DOMAIN: 'https://login.acme.example/' })
    expect(env.stdout).toContain('"iss": "https://login.acme.example/"')
    const local = await simulate(root, {}, { AUTH0_DOMAIN: 'http://localhost:4000' })
    expect(local.stdout).toContain('"iss": "http://localhost:4000/"')
    await expect(simulate(root, {}, { AUTH0_DOMAIN: 'a b' })).rejects.toMatchObject({
      code: 'ERR_USAGE',
      message: 'AUTH0_DOMAIN is no host name',
    })
    await expect(simulate(root, { domain: 'https://acme.example/path' })).rejects.toMatchObject({
      message: '--domain is no host name',
    })
  })

  it('finds a user and an organization in any case of letters, as the tenant does', async () => {
    const { output } = await simulateJson(await exampleWorkspace(), {
      user: 'GRACE@acme.example',
      org: 'Acme',
    })
    expect(output.idToken).toMatchObject({ email: 'grace@acme.example', org_id: expect.any(String) })
    await expect(simulate(await exampleWorkspace(), { client: 'acme shop' })).rejects.toMatchObject({
      hint: 'Did you mean "Acme Shop"? It has: Acme Shop, Acme CLI.',
    })
  })

  it('shows under --watch what a save has changed, and no token twice', async () => {
    const root = await exampleWorkspace({
      'actions/adjust-scopes.ts': "export { onExecutePostLogin } from '../shared/scopes.ts'\n",
    })
    await mkdir(join(root, 'shared'))
    await writeFile(
      join(root, 'shared/scopes.ts'),
      'export async function onExecutePostLogin(): Promise<void> {}\n',
    )
    const terminal = recordedTerminal({ cwd: root })
    const ended = simulateCommand.run(terminal, { watch: true, user: 'grace@acme.example' }, [])
    await expect.poll(() => terminal.stderr(), { timeout: 60_000 }).toContain('Ran on Node')
    const first = terminal.stdout()
    // A file that an Action imports, in a folder of its own; the second line pushes everything down.
    await writeFile(
      join(root, 'shared/scopes.ts'),
      `
export async function onExecutePostLogin(_event: object, api: any): Promise<void> {
  api.idToken.setCustomClaim('https://acme.example/plan', 'gold')
  api.idToken.setCustomClaim('roles', [])
}
`,
    )
    await expect.poll(() => terminal.stdout(), { timeout: 60_000 }).toContain('claims/restricted-name')
    const second = terminal.stdout().slice(first.length)
    expect(second).toMatch(/^id_token https:\/\/acme\.example\/plan: "team" -> "gold"\n/)
    expect(second).toContain('+ IdToken (ID token, schemas/claims/id-token.json) broken\n')
    expect(second).not.toMatch(/"sub"|region|Access token/)
    await writeFile(join(root, 'shared/scopes.ts'), 'export async function (')
    await expect.poll(() => terminal.stderr(), { timeout: 60_000 }).toMatch(/shared\/scopes\.ts:1:\d+ error/)
    await writeFile(
      join(root, 'tenant.local.yaml'),
      `${await readFile(join(root, 'tenant.local.yaml'), 'utf8')}\n`,
    )
    await writeFile(
      join(root, 'shared/scopes.ts'),
      'export async function onExecutePostLogin(): Promise<void> {}\n',
    )
    await expect.poll(() => terminal.stdout(), { timeout: 60_000 }).toContain('"gold" -> "team"')
    terminal.stop()
    expect(await ended).toBe(0)
    expect(terminal.stderr().match(/Ran on Node/g)).toHaveLength(1)
  })

  it('runs again when an Action is saved, also after one that does not compile, until it is stopped', async () => {
    const root = await exampleWorkspace()
    const file = join(root, 'actions/adjust-scopes.ts')
    const terminal = recordedTerminal({ cwd: root })
    const ended = simulateCommand.run(terminal, { watch: true, user: 'grace@acme.example' }, [])
    await expect.poll(() => terminal.stdout(), { timeout: 60_000 }).toContain('"read:orders"')
    await writeFile(file, 'export async function (')
    await expect
      .poll(() => terminal.stderr(), { timeout: 60_000 })
      .toMatch(/saved[\s\S]*(Expected|Unexpected|syntax)/i)
    await writeFile(
      file,
      "export async function onExecutePostLogin(_e: object, api: any): Promise<void> { api.access.deny('second') }\n",
    )
    await expect.poll(() => terminal.stdout(), { timeout: 60_000 }).toContain('denied: second')
    terminal.stop()
    expect(await ended).toBe(0)
  })

  it('takes an event from a file', async () => {
    const root = await exampleWorkspace()
    const event = postLoginEvent({
      user: { app_metadata: { plan: 'enterprise' } },
      resource_server: undefined,
    })
    await writeFile(join(root, 'event.json'), JSON.stringify(event))
    const { output } = await simulateJson(root, { event: 'event.json' })
    expect(output.idToken).toMatchObject({ 'https://acme.example/plan': 'enterprise' })
    expect(output).not.toHaveProperty('accessToken')
  })

  it.each([
    [{ user: { name: 1 } }, '"bad.json" is not a post-login event: "/user/name" must be string'],
    [
      { stats: undefined },
      `"bad.json" is not a post-login event: the event must have required property 'stats'`,
    ],
    [
      { transaction: { protocol: 'oidc' } },
      '"bad.json" is not a post-login event: "/transaction/protocol" must be equal to one of the allowed values',
    ],
  ])('refuses an event file and names the path of the fault: %j', async (change, message) => {
    const root = await exampleWorkspace()
    const event = postLoginEvent(change as never)
    await writeFile(join(root, 'bad.json'), JSON.stringify(event))
    await expect(simulate(root, { event: 'bad.json' })).rejects.toMatchObject({ code: 'ERR_INPUT', message })
  })

  it.each([
    [{ user: 'nobody@acme.example' }, 'the workspace has no user "nobody@acme.example"'],
    [{ client: 'x' }, 'the workspace has no client "x"'],
    [{ audience: 'x' }, 'the workspace has no audience "x"'],
    [{ org: 'x' }, 'the workspace has no organization "x"'],
    [{ event: 'e.json', user: 'x' }, '--event brings its own login'],
    [{ watch: true, json: true }, '--watch prints many results, --json one document'],
  ])('refuses %j', async (values: Record<string, string | boolean>, message: string) => {
    const root = await exampleWorkspace()
    await expect(simulate(root, values)).rejects.toMatchObject({ code: 'ERR_USAGE', message })
  })
})
