import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkFiles } from '../../lib/check/index.ts'
import { folderWith } from '../helpers/folder.ts'

const BODY = "(event, api) => {\n  api.idToken.setCustomClaim('roles', [])\n}\n"

async function found(code: string, file = 'a.js'): Promise<string[]> {
  const root = await folderWith({ [file]: code })
  const findings = await checkFiles([path.join(root, file)], { root })
  return findings.map(({ line, column, rule, severity }) => `${line}:${column} ${severity} ${rule}`)
}
async function hints(code: string, file = 'a.js') {
  const root = await folderWith({ [file]: code })
  const findings = await checkFiles([path.join(root, file)], { root })
  return findings.find(({ rule }) => rule.startsWith('handler/'))
}

const CLAIM = '2:30 error claims/restricted-name'

describe('a handler that Auth0 does not find is named, and its body is checked', () => {
  it.each([
    ['misspelt', `exports.onExcutePostLogin = async ${BODY}`, '1:1', /Did you mean onExecutePostLogin\?/],
    [
      'with another capital',
      `exports.onExecutePostlogin = async ${BODY}`,
      '1:1',
      /Did you mean onExecutePostLogin\?/,
    ],
    [
      'misspelt in module.exports',
      `module.exports = { onExecutePostLogn: async ${BODY}}`,
      '1:1',
      /onExecutePostLogin/,
    ],
    ['in place of the object', `module.exports = async ${BODY}`, '1:1', /exports\.onExecutePostLogin =/],
    [
      'a function with the right name in place of the object',
      `module.exports = async function onExecutePostLogin${BODY.replace('=>', '')}`,
      '1:1',
      /exports\.onExecutePostLogin =/,
    ],
    [
      'on exports that is assigned anew',
      `exports = { onExecutePostLogin: async ${BODY}}`,
      '1:1',
      /module\.exports = \{ onExecutePostLogin/,
    ],
    [
      'on exports after module.exports was replaced',
      `exports.onExecutePostLogin = async ${BODY}module.exports = { limit: 1 }`,
      '1:1',
      /module\.exports/,
    ],
    [
      'under a usual name',
      `exports.handler = async ${BODY}`,
      '1:1',
      /The name of the handler is onExecutePostLogin/,
    ],
  ])('%s', async (_, code, at, hint) => {
    expect(await found(code)).toEqual([`${at} error handler/hidden`, CLAIM])
    expect((await hints(code))!.hint).toMatch(hint)
  })

  it('as the default export of a module', async () => {
    expect(await found(`export default async ${BODY}`, 'a.mjs')).toEqual(['1:1 error handler/hidden', CLAIM])
  })

  it('of a machine Action, by its own api', async () => {
    const code =
      "exports.onExecuteCredentialExchange = async (event, api) => {\n  api.idToken.setCustomClaim('a', 1)\n}\n"
    expect(await found(code)).toEqual(['1:1 error handler/hidden', '2:3 error api/unknown-method'])
  })
})

describe('nothing is said of', () => {
  it.each([
    ['a handler in module.exports', 'module.exports = { onExecutePostLogin: async (event, api) => {} }'],
    ['a handler of another trigger', 'exports.onExecutePreUserRegistration = async (event, api) => {}'],
    [
      'exports that stay the same',
      'exports = module.exports = {}\nexports.onExecutePostLogin = async (event, api) => {}',
    ],
    [
      'module.exports and exports at once',
      'module.exports = exports = {}\nexports.onExecutePostLogin = async (event, api) => {}',
    ],
    ['a part with a name of its own', 'module.exports = async function enrich(event, api) {}'],
    ['parts', 'exports.enrich = async (event, api) => {}\nexports.onSale = (cart) => cart'],
    [
      'what a compiler begins with',
      'exports.onExecutePostLogin = void 0\nconst f = async () => {}\nexports.onExecutePostLogin = f',
    ],
    [
      'both handlers of one function',
      'exports.onContinuePostLogin = exports.onExecutePostLogin = async (event, api) => { api.redirect.sendUserTo("https://acme.example/") }',
    ],
  ])('%s', async (_, code) => {
    expect((await found(code)).filter((one) => one.includes('handler/'))).toEqual([])
  })
})

it.each([
  [
    'the first of two handlers',
    'exports.onExecutePostLogin = async () => {}\nexports.onExecutePostLogin = async () => { return }',
    '1:1 warning handler/exported-twice',
  ],
  [
    'a handler before module.exports with another',
    'exports.onExecutePostLogin = async () => {}\nmodule.exports = { onExecutePostLogin: async () => { return } }',
    '1:1 warning handler/exported-twice',
  ],
  [
    'a handler on a condition',
    'if (process.env.ON) exports.onExecutePostLogin = async () => {}',
    '1:21 warning handler/hidden',
  ],
  [
    'a handler that is no function',
    'exports.onExecutePostLogin = { run: async () => {} }',
    '1:1 error handler/not-async',
  ],
])('reports %s', async (_, code, finding) => {
  expect(await found(code)).toEqual([finding])
})
