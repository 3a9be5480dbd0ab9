import type { Value } from '../check/flow/values.ts'
import type { JsonSchemaObject } from '../contract/index.ts'
import type { Shape } from '../triggers/shape.ts'

/** What is known of the values of a claim. */
interface KnownValue {
  /** JSON Schema; empty where nothing is known. */
  schema: JsonSchemaObject
  /** It may be `undefined`: the token then has no such claim. */
  mayBeMissing: boolean
}

/** Members of members are described so far. */
const DEEPEST = 4
/** Of more kinds of values nothing is said. */
const MOST_KINDS = 4
/** Of more values only their type is said. */
const MOST_VALUES = 12

const EMPTY_LIST: JsonSchemaObject = { type: 'array', maxItems: 0 }

const ANYTHING: KnownValue = { schema: {}, mayBeMissing: true }

/** The JSON Schema of what an Action writes, as far as its code says. Says nothing that the code does not. */
export function schemaOfValue(value: Value | undefined, depth = 0): KnownValue {
  if (value === undefined || depth > DEEPEST) return ANYTHING
  switch (value.kind) {
    case 'literal':
      return ofLiteral(value.value)
    case 'text':
      return certain({ type: 'string' })
    case 'list': {
      // An empty list says nothing of what a fuller one holds.
      if (value.open !== true && value.items.length === 0) return certain(EMPTY_LIST)
      const items = value.items.map((item) => schemaOfValue(item, depth + 1).schema)
      const known = value.open === true ? {} : anyOf(items)
      return certain({ type: 'array', ...(Object.keys(known).length > 0 && { items: known }) })
    }
    case 'record': {
      if (value.asText !== undefined) return certain({ type: 'string' })
      if (value.isMap === true) return certain({ type: 'object' })
      const properties = [...value.members].map(
        ([name, member]) => [name, schemaOfValue(member, depth + 1).schema] as const,
      )
      return certain({
        type: 'object',
        ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
      })
    }
    case 'union': {
      const all = value.of.map((one) => schemaOfValue(one, depth))
      return {
        schema: anyOf(all.filter((one) => !isNothing(one)).map((one) => one.schema)),
        mayBeMissing: all.some((one) => one.mayBeMissing),
      }
    }
    case 'path': {
      const { path, known, chosen } = value
      if (path.root === 'api' || path.shape === undefined) return ANYTHING
      const isThere = path.always || path.there || path.depth <= known || chosen === true
      return { schema: ofShape(path.shape), mayBeMissing: !isThere }
    }
    default:
      return ANYTHING
  }
}

/** One schema for values that are of one of these. */
export function anyOf(schemas: readonly JsonSchemaObject[]): JsonSchemaObject {
  const distinct = [...new Map(schemas.map((schema) => [JSON.stringify(schema), schema])).values()]
  if (distinct.length === 0 || distinct.some((one) => Object.keys(one).length === 0)) return {}
  const values = distinct.flatMap((one) => one.enum ?? [])
  const lists = distinct.filter((one) => one.type === 'array' && one.maxItems !== 0)
  const rest = distinct.filter((one) => one.enum === undefined && (lists.length === 0 || one.maxItems !== 0))
  const typed = (type: string) => rest.some((one) => one.type === type && Object.keys(one).length === 1)
  const own = values.filter((one) => !typed(typeof one))
  const kinds = own.length === 0 ? rest : [...rest, ofValues([...new Set(own)])]
  if (kinds.length > MOST_KINDS) return {}
  return kinds.length === 1 ? kinds[0]! : { anyOf: kinds }
}

/** A list that is empty where it is written may be filled in a way that the walk does not see. */
export function withoutEmptyLists(schema: JsonSchemaObject): JsonSchemaObject {
  const { maxItems, ...rest } = schema
  const all = maxItems === 0 ? rest : schema
  return all.anyOf === undefined
    ? all
    : { ...all, anyOf: all.anyOf.map((one) => (typeof one === 'boolean' ? one : withoutEmptyLists(one))) }
}

function ofValues(values: unknown[]): JsonSchemaObject {
  if (values.length <= MOST_VALUES) return { enum: values }
  return values.every((one) => typeof one === 'string') ? { type: 'string' } : {}
}

function isNothing({ schema, mayBeMissing }: KnownValue): boolean {
  return mayBeMissing && schema.not !== undefined
}

function ofLiteral(value: unknown): KnownValue {
  // A schema that nothing fits: the union leaves it out.
  if (value === undefined) return { schema: { not: {} }, mayBeMissing: true }
  if (typeof value === 'boolean') return certain({ type: 'boolean' })
  if (typeof value === 'number') return certain({ type: 'number' })
  return certain(value === null ? { type: 'null' } : { enum: [value] })
}

function certain(schema: JsonSchemaObject): KnownValue {
  return { schema, mayBeMissing: false }
}

function ofShape({ kind, type, each, values }: Shape): JsonSchemaObject {
  if (kind === 'list') {
    const items = each === undefined ? {} : ofShape(each)
    return { type: 'array', ...(Object.keys(items).length > 0 && { items }) }
  }
  if (kind === 'object' || kind === 'map') return { type: 'object' }
  if (kind === 'free') return {}
  if (values !== undefined) return { enum: [...values] }
  return type === undefined
    ? {}
    : typeof type === 'string'
      ? { type }
      : { anyOf: type.map((one) => ({ type: one })) }
}
