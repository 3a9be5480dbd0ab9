import { describe, expect, test } from 'vitest'
import { tenantFindings } from '../../lib/check/rules/tenant.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { folderWith } from '../helpers/folder.ts'

async function findings(...changes: (readonly [from: string, to: string])[]) {
  const found = []
  for (const change of changes) {
    const workspace = await readWorkspace(await exampleWorkspace({ 'tenant.yaml': change }))
    found.push(...tenantFindings(workspace))
  }
  return found.map(({ rule, severity, file, line }) => `${file}:${line} ${severity} ${rule}`)
}

describe('tenantFindings', () => {
  test('has nothing to say about the example workspace', async () => {
    expect([...tenantFindings(await readWorkspace(await exampleWorkspace()))]).toEqual([])
  })

  test('says nothing of what stands behind a marker', async () => {
    expect(
      await findings(
        ['callbacks: [http://localhost:5173/callback]', "callbacks: '@@CALLBACKS@@'"],
        ['app_type: native', "app_type: '##TYPE##'"],
        ['    refresh_token:\n', "    refresh_token: '@@ROTATION@@'\n    was:\n"],
        ['allow_offline_access: true', "allow_offline_access: '@@OFFLINE@@'"],
      ),
    ).toEqual([])
  })

  test.each([
    [
      'a public client without a callback',
      ['    callbacks: [http://localhost:5173/callback]\n', '    callbacks: []\n'],
      'tenant.yaml:30 error tenant/no-callback',
    ],
    [
      'a public client without the code grant',
      ['grant_types: [authorization_code, refresh_token]', 'grant_types: [refresh_token]'],
      'tenant.yaml:29 warning tenant/missing-grant',
    ],
    [
      'a public client that configures refresh tokens without their grant',
      [
        'grant_types: [authorization_code, refresh_token]\n    callbacks: [http://localhost:5173/callback]',
        'grant_types: [authorization_code]\n    callbacks: [http://localhost:5173/callback]',
      ],
      'tenant.yaml:29 warning tenant/missing-grant',
    ],
    [
      'a public client with a secret',
      ['token_endpoint_auth_method: none', 'token_endpoint_auth_method: client_secret_post'],
      'tenant.yaml:28 warning tenant/public-client-secret',
    ],
    [
      'refresh tokens that do not rotate',
      ['rotation_type: rotating', 'rotation_type: non-rotating'],
      'tenant.yaml:36 warning tenant/no-rotation',
    ],
    [
      'no API with offline access',
      ['allow_offline_access: true', 'allow_offline_access: false'],
      'tenant.yaml:11 warning tenant/no-offline-access',
    ],
    [
      'a bound Action that is not deployed',
      ['    deployed: true\n', '    deployed: false\n'],
      'tenant.yaml:82 error tenant/not-deployed',
    ],
    [
      'an Action that is bound nowhere',
      ['    - action_name: enrich-claims\n      display_name: enrich-claims\n', ''],
      'tenant.yaml:79 info tenant/unbound',
    ],
    [
      'a client without a secret that is said to be a server',
      ['app_type: spa', 'app_type: regular_web'],
      'tenant.yaml:25 warning tenant/app-type',
    ],
  ] as const)('%s', async (_, change, expected) => {
    const found = await findings(change)
    expect(found).toEqual([expected])
  })

  test.each([
    ['one file', ['./code/a.js', './code/a.js', './code/a.js'], [3, 4]],
    ['one file that is named in two ways', ['./code/a.js', 'code/../code/a.js', './code/b.js'], [3]],
    ['capitals alone', ['./code/a.js', './code/b.js', './code/A.js'], [4]],
    ['two folders', ['./code/a.js', './more/a.js', './code/b.js'], []],
  ])('says which Actions have the code file of another: %s', async (_, codes, lines) => {
    const actions = codes.map(
      (code, index) =>
        `  - { name: n${index}, code: ${code}, deployed: true, supported_triggers: [{ id: post-change-password, version: v2 }] }\n`,
    )
    const folder = await folderWith({
      'tenant.yaml': `actions:\n${actions.join('')}`,
      'code/a.js': 'exports.onExecutePostChangePassword = async () => {}\n',
    })
    const found = [...tenantFindings(await readWorkspace(folder))]
    expect(found.map(({ rule, line, severity }) => [rule, line, severity])).toEqual(
      lines.map((line) => ['tenant/shared-code', line, 'warning']),
    )
    for (const { message } of found) expect(message).toContain('the same code file as "n0"')
  })

  test.each([
    [
      'a regular web app keeps its secret',
      [
        'app_type: spa\n    is_first_party: true\n    oidc_conformant: true\n    token_endpoint_auth_method: none',
        'app_type: regular_web\n    is_first_party: true\n    token_endpoint_auth_method: client_secret_post',
      ],
    ],
    [
      'grants that are left out are Auth0’s own',
      ['    grant_types: [authorization_code, refresh_token]\n', ''],
    ],
    [
      'a client that never refreshes needs no rotation',
      [
        'grant_types: [authorization_code, refresh_token]\n    callbacks: [http://localhost:8400/callback]\n    organization_usage: allow\n    jwt_configuration:\n      alg: RS256\n    refresh_token:\n      rotation_type: rotating',
        'grant_types: [authorization_code]\n    callbacks: [http://localhost:8400/callback]\n    organization_usage: allow\n    jwt_configuration:\n      alg: RS256\n    x_refresh_token:\n      rotation_type: none',
      ],
    ],
  ] as const)('says nothing: %s', async (_, change) => {
    expect(await findings(change)).toEqual([])
  })
})
