import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type PlanOptions, planDeploy } from '../../lib/deploy/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { ANSWERS, answerAlike } from './recorded-answers.ts'
import { recordedTenant } from './recorded-tenant.ts'
import { stockCli } from './same-as-stock.ts'

const cli = stockCli()
afterAll(() => cli.stop())

async function planOf(
  files: Readonly<Record<string, string>> | string,
  keywords: PlanOptions['keywords'] = {},
) {
  const root = typeof files === 'string' ? files : await folderWith(files)
  const tenant = await recordedTenant(ANSWERS, answerAlike)
  const plan = await planDeploy({ ...tenant.access, workspace: await readWorkspace(root), keywords })
  expect(tenant.writes).toEqual([])
  return plan
}

const SCRIPTS = {
  'login.js': '// login\n',
  'get_user.js': '// get\n',
  'change_password.js': '// change\n',
}
/** A database as most files have it: without what a tenant puts in by itself. */
const database = (more = '', scripts = SCRIPTS) => ({
  'tenant.yaml': `
databases:
  - name: people
    strategy: auth0
    options:
      mfa: { active: true, return_enroll_settings: true }
      strategy_version: 2
      passwordPolicy: good
      brute_force_protection: true
      enabledDatabaseCustomization: true
      customScripts: { get_user: ./get_user.js, login: ./login.js, change_password: ./change_password.js }
      ${more}
`,
  ...scripts,
})
const yaml = (text: string) => ({ 'tenant.yaml': text })
const action = (more: string) => ({
  'tenant.yaml': `
actions:
  - { name: Add the plan, code: ./plan.js, deployed: true, supported_triggers: [{ id: post-login, version: v3 }]${more} }
triggers: { post-login: [{ action_name: Add the plan, display_name: Adds the plan }] }
`,
  'plan.js': 'exports.onExecutePostLogin = async () => {}\n',
})

describe('a tenant that answers as a real one', () => {
  it.each(['yaml', 'directory'] as const)('has no change in a plan of its own export: %s', async (format) => {
    const tenant = await recordedTenant(ANSWERS, answerAlike)
    const folder = await folderWith({})
    await cli.export(tenant.access, folder, format)
    expect(tenant.unknown).toEqual([])
    const texts = await Promise.all((await filesOf(folder)).map((file) => readFile(file, 'utf8')))
    // Secrets that the CLI puts a marker for.
    const names = texts.flatMap((text) => [...text.matchAll(/##(\w+)##/g)].map(([, name]) => name!))
    expect(names).toContain('TWILIO_AUTH_TOKEN')
    const { changes } = await planOf(folder, Object.fromEntries(names.map((name) => [name, `value ${name}`])))
    expect(changes).toEqual([])
  })

  it.each<[string, Record<string, string>]>([
    ['the older name of a setting', yaml('clients: [{ name: Shop, cross_origin_auth: false }]')],
    [
      'what an answer leaves out, where it is false or empty',
      yaml(
        "clients: [{ name: Bare, cross_origin_authentication: false, callbacks: [], description: '', oidc_logout: {} }]",
      ),
    ],
    ['a key of an application', yaml('clients: [{ name: By key }]')],
    [
      'a connection of an organization',
      yaml(
        'organizations: [{ name: acme, display_name: Acme, connections: [{ name: people, assign_membership_on_login: true }] }]',
      ),
    ],
    ['scripts in another order, and options that come by themselves', database()],
    [
      'flags and lifetimes partly named',
      yaml('tenant: { flags: { universal_login: true }, session_lifetime: 3.0166 }'),
    ],
    [
      'stages partly named',
      yaml(
        'attackProtection: { suspiciousIpThrottling: { enabled: true, stage: { pre-login: { max_attempts: 100, rate: 864000 } } } }',
      ),
    ],
    ['an Action without runtime, secrets and dependencies', action('')],
    [
      'a secret that is never shown',
      yaml(
        "emailProvider: { name: mandrill, enabled: false, default_from_address: a@acme.example, credentials: { api_key: 'key-1' } }",
      ),
    ],
  ])('takes for no change: %s', async (_, files) => {
    expect((await planOf(files)).changes).toEqual([])
  })

  it.each<[string, Record<string, string>, object]>([
    [
      'a connection that an organization loses',
      yaml('organizations: [{ name: acme, display_name: Acme, connections: [] }]'),
      { type: 'organizations', name: 'acme', change: 'update', fields: ['connections'] },
    ],
    [
      'a script',
      database('', { ...SCRIPTS, 'login.js': '// other\n' }),
      { type: 'databases', name: 'people', fields: ['options'] },
    ],
    [
      'options that would be lost, by name',
      yaml(
        'connections: [{ name: google-oauth2, strategy: google-oauth2, options: { scope: [email, profile] } }]',
      ),
      {
        type: 'connections',
        name: 'google-oauth2',
        fields: ['options', 'without options.email', 'without options.profile'],
      },
    ],
    [
      'a method of authentication that is switched on',
      database('authentication_methods: { passkey: { enabled: true }, password: { enabled: true } }'),
      { type: 'databases', name: 'people', fields: ['options'] },
    ],
    [
      'a dependency of an Action',
      action(', dependencies: [{ name: uuid, version: 9.0.0 }]'),
      { type: 'actions', name: 'Add the plan', fields: ['dependencies'] },
    ],
  ])('shows in the plan: %s', async (_, files, change) => {
    expect((await planOf(files)).changes).toMatchObject([change])
  })
})

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}
