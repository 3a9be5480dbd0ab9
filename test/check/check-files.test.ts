import { readdirSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bundleActions } from '../../lib/bundle/index.ts'
import { programsOfBundle } from '../../lib/check/bundles.ts'
import { checkFiles } from '../../lib/check/index.ts'
import { programFindings } from '../../lib/check/program-findings.ts'
import { folderWith } from '../helpers/folder.ts'

async function check(files: Readonly<Record<string, string>>, names = Object.keys(files)) {
  const root = await folderWith(files)
  const found = await checkFiles(
    names.map((name) => join(root, name)),
    { root },
  )
  return found.map(({ file, line, column, rule, claim }) =>
    [`${file}:${line}:${column}`, rule, claim].filter((part) => part !== undefined).join(' '),
  )
}

const WRITE =
  "exports.onExecutePostLogin = async (event, api) => {\n  api.idToken.setCustomClaim('sid', 1)\n}\n"

describe('a set of files', () => {
  it('is read to the end when one has a syntax error, which is a finding on that file', async () => {
    expect(
      await check({ 'a.js': WRITE, 'b.js': 'exports.x = async (event, api => {}\n', 'c.js': WRITE }),
    ).toEqual([
      'a.js:2:30 claims/restricted-name sid',
      'b.js:2:1 bundle/syntax',
      'c.js:2:30 claims/restricted-name sid',
    ])
  })

  it('bundles what loads other files, and points into the file that holds the write', async () => {
    expect(
      await check(
        {
          'action.ts':
            "import { write } from './lib/claims.ts'\nexport async function onExecutePostLogin(event: unknown, api: any) {\n  write(api, 'roles')\n}\n",
          'lib/claims.ts':
            '\nexport const write = (api: any, name: string) => {\n  api.accessToken.setCustomClaim(name, 1)\n}\n',
          'other.js':
            "const { write } = require('./lib/claims.ts')\nexports.onExecutePostLogin = async (event, api) => write(api, 'groups')\n",
        },
        ['action.ts', 'other.js'],
      ),
    ).toEqual([
      'lib/claims.ts:3:34 claims/restricted-name groups',
      'lib/claims.ts:3:34 claims/restricted-name roles',
    ])
  })

  it('reports a helper once that is both named and bundled', async () => {
    expect(
      await check({
        'action.ts':
          "import { write } from './claims.ts'\nexport const onExecutePostLogin = async (event: any, api: any) => write(api)\n",
        'claims.ts': "export const write = (api: any) => {\n  api.idToken.setCustomClaim('sid', 1)\n}\n",
      }),
    ).toEqual(['claims.ts:2:30 claims/restricted-name sid'])
  })

  it('goes on where an import is missing or a package is not installed', async () => {
    expect(
      await check({
        'action.ts':
          "import { a } from './missing.ts'\nimport b from 'not-installed'\nexport const onExecutePostLogin = async (event: any, api: any) => {\n  api.idToken.setCustomClaim('jti', a(b))\n}\n",
      }),
    ).toEqual(['action.ts:4:30 claims/restricted-name jti'])
  })

  it('points right with a byte order mark, Windows line ends and wide signs', async () => {
    expect(
      await check({
        'a.js': `\uFEFF// 😀\r\n${WRITE.replaceAll('\n', '\r\n').replace('api.id', "'😀', api.id")}`,
      }),
    ).toEqual(['a.js:3:36 claims/restricted-name sid'])
  })

  it('knows a file of more than 100 kB', async () => {
    expect(await check({ 'a.js': `${WRITE}// ${'x'.repeat(100_000)}\n` })).toEqual([
      'a.js:1:1 bundle/too-large',
      'a.js:2:30 claims/restricted-name sid',
    ])
  })

  it('says nothing of an empty file, and of one that is only types', async () => {
    expect(
      await check({
        'a.js': '',
        'b.ts': 'export interface Claims { a: string }\n',
        'c.js': '#!/usr/bin/env node\n',
      }),
    ).toEqual([])
  })

  it('ends with code that never ends: loops, recursion, and values that grow', async () => {
    const code = `
      const f = (n) => f(n + 1) + f(n - 1)
      const grow = (list) => grow([...list, ...list, ...list])
      exports.onExecutePostLogin = async (event, api) => {
        for (;;) { f(1) }
        let name = 'a'
        while (event.user.email) name += name
        api.idToken.setCustomClaim('sid', grow([1, 2, 3]))
      }
      exports.onContinuePostLogin = async (event, api) => { api.idToken.setCustomClaim('jti', 1) }`
    const found = await check({ 'a.js': code })
    expect(found).toContainEqual(expect.stringContaining('claims/restricted-name jti'))
  })

  it('reads a bundle of esbuild, with what it puts around modules', async () => {
    const code = `
var __defProp = Object.defineProperty;
var __getOwnPropNames = Object.getOwnPropertyNames;
var __commonJS = (cb, mod) => function __require() {
  return mod || (0, cb[__getOwnPropNames(cb)[0]])((mod = { exports: {} }).exports, mod), mod.exports;
};
var __export = (target, all) => {
  for (var name in all) __defProp(target, name, { get: all[name], enumerable: true });
};
var __toESM = (mod, isNodeMode, target) => mod;
var require_names = __commonJS({ "names.js"(exports, module) { module.exports = { roles: "roles", plan: "https://acme.example/plan" }; } });
var other_exports = {};
__export(other_exports, { groups: () => groups });
var groups = "groups";
var import_names = __toESM(require_names());
exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim(import_names.default.roles, 1);
  api.idToken.setCustomClaim(import_names.plan, 1);
  api.idToken.setCustomClaim(other_exports.groups, 1);
};`
    expect(await check({ 'a.js': code })).toEqual([
      expect.stringContaining('claims/restricted-name roles'),
      expect.stringContaining('claims/restricted-name groups'),
    ])
  })
})

it('gives every case file the same findings when it is bundled first', async () => {
  const root = join(import.meta.dirname, '../fixtures/check')
  for (const name of readdirSync(root).filter((file) => /\.[jt]s$/.test(file))) {
    // What has no handler to export, or is no program, is no Action to bundle.
    if (/^(?:snippet|rule|named-rule|not-exported|uncalled|ignore|markers|misused-names)\./.test(name))
      continue
    const direct = await checkFiles([join(root, name)], { root })
    const copy = await folderWith({ [`${name}.ts`]: `// @ts-nocheck\nimport './empty.ts'\n`, 'empty.ts': '' })
    const text = await readFile(join(root, name), 'utf8')
    const file = join(copy, 'action.ts')
    await writeFile(
      file,
      `${text}\nimport './empty.ts'\n`.replaceAll(/^exports\.(\w+) = /gm, 'export const $1 = '),
    )
    const [bundle] = await bundleActions(
      [{ name, sourceFile: file, builtFile: join(copy, 'dist', 'action.js') }],
      { root: copy, tolerant: true } as never,
    )
    const bundled = [...programFindings((await programsOfBundle(bundle!, copy))!)]
    const brief = (found: typeof direct) =>
      [...new Set(found.map(({ rule, line, claim }) => `${line} ${rule} ${claim ?? ''}`))]
        .filter((one) => !one.includes('esm-only'))
        .sort()
    expect(brief(bundled), name).toEqual(brief(direct))
  }
})
