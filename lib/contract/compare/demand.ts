import { FORMATS } from '../formats.ts'
import type { JsonSchema, JsonSchemaObject } from '../types.ts'
import { localTarget } from '../types-of.ts'
import type { ValueType } from './judge.ts'

/** What is asked of one value: that it fits a schema, or that it does not. */
export interface Demand {
  schema: JsonSchema
  /** The document in which the schema's `$ref`s are resolved. */
  root: JsonSchemaObject
  fits: boolean
}

/** One way to meet a choice: more demands, and facts that no schema says. */
export interface Way {
  demands?: readonly Demand[]
  fact?: (shape: Facts) => void
}

/** A member that must exist beside those that are named. */
export interface SomeMember {
  /** Names that it does not have. */
  not: ReadonlySet<string>
  notPatterns: readonly string[]
  pattern?: string
  names: readonly Demand[]
  value: readonly Demand[]
}

export interface SomeItem {
  from: number
  value: readonly Demand[]
  times: number
}

export interface Members {
  schema: JsonSchemaObject
  root: JsonSchemaObject
}

/** Lists of facts about one value, with the type of what is in them. */
export interface Lists {
  notValues: unknown
  multiples: number
  notMultiples: number
  patterns: string
  notPatterns: string
  lists: Members
  someItems: SomeItem
  everyItem: Demand
  members: Members
  names: Demand
  someMembers: SomeMember
  choices: readonly Way[]
  demands: Demand
}

/** Facts about one value, as they are added to. */
export interface Facts {
  readonly isDead: boolean
  only(...types: readonly ValueType[]): void
  atLeast(bound: number | undefined, isOpen: boolean): void
  atMost(bound: number | undefined, isOpen: boolean): void
  raise(bound: 'minLength' | 'minItems' | 'minProperties', to: number): void
  lower(bound: 'maxLength' | 'maxItems' | 'maxProperties', to: number): void
  append<K extends keyof Lists>(list: K, more: readonly Lists[K][]): void
  require(...names: readonly string[]): void
  name(name: string, demand: Demand): void
  repeat(): void
}

export const ALL_TYPES: readonly ValueType[] = [
  ...(['null', 'boolean', 'integer', 'fraction', 'string', 'array', 'object'] as const),
]
/** What no value meets. */
export const NOTHING: Demand = { schema: false, root: {}, fits: true }

/** Formats are patterns with a name. */
export function patternsOf(schema: JsonSchemaObject): string[] {
  const format = schema.format === undefined ? undefined : FORMATS[schema.format]?.source
  return [schema.pattern, format].filter((pattern) => pattern !== undefined)
}

/** Names that a schema and what judges the same value have a say on; `undefined` where that is every name. */
export function namesEvaluated(
  schema: JsonSchema,
  root: JsonSchemaObject,
  which: 'always' | 'sometimes',
): JsonSchemaObject | undefined {
  if (typeof schema === 'boolean') return {}
  if (schema.additionalProperties !== undefined || schema['$dynamicRef'] !== undefined) return undefined
  const properties = truths(schema.properties)
  const patternProperties = truths(schema.patternProperties)
  const target = schema.$ref === undefined ? undefined : localTarget(schema.$ref, root)
  if (schema.$ref !== undefined && target === undefined) return undefined
  const parts = [...(schema.allOf ?? []), ...(target === undefined ? [] : [target])]
  if (which === 'sometimes') {
    parts.push(
      ...(schema.anyOf ?? []),
      ...(schema.oneOf ?? []),
      ...Object.values(schema.dependentSchemas ?? {}),
    )
    for (const part of [schema.if, schema.then, schema.else]) if (part !== undefined) parts.push(part)
  }
  for (const part of parts) {
    if (typeof part === 'object' && part['unevaluatedProperties'] !== undefined) return undefined
    const inner = namesEvaluated(part, root, which)
    if (inner === undefined) return undefined
    Object.assign(properties, inner.properties)
    Object.assign(patternProperties, inner.patternProperties)
  }
  return { properties, patternProperties }
}

function truths(schemas: Readonly<Record<string, JsonSchema>> = {}): Record<string, JsonSchema> {
  return Object.fromEntries(Object.keys(schemas).map((name) => [name, true]))
}
