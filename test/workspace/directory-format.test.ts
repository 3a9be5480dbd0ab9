import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'

const ACTION = JSON.stringify({
  name: 'Add roles',
  code: './actions/Add roles/code.js',
  runtime: 'node22',
  deployed: true,
  secrets: [{ name: 'KEY', value: '##KEY##' }],
  supported_triggers: [{ id: 'post-login', version: 'v3' }],
})
const BASE = {
  'actions/Add roles.json': ACTION,
  'actions/Add roles/code.js': 'exports.onExecutePostLogin = async () => {}\n',
  'triggers/triggers.json': '{ "post-login": [{ "action_name": "Add roles", "display_name": "Add roles" }] }',
}

it('reads the folders of the deploy CLI as a workspace', async () => {
  const root = await folderWith({
    ...BASE,
    'clients/App.json': '{ "name": "App", "custom_login_page": "./App.html" }',
    'clients/App.html': '<p>',
    'clients/empty.json': '{}',
    'grants/one.json': '{ "client_id": "App", "audience": "https://a.example/", "scope": [] }',
    'tenant.json': '{ "friendly_name": "A" }',
    'rules/one.json': '{ "name": "one", "script": "./one.js" }',
    'rules/one.js': '',
    'emails/provider.json': '{ "name": "smtp" }',
    'emails/welcome_email.json': '{ "template": "welcome_email" }',
    'emails/welcome_email.html': '',
    'emails/blocked_account.json': '{ "template": "blocked_account" }',
    'pages/error_page.json': '{ "name": "error_page", "url": "https://a.example/" }',
    'pages/login.json': '{ "name": "login" }',
    'pages/login.html': '',
    'pages/password_reset.json': '{ "name": "password_reset" }',
    'database-connections/users/database.json':
      '{ "name": "users", "customScripts": { "login": "./login.js", "unknown": "x" } }',
    'database-connections/users/login.js': '',
    'prompts/prompts.json': '{ "identifier_first": true }',
    'prompts/custom-text.json': '{ "en": {} }',
    'prompts/partials.json':
      '{ "login": [{ "login": [{ "name": "form-content-start", "template": "partials/a.liquid" }, { "name": "gone", "template": "no.liquid" }] }] }',
    'prompts/partials/a.liquid': '<b>\n',
    'prompts/screenRenderSettings/login_login.json': '{ "prompt": "login", "screen": "login-id" }',
    'forms/ask.json': '{ "name": "ask" }',
    'branding/branding.json': '{ "colors": {} }',
    'branding/templates/universal_login.json':
      '{ "template": "universal_login", "body": "./universal_login.html" }',
    'branding/templates/universal_login.html': '',
    'guardian/factors/sms.json': '{ "name": "sms", "enabled": true }',
  })
  const { format, tenantFile, tenant, actions, bound, findings, namedFiles } = await readWorkspace(root)
  expect({ format, tenantFile, bound, findings }).toEqual({
    format: 'directory',
    tenantFile: root,
    bound: { 'post-login': ['Add roles'] },
    findings: [],
  })
  expect(actions).toMatchObject([
    {
      name: 'Add roles',
      sourceFile: join(root, 'actions/Add roles/code.js'),
      secrets: [{ name: 'KEY', value: '##KEY##' }],
      at: { file: 'actions/Add roles.json', line: 1 },
    },
  ])
  expect(tenant).toMatchObject({
    clients: [{ name: 'App' }],
    clientGrants: [{ client_id: 'App' }],
    tenant: { friendly_name: 'A' },
    emailProvider: { name: 'smtp' },
    emailTemplates: [{ template: 'welcome_email', body: 'emails/welcome_email.html' }],
    pages: [
      { name: 'error_page', html: '' },
      { name: 'login', html: 'pages/login.html' },
    ],
    databases: [
      { name: 'users', options: { customScripts: { login: 'database-connections/users/login.js' } } },
    ],
    prompts: {
      identifier_first: true,
      customText: { en: {} },
      partials: { login: { login: { 'form-content-start': '<b>', gone: '' } } },
      screenRenderers: [{ login: { 'login-id': 'prompts/screenRenderSettings/login_login.json' } }],
    },
    forms: [{ name: 'ask', body: 'forms/ask.json' }],
    branding: { colors: {}, templates: [{ body: 'branding/templates/universal_login.html' }] },
    guardianFactors: [{ name: 'sms', enabled: true }],
  })
  expect(namedFiles.map(({ name }) => name)).toContain('rules/one.js')
})

it('prefers a tenant.yaml, and takes a tenant.yml', async () => {
  expect(await readWorkspace(await folderWith({ ...BASE, 'tenant.yaml': 'clients: []\n' }))).toMatchObject({
    format: 'yaml',
    actions: [],
  })
  const { tenantFile, positionOf } = await readWorkspace(await folderWith({ 'tenant.yml': 'clients: []\n' }))
  expect(tenantFile).toMatch(/tenant\.yml$/)
  expect(positionOf(['clients']).file).toBe('tenant.yml')
})

it.each([
  [
    'a file that is no JSON',
    { 'clients/a.json': '{\n "name": "a",\n}' },
    'clients/a.json',
    3,
    'not valid JSON',
  ],
  [
    'an entry that is no object',
    { 'roles/a.json': '[]' },
    'roles/a.json',
    1,
    'an entry of "roles" must be a map',
  ],
  ['an entry of rules that is no object', { 'rules/a.json': '7' }, 'rules/a.json', 1, 'must hold one object'],
  [
    'an Action without code',
    { 'actions/a.json': '{\n "name": "a" }' },
    'actions/a.json',
    1,
    '"code" is missing',
  ],
  [
    'a binding without an Action',
    { 'triggers/triggers.json': '{\n "post-login": [\n  {}\n ] }' },
    'triggers/triggers.json',
    3,
    'a binding must have an "action_name"',
  ],
])('refuses %s with its file and line', async (_, files, file, line, message) => {
  await expect(readWorkspace(await folderWith(files))).rejects.toMatchObject({
    code: 'ERR_INPUT',
    message: expect.stringContaining(message),
    file,
    line,
  })
})

it('finds files that lead out of the workspace', async () => {
  const root = await folderWith({
    'rules/a.json': '{ "name": "a", "script": "../../a.js" }',
    'database-connections/x/database.json':
      '{ "name": "x", "options": { "customScripts": { "login": "/etc/passwd" } } }',
  })
  const { findings } = await readWorkspace(root, { reportOutside: true })
  expect(findings.map(({ rule, file }) => [rule, file])).toEqual([
    ['tenant/outside-workspace', 'rules/a.json'],
    ['tenant/outside-workspace', 'database-connections/x/database.json'],
  ])
  const partial = '{ "login": [{ "login": [{ "name": "form-content-start", "template": "../../x" }] }] }'
  await expect(readWorkspace(await folderWith({ 'prompts/partials.json': partial }))).rejects.toMatchObject({
    message:
      '"prompts/partials.json": "../../x" is outside of the workspace, or leads out of it through a link',
  })
})

it('says that there is nothing where folders have other files only', async () => {
  const root = await folderWith({ 'actions/a.js': '', 'package.json': '{}' })
  await mkdir(join(root, 'clients'))
  await expect(readWorkspace(root)).rejects.toThrow(/there is no tenant.yaml in .* directory format/)
})
