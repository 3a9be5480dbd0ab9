import { canonical } from './judge.ts'
import type { Shape } from './shape.ts'

/** Values that are made when they are asked for. */
export class Pool {
  readonly #from: Iterator<unknown>
  readonly #made: { value: unknown }[] = []

  constructor(from: Iterator<unknown>) {
    this.#from = from
  }

  at(index: number): { value: unknown } | undefined {
    while (this.#made.length <= index) {
      const next = this.#from.next()
      if (next.done === true) return undefined
      this.#made.push({ value: next.value })
    }
    return this.#made[index]
  }
}

/** Object with a value from each pool; nothing where one has none. */
export function objectOf(
  pools: readonly (readonly [string, Pool])[],
  which: (name: string) => number,
): Record<string, unknown> | undefined {
  const value: Record<string, unknown> = {}
  for (const [name, pool] of pools) {
    const made = pool.at(which(name))
    if (made === undefined) return undefined
    define(value, name, made.value)
  }
  return value
}

/** List of a length; each turn takes another value for the items that may differ. */
export function oneList(
  shape: Shape,
  length: number,
  turn: number,
  poolAt: (index: number) => Pool,
  special: ReadonlyMap<number, Pool>,
): unknown[] | undefined {
  const list: unknown[] = []
  const seen = new Set<string>()
  let next = 0
  for (let index = 0; index < length; index++) {
    const isFree = special.size === 0 ? index === 0 : special.has(index)
    let made = poolAt(index).at(isFree && !shape.isUnique ? turn : 0)
    if (shape.isUnique) {
      // Items of one pool go on where the last one ended.
      let at = special.has(index) ? turn : next + (index === 0 ? turn : 0)
      made = poolAt(index).at(at)
      while (made !== undefined && seen.has(canonical(made.value))) made = poolAt(index).at(++at)
      if (!special.has(index)) next = at + 1
    }
    if (made === undefined) return undefined
    seen.add(canonical(made.value))
    list.push(made.value)
  }
  if (shape.hasRepeat && length >= 2) {
    const at = [...list.keys()].find((index) => index > 0 && !special.has(index)) ?? 1
    list[at] = list[0]
  }
  return list
}

export function firstOf<T>(values: Iterable<T>, most: number): T[] {
  const found: T[] = []
  for (const value of values) {
    found.push(value)
    if (found.length >= most) break
  }
  return found
}

/** A member of its own, whatever its name. */
export function define(
  object: Record<string, unknown>,
  name: string,
  value: unknown,
): Record<string, unknown> {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
  return object
}
