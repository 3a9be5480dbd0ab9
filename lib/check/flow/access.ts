import { type Node, plainKey } from '../tree.ts'
import { staticMember } from './classes.ts'
import { elementOf, member, present, use } from './members.ts'
import { perhapsMember } from './outcomes.ts'
import { texts } from './texts.ts'
import { type Scope, UNKNOWN, union, type Value } from './values.ts'
import type { Walk } from './walk.ts'

/** The name of a property or a member, when it can be told. */
export function keyOf(walk: Walk, node: Node, scope: Scope): string | undefined {
  const name = plainKey(node)
  if (name !== undefined) return name
  const value = walk.evaluate(node.type === 'MemberExpression' ? node.property : node.key, scope)
  return value.kind === 'literal' ? String(value.value) : undefined
}

/** `object.key`; a getter is called. */
export function readMember(walk: Walk, object: Value, key: string, offset: number, optional: boolean): Value {
  const value =
    object.kind === 'class'
      ? (staticMember(walk, object, key) ?? UNKNOWN)
      : member(walk, object, key, offset, optional)
  return value.kind === 'function' && value.getter === true ? walk.callFunction(value, []) : value
}

/** `object[key]` with a key that is known at run time only. */
export function computedMember(walk: Walk, object: Value, node: Node, scope: Scope): Value {
  const names = texts(walk.evaluate(node.property, scope))
  if (names.complete && names.values.length <= 8) {
    return union(names.values.map((name) => readMember(walk, object, name, node.start, node.optional)))
  }
  if (object.kind === 'path') {
    if (object.path.root === 'api') return UNKNOWN
    if (!node.optional) present(walk, object, node.start, false)
    object.path.given++
    if (object.path.below === 'secrets') {
      walk.observe({ kind: 'secret', offset: node.start, name: undefined })
    }
    return object.path.shape?.kind === 'list' ? elementOf(walk, object) : UNKNOWN
  }
  if (object.kind === 'union' && !node.optional) use(walk, object, node.start, false)
  if (object.kind === 'list') return union(object.items)
  if (object.kind !== 'record') return UNKNOWN
  const members = [...object.members.values()]
  const key =
    object.open || node.optional || members.length === 0 ? UNKNOWN : walk.evaluate(node.property, scope)
  return key.kind === 'path' && key.path.root === 'event'
    ? perhapsMember(walk, object, key.path, node, union(members))
    : union([...members, UNKNOWN])
}
