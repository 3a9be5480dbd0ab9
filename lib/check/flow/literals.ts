import type { Node } from '../tree.ts'
import { keyOf } from './access.ts'
import { entriesOf } from './maps.ts'
import { use } from './members.ts'
import { concatenate } from './texts.ts'
import { alternatives, extend, literal, record, type Scope, UNKNOWN, type Value } from './values.ts'
import type { Walk } from './walk.ts'

export function templateLiteral(walk: Walk, node: Node, scope: Scope): Value {
  const parts: Value[] = []
  const { quasis, expressions } = node as unknown as { quasis: Node[]; expressions: Node[] }
  for (let index = 0; index < quasis.length; index++) {
    const text = quasis[index]!.value.cooked
    if (text !== '') parts.push(literal(text ?? ''))
    const expression = expressions[index]
    if (expression !== undefined) parts.push(walk.evaluate(expression, scope))
  }
  return concatenate(parts)
}

/** String.raw, or a function of the file that is called with the texts and the values. */
export function taggedTemplate(walk: Walk, node: Node, scope: Scope): Value {
  const tag = walk.evaluate(node.tag, scope)
  if (tag.kind === 'global' && tag.name === 'String.raw') return templateLiteral(walk, node.quasi, scope)
  const values = (node.quasi.expressions as Node[]).map((one) => walk.evaluate(one, scope))
  const strings = (node.quasi.quasis as Node[]).map((quasi) => literal(quasi.value.cooked))
  return walk.call(tag, [{ kind: 'list', items: strings }, ...values], node)
}

export function objectExpression(walk: Walk, node: Node, scope: Scope): Value {
  const members = new Map<string, Value>()
  let open = false
  for (const property of node.properties as Node[]) {
    if (property.type === 'SpreadElement') {
      for (const spread of alternatives(walk.evaluate(property.argument, scope))) {
        if (spread.kind === 'record') {
          for (const [name, member] of spread.members) members.set(name, member)
          open ||= spread.open
        } else if (spread.kind !== 'literal') {
          if (spread.kind === 'path') spread.path.given++
          open = true
        }
      }
      continue
    }
    const key = keyOf(walk, property, scope)
    const value = walk.evaluate(property.value, scope)
    if (key === undefined || property.kind === 'set') open = true
    else
      members.set(
        key,
        property.kind === 'get' && value.kind === 'function' ? { ...value, getter: true } : value,
      )
  }
  const value = record(members, open)
  // `this` of a method is the object.
  for (const [name, member] of members) {
    if (member.kind === 'function' && member.node.type === 'FunctionExpression') {
      members.set(name, { ...member, self: value })
    }
  }
  return value
}

export function arrayExpression(walk: Walk, node: Node, scope: Scope): Value {
  const items: Value[] = []
  let open = false
  for (const element of node.elements as (Node | null)[]) {
    if (element === null) continue
    const value = walk.evaluate(element, scope)
    if (element.type !== 'SpreadElement') items.push(value)
    else if (value.kind === 'list') {
      const all = extend(items, value.items)
      open ||= !all || value.open === true
    } else if (value.kind === 'record' && value.isMap === true) {
      const all = extend(items, entriesOf(value))
      open ||= !all
    } else {
      // Into a list, nothing cannot be spread; into an object it can.
      use(walk, value, element.argument.start)
      open = true
    }
  }
  return open && items.length === 0 ? UNKNOWN : { kind: 'list', items, open }
}
