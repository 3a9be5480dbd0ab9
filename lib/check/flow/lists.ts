import type { Node } from '../tree.ts'
import { listed, perhaps } from './outcomes.ts'
import {
  extend,
  factsWhenFalse,
  factsWhenTrue,
  type ListValue,
  literal,
  MOST_TEXT,
  mayBeFalse,
  mayBeTrue,
  NO_FACTS,
  type Primitive,
  test,
  UNDEFINED,
  UNKNOWN,
  union,
  type Value,
} from './values.ts'
import type { Walk } from './walk.ts'

/** More items than this are not kept, nor called back for. */
const MOST_ITEMS = 500

/** Methods of a list, or of a set, whose items are known. */
export function listMethod(
  walk: Walk,
  list: ListValue,
  key: string,
  args: readonly Value[],
  node: Node,
): Value | undefined {
  const [first] = args
  if (CHANGING.has(key)) return changed(walk, list, key, args)
  if ((key === 'includes' || key === 'has') && first?.kind === 'path' && first.path.root === 'event') {
    return test([...factsWhenTrue(first), listed(walk, first.path)])
  }
  if (
    first?.kind === 'function' ||
    first?.kind === 'path' ||
    (first?.kind === 'global' && key === 'filter')
  ) {
    return list.items.length > MOST_ITEMS ? undefined : calledBack(walk, list, key, args, first, node)
  }
  const { items, open } = list
  const plain = args.map((arg) => (arg.kind === 'literal' ? arg.value : UNKNOWN_ARGUMENT))
  const known = open !== true && !plain.includes(UNKNOWN_ARGUMENT)
  switch (key) {
    case 'includes':
    case 'has':
    case 'indexOf': {
      const literals = known && items.every((item) => item.kind === 'literal')
      if (!literals || first === undefined) return first === undefined ? UNKNOWN : test(factsWhenTrue(first))
      const at = items.findIndex((item) => item.kind === 'literal' && item.value === plain[0])
      return literal(key === 'indexOf' ? at : at !== -1)
    }
    case 'join':
      return joined(list, plain[0])
    case 'at':
      return known ? (items.at(Number(plain[0])) ?? UNDEFINED) : union([...items, UNKNOWN])
    case 'slice':
      return known
        ? { kind: 'list', items: items.slice(plain[0] as number | undefined, plain[1] as number | undefined) }
        : { kind: 'list', items: [...items], open: true }
    case 'concat':
      return concatenated(list, args)
    case 'flat':
      return flattened(list)
    case 'entries':
      return {
        kind: 'list',
        items: items.map((item, index): Value => ({ kind: 'list', items: [literal(index), item] })),
        open,
      }
    case 'reverse':
    case 'toReversed':
      return { kind: 'list', items: items.toReversed(), open }
    case 'values':
    case 'sort':
    case 'toSorted':
      return { kind: 'list', items: [...items], open }
    default:
      return undefined
  }
}

const UNKNOWN_ARGUMENT = Number.NaN

const CHANGING = new Set(['push', 'unshift', 'add', 'pop', 'shift', 'delete'])

/** Methods that change the list. In a branch the change may not be made, and in a loop it may be made again. */
function changed(walk: Walk, list: ListValue, key: string, args: readonly Value[]): Value {
  const { items } = list
  const certain = walk.conditional === 0
  if (!certain) list.open = true
  switch (key) {
    case 'pop':
    case 'shift':
      if (!certain || list.open === true) return union([...items, UNKNOWN])
      return (key === 'pop' ? items.pop() : items.shift()) ?? UNDEFINED
    case 'delete': {
      const [first] = args
      const at = items.findIndex(
        (item) => item.kind === 'literal' && first?.kind === 'literal' && item.value === first.value,
      )
      if (certain && at !== -1) items.splice(at, 1)
      return UNKNOWN
    }
    default:
      if (items.length < MOST_ITEMS) items.splice(key === 'unshift' ? 0 : items.length, 0, ...args)
      else list.open = true
      return key === 'add' ? list : UNKNOWN
  }
}

/** Methods that call a function for the items, one after another. */
function calledBack(
  walk: Walk,
  list: ListValue,
  key: string,
  args: readonly Value[],
  callback: Value,
  node: Node,
): Value | undefined {
  const { items, open } = list
  const answer = (item: Value, index: number) => walk.call(callback, [item, literal(index)], node)
  switch (key) {
    case 'forEach':
      items.forEach(answer)
      return UNDEFINED
    case 'map':
      return { kind: 'list', items: items.map(answer), open }
    case 'flatMap':
      return flattened({ kind: 'list', items: items.map(answer), open })
    case 'filter':
      return {
        kind: 'list',
        items: items.filter((item, index) => mayBeTrue(decide(walk, callback, item, index, node))),
        open,
      }
    case 'find':
    case 'findLast': {
      const found: Value[] = []
      for (const [index, item] of (key === 'find' ? items : items.toReversed()).entries()) {
        const decision = decide(walk, callback, item, index, node)
        if (mayBeTrue(decision)) found.push(item)
        if (!mayBeFalse(decision)) return union(found)
      }
      if (open === true) return union([...found, UNKNOWN])
      return found.length === 0 ? UNDEFINED : perhaps(walk, node, union(found))
    }
    case 'some':
    case 'every': {
      const decisions = items.map((item, index) => decide(walk, callback, item, index, node))
      const decisive = key === 'some' ? (one: Value) => !mayBeFalse(one) : (one: Value) => !mayBeTrue(one)
      if (decisions.some(decisive)) return literal(key === 'some')
      const against = key === 'some' ? (one: Value) => !mayBeTrue(one) : (one: Value) => !mayBeFalse(one)
      if (open !== true && decisions.every(against)) return literal(key !== 'some')
      // None of them is so, or all of them are: what that shows of each holds of all.
      return key === 'some'
        ? test(NO_FACTS, decisions.flatMap(factsWhenFalse))
        : test(decisions.flatMap(factsWhenTrue), NO_FACTS)
    }
    case 'reduce': {
      const [start, rest] = args[1] === undefined ? [items[0] ?? UNKNOWN, items.slice(1)] : [args[1], items]
      const sum = rest.reduce<Value>((before, item) => walk.call(callback, [before, item], node), start)
      return open === true ? union([sum, UNKNOWN]) : sum
    }
    default:
      for (const item of items) walk.callLater(callback, [item])
      return UNKNOWN
  }
}

/** What a predicate says of an item. */
function decide(walk: Walk, callback: Value, item: Value, index: number, node: Node): Value {
  // `filter(Boolean)`
  if (callback.kind === 'global') return callback.name === 'Boolean' ? item : UNKNOWN
  return walk.call(callback, [item, literal(index)], node)
}

function concatenated({ items, open }: ListValue, args: readonly Value[]): ListValue {
  const sum: ListValue = { kind: 'list', items: [...items], open }
  for (const arg of args) {
    if (arg.kind === 'list') {
      const all = extend(sum.items, arg.items)
      sum.open = !all || sum.open === true || arg.open === true || undefined
    } else {
      if (arg.kind === 'literal') extend(sum.items, [arg])
      sum.open = true
    }
  }
  return sum
}

function flattened({ items, open }: ListValue): ListValue {
  const flat: Value[] = []
  let more = open === true
  for (const item of items) {
    if (item.kind === 'list') {
      more = !extend(flat, item.items) || more || item.open === true
    } else if (item.kind === 'literal' || item.kind === 'record') flat.push(item)
    else more = true
  }
  return { kind: 'list', items: flat, open: more }
}

function joined({ items, open }: ListValue, glue: Primitive): Value {
  if (open === true || !items.every((item) => item.kind === 'literal')) return UNKNOWN
  const texts = items.map((item) => (item.kind === 'literal' ? (item.value ?? '') : ''))
  const between = glue === undefined ? ',' : String(glue)
  const length = texts.reduce<number>((sum, text) => sum + String(text).length + between.length, 0)
  return length > MOST_TEXT ? UNKNOWN : literal(texts.join(between))
}
