import type { Command } from '../../lib/cli/command.ts'
import { breakingCommand } from '../../lib/cli/commands/breaking.ts'
import { buildCommand } from '../../lib/cli/commands/build.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { impactCommand } from '../../lib/cli/commands/impact.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'

/** Workspaces in which a command reports a rule: for the rules that no single Action file shows. */

export interface Scene {
  command: Command
  args: readonly string[]
  /** Over those of {@link CLEAN}; `undefined` leaves a file out. */
  files: Readonly<Record<string, string | undefined>>
  /** Takes longer than a fast test may. */
  slow?: true
}

const API = 'https://api.example/'
const NS = 'https://acme.example/'
const CLIENT = `{ name: App, app_type: spa, token_endpoint_auth_method: none, callbacks: [http://localhost:3000/callback],
    grant_types: [authorization_code, refresh_token], refresh_token: { rotation_type: rotating, expiration_type: expiring } }`
const A =
  '{ name: a, code: ./dist/a.js, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }] }'
const OF_PHONE = A.replace('name: a', 'name: sms')
  .replace('a.js', 'sms.js')
  .replace('post-login, version: v3', 'send-phone-message, version: v2')
const TENANT = `clients: [${CLIENT}]
resourceServers: [{ name: API, identifier: ${API}, allow_offline_access: true, scopes: [{ value: read }] }]
actions: [${A}]
triggers: { post-login: [{ action_name: a, display_name: a }] }
`

/** A workspace of which nothing is to be said. */
export const CLEAN = {
  'tenant.yaml': TENANT,
  'tenant.local.yaml': 'users: [{ email: ada@acme.example, password: local-ada }]\n',
  'actions/a.js': 'exports.onExecutePostLogin = async (event, api) => {}\n',
} as const

const check = (files: Scene['files'], ...args: string[]): Scene => ({ command: checkCommand, args, files })
const tenant = (from: string, to: string, files: Scene['files'] = {}) => {
  if (!TENANT.includes(from)) throw new Error(`tenant.yaml does not hold ${from}`)
  return check({ 'tenant.yaml': TENANT.replace(from, to), ...files })
}
const code = (body: string) => `exports.onExecutePostLogin = async (event, api) => {\n${body}\n}\n`
const action = (body: string) => check({ 'actions/a.js': code(body) })
const claim = (name: string, value = '1') => `api.accessToken.setCustomClaim('${name}', ${value})`
const run = (body: string, ...args: string[]): Scene => ({
  command: simulateCommand,
  args: ['--json', ...args],
  files: { 'actions/a.js': code(body) },
})

const simulated = (from: string, to: string, ...args: string[]): Scene => ({
  command: simulateCommand,
  args: ['--json', ...args],
  files: tenant(from, to).files,
})

type Schema = Record<string, unknown>
const contractText = (schema: Schema = {}, auth0: Schema = {}) =>
  JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Token',
    'x-auth0': { token: 'access_token', audience: API, ...auth0 },
    type: 'object',
    properties: { [`${NS}plan`]: { type: 'string', maxLength: 20 } },
    ...schema,
  })
const contract = (schema: Schema = {}, auth0: Schema = {}, body = claim(`${NS}plan`, "'team'")) =>
  check({ 'schemas/claims/token.json': contractText(schema, auth0), 'actions/a.js': code(body) })
const plan = (schema: unknown) => ({ properties: { [`${NS}plan`]: schema } })
const text = (maxLength: number) => ({ type: 'string', pattern: '^[a-z]*$', maxLength })

/** A change of contracts, from the older to the newer. */
const change = (before: string | undefined, after: string | undefined, more: Scene['files'] = {}): Scene => ({
  command: breakingCommand,
  args: ['--against', 'old'],
  files: { 'old/other.json': OTHER, 'old/token.json': before, 'schemas/claims/token.json': after, ...more },
})
/** So that there are older contracts at all. */
const OTHER = contractText({ title: 'Other' }, { audience: `${API}other` })
const HAS_OTHER = { 'schemas/claims/other.json': OTHER }
const REQUIRED = { required: [`${NS}plan`] }

const impact = (claims: Record<string, string>, audience = API): Scene => ({
  command: impactCommand,
  args: ['--json'],
  files: {
    'schemas/claims/token.json': contractText(),
    'schemas/consumers/shop.json': JSON.stringify({ name: 'shop', token: 'access_token', audience, claims }),
  },
})

export const SCENES: Readonly<Record<string, Scene>> = {
  'claims/auth0-audience': contract({}, { audience: 'https://acme.eu.auth0.com/api/v2/' }),
  'claims/overwritten': check({
    'tenant.yaml': TENANT.replace(
      A,
      `${A}, ${A.replace('name: a', 'name: b').replace('a.js', 'b.js')}`,
    ).replace('display_name: a }', 'display_name: a }, { action_name: b, display_name: b }'),
    'actions/a.js': code(claim(`${NS}plan`)),
    'actions/b.js': code(claim(`${NS}plan`)),
  }),
  'claims/undefined-value': run(claim(`${NS}plan`, 'undefined')),
  'claims/argument': run('try { api.accessToken.setCustomClaim({}, 1) } catch {}'),
  'claims/too-large': run(claim(`${NS}plan`, "'x'.repeat(200_000)")),
  'claims/not-on-refresh': action(
    `if (event.transaction?.protocol === 'oauth2-refresh-token') return\n${claim(`${NS}plan`)}`,
  ),
  'claims/only-on-refresh': action(
    `if (event.transaction?.protocol === 'oauth2-refresh-token') ${claim(`${NS}plan`)}`,
  ),
  'claims/only-after-redirect': check({
    'actions/a.js': `${CLEAN['actions/a.js']}exports.onContinuePostLogin = async (event, api) => { ${claim(`${NS}plan`)} }\n`,
  }),
  'claims/ignore-without-reason': action('// claims-ignore claims/private-name'),
  'claims/opaque-access-token': run(claim(`${NS}plan`), '--audience', ''),
  'claims/no-id-token': run(`api.idToken.setCustomClaim('${NS}plan', 1)`, '--scope', 'read'),

  'bundle/syntax': check({ 'actions/a.js': 'exports.onExecutePostLogin = async (event, api => {}\n' }),
  'bundle/too-deep': action(`return ${'['.repeat(3000)}${']'.repeat(3000)}`),
  'bundle/unresolved': check({ 'actions/a.js': undefined, 'actions/a.ts': "import './none.ts'\n" }),
  'bundle/undeclared-dependency': action("require('axios')"),
  'bundle/too-large': action(`return '${'x'.repeat(110_000)}'`),
  'bundle/source-is-output': {
    command: buildCommand,
    args: [],
    files: {
      'tenant.yaml': TENANT.replace('./dist/a.js', './actions/a.js'),
      'actions/a.js': 'export const onExecutePostLogin = async (event, api) => {}\n',
    },
  },
  'bundle/not-ours': { command: buildCommand, args: [], files: { 'dist/a.js': '// mine\n' } },
  'bundle/keyword-marker': action("return '##HOME##'"),
  'bundle/module-state': check({ 'actions/a.js': `let count = 0\n${code('count++')}` }),
  'bundle/esm-only-package': tenant(
    'runtime: node22',
    'runtime: node22, dependencies: [{ name: node-fetch, version: 3.3.2 }]',
    { 'actions/a.js': code("return require('node-fetch')") },
  ),
  'bundle/management-client': check(
    {
      'a.js': code(
        "const { ManagementClient } = require('auth0')\nnew ManagementClient({ domain: 'x' }).users.getRoles({ id: 'x' })",
      ),
    },
    'a.js',
  ),

  'bundle/no-action': check({ 'a.tf': 'code = file("a.js")\n' }, 'a.tf'),
  'bundle/not-checked': tenant('actions: [', `actions: [${OF_PHONE}, `, {
    'actions/sms.js': 'exports.onExecuteSendPhoneMessage = async (event, api) => {}\n',
  }),

  'secrets/undeclared': action('return event.secrets.API_KEY'),
  'secrets/unused': tenant('runtime: node22', 'runtime: node22, secrets: [{ name: OLD, value: x }]'),
  'scopes/undefined-scope': action("api.accessToken.addScope('reed')"),
  'scopes/ignored': {
    ...run('', '--client', 'App'),
    files: {
      'tenant.yaml': TENANT.replace('app_type: spa', 'app_type: spa, is_first_party: false'),
      'actions/a.js': code("api.accessToken.addScope('read')"),
    },
  },
  'scopes/not-defined': run('', '--scope', 'openid reed'),
  'scopes/no-client-grant': simulated(
    'actions:',
    `clientGrants: [{ client_id: App, audience: ${API}, subject_type: user, scope: [] }]\nactions:`,
  ),
  'scopes/not-permitted': simulated('scopes: [', 'enforce_policies: true, scopes: ['),
  'scopes/no-refresh': simulated(
    'allow_offline_access: true',
    'allow_offline_access: false',
    '--scope',
    'openid offline_access',
  ),
  'scopes/third-party': simulated('app_type: spa', 'app_type: spa, is_first_party: false'),
  'scopes/no-target-scopes': {
    ...run('', '--event', 'event.json'),
    files: {
      'event.json': JSON.stringify(postLoginEvent({ transaction: { protocol: 'samlp' } })),
      'actions/a.js': code("api.transaction.addTargetScope('read')"),
    },
  },

  'contract/undeclared-claim': contract({}, {}, claim(`${NS}other`)),
  'contract/never-set': contract(REQUIRED, {}, ''),
  'contract/not-json': check({ 'schemas/claims/token.json': '{,}' }),
  'contract/not-a-schema': contract(plan({ type: 'text' })),
  'contract/not-a-contract': contract({ 'x-auth0': undefined }),
  'contract/twice': check({
    'schemas/claims/token.json': contractText(),
    'schemas/claims/twice.json': contractText(),
  }),
  'contract/undeclared-required': contract({ required: [`${NS}pln`] }),
  'contract/slow-pattern': contract(plan({ type: 'string', pattern: '^([a-z]+)+$' })),
  'contract/unbounded-claim': contract(plan({ type: 'string' })),
  'contract/over-budget': contract(plan(text(100)), { maxBytes: 100 }),
  'contract/above-auth0-limit': contract(plan(text(200_000))),
  'contract/above-header-limit': contract(plan(text(9000))),
  'contract/above-cookie-limit': contract(
    plan(text(4000)),
    { token: 'id_token', audience: undefined },
    `api.idToken.setCustomClaim('${NS}plan', 'team')`,
  ),

  'tenant/no-callback': tenant('callbacks: [http://localhost:3000/callback]', 'callbacks: []'),
  'tenant/missing-grant': tenant('[authorization_code, refresh_token]', '[refresh_token]'),
  'tenant/public-client-secret': tenant('method: none', 'method: client_secret_post'),
  'tenant/app-type': tenant('app_type: spa', 'app_type: regular_web'),
  'tenant/no-rotation': tenant('rotation_type: rotating', 'rotation_type: non-rotating'),
  'tenant/no-offline-access': tenant('allow_offline_access: true', 'allow_offline_access: false'),
  'tenant/not-deployed': tenant('deployed: true', 'deployed: false'),
  'tenant/unbound': tenant('{ post-login: [{ action_name: a, display_name: a }] }', '{ post-login: [] }'),
  'tenant/shared-code': tenant(A, `${A}, ${A.replace('name: a', 'name: b')}`, {
    'actions/b.js': CLEAN['actions/a.js'],
  }),
  'tenant/unknown-section': tenant('\ntriggers:', '\ntrigers:'),
  'tenant/misspelt-member': tenant('supported_triggers', 'suported_triggers'),
  'tenant/unknown-action': tenant('action_name: a,', 'action_name: aa,'),
  'tenant/missing-source': check({ 'actions/a.js': undefined }),
  'tenant/outside-workspace': tenant('./dist/a.js', '../a.js'),

  'runtime/threw': run("throw new Error('no')"),
  'runtime/timeout': { ...run('while (true);'), slow: true },
  'runtime/exited': run('process.exit(1)'),
  'runtime/out-of-memory': {
    ...run('const all = []; while (true) all.push(new Array(1e6).fill(all.length))'),
    slow: true,
  },
  'runtime/load': {
    command: simulateCommand,
    args: ['--json'],
    files: { 'actions/a.js': `throw new Error('at load')\n${CLEAN['actions/a.js']}` },
  },
  'runtime/signature': {
    command: simulateCommand,
    args: ['--json'],
    files: { 'actions/a.js': 'exports.onExecutePostLogin = () => {}\n' },
  },
  'runtime/unhandled': run(
    "Promise.reject(new Error('lost'))\nawait new Promise((done) => setTimeout(done, 50))",
  ),
  'runtime/interaction-required': run(
    "if (event.transaction.protocol === 'oauth2-refresh-token') api.redirect.sendUserTo('https://acme.example/')",
    '--refresh',
  ),
  'runtime/mfa-required': run(
    "if (event.transaction.protocol === 'oauth2-refresh-token') api.multifactor.enable('any')",
    '--refresh',
  ),

  'breaking/contract-removed': change(contractText(REQUIRED), undefined, HAS_OTHER),
  'breaking/contract-added': change(undefined, contractText(), HAS_OTHER),
  'breaking/audience-changed': change(
    contractText(REQUIRED),
    contractText(REQUIRED, { audience: `${API}v2` }),
  ),
  'breaking/removed': change(contractText(REQUIRED), contractText({ properties: {} })),
  'breaking/added': change(
    contractText(),
    contractText({
      properties: { [`${NS}plan`]: { type: 'string', maxLength: 20 }, [`${NS}new`]: { type: 'boolean' } },
    }),
  ),
  'breaking/renamed-namespace': change(
    contractText(REQUIRED),
    contractText({
      properties: { 'https://claims.acme.example/plan': { type: 'string', maxLength: 20 } },
      required: ['https://claims.acme.example/plan'],
    }),
  ),
  'breaking/moved': change(contractText(REQUIRED), contractText({ properties: {} }), {
    'schemas/claims/id.json': contractText(
      { title: 'Id', ...REQUIRED },
      { token: 'id_token', audience: undefined },
    ),
  }),
  'breaking/made-optional': change(contractText(REQUIRED), contractText()),
  'breaking/made-required': change(contractText(), contractText(REQUIRED)),
  'breaking/retyped': change(contractText(), contractText(plan({ type: 'array', maxItems: 1 }))),
  'breaking/widened': change(contractText(plan({ enum: ['a'] })), contractText(plan({ enum: ['a', 'b'] }))),
  'breaking/narrowed': change(contractText(plan({ enum: ['a', 'b'] })), contractText(plan({ enum: ['a'] }))),
  'breaking/changed': change(
    contractText(plan({ type: 'string', maxLength: 20, pattern: '^[a-z]+(?<!ab)$' })),
    contractText(plan({ type: 'string', maxLength: 20, pattern: '^[a-z]+(?<!abc)$' })),
  ),

  'impact/no-contract': impact({}, `${API}none`),
  'impact/unknown-claim': impact({ [`${NS}role`]: 'required' }),
  'impact/not-promised': impact({ [`${NS}plan`]: 'required' }),
}
