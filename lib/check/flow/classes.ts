import { isFunction, type Node, plainKey } from '../tree.ts'
import { callFunction } from './calls.ts'
import { evaluate } from './expressions.ts'
import { type ClassValue, type RecordValue, record, Scope, UNDEFINED, type Value } from './values.ts'
import type { Walk } from './walk.ts'

export function classValue(walk: Walk, node: Node, scope: Scope): ClassValue {
  for (const member of node.body.body as Node[]) {
    if (member.value && isFunction(member.value)) walk.functions.push({ node: member.value, scope })
  }
  return { kind: 'class', node, scope }
}

/** `new C(…)` of a class of the file: its methods, its fields, and what the constructor sets. */
export function construct(walk: Walk, of: ClassValue, args: readonly Value[]): RecordValue {
  const instance = record(new Map(), true)
  const scope = new Scope(of.scope)
  scope.set('this', instance)
  let setUp: Node | undefined
  for (const { node, scope: closure } of lineage(walk, of)) {
    for (const member of node.body.body as Node[]) {
      const name = plainKey(member)
      if (member.static || name === undefined) continue
      if (member.type === 'PropertyDefinition') {
        instance.members.set(name, member.value ? evaluate(walk, member.value, scope) : UNDEFINED)
      } else if (member.kind === 'constructor') {
        setUp = member.value
      } else if (member.kind === 'method') {
        instance.members.set(name, { kind: 'function', node: member.value, scope: closure, self: instance })
      }
    }
  }
  if (setUp !== undefined) {
    callFunction(walk, { kind: 'function', node: setUp, scope: of.scope, self: instance }, args)
  }
  return instance
}

/** The class and those that it extends, the most general first. */
function lineage(walk: Walk, of: ClassValue): ClassValue[] {
  const classes: ClassValue[] = []
  for (let one: ClassValue | undefined = of; one !== undefined && classes.length < 8; ) {
    classes.unshift(one)
    const parent: Value | undefined = one.node.superClass
      ? evaluate(walk, one.node.superClass, one.scope)
      : undefined
    one = parent?.kind === 'class' ? parent : undefined
  }
  return classes
}

/** A static method of a class. */
export function staticMember({ node, scope }: ClassValue, key: string): Value | undefined {
  const member = (node.body.body as Node[]).find((one) => one.static && plainKey(one) === key)
  return member?.value && isFunction(member.value)
    ? { kind: 'function', node: member.value, scope }
    : undefined
}
