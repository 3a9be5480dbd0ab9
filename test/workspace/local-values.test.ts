import { describe, expect, test } from 'vitest'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { tenantCommand } from '../../lib/cli/commands/tenant.ts'
import { localSecrets, readWorkspace, valuelessSecrets } from '../../lib/workspace/index.ts'
import { called } from '../helpers/called.ts'
import { folderWith } from '../helpers/folder.ts'

const TENANT = `actions:
  - name: plan
    code: ./actions/plan/code.js
    deployed: true
    secrets:
      - name: BARE
      - name: FILLED
        value: '##KEY##'
    supported_triggers: [{ id: post-login, version: v3 }]
triggers:
  post-login:
    - action_name: plan
`
const CODE = `exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim('https://acme.example/bare', event.secrets.BARE)
  api.idToken.setCustomClaim('https://acme.example/filled', event.secrets.FILLED)
}
`
const FILES = { 'tenant.yaml': TENANT, 'actions/plan/code.js': CODE }

describe('values on this machine', () => {
  test('come from tenant.local.yaml, else from the mappings of config.json', async () => {
    const config = {
      AUTH0_DOMAIN: 'acme.eu.auth0.com',
      AUTH0_KEYWORD_REPLACE_MAPPINGS: { KEY: 'mapped', ON: true },
    }
    const root = await folderWith({ ...FILES, 'config.json': JSON.stringify(config) })
    expect((await readWorkspace(root)).keywords).toEqual({ KEY: 'mapped', ON: 'true' })
    const both = await folderWith({
      ...FILES,
      'config.json': JSON.stringify(config),
      'tenant.local.yaml': 'keywords: { KEY: own }\n',
    })
    expect((await readWorkspace(both)).keywords).toEqual({ KEY: 'own', ON: 'true' })
  })

  test('a config.json of another tool is nobody’s business, and a broken one of the deploy CLI is said', async () => {
    const other = await folderWith({ ...FILES, 'config.json': '{ "port": 1, ' })
    expect((await readWorkspace(other)).keywords).toEqual({})
    const broken = await folderWith({
      ...FILES,
      'config.json': '{ "AUTH0_CLIENT_SECRET": "hunter2hunter2", ',
    })
    const error = await readWorkspace(broken).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'ERR_INPUT', file: 'config.json' })
    expect(String(error)).not.toContain('hunter2')
  })

  test('tenant.local.yaml needs no user, and may be empty', async () => {
    for (const text of ['', '# nothing yet\n', 'keywords: { KEY: own }\n', 'users: []\n']) {
      const { local } = await readWorkspace(await folderWith({ ...FILES, 'tenant.local.yaml': text }))
      expect(local?.users).toEqual([])
    }
  })

  test('a secret that an export only names has its value in tenant.local.yaml', async () => {
    const root = await folderWith({
      ...FILES,
      'tenant.local.yaml': 'keywords: { KEY: own }\nsecrets: { plan: { BARE: here } }\n',
    })
    const workspace = await readWorkspace(root)
    expect(localSecrets(workspace.actions[0]!, workspace)).toEqual({ BARE: 'here', FILLED: 'own' })
    expect(valuelessSecrets(workspace)).toEqual([])
    const { code, out, err } = await called(root, simulateCommand, ['--json'])
    expect(code, err).toBe(0)
    expect(out).toContain('"https://acme.example/bare": "here"')
  })

  test('those that are missing are asked for by name and place', async () => {
    const root = await folderWith(FILES)
    const { code, err } = await called(root, simulateCommand)
    expect(code).toBe(0)
    expect(err).toContain(
      'note: the secret "BARE" of "plan" (tenant.yaml:6) has no value here: give secrets.plan.BARE one in tenant.local.yaml',
    )
    expect(err).toContain('"FILLED" of "plan" (tenant.yaml:7) has no value here: give keywords.KEY one')
    // Auth0 never has such a value, so the tenant does not start with one.
    const refused = await called(root, tenantCommand, ['--port', '0'])
    expect(refused.code).toBe(2)
    expect(refused.err).toBe(
      'tenant.yaml:8:9 error ERR_INPUT "##KEY##" has no value\n  hint: Add KEY to "keywords" in tenant.local.yaml.\n',
    )
  })

  test('what the local tenant does not act on needs none', async () => {
    const root = await folderWith({
      ...FILES,
      'tenant.yaml': `${TENANT}attackProtection:\n  captcha: { hcaptcha: { site_key: '', secret: '##CAPTCHA##' } }\n`,
      'tenant.local.yaml': 'keywords: { KEY: own }\n',
    })
    const { code, err } = await called(root, tenantCommand, ['--port', '0'])
    expect(code, err).toBe(0)
  })

  test('an export that leaves types out serves, whatever its entries name', async () => {
    const root = await folderWith({
      ...FILES,
      'tenant.yaml': `${TENANT}
clients: []
clientGrants: [{ client_id: Machine, audience: https://a.example/, scope: [] }]
roles:
  - { name: reader, permissions: [{ permission_name: read, resource_server_identifier: https://a.example/ }] }
organizations:
  - { name: acme, connections: [{ name: google-oauth2, assign_membership_on_login: false }], clients: [{ client_id: App }], discovery_domains: [] }
`,
      'tenant.local.yaml': 'keywords: { KEY: own }\n',
    })
    const { code, err } = await called(root, tenantCommand, ['--port', '0'])
    expect(code, err).toBe(0)
    expect((await called(root, simulateCommand, ['--org', 'acme'])).code).toBe(0)
  })

  test('a file that was written down on Windows is found', async () => {
    const root = await folderWith({
      'actions/plan/code.js': CODE,
      'tenant.yaml': TENANT.replace('./actions/plan/code.js', '.\\actions\\plan\\code.js'),
      'tenant.local.yaml': 'keywords: { KEY: own }\n',
    })
    expect((await readWorkspace(root)).findings).toEqual([])
    expect((await called(root, simulateCommand)).code).toBe(0)
    const { code, err } = await called(root, planCommand)
    expect(code, err).toBe(0)
  })
})
