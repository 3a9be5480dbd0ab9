import { memberOf } from '../../triggers/shape.ts'
import { plain } from '../nearest.ts'
import type { Observation } from './observation.ts'
import type { Path } from './paths.ts'
import {
  literal,
  type PathValue,
  type RecordValue,
  test,
  UNDEFINED,
  UNKNOWN,
  union,
  type Value,
} from './values.ts'
import type { Walk } from './walk.ts'

/** What `object.key` gives; reports a place that may be missing, and members that do not exist. */
export function member(walk: Walk, object: Value, key: string, offset: number, optional: boolean): Value {
  switch (object.kind) {
    case 'path':
      return pathMember(walk, object, key, offset, optional)
    case 'record':
      return memberOfRecord(object, key)
    case 'list': {
      const item = object.items[Number(key)]
      return item ?? (key === 'length' && object.open !== true ? literal(object.items.length) : UNKNOWN)
    }
    case 'global':
      return { kind: 'global', name: globalMember(object.name, key) }
    case 'union':
      return union(
        object.of.map((one) =>
          one.kind === 'literal' && one.value == null
            ? memberOfNothing(walk, one, offset, optional)
            : member(walk, one, key, offset, optional),
        ),
      )
    case 'literal':
      if (object.value == null) return memberOfNothing(walk, object, offset, optional)
      return typeof object.value === 'string' && key === 'length' ? literal(object.value.length) : UNKNOWN
    case 'nothing':
      if (!optional) walk.observe({ kind: 'chained', offset, method: object.method, member: key })
      return UNKNOWN
    default:
      return UNKNOWN
  }
}

/** A member of undefined, which throws; reported where it is undefined since a place is missing. */
function memberOfNothing(walk: Walk, value: Value, offset: number, optional: boolean): Value {
  if (!optional) use(walk, value, offset, false)
  return UNDEFINED
}

/** Notes that a value is used as if it were present. `whole`: other than by reading a member of it. */
export function use(walk: Walk, value: Value, offset: number, whole = true): void {
  if (value.kind === 'path') present(walk, value, offset, whole)
  else if (value.kind === 'union') for (const one of value.of) use(walk, one, offset, whole)
  else if (value.kind === 'literal' && value.absent !== undefined)
    present(walk, pathValue(value.absent, 1), offset, whole)
}

function pathMember(walk: Walk, object: PathValue, key: string, offset: number, optional: boolean): Value {
  const { path } = object
  if (path.root === 'api') return pathValue(path.child(key), 0)
  if (!optional) present(walk, object, offset, false)
  const { shape } = path
  if (shape === undefined) {
    const noted = unknownEvent(walk, path)
    if (noted !== undefined) noted.next ??= key
    return UNKNOWN
  }
  // A truthy member shows that its object is present.
  if (shape.kind === 'leaf') return test(path.alone)
  if (shape.kind === 'list') return /^\d+$/.test(key) ? elementOf(walk, object, offset) : test(path.alone)
  const known = optional ? object.known : Math.max(object.known, path.depth)
  const child = path.child(key)
  child.reads++
  const method = walk.saved.size === 0 ? undefined : walk.saved.get(child.text)
  if (method !== undefined) walk.observe({ kind: 'stale', offset, path: child.text, method })
  if (shape.kind === 'object' && shape.members![key] === undefined) {
    const similar = Object.keys(shape.members!).some((name) => plain(name) === plain(key))
    if (!shape.open || similar || Object.hasOwn(walk.trigger.instead, child.text)) {
      const open = shape.open === true && !similar
      walk.observe({ kind: 'unknown-event', offset, path: child.text, used: false, open })
    }
  }
  if (path.parent === undefined && key === 'secrets') return pathValue(child, child.depth)
  if (
    path.parent === undefined &&
    key === walk.trigger.answered &&
    walk.rendersPrompt &&
    walk.handler === walk.trigger.handlers.resume
  ) {
    return pathValue(child, child.depth)
  }
  if (path.depth === 2 && path.name === 'secrets') {
    walk.observe({ kind: 'secret', offset, name: key })
  }
  const facts = walk.situation && walk.trigger.situations?.[walk.situation]
  const given = facts?.get(child.text) ?? facts?.get(`${path.text}.*`)
  if (given === 'present') return { ...pathValue(child, child.depth), chosen: true }
  if (given !== undefined) return given === 'absent' ? UNDEFINED : literal(given.value)
  // The event does not change: what holds where a value is read holds for it ever after.
  const there = child.there ? child.depth : path.there ? Math.max(known, path.depth) : known
  const asked = optional ? path.depth : object.asked
  return asked === undefined ? pathValue(child, there) : { kind: 'path', path: child, known: there, asked }
}

/** What is noted of a place that the event does not have. */
function unknownEvent(walk: Walk, path: Path): Extract<Observation, { kind: 'unknown-event' }> | undefined {
  const noted = walk.observations.findLast((one) => one.kind === 'unknown-event' && one.path === path.text)
  return noted?.kind === 'unknown-event' ? noted : undefined
}

/**
 * Notes that a place is used as if it were present. In a chain with `?.`, the first place without one is to blame;
 * where every place has one, the result of the chain is.
 */
export function present(walk: Walk, value: PathValue, offset: number, whole = true): void {
  if (walk.dead || value.path.always) return
  const open: Path[] = []
  for (
    let path: Path | undefined = value.path;
    path?.parent !== undefined && path.root === 'event' && path.depth > value.known && !path.isShown;
    path = path.parent
  ) {
    open.push(path)
  }
  const { asked = 0 } = value
  let blamed: Path | undefined
  for (const path of open.reverse()) {
    const { shape } = path
    // Below free JSON only the first member is asked for: what is in it is the author's own structure.
    if (shape?.kind === 'free' && path.parent!.shape?.kind === 'free') return
    if (shape === undefined) {
      const noted = unknownEvent(walk, path)
      if (noted !== undefined) noted.used ||= walk.catching === 0
      else walk.observe({ kind: 'unknown-event', offset, path: path.text, used: true })
      return
    }
    if (shape.missing === 'no') continue
    if (path.depth <= asked) blamed ??= path
    else {
      blamed = undefined
      const unclear = shape.missing === 'unclear'
      const result = path.isOutcome
      const as = written(path, asked)
      walk.observe({ kind: 'absent', offset, path: path.text, written: as, unclear, whole, result })
    }
  }
  if (blamed !== undefined) {
    const chain = written(value.path, asked)
    walk.observe({ kind: 'absent', offset, path: blamed.text, written: chain, chain, unclear: false, whole })
  }
}

/** A path as the code writes it: with `?.` after places of at most this depth that may be missing. */
function written(path: Path, asked: number): string {
  if (path.parent === undefined || path.isOutcome) return path.name
  const { parent } = path
  const guarded = parent.depth <= asked && !parent.always
  return `${written(parent, asked)}${guarded ? '?.' : '.'}${path.name}`
}

/** One of the elements of a value. */
export function elementOf(walk: Walk, value: Value, offset = 0): Value {
  if (value.kind === 'path' && value.path.root === 'event') {
    present(walk, value, offset)
    const element = value.path.child('[]')
    return memberOf(value.path.shape ?? { kind: 'leaf', missing: 'no' }, '[]') === undefined
      ? UNKNOWN
      : pathValue(element, element.depth)
  }
  if (value.kind !== 'list' || value.items.length === 0) return UNKNOWN
  return union(value.open === true ? [...value.items, UNKNOWN] : value.items)
}

export function pathValue(path: Path, known: number): PathValue {
  return { kind: 'path', path, known }
}

function memberOfRecord(object: RecordValue, key: string): Value {
  if (object.isMap === true) return UNKNOWN
  // What `require` gives is its own default where the module has none.
  if (key === 'default' && !object.open && !object.members.has(key)) return object
  return object.members.get(key) ?? (object.open ? UNKNOWN : UNDEFINED)
}

function globalMember(name: string, key: string): string {
  // `require(x).default` is what an import of `x` gives.
  return key === 'default' && name.endsWith(')') ? name : `${name}.${key}`
}
