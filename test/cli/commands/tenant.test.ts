import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loginCommand } from '../../../lib/cli/commands/login.ts'
import { tenantCommand } from '../../../lib/cli/commands/tenant.ts'
import { recordedTerminal } from '../../helpers/terminal.ts'

const TENANT = `
resourceServers:
  - name: Orders API
    identifier: https://orders.acme.example/
    scopes: [{ value: read:orders }]
clients:
  - name: Acme Shop
    app_type: spa
    token_endpoint_auth_method: none
    grant_types: [authorization_code, refresh_token]
    callbacks: [http://127.0.0.1:5173/callback]
  - name: Acme CLI
    app_type: native
    token_endpoint_auth_method: none
    grant_types: [authorization_code, refresh_token]
    callbacks: [http://localhost:8400/callback]
actions:
  - name: greet
    code: ./dist/actions/greet.js
    runtime: node22
    deployed: true
    supported_triggers: [{ id: post-login, version: v3 }]
    secrets: [{ name: WORD, value: '##WORD##' }]
triggers:
  post-login: [{ action_name: greet, display_name: greet }]
`
const LOCAL = `
users:
  - { email: ada@acme.example, password: local-ada }
keywords: { WORD: hello }
`
const GREET = `exports.onExecutePostLogin = async (event, api) => {
  if (event.request.query.scope.includes('forbidden')) api.access.deny('not today')
  api.accessToken.setCustomClaim('https://acme.example/word', event.secrets.WORD)
}
`

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'claims-'))
  await mkdir(join(cwd, 'actions'))
  await writeFile(join(cwd, 'tenant.yaml'), TENANT)
  await writeFile(join(cwd, 'tenant.local.yaml'), LOCAL)
  await writeFile(join(cwd, 'actions', 'greet.js'), GREET)
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('claims tenant', () => {
  it('says what an app needs, warns of a callback on another site, serves until it is stopped, and exits 0', async () => {
    const terminal = recordedTerminal({ cwd })
    const exit = tenantCommand.run(terminal, { port: '0' }, [])
    await waitFor(() => terminal.stderr().includes('Ready.'))
    const url = /^Tenant +(\S+)$/m.exec(terminal.stdout())![1]!
    expect(terminal.stdout()).toMatch(/^ {2}AUTH0_DOMAIN=http:\/\/localhost:\d+$/m)
    expect(terminal.stdout()).toContain('  AUTH0_AUDIENCE=https://orders.acme.example/')
    expect(terminal.stdout()).toContain('Actions at login: greet')
    expect(terminal.stdout()).not.toContain('local-ada')
    expect(terminal.stderr()).toContain('warning "Acme Shop" answers at http://127.0.0.1:5173, another site')
    expect((await fetch(`${url}/.well-known/openid-configuration`)).status).toBe(200)
    terminal.stop()
    expect(await exit).toBe(0)
    await expect(fetch(url)).rejects.toThrow()
  })

  it('prints one document with --json', async () => {
    const terminal = recordedTerminal({ cwd })
    const exit = tenantCommand.run(terminal, { port: '0', json: true }, [])
    await waitFor(() => terminal.stdout() !== '')
    terminal.stop()
    expect(await exit).toBe(0)
    expect(JSON.parse(terminal.stdout())).toMatchObject({
      version: 1,
      command: 'tenant',
      url: expect.stringMatching(/^http:\/\/localhost:\d+$/),
      clients: [{ name: 'Acme Shop' }, { name: 'Acme CLI' }],
      actions: ['greet'],
    })
    expect(terminal.stderr()).toBe('')
  })

  it('prints the secret of an application only when asked to', async () => {
    const web = `  - { name: Acme Web, app_type: regular_web, callbacks: [http://localhost:3000/callback] }\nactions:`
    await writeFile(join(cwd, 'tenant.yaml'), TENANT.replace('actions:', web))
    const printed = async (values: Record<string, string | boolean>) => {
      const terminal = recordedTerminal({ cwd })
      const exit = tenantCommand.run(terminal, { port: '0', ...values }, [])
      await waitFor(
        () =>
          terminal.stdout().includes(values['json'] ? 'actions' : 'In an app') &&
          terminal.stdout().endsWith('\n'),
      )
      terminal.stop()
      await exit
      return terminal.stdout()
    }
    const asked = await printed({ secrets: true })
    const [, secret = ''] = /^ {4}AUTH0_CLIENT_SECRET=(\S+)$/m.exec(asked) ?? []
    expect(secret).toHaveLength(64)
    expect(asked.match(/AUTH0_CLIENT_SECRET/g)).toHaveLength(1)
    for (const values of [{}, { json: true }]) expect(await printed(values)).not.toContain(secret)
    expect(await printed({})).toContain('(with --secrets: the secrets of those that have one)')
    const { clients } = JSON.parse(await printed({ secrets: true, json: true }))
    expect(clients.map((client: { client_secret?: string }) => client.client_secret)).toEqual([
      undefined,
      undefined,
      secret,
    ])
  })

  it('says over https where the certificate is', async () => {
    const terminal = recordedTerminal({ cwd })
    const exit = tenantCommand.run(terminal, { port: '0', https: true, management: 'keys' }, [])
    await waitFor(() => terminal.stderr().includes('Ready.'))
    expect(terminal.stdout()).toContain(`  NODE_EXTRA_CA_CERTS=${join('keys', 'tenant.pem')}`)
    expect(terminal.stderr()).toContain('warning "Acme Shop" answers at http://127.0.0.1:5173, another site')
    terminal.stop()
    expect(await exit).toBe(0)
  })

  it('refuses a folder that is a file', async () => {
    const run = (values: Record<string, string>) =>
      tenantCommand.run(recordedTerminal({ cwd }), { port: '0', ...values }, [])
    const folder = join(cwd, 'tenant.yaml')
    await expect(run({ management: 'tenant.yaml' })).rejects.toMatchObject({
      code: 'ERR_ENVIRONMENT',
      file: folder,
    })
    await expect(run({ state: 'tenant.yaml/state.json' })).rejects.toMatchObject({ code: 'ERR_ENVIRONMENT' })
  })

  it.each(['x', '-1', '70000', ''])('refuses the port "%s"', async (port) => {
    await expect(tenantCommand.run(recordedTerminal({ cwd }), { port }, [])).rejects.toMatchObject({
      code: 'ERR_USAGE',
    })
  })
})

describe('claims login', () => {
  const options = { tenant: 'local', user: 'ada@acme.example', scope: 'openid email read:orders' }

  it('shows the payloads, with what the Actions set, and never a token', async () => {
    const terminal = recordedTerminal({ cwd })
    expect(await loginCommand.run(terminal, { ...options, json: true }, [])).toBe(0)
    const document = JSON.parse(terminal.stdout())
    expect(document).toMatchObject({
      version: 1,
      command: 'login',
      idToken: { email: 'ada@acme.example' },
      accessToken: { 'https://acme.example/word': 'hello' },
      scopes: ['openid', 'email', 'read:orders'],
    })
    expect(terminal.stdout()).not.toMatch(/eyJ/)
  })

  it('says why a login was refused', async () => {
    const run = loginCommand.run(recordedTerminal({ cwd }), { ...options, scope: 'openid forbidden' }, [])
    await expect(run).rejects.toMatchObject({
      code: 'ERR_OAUTH',
      message: 'the tenant refused the login: access_denied (not today)',
    })
  })

  it.each([
    ['a user that is not there', { ...options, user: 'nobody@acme.example' }],
    ['an app that is not there', { ...options, client: 'Nobody' }],
    ['a real tenant without its name', { ...options, tenant: 'real' }],
  ])('refuses %s', async (_, values) => {
    await expect(loginCommand.run(recordedTerminal({ cwd }), values, [])).rejects.toMatchObject({
      code: 'ERR_USAGE',
    })
  })
})
