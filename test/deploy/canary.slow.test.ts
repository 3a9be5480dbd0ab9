import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { startTenant } from '../../lib/tenant/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { actionEntry, commandTarget, runAt, running, type TestTenant, targetOf } from './setup.ts'

const PLAN = 'https://acme.example/plan'
const CONTRACT = (title: string, token: object) =>
  JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title,
    type: 'object',
    'x-auth0': token,
    required: [PLAN],
    properties: { [PLAN]: { type: 'string', enum: ['free', 'team'], description: 'The plan.' } },
  })
const API = 'https://orders.acme.example/'
const TENANT = (callback = 'http://localhost:8400/callback') => `
actions:${actionEntry('plan')}
triggers:
  post-login: [{ action_name: plan, display_name: plan }]
clients:
  - { name: Web, app_type: spa, callbacks: [https://app.acme.example/callback] }
  - { name: CLI, app_type: native, callbacks: ['${callback}'], token_endpoint_auth_method: none }
resourceServers:
  - { name: Orders, identifier: ${API}, allow_offline_access: true, scopes: [{ value: 'read:orders' }] }
`
const LOCAL = `
users:
  - { email: ada@acme.example, password: local-ada, app_metadata: { plan: team } }
  - { email: eve@acme.example, password: local-eve, app_metadata: { plan: platinum-secret } }
`
const action = (value: string) => `exports.onExecutePostLogin = async (event, api) => {
  for (const token of [api.idToken, api.accessToken]) token.setCustomClaim('${PLAN}', ${value})
}
`

let cwd: string
let target: TestTenant

beforeEach(async () => {
  cwd = await folderWith({
    'tenant.yaml': TENANT(),
    'tenant.local.yaml': LOCAL,
    'actions/plan.js': action("event.user.app_metadata?.plan ?? 'free'"),
    'schemas/claims/id-token.json': CONTRACT('IdToken', { token: 'id_token' }),
    'schemas/claims/orders.json': CONTRACT('OrdersToken', { token: 'access_token', audience: API }),
  })
  const users = [
    { email: 'ada@acme.example', password: 'local-ada', app_metadata: { plan: 'team' } },
    { email: 'eve@acme.example', password: 'local-eve', app_metadata: { plan: 'platinum-secret' } },
  ]
  const tenant = await startTenant({ local: { users } })
  onTestFinished(() => tenant.stop())
  target = await targetOf(tenant)
})

async function deploy(canary: string, more: Record<string, boolean> = {}) {
  const at = await commandTarget(target, cwd)
  const { exit: code, ...printed } = await runAt(at, cwd, deployCommand, {
    'skip-prove': true,
    canary,
    ...more,
  })
  return { code, ...printed }
}

it('logs in after the deploy, and says so without tokens and values of claims', async () => {
  const { code, out, err } = await deploy('ADA@acme.example')
  expect(code).toBe(0)
  expect(err).toContain(`canary: ADA@acme.example logged in with "CLI" for ${API}, and the tokens keep`)
  expect(out + err).not.toMatch(/eyJ|team|local-ada/)
  expect(target.tenant.log.map(({ type }) => type)).toContain('seacft')
  expect(target.tenant.executions.at(-1)?.tokens?.scopes).toContain('read:orders')

  // Nothing is sent, and what is there is tried all the same.
  const logins = target.tenant.executions.length
  const again = await deploy('ada@acme.example', { json: true })
  expect(JSON.parse(again.out)).toMatchObject({ outcome: 'unchanged', canary: 'passed' })
  expect(target.tenant.executions).toHaveLength(logins + 1)
})

it('brings the tenant back when a token breaks its contract, and names the claim, not its value', async () => {
  await deploy('ada@acme.example')
  const before = running(target)
  await writeFile(join(cwd, 'actions/plan.js'), `${action('event.user.app_metadata.plan')}// changed\n`)
  const failure = await deploy('eve@acme.example').catch((error: Error) => error)
  expect(failure).toMatchObject({
    code: 'ERR_DEPLOY',
    message: expect.stringMatching(
      /^the canary login got an ID token .*acme\.example\/plan.*Undone: "plan"/s,
    ),
  })
  expect((failure as Error).message).not.toContain('platinum-secret')
  expect(running(target)).toBe(before)
})

it('brings the tenant back when the login fails, unless it is told not to', async () => {
  await deploy('ada@acme.example')
  const before = running(target)
  await writeFile(join(cwd, 'actions/plan.js'), action('event.user.app_metadata.no.plan'))
  await expect(deploy('ada@acme.example')).rejects.toMatchObject({
    code: 'ERR_OAUTH',
    message: expect.stringContaining('Undone: "plan"'),
  })
  expect(running(target)).toBe(before)
  await expect(deploy('ada@acme.example', { 'no-restore': true })).rejects.toMatchObject({
    code: 'ERR_OAUTH',
  })
  expect(running(target)).not.toBe(before)
})

it.each([
  ['a user that there is not', 'nobody@acme.example', TENANT(), 'has no user "nobody@acme.example"'],
  ['no application here', 'ada@acme.example', TENANT('https://x.example/'), 'no application of tenant.yaml'],
])('refuses %s before it writes', async (_, user, yaml, message) => {
  await writeFile(join(cwd, 'tenant.yaml'), yaml)
  await expect(deploy(user)).rejects.toMatchObject({
    code: 'ERR_USAGE',
    message: expect.stringContaining(message),
  })
  expect(target.faults.calls.filter(({ method }) => method !== 'GET')).toEqual([])
})
