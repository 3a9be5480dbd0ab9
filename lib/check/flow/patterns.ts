import type { Node } from '../tree.ts'
import { keyOf, readMember } from './access.ts'
import { present, use } from './members.ts'
import type { Path } from './paths.ts'
import {
  alternatives,
  isFromEvent,
  orElse,
  record,
  type Scope,
  UNDEFINED,
  UNKNOWN,
  union,
  type Value,
} from './values.ts'
import type { Walk } from './walk.ts'

/** Gives the names of a pattern their parts of a value. `assign`: the names exist already. */
export function bind(walk: Walk, pattern: Node, value: Value, scope: Scope, assign = false): void {
  switch (pattern.type) {
    case 'Identifier': {
      const cell = assign ? scope.find(pattern.name) : undefined
      if (cell !== undefined) walk.assign(cell, value)
      else scope.set(pattern.name, value)
      return
    }
    case 'AssignmentPattern': {
      const fallback = walk.evaluate(pattern.right, scope)
      bind(walk, pattern.left, withDefault(value, fallback), scope, assign)
      return
    }
    case 'ObjectPattern':
      bindMembers(walk, pattern, value, scope, assign)
      return
    case 'ArrayPattern':
      use(walk, value, pattern.start)
      for (const [index, element] of (pattern.elements as (Node | null)[]).entries()) {
        if (element === null) continue
        if (element.type === 'RestElement') {
          const rest: Value =
            value.kind === 'list'
              ? { kind: 'list', items: value.items.slice(index), open: value.open }
              : UNKNOWN
          bind(walk, element.argument, rest, scope, assign)
        } else {
          bind(walk, element, itemAt(value, index), scope, assign)
        }
      }
      return
    case 'TSParameterProperty': {
      bind(walk, pattern.parameter, value, scope, assign)
      const instance = scope.find('this')?.value
      const { name, left } = pattern.parameter
      if (instance?.kind === 'record') instance.members.set(name ?? left?.name, value)
      return
    }
    case 'MemberExpression':
      assignMember(walk, pattern, value, scope)
      return
    default:
  }
}

/** A default takes the place of undefined, and of nothing else. */
function withDefault(value: Value, fallback: Value): Value {
  switch (value.kind) {
    case 'literal':
      return value.value === undefined ? fallback : value
    case 'path':
    case 'unknown':
    case 'union':
      return orElse(value, fallback)
    default:
      return value
  }
}

function itemAt(value: Value, index: number): Value {
  if (value.kind === 'union') return union(value.of.map((one) => itemAt(one, index)))
  if (value.kind !== 'list') return UNKNOWN
  return value.items[index] ?? (value.open === true ? UNKNOWN : UNDEFINED)
}

function bindMembers(walk: Walk, pattern: Node, value: Value, scope: Scope, assign: boolean): void {
  const taken: string[] = []
  // `const {} = event.organization` throws as well.
  if (pattern.properties.length === 0) use(walk, value, pattern.start)
  for (const property of pattern.properties as Node[]) {
    if (property.type === 'RestElement') {
      bind(walk, property.argument, withoutMembers(value, taken), scope, assign)
      continue
    }
    const key = keyOf(walk, property, scope)
    if (key !== undefined) taken.push(key)
    use(walk, value, property.key.start)
    const member = key === undefined ? UNKNOWN : readMember(walk, value, key, property.key.start, false)
    bind(walk, property.value, member, scope, assign)
  }
}

function withoutMembers(value: Value, taken: readonly string[]): Value {
  if (value.kind === 'path') return value
  if (value.kind !== 'record') return UNKNOWN
  return record(new Map([...value.members].filter(([name]) => !taken.includes(name))), value.open)
}

/** `object.key = value`: an export, a member of a known object, or a place below `event`. */
export function assignMember(walk: Walk, target: Node, value: Value, scope: Scope): void {
  const object = walk.evaluate(target.object, scope)
  const key = keyOf(walk, target, scope)
  noteModuleState(walk, target.object, value, scope)
  if (object.kind === 'global' && key !== undefined) assignGlobal(walk, object.name, key, value, target.start)
  for (const one of alternatives(object)) {
    if (one.kind === 'record') {
      const old = key === undefined ? undefined : one.members.get(key)
      if (key === undefined) one.open = true
      // In a branch the old value may stay; at the top the new one is certain.
      else one.members.set(key, old === undefined || walk.conditional === 0 ? value : union([old, value]))
    }
    if (one.kind === 'path' && one.path.root === 'api') {
      if (key !== undefined) noteApiWrite(walk, one.path.child(key), target.start)
    } else if (one.kind === 'path') {
      if (key !== undefined) noteEventWrite(walk, one.path.child(key), target.start)
      present(walk, one, target.start)
      if (key !== undefined && !(value.kind === 'literal' && value.value == null)) {
        walk.assume([one.path.child(key)])
      }
    }
  }
}

/** Notes that a handler gives back something that is made to be used. */
export function noteReturned(walk: Walk, node: Node, value: Value): void {
  if (walk.handler === undefined || walk.stack.length !== 1) return
  const made =
    (node.type === 'ObjectExpression' && node.properties.length > 0) ||
    (node.type === 'ArrayExpression' && node.elements.length > 0)
  const named = node.type === 'Identifier' || node.type === 'MemberExpression'
  if (
    made ||
    (named && (value.kind === 'record' || (value.kind === 'path' && value.path.root === 'event')))
  ) {
    walk.observe({ kind: 'returned', offset: node.start })
    // What is read for a result that nobody gets is not used.
    const read = value.kind === 'record' ? [...value.members.values()] : [value]
    for (const one of read) if (one.kind === 'path' && one.path.reads > 0) one.path.reads--
  }
}

/** Notes that something is put at a place of the event, of which only this Action knows. */
export function noteEventWrite(walk: Walk, place: Path, offset: number): void {
  if (place.root === 'event') {
    walk.observe({ kind: 'event-write', offset, path: place.text, place, uses: place.uses })
  }
}

/** Notes that something is put into a part of `api`, where nobody looks for it. */
function noteApiWrite(walk: Walk, { parent, name, below }: Path, offset: number): void {
  const { methods } = walk.trigger
  const area = parent!.parent === undefined ? name : parent!.name
  if (!Object.hasOwn(methods, area) || Object.hasOwn(methods[area]!, name)) return
  walk.observe({ kind: 'api-write', offset, path: below })
}

function assignGlobal(walk: Walk, name: string, key: string, value: Value, offset: number): void {
  if (name === 'exports' || name === 'module.exports') walk.exported.write(walk, key, value, offset, name)
  if (name === 'module' && key === 'exports') walk.exported.replace(walk, value, offset)
  if (key === 'timeout' && name.endsWith('.defaults'))
    walk.limitedLibraries.add(name.slice(0, -'.defaults'.length))
}

/** `Object.assign(exports, { … })`. */
export function exportAll(walk: Walk, value: Value, offset: number, by: 'exports' | 'module.exports'): void {
  if (value.kind !== 'record') return
  for (const [name, member] of value.members) walk.exported.write(walk, name, member, offset, by)
}

/** Notes a change, in a handler, of a variable that lives on between logins. */
export function noteModuleState(walk: Walk, target: Node, value: Value, scope: Scope): void {
  if (walk.handler === undefined || target.type !== 'Identifier') return
  const name = scope.find(target.name)?.ofModule
  if (name === undefined) return
  walk.observe({ kind: 'module-state', offset: target.start, name, fromEvent: isFromEvent(value) })
}
