import { nameMatches, partsFor } from '../schema-walk.ts'
import type { Demand, SomeMember, Way } from './demand.ts'
import { keyOf, mayMeet, meetsFacts, namesSaid } from './facts.ts'
import { canonical, textsOf as textsIn, type ValueType } from './judge.ts'
import { isEmptyRange } from './numbers.ts'
import { Shape } from './shape.ts'
import { findTexts, type TextsFound } from './text-sets.ts'

/** Values within values. */
export const MOST_LEVELS = 40
/** Patterns of names whose combinations are looked at. */
const MOST_PATTERNS = 4

/**
 * Proves that no value meets demands. `true` only where that is proven: where the steps run out, or a keyword is not
 * looked into, it returns `false`.
 */
export class Proof {
  #steps: number
  readonly #known = new Map<string, boolean>()
  readonly #open = new Set<string>()
  /** A proof leaned on a question that is still open. */
  #isLeaning = false

  constructor(steps: number) {
    this.#steps = steps
  }

  /** Gives it steps for the next question; what it has found out, it keeps. */
  give(steps: number): void {
    this.#steps = steps
  }

  get left(): number {
    return this.#steps
  }

  get isOut(): boolean {
    return this.#steps <= 0
  }

  isEmpty(demands: readonly Demand[]): boolean {
    const key = keyOf(demands)
    const known = this.#known.get(key)
    if (known !== undefined) return known
    // The smallest value that meets demands holds no smaller one that meets the same.
    if (this.#open.has(key)) {
      this.#isLeaning = true
      return true
    }
    if (this.#open.size > MOST_LEVELS) return false
    const leaned = this.#isLeaning
    this.#isLeaning = false
    this.#open.add(key)
    let result = true
    for (const shape of this.shapes(new Shape().take({ demands }))) {
      if (this.isEmptyShape(shape)) continue
      result = false
      break
    }
    this.#open.delete(key)
    if (this.isOut) return false
    if (!result || !this.#isLeaning || this.#open.size === 0) this.#known.set(key, result)
    this.#isLeaning = leaned || (this.#isLeaning && this.#open.size > 0)
    return result
  }

  /** Shapes without open choices: together they are all of the shape. When the steps run out, the rest comes as it is. */
  *shapes(shape: Shape): Generator<Shape> {
    if (shape.isDead) return
    if (--this.#steps <= 0) {
      yield shape
      return
    }
    const narrowed = this.#settled(shape)
    if (narrowed === undefined) return
    const [first, ...rest] = narrowed.choices
    if (first === undefined) {
      yield narrowed
      return
    }
    // The narrowest choice first.
    const least = rest.reduce((best, choice) => (choice.length < best.length ? choice : best), first)
    for (const way of least) {
      const next = narrowed.copy()
      next.choices = next.choices.filter((choice) => choice !== least)
      yield* this.shapes(next.take(way))
    }
  }

  /** Drops ways that lead nowhere, and takes those that are the only choice. */
  #settled(shape: Shape): Shape | undefined {
    let current = shape
    for (let changed = current.choices.length > 0; changed; ) {
      changed = false
      for (const choice of current.choices) {
        const open = choice.filter((way) => !cannotGo(current, way))
        if (open.length === choice.length) continue
        if (open.length === 0) return undefined
        const next = current.copy()
        next.choices = next.choices.flatMap((one) => (one !== choice ? [one] : open.length > 1 ? [open] : []))
        if (open.length === 1) next.take(open[0]!)
        if (next.isDead) return undefined
        current = next
        changed = true
        break
      }
    }
    return current
  }

  isEmptyShape(shape: Shape): boolean {
    if (shape.isDead) return true
    if (shape.values !== undefined) return this.listed(shape).length === 0
    for (const type of shape.types) if (!this.isEmptyType(shape, type)) return false
    return true
  }

  /** Of an `enum`, those that may meet all else. */
  listed(shape: Shape): unknown[] {
    const not = textsIn(shape.notValues)
    return (shape.values ?? []).filter(
      (value) => !not.has(canonical(value)) && meetsFacts(shape, value) && mayMeet(shape.demands, value),
    )
  }

  isEmptyType(shape: Shape, type: ValueType): boolean {
    switch (type) {
      case 'null':
      case 'boolean':
        return this.few(shape, type).length === 0
      case 'integer':
      case 'fraction':
        return isEmptyRange(shape, type)
      case 'string':
        return textsOf(shape).isEmpty
      case 'array':
        return this.#isEmptyArray(shape)
      case 'object':
        return this.#isEmptyObject(shape)
    }
  }

  few(shape: Shape, type: 'null' | 'boolean'): unknown[] {
    const not = textsIn(shape.notValues)
    return (type === 'null' ? [null] : [true, false]).filter((value) => !not.has(canonical(value)))
  }

  /** Demands on the item at an index. */
  itemDemands(shape: Shape, index: number): Demand[] {
    const demands = [...shape.everyItem]
    for (const { schema, root } of shape.lists) {
      const part = schema.prefixItems?.[index] ?? schema.items
      if (part !== undefined) demands.push({ schema: part, root, fits: true })
    }
    return demands
  }

  /** Items from this index on are judged alike. */
  fixedItems(shape: Shape): number {
    return shape.lists.reduce((most, { schema }) => Math.max(most, schema.prefixItems?.length ?? 0), 0)
  }

  /** The most items there can be. */
  mostItems(shape: Shape): number {
    const fixed = this.fixedItems(shape)
    for (let index = 0; index <= fixed && index < shape.maxItems; index++) {
      if (this.isEmpty(this.itemDemands(shape, index))) return index
    }
    return shape.maxItems
  }

  #isEmptyArray(shape: Shape): boolean {
    const most = this.mostItems(shape)
    if (shape.minItems > most) return true
    if (shape.hasRepeat && (shape.isUnique || most < 2)) return true
    const fixed = this.fixedItems(shape)
    for (const { from, value, times } of shape.someItems) {
      const places = Array.from(
        { length: Math.max(0, Math.min(most, Math.max(fixed, from) + 1) - from) },
        (_, at) => from + at,
      )
      if (most - from < times) return true
      if (places.every((index) => this.isEmpty([...this.itemDemands(shape, index), ...value]))) return true
    }
    if (shape.isUnique && fixed === 0 && shape.minItems > 1) {
      const values = this.#allOf(this.itemDemands(shape, 0))
      if (values !== undefined && values.length < shape.minItems) return true
    }
    // An empty list is the only one, and is left out.
    return most === 0 && shape.notValues.some((value) => canonical(value) === '[]')
  }

  /** All values where an `enum` lists them. */
  #allOf(demands: readonly Demand[]): unknown[] | undefined {
    const values = new Map<string, unknown>()
    for (const shape of this.shapes(new Shape().take({ demands }))) {
      if (shape.values === undefined) {
        if ([...shape.types].some((type) => type !== 'boolean' && type !== 'null')) return undefined
        for (const type of shape.types) {
          for (const value of this.few(shape, type as 'null' | 'boolean')) values.set(canonical(value), value)
        }
      } else for (const value of this.listed(shape)) values.set(canonical(value), value)
    }
    return this.isOut ? undefined : [...values.values()]
  }

  memberDemands(shape: Shape, name: string): Demand[] {
    const demands: Demand[] = [...(shape.named.get(name) ?? [])]
    for (const { schema, root } of shape.members) {
      for (const part of partsFor(schema, name)) demands.push({ schema: part, root, fits: true })
    }
    return demands
  }

  /** Whether no member can have this name. */
  cannotHave(shape: Shape, name: string): boolean {
    if (shape.names.some((demand) => !mayMeet([demand], name))) return true
    return this.isEmpty(this.memberDemands(shape, name))
  }

  #isEmptyObject(shape: Shape): boolean {
    if (Math.max(shape.required.size, shape.minProperties) > shape.maxProperties) return true
    for (const name of shape.named.keys()) {
      if (shape.required.has(name) && this.cannotHave(shape, name)) return true
    }
    for (const name of shape.required) {
      if (!shape.named.has(name) && this.cannotHave(shape, name)) return true
    }
    for (const member of shape.someMembers) {
      if (shape.maxProperties < 1) return true
      if (this.memberNames(shape, member).next().done === true) return true
    }
    if (shape.minProperties > shape.required.size) {
      const most = this.#mostMembers(shape)
      if (most < shape.minProperties) return true
    }
    return shape.maxProperties === 0 && shape.notValues.some((value) => canonical(value) === '{}')
  }

  /** The most members there can be, where the names are bounded. */
  #mostMembers(shape: Shape): number {
    const any: SomeMember = { not: new Set(namesSaid(shape)), notPatterns: [], names: [], value: [] }
    if (this.freshNames(shape, any).next().done !== true) return Number.POSITIVE_INFINITY
    return namesSaid(shape).filter((name) => !this.cannotHave(shape, name)).length
  }

  /** Names that a member with these demands may have; none only where that is proven. */
  *memberNames(shape: Shape, member: SomeMember): Generator<string> {
    for (const name of namesSaid(shape)) {
      if (member.not.has(name) || member.notPatterns.some((pattern) => nameMatches(pattern, name))) continue
      if (member.pattern !== undefined && !nameMatches(member.pattern, name)) continue
      if (!mayMeet([...member.names, ...shape.names], name)) continue
      if (!this.isEmpty([...this.memberDemands(shape, name), ...member.value])) yield name
    }
    yield* this.freshNames(shape, member)
  }

  /** Names that no schema names: by which patterns they match, they are judged alike. */
  *freshNames(shape: Shape, member: SomeMember): Generator<string> {
    const said = namesSaid(shape)
    const unnamed = shape.copy()
    unnamed.named = new Map()
    const patterns = [
      ...new Set(shape.members.flatMap(({ schema }) => Object.keys(schema.patternProperties ?? {}))),
    ]
    const isMany = patterns.length > MOST_PATTERNS
    const sets = isMany ? [0] : Array.from({ length: 2 ** patterns.length }, (_, set) => set)
    for (const nameShape of this.shapes(new Shape().take({ demands: [...shape.names, ...member.names] }))) {
      if (!nameShape.types.has('string')) continue
      for (const set of sets) {
        const inside = [
          ...patterns.filter((_, index) => (set >> index) & 1),
          ...(member.pattern === undefined ? [] : [member.pattern]),
        ]
        const outside = [
          ...(isMany ? [] : patterns.filter((pattern) => !inside.includes(pattern))),
          ...member.notPatterns,
        ]
        const not = [...said, ...member.not]
        const found = this.#namesOf(nameShape, inside, outside, not)
        if (found.isEmpty) continue
        const names = found.texts[Symbol.iterator]()
        const first = names.next()
        // There may be one that was not found.
        if (first.done === true) yield 'a'
        else {
          const demands = isMany ? [] : this.memberDemands(unnamed, first.value)
          if (this.isEmpty([...demands, ...member.value])) continue
          yield first.value
          for (let next = names.next(); next.done !== true; next = names.next()) yield next.value
        }
      }
    }
  }

  #namesOf(
    shape: Shape,
    inside: readonly string[],
    outside: readonly string[],
    not: readonly string[],
  ): TextsFound {
    if (shape.values !== undefined) {
      const texts = this.listed(shape).filter(
        (name): name is string =>
          typeof name === 'string' &&
          !not.includes(name) &&
          inside.every((pattern) => nameMatches(pattern, name)) &&
          !outside.some((pattern) => nameMatches(pattern, name)),
      )
      return { isEmpty: texts.length === 0, texts }
    }
    return findTexts({
      minLength: shape.minLength,
      maxLength: shape.maxLength,
      patterns: [...shape.patterns, ...inside],
      notPatterns: [...shape.notPatterns, ...outside],
      not: [...shape.notValues.filter((value) => typeof value === 'string'), ...not],
    })
  }
}

/** Whether a way ends at once. */
function cannotGo(shape: Shape, way: Way): boolean {
  return shape.copy().take(way).isDead
}

/** Texts that the facts of a shape allow. */
export function textsOf(shape: Shape) {
  return findTexts({
    minLength: shape.minLength,
    maxLength: shape.maxLength,
    patterns: shape.patterns,
    notPatterns: shape.notPatterns,
    not: shape.notValues.filter((value) => typeof value === 'string'),
  })
}
