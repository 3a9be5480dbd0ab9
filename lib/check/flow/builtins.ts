import type { Node } from '../tree.ts'
import type { Interpreter } from './interpreter.ts'
import { UNDEFINED, UNKNOWN, type Value } from './values.ts'

/** Calls of the language's own functions whose result is known from known arguments. */
export function callGlobal(name: string, args: readonly Value[]): Value | undefined {
  const [first] = args
  if (first === undefined) return undefined
  switch (name) {
    case 'Object.keys':
      return first.kind === 'record'
        ? { kind: 'list', items: [...first.members.keys()].map(text) }
        : undefined
    case 'Object.values':
      return first.kind === 'record' ? { kind: 'list', items: [...first.members.values()] } : undefined
    case 'Object.entries':
      return first.kind === 'record'
        ? { kind: 'list', items: [...first.members].map(([key, value]) => pair(key, value)) }
        : undefined
    case 'Object.freeze':
    case 'structuredClone':
    case 'Map':
    case 'Set':
    case 'String':
      return first
    case 'Boolean':
      return {
        kind: 'unknown',
        ...(first.whenTrue ? { whenTrue: first.whenTrue } : {}),
        ...(first.whenFalse ? { whenFalse: first.whenFalse } : {}),
      }
    case 'Array.isArray':
      return { kind: 'unknown', whenTrue: first.whenTrue ?? [] }
    case 'Object.fromEntries': {
      if (first.kind !== 'list') return undefined
      const members = new Map<string, Value>()
      for (const item of first.items) {
        if (item.kind !== 'list' || item.items[0]?.kind !== 'literal') return undefined
        members.set(String(item.items[0].value), item.items[1] ?? UNDEFINED)
      }
      return { kind: 'record', members }
    }
    default:
      return undefined
  }
}

function text(value: string): Value {
  return { kind: 'literal', value }
}

function pair(key: string, value: Value): Value {
  return { kind: 'list', items: [text(key), value] }
}

const TEXT_METHODS = new Set([
  'toLowerCase',
  'toUpperCase',
  'trim',
  'concat',
  'replace',
  'slice',
  'toString',
  'replaceAll',
])

/** Methods of text and lists. */
export function callMethod(
  run: Interpreter,
  self: Value,
  key: string,
  args: readonly Value[],
  node: Node,
): Value | undefined {
  const [first] = args
  const callback = first?.kind === 'function' || first?.kind === 'path' ? first : undefined
  if (self.kind === 'literal' && typeof self.value === 'string' && TEXT_METHODS.has(key)) {
    if (!args.every((arg) => arg.kind === 'literal')) return undefined
    const method = self.value[key as 'trim'] as (...args: unknown[]) => unknown
    const result = method.apply(
      self.value,
      args.map((arg) => (arg.kind === 'literal' ? arg.value : '')),
    )
    return { kind: 'literal', value: String(result) }
  }
  if (self.kind === 'list') {
    if (key === 'join' && self.items.every((item) => item.kind === 'literal')) {
      const glue = first?.kind === 'literal' ? String(first.value) : ','
      return text(self.items.map((item) => (item.kind === 'literal' ? String(item.value) : '')).join(glue))
    }
    if (['entries', 'values', 'slice', 'reverse', 'sort'].includes(key) && callback === undefined) return self
    if (callback !== undefined && self.items.length <= 100) {
      if (key === 'forEach' || key === 'map' || key === 'flatMap') {
        const items = self.items.map((item, index) =>
          run.call(callback, [item, { kind: 'literal', value: index }], node),
        )
        return key === 'forEach' ? UNDEFINED : { kind: 'list', items }
      }
      if (key === 'filter') {
        for (const item of self.items) run.callLater(callback, [item])
        return self
      }
      if (key === 'reduce') {
        return self.items.reduce<Value>(
          (sum, item) => run.call(callback, [sum, item], node),
          args[1] ?? UNKNOWN,
        )
      }
    }
  }
  if (callback !== undefined && self.kind !== 'literal') {
    const element = run.elementOf(self)
    run.callLater(callback, key === 'reduce' ? [UNKNOWN, element] : [element])
  }
  // `x?.includes(y)` is truthy only where `x` is there.
  return { kind: 'unknown', ...(self.whenTrue ? { whenTrue: self.whenTrue } : {}) }
}
