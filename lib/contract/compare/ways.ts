import type { JsonSchema, JsonSchemaObject } from '../types.ts'
import { localTarget } from '../types-of.ts'
import {
  ALL_TYPES,
  type Demand,
  type Facts,
  NOTHING,
  namesEvaluated,
  patternsOf,
  type SomeMember,
  type Way,
} from './demand.ts'
import { maxContains, minContains, typesNamed, UNSEEN, type ValueType } from './judge.ts'

/** The ways in which a value can fail to fit a schema: together they are all of them. */
export function waysAround(schema: JsonSchemaObject, root: JsonSchemaObject): Way[] {
  const yes = (part: JsonSchema): Demand => ({ schema: part, root, fits: true })
  const no = (part: JsonSchema): Demand => ({ schema: part, root, fits: false })
  const ways: Way[] = []
  const way = (types: readonly ValueType[], fact: (shape: Facts) => void): void => {
    ways.push({
      fact(shape) {
        shape.only(...types)
        if (!shape.isDead) fact(shape)
      },
    })
  }
  const object = (fact: (shape: Facts) => void) => way(['object'], fact)
  const array = (fact: (shape: Facts) => void) => way(['array'], fact)
  const number = (fact: (shape: Facts) => void) => way(['integer', 'fraction'], fact)
  const text = (fact: (shape: Facts) => void) => way(['string'], fact)

  if (schema.type !== undefined) {
    const named = typesNamed(schema)
    way(
      ALL_TYPES.filter((type) => !named.includes(type)),
      () => {},
    )
  }
  const values = 'const' in schema ? [schema.const] : schema.enum
  if (values !== undefined) {
    ways.push({ fact: (shape) => shape.append('notValues', values) })
  }
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  if (minimum !== undefined) number((shape) => shape.atMost(minimum, true))
  if (maximum !== undefined) number((shape) => shape.atLeast(maximum, true))
  if (exclusiveMinimum !== undefined) number((shape) => shape.atMost(exclusiveMinimum, false))
  if (exclusiveMaximum !== undefined) number((shape) => shape.atLeast(exclusiveMaximum, false))
  if (multipleOf !== undefined) {
    number((shape) => shape.append('notMultiples', [multipleOf]))
  }
  const { minLength, maxLength } = schema
  if (minLength !== undefined) {
    text((shape) => shape.lower('maxLength', minLength - 1))
  }
  if (maxLength !== undefined) {
    text((shape) => shape.raise('minLength', maxLength + 1))
  }
  for (const pattern of patternsOf(schema)) {
    text((shape) => shape.append('notPatterns', [pattern]))
  }
  const { minItems, maxItems } = schema
  if (minItems !== undefined) {
    array((shape) => shape.lower('maxItems', minItems - 1))
  }
  if (maxItems !== undefined) {
    array((shape) => shape.raise('minItems', maxItems + 1))
  }
  if (schema.uniqueItems === true) array((shape) => shape.repeat())
  const fixed = schema.prefixItems ?? []
  for (const [index, part] of fixed.entries()) {
    array((shape) => {
      shape.raise('minItems', index + 1)
      const just: JsonSchemaObject = { prefixItems: [...Array<JsonSchema>(index).fill(true), { not: part }] }
      shape.append('lists', [{ schema: just, root }])
    })
  }
  for (const part of [schema.items, schema['unevaluatedItems'] as JsonSchema | undefined]) {
    if (part === undefined) continue
    array((shape) => {
      shape.append('someItems', [{ from: fixed.length, value: [no(part)], times: 1 }])
    })
  }
  if (schema.contains !== undefined) {
    const { contains } = schema
    const [min, max] = [minContains(schema), maxContains(schema)]
    if (min > 0) {
      array((shape) => {
        // Fewer than `min` fit. Of more than one it is not counted which.
        if (min === 1) shape.append('everyItem', [no(contains)])
      })
    }
    if (max < Number.POSITIVE_INFINITY) {
      array((shape) => {
        shape.append('someItems', [{ from: 0, value: [yes(contains)], times: max + 1 }])
      })
    }
  }
  const { minProperties, maxProperties } = schema
  if (minProperties !== undefined) {
    object((shape) => shape.lower('maxProperties', minProperties - 1))
  }
  if (maxProperties !== undefined) {
    object((shape) => shape.raise('minProperties', maxProperties + 1))
  }
  for (const name of schema.required ?? []) object((shape) => shape.name(name, NOTHING))
  for (const [name, part] of Object.entries(schema.properties ?? {})) {
    object((shape) => {
      shape.require(name)
      shape.name(name, no(part))
    })
  }
  const patterned = Object.entries(schema.patternProperties ?? {})
  const someMember = (member: Partial<SomeMember>): void =>
    object((shape) => {
      const whole = { not: new Set<string>(), notPatterns: [], names: [], value: [], ...member }
      shape.append('someMembers', [whole])
    })
  for (const [pattern, part] of patterned) someMember({ pattern, value: [no(part)] })
  const rest = {
    not: new Set(Object.keys(schema.properties ?? {})),
    notPatterns: patterned.map(([pattern]) => pattern),
  }
  if (schema.additionalProperties !== undefined) {
    someMember({ ...rest, value: [no(schema.additionalProperties)] })
  }
  const unevaluated = schema['unevaluatedProperties'] as JsonSchema | undefined
  if (unevaluated !== undefined && schema.additionalProperties === undefined) {
    const { unevaluatedProperties: _, ...others } = schema
    const evaluated = namesEvaluated(others, root, 'always')
    const names = Object.keys(evaluated?.properties ?? schema.properties ?? {})
    const alike = Object.keys(evaluated?.patternProperties ?? schema.patternProperties ?? {})
    someMember({ not: new Set(names), notPatterns: alike, value: [no(unevaluated)] })
  }
  if (schema.propertyNames !== undefined) someMember({ names: [no(schema.propertyNames)] })
  for (const [name, others] of Object.entries(schema.dependentRequired ?? {})) {
    for (const other of others) {
      object((shape) => {
        shape.require(name)
        shape.name(other, NOTHING)
      })
    }
  }
  for (const [name, part] of Object.entries(schema.dependentSchemas ?? {})) {
    ways.push({
      demands: [no(part)],
      fact(shape) {
        shape.only('object')
        shape.require(name)
      },
    })
  }
  if (schema.$ref !== undefined) {
    const target = localTarget(schema.$ref, root)
    ways.push(target === undefined ? {} : { demands: [no(target)] })
  }
  for (const part of schema.allOf ?? []) ways.push({ demands: [no(part)] })
  if (schema.anyOf !== undefined) ways.push({ demands: schema.anyOf.map(no) })
  if (schema.oneOf !== undefined) {
    const { oneOf } = schema
    ways.push({ demands: oneOf.map(no) })
    for (const [index, one] of oneOf.entries()) {
      for (const other of oneOf.slice(index + 1)) ways.push({ demands: [yes(one), yes(other)] })
    }
  }
  if (schema.not !== undefined) ways.push({ demands: [yes(schema.not)] })
  if (schema.if !== undefined) {
    if (schema.then !== undefined) ways.push({ demands: [yes(schema.if), no(schema.then)] })
    if (schema.else !== undefined) ways.push({ demands: [no(schema.if), no(schema.else)] })
  }
  for (const keyword of UNSEEN) {
    if (keyword.startsWith('unevaluated') || schema[keyword] === undefined) continue
    ways.push({})
  }
  return ways
}
