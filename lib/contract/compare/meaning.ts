import { DATA } from '../schema-walk.ts'
import type { JsonSchema, JsonSchemaObject } from '../types.ts'
import { localTarget } from '../types-of.ts'
import { canonical } from './judge.ts'

/** What only people read, or what only names. */
const WORDS = new Set([
  ...['title', 'description', 'examples', 'default', 'deprecated', 'readOnly', 'writeOnly', '$comment'],
  ...['x-auth0', '$schema', '$id', '$defs', 'definitions', '$anchor', '$vocabulary'],
])
const NAMED = new Set(['properties', 'patternProperties', 'dependentSchemas'])
const LISTS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems'])
const SCHEMAS = new Set([
  ...['additionalProperties', 'propertyNames', 'unevaluatedProperties', 'items', 'unevaluatedItems'],
  ...['contains', 'not', 'if', 'then', 'else'],
])

const numbers = new Map<string, number>()
const known = new WeakMap<JsonSchemaObject, WeakMap<JsonSchemaObject, number>>()

/**
 * A number that two schemas share exactly where they are written alike: without words, with what a `$ref` leads to in its
 * own document in place, and without the order of members. Two numbers that differ say nothing.
 */
export function meaningOf(schema: JsonSchema, root: JsonSchemaObject): number {
  return new Reader(root).read(schema)
}

/** Whether a `$ref` stands alone, or beside words. */
export function isOnlyReference(schema: JsonSchemaObject): boolean {
  return Object.keys(schema).every((keyword) => keyword === '$ref' || WORDS.has(keyword))
}

class Reader {
  readonly #root: JsonSchemaObject
  readonly #known: WeakMap<JsonSchemaObject, number>

  constructor(root: JsonSchemaObject) {
    this.#root = root
    this.#known = known.get(root) ?? new WeakMap()
    known.set(root, this.#known)
  }

  read(schema: JsonSchema): number {
    if (typeof schema === 'boolean') return numberOf(String(schema))
    const before = this.#known.get(schema)
    if (before !== undefined) return before
    const number = numberOf(this.#text(schema))
    this.#known.set(schema, number)
    return number
  }

  #text(schema: JsonSchemaObject): string {
    const parts: string[] = []
    for (const keyword of Object.keys(schema).sort()) {
      if (WORDS.has(keyword)) continue
      const value = schema[keyword]
      const text = keyword === '$ref' ? this.#reference(String(value)) : this.#keyword(keyword, value)
      if (text !== undefined) parts.push(text)
    }
    if (parts.length === 0) return 'true'
    // A reference with nothing beside it is what it leads to.
    if (parts.length === 1 && parts[0]!.startsWith('=')) return parts[0]!.slice(1)
    return parts.join(';')
  }

  #reference(ref: string): string {
    const target = localTarget(ref, this.#root)
    if (target === undefined) return `$ref ${JSON.stringify(ref)}`
    const circle = circleOf(ref, this.#root)
    return circle === undefined ? `=#${this.read(target)}` : `$ref ${JSON.stringify(ref)} ${circle}`
  }

  #keyword(keyword: string, value: unknown): string | undefined {
    const one = (schema: unknown) => this.read(schema as JsonSchema)
    if (keyword === 'const') return `enum ${canonical(value)}`
    if (keyword === 'enum') return `enum ${[...new Set((value as unknown[]).map(canonical))].sort().join()}`
    if (keyword === 'type') return `type ${[value].flat().sort().join()}`
    if (keyword === 'required') {
      const names = [...new Set(value as string[])].sort()
      return names.length === 0 ? undefined : `required ${JSON.stringify(names)}`
    }
    if (NAMED.has(keyword)) {
      const entries = Object.entries(value as object).map(
        ([name, schema]) => `${JSON.stringify(name)}:${one(schema)}`,
      )
      return `${keyword} ${entries.sort().join()}`
    }
    if (LISTS.has(keyword)) {
      const list = (value as unknown[]).map(one)
      return `${keyword} ${(keyword === 'prefixItems' ? list : [...list].sort()).join()}`
    }
    return `${keyword} ${SCHEMAS.has(keyword) ? one(value) : canonical(value)}`
  }
}

const circles = new WeakMap<JsonSchemaObject, Map<string, number | undefined>>()

/**
 * Of a `$ref` that leads back to itself, the number of all that it leads to, as written and under the same names: a
 * circle has no text in which everything is in place. `undefined` for other references.
 */
function circleOf(ref: string, root: JsonSchemaObject): number | undefined {
  const ofRoot = circles.get(root) ?? new Map<string, number | undefined>()
  circles.set(root, ofRoot)
  if (ofRoot.has(ref)) return ofRoot.get(ref)
  const reached = new Map<string, JsonSchema | undefined>()
  const open = [ref]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const target = localTarget(next, root)
    for (const inner of referencesIn(target)) {
      if (reached.has(inner)) continue
      reached.set(inner, localTarget(inner, root))
      open.push(inner)
    }
  }
  const number = reached.has(ref)
    ? numberOf(
        `circle ${canonical(Object.fromEntries([...reached].map(([name, one]) => [name, withoutWords(one)])))}`,
      )
    : undefined
  ofRoot.set(ref, number)
  return number
}

function referencesIn(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  return Object.entries(schema).flatMap(([keyword, value]) =>
    keyword === '$ref' && typeof value === 'string' ? [value] : DATA.has(keyword) ? [] : referencesIn(value),
  )
}

function withoutWords(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutWords)
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
      // A member may be called `title`: what is a word stands above a text, a list or a truth value.
      if (WORDS.has(keyword) && (Array.isArray(value) || typeof value !== 'object')) return []
      return [[keyword, DATA.has(keyword) ? value : withoutWords(value)]]
    }),
  )
}

function numberOf(text: string): number {
  // `=#7` stands for what has the number 7.
  if (/^#\d+$/.test(text)) return Number(text.slice(1))
  const number = numbers.get(text)
  if (number !== undefined) return number
  numbers.set(text, numbers.size)
  return numbers.size - 1
}
