import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { compileFunction } from 'node:vm'
import { originalPositionFor, TraceMap } from '@jridgewell/trace-mapping'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { bundleActions, tryBundleActions } from '../../lib/bundle/index.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'bundle-'))
  await mkdir(path.join(root, 'actions'))
})
afterEach(() => rm(root, { recursive: true }))

async function action(file: string, text: string, dependencies: { name: string }[] = []) {
  const sourceFile = path.join(root, 'actions', file)
  await writeFile(sourceFile, text)
  const name = path.parse(file).name
  return { name, sourceFile, builtFile: path.join(root, 'dist', 'actions', `${name}.js`), dependencies }
}

/** Loads a bundle as Auth0 does: with exactly these four names. */
function load(code: string): Record<string, unknown> {
  const module = { exports: {} as Record<string, unknown> }
  compileFunction(code, ['module', 'exports', 'require', 'console'])(
    module,
    module.exports,
    () => ({}),
    console,
  )
  return module.exports
}

describe('bundleActions', () => {
  it('makes one CommonJS file of an ES module and what it imports, with native async handlers', async () => {
    await writeFile(
      path.join(root, 'actions', 'names.ts'),
      "export const NS: string = 'https://acme.example/'",
    )
    const one = await action(
      'one.ts',
      "import { NS } from './names.ts'\nexport async function onExecutePostLogin(event: unknown) { return NS }\n",
    )
    const [built] = await bundleActions([one], { root })
    expect(built!.exports).toEqual(['onExecutePostLogin'])
    expect(built!.code).not.toMatch(/__defProp|__export|sourceMappingURL/)
    const handler = load(built!.code)['onExecutePostLogin'] as () => Promise<string>
    expect(handler.constructor.name).toBe('AsyncFunction')
    expect(await handler()).toBe('https://acme.example/')
  })

  it.each([
    [
      'a type import',
      "import type { Unknown } from 'nowhere'\nexports.onExecutePostLogin = async () => 'x'\n",
    ],
    ['an import', "import { sep } from 'node:path'\nexports.onExecutePostLogin = async () => sep && 'x'\n"],
    [
      'an object',
      "import type { A } from './nowhere.ts'\nmodule.exports = { onExecutePostLogin: async () => 'x' }\n",
    ],
  ])('keeps handlers that are set on exports beside %s', async (_what, text) => {
    const [built] = await bundleActions([await action('mixed.ts', text)], { root })
    const handler = load(built!.code)['onExecutePostLogin'] as () => Promise<string>
    expect(handler.constructor.name).toBe('AsyncFunction')
  })

  it('gives the same bytes whatever other Actions stand beside it', async () => {
    const one = await action('one.ts', 'export const onExecutePostLogin = async () => {}')
    const two = await action('two.ts', 'export const onContinuePostLogin = async () => {}')
    const [, beside] = await bundleActions([one, two], { root })
    const [alone] = await bundleActions([two], { root })
    expect(beside).toEqual(alone)
  })

  it('ships CommonJS JavaScript as it is written, with a map of its words', async () => {
    const text = "const x = require('axios')\n\nexports.onExecutePostLogin = async () => x\n"
    const [built] = await bundleActions([await action('one.js', text, [{ name: 'axios' }])], { root })
    expect(built!.code).toBe(text)
    expect(built!.requires).toEqual(['axios'])
    expect(originalPositionFor(new TraceMap(built!.sourceMap), { line: 3, column: 8 })).toMatchObject({
      source: '../../actions/one.js',
      line: 3,
      column: 8,
    })
  })

  it('maps positions to the TypeScript source', async () => {
    const [built] = await bundleActions(
      [
        await action(
          'one.ts',
          '// one\n\nexport async function onExecutePostLogin() {\n  return marker()\n}\nfunction marker() {}\n',
        ),
      ],
      { root },
    )
    const lines = built!.code.split('\n')
    const line = lines.findIndex((text) => text.includes('return marker'))
    const column = lines[line]!.indexOf('marker')
    expect(originalPositionFor(new TraceMap(built!.sourceMap), { line: line + 1, column })).toMatchObject({
      source: '../../actions/one.ts',
      line: 4,
      column: 9,
    })
  })

  it('names file, line and column of a syntax error', async () => {
    const one = await action('one.ts', 'export const a = 1\nexport const b = = 2\n')
    await expect(bundleActions([one], { root })).rejects.toMatchObject({
      code: 'ERR_BUNDLE',
      file: 'actions/one.ts',
      line: 2,
      column: 18,
    })
  })

  it('builds the others when one has a syntax error', async () => {
    const one = await action('one.ts', 'export const b = = 2\n')
    const two = await action('two.ts', 'export const onExecutePostLogin = async () => {}')
    const { built, findings } = await tryBundleActions([one, two], { root })
    expect(built.map(({ name }) => name)).toEqual(['two'])
    expect(findings).toMatchObject([{ rule: 'bundle/syntax', file: 'actions/one.ts', line: 1 }])
  })

  it('reports a package that tenant.yaml does not declare, and goes on without it when told so', async () => {
    const text = "import x from 'not-installed'\nexport const onExecutePostLogin = async () => x"
    const one = await action('one.ts', text)
    expect((await tryBundleActions([one], { root })).findings).toMatchObject([{ rule: 'bundle/unresolved' }])
    expect((await tryBundleActions([one], { root, tolerant: true })).built[0]!.requires).toEqual([
      'not-installed',
    ])
  })

  it('reports a bundle over 100 000 bytes', async () => {
    const one = await action('one.js', `exports.onExecutePostLogin = async () => '${'x'.repeat(100_000)}'`)
    expect((await tryBundleActions([one], { root })).findings).toMatchObject([{ rule: 'bundle/too-large' }])
  })
})
