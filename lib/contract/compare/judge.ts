import { FORMATS } from '../formats.ts'
import { textPattern } from '../pattern-cost.ts'
import { partsFor } from '../schema-walk.ts'
import type { JsonSchema, JsonSchemaObject } from '../types.ts'
import { localTarget } from '../types-of.ts'

/** JSON types, with numbers told apart by whether they are whole. */
export type ValueType = 'null' | 'boolean' | 'integer' | 'fraction' | 'string' | 'array' | 'object'

function valueType(value: unknown): ValueType {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'fraction'
  return typeof value as 'boolean' | 'string' | 'object'
}

/** The types that a `type` keyword names. */
export function typesNamed(schema: JsonSchemaObject): ValueType[] {
  const named = [schema.type ?? []].flat() as string[]
  const types = named.flatMap((type) => (type === 'number' ? ['integer', 'fraction'] : [type])) as ValueType[]
  return schema['nullable'] === true ? [...types, 'null'] : types
}

/** Text of a JSON value that is equal exactly where the values are, whatever the order of members. */
export function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const members = Object.entries(value)
    .map(([name, part]) => `${JSON.stringify(name)}:${canonical(part)}`)
    .sort()
  return `{${members.join(',')}}`
}

const listed = new WeakMap<readonly unknown[], ReadonlySet<string>>()

/** The canonical texts of a list of values, made once: a list of choices may have thousands. */
export function textsOf(values: readonly unknown[]): ReadonlySet<string> {
  const texts = listed.get(values) ?? new Set(values.map(canonical))
  listed.set(values, texts)
  return texts
}

/** As ajv computes it: without a tolerance. */
export function isMultiple(value: number, of: number): boolean {
  return Number.isInteger(value / of)
}

/** Code points, as `minLength` counts. */
export function lengthOf(text: string): number {
  let length = 0
  for (const _ of text) length++
  return length
}

type Judgement = boolean | undefined

/**
 * Whether a value fits a schema; `undefined` where a keyword is not looked into (`unevaluatedProperties`, a `$ref` that
 * leads out of the document). Serves the search, which throws away what cannot fit: verdicts are ajv's.
 */
export function judge(schema: JsonSchema, root: JsonSchemaObject, value: unknown): Judgement {
  if (typeof schema === 'boolean') return schema
  let sum: Judgement = true
  for (const judgement of judgements(schema, root, value)) {
    if (judgement === false) return false
    if (judgement === undefined) sum = undefined
  }
  return sum
}

function* judgements(schema: JsonSchemaObject, root: JsonSchemaObject, value: unknown): Generator<Judgement> {
  const type = valueType(value)
  if (schema.type !== undefined) yield typesNamed(schema).includes(type)
  if ('const' in schema) yield canonical(schema.const) === canonical(value)
  if (schema.enum !== undefined) yield textsOf(schema.enum).has(canonical(value))
  if (typeof value === 'number') yield* ofNumber(schema, value)
  else if (typeof value === 'string') yield* ofText(schema, value)
  else if (Array.isArray(value)) yield* ofArray(schema, root, value)
  else if (type === 'object') yield* ofObject(schema, root, value as Record<string, unknown>)

  const inPlace = (part: JsonSchema) => judge(part, root, value)
  if (schema.$ref !== undefined) {
    const target = localTarget(schema.$ref, root)
    yield target === undefined ? undefined : inPlace(target)
  }
  for (const part of schema.allOf ?? []) yield inPlace(part)
  if (schema.anyOf !== undefined) yield some(schema.anyOf.map(inPlace))
  if (schema.oneOf !== undefined) yield exactly(schema.oneOf.map(inPlace), 1, 1)
  if (schema.not !== undefined) yield not(inPlace(schema.not))
  if (schema.if !== undefined) {
    const condition = inPlace(schema.if)
    const then = schema.then === undefined ? true : inPlace(schema.then)
    const otherwise = schema.else === undefined ? true : inPlace(schema.else)
    yield condition === undefined ? (then === otherwise ? then : undefined) : condition ? then : otherwise
  }
  if (UNSEEN.some((keyword) => schema[keyword] !== undefined)) yield undefined
}

/** Keywords that nothing here looks into. */
export const UNSEEN = ['unevaluatedProperties', 'unevaluatedItems', '$dynamicRef', 'dependencies'] as const

function* ofNumber(schema: JsonSchemaObject, value: number): Generator<Judgement> {
  if (schema.minimum !== undefined) yield value >= schema.minimum
  if (schema.maximum !== undefined) yield value <= schema.maximum
  if (schema.exclusiveMinimum !== undefined) yield value > schema.exclusiveMinimum
  if (schema.exclusiveMaximum !== undefined) yield value < schema.exclusiveMaximum
  if (schema.multipleOf !== undefined) yield isMultiple(value, schema.multipleOf)
}

function* ofText(schema: JsonSchemaObject, value: string): Generator<Judgement> {
  if (schema.minLength !== undefined) yield lengthOf(value) >= schema.minLength
  if (schema.maxLength !== undefined) yield lengthOf(value) <= schema.maxLength
  if (schema.pattern !== undefined) yield textPattern(schema.pattern).test(value)
  if (schema.format !== undefined) yield FORMATS[schema.format]?.test(value)
}

function* ofArray(
  schema: JsonSchemaObject,
  root: JsonSchemaObject,
  value: readonly unknown[],
): Generator<Judgement> {
  if (schema.minItems !== undefined) yield value.length >= schema.minItems
  if (schema.maxItems !== undefined) yield value.length <= schema.maxItems
  if (schema.uniqueItems === true) yield new Set(value.map(canonical)).size === value.length
  const fixed = schema.prefixItems ?? []
  for (const [index, item] of value.entries()) {
    const part = fixed[index] ?? schema.items
    if (part !== undefined) yield judge(part, root, item)
  }
  if (schema.contains !== undefined) {
    const judged = value.map((item) => judge(schema.contains!, root, item))
    yield exactly(judged, minContains(schema), maxContains(schema))
  }
}

export function minContains(schema: JsonSchemaObject): number {
  return (schema['minContains'] as number | undefined) ?? 1
}

export function maxContains(schema: JsonSchemaObject): number {
  return (schema['maxContains'] as number | undefined) ?? Number.POSITIVE_INFINITY
}

function* ofObject(
  schema: JsonSchemaObject,
  root: JsonSchemaObject,
  value: Readonly<Record<string, unknown>>,
): Generator<Judgement> {
  const names = Object.keys(value)
  if (schema.minProperties !== undefined) yield names.length >= schema.minProperties
  if (schema.maxProperties !== undefined) yield names.length <= schema.maxProperties
  for (const name of schema.required ?? []) yield Object.hasOwn(value, name)
  for (const [name, others] of Object.entries(schema.dependentRequired ?? {})) {
    if (Object.hasOwn(value, name)) yield others.every((other) => Object.hasOwn(value, other))
  }
  for (const [name, part] of Object.entries(schema.dependentSchemas ?? {})) {
    if (Object.hasOwn(value, name)) yield judge(part, root, value)
  }
  for (const name of names) {
    for (const part of partsFor(schema, name)) yield judge(part, root, value[name])
    if (schema.propertyNames !== undefined) yield judge(schema.propertyNames, root, name)
  }
}

function some(judgements: readonly Judgement[]): Judgement {
  return judgements.includes(true) || (judgements.includes(undefined) ? undefined : false)
}

function not(judgement: Judgement): Judgement {
  return judgement === undefined ? undefined : !judgement
}

/** Whether from `min` to `max` of them are true. */
function exactly(judgements: readonly Judgement[], min: number, max: number): Judgement {
  const sure = judgements.filter((one) => one === true).length
  const possible = judgements.filter((one) => one !== false).length
  if (possible < min || sure > max) return false
  return sure >= min && possible <= max ? true : undefined
}
