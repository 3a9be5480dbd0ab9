import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIsolatedRuntime } from '../../lib/runtime/index.ts'
import type { RunnableAction, Runtime } from '../../lib/runtime/types.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'
import { testNodes } from '../helpers/nodes.ts'

const action = (name: string, body: string, more: Partial<RunnableAction> = {}): RunnableAction => ({
  name,
  code: `exports.onExecutePostLogin = async (event, api) => {\n${body}\n}`,
  file: `dist/actions/${name}.js`,
  secrets: {},
  ...more,
})

/** Another Action of the process. Of its secrets it uses nothing that could be replaced. */
const VICTIM = action(
  'victim',
  `const known = event.secrets.KEY === 'of-the-victim' && require('actions:shared').known
  api.accessToken.setCustomClaim('https://acme.example/known', known)
  api.idToken.setCustomClaim('https://acme.example/list', ['a', 1])`,
  {
    secrets: { KEY: 'of-the-victim' },
    modules: {
      shared: {
        code: "exports.known = actions.secrets.INNER === 'inner-of-the-victim'",
        secrets: { INNER: 'inner-of-the-victim' },
      },
    },
  },
)
const EXPECTED = [
  ['accessToken.setCustomClaim', ['https://acme.example/known', true]],
  ['idToken.setCustomClaim', ['https://acme.example/list', ['a', 1]]],
]

/** Replaces every function that it finds by one that looks at what goes through it. */
const SPY = `
  const { apply, construct, ownKeys, getOwnPropertyDescriptor, defineProperty, getPrototypeOf } = Reflect
  const { stringify } = JSON
  const isBytes = (value) => value instanceof Uint8Array
  const includes = String.prototype.includes
  const latin1 = Buffer.prototype.latin1Slice
  const stolen = globalThis.stolen = []
  let inside = false
  const look = (where, self, values) => {
    if (inside) return
    inside = true
    try {
      for (let index = -1; index < values.length; index++) {
        const value = index < 0 ? self : values[index]
        let text
        if (typeof value === 'string') text = value
        else if (isBytes(value)) text = apply(latin1, value, [])
        else if (typeof value === 'object' && value !== null) text = stringify(value)
        if (typeof text === 'string' && apply(includes, text, ['of-the-victim'])) stolen[stolen.length] = where
      }
    } catch {} finally { inside = false }
  }
  const spyOn = (owner, label) => {
    for (const name of ownKeys(owner)) {
      const known = getOwnPropertyDescriptor(owner, name)
      if (name === 'constructor' || name === 'prototype' || !known.configurable) continue
      const where = label + '.' + String(name)
      if (typeof known.value === 'function') {
        const { value } = known
        const spy = { method(...args) { look(where, this, args); return apply(value, this, args) } }.method
        const usable = getOwnPropertyDescriptor(value, 'prototype') === undefined ? spy : new Proxy(value, { apply: (f, self, args) => { look(where, self, args); return apply(f, self, args) }, construct: (f, args, target) => { look(where, f, args); return construct(f, args, target) } })
        defineProperty(owner, name, { ...known, value: usable })
      } else if (known.get) {
        const { get, set } = known
        defineProperty(owner, name, { ...known, get() { look(where, this, []); return apply(get, this, []) }, ...(set && { set(value) { look(where, this, [value]); apply(set, this, [value]) } }) })
      }
    }
  }
  const owners = { Object, Array, Reflect, JSON, Promise, Buffer, Symbol, Number, Math, Map, Set, WeakMap, String, Function, Error, Date, Proxy }
  for (const [label, owner] of Object.entries(owners)) {
    if (owner.prototype && label !== 'Proxy') spyOn(owner.prototype, label + '.prototype')
    if (!['Function', 'Error', 'Symbol'].includes(label)) spyOn(owner, label)
  }
  spyOn(getPrototypeOf(Uint8Array.prototype), 'TypedArray.prototype')
  spyOn(Uint8Array.prototype, 'Uint8Array.prototype')
  spyOn(getPrototypeOf(new Map().values()), 'MapIterator')
  spyOn(getPrototypeOf([].values()), 'ArrayIterator')
  spyOn(getPrototypeOf(setTimeout(() => {}, 1)), 'Timeout.prototype')
  for (const name of ['util', 'vm', 'url', 'events', 'stream', 'crypto', 'net', 'module', 'string_decoder', 'perf_hooks', 'timers', 'async_hooks', 'buffer', 'zlib', 'process']) {
    const exports = require(name)
    spyOn(exports, name)
    for (const member of Object.keys(exports)) {
      const prototype = typeof exports[member] === 'function' && /^[A-Z]/.test(member) ? exports[member].prototype : undefined
      if (prototype) try { spyOn(prototype, name + '.' + member + '.prototype') } catch {}
    }
  }
  const cipher = require('crypto').createCipheriv('aes-256-ctr', Buffer.alloc(32), Buffer.alloc(16))
  for (const symbol of Object.getOwnPropertySymbols(cipher)) {
    const handle = cipher[symbol]
    if (typeof handle === 'object' && handle !== null) try { spyOn(getPrototypeOf(handle), 'the cipher of the engine') } catch {}
  }
  for (const name of ['secrets', 'modules', 'key', 'code', 'execution', 'facts', 'type', 'runs', 'parts', 'id', 'toJSON', 'next', 'line', 'error', 'run', 'cache', 'now', 'before']) {
    defineProperty(Object.prototype, name, {
      configurable: true,
      get() { look('the member ' + name, this, []); return undefined },
      set(value) { look('the member ' + name, this, [value]); defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true }) },
    })
  }
  for (const name of ['0', '1', '2']) {
    defineProperty(Array.prototype, name, { configurable: true, get() { return undefined }, set(value) { look('item ' + name, value, []); defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true }) } })
  }`

describe.each(testNodes())('on $name', ({ path }) => {
  const runtimeFor = () => createIsolatedRuntime({ node: path, network: 'refuse' })
  let runtime: Runtime | undefined
  beforeAll(async () => {
    runtime = await runtimeFor()
  })
  afterAll(() => runtime?.stop())
  const run = (one: RunnableAction, on = runtime!) =>
    on.run({ action: one, handler: 'onExecutePostLogin', event: postLoginEvent(), timeoutMilliseconds: 400 })
  const calls = ({ commands }: Awaited<ReturnType<typeof run>>) =>
    commands.map(({ method, args }) => [method, args])

  it('shows an Action nothing of the messages of another, whatever it has put in between', async () => {
    const own = await runtimeFor()
    try {
      expect((await run(action('spy', SPY), own)).error).toBeUndefined()
      const seen = await run(VICTIM, own)
      expect(seen.error).toBeUndefined()
      expect(calls(seen)).toEqual(EXPECTED)
      const { commands, error } = await run(action('thief', "api.access.deny('stolen: ' + stolen)"), own)
      expect(error).toBeUndefined()
      expect(commands[0]?.args).toEqual(['stolen: '])
    } finally {
      await own.stop()
    }
  })

  it('gives an Action no cipher of the messages by a setter of its symbol', async () => {
    const own = await runtimeFor()
    const listen = `
      const { createCipheriv } = require('crypto')
      globalThis.caught = 0
      const cipher = createCipheriv('aes-256-gcm', Buffer.alloc(32), Buffer.alloc(12))
      for (const symbol of Object.getOwnPropertySymbols(cipher)) {
        Object.defineProperty(Object.prototype, symbol, { configurable: true, set(value) {
          globalThis.caught++
          Object.defineProperty(this, symbol, { value, writable: true, configurable: true, enumerable: true })
        } })
      }`
    try {
      expect((await run(action('listener', listen), own)).error).toBeUndefined()
      expect(calls(await run(VICTIM, own))).toEqual(EXPECTED)
      const { commands } = await run(action('thief', 'api.access.deny(String(globalThis.caught))'), own)
      expect(commands[0]?.args).toEqual(['0'])
    } finally {
      await own.stop()
    }
  })

  it('shows an Action nothing of what was in memory before', async () => {
    const own = await runtimeFor()
    try {
      for (let count = 0; count < 20; count++) await run(VICTIM, own)
      const hunt = `
        const needles = ['of-the-' + 'victim', 'toRun' + 'ner":"', 'toHo' + 'st":"']
        const found = new Set()
        const look = (bytes) => { for (const needle of needles) if (bytes.includes(needle)) found.add(needle) }
        for (let round = 0; round < 3; round++) {
          // Garbage, so that what is not used any more is freed.
          for (let count = 0; count < 2e5; count++) ({ count })
          for (let count = 0; count < 500; count++) {
            for (const size of [600, 1500, 3000, 6000, 12000, 30000, 65536]) look(Buffer.allocUnsafeSlow(size))
            look(Buffer.from(Buffer.from('a').buffer))
          }
          await new Promise((resolve) => setTimeout(resolve, 5))
        }
        api.access.deny('found: ' + [...found])`
      const { commands, error } = await own.run({
        action: action('hunt', hunt),
        handler: 'onExecutePostLogin',
        event: postLoginEvent(),
      })
      expect(error).toBeUndefined()
      expect(commands[0]?.args).toEqual(['found: '])
    } finally {
      await own.stop()
    }
  })

  it.each([
    ['JSON.stringify', "JSON.stringify = () => '{}'"],
    ['JSON.parse', 'JSON.parse = () => ({})'],
    ['toJSON of all objects', 'Object.prototype.toJSON = () => ({ forged: true })'],
    ['toJSON of all lists', 'Array.prototype.toJSON = () => []'],
    [
      'the prototype of lists',
      "Object.setPrototypeOf(Array.prototype, new Proxy(Object.prototype, { has: () => false, get: (_t, name) => name === 'toJSON' ? () => [] : undefined }))",
    ],
    ['push', 'Array.prototype.push = () => 0'],
    ['map', 'Array.prototype.map = () => []'],
    [
      'items of lists',
      "for (const name of ['0', '1']) Object.defineProperty(Array.prototype, name, { set() {}, get: () => ({ forged: true }) })",
    ],
    ['iteration', 'Array.prototype[Symbol.iterator] = function* () {}'],
    ['maps', 'Map.prototype.get = Map.prototype.set = () => undefined'],
    ['then', 'Promise.prototype.then = () => new Promise(() => {})'],
    [
      'the kind of promises',
      'Object.defineProperty(Promise, Symbol.species, { get: () => class { constructor(f) { f(() => {}, () => {}) } } })',
    ],
    [
      'call and apply',
      'Function.prototype.call = Function.prototype.apply = Function.prototype.bind = () => ({})',
    ],
    [
      'the members of messages',
      "for (const name of ['error', 'commands', 'runs', 'own', 'before', 'record', 'run', 'apply', 'primaryUser', 'profile', 'claims', 'threw']) Object.defineProperty(Object.prototype, name, { set() {}, get: () => ({ forged: true }), configurable: true })",
    ],
    ['the events', "require('events').prototype.emit = () => false"],
    [
      'the timers',
      'globalThis.setTimeout = globalThis.setImmediate = globalThis.queueMicrotask = () => ({})',
    ],
    [
      'the store of runs',
      "const { AsyncLocalStorage } = require('async_hooks'); AsyncLocalStorage.prototype.getStore = () => 1; AsyncLocalStorage.prototype.run = () => {}",
    ],
    [
      'the functions of objects',
      'Object.keys = Object.entries = () => []; Object.assign = () => ({}); Object.defineProperty = () => ({})',
    ],
    ['bytes', 'Buffer.from = Buffer.concat = () => Buffer.alloc(0)'],
    [
      'the way out',
      "for (const { prototype } of [require('stream').Writable, require('stream').Duplex, require('net').Socket]) { const { write } = prototype; prototype.write = function (chunk, ...more) { if (chunk.length > 60) chunk[chunk.length - 10] ^= 1; return write.call(this, chunk, ...more) } }",
    ],
    [
      'the way out, below',
      "const { Socket } = require('net'); for (const name of ['_write', '_writeGeneric', '_writev']) { const inner = Socket.prototype[name]; Socket.prototype[name] = function (...args) { for (const one of args) if (one instanceof Uint8Array && one.length > 60) one[one.length - 10] ^= 1; return inner.apply(this, args) } }",
    ],
    [
      'the way in',
      "const emitter = require('events').prototype; const { emit } = emitter; emitter.emit = function (name, chunk, ...more) { if (name === 'data' && chunk.length > 60) chunk[chunk.length - 10] ^= 1; return emit.call(this, name, chunk, ...more) }",
    ],
    ['the compiler', "require('vm').compileFunction = () => () => {}"],
    ['the stack', 'Error.prepareStackTrace = () => { throw 1 }; Error.captureStackTrace = () => {}'],
  ])('sends no forged result of another Action, with another %s', async (_what, body) => {
    const own = await runtimeFor()
    try {
      const [, seen] = [await run(action('forger', body), own), await run(VICTIM, own)]
      // What is broken may end the run, and must not change what it gives.
      if (seen.error === undefined) expect(calls(seen)).toEqual(EXPECTED)
      else expect(['exited', 'timeout', 'threw', 'load', 'unhandled']).toContain(seen.error.kind)
      expect(JSON.stringify(seen)).not.toContain('forged')
    } finally {
      await own.stop()
    }
  })
})
