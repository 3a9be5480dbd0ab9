import type { Demand, SomeMember } from './demand.ts'
import { keyOf, mayMeet, meetsFacts, namesSaid } from './facts.ts'
import { canonical, textsOf as textsIn, type ValueType } from './judge.ts'
import { numbersOf } from './numbers.ts'
import { define, firstOf, objectOf, oneList, Pool } from './pool.ts'
import { MOST_LEVELS, type Proof, textsOf } from './proof.ts'
import { Shape } from './shape.ts'

/** Items or members that are made up. */
const MOST_PARTS = 20_000
/** Other values of a part that are tried. */
const MOST_TURNS = 6
const MOST_SHAPES = 50
const MOST_POOLS = 20_000
/** Members that are tried although they are optional. */
const MOST_OPTIONAL = 40
/** The order in which types are tried: what reads well first. */
const PLEASANT: readonly ValueType[] = ['string', 'integer', 'boolean', 'object', 'array', 'fraction', 'null']

/**
 * Makes values from the facts that a failed proof has left. They mostly meet the demands; whoever needs to be sure asks
 * ajv.
 */
export class MadeValues {
  readonly #proof: Proof
  readonly #pools = new Map<string, Pool>()

  constructor(proof: Proof) {
    this.#proof = proof
  }

  /** Different values that mostly meet the demands, one after the other. */
  *values(demands: readonly Demand[], depth = 0): Generator<unknown> {
    if (depth > MOST_LEVELS) return
    const seen = new Set<string>()
    let shapes = 0
    for (const shape of this.#proof.shapes(new Shape().take({ demands }))) {
      if (this.#proof.isOut || shapes > MOST_SHAPES) return
      if (this.#proof.isEmptyShape(shape)) continue
      shapes++
      for (const value of this.valuesOf(shape, depth)) {
        const text = canonical(value)
        if (seen.has(text) || !mayMeet(shape.demands, value)) continue
        seen.add(text)
        yield value
      }
    }
  }

  /** The same values for the same demands, made once. */
  #pool(demands: readonly Demand[], depth: number): Pool {
    const key = `${depth} ${keyOf(demands)}`
    const known = this.#pools.get(key)
    if (known !== undefined) return known
    const pool = new Pool(this.values(demands, depth))
    if (this.#pools.size < MOST_POOLS) this.#pools.set(key, pool)
    return pool
  }

  *valuesOf(shape: Shape, depth = 0): Generator<unknown> {
    const not = textsIn(shape.notValues)
    const parts =
      shape.values !== undefined
        ? [this.#proof.listed(shape)]
        : PLEASANT.filter((type) => shape.types.has(type) && !this.#proof.isEmptyType(shape, type)).map(
            (type) => this.#ofType(shape, type, depth),
          )
    for (const values of parts) {
      for (const value of values) if (!not.has(canonical(value)) && meetsFacts(shape, value)) yield value
    }
  }

  #ofType(shape: Shape, type: ValueType, depth: number): Iterable<unknown> {
    switch (type) {
      case 'null':
      case 'boolean':
        return this.#proof.few(shape, type)
      case 'integer':
      case 'fraction':
        return numbersOf(shape, type)
      case 'string':
        return textsOf(shape).texts
      case 'array':
        return this.#arrays(shape, depth)
      case 'object':
        return this.#objects(shape, depth)
    }
  }

  *#arrays(shape: Shape, depth: number): Generator<unknown[]> {
    const most = this.#proof.mostItems(shape)
    const wanted = shape.someItems.reduce((sum, { from, times }) => Math.max(sum, from + times), 0)
    const least = Math.max(shape.minItems, wanted, shape.hasRepeat ? 2 : 0)
    const lengths = [least, least + 1, least + 2, 0].filter(
      (length, index, all) =>
        length >= shape.minItems && length <= most && length <= MOST_PARTS && all.indexOf(length) === index,
    )
    const pools = new Map<number, Pool>()
    const pool = (index: number, more: readonly Demand[]): Pool =>
      this.#pool([...this.#proof.itemDemands(shape, index), ...more], depth + 1)
    const fixed = this.#proof.fixedItems(shape)
    for (const length of lengths) {
      const places = this.#placesOf(shape, length)
      if (places === undefined) continue
      const special = new Map([...places].map(([index, more]) => [index, pool(index, more)]))
      const poolAt = (index: number): Pool => {
        const place = Math.min(index, fixed)
        const one = special.get(index) ?? pools.get(place) ?? pool(index, [])
        if (!special.has(index)) pools.set(place, one)
        return one
      }
      for (let turn = 0; turn < MOST_TURNS; turn++) {
        const list = oneList(shape, length, turn, poolAt, special)
        if (list === undefined) break
        yield list
        if (length === 0) break
      }
    }
  }

  /** By index, what is asked of items beside what is asked of all. */
  #placesOf(shape: Shape, length: number): Map<number, Demand[]> | undefined {
    const places = new Map<number, Demand[]>()
    for (const { from, value, times } of shape.someItems) {
      let left = times
      for (let index = from; index < length && left > 0; index++) {
        const more = [...(places.get(index) ?? []), ...value]
        if (this.#proof.isEmpty([...this.#proof.itemDemands(shape, index), ...more])) continue
        places.set(index, more)
        left--
      }
      if (left > 0) return undefined
    }
    return places
  }

  *#objects(shape: Shape, depth: number): Generator<Record<string, unknown>> {
    const places = shape.someMembers.map((member) => ({
      member,
      names: firstOf(this.#proof.memberNames(shape, member), MOST_TURNS),
    }))
    if (places.some(({ names }) => names.length === 0)) return
    const turns = Math.max(1, ...places.map(({ names }) => names.length))
    let least: Record<string, unknown> | undefined
    for (let turn = 0; turn < turns; turn++) {
      const whole = new Map<string, Demand[]>()
      for (const name of shape.required) whole.set(name, this.#proof.memberDemands(shape, name))
      for (const { member, names } of places) {
        const name = names[turn % names.length]!
        whole.set(name, [...(whole.get(name) ?? this.#proof.memberDemands(shape, name)), ...member.value])
      }
      this.#fill(shape, whole)
      const pools = [...whole].map(([name, demands]) => [name, this.#pool(demands, depth + 1)] as const)
      // First one value of each, then each with its other values.
      const first = objectOf(pools, () => 0)
      if (first === undefined) continue
      least ??= first
      yield first
      for (const [varied, pool] of pools) {
        for (let at = 1; at < MOST_TURNS && pool.at(at) !== undefined; at++) {
          const other = objectOf(pools, (name) => (name === varied ? at : 0))
          if (other !== undefined) yield other
        }
      }
    }
    if (least === undefined) return
    // With optional members: what refuses an object may be one of them.
    for (const name of namesSaid(shape).slice(0, MOST_OPTIONAL)) {
      if (Object.hasOwn(least, name) || Object.keys(least).length >= shape.maxProperties) continue
      if (this.#proof.cannotHave(shape, name)) continue
      for (const option of firstOf(this.values(this.#proof.memberDemands(shape, name), depth + 1), 2)) {
        yield define({ ...least }, name, option)
      }
    }
  }

  /** Adds members until there are as many as there must be. */
  #fill(shape: Shape, whole: Map<string, Demand[]>): void {
    const missing = () => whole.size < shape.minProperties && whole.size < MOST_PARTS
    for (const name of namesSaid(shape)) {
      if (!missing()) return
      if (!whole.has(name) && !this.#proof.cannotHave(shape, name))
        whole.set(name, this.#proof.memberDemands(shape, name))
    }
    if (!missing()) return
    const any: SomeMember = { not: new Set(whole.keys()), notPatterns: [], names: [], value: [] }
    for (const name of this.#proof.freshNames(shape, any)) {
      if (!missing()) return
      whole.set(name, this.#proof.memberDemands(shape, name))
    }
  }
}
