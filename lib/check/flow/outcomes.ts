import type { Node } from '../tree.ts'
import type { Path } from './paths.ts'
import {
  factsWhenFalse,
  factsWhenTrue,
  implying,
  NO_FACTS,
  plainly,
  type RecordValue,
  union,
  type Value,
} from './values.ts'
import type { Walk } from './walk.ts'

/** Methods that give nothing where nothing fits. */
export const SEARCHES = new Set(['find', 'findLast', 'match', 'exec'])

/** What a call gives that need not find anything: `value` where it does. */
export function perhaps(walk: Walk, node: Node, value: Value, nothing?: null): Value {
  return orNothing(
    walk.outcome(node, undefined, () => `${written(node.callee)}(…)`),
    value,
    nothing,
  )
}

/** What a chain gives that ends early where one of these is missing. */
export function perhapsChain(walk: Walk, node: Node, value: Value, since: readonly Path[]): Value {
  const outcome = walk.outcome(node, undefined, () => written(node), since)
  if (outcome.isShown) return value
  const nothing: Value = { kind: 'literal', value: undefined, absent: outcome }
  return implying(union([plainly(value), nothing]), [...factsWhenTrue(value), outcome], factsWhenFalse(value))
}

/** A member of an object whose members are known, by a key from the event. */
export function perhapsMember(walk: Walk, table: RecordValue, key: Path, node: Node, value: Value): Value {
  if (key.isOutcome || listed(walk, key).there) return value
  return orNothing(entry(walk, table, key, node), value)
}

/** That an object has a member by a key from the event: what `key in object` shows. */
export function entry(walk: Walk, table: RecordValue, key: Path, node?: Node): Path {
  const object = node?.type === 'MemberExpression' ? written(node.object) : '…'
  return walk.outcome(table.members, key, () => `${object}[${key.text}]`)
}

/** That some list has a value of the event: what `list.includes(value)` shows. */
export function listed(walk: Walk, key: Path): Path {
  return walk.outcome(LISTED, key, () => key.text)
}

const LISTED = {}

function orNothing(outcome: Path, value: Value, nothing?: null): Value {
  if (outcome.there) return value
  return implying(union([value, { kind: 'literal', value: nothing, absent: outcome }]), [outcome], NO_FACTS)
}

/** An expression about as the code writes it, for messages. */
function written(node: Node, depth = 0): string {
  if (depth > 6) return '…'
  const inner = (one: Node) => written(one, depth + 1)
  switch (node.type) {
    case 'Identifier':
      return node.name
    case 'ThisExpression':
      return 'this'
    case 'MemberExpression':
      return node.computed
        ? `${inner(node.object)}[…]`
        : `${inner(node.object)}${node.optional ? '?.' : '.'}${node.property.name}`
    case 'CallExpression':
      return `${inner(node.callee)}(…)`
    case 'AwaitExpression':
    case 'TSNonNullExpression':
      return inner(node.argument ?? node.expression)
    case 'ChainExpression':
    case 'ParenthesizedExpression':
      return inner(node.expression)
    default:
      return '…'
  }
}
