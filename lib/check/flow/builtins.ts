import type { Node } from '../tree.ts'
import { listMethod } from './lists.ts'
import { addressMethod, addressOf, fromEntries, mapMethod, mapOf, pair } from './maps.ts'
import { elementOf, pathValue, use } from './members.ts'
import { entry, perhaps, SEARCHES } from './outcomes.ts'
import { exportAll, noteEventWrite } from './patterns.ts'
import {
  alternatives,
  type FunctionValue,
  factsWhenFalse,
  factsWhenTrue,
  isFromEvent,
  literal,
  MOST_LISTED,
  MOST_TEXT,
  orElse,
  type PathValue,
  plainly,
  record,
  test,
  UNKNOWN,
  type Value,
} from './values.ts'
import type { Walk } from './walk.ts'

/** Functions that throw on undefined. */
const THROWS_ON_NOTHING = new Set([
  'Object.keys',
  'Object.values',
  'Object.entries',
  'Object.fromEntries',
  'Object.getOwnPropertyNames',
  'JSON.parse',
  'Object.setPrototypeOf',
  'Reflect.ownKeys',
  'Array.from',
  'Promise.all',
  'Promise.allSettled',
  'Promise.any',
  'Promise.race',
  'Buffer.from',
  'Buffer.byteLength',
  'BigInt',
  'URL',
  'require(url).parse',
  'require(jsonwebtoken).verify',
  'require(crypto).createHash().update',
  'require(crypto).createHmac().update',
])

/** Calls of the language's own functions whose result follows from their arguments. */
export function callGlobal(walk: Walk, name: string, args: readonly Value[], node: Node): Value | undefined {
  const [first, second, third] = args
  switch (name) {
    case 'require':
      if (first?.kind !== 'literal') return undefined
      walk.observe({ kind: 'require', offset: node.start, name: String(first.value) })
      return { kind: 'global', name: `require(${String(first.value).replace(/^node:/, '')})` }
    case 'Object.assign':
      return assignAll(walk, args, node.start)
    case 'Object.defineProperty':
      if (first?.kind === 'record' && second?.kind === 'literal' && third?.kind === 'record') {
        const getter = third.members.get('get')
        const value: Value =
          getter?.kind === 'function' ? { ...getter, getter: true } : (third.members.get('value') ?? UNKNOWN)
        first.members.set(String(second.value), value)
      }
      return first
  }
  // An object, whatever is in it.
  if (/^(?:[A-Z]\w*)?Error$/.test(name))
    return record(new Map(first === undefined ? [] : [['message', first]]), true)
  if (name === 'Map' && first === undefined) return { ...record(new Map()), isMap: true }
  if (name === 'Set' && first === undefined) return { kind: 'list', items: [] }
  const lodash = LODASH.exec(name)?.[1]
  if (lodash !== undefined) return callLodash(walk, lodash, args, node)
  if (first === undefined) return undefined
  if (THROWS_ON_NOTHING.has(name)) use(walk, first, node.arguments?.[0]?.start ?? node.start)
  switch (name) {
    case 'require(crypto).createHash':
    case 'require(crypto).createHmac':
      return { kind: 'global', name: `${name}()` }
    case 'require(crypto).createHash().update':
    case 'require(crypto).createHmac().update':
      return { kind: 'global', name: name.replace('.update', '') }
    case 'Date':
      return { kind: 'unknown', date: first }
    case 'Object.keys':
    case 'Object.getOwnPropertyNames':
      return listed(first, (key) => literal(key))
    case 'Object.values':
      return listed(first, (_key, value) => value)
    case 'Object.entries':
      return listed(first, pair)
    case 'Object.hasOwn':
    case 'Object.prototype.hasOwnProperty.call':
      if (first.kind === 'record' && second?.kind === 'path') return test([entry(walk, first, second.path)])
      return first.kind === 'path' && second?.kind === 'literal'
        ? test([first.path.child(String(second.value))])
        : undefined
    case 'Object.freeze':
    case 'structuredClone':
    case 'Promise.resolve':
    case 'Promise.all':
    case 'Array.from':
      return first
    case 'Set':
      return first.kind === 'list'
        ? { ...first, items: [...first.items] }
        : { kind: 'list', items: [], open: true }
    case 'Number':
    case 'parseInt':
    case 'parseFloat':
      // Of undefined it is NaN, which is falsy and in no order.
      return first.kind === 'literal' ? literal(Number(first.value)) : test(factsWhenTrue(first))
    case 'Map':
      return mapOf(first)
    case 'URL':
      return addressOf(first, second)
    case 'String':
    case 'encodeURIComponent':
    case 'decodeURIComponent':
    case 'encodeURI':
      // A text, whatever was given.
      return first.kind === 'literal' && name === 'String'
        ? literal(String(first.value))
        : { kind: 'unknown', whenTrue: undefined }
    case 'Boolean':
      return first.kind === 'literal'
        ? literal(Boolean(first.value))
        : test(factsWhenTrue(first), factsWhenFalse(first))
    case 'Array.isArray':
      return first.kind === 'list' ? literal(true) : test(factsWhenTrue(first))
    case 'Object.fromEntries':
      return fromEntries(first)
    default:
      return undefined
  }
}

const LODASH = /^require\((?:lodash|underscore)\)\.(\w+)$/

/** The few functions of lodash that claims are put together with. */
function callLodash(walk: Walk, name: string, args: readonly Value[], node: Node): Value | undefined {
  const [first, callback] = args
  switch (name) {
    case 'get': {
      if (first?.kind !== 'path' || first.path.root !== 'event' || callback?.kind !== 'literal')
        return undefined
      const names = String(callback.value).split('.')
      const path = names.reduce((at, name) => at.child(name), first.path)
      return args[2] === undefined ? pathValue(path, 1) : orElse(pathValue(path, 1), args[2])
    }
    case 'merge':
    case 'assign':
    case 'extend':
    case 'defaults':
      return assignAll(walk, args, node.start)
    case 'each':
    case 'forEach':
    case 'forOwn':
    case 'forIn':
    case 'map':
      if (callback === undefined) return undefined
      if (first?.kind === 'list' && first.open !== true) {
        return { kind: 'list', items: first.items.map((item) => walk.call(callback, [item], node)) }
      }
      if (first?.kind === 'record' && !first.open) {
        const entries = [...first.members]
        return {
          kind: 'list',
          items: entries.map(([key, value]) => walk.call(callback, [value, literal(key)], node)),
        }
      }
      if (callback.kind === 'function') walk.callLater(callback, [UNKNOWN, UNKNOWN])
      return UNKNOWN
    default:
      return undefined
  }
}

/** What is made of each member of an object, or of one of several. */
function listed(value: Value, item: (key: string, value: Value) => Value): Value | undefined {
  const items: Value[] = []
  let open = false
  for (const one of alternatives(value)) {
    if (one.kind === 'record') for (const [key, member] of one.members) items.push(item(key, member))
    open ||= one.kind !== 'record' || one.open
  }
  return open && items.length === 0 ? undefined : { kind: 'list', items, open }
}

function assignAll(walk: Walk, [target, ...sources]: readonly Value[], offset: number): Value | undefined {
  if (target?.kind === 'global' && (target.name === 'exports' || target.name === 'module.exports')) {
    for (const source of sources) exportAll(walk, source, offset, target.name)
  }
  if (target?.kind === 'path') noteEventWrite(walk, target.path, offset)
  if (target?.kind !== 'record') return target
  for (const source of sources) {
    if (source.kind !== 'record') target.open = true
    else for (const [name, value] of source.members) target.members.set(name, value)
  }
  return target
}

const TEXT_METHODS = new Set([
  'toLowerCase',
  'toUpperCase',
  'trim',
  'trimEnd',
  'trimStart',
  'concat',
  'replace',
  'slice',
  'substring',
  'toString',
  'replaceAll',
])

const ADDING_METHODS = new Set(['push', 'unshift', 'set', 'add'])

/** Methods that change the list that they are called on. */
const CHANGING_METHODS = new Set(['push', 'unshift', 'splice'])

/** Whether a method adds something of the event to what it is called on. */
export function addsEvent(key: string, args: readonly Value[]): boolean {
  return ADDING_METHODS.has(key) && args.some((arg) => isFromEvent(arg))
}

/** Methods of text and lists. */
export function callMethod(
  walk: Walk,
  self: Value,
  key: string,
  args: readonly Value[],
  node: Node,
): Value | undefined {
  const [first] = args
  const callback = first?.kind === 'function' || first?.kind === 'path' ? first : undefined
  if (key === 'hasOwnProperty' && self.kind === 'path' && first?.kind === 'literal') {
    return test([self.path.child(String(first.value))])
  }
  if (key === 'hasOwnProperty' && self.kind === 'record' && first?.kind === 'path') {
    return test([entry(walk, self, first.path)])
  }
  if ((key === 'then' || key === 'finally') && callback !== undefined) {
    return walk.callLater(callback, key === 'then' ? [plainly(self)] : [])
  }
  if (self.kind === 'literal' && typeof self.value === 'string') return textMethod(self.value, key, args)
  if (self.kind === 'text' && key === 'concat') return self
  if (self.kind === 'record')
    return self.isMap === true ? mapMethod(walk, self, key, args, node) : addressMethod(self, key)
  if (self.kind === 'list') {
    const result = listMethod(walk, self, key, args, node)
    if (result !== undefined) return result
  }
  if (SEARCHES.has(key)) return searched(walk, self, key, callback, node)
  if (self.kind === 'path' && CHANGING_METHODS.has(key)) noteEventWrite(walk, self.path, node.start)
  if (callback !== undefined && self.kind !== 'literal') {
    const element = elementOf(walk, self, node.start)
    walk.callLater(callback, key === 'reduce' ? [UNKNOWN, element] : [element])
  }
  if (self.kind === 'path' && self.path.shape?.kind === 'list') {
    if (key === 'at' || key === 'pop' || key === 'shift') {
      return perhaps(walk, node, elementOf(walk, self, node.start))
    }
    if (key === 'filter' || key === 'slice' || key === 'sort' || key === 'reverse') return self
    return test(factsWhenTrue(self))
  }
  // Of an invalid date, as undefined makes, it throws.
  if (self.kind === 'unknown' && self.date !== undefined && key === 'toISOString')
    use(walk, self.date, node.start)
  // `x?.includes(y)` is truthy only where `x` is present.
  return test(factsWhenTrue(self))
}

/** What a search in a list or a text gives. */
function searched(
  walk: Walk,
  self: Value,
  key: string,
  callback: FunctionValue | PathValue | undefined,
  node: Node,
): Value {
  if (key === 'match' || key === 'exec') {
    return perhaps(walk, node, { kind: 'list', items: [], open: true }, null)
  }
  const element = self.kind === 'literal' ? UNKNOWN : elementOf(walk, self, node.start)
  // A method of this name that gets no function is another one.
  if (callback === undefined) return UNKNOWN
  walk.callLater(callback, [element])
  return perhaps(walk, node, element)
}

function textMethod(text: string, key: string, args: readonly Value[]): Value | undefined {
  if (!args.every((arg) => arg.kind === 'literal')) return undefined
  const plain = args.map((arg) => (arg.kind === 'literal' ? arg.value : ''))
  const longest = plain.reduce<number>((most, one) => Math.max(most, String(one).length), 1)
  if (text.length * longest > MOST_TEXT) return undefined
  if (TEXT_METHODS.has(key)) {
    const method = text[key as 'trim'] as (...args: unknown[]) => unknown
    return literal(String(method.apply(text, plain)))
  }
  if (key === 'startsWith' || key === 'endsWith' || key === 'includes')
    return literal(text[key](String(plain[0])))
  if (key === 'split') {
    const parts = text.split(String(plain[0]))
    return { kind: 'list', items: parts.slice(0, MOST_LISTED).map(literal), open: parts.length > MOST_LISTED }
  }
  return undefined
}
