import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { builtinModules, createRequire } from 'node:module'
import path from 'node:path'
import { parse } from 'meriyah'
import { describe, expect, it } from 'vitest'
import { checkFiles } from '../../lib/check/index.ts'
import { resolveNames } from '../../lib/check/names.ts'
import { RUNTIME_GLOBALS } from '../../lib/check/runtime-globals.ts'
import type { Node } from '../../lib/check/tree.ts'
import { folderWith } from '../helpers/folder.ts'

const packages = path.resolve(import.meta.dirname, '../../node_modules')

interface Reference {
  identifier: { name: string; start: number }
  isRead(): boolean
  isWriteOnly(): boolean
}
const { analyze } = createRequire(import.meta.url)('eslint-scope') as {
  analyze(tree: unknown, options: object): { globalScope: { through: Reference[] } }
}

/** Where eslint's analysis of scopes finds no declaration, by the same rules on `typeof` and assignments. */
function unresolved(tree: Node, text: string, sourceType: string): string[] {
  const { through } = analyze(tree, { ecmaVersion: 2022, sourceType }).globalScope
  const assigned = new Set(
    through.filter((one) => one.isWriteOnly()).map(({ identifier }) => identifier.name),
  )
  const asked = new Set([...text.matchAll(/typeof[\s(]+([\w$]+)/g)].map(([, name]) => name))
  return through
    .filter((one) => one.isRead() && !assigned.has(one.identifier.name) && !asked.has(one.identifier.name))
    .map(({ identifier }) => `${identifier.name} ${identifier.start}`)
    .filter((one) => !one.startsWith('arguments '))
    .sort()
}

async function found(code: string, file = 'action.js') {
  const root = await folderWith({ [file]: code })
  const findings = await checkFiles([path.join(root, file)], { root })
  return findings.filter(({ rule }) => rule === 'bundle/undefined-name')
}

const handler = (body: string) => `exports.onExecutePostLogin = async (event, api) => {\n${body}\n}\n`

describe('names that nothing declares', () => {
  it.each(['express', 'eslint', 'hono', 'jsonwebtoken'])('are those of eslint in the files of %s', (name) => {
    const folder = path.join(packages, name)
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.[cm]?js$/.test(file))
      .slice(0, 60)
    let compared = 0
    for (const file of files) {
      const text = readFileSync(path.join(folder, file), 'utf8')
      for (const sourceType of ['commonjs', 'module'] as const) {
        let tree: Node
        try {
          tree = parse(text, { next: true, webcompat: true, sourceType, ranges: true }) as unknown as Node
        } catch {
          continue
        }
        const asked = new Set([...text.matchAll(/typeof[\s(]+([\w$]+)/g)].map(([, one]) => one))
        const ours = resolveNames(tree).free.filter(
          (one) => !one.written && one.name !== 'arguments' && !asked.has(one.name),
        )
        expect(ours.map((one) => `${one.name} ${one.offset}`).sort(), file).toEqual(
          unresolved(tree, text, sourceType),
        )
        compared++
        break
      }
    }
    expect(compared).toBeGreaterThan(2)
  })

  it('are none of the names that Node gives', () => {
    const code = 'console.log(JSON.stringify(Object.getOwnPropertyNames(globalThis)))'
    const names = JSON.parse(execFileSync(process.execPath, ['-e', code], { encoding: 'utf8' })) as string[]
    const loaded = [...builtinModules, '__filename', '__dirname']
    // What came after Node 22, which Auth0 runs.
    const newer =
      /^(?:Float16Array|CloseEvent|Storage|localStorage|sessionStorage|ErrorEvent|DisposableStack|AsyncDisposableStack|SuppressedError|EventSource|URLPattern|LockManager|Lock|WebAssembly|QuotaExceededError)$/
    expect(
      names.filter((one) => !RUNTIME_GLOBALS.has(one) && !loaded.includes(one) && !newer.test(one)),
    ).toEqual([])
    expect(
      ['__dirname', 'window', 'configuration', 'auth0'].filter((one) => RUNTIME_GLOBALS.has(one)),
    ).toEqual([])
  })

  it.each([
    ['context.idToken.x = 1', /Rules had it: an Action reads event/],
    ['return callback(null, event.user)', /just returns/],
    ['if (configuration.X) return', /event\.secrets/],
    ['const m = new auth0.ManagementClient({})', /require\('auth0'\)/],
    ['const m = new ManagementClient({})', /const \{ ManagementClient \} = require\('auth0'\)/],
    ['window.location = 1', /Browsers have it/],
    ['require(__dirname + 1)', /no folder of its own/],
    ['const e = user.email', /event\.user/],
    ['accessToken.setCustomClaim(1)', /api\.accessToken/],
    ['const roles = []; console.log(rols)', /Did you mean roles\?/],
    ['const h = util.inspect(1)', /require\('node:util'\)/],
    ['const x = await axios.get(1)', /const axios = require\('axios'\), and declare/],
    ["crypto.createHash('sha256')", /const crypto = require\('node:crypto'\)/],
    ['new global.ManagementClient({})', /require\('auth0'\)/],
    ['consol.log(1)', /Did you mean console\?/],
  ])('%s: the hint says what is meant', async (body, hint) => {
    expect(await found(handler(body))).toEqual([
      expect.objectContaining({ severity: 'error', line: 2, hint: expect.stringMatching(hint) }),
    ])
  })

  it('are found in helpers that the handler calls and does not hand event and api to', async () => {
    const code = `${handler('deny()')}function deny() { api.access.deny(event.user.user_id) }\n`
    expect(
      (await found(code)).map(({ line, column, severity, hint }) => [line, column, severity, hint]),
    ).toEqual([
      [4, 19, 'error', 'Only the handler gets api: hand it on to this function as an argument.'],
      [4, 35, 'error', 'Only the handler gets event: hand it on to this function as an argument.'],
    ])
  })

  it.each([
    ['caught', 'try { gone() } catch { return }'],
    ['in a function that nothing calls', 'function later() { gone() }'],
    ['only written', 'gone = 1'],
  ])('are a warning where they are %s', async (_, body) => {
    expect((await found(handler(body))).map(({ severity }) => severity)).toEqual(['warning'])
  })

  it('are left alone where the code asks for their type, declares them, or only shows a part', async () => {
    expect(await found(handler("if (typeof maybe !== 'undefined') maybe()"))).toEqual([])
    expect(
      await found(handler('shared ??= 1; var shared; return f(); function f() { return arguments.length }')),
    ).toEqual([])
    expect(await found("api.idToken.setCustomClaim('https://acme.example/x', user.roles)")).toEqual([])
  })

  it.each(['action.ts', 'action.mts'])(
    'are what TypeScript only declares, and no types, in %s',
    async (file) => {
      const code = `import type { Event, API } from './types'
import axios, { type AxiosError } from 'axios'
declare const injected: { x: string }
declare function outside(one: Local): void
interface Local<T = Other> { one: T; two: keyof Third }
type Mapped = { [K in keyof Local]: Fourth<K> }
abstract class Store<T extends Base1> implements Shape { constructor(private readonly kept: T, public other?: Some) {}
  abstract read(this: Store<T>): asserts this is Mapped
  get(key: string): T | undefined { return this.kept as unknown as T } }
export const onExecutePostLogin = async (event: Event, api: API): Promise<void> => {
  const value = <Named>(one: Named): one is Named & Typed => injected.x satisfies Str && one!
  outside(value as never)
  const list: Array<Row> = new Array<Row>()
  try { await axios.get<Body1>('https://acme.example/', { timeout: 1000 }) } catch (error: unknown) { console.log((error as AxiosError<Body2>).message, list) }
  missing()
}
`
      expect((await found(code, file)).map(({ message }) => /"(\w+)"/.exec(message)![1])).toEqual([
        'injected',
        'outside',
        'missing',
      ])
    },
  )
})
