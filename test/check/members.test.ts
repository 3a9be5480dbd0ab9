import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { MEMBERS, SECTIONS } from '../../lib/workspace/known-members.ts'
import { KNOWN_MEMBERS_FILE, knownMembers } from '../../scripts/known-members.ts'
import { called } from '../helpers/called.ts'
import { folderWith } from '../helpers/folder.ts'

async function check(files: Record<string, string>) {
  const folder = await folderWith({ 'a.js': 'exports.onExecutePostLogin = async () => {}\n', ...files })
  const { out } = await called(folder, checkCommand)
  return out
    .split('\n')
    .filter((line) => /tenant\/(?:unknown-section|misspelt-member)|Did you mean/.test(line))
}

const TENANT = `actions:
  - name: a
    code: ./a.js
    deployed: true
    suported_triggers: [{ id: post-login, versoin: v3 }]
trigers:
  post-login: [{ action_name: a }]
triggers:
  post-logn: []
clients:
  - { name: App, calbacks: [], refresh_token: { rotaton_type: rotating } }
resourceServers:
  - { name: Api, identifer: https://a.example/, scopes: [{ valu: read }] }
roles:
  - { name: r, permissions: [{ permision_name: read, resource_server_identifier: https://a.example/ }] }
somethingElse: 1
`

test('misspelt sections, triggers and members have their line, and the name that was meant', async () => {
  expect((await check({ 'tenant.yaml': TENANT })).map((line) => line.replace(/ is no .*/, ''))).toEqual([
    ...[
      'tenant.yaml:5:5 error tenant/misspelt-member "suported_triggers"',
      '  hint: Did you mean "supported_triggers"?',
    ],
    ...['tenant.yaml:6:1 error tenant/unknown-section "trigers"', '  hint: Did you mean "triggers"?'],
    ...['tenant.yaml:9:3 error tenant/misspelt-member "post-logn"', '  hint: Did you mean "post-login"?'],
    ...['tenant.yaml:11:18 error tenant/misspelt-member "calbacks"', '  hint: Did you mean "callbacks"?'],
    ...[
      'tenant.yaml:11:49 error tenant/misspelt-member "rotaton_type"',
      '  hint: Did you mean "rotation_type"?',
    ],
    ...['tenant.yaml:13:18 error tenant/misspelt-member "identifer"', '  hint: Did you mean "identifier"?'],
    ...['tenant.yaml:13:60 error tenant/misspelt-member "valu"', '  hint: Did you mean "value"?'],
    ...[
      'tenant.yaml:15:32 error tenant/misspelt-member "permision_name"',
      '  hint: Did you mean "permission_name"?',
    ],
    'tenant.yaml:16:1 error tenant/unknown-section "somethingElse"',
  ])
})

test('the same in the directory format', async () => {
  const found = await check({ 'clients/App.json': '{\n  "name": "App",\n  "calbacks": []\n}' })
  expect(found[0]).toContain('clients/App.json:3:3 error tenant/misspelt-member "calbacks"')
})

test('says nothing of what is known, of what is unlike all of it, and of names with markers', async () => {
  const tenant = `clients:
  - { name: App, app_type: spa, callbacks: [https://a.example/], a_setting_of_next_year: 1, '##NAME##': 1, sso: true }
  - { name: Native, mobile: { ios: {} }, client_metadata: { calbacks: x } }
connections: [{ name: c, strategy: oidc, options: { sope: x } }]
exclude: { clients: [] }
`
  const found = await check({ 'tenant.yaml': tenant })
  expect(found).toEqual([])
})

test.each([
  ['a: 1\nb: 2\na: 3\n', 3, 'the key is there twice, first in line 1'],
  ['clients: []\nroles: []\nclients: []\n', 3, 'the key "clients" is there twice, first in line 1'],
  ['clients:\n  - name: a\n    name: b\n', 3, 'the key "name" is there twice, first in line 2'],
  ['hunter2: 1\nhunter2: 1\n', 2, 'the key is there twice, first in line 1'],
])('names a key that is there twice, where it is a known one: %j', async (text, line, said) => {
  const folder = await folderWith({ 'tenant.yaml': text })
  await expect(readWorkspace(folder)).rejects.toMatchObject({ line, message: expect.stringContaining(said) })
})

test('the list of known names is that of the installed deploy CLI and of the Management API’s fields', async () => {
  const words = (lines: readonly string[]) => lines.flatMap((line) => line.split(' '))
  const { sections, members } = knownMembers()
  expect(words(SECTIONS), `run npm run schemas: ${KNOWN_MEMBERS_FILE}`).toEqual(sections)
  expect(Object.fromEntries(Object.entries(MEMBERS).map(([path, lines]) => [path, words(lines)]))).toEqual(
    members,
  )
  expect(await readFile(KNOWN_MEMBERS_FILE, 'utf8')).toMatch(/^\/\/ Written by scripts\/known-members\.ts/)
})
