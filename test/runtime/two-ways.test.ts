import { readdirSync, readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'
import { compileFunction } from 'node:vm'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createInProcessRuntime, createIsolatedRuntime, type Handlers } from '../../lib/runtime/index.ts'
import type { Runtime } from '../../lib/runtime/types.ts'
import {
  postLoginEvent,
  runTrigger,
  SITUATIONS,
  settleTokens,
  situation,
  tokenContextOf,
} from '../../lib/simulator/index.ts'
import { postLogin } from '../../lib/triggers/index.ts'

const FOLDER = join(import.meta.dirname, '../fixtures/check')
const nodeRequire = createRequire(import.meta.url)

/** What a test suite would import: here evaluated as CommonJS, with what the loader gives an Action. */
function load(path: string): Handlers {
  const module = { exports: {} as Handlers }
  const require = (name: string) => {
    if (isBuiltin(name)) return nodeRequire(name)
    throw new Error(`Cannot find module '${name}'`)
  }
  compileFunction(readFileSync(path, 'utf8'), ['module', 'exports', 'require', 'console'], {
    filename: path,
  })(module, module.exports, require, { ...console, log() {}, info() {}, warn() {}, error() {} })
  return module.exports
}

const NOW = Date.UTC(2026, 0, 15)
const onApi = { resource_server: { identifier: 'https://api.example/' } }
const EVENTS = [postLoginEvent(onApi), ...SITUATIONS.map((name) => situation(name, onApi))]
/** Written in ES modules' form, which `require` of Node 20 does not take without a word. */
const FILES = readdirSync(FOLDER).filter((name) => /\.c?js$/.test(name) && name !== 'esm-only.js')

let isolated: Runtime
beforeAll(async () => {
  isolated = await createIsolatedRuntime({ network: 'refuse' })
})
afterAll(() => isolated.stop())

/** Times that an Action has made of its own clock: two runs begin milliseconds apart. */
function withoutNow<T>(value: T): T {
  const near = (one: unknown) => typeof one === 'number' && Math.abs(one - Date.now()) < 3_600_000
  return JSON.parse(JSON.stringify(value, (_, one: unknown) => (near(one) ? 'about now' : one)))
}

/** All that a login gives, but times, and stacks, which tell where it ran. */
async function resultsOf(runtime: Runtime, name: string, code: string) {
  return Promise.all(
    EVENTS.map(async (event) => {
      const action = { name, code, file: join(FOLDER, name), secrets: { TOKEN: 'of-the-action' } }
      const pipeline = await runTrigger(postLogin, { actions: [action], event, runtime, facts: { now: NOW } })
      const tokens = settleTokens(pipeline, tokenContextOf(event))
      const { runs, suspension: _, ...rest } = pipeline
      return {
        rest: withoutNow(rest),
        tokens,
        runs: runs.map(({ handler, error }) => [
          handler,
          error?.kind,
          error?.name,
          error?.message,
          error?.at,
        ]),
      }
    }),
  )
}

it.each(FILES)('the child process and this one give the same: %s', async (name) => {
  const path = join(FOLDER, name)
  const there = await resultsOf(isolated, name, readFileSync(path, 'utf8'))
  let handlers: Handlers
  try {
    handlers = load(path)
  } catch (error) {
    // What a suite cannot import, the child cannot load.
    const { message } = error as Error
    for (const { runs } of there) expect(runs[0]).toEqual(expect.arrayContaining(['load', message]))
    return
  }
  const here = await resultsOf(createInProcessRuntime({ [name]: handlers }, { network: 'refuse' }), name, '')
  expect(there.some(({ rest }) => rest.commands.length > 0 || rest.outcome === 'error')).toBe(true)
  expect(here).toEqual(there)
})
