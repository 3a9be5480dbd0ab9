import { execFile } from 'node:child_process'
import { mkdir, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { compiledPackage } from '../helpers/compiled-package.ts'
import { folderWith } from '../helpers/folder.ts'

const JEST = createRequire(import.meta.url).resolve('jest/bin/jest')

const ACTION = `exports.onExecutePostLogin = async (event, api) => {
  api.accessToken.setCustomClaim('roles', event.authorization?.roles ?? [])
  api.accessToken.setCustomClaim('https://acme.example/plan', event.user.app_metadata.plan ?? 'free')
  if (event.transaction?.protocol === 'oauth2-refresh-token') new URL('relative')
}
`
/** What every runner must be able to say, with its own `expect`-less assertions. */
const BODY = `
  const onApi = { resource_server: { identifier: 'https://api.example/' } }
  const inProcess = await simulatePostLogin({ actions: [action], event: postLoginEvent(onApi) })
  equal(inProcess.outcome, 'allowed')
  equal(inProcess.accessToken['https://acme.example/plan'], 'free')
  equal(inProcess.writes[0].rule, 'claims/restricted-name')
  equal(inProcess.writes[0].at.file.endsWith('action.cjs'), true)
  equal(inProcess.writes[0].at.line, 2)
  const failed = await simulatePostLogin({ actions: [action], event: situation('refresh', onApi) })
  equal(failed.reason, 'Invalid URL')
  equal(failed.findings[0].line, 4)
  const isolated = await simulatePostLogin({ actions: ['action.cjs'], event: postLoginEvent(onApi), root })
  equal(isolated.accessToken['https://acme.example/plan'], 'free')
  equal(isolated.writes[0].at.file, 'action.cjs')
`
const NAMES = 'claimMatchers, postLoginEvent, simulatePostLogin, situation'

const FILES = {
  'package.json': '{ "private": true }',
  'action.cjs': ACTION,
  'by-require.jest.cjs': `
    const { ${NAMES} } = require('auth0-claims/testing')
    const action = require('./action.cjs')
    const root = __dirname
    const equal = (actual, expected) => expect(actual).toBe(expected)
    expect.extend(claimMatchers)
    test('all', async () => {${BODY}
      expect(inProcess).toHaveDroppedClaim('roles')
      expect(() => expect(inProcess).toHaveIdTokenClaim('roles')).toThrow(/dropped access_token roles/)
    })`,
  'by-import.jest.mjs': `
    import { ${NAMES} } from 'auth0-claims/testing'
    import action from './action.cjs'
    const root = import.meta.dirname
    const equal = (actual, expected) => expect(actual).toBe(expected)
    expect.extend(claimMatchers)
    test('all', async () => {${BODY}
      expect(inProcess).toHaveDroppedClaim('roles')
    })`,
  'by-require.node.cjs': `
    const { ${NAMES} } = require('auth0-claims/testing')
    const { test } = require('node:test')
    const { equal } = require('node:assert/strict')
    const action = require('./action.cjs')
    const root = __dirname
    test('all', async () => {${BODY}})`,
  'by-import.node.mjs': `
    import { ${NAMES} } from 'auth0-claims/testing'
    import { test } from 'node:test'
    import { equal } from 'node:assert/strict'
    import action from './action.cjs'
    const root = import.meta.dirname
    test('all', async () => {${BODY}})`,
}

it.each([
  ['jest', 'by-require.jest.cjs', []],
  ['jest', 'by-import.jest.mjs', ['--experimental-vm-modules']],
  ['node:test', 'by-require.node.cjs', ['--test']],
  ['node:test', 'by-import.node.mjs', ['--test']],
])('works in %s: %s', async (runner, file, flags) => {
  const root = await folderWith(FILES)
  await mkdir(join(root, 'node_modules'))
  await symlink(await compiledPackage(), join(root, 'node_modules/auth0-claims'))
  const jest = [JEST, '--rootDir', root, '--transform', '{}', '--testMatch', `**/${file}`]
  const args = runner === 'jest' ? [...flags, ...jest] : [...flags, file]
  const env = { ...process.env, NODE_OPTIONS: '', NODE_TEST_CONTEXT: undefined }
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args, { cwd: root, env })
  expect(stdout + stderr).toMatch(/^(?:Tests: +1 passed|# pass 1|ℹ pass 1)/m)
})
