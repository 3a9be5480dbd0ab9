import { LIMITS } from '../limits.ts'
import { schemasIn } from './schema-faults.ts'
import type { JsonSchema, JsonSchemaObject } from './types.ts'
import { localTarget } from './types-of.ts'

/** Keywords whose schemas judge the same value as the schema that has them. */
const IN_PLACE = ['allOf', 'anyOf', 'oneOf', 'not', 'if', 'then', 'else', 'dependentSchemas'] as const
/** Those whose schemas judge parts of the value, or names of its members. */
const OF_PARTS = [
  ...['properties', 'patternProperties', 'additionalProperties', 'propertyNames', 'unevaluatedProperties'],
  ...['items', 'prefixItems', 'contains', 'unevaluatedItems', 'contentSchema'],
]

/** With those that a `$ref` leads to. */
const MOST_LEVELS = 3 * LIMITS.jsonDepth

/**
 * Why a token could not be judged by a schema in a bounded time, in words; `undefined` where it can. A `$ref` counts for
 * what it leads to, each time; one that leads back to where it stands counts once, since a value has an end.
 */
export function expansionFault(root: JsonSchemaObject): string | undefined {
  const named = namedSchemas(root)
  const targetOf = (ref: unknown): JsonSchema | undefined =>
    typeof ref !== 'string' ? undefined : (named.get(ref) ?? localTarget(ref, root))
  const inPlaceOf = (schema: JsonSchemaObject): unknown[] => [
    ...[schema.$ref, schema['$dynamicRef']].map(targetOf),
    ...IN_PLACE.flatMap((keyword) => partsOf(schema[keyword], keyword)),
  ]
  let fault: string | undefined

  const partsFrom = (schema: JsonSchemaObject): JsonSchemaObject[] =>
    [...inPlaceOf(schema), ...OF_PARTS.flatMap((keyword) => partsOf(schema[keyword], keyword))].filter(
      isObject,
    )

  // Schemas that lead to each other are one (Tarjan): how often a value goes round, its own levels bound.
  const known = new Map<JsonSchemaObject, number>()
  const order = new Map<JsonSchemaObject, number>()
  const open: JsonSchemaObject[] = []
  const visit = (schema: JsonSchemaObject, depth: number): number => {
    const own = order.size
    order.set(schema, own)
    open.push(schema)
    if (depth > MOST_LEVELS) fault ??= `its "$ref"s lead through more than ${MOST_LEVELS} levels`
    let lowest = own
    for (const part of partsFrom(schema)) {
      if (fault !== undefined) return own
      if (known.has(part)) continue
      lowest = Math.min(lowest, order.get(part) ?? visit(part, depth + 1))
    }
    if (lowest === own) close(open.splice(open.lastIndexOf(schema)))
    return lowest
  }
  const close = (circle: readonly JsonSchemaObject[]): void => {
    let count = 0
    for (const schema of circle) {
      count++
      for (const part of partsFrom(schema)) count += known.get(part) ?? 1
    }
    for (const schema of circle) known.set(schema, count)
    if (count > LIMITS.contractSchemas)
      fault ??= `its "$ref"s lead to more than ${LIMITS.contractSchemas} schemas`
  }
  visit(root, 0)

  const ends = new Set<JsonSchemaObject>()
  const judging = new Set<JsonSchemaObject>()
  const follow = (schema: unknown): void => {
    if (!isObject(schema) || ends.has(schema) || fault !== undefined) return
    if (judging.has(schema)) {
      fault = 'a "$ref" leads back to itself without a member or an item between'
      return
    }
    judging.add(schema)
    for (const part of inPlaceOf(schema)) follow(part)
    judging.delete(schema)
    ends.add(schema)
  }

  for (const schema of order.keys()) follow(schema)
  return fault
}

function isObject(value: unknown): value is JsonSchemaObject {
  return typeof value === 'object' && value !== null
}

function partsOf(value: unknown, keyword: string): unknown[] {
  if (Array.isArray(value)) return value
  if (typeof value !== 'object' || value === null) return []
  const byName = keyword === 'properties' || keyword === 'patternProperties' || keyword === 'dependentSchemas'
  return byName ? Object.values(value) : [value]
}

/** Schemas with a name of their own, as a `$ref` writes it. */
function namedSchemas(root: JsonSchemaObject): Map<string, JsonSchemaObject> {
  const named = new Map<string, JsonSchemaObject>()
  for (const { schema } of schemasIn(root)) {
    for (const anchor of [schema['$anchor'], schema['$dynamicAnchor']]) {
      if (typeof anchor === 'string') named.set(`#${anchor}`, schema)
    }
    if (typeof schema.$id === 'string') named.set(schema.$id, schema)
  }
  return named
}
