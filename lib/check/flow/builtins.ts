import type { Node } from '../tree.ts'
import { call, callLater } from './calls.ts'
import { exportAll } from './patterns.ts'
import {
  factsWhenFalse,
  factsWhenTrue,
  isFromEvent,
  literal,
  plainly,
  type RecordValue,
  record,
  test,
  UNDEFINED,
  UNKNOWN,
  union,
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
  'Buffer.from',
  'URL',
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
      return assignAll(walk, args)
    case 'Object.defineProperty':
      if (first?.kind === 'record' && second?.kind === 'literal' && third?.kind === 'record') {
        const getter = third.members.get('get')
        const value: Value =
          getter?.kind === 'function' ? { ...getter, getter: true } : (third.members.get('value') ?? UNKNOWN)
        first.members.set(String(second.value), value)
      }
      return first
  }
  if (name === 'Map' && first === undefined) return { ...record(new Map()), isMap: true }
  if (name === 'Set' && first === undefined) return { kind: 'list', items: [] }
  const lodash = LODASH.exec(name)?.[1]
  if (lodash !== undefined) return callLodash(walk, lodash, args, node)
  if (first === undefined) return undefined
  if (THROWS_ON_NOTHING.has(name)) walk.use(first, node.arguments?.[0]?.start ?? node.start)
  switch (name) {
    case 'Object.keys':
    case 'Object.getOwnPropertyNames':
      return first.kind === 'record' && !first.open
        ? { kind: 'list', items: [...first.members.keys()].map(literal) }
        : undefined
    case 'Object.values':
      return first.kind === 'record' && !first.open
        ? { kind: 'list', items: [...first.members.values()] }
        : undefined
    case 'Object.entries':
      return first.kind === 'record' && !first.open
        ? { kind: 'list', items: [...first.members].map(([key, value]) => pair(key, value)) }
        : undefined
    case 'Object.hasOwn':
      return first.kind === 'path' && second?.kind === 'literal'
        ? test([first.path.child(String(second.value))])
        : undefined
    case 'Object.freeze':
    case 'structuredClone':
    case 'Promise.resolve':
    case 'Promise.all':
    case 'Array.from':
    case 'Set':
      return first
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

function fromEntries(list: Value): Value | undefined {
  if (list.kind !== 'list') return undefined
  const members = new Map<string, Value>()
  for (const item of list.items) {
    if (item.kind !== 'list' || item.items[0]?.kind !== 'literal') return undefined
    members.set(String(item.items[0].value), item.items[1] ?? UNDEFINED)
  }
  return record(members)
}

function mapOf(pairs: Value): Value {
  const entries = fromEntries(pairs)
  return entries?.kind === 'record' ? { ...entries, isMap: true } : UNKNOWN
}

/** `new URL(…)` of a known text. */
function addressOf(text: Value, base: Value | undefined): Value | undefined {
  if (text.kind !== 'literal' || (base !== undefined && base.kind !== 'literal')) return undefined
  const address = String(text.value)
  const relativeTo = base === undefined ? undefined : String(base.value)
  if (!URL.canParse(address, relativeTo)) return undefined
  const url = new URL(address, relativeTo)
  const names = ['href', 'origin', 'protocol', 'host', 'hostname', 'pathname'] as const
  return { ...record(new Map(names.map((name) => [name, literal(url[name])])), true), asText: url.href }
}

/** The entries of a map, or of an object, as pairs. */
export function entriesOf({ members }: RecordValue): Value[] {
  return [...members].map(([key, value]) => pair(key, value))
}

const LODASH = /^require\((?:lodash|underscore)\)\.(\w+)$/

/** The few functions of lodash that claims are put together with. */
function callLodash(walk: Walk, name: string, args: readonly Value[], node: Node): Value | undefined {
  const [first, callback] = args
  switch (name) {
    case 'merge':
    case 'assign':
    case 'extend':
    case 'defaults':
      return assignAll(walk, args)
    case 'each':
    case 'forEach':
    case 'forOwn':
    case 'forIn':
    case 'map':
      if (callback === undefined) return undefined
      if (first?.kind === 'list' && first.open !== true) {
        return { kind: 'list', items: first.items.map((item) => call(walk, callback, [item], node)) }
      }
      if (first?.kind === 'record' && !first.open) {
        const entries = [...first.members]
        return {
          kind: 'list',
          items: entries.map(([key, value]) => call(walk, callback, [value, literal(key)], node)),
        }
      }
      if (callback.kind === 'function') callLater(walk, callback, [UNKNOWN, UNKNOWN])
      return UNKNOWN
    default:
      return undefined
  }
}

function assignAll(walk: Walk, [target, ...sources]: readonly Value[]): Value | undefined {
  if (target?.kind === 'global' && (target.name === 'exports' || target.name === 'module.exports')) {
    for (const source of sources) exportAll(walk, source)
  }
  if (target?.kind !== 'record') return target
  for (const source of sources) {
    if (source.kind !== 'record') target.open = true
    else for (const [name, value] of source.members) target.members.set(name, value)
  }
  return target
}

function pair(key: string, value: Value): Value {
  return { kind: 'list', items: [literal(key), value] }
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
  if (self.kind === 'literal' && typeof self.value === 'string') return textMethod(self.value, key, args)
  if (self.kind === 'text' && key === 'concat') return self
  if (self.kind === 'record')
    return self.isMap === true ? mapMethod(walk, self, key, args, node) : addressMethod(self, key)
  if (self.kind === 'list') {
    const result = listMethod(walk, self, key, args, callback, node)
    if (result !== undefined) return result
  }
  if (self.kind === 'path' && self.path.shape?.kind === 'list') {
    if (callback !== undefined) {
      const element = walk.elementOf(self, node.start)
      callLater(walk, callback, key === 'reduce' ? [UNKNOWN, element] : [element])
    }
    if (key === 'find' || key === 'findLast' || key === 'at' || key === 'pop' || key === 'shift') {
      return union([walk.elementOf(self, node.start), UNDEFINED])
    }
    if (key === 'filter' || key === 'slice' || key === 'sort' || key === 'reverse') return self
    return test(factsWhenTrue(self))
  }
  if ((key === 'then' || key === 'finally') && callback !== undefined) {
    return callLater(walk, callback, key === 'then' ? [plainly(self)] : [])
  }
  if (callback !== undefined && self.kind !== 'literal') {
    const element = walk.elementOf(self, node.start)
    callLater(walk, callback, key === 'reduce' ? [UNKNOWN, element] : [element])
  }
  // `x?.includes(y)` is truthy only where `x` is there.
  return test(factsWhenTrue(self))
}

function textMethod(text: string, key: string, args: readonly Value[]): Value | undefined {
  if (!args.every((arg) => arg.kind === 'literal')) return undefined
  const plain = args.map((arg) => (arg.kind === 'literal' ? arg.value : ''))
  if (TEXT_METHODS.has(key)) {
    const method = text[key as 'trim'] as (...args: unknown[]) => unknown
    return literal(String(method.apply(text, plain)))
  }
  if (key === 'startsWith' || key === 'endsWith' || key === 'includes')
    return literal(text[key](String(plain[0])))
  if (key === 'split') return { kind: 'list', items: text.split(String(plain[0])).map(literal) }
  return undefined
}

function addressMethod({ asText }: RecordValue, key: string): Value | undefined {
  return asText !== undefined && (key === 'toString' || key === 'toJSON') ? literal(asText) : undefined
}

function mapMethod(
  walk: Walk,
  map: RecordValue,
  key: string,
  args: readonly Value[],
  node: Node,
): Value | undefined {
  const [first, second] = args
  switch (key) {
    case 'get':
      if (first?.kind !== 'literal') return union([...map.members.values(), UNKNOWN])
      return map.members.get(String(first.value)) ?? (map.open ? UNKNOWN : UNDEFINED)
    case 'set':
      if (first?.kind === 'literal') map.members.set(String(first.value), second ?? UNDEFINED)
      else map.open = true
      return map
    case 'entries':
      return { kind: 'list', items: entriesOf(map), open: map.open }
    case 'keys':
      return { kind: 'list', items: [...map.members.keys()].map(literal), open: map.open }
    case 'values':
      return { kind: 'list', items: [...map.members.values()], open: map.open }
    case 'forEach':
      for (const [name, value] of first === undefined ? [] : [...map.members]) {
        call(walk, first!, [value, literal(name)], node)
      }
      return UNDEFINED
    default:
      return undefined
  }
}

/** More items than this are not kept. */
const MOST_ITEMS = 500

function listMethod(
  walk: Walk,
  list: Value & { kind: 'list' },
  key: string,
  args: readonly Value[],
  callback: Value | undefined,
  node: Node,
): Value | undefined {
  const [first] = args
  const { items } = list
  if (key === 'push' || key === 'unshift' || key === 'add') {
    // In a branch the item may be missing, and in a loop there may be more.
    if (walk.conditional > 0) list.open = true
    if (items.length < MOST_ITEMS) items[key === 'unshift' ? 'unshift' : 'push'](...args)
    return key === 'add' ? list : UNKNOWN
  }
  const literals = list.open !== true && items.every((item) => item.kind === 'literal')
  if (key === 'join' && literals) {
    const glue = first?.kind === 'literal' ? String(first.value) : ','
    return literal(items.map((item) => (item.kind === 'literal' ? String(item.value) : '')).join(glue))
  }
  if (key === 'includes' && literals && first?.kind === 'literal') {
    return literal(items.some((item) => item.kind === 'literal' && item.value === first.value))
  }
  if (key === 'includes' && first !== undefined) return test(factsWhenTrue(first))
  if (key === 'concat') {
    return args.every((arg) => arg.kind === 'list')
      ? { kind: 'list', items: [...items, ...args.flatMap((arg) => (arg.kind === 'list' ? arg.items : []))] }
      : UNKNOWN
  }
  if (callback === undefined) {
    if (key === 'entries') {
      return {
        kind: 'list',
        items: items.map((item, index) => ({ kind: 'list', items: [literal(index), item] })),
      }
    }
    return ['values', 'slice', 'reverse', 'sort', 'flat'].includes(key) ? { kind: 'list', items } : undefined
  }
  if (items.length > 100) return undefined
  switch (key) {
    case 'forEach':
    case 'map':
    case 'flatMap': {
      const results = items.map((item, index) => call(walk, callback, [item, literal(index)], node))
      return key === 'forEach' ? UNDEFINED : { kind: 'list', items: results }
    }
    case 'filter':
      for (const item of items) callLater(walk, callback, [item])
      return { kind: 'list', items }
    case 'reduce':
      return items.reduce<Value>((sum, item) => call(walk, callback, [sum, item], node), args[1] ?? UNKNOWN)
    default:
      return undefined
  }
}
