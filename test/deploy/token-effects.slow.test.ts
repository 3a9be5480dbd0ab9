import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect, it } from 'vitest'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import planOutput from '../../schemas/plan-output.schema.json' with { type: 'json' }
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { actionEntry, commandTarget, testTenant } from './setup.ts'

const TENANT = `
actions:${actionEntry('plan')}
triggers:
  post-login: [{ action_name: plan, display_name: plan }]
clients:
  - { name: Web, app_type: spa, callbacks: [https://app.acme.example/callback] }
resourceServers:
  - { name: Orders, identifier: https://orders.example/ }
  - { name: Bills, identifier: https://bills.example/ }
`
const LOCAL = `
users:
  - { email: ada@acme.example, password: local-ada, app_metadata: { plan: team } }
  - { email: eve@acme.example, password: local-eve, app_metadata: { plan: secret-plan } }
`
const action = (...lines: string[]) => `exports.onExecutePostLogin = async (event, api) => {
  const { plan } = event.user.app_metadata
  const isOrders = event.resource_server?.identifier === 'https://orders.example/'
  ${lines.join('\n  ')}
}
`
const set = (token: string, claim: string, value: string) =>
  `api.${token}.setCustomClaim('https://acme.example/${claim}', ${value})`

it('says what ordinary logins get after a deploy, by API and token, without a value', async () => {
  const cwd = await folderWith({
    'tenant.yaml': TENANT,
    'tenant.local.yaml': LOCAL,
    'actions/plan.js': action(
      set('accessToken', 'plan', 'plan'),
      set('accessToken', 'team', 'plan'),
      set('idToken', 'level', '1'),
      set('idToken', 'name', 'plan'),
      set('accessToken', 'tags', '[]'),
    ),
  })
  const { env, values: target } = await commandTarget(await testTenant(), cwd)
  const plan = async (values: Record<string, boolean> = {}) => {
    const terminal = recordedTerminal({ cwd, env })
    await planCommand.run(terminal, { ...target, 'run-tenant-actions': true, ...values }, [])
    return terminal.stdout()
  }
  await deployCommand.run(recordedTerminal({ cwd, env }), { ...target, 'skip-prove': true }, [])
  expect(await plan()).toBe('nothing to change\n')

  await writeFile(
    join(cwd, 'actions/plan.js'),
    action(
      set('accessToken', 'plan', 'isOrders ? [plan] : plan'),
      set('accessToken', 'level', '1'),
      set('idToken', 'name', "plan + '!'"),
      set('accessToken', 'tags', "['a']"),
      "if (plan === 'secret-plan') return api.access.deny('no ' + plan)",
    ),
  )
  const text = await plan()
  expect(text.split('\n').filter((line) => line.startsWith('in '))).toEqual([
    'in 1 of 2 logins for https://bills.example/: allowed → denied',
    'in 1 of 2 logins for https://orders.example/: allowed → denied',
    ...['bills', 'orders'].flatMap((api) => [
      `in 1 of 2 logins for https://${api}.example/: access_token "https://acme.example/level" moved from the ID token`,
      ...(api === 'orders'
        ? [
            'in 1 of 2 logins for https://orders.example/: access_token "https://acme.example/plan" string → array of string',
          ]
        : []),
      `in 1 of 2 logins for https://${api}.example/: access_token "https://acme.example/tags" changed`,
      `in 1 of 2 logins for https://${api}.example/: access_token "https://acme.example/team" removed`,
      `in 1 of 2 logins for https://${api}.example/: id_token "https://acme.example/name" changed`,
    ]),
  ])
  expect(text).not.toMatch(/secret-plan|team!/)

  const document = JSON.parse(await plan({ json: true }))
  const isPlan = new Ajv2020({ validateFormats: false }).compile(planOutput)
  expect(isPlan(document), JSON.stringify(isPlan.errors)).toBe(true)
  expect(document.logins.tried).toEqual({ 'https://orders.example/': 2, 'https://bills.example/': 2 })
  expect(document.logins.claims).toContainEqual({
    audience: 'https://orders.example/',
    token: 'access_token',
    claim: 'https://acme.example/plan',
    change: 'retyped',
    before: 'string',
    after: 'array of string',
    logins: 1,
  })
  expect(JSON.stringify(document)).not.toContain('secret-plan')
  expect(await plan({ markdown: true })).toContain('string → array of string')
})

it.each([
  ['nobody can be asked', {}, undefined, false],
  ['the person says no', {}, 'no', false],
  ['the person says yes', {}, 'yes', true],
  ['the option is given', { 'run-tenant-actions': true }, undefined, true],
  ['JSON is asked for, of which a question is no part', { json: true }, 'yes', false],
])('runs the Actions of a tenant only when it may: %s', async (_when, values, answer, runs) => {
  const cwd = await folderWith({
    'tenant.yaml': TENANT,
    'tenant.local.yaml': LOCAL,
    'actions/plan.js': action(set('accessToken', 'plan', '[plan]')),
  })
  const { env, values: target } = await commandTarget(await testTenant(), cwd)
  await deployCommand.run(recordedTerminal({ cwd, env }), { ...target, 'skip-prove': true }, [])
  await writeFile(join(cwd, 'actions/plan.js'), action(set('accessToken', 'plan', 'plan')))
  for (const command of [planCommand, deployCommand]) {
    const terminal = recordedTerminal({ cwd, env, ...(answer !== undefined && { answer }) })
    await command.run(
      terminal,
      { ...target, ...values, ...(command === deployCommand && { 'skip-prove': true }) },
      [],
    )
    const [out, err] = [terminal.stdout(), terminal.stderr()]
    if (command === planCommand) expect(/array of string → string|"retyped"/.test(out)).toBe(runs)
    expect(/note: ran the Actions of \S+ (in|without) a? ?sandbox/.test(err)).toBe(runs)
    expect(err.includes(`note: did not run the Action "plan" of ${new URL(target.url).host}`)).toBe(!runs)
    expect(err.includes('Type yes')).toBe(answer !== undefined && !('json' in values))
  }
})

it('runs some logins of a large workspace, and says how many of how many', async () => {
  const lines = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => `  - ${line(index)}\n`).join('')
  const apis = lines(10, (n) => `{ name: api${n}, identifier: 'https://api${n}.example/' }`)
  const clients = lines(10, (n) => `{ name: app${n}, app_type: regular_web }`)
  const cwd = await folderWith({
    'tenant.yaml': `${TENANT.slice(0, TENANT.indexOf('clients:'))}clients:\n${clients}resourceServers:\n${apis}`,
    'tenant.local.yaml': LOCAL,
    'actions/plan.js': action(set('accessToken', 'plan', 'plan')),
  })
  const plan = async (values: Record<string, boolean>) => {
    const terminal = recordedTerminal({ cwd })
    await planCommand.run(terminal, { tenant: 'local', ...values }, [])
    return terminal.stdout()
  }
  const document = JSON.parse(await plan({ json: true }))
  const isPlan = new Ajv2020({ validateFormats: false }).compile(planOutput)
  expect(isPlan(document), JSON.stringify(isPlan.errors)).toBe(true)
  const tried = Object.values<number>(document.logins.tried).reduce((sum, count) => sum + count, 0)
  expect(tried).toBe(64)
  expect(document.logins.share).toEqual({
    logins: { tried: 64, of: 200 },
    users: { tried: 2, of: 2 },
    kindsOfUsers: { tried: 1, of: 1 },
    organizations: { tried: 0, of: 0 },
    clients: { tried: 10, of: 10 },
    apis: { tried: 10, of: 10 },
  })
  expect(await plan({})).toContain(
    'tokens compared in 64 of 200 logins: 2 of 2 users (1 of 1 kinds), 0 of 0 organizations, 10 of 10 applications, 10 of 10 APIs',
  )
})
