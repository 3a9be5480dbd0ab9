import { textPattern } from './pattern-cost.ts'
import type { JsonSchema, JsonSchemaObject } from './types.ts'

/** Members whose values are data, not schemas. */
export const DATA: ReadonlySet<string> = new Set(['const', 'enum', 'examples', 'default', 'x-auth0'])

/** Sub-schemas that judge the same value as their parent. */
export function inPlaceSchemas(schema: JsonSchemaObject): JsonSchema[] {
  return [
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...(schema.then === undefined ? [] : [schema.then]),
    ...(schema.else === undefined ? [] : [schema.else]),
    ...Object.values(schema.dependentSchemas ?? {}),
  ]
}

/**
 * Names that a contract speaks of: `properties` of the root and of what judges the root in place. A name
 * that stands only in `if` or `not` is asked about, not described.
 */
export function declaredClaims(schema: JsonSchemaObject): string[] {
  const names = new Set(Object.keys(schema.properties ?? {}))
  for (const part of inPlaceSchemas(schema)) {
    if (typeof part === 'object') for (const name of declaredClaims(part)) names.add(name)
  }
  return [...names]
}

/** The schemas by which a member of this name is judged. */
export function partsFor(schema: JsonSchemaObject, name: string): JsonSchema[] {
  const parts: JsonSchema[] = []
  if (schema.properties !== undefined && Object.hasOwn(schema.properties, name)) {
    parts.push(schema.properties[name]!)
  }
  for (const [pattern, part] of Object.entries(schema.patternProperties ?? {})) {
    if (nameMatches(pattern, name)) parts.push(part)
  }
  return parts.length > 0 || schema.additionalProperties === undefined ? parts : [schema.additionalProperties]
}

export function nameMatches(pattern: string, name: string): boolean {
  return textPattern(pattern).test(name)
}
