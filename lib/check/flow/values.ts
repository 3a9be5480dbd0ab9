import type { Node } from '../tree.ts'
import type { Path } from './paths.ts'

/** Places that are known to be present. */
export type Facts = readonly Path[]

export const NO_FACTS: Facts = []

interface Implications {
  /** Holds where the value is truthy. For a path: the path itself is present, without saying so here. */
  whenTrue?: Facts | undefined
  /** Holds where the value is falsy. */
  whenFalse?: Facts | undefined
}

export type Primitive = string | number | boolean | null | undefined

export interface PathValue extends Implications {
  kind: 'path'
  path: Path
  /** Places of at most this depth are present, since the code has come this far. */
  known: number
  /** Places of at most this depth were followed by `?.` where it was read: it is undefined where they are undefined. */
  asked?: number | undefined
  /** Chosen by `||` or `??`: it is truthy. */
  chosen?: boolean | undefined
  /** Of an api method: bound to its object, with these arguments. */
  bound?: boolean
  args?: readonly Value[]
}

export interface FunctionValue extends Implications {
  kind: 'function'
  node: Node
  scope: Scope
  self?: Value | undefined
  /** Reading the member calls the function. */
  getter?: boolean
  bound?: boolean
  args?: readonly Value[]
}

export interface ClassValue extends Implications {
  kind: 'class'
  node: Node
  scope: Scope
}

export interface RecordValue extends Implications {
  kind: 'record'
  members: Map<string, Value>
  /** It has members that are not known. */
  open: boolean
  /** It is a `Map`, whose members are its entries. */
  isMap?: boolean
  /** The text that it becomes, as an address does. */
  asText?: string
}

export interface ListValue extends Implications {
  kind: 'list'
  items: Value[]
  /** It may have other items as well. */
  open?: boolean | undefined
}

/** A value, as far as it is known without running the program. */
export type Value =
  | ListValue
  | PathValue
  | FunctionValue
  | ClassValue
  | RecordValue
  | (Implications &
      /** `absent`: it is undefined since this place is. */
      (
        | { kind: 'literal'; value: Primitive; absent?: Path | undefined }
        /** Text of which parts are known, with something unknown between each two. */
        | { kind: 'text'; parts: readonly string[] }
        /** Something that the file does not declare, `Object.keys`, or a package, `require(axios).get`. */
        | { kind: 'global'; name: string }
        | { kind: 'union'; of: readonly Value[] }
        /** What an api method without a result gives. */
        | { kind: 'nothing'; method: string }
        /** `date`: it is a `Date` of this value. */
        | { kind: 'unknown'; date?: Value }
      ))

export const UNKNOWN: Value = { kind: 'unknown' }
export const UNDEFINED: Value = { kind: 'literal', value: undefined }

/** A text that is longer is not kept, and of a list not more items: what is put into itself doubles each time. */
export const MOST_TEXT = 2_000_000
export const MOST_LISTED = 5000

export function literal(value: Primitive): Value {
  if (typeof value === 'string' && value.length > MOST_TEXT) return UNKNOWN
  return { kind: 'literal', value }
}

/** Adds items, one after another, since arguments of a call are limited. Returns whether there was room for all. */
export function extend(items: Value[], more: Iterable<Value>): boolean {
  for (const one of more) {
    if (items.length >= MOST_LISTED) return false
    items.push(one)
  }
  return true
}

/** The result of `value && …` where the value is missing. */
export function undefinedWhere(value: Value): Value {
  const path = alternatives(value).find(
    (one) => one.kind === 'path' && one.path.root === 'event' && one.chosen !== true,
  )
  return path?.kind === 'path' ? { kind: 'literal', value: undefined, absent: path.path } : UNDEFINED
}

export function record(members: Map<string, Value>, open = false): RecordValue {
  return { kind: 'record', members, open }
}

/** A value of which only what it implies is known. */
export function test(whenTrue: Facts, whenFalse: Facts = NO_FACTS): Value {
  return whenTrue.length === 0 && whenFalse.length === 0 ? UNKNOWN : { kind: 'unknown', whenTrue, whenFalse }
}

/** What holds where a value is truthy. */
export function factsWhenTrue(value: Value): Facts {
  if (value.kind === 'union' && value.whenTrue === undefined) {
    return shared(value.of.filter(mayBeTrue).map(factsWhenTrue))
  }
  if (value.kind !== 'path' || value.path.parent === undefined) return value.whenTrue ?? NO_FACTS
  return value.whenTrue === undefined ? value.path.alone : [...value.whenTrue, value.path]
}

export function factsWhenFalse(value: Value): Facts {
  return value.whenFalse ?? NO_FACTS
}

/** The value with other implications. Kinds that are common are copied by hand, which is several times as fast. */
export function implying(value: Value, whenTrue: Facts, whenFalse: Facts): Value {
  if (whenTrue.length === 0 && whenFalse.length === 0) return plainly(value)
  switch (value.kind) {
    case 'unknown':
      return { kind: 'unknown', whenTrue, whenFalse }
    case 'union':
      return { kind: 'union', of: value.of, whenTrue, whenFalse }
    case 'path':
      if (value.path.root === 'api') return value
      return {
        kind: 'path',
        path: value.path,
        known: value.known,
        asked: value.asked,
        chosen: value.chosen,
        whenTrue,
        whenFalse,
      }
    case 'literal':
      return { kind: 'literal', value: value.value, absent: value.absent, whenTrue, whenFalse }
    default:
      return { ...value, whenTrue, whenFalse }
  }
}

/** The value without what it implies. */
export function plainly(value: Value): Value {
  if (value.whenTrue === undefined && value.whenFalse === undefined) return value
  switch (value.kind) {
    case 'unknown':
      return UNKNOWN
    case 'union':
      return { kind: 'union', of: value.of }
    case 'path':
      return { kind: 'path', path: value.path, known: value.known, asked: value.asked, chosen: value.chosen }
    case 'literal':
      return { kind: 'literal', value: value.value, absent: value.absent }
    default:
      return { ...value, whenTrue: undefined, whenFalse: undefined }
  }
}

export interface Cell {
  value: Value
  /** Name of a variable of the file itself, which lives on between logins. */
  ofModule?: string
}

/** The variables of one block, one call of a function, or the file. */
export class Scope {
  readonly parent: Scope | undefined
  #cells: Map<string, Cell> | undefined

  constructor(parent?: Scope) {
    this.parent = parent
  }

  set(name: string, value: Value): void {
    this.#cells ??= new Map()
    this.#cells.set(name, this.parent === undefined ? { value, ofModule: name } : { value })
  }

  find(name: string): Cell | undefined {
    let scope: Scope | undefined = this
    while (scope !== undefined) {
      const cell = scope.#cells?.get(name)
      if (cell !== undefined) return cell
      scope = scope.parent
    }
    return undefined
  }
}

/** More alternatives than this are not kept apart. */
export const MOST_ALTERNATIVES = 32

export function union(values: readonly Value[]): Value {
  const [a, b] = values
  if (values.length === 1) return a!
  if (values.length === 2 && a!.kind !== 'union' && b!.kind !== 'union') {
    return same(a!, b!) ? a! : { kind: 'union', of: [a!, b!] }
  }
  const kept: Value[] = []
  const add = (value: Value): void => {
    // Too many already, of a table with thousands of names: what more there are makes no difference.
    if (kept.length > MOST_ALTERNATIVES) return
    if (value.kind === 'union') for (const one of value.of) add(one)
    else if (!kept.some((other) => same(other, value))) kept.push(value)
  }
  for (const value of values) add(value)
  if (kept.length === 1) return kept[0]!
  return kept.length === 0 || kept.length > MOST_ALTERNATIVES ? UNKNOWN : { kind: 'union', of: kept }
}

export function alternatives(value: Value): readonly Value[] {
  return value.kind === 'union' ? value.of : [value]
}

function same(a: Value, b: Value): boolean {
  if (a === b) return true
  if (a.kind !== b.kind) return false
  if (a.kind === 'literal') {
    const other = b as typeof a
    return a.value === other.value && a.absent === other.absent
  }
  if (a.kind === 'path') {
    const other = b as PathValue
    return (
      a.path === other.path && a.known === other.known && a.chosen === other.chosen && a.bound === other.bound
    )
  }
  if (a.kind === 'function')
    return a.node === (b as FunctionValue).node && a.scope === (b as FunctionValue).scope
  return a.kind === 'unknown'
}

/** Whether a value may be truthy; unknown ones may. */
export function mayBeTrue(value: Value): boolean {
  if (value.kind === 'literal') return Boolean(value.value)
  if (value.kind === 'union') return value.of.some(mayBeTrue)
  return value.kind !== 'nothing'
}

/** Whether a value may be falsy; functions, lists and records may not. */
export function mayBeFalse(value: Value): boolean {
  switch (value.kind) {
    case 'literal':
      return !value.value
    case 'union':
      return value.of.some(mayBeFalse)
    case 'text':
      return value.parts.every((part) => part === '')
    case 'path':
      return value.chosen !== true && value.path.depth > 1 && !value.path.isAlwaysTruthy
    case 'unknown':
    case 'nothing':
      return true
    case 'global':
      return value.name.startsWith('process.env.')
    default:
      return false
  }
}

/** `a || b` and `a ?? b`: a place that is chosen is present. */
export function orElse(left: Value, right: Value): Value {
  const chosen: Value[] = []
  for (const one of alternatives(left)) {
    if (!mayBeTrue(one)) continue
    if (one.kind !== 'path') chosen.push(one)
    else if (one.path.root === 'api') chosen.push({ ...one, chosen: true })
    else chosen.push({ kind: 'path', path: one.path, known: one.path.depth, chosen: true })
  }
  chosen.push(right)
  return union(chosen)
}

/** Of several values, those that remain where the value is present (or truthy): each place among them is present. */
export function narrowed(value: Value): Value {
  if (value.kind !== 'union') return value
  const left = union(
    value.of
      .filter((one) => one.kind !== 'literal' || one.value != null)
      .map((one) =>
        one.kind === 'path' && one.path.root === 'event'
          ? { kind: 'path', path: one.path, known: one.path.depth }
          : one,
      ),
  )
  return implying(left, value.whenTrue ?? NO_FACTS, NO_FACTS)
}

/** Facts that are among both. */
export function common(a: Facts, b: Facts): Facts {
  if (a.length === 0 || b.length === 0) return NO_FACTS
  return a.filter((fact) => b.includes(fact))
}

/** Facts that are among all of several. */
export function shared(several: readonly Facts[]): Facts {
  let all = several[0] ?? NO_FACTS
  for (let index = 1; index < several.length && all.length > 0; index++) all = common(all, several[index]!)
  return all
}

/** Whether a value implies nothing else. A place always implies that it is present. */
function impliesNothing(value: Value): boolean {
  return value.whenTrue === undefined && value.whenFalse === undefined && value.kind !== 'path'
}

/** One of several values: what holds for all of them that may be truthy holds where the result is. */
export function choice(values: readonly Value[]): Value {
  if (values.length === 1) return values[0]!
  if (values.every(impliesNothing)) return union(values)
  const whenTrue = shared(values.filter(mayBeTrue).map(factsWhenTrue))
  const whenFalse = shared(values.filter(mayBeFalse).map(factsWhenFalse))
  return implying(union(values.map(plainly)), whenTrue, whenFalse)
}

/** Whether a value holds something of the event, as far as can be told. */
export function isFromEvent(value: Value, depth = 0): boolean {
  if (depth > 3) return false
  const inside = (one: Value) => isFromEvent(one, depth + 1)
  switch (value.kind) {
    case 'path':
      return value.path.root === 'event'
    case 'list':
      return value.items.some(inside)
    case 'union':
      return value.of.some(inside)
    case 'record':
      return [...value.members.values()].some(inside)
    default:
      return false
  }
}
