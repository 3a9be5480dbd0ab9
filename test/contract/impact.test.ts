import { expect, test } from 'vitest'
import type { OptionValues } from '../../lib/cli/command.ts'
import { impactCommand } from '../../lib/cli/commands/impact.ts'
import { readConsumers } from '../../lib/contract/index.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { outputOf } from '../helpers/output-schema.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const CONSUMER = {
  name: 'billing',
  token: 'access_token',
  audience: 'https://orders.acme.example/',
  claims: { 'https://acme.example/plan': 'required', 'https://acme.example/roles': 'optional' },
}
const FILE = 'schemas/consumers/billing.json'

async function run(cwd: string, values: OptionValues = {}) {
  const terminal = recordedTerminal({ cwd })
  const code = await impactCommand.run(terminal, values, [])
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

test('says who reads each claim, and what nobody reads', async () => {
  const { code, stdout } = await run(await exampleWorkspace({ [FILE]: JSON.stringify(CONSUMER) }))
  expect(code).toBe(0)
  const [, orders] = stdout.split('OrdersAccessToken')
  expect(orders).toBe(
    [
      ' (schemas/claims/orders.access-token.json)',
      '  https://acme.example/roles  read by billing (up to 1561 bytes)',
      '  https://acme.example/plan  needed by billing, orders-api (up to 41 bytes)',
      '  https://acme.example/region  read by orders-api (up to 35 bytes)',
      '  https://acme.example/organization  nobody reads it (up to 339 bytes)',
      'nobody reads 5 claims, which take up to 2315 bytes',
      '',
    ].join('\n'),
  )
})

test.each([
  ['https://acme.example/plan', 1, ['billing breaks', 'orders-api breaks']],
  ['https://acme.example/region', 0, ['orders-api does without it']],
  ['https://acme.example/organization', 0, ['nobody notices']],
])('says who breaks without %s', async (without, code, lines) => {
  const result = await run(await exampleWorkspace({ [FILE]: JSON.stringify(CONSUMER) }), { without })
  expect(result.code).toBe(code)
  for (const line of lines) expect(result.stdout).toContain(`\n  ${line}\n`)
})

test('gives one JSON document', async () => {
  const { stdout } = await run(await exampleWorkspace(), { json: true })
  expect(outputOf('impact', stdout)).toMatchObject({
    version: 1,
    command: 'impact',
    summary: { consumers: 1, unread: 6 },
    findings: [],
  })
})

test.each<[string, object, string, string]>([
  [
    'what no contract describes',
    { 'https://acme.example/tier': 'required' },
    'impact/unknown-claim',
    'error',
  ],
  [
    'an optional claim as if it were always there',
    { 'https://acme.example/organization': 'required' },
    'impact/not-promised',
    'error',
  ],
  [
    'what it could do without and nobody sets',
    { 'https://acme.example/tier': 'optional' },
    'impact/unknown-claim',
    'warning',
  ],
])('finds a consumer that reads %s', async (_what, claims, rule, severity) => {
  const folder = await exampleWorkspace({ [FILE]: JSON.stringify({ ...CONSUMER, claims }, null, 2) })
  const { code, stdout } = await run(folder)
  expect(code).toBe(severity === 'error' ? 1 : 0)
  expect(stdout).toMatch(new RegExp(`^${FILE}:6:\\d+ ${severity} ${rule} "billing" `, 'm'))
})

test('finds a consumer of an API that has no contract', async () => {
  const other = { ...CONSUMER, audience: 'https://other.example/' }
  const { code, stdout } = await run(await exampleWorkspace({ [FILE]: JSON.stringify(other) }))
  expect(code).toBe(1)
  expect(stdout).toContain('error impact/no-contract')
})

test('refuses a claim that no contract has', async () => {
  await expect(run(await exampleWorkspace(), { without: 'plan' })).rejects.toMatchObject({
    code: 'ERR_USAGE',
  })
})

test.each<[string, object, number]>([
  ['an unknown member', { ...CONSUMER, reads: [] }, 9],
  ['no name', { ...CONSUMER, name: '' }, 2],
  ['another token', { ...CONSUMER, token: 'refresh_token' }, 3],
  ['no API', { ...CONSUMER, audience: undefined }, 1],
  ['an API for ID tokens', { ...CONSUMER, token: 'id_token' }, 4],
  ['another need', { ...CONSUMER, claims: { 'https://acme.example/plan': 'maybe' } }, 6],
])('refuses a consumer file with %s, at its line', (_what, consumer, line) => {
  const text = JSON.stringify(consumer, null, 2)
  expect(() => readConsumers([{ file: 'x.json', text }])).toThrowError(
    expect.objectContaining({ code: 'ERR_INPUT', file: 'x.json', line }) as Error,
  )
})
