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
  readonly #open: string[] = []
  /** The outermost `$ref` that a circle led back to while a schema was read. */
  #lowest = Number.POSITIVE_INFINITY

  constructor(root: JsonSchemaObject) {
    this.#root = root
  }

  read(schema: JsonSchema): number {
    if (typeof schema === 'boolean') return numberOf(String(schema))
    let ofRoot = known.get(this.#root)
    if (ofRoot === undefined) {
      ofRoot = new WeakMap()
      known.set(this.#root, ofRoot)
    }
    const before = ofRoot.get(schema)
    if (before !== undefined) return before
    const outer = this.#lowest
    this.#lowest = Number.POSITIVE_INFINITY
    const number = numberOf(this.#text(schema))
    // In a circle the text depends on where the circle was entered.
    if (this.#lowest >= this.#open.length) ofRoot.set(schema, number)
    this.#lowest = Math.min(outer, this.#lowest)
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
    const at = this.#open.indexOf(ref)
    if (at >= 0) {
      this.#lowest = Math.min(this.#lowest, at)
      return `circle ${this.#open.length - at}`
    }
    this.#open.push(ref)
    const number = this.read(target)
    this.#open.pop()
    return `=#${number}`
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

function numberOf(text: string): number {
  // `=#7` stands for what has the number 7.
  if (/^#\d+$/.test(text)) return Number(text.slice(1))
  const number = numbers.get(text)
  if (number !== undefined) return number
  numbers.set(text, numbers.size)
  return numbers.size - 1
}
