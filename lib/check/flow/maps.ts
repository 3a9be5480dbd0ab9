import type { Node } from '../tree.ts'
import { literal, type RecordValue, record, UNDEFINED, UNKNOWN, union, type Value } from './values.ts'
import type { Walk } from './walk.ts'

export function pair(key: string, value: Value): Value {
  return { kind: 'list', items: [literal(key), value] }
}

/** `Object.fromEntries(…)` of known pairs. */
export function fromEntries(list: Value): Value | undefined {
  if (list.kind !== 'list') return undefined
  const members = new Map<string, Value>()
  for (const item of list.items) {
    if (item.kind !== 'list' || item.items[0]?.kind !== 'literal') return undefined
    members.set(String(item.items[0].value), item.items[1] ?? UNDEFINED)
  }
  return record(members)
}

/** `new Map(…)` of known pairs. */
export function mapOf(pairs: Value): Value {
  const entries = fromEntries(pairs)
  return entries?.kind === 'record' ? { ...entries, isMap: true } : UNKNOWN
}

/** `new URL(…)` of a known text. */
export function addressOf(text: Value, base: Value | undefined): Value | undefined {
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

/** Methods of an address. */
export function addressMethod({ asText }: RecordValue, key: string): Value | undefined {
  return asText !== undefined && (key === 'toString' || key === 'toJSON') ? literal(asText) : undefined
}

/** Methods of a map. */
export function mapMethod(
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
    case 'has':
      return first?.kind === 'literal' && !map.open ? literal(map.members.has(String(first.value))) : UNKNOWN
    case 'delete':
      if (first?.kind === 'literal' && walk.conditional === 0) map.members.delete(String(first.value))
      return UNKNOWN
    case 'entries':
      return { kind: 'list', items: entriesOf(map), open: map.open }
    case 'keys':
      return { kind: 'list', items: [...map.members.keys()].map(literal), open: map.open }
    case 'values':
      return { kind: 'list', items: [...map.members.values()], open: map.open }
    case 'forEach':
      for (const [name, value] of first === undefined ? [] : [...map.members]) {
        walk.call(first!, [value, literal(name)], node)
      }
      return UNDEFINED
    default:
      return undefined
  }
}
