import { LIMITS } from '../limits.ts'
import { inPlaceSchemas } from './schema-walk.ts'
import type { Contract, JsonSchema, JsonSchemaObject } from './types.ts'

const HEADER = '// Written by `claims types`. Do not edit: change the contract and run it again.\n'

/** Column past which a union goes onto lines of its own, as formatters do by default. */
const WIDTH = 100

/**
 * TypeScript for contracts: one exported interface each, named by its title. No index signature, so that
 * `keyof` is exactly the names of the contract. What TypeScript cannot say (lengths, patterns, numbers of
 * items, conditions) is left out: the type allows at least what the contract allows.
 */
export async function typesOf(contracts: readonly Contract[]): Promise<string> {
  const parts = contracts.map((contract) => {
    const generator = new TypeText(contract)
    const note = docComment(contract.description, '', contract.schema.deprecated)
    return `${note}export interface ${contract.title} ${generator.members(contract.schema, '')}\n`
  })
  return [HEADER, ...parts].join('\n')
}

class TypeText {
  readonly #contract: Contract
  readonly #open: string[] = []
  #steps = 0

  constructor(contract: Contract) {
    this.#contract = contract
  }

  /** The body of an object type, braces included. */
  members(schema: JsonSchemaObject, indent: string): string {
    const inner = `${indent}  `
    const properties = new Map<string, JsonSchema>(Object.entries(schema.properties ?? {}))
    const required = new Set(schema.required)
    const always = new Set(schema.allOf)
    // What holds in every case adds to the type; what holds in some cases can only be optional.
    for (const part of inPlaceSchemas(schema)) {
      if (typeof part !== 'object') continue
      for (const [name, type] of Object.entries(part.properties ?? {})) {
        if (!properties.has(name)) properties.set(name, type)
      }
      if (always.has(part)) for (const name of part.required ?? []) required.add(name)
    }
    const lines = [...properties].map(([name, type]) => {
      const key = /^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name)
      const mark = required.has(name) ? '' : '?'
      const facts = typeof type === 'object' ? type : {}
      const comment = docComment(facts.description, inner, facts.deprecated)
      const text = this.type(type, inner)
      const line = `${inner}${key}${mark}: ${text}`
      return `${comment}${line.length > WIDTH && !text.includes('\n') ? this.wrapped(`${inner}${key}${mark}:`, type, inner) : line}`
    })
    return lines.length === 0 ? '{}' : `{\n${lines.join('\n')}\n${indent}}`
  }

  type(schema: JsonSchema, indent: string): string {
    return this.union(schema, indent).join(' | ')
  }

  /** A union with one member a line. */
  wrapped(head: string, schema: JsonSchema, indent: string): string {
    const members = this.union(schema, `${indent}  `)
    if (members.length < 2) return `${head} ${members[0]}`
    return [head, ...members.map((member) => `${indent}  | ${member}`)].join('\n')
  }

  union(schema: JsonSchema, indent: string): string[] {
    if (schema === true || ++this.#steps > LIMITS.contractSteps) return ['unknown']
    if (schema === false) return ['never']
    if (schema.$ref !== undefined) return this.reference(schema.$ref, indent)
    if ('const' in schema) return [literal(schema.const)]
    if (schema.enum !== undefined) return unique(schema.enum.map(literal))
    const variants = schema.anyOf ?? schema.oneOf
    if (variants !== undefined && schema.properties === undefined && schema.items === undefined) {
      return unique(variants.flatMap((variant) => this.union(merged(schema, variant), indent)))
    }
    const types = typeof schema.type === 'string' ? [schema.type] : schema.type
    const named = schema.allOf?.filter((part) => typeof part === 'object' && part.$ref !== undefined) ?? []
    if (types?.length === 1 && types[0] === 'object' && named.length > 0) {
      // What a reference names keeps its own text; the rest is one object beside it.
      const rest = { ...schema, allOf: schema.allOf!.filter((part) => !named.includes(part)) }
      const own = hasMembers(rest) ? [this.object(rest, indent)] : []
      return [[...own, ...named.map((part) => parenthesised(this.union(part, indent)))].join(' & ')]
    }
    if (types !== undefined) return unique(types.map((type) => this.single(type, schema, indent)))
    const whole = schema.allOf?.filter((part) => typeof part === 'object' && !isNarrowing(part))
    if (whole !== undefined && whole.length > 0) {
      return [whole.map((part) => parenthesised(this.union(part, indent))).join(' & ')]
    }
    return ['unknown']
  }

  single(type: string, schema: JsonSchemaObject, indent: string): string {
    switch (type) {
      case 'integer':
      case 'number':
        return 'number'
      case 'array':
        return this.array(schema, indent)
      case 'object':
        return this.object(schema, indent)
      default:
        return type
    }
  }

  array(schema: JsonSchemaObject, indent: string): string {
    const item = schema.items === undefined ? ['unknown'] : this.union(schema.items, indent)
    if (schema.prefixItems === undefined) return `${parenthesised(item)}[]`
    const count = schema.minItems ?? 0
    const fixed = schema.prefixItems.map((part, index) => {
      const text = parenthesised(this.union(part, indent))
      return index < count ? text : `${text}?`
    })
    const closed = schema.items === false || (schema.maxItems ?? Infinity) <= fixed.length
    return `[${[...fixed, ...(closed ? [] : [`...${parenthesised(item)}[]`])].join(', ')}]`
  }

  object(schema: JsonSchemaObject, indent: string): string {
    if (hasMembers(schema)) return this.members(schema, indent)
    const patterned = Object.values(schema.patternProperties ?? {})
    const rest = schema.additionalProperties ?? true
    if (rest === false && patterned.length === 0) return 'Record<string, never>'
    const values = [...patterned, ...(rest === false ? [] : [rest])]
    const texts = unique(values.flatMap((value) => this.union(value, indent)))
    return `Record<string, ${texts.includes('unknown') ? 'unknown' : texts.join(' | ')}>`
  }

  reference(ref: string, indent: string): string[] {
    const target = localTarget(ref, this.#contract.schema)
    // A schema that contains itself has no finite text here.
    if (target === undefined || this.#open.includes(ref)) return ['unknown']
    this.#open.push(ref)
    const result = this.union(target, indent)
    this.#open.pop()
    return result
  }
}

/** Whether a schema, or one that judges the same value, names members. */
function hasMembers(schema: JsonSchemaObject): boolean {
  return [schema, ...inPlaceSchemas(schema)].some(
    (part) => typeof part === 'object' && Object.keys(part.properties ?? {}).length > 0,
  )
}

/** What a `$ref` of the form `#/a/b` names in this document. */
export function localTarget(ref: string, root: JsonSchemaObject): JsonSchema | undefined {
  if (ref === '#') return root
  if (!ref.startsWith('#/')) return undefined
  let value: unknown = root
  for (const part of ref.slice(2).split('/')) {
    const name = decoded(part)
    if (typeof value !== 'object' || value === null || name === undefined || !Object.hasOwn(value, name)) {
      return undefined
    }
    value = (value as Record<string, unknown>)[name]
  }
  return typeof value === 'boolean' || (typeof value === 'object' && value !== null)
    ? (value as JsonSchema)
    : undefined
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
  } catch {
    return undefined
  }
}

function merged(schema: JsonSchemaObject, variant: JsonSchema): JsonSchema {
  if (typeof variant !== 'object' || schema.type === undefined || variant.type !== undefined) return variant
  if ('const' in variant || variant.enum !== undefined || variant.$ref !== undefined) return variant
  return { ...variant, type: schema.type }
}

/** Whether a part of `allOf` only narrows by what a type cannot say. */
function isNarrowing(schema: JsonSchemaObject): boolean {
  return !['type', 'properties', '$ref', 'enum', 'const', 'anyOf', 'oneOf', 'allOf'].some(
    (key) => key in schema,
  )
}

function parenthesised(members: readonly string[]): string {
  const text = members.join(' | ')
  return members.length > 1 || text.includes(' & ') ? `(${text})` : text
}

function literal(value: unknown): string {
  if (typeof value === 'string') return quoted(value)
  if (value === null || typeof value !== 'object') return String(value)
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`
  return `{ ${Object.entries(value)
    .map(([key, part]) => `${quoted(key)}: ${literal(part)}`)
    .join('; ')} }`
}

function quoted(text: string): string {
  const json = seen(JSON.stringify(text).slice(1, -1)).replaceAll('\\"', '"')
  // As formatters write it: the quote that needs fewer escapes.
  return text.includes("'") && !text.includes('"') ? `"${json}"` : `'${json.replaceAll("'", "\\'")}'`
}

/** Signs that a terminal obeys or a reader does not see, as JSON writes them. Joiners belong to words and pictures. */
function seen(text: string): string {
  return text.replace(/(?![\t\u200c\u200d])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (sign) =>
    sign
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

function unique(texts: readonly string[]): string[] {
  const set = [...new Set(texts)]
  return set.includes('unknown') ? ['unknown'] : set
}

function docComment(text: string | undefined, indent: string, deprecated: boolean | undefined): string {
  const lines = [
    ...(text === undefined ? [] : text.replaceAll('*/', '*\\/').split(/\r?\n/).map(seen)),
    ...(deprecated === true ? ['@deprecated'] : []),
  ]
  if (lines.length === 0) return ''
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join('\n')}\n${indent} */\n`
}
