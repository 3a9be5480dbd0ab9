import type { JsonSchema, JsonSchemaObject } from '../types.ts'
import { localTarget } from '../types-of.ts'
import {
  ALL_TYPES,
  type Demand,
  type Facts,
  type Lists,
  type Members,
  NOTHING,
  namesEvaluated,
  patternsOf,
  type SomeItem,
  type SomeMember,
  type Way,
} from './demand.ts'
import {
  canonical,
  maxContains,
  minContains,
  textsOf as textsIn,
  typesNamed,
  type ValueType,
} from './judge.ts'
import { isOnlyReference, meaningOf } from './meaning.ts'
import { waysAround } from './ways.ts'

const INFINITY = Number.POSITIVE_INFINITY

/** Demands on one value, put together: what is left of each type, and the choices that are still open. */
export class Shape implements Facts {
  isDead = false
  types: ReadonlySet<ValueType> = new Set(ALL_TYPES)
  /** The only values there are, where an `enum` names them. */
  values: readonly unknown[] | undefined
  notValues: readonly unknown[] = []

  low = -INFINITY
  high = INFINITY
  isLowOpen = false
  isHighOpen = false
  multiples: readonly number[] = []
  notMultiples: readonly number[] = []

  minLength = 0
  maxLength = INFINITY
  patterns: readonly string[] = []
  notPatterns: readonly string[] = []

  minItems = 0
  maxItems = INFINITY
  isUnique = false
  hasRepeat = false
  lists: readonly Members[] = []
  someItems: readonly SomeItem[] = []
  /** Demands on every item. */
  everyItem: readonly Demand[] = []

  minProperties = 0
  maxProperties = INFINITY
  required: ReadonlySet<string> = new Set()
  /** Demands on single members, beside those of `members`. */
  named: ReadonlyMap<string, readonly Demand[]> = new Map()
  members: readonly Members[] = []
  names: readonly Demand[] = []
  someMembers: readonly SomeMember[] = []

  choices: readonly (readonly Way[])[] = []
  demands: readonly Demand[] = []
  readonly #met: Set<string>

  constructor(met: Iterable<string> = []) {
    this.#met = new Set(met)
  }

  copy(): Shape {
    return Object.assign(new Shape(this.#met), this)
  }

  take(way: Way): this {
    for (const demand of way.demands ?? []) this.add(demand)
    way.fact?.(this)
    return this
  }

  only(...types: readonly ValueType[]): void {
    this.types = new Set(types.filter((type) => this.types.has(type)))
    if (this.types.size === 0) this.isDead = true
  }

  add(demand: Demand): void {
    if (this.isDead) return
    const { root, fits } = demand
    const schema = ledTo(demand.schema, root)
    if (typeof schema === 'boolean') {
      if (schema !== fits) this.isDead = true
      return
    }
    const meaning = meaningOf(schema, root)
    if (this.#met.has(`${fits} ${meaning}`)) return
    if (this.#met.has(`${!fits} ${meaning}`)) {
      this.isDead = true
      return
    }
    this.#met.add(`${fits} ${meaning}`)
    this.append('demands', [demand])
    if (fits) this.#fit(schema, root)
    else this.choose(waysAround(schema, root))
  }

  choose(ways: readonly Way[]): void {
    if (ways.length === 0) this.isDead = true
    else if (ways.length === 1) this.take(ways[0]!)
    else this.append('choices', [ways])
  }

  require(...names: readonly string[]): void {
    this.required = new Set([...this.required, ...names])
  }

  repeat(): void {
    this.hasRepeat = true
  }

  raise(bound: 'minLength' | 'minItems' | 'minProperties', to: number): void {
    this[bound] = Math.max(this[bound], to)
  }

  lower(bound: 'maxLength' | 'maxItems' | 'maxProperties', to: number): void {
    this[bound] = Math.min(this[bound], to)
  }

  append<K extends keyof Lists>(list: K, more: readonly Lists[K][]): void {
    Object.assign(this, { [list]: [...this[list], ...more] })
  }

  name(name: string, demand: Demand): void {
    this.named = new Map(this.named).set(name, [...(this.named.get(name) ?? []), demand])
  }

  #fit(schema: JsonSchemaObject, root: JsonSchemaObject): void {
    const yes = (part: JsonSchema): Demand => ({ schema: part, root, fits: true })
    const no = (part: JsonSchema): Demand => ({ schema: part, root, fits: false })
    if (schema.type !== undefined) this.only(...typesNamed(schema))
    if ('const' in schema) this.#keepValues([schema.const])
    if (schema.enum !== undefined) this.#keepValues(schema.enum)
    this.atLeast(schema.minimum, false)
    this.atLeast(schema.exclusiveMinimum, true)
    this.atMost(schema.maximum, false)
    this.atMost(schema.exclusiveMaximum, true)
    if (schema.multipleOf !== undefined) this.append('multiples', [schema.multipleOf])
    this.raise('minLength', schema.minLength ?? 0)
    this.lower('maxLength', schema.maxLength ?? INFINITY)
    const patterns = patternsOf(schema)
    if (patterns.length > 0) this.append('patterns', patterns)
    this.raise('minItems', schema.minItems ?? 0)
    this.lower('maxItems', schema.maxItems ?? INFINITY)
    if (schema.uniqueItems === true) this.isUnique = true
    if (schema.items !== undefined || schema.prefixItems !== undefined) {
      this.append('lists', [{ schema, root }])
    }
    if (schema.contains !== undefined) {
      const times = minContains(schema)
      if (times > 0) this.append('someItems', [{ from: 0, value: [yes(schema.contains)], times }])
      if (maxContains(schema) === 0) this.append('everyItem', [no(schema.contains)])
    }
    this.raise('minProperties', schema.minProperties ?? 0)
    this.lower('maxProperties', schema.maxProperties ?? INFINITY)
    if (schema.required !== undefined) this.required = new Set([...this.required, ...schema.required])
    if (
      schema.properties !== undefined ||
      schema.patternProperties !== undefined ||
      schema.additionalProperties !== undefined
    ) {
      this.append('members', [{ schema, root }])
    }
    const unevaluated = schema['unevaluatedProperties'] as JsonSchema | undefined
    if (unevaluated !== undefined) {
      const { unevaluatedProperties: _, ...others } = schema
      const evaluated = namesEvaluated(others, root, 'sometimes')
      if (evaluated !== undefined) {
        const rest: JsonSchemaObject = { ...evaluated, additionalProperties: unevaluated }
        this.append('members', [{ schema: rest, root }])
      }
    }
    if (schema.propertyNames !== undefined) this.append('names', [yes(schema.propertyNames)])
    const unless = (name: string, way: Way): void =>
      this.choose([otherThanObject(), { fact: (shape) => shape.name(name, NOTHING) }, way])
    for (const [name, others] of Object.entries(schema.dependentRequired ?? {})) {
      unless(name, { fact: (shape) => shape.require(...others) })
    }
    for (const [name, part] of Object.entries(schema.dependentSchemas ?? {})) {
      unless(name, { demands: [yes(part)] })
    }
    if (schema.$ref !== undefined) {
      const target = localTarget(schema.$ref, root)
      if (target !== undefined) this.add(yes(target))
    }
    for (const part of schema.allOf ?? []) this.add(yes(part))
    if (schema.anyOf !== undefined) this.choose(schema.anyOf.map((part) => ({ demands: [yes(part)] })))
    if (schema.oneOf !== undefined) {
      const { oneOf } = schema
      this.choose(
        oneOf.map((part, index) => ({
          demands: oneOf.map((other, at) => (at === index ? yes(part) : no(other))),
        })),
      )
    }
    if (schema.not !== undefined) this.add(no(schema.not))
    if (schema.if !== undefined && (schema.then !== undefined || schema.else !== undefined)) {
      this.choose([
        { demands: [yes(schema.if), yes(schema.then ?? true)] },
        { demands: [no(schema.if), yes(schema.else ?? true)] },
      ])
    }
  }

  #keepValues(values: readonly unknown[]): void {
    if (this.values === undefined) this.values = values
    else {
      const texts = textsIn(values)
      this.values = this.values.filter((value) => texts.has(canonical(value)))
    }
    if (this.values.length === 0) this.isDead = true
  }

  atLeast(bound: number | undefined, isOpen: boolean): void {
    if (bound === undefined || bound < this.low) return
    this.isLowOpen = isOpen || (bound === this.low && this.isLowOpen)
    this.low = bound
  }

  atMost(bound: number | undefined, isOpen: boolean): void {
    if (bound === undefined || bound > this.high) return
    this.isHighOpen = isOpen || (bound === this.high && this.isHighOpen)
    this.high = bound
  }
}

/** What a schema that is nothing but a `$ref` leads to: both have one meaning. */
function ledTo(schema: JsonSchema, root: JsonSchemaObject): JsonSchema {
  let current = schema
  // Circles of nothing but references are refused when a contract is read.
  while (typeof current === 'object' && current.$ref !== undefined && isOnlyReference(current)) {
    const target = localTarget(current.$ref, root)
    if (target === undefined) return current
    current = target
  }
  return current
}

function otherThanObject(): Way {
  return { fact: (shape) => shape.only(...ALL_TYPES.filter((type) => type !== 'object')) }
}
