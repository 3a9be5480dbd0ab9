import { FORMATS } from './formats.ts'
import { textPattern } from './pattern-cost.ts'
import type { JsonSchema, JsonSchemaObject } from './types.ts'
import { localTarget } from './types-of.ts'

/** Values for formats and common patterns; whoever uses candidates checks them against the schema. */
const TEXTS = [
  'a',
  'ab',
  'abc',
  'A',
  '0',
  '1',
  'a-b',
  'a1',
  'read:orders',
  'org_abc',
  'EU',
  'eu',
  '2026-01-31',
  '2026-01-31T12:00:00Z',
  'ada@acme.example',
  'https://acme.example/',
  '7d444840-9dc0-11d1-b245-5ffdce74fad2',
]

/** Values of every kind, for where a schema names none. */
const ANY: readonly unknown[] = ['a', 7, 0.5, true, null, ['a'], { a: 1 }, '', [], {}]

/** Candidates beyond this number are cut: a contract is searched, not enumerated. */
const MOST = 120
/** Before those that are there twice are left out. */
const ENOUGH = 1000

/** Schemas that are looked at for one claim. */
const MOST_STEPS = 20_000
let steps = 0

/** A value that takes more than this in JSON is no login's: a list of lists of lists is soon too large for any text. */
const MOST_CHARACTERS = 200_000

function isSmall(value: unknown): boolean {
  let left = MOST_CHARACTERS
  const take = (part: unknown): void => {
    if (left < 0) return
    left -= typeof part === 'string' ? part.length + 2 : 2
    if (typeof part !== 'object' || part === null) return
    for (const [name, one] of Object.entries(part)) {
      left -= Array.isArray(part) ? 1 : name.length + 4
      if (left < 0) return
      take(one)
    }
  }
  take(value)
  return left >= 0
}

/**
 * Telling values for a schema: every choice, each end of each range, one step past the ranges of `other`
 * (the schema it is compared with), each member left out. Deterministic. They mostly fit the schema; the
 * caller checks each one.
 */
export function candidates(
  schema: JsonSchema,
  root: JsonSchemaObject,
  other: JsonSchema = true,
  depth = 0,
): unknown[] {
  if (depth === 0) steps = 0
  if (schema === false || depth > 6 || ++steps > MOST_STEPS) return []
  if (schema === true) return [...ANY]
  const past = typeof other === 'object' ? resolved(other, root) : {}
  const values: unknown[] = (schema.examples ?? []).slice(0, ENOUGH)
  if (schema.$ref !== undefined) {
    const target = localTarget(schema.$ref, root)
    if (target !== undefined) values.push(...candidates(target, root, other, depth + 1))
  }
  if ('const' in schema) values.push(schema.const)
  else if (schema.enum !== undefined) values.push(...schema.enum.slice(0, ENOUGH))
  else {
    const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
    for (const variant of variants) {
      values.push(...candidates(merge(schema, variant), root, other, depth + 1))
    }
    if (schema.allOf !== undefined) {
      const { allOf, ...rest } = schema
      const all = allOf.reduce<JsonSchema>((sum, part) => merge(sum, part), rest)
      values.push(...candidates(all, root, other, depth + 1))
    } else if (variants.length === 0 && schema.$ref === undefined) {
      const types = schema.type === undefined ? [] : [schema.type].flat()
      if (types.length === 0) values.push(...ANY)
      for (const type of types) values.push(...ofType(type, schema, root, past, depth))
    }
  }
  const seen = new Set<string>()
  return values
    .filter((value) => {
      if (!isSmall(value)) return false
      const text = JSON.stringify(value)
      return !seen.has(text) && seen.add(text)
    })
    .slice(0, MOST)
}

function ofType(
  type: string,
  schema: JsonSchemaObject,
  root: JsonSchemaObject,
  past: JsonSchemaObject,
  depth: number,
): unknown[] {
  switch (type) {
    case 'null':
      return [null]
    case 'boolean':
      return [true, false]
    case 'integer':
    case 'number':
      return numbers(schema, past, type === 'integer')
    case 'string':
      return texts(schema, past)
    case 'array':
      return arrays(schema, root, past, depth)
    default:
      return objects(schema, root, past, depth)
  }
}

function numbers(schema: JsonSchemaObject, past: JsonSchemaObject, integer: boolean): unknown[] {
  const low = schema.minimum ?? schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY
  const high = schema.maximum ?? schema.exclusiveMaximum ?? Number.POSITIVE_INFINITY
  const step = schema.multipleOf ?? 1
  const wanted = [
    low,
    high,
    low + step,
    high - step,
    (past.maximum ?? past.exclusiveMaximum ?? Number.NaN) + step,
    (past.minimum ?? past.exclusiveMinimum ?? Number.NaN) - step,
    past.exclusiveMaximum ?? Number.NaN,
    past.exclusiveMinimum ?? Number.NaN,
    0,
    step,
    -step,
    ...(integer ? [] : [0.5, Number.isFinite(low) ? low + 0.5 : 0.25]),
  ]
  return wanted.filter((value) => Number.isFinite(value) && value >= low && value <= high)
}

function texts(schema: JsonSchemaObject, past: JsonSchemaObject): string[] {
  const low = schema.minLength ?? 0
  const high = schema.maxLength ?? Number.POSITIVE_INFINITY
  const pattern = schema.pattern === undefined ? undefined : textPattern(schema.pattern)
  const format = schema.format === undefined ? undefined : FORMATS[schema.format]
  const lengths = [
    1,
    low,
    high,
    5,
    (past.maxLength ?? Number.NaN) + 1,
    (past.minLength ?? Number.NaN) - 1,
    0,
  ].filter((length) => length >= low && length <= Math.min(high, 20_000))
  const filler = TEXTS.find((text) => text.length === 1 && (pattern?.test(text) ?? true)) ?? 'a'
  return [...lengths.map((length) => filler.repeat(length)), ...TEXTS].filter(
    (text) =>
      text.length >= low &&
      text.length <= high &&
      (pattern?.test(text) ?? true) &&
      (format?.test(text) ?? true),
  )
}

function arrays(
  schema: JsonSchemaObject,
  root: JsonSchemaObject,
  past: JsonSchemaObject,
  depth: number,
): unknown[][] {
  const low = schema.minItems ?? 0
  const fixed = schema.prefixItems ?? []
  const high = Math.min(
    schema.maxItems ?? Number.POSITIVE_INFINITY,
    schema.items === false ? fixed.length : Number.POSITIVE_INFINITY,
  )
  const head = fixed.map((part) => candidates(part, root, true, depth + 1)[0])
  const items = candidates(schema.items ?? true, root, past.items ?? true, depth + 1)
  const fill = (length: number): unknown[] =>
    Array.from({ length }, (_, index) => {
      if (index < head.length) return head[index]
      if (schema.uniqueItems !== true) return items[0]
      return items[index] ?? `${items[0]}${index}`
    })
  const lengths = [
    Math.max(low, 1),
    low,
    high,
    (past.maxItems ?? Number.NaN) + 1,
    (past.minItems ?? Number.NaN) - 1,
  ]
  const values = lengths
    .filter((length) => length >= low && length <= Math.min(high, 1000))
    .map((length) => fill(length))
  for (const item of items) {
    if (fixed.length > 0 || high === 0) break
    values.push([item, ...fill(Math.max(0, low - 1))])
  }
  // Repeated items tell a set from a list.
  if (schema.uniqueItems !== true && high >= 2 && items.length > 0) values.push([items[0], items[0]])
  return values
}

function objects(
  schema: JsonSchemaObject,
  root: JsonSchemaObject,
  past: JsonSchemaObject,
  depth: number,
): object[] {
  const members = Object.entries(schema.properties ?? {}).map(
    ([name, part]) => [name, candidates(part, root, past.properties?.[name] ?? true, depth + 1)] as const,
  )
  const full = Object.fromEntries(
    members.filter(([, values]) => values.length > 0).map(([n, v]) => [n, v[0]]),
  )
  const values: object[] = [full]
  for (const [name, options] of members) {
    if (values.length > ENOUGH) break
    for (const option of options.slice(1)) values.push({ ...full, [name]: option })
    if (!schema.required?.includes(name)) {
      const { [name]: _, ...rest } = full
      values.push(rest)
    }
  }
  if (schema.additionalProperties !== false) {
    const extra = candidates(schema.additionalProperties ?? true, root, true, depth + 1)
    for (const option of extra.slice(0, 10)) values.push({ ...full, extra: option })
  }
  return values
}

function resolved(schema: JsonSchemaObject, root: JsonSchemaObject): JsonSchemaObject {
  const target = schema.$ref === undefined ? undefined : localTarget(schema.$ref, root)
  return typeof target === 'object' ? target : schema
}

/** Both schemas at once, as far as candidates need it. */
function merge(a: JsonSchema, b: JsonSchema): JsonSchema {
  if (a === false || b === false) return false
  if (a === true) return b
  if (b === true) return a
  const { anyOf: _any, oneOf: _one, ...rest } = a
  return {
    ...rest,
    ...b,
    ...(a.properties || b.properties ? { properties: { ...a.properties, ...b.properties } } : {}),
    ...(a.required || b.required ? { required: [...(a.required ?? []), ...(b.required ?? [])] } : {}),
  }
}
