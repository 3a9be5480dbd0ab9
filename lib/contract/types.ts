import type { TokenKind } from '../finding.ts'

/** A JSON Schema (2020-12) as parsed JSON. */
export type JsonSchema = boolean | JsonSchemaObject

/** The keywords that the toolkit itself reads; ajv knows them all. */
export interface JsonSchemaObject {
  $id?: string
  $ref?: string
  $defs?: Record<string, JsonSchema>
  title?: string
  description?: string
  deprecated?: boolean
  examples?: unknown[]
  default?: unknown
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, JsonSchema>
  patternProperties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema
  propertyNames?: JsonSchema
  required?: string[]
  dependentRequired?: Record<string, string[]>
  dependentSchemas?: Record<string, JsonSchema>
  minProperties?: number
  maxProperties?: number
  items?: JsonSchema
  prefixItems?: JsonSchema[]
  contains?: JsonSchema
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
  minLength?: number
  maxLength?: number
  pattern?: string
  format?: string
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  multipleOf?: number
  allOf?: JsonSchema[]
  anyOf?: JsonSchema[]
  oneOf?: JsonSchema[]
  not?: JsonSchema
  if?: JsonSchema
  then?: JsonSchema
  else?: JsonSchema
  'x-auth0'?: unknown
  [keyword: string]: unknown
}

/** One way in which claims differ from a contract. Never holds a value of a claim. */
export interface ContractFault {
  /** JSON Pointer into the payload, e.g. `/https:~1~1acme.example~1roles/3`. */
  path: string
  /** The claim at fault; absent when the fault is in the payload as a whole. */
  claim?: string
  /** Keyword of the schema that refused, e.g. `maxItems`. */
  keyword: string
  message: string
}

/** Claims of one token, described for those who write them and those who read them. */
export interface Contract {
  /** Path as the user would type it, relative to the workspace. */
  file: string
  /** Name of the TypeScript type, e.g. `OrdersAccessToken`. */
  title: string
  description?: string
  token: TokenKind
  /** Identifier of the API; access tokens only. */
  audience?: string
  /** Budget for all custom claims of the token, in bytes of UTF-8 JSON. */
  maxBytes?: number
  /** Self-contained: what it names in other files is under `$defs`. */
  schema: JsonSchemaObject
  /** Names that the contract speaks of, in the order of the file. */
  claims: readonly string[]
  /** Claims with `"x-auth0": { "refresh": "may-differ" }`: a refresh may give another value than the login, or none. */
  mayDifferAfterRefresh: readonly string[]
  /**
   * Judges the whole payload of a token (so that conditions may look at `scope` or `org_id`). Does not
   * check registered claims, nor that every custom claim is declared: see `undeclaredClaims`.
   */
  validate(payload: Readonly<Record<string, unknown>>): ContractFault[]
  /** Where a part of the schema stands in the file, e.g. `['properties', name]`. */
  placeOf(path: readonly (string | number)[]): { line: number; column: number }
}
