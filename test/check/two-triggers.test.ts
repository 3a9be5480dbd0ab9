import { expect, it } from 'vitest'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const NS = 'https://acme.example'

interface Action {
  code: string
  triggers: string
  secrets?: string
}

/** What a check reports of a workspace with these Actions, bound in this order. */
async function check(
  actions: Readonly<Record<string, Action>>,
  bound: Readonly<Record<string, readonly string[]>>,
  files: Readonly<Record<string, string>> = {},
) {
  const entries = Object.entries(actions).map(
    ([name, { triggers, secrets = '[]' }]) =>
      `  - { name: ${name}, code: ./code/${name}.js, runtime: node22, deployed: true, secrets: ${secrets}, supported_triggers: [${triggers}] }\n`,
  )
  const bindings = Object.entries(bound).map(
    ([id, names]) => `  ${id}: [${names.map((name) => `{ action_name: ${name} }`).join(', ')}]\n`,
  )
  const cwd = await folderWith({
    'tenant.yaml': `actions:\n${entries.join('')}triggers:\n${bindings.join('')}`,
    ...Object.fromEntries(Object.entries(actions).map(([name, { code }]) => [`code/${name}.js`, code])),
    ...files,
  })
  const terminal = recordedTerminal({ cwd })
  await checkCommand.run(terminal, { json: true }, [])
  const { findings } = JSON.parse(terminal.stdout()) as { findings: Record<string, unknown>[] }
  return findings.map(({ file, line, rule }) => `${file}:${line} ${rule}`)
}

const LOGIN = '{ id: post-login, version: v3 }'
const MACHINE = '{ id: credentials-exchange, version: v2 }'
const sets = (handler: string, claim: string) =>
  `exports.${handler} = async (event, api) => {\n  api.accessToken.setCustomClaim('${NS}/${claim}', event.client.name)\n}\n`

it('each trigger has an order of its own: Actions of two do not overwrite each other', async () => {
  const both = sets('onExecutePostLogin', 'a') + sets('onExecuteCredentialsExchange', 'a')
  const actions = {
    one: { code: both, triggers: `${LOGIN}, ${MACHINE}` },
    login: { code: sets('onExecutePostLogin', 'b'), triggers: LOGIN },
    machine: { code: sets('onExecuteCredentialsExchange', 'b'), triggers: MACHINE },
    again: { code: sets('onExecuteCredentialsExchange', 'a'), triggers: MACHINE },
  }
  expect(
    await check(actions, {
      'post-login': ['one', 'login'],
      'credentials-exchange': ['one', 'machine', 'again'],
    }),
  ).toEqual(['code/one.js:5 claims/overwritten'])
})

it('an Action exports the handler of each trigger that it is for', async () => {
  const actions = {
    one: { code: sets('onExecutePostLogin', 'a'), triggers: `${LOGIN}, ${MACHINE}` },
    wrong: { code: sets('onExecutePostLogin', 'b'), triggers: MACHINE },
  }
  expect(await check(actions, { 'post-login': ['one'], 'credentials-exchange': ['one', 'wrong'] })).toEqual([
    'code/one.js:1 handler/not-exported',
    'code/wrong.js:1 handler/not-exported',
  ])
})

it('reads code without a handler as what it is bound to', async () => {
  const code =
    'const plan = (event, api) => api.idToken.setCustomClaim("https://acme.example/a", event.user.name)\n'
  expect(await check({ a: { code, triggers: MACHINE } }, { 'credentials-exchange': ['a'] })).toEqual([
    'code/a.js:1 handler/not-exported',
    'code/a.js:1 api/unknown-method',
    'code/a.js:1 event/unknown-property',
  ])
  expect(await check({ a: { code, triggers: LOGIN } }, { 'post-login': ['a'] })).not.toContain(
    'code/a.js:1 api/unknown-method',
  )
})

it('a secret that one of two handlers reads is used, and what both read is said once', async () => {
  const read = (handler: string, name: string) =>
    `exports.${handler} = async (event) => { await use(event.secrets.${name}) }\n`
  const code = `const use = async (key) => key\n${read('onExecutePostLogin', 'A')}${read('onExecuteCredentialsExchange', 'B')}`
  const secrets = "[{ name: A, value: '##A##' }, { name: C, value: '##C##' }]"
  expect(
    await check(
      { a: { code, secrets, triggers: `${LOGIN}, ${MACHINE}` } },
      { 'post-login': ['a'], 'credentials-exchange': ['a'] },
    ),
  ).toEqual(['code/a.js:3 secrets/undeclared', 'tenant.yaml:2 secrets/unused'])
})

it('a claim that a contract requires may come from an Action of any trigger', async () => {
  const contract = JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'AccessToken',
    'x-auth0': { token: 'access_token', audience: 'https://api.acme.example/' },
    type: 'object',
    properties: { [`${NS}/a`]: { type: 'string', maxLength: 20 } },
    required: [`${NS}/a`],
  })
  const files = { 'schemas/claims/access-token.json': contract }
  const machine = (claim: string) => ({
    a: { code: sets('onExecuteCredentialsExchange', claim), triggers: MACHINE },
  })
  const bound = { 'credentials-exchange': ['a'] }
  expect(await check(machine('a'), bound, files)).toEqual([])
  expect(await check(machine('b'), bound, files)).toEqual([
    'code/a.js:2 contract/undeclared-claim',
    'schemas/claims/access-token.json:1 contract/never-set',
  ])
})

it('tells of a binding to an Action that tenant.yaml does not have, and of a machine Action that nothing runs', async () => {
  const code = sets('onExecuteCredentialsExchange', 'a')
  const found = await check({ a: { code, triggers: MACHINE } }, { 'credentials-exchange': ['b'] })
  expect(found).toEqual(['tenant.yaml:2 tenant/unbound', 'tenant.yaml:4 tenant/unknown-action'])
})
