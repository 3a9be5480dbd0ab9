import { nameMatches } from '../schema-walk.ts'
import type { Demand } from './demand.ts'
import { canonical, isMultiple, judge, lengthOf } from './judge.ts'
import { meaningOf } from './meaning.ts'
import type { Shape } from './shape.ts'

/** One text for the same demands, in whatever order. */
export function keyOf(demands: readonly Demand[]): string {
  const keys = demands.map(({ schema, root, fits }) => `${fits ? '' : '!'}${meaningOf(schema, root)}`)
  return [...new Set(keys)].sort().join()
}

/** Whether no demand is known to refuse the value. */
export function mayMeet(demands: readonly Demand[], value: unknown): boolean {
  return demands.every(({ schema, root, fits }) => {
    const judged = judge(schema, root, value)
    return judged === undefined || judged === fits
  })
}

/** The facts that stand in no demand. */
export function meetsFacts(shape: Shape, value: unknown): boolean {
  if (typeof value === 'number') {
    return (
      fitsRange(shape, value) &&
      shape.multiples.every((of) => isMultiple(value, of)) &&
      !shape.notMultiples.some((of) => isMultiple(value, of))
    )
  }
  if (typeof value === 'string') {
    const length = lengthOf(value)
    return (
      length >= shape.minLength &&
      length <= shape.maxLength &&
      !shape.notPatterns.some((pattern) => nameMatches(pattern, value))
    )
  }
  if (Array.isArray(value)) {
    if (value.length < shape.minItems || value.length > shape.maxItems) return false
    return !shape.hasRepeat || new Set(value.map(canonical)).size < value.length
  }
  if (typeof value === 'object' && value !== null) {
    const names = Object.keys(value)
    if (names.length < shape.minProperties || names.length > shape.maxProperties) return false
    for (const name of shape.required) if (!Object.hasOwn(value, name)) return false
    for (const [name, demands] of shape.named) {
      if (Object.hasOwn(value, name) && !mayMeet(demands, (value as Record<string, unknown>)[name]))
        return false
    }
  }
  return true
}

function fitsRange(shape: Shape, value: number): boolean {
  if (value < shape.low || (value === shape.low && shape.isLowOpen)) return false
  return value < shape.high || (value === shape.high && !shape.isHighOpen)
}

/** Names that some schema of the shape names. */
export function namesSaid(shape: Shape): string[] {
  const names = new Set<string>([...shape.required, ...shape.named.keys()])
  for (const { schema } of shape.members) {
    for (const name of Object.keys(schema.properties ?? {})) names.add(name)
  }
  return [...names]
}
