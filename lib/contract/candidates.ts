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
export const ANY_VALUES: readonly unknown[] = ['a', 7, 0.5, true, null, ['a'], { a: 1 }, '', [], {}]

/** Candidates beyond this number are cut: a contract is searched, not enumerated. */
const MOST = 120
/** Counted before duplicates are left out. */
const ENOUGH = 1000

/** Schemas that are looked at for one claim. */
const MOST_STEPS = 20_000
const MOST_LEVELS = 6

/** One search: how far it has come. */
interface Search {
  readonly root: JsonSchemaObject
  steps: number
}

/** No claim of a login has longer JSON, and lists of lists soon grow past what one text can hold. */
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
 * Telling values for a schema of the document `root`: every choice, each end of each range, each member left out.
 * Deterministic. Most of them fit the schema; the caller checks each one.
 */
export function candidates(schema: JsonSchema, root: JsonSchemaObject): unknown[] {
  return valuesOf(schema, { root, steps: 0 }, 0)
}

function valuesOf(schema: JsonSchema, search: Search, depth: number): unknown[] {
  if (schema === false || depth > MOST_LEVELS || ++search.steps > MOST_STEPS) return []
  if (schema === true) return [...ANY_VALUES]
  const values: unknown[] = (schema.examples ?? []).slice(0, ENOUGH)
  if (schema.$ref !== undefined) {
    const target = localTarget(schema.$ref, search.root)
    if (target !== undefined) values.push(...valuesOf(target, search, depth + 1))
  }
  if ('const' in schema) values.push(schema.const)
  else if (schema.enum !== undefined) values.push(...schema.enum.slice(0, ENOUGH))
  else {
    const variants = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]
    for (const variant of variants) {
      values.push(...valuesOf(merge(schema, variant), search, depth + 1))
    }
    if (schema.allOf !== undefined) {
      const { allOf, ...rest } = schema
      const all = allOf.reduce<JsonSchema>((sum, part) => merge(sum, part), rest)
      values.push(...valuesOf(all, search, depth + 1))
    } else if (variants.length === 0 && schema.$ref === undefined) {
      const types = schema.type === undefined ? [] : [schema.type].flat()
      if (types.length === 0) values.push(...ANY_VALUES)
      for (const type of types) values.push(...ofType(type, schema, search, depth))
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

function ofType(type: string, schema: JsonSchemaObject, search: Search, depth: number): unknown[] {
  switch (type) {
    case 'null':
      return [null]
    case 'boolean':
      return [true, false]
    case 'integer':
    case 'number':
      return numbers(schema, type === 'integer')
    case 'string':
      return texts(schema)
    case 'array':
      return arrays(schema, search, depth)
    default:
      return objects(schema, search, depth)
  }
}

function numbers(schema: JsonSchemaObject, integer: boolean): unknown[] {
  const low = schema.minimum ?? schema.exclusiveMinimum ?? Number.NEGATIVE_INFINITY
  const high = schema.maximum ?? schema.exclusiveMaximum ?? Number.POSITIVE_INFINITY
  const step = schema.multipleOf ?? 1
  const wanted = [
    low,
    high,
    low + step,
    high - step,
    0,
    step,
    -step,
    ...(integer ? [] : [0.5, Number.isFinite(low) ? low + 0.5 : 0.25]),
  ]
  return wanted.filter((value) => Number.isFinite(value) && value >= low && value <= high)
}

function texts(schema: JsonSchemaObject): string[] {
  const low = schema.minLength ?? 0
  const high = schema.maxLength ?? Number.POSITIVE_INFINITY
  const pattern = schema.pattern === undefined ? undefined : textPattern(schema.pattern)
  const format = schema.format === undefined ? undefined : FORMATS[schema.format]
  const lengths = [1, low, high, 5, 0].filter((length) => length >= low && length <= Math.min(high, 20_000))
  const filler = TEXTS.find((text) => text.length === 1 && (pattern?.test(text) ?? true)) ?? 'a'
  return [...lengths.map((length) => filler.repeat(length)), ...TEXTS].filter(
    (text) =>
      text.length >= low &&
      text.length <= high &&
      (pattern?.test(text) ?? true) &&
      (format?.test(text) ?? true),
  )
}

function arrays(schema: JsonSchemaObject, search: Search, depth: number): unknown[][] {
  const low = schema.minItems ?? 0
  const fixed = schema.prefixItems ?? []
  const high = Math.min(
    schema.maxItems ?? Number.POSITIVE_INFINITY,
    schema.items === false ? fixed.length : Number.POSITIVE_INFINITY,
  )
  const head = fixed.map((part) => valuesOf(part, search, depth + 1)[0])
  const items = valuesOf(schema.items ?? true, search, depth + 1)
  const fill = (length: number): unknown[] =>
    Array.from({ length }, (_, index) => {
      if (index < head.length) return head[index]
      if (schema.uniqueItems !== true) return items[0]
      return items[index] ?? `${items[0]}${index}`
    })
  const lengths = [Math.max(low, 1), low, high]
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

function objects(schema: JsonSchemaObject, search: Search, depth: number): object[] {
  const members = Object.entries(schema.properties ?? {}).map(
    ([name, part]) => [name, valuesOf(part, search, depth + 1)] as const,
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
    const extra = valuesOf(schema.additionalProperties ?? true, search, depth + 1)
    for (const option of extra.slice(0, 10)) values.push({ ...full, extra: option })
  }
  return values
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
