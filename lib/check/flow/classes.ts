import { isFunction, type Node, plainKey } from '../tree.ts'
import {
  type ClassValue,
  type FunctionValue,
  type RecordValue,
  record,
  Scope,
  UNDEFINED,
  type Value,
} from './values.ts'
import type { Walk } from './walk.ts'

export function classValue(walk: Walk, node: Node, outer: Scope): ClassValue {
  // Inside, a class has its own name.
  const scope = node.id ? new Scope(outer) : outer
  const value: ClassValue = { kind: 'class', node, scope }
  if (node.id) scope.set(node.id.name, value)
  for (const member of node.body.body as Node[]) {
    if (member.value && isFunction(member.value)) walk.functions.push({ node: member.value, scope })
  }
  return value
}

/** `new C(…)` of a class of the file: its methods, its fields, and what the constructors set. */
export function construct(walk: Walk, of: ClassValue, args: readonly Value[]): RecordValue {
  const instance = record(new Map(), true)
  for (const one of lineage(walk, of)) {
    const { node } = one
    const { scope: closure } = inside(walk, one)
    for (const member of node.body.body as Node[]) {
      const name = plainKey(member)
      if (member.static || name === undefined || member.value?.type !== 'FunctionExpression') continue
      if (member.type !== 'PropertyDefinition' && member.kind !== 'constructor') {
        const method: FunctionValue = { kind: 'function', node: member.value, scope: closure, self: instance }
        instance.members.set(name, member.kind === 'get' ? { ...method, getter: true } : method)
      }
    }
  }
  runConstructor(walk, of, instance, args)
  return instance
}

/** Sets the fields of a class on its instance and runs its constructor; without one, that of the class it extends. */
export function runConstructor(
  walk: Walk,
  of: ClassValue,
  instance: RecordValue,
  args: readonly Value[],
  depth = 0,
): void {
  const { scope, parent } = inside(walk, of)
  scope.set('this', instance)
  let setUp: Node | undefined
  for (const member of of.node.body.body as Node[]) {
    if (member.static) continue
    const name = plainKey(member)
    if (member.type === 'PropertyDefinition' && name !== undefined) {
      const value = member.value ? walk.evaluate(member.value, scope) : UNDEFINED
      if (member.value || !instance.members.has(name)) instance.members.set(name, value)
    } else if (member.kind === 'constructor' && member.value?.body) setUp = member.value
  }
  if (setUp !== undefined) walk.callFunction({ kind: 'function', node: setUp, scope, self: instance }, args)
  else if (parent !== undefined && depth < 8) runConstructor(walk, parent, instance, args, depth + 1)
}

function parentOf(walk: Walk, { node, scope }: ClassValue): ClassValue | undefined {
  const parent: Value | undefined = node.superClass ? walk.evaluate(node.superClass, scope) : undefined
  return parent?.kind === 'class' ? parent : undefined
}

/** A scope for the methods and fields of a class: `super`, a name that no variable has, is what it extends. */
function inside(walk: Walk, of: ClassValue): { scope: Scope; parent: ClassValue | undefined } {
  const scope = new Scope(of.scope)
  const parent = parentOf(walk, of)
  if (parent !== undefined) scope.set('super', parent)
  return { scope, parent }
}

/** The class and those that it extends, the most general first. */
function lineage(walk: Walk, of: ClassValue): ClassValue[] {
  const classes: ClassValue[] = []
  for (
    let one: ClassValue | undefined = of;
    one !== undefined && classes.length < 8;
    one = parentOf(walk, one)
  ) {
    classes.unshift(one)
  }
  return classes
}

/** A static method or field of a class. */
export function staticMember(walk: Walk, { node, scope }: ClassValue, key: string): Value | undefined {
  const member = (node.body.body as Node[]).find((one) => one.static && plainKey(one) === key)
  if (!member?.value) return undefined
  if (!isFunction(member.value)) return walk.evaluate(member.value, scope)
  return { kind: 'function', node: member.value, scope, getter: member.kind === 'get' }
}

/** `super.method`: the method of the class that is extended, with `this` as it is. */
export function superMember(walk: Walk, key: string, scope: Scope): Value | undefined {
  let parent = scope.find('super')?.value
  const self = scope.find('this')?.value
  while (parent?.kind === 'class') {
    const { node } = parent
    const method = (node.body.body as Node[]).find((one) => !one.static && plainKey(one) === key)?.value
    const { scope: closure, parent: above } = inside(walk, parent)
    if (method && isFunction(method)) return { kind: 'function', node: method, scope: closure, self }
    parent = above
  }
  return undefined
}
