import { describe, expect, it } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { CLEAN } from '../check/rule-scenes.ts'
import { called } from '../helpers/called.ts'
import { folderWith } from '../helpers/folder.ts'

const NAME = 'https://acme.example/plan'
const WRITE = `api.accessToken.setCustomClaim('${NAME}', 'team')`
const code = (body: string) => `exports.onExecutePostLogin = async (event, api) => {\n${body}\n}\n`
const contract = JSON.stringify({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Token',
  'x-auth0': { token: 'access_token', audience: 'https://api.example/' },
  type: 'object',
  properties: { [NAME]: { type: 'string', maxLength: 9 } },
  required: [NAME],
})
const TENANT = CLEAN['tenant.yaml']
const tenant = (from: string, to: string) => {
  expect(TENANT).toContain(from)
  return { 'tenant.yaml': TENANT.replace(from, to) }
}
const M2M = '{ name: Machine, app_type: non_interactive, grant_types: [client_credentials] }'

type Cause = readonly [
  cause: string,
  body: string,
  command: Command,
  args: readonly string[],
  says: RegExp,
  files?: Readonly<Record<string, string>>,
]

const CAUSES: readonly Cause[] = [
  ['a name without namespace', WRITE.replace(NAME, 'roles'), checkCommand, [], /"roles" is restricted/],
  [
    'a namespace of Auth0',
    WRITE.replace(NAME, 'https://a.auth0.com/x'),
    checkCommand,
    [],
    /a domain of Auth0/,
  ],
  [
    'a name without namespace at an API of Auth0',
    WRITE.replace(NAME, 'plan'),
    checkCommand,
    [],
    /dropped for an API of Auth0/,
  ],
  [
    'no audience',
    WRITE,
    simulateCommand,
    ['--audience', ''],
    /No API was asked for: the access token is opaque/,
  ],
  [
    'the other token',
    WRITE.replace('accessToken', 'idToken'),
    checkCommand,
    [],
    /set in the ID token only \(actions\/a\.js:2\)/,
    { 'schemas/claims/token.json': contract },
  ],
  [
    'a refresh that is left out',
    `if (event.transaction?.protocol === 'oauth2-refresh-token') return\n${WRITE}`,
    checkCommand,
    [],
    /is not set at a refresh/,
  ],
  [
    'the wrong trigger',
    WRITE,
    checkCommand,
    [],
    /"onExecutePostLogin" is the handler of post-login.*bind the Action there/,
    tenant('post-login, version: v3', 'credentials-exchange, version: v2'),
  ],
  [
    'not bound',
    WRITE,
    checkCommand,
    [],
    /is bound to no trigger: it never runs/,
    tenant('[{ action_name: a, display_name: a }]', '[]'),
  ],
  [
    'not bound, as a login shows it',
    WRITE,
    simulateCommand,
    [],
    /No Action is bound to post-login/,
    tenant('[{ action_name: a, display_name: a }]', '[]'),
  ],
  [
    'not deployed',
    WRITE,
    checkCommand,
    [],
    /is bound and not deployed/,
    tenant('deployed: true', 'deployed: false'),
  ],
  [
    'a scope that the API does not define',
    WRITE,
    simulateCommand,
    ['--scope', 'openid admin'],
    /"admin".*does not define it/,
  ],
  [
    'permissions of RBAC',
    WRITE.replace("'team'", 'event.authorization?.permissions'),
    checkCommand,
    [],
    /With RBAC and "Add Permissions/,
  ],
  [
    'no value',
    WRITE.replace("'team'", 'event.user.app_metadata.plan'),
    simulateCommand,
    [],
    /no form in JSON/,
  ],
  [
    'metadata in another place',
    WRITE.replace("'team'", 'event.user.metadata'),
    checkCommand,
    [],
    /event\.user\.app_metadata and event\.user\.user_metadata/,
  ],
  [
    'metadata of before',
    `api.user.setAppMetadata('plan', 'a')\n${WRITE.replace("'team'", 'event.user.app_metadata.plan')}`,
    checkCommand,
    [],
    /still has the value from before/,
  ],
  [
    'the scope profile is not asked for',
    WRITE,
    simulateCommand,
    ['--scope', 'openid'],
    /The scope profile is not granted: the ID token has no name/,
  ],
  [
    'no scope openid',
    WRITE.replace('accessToken', 'idToken'),
    simulateCommand,
    ['--scope', 'read'],
    /openid is not granted: there is no ID token/,
  ],
  [
    'too large',
    WRITE.replace("'team'", "'x'.repeat(200_000)"),
    simulateCommand,
    [],
    /at most 100000 are allowed/,
  ],
  [
    'a machine has no login',
    WRITE,
    simulateCommand,
    ['--client', 'Machine'],
    /there run the Actions of credentials-exchange/,
    tenant('clients: [', `clients: [${M2M}, `),
  ],
  [
    'an assignment',
    "api.accessToken['https://acme.example/plan'] = 'team'",
    checkCommand,
    [],
    /sets no claim/,
  ],
]

describe('whoever misses a claim is told why', () => {
  for (const [cause, body, command, args, says, files = {}] of CAUSES) {
    it(cause, async () => {
      const cwd = await folderWith({ ...CLEAN, 'actions/a.js': code(body), ...files })
      const { out, err, code: exit } = await called(cwd, command, args)
      expect(exit).not.toBe(70)
      expect(out + err).toMatch(says)
    })
  }
})
