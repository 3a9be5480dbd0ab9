import { type Finding, reporter } from '../finding.ts'
import { LIMITS } from '../limits.ts'
import { FORMATS } from './formats.ts'
import { jsonBytes } from './json-bytes.ts'
import { LARGEST_CHARACTER, patternSize } from './pattern-size.ts'
import { contractRules } from './rules.ts'
import { inPlaceSchemas, partsFor } from './schema-walk.ts'
import type { Contract, JsonSchema, JsonSchemaObject } from './types.ts'
import { localTarget } from './types-of.ts'

export interface WorstCaseSize {
  /** Bytes of UTF-8 JSON of all claims together; `Infinity` when a claim has no bound. */
  bytes: number
  /** Name, colon, comma and value, per claim. */
  claims: Readonly<Record<string, number>>
  /** Bytes of the whole signed token (RS256), with {@link ISSUED_BYTES} for what Auth0 puts in. */
  signedBytes: number
}

/**
 * Bytes that we add for the claims that Auth0 itself puts into a token: issuer, subject, two audiences, times, client,
 * scope and permissions of ordinary length. An estimate: no page states a bound.
 */
const ISSUED_BYTES = 600

/** Auth0: all custom claims of a token, smaller reading of "100KB". */
const AUTH0_BYTES = 100_000
/** What browsers keep of one cookie. */
const COOKIE_BYTES = 4096
/** What common servers and proxies accept as one header. */
const HEADER_BYTES = 8192

/**
 * The largest payload that the contract allows, from lengths, counts, patterns and enums. An upper bound: patterns
 * count when they are anchored at both ends. A claim has a bound where the contract bounds it in every token: what is
 * said of it in one case only leaves the others open. Claims that are described by a pattern of their names have none.
 */
export function worstCaseSize(contract: Pick<Contract, 'schema' | 'claims'>): WorstCaseSize {
  const bound = new Bound(contract.schema)
  const claims: Record<string, number> = {}
  for (const name of contract.claims) {
    claims[name] = jsonBytes(name) + 1 + bound.member(contract.schema, name) + 1
  }
  for (const pattern of bound.openNames(contract.schema)) claims[`/${pattern}/`] = Number.POSITIVE_INFINITY
  const sizes = Object.values(claims)
  const sum = sizes.reduce((total, bytes) => total + bytes, 0)
  const bytes = sizes.length === 0 ? 2 : sum - 1 + 2
  return { bytes, claims, signedBytes: signedTokenBytes(bytes) }
}

/** Size of a compact JWS with an RS256 signature (2048 bits) and this many bytes of custom claims. */
function signedTokenBytes(customBytes: number): number {
  const header = base64Bytes(90)
  return header + 1 + base64Bytes(ISSUED_BYTES + customBytes) + 1 + base64Bytes(256)
}

const report = reporter(contractRules)

/** What to say about a contract's size. Positions are those of the claims in the file. */
export function sizeFindings(contract: Contract): Finding[] {
  const { bytes, claims, signedBytes } = worstCaseSize(contract)
  const findings: Finding[] = []
  const { file, token } = contract
  for (const [claim, size] of Object.entries(claims)) {
    if (Number.isFinite(size)) continue
    const at = { file, ...contract.placeOf(['properties', claim]) }
    findings.push(
      report('contract/unbounded-claim', at, {
        message: `"${claim}" has no largest size: a long value makes the token too large for headers, or fails the login.`,
        hint: 'Give texts "maxLength", lists "maxItems", objects "additionalProperties": false, down to the last.',
        claim,
        token,
      }),
    )
  }
  if (!Number.isFinite(bytes)) return findings
  const at = { file, ...contract.placeOf(['x-auth0', 'maxBytes']) }
  const [most] = Object.entries(claims).sort((a, b) => b[1] - a[1])
  const hint = `The largest claim is "${most?.[0]}" with up to ${most?.[1]} bytes.`
  const add = (rule: keyof typeof contractRules, message: string) =>
    findings.push(report(rule, at, { message, hint, token }))
  if (bytes > AUTH0_BYTES) {
    add(
      'contract/above-auth0-limit',
      `The claims may take ${bytes} bytes; past ${AUTH0_BYTES} the login fails.`,
    )
  } else if (contract.maxBytes !== undefined && bytes > contract.maxBytes) {
    add('contract/over-budget', `The claims may take ${bytes} bytes, "maxBytes" is ${contract.maxBytes}.`)
  }
  if (token === 'access_token' && signedBytes > HEADER_BYTES) {
    add(
      'contract/above-header-limit',
      `The signed token may take about ${signedBytes} bytes; many servers accept ${HEADER_BYTES} as one header.`,
    )
  }
  if (token === 'id_token' && signedBytes > COOKIE_BYTES) {
    add(
      'contract/above-cookie-limit',
      `The signed token may take about ${signedBytes} bytes; a browser keeps ${COOKIE_BYTES} in one cookie.`,
    )
  }
  return findings
}

class Bound {
  readonly #root: JsonSchemaObject
  readonly #open: string[] = []
  readonly #known = new Map<JsonSchemaObject, number>()
  #steps = 0

  constructor(root: JsonSchemaObject) {
    this.#root = root
  }

  /** Bytes that a member's value takes at most in any value that fits the schema. */
  member(schema: JsonSchema, name: string): number {
    if (schema === false) return 0
    if (schema === true || ++this.#steps > LIMITS.contractSteps) return Number.POSITIVE_INFINITY
    const bounds = partsFor(schema, name).map((part) => this.value(part))
    for (const part of schema.allOf ?? []) bounds.push(this.member(part, name))
    if (schema.$ref !== undefined)
      bounds.push(this.referred(schema.$ref, (target) => this.member(target, name)))
    // One of them holds: the largest counts.
    for (const variants of [schema.anyOf, schema.oneOf]) {
      if (variants !== undefined) bounds.push(largest(variants.map((part) => this.member(part, name))))
    }
    if (schema.if !== undefined) {
      const then = [schema.if, schema.then ?? true].map((part) => this.member(part, name))
      bounds.push(Math.max(Math.min(...then), this.member(schema.else ?? true, name)))
    }
    return bounds.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY)
  }

  /** Patterns of names by which the schema, or what judges the same value, describes members. */
  openNames(schema: JsonSchema): string[] {
    if (typeof schema === 'boolean' || ++this.#steps > LIMITS.contractSteps) return []
    const parts = inPlaceSchemas(schema).flatMap((part) => this.openNames(part))
    return [...new Set([...Object.keys(schema.patternProperties ?? {}), ...parts])]
  }

  value(schema: JsonSchema): number {
    if (schema === true) return Number.POSITIVE_INFINITY
    if (schema === false) return 0
    const known = this.#known.get(schema)
    if (known !== undefined) return known
    if (++this.#steps > LIMITS.contractSteps) return Number.POSITIVE_INFINITY
    const bounds = [this.own(schema)]
    if (schema.$ref !== undefined) bounds.push(this.referred(schema.$ref, (target) => this.value(target)))
    for (const part of schema.allOf ?? []) bounds.push(this.value(part))
    for (const variants of [schema.anyOf, schema.oneOf]) {
      if (variants !== undefined) bounds.push(largest(variants.map((part) => this.value(part))))
    }
    // All of them hold at once, so the smallest bound counts.
    const bytes = bounds.reduce((least, one) => Math.min(least, one), Number.POSITIVE_INFINITY)
    // A circle has no bound wherever it is entered.
    this.#known.set(schema, bytes)
    return bytes
  }

  referred(ref: string, ask: (target: JsonSchema) => number): number {
    const target = localTarget(ref, this.#root)
    if (target === undefined || this.#open.includes(ref)) return Number.POSITIVE_INFINITY
    this.#open.push(ref)
    const bytes = ask(target)
    this.#open.pop()
    return bytes
  }

  own(schema: JsonSchemaObject): number {
    if ('const' in schema) return jsonBytes(schema.const)
    if (schema.enum !== undefined) return Math.max(0, largest(schema.enum.map(jsonBytes)))
    if (schema.type === undefined) return Number.POSITIVE_INFINITY
    const types = typeof schema.type === 'string' ? [schema.type] : schema.type
    return Math.max(...types.map((type) => this.ofType(type, schema)))
  }

  ofType(type: string, schema: JsonSchemaObject): number {
    switch (type) {
      case 'null':
        return 4
      case 'boolean':
        return 5
      case 'integer':
      case 'number':
        return numberBytes(schema, type === 'integer')
      case 'string':
        return stringBytes(schema)
      case 'array':
        return this.array(schema)
      default:
        return this.object(schema)
    }
  }

  array(schema: JsonSchemaObject): number {
    const fixed = schema.prefixItems ?? []
    const item = schema.items
    if (schema.uniqueItems === true && typeof item === 'object' && item.enum && fixed.length === 0) {
      const sizes = item.enum.map(jsonBytes).sort((a, b) => b - a)
      const most = sizes.slice(0, schema.maxItems ?? sizes.length)
      return 2 + most.reduce((sum, bytes) => sum + bytes, 0) + Math.max(0, most.length - 1)
    }
    const count = Math.min(
      schema.maxItems ?? Number.POSITIVE_INFINITY,
      item === false ? fixed.length : Number.POSITIVE_INFINITY,
    )
    if (count === 0) return 2
    let bytes = 2 + count - 1
    for (const part of fixed.slice(0, count)) bytes += this.value(part)
    const rest = Math.max(0, count - fixed.length)
    return rest === 0 ? bytes : bytes + rest * this.value(item ?? true)
  }

  /** The same where a member must be named by a schema: one of those that name it counts. */
  evaluated(schema: JsonSchemaObject, name: string): number {
    const always = this.member(schema, name)
    if (Number.isFinite(always) || schema.unevaluatedProperties !== false) return always
    const parts = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((some) => some ?? [])
    const named = parts.flatMap((part) =>
      typeof part === 'object' && namesIn(part)?.includes(name)
        ? [this.evaluated({ ...part, unevaluatedProperties: false }, name)]
        : [],
    )
    return named.length === 0 ? always : largest(named)
  }

  object(schema: JsonSchemaObject): number {
    const all = schema.unevaluatedProperties === false ? namesIn(schema) : undefined
    const names = all ?? Object.keys(schema.properties ?? {})
    let bytes = 2 + Math.max(0, names.length - 1)
    for (const name of names) {
      bytes += jsonBytes(name) + 1 + this.evaluated(schema, name)
    }
    const isClosed = all !== undefined || schema.additionalProperties === false
    if (isClosed && schema.patternProperties === undefined) return bytes
    const keys = typeof schema.propertyNames === 'object' ? schema.propertyNames : undefined
    const most = schema.maxProperties
    const key = keys === undefined ? Number.POSITIVE_INFINITY : this.value({ type: 'string', ...keys })
    if (most === undefined || !Number.isFinite(key) || schema.patternProperties !== undefined) {
      return Number.POSITIVE_INFINITY
    }
    return bytes + most * (key + 2 + this.value(schema.additionalProperties ?? true))
  }
}

/** Of any number of them: arguments of a call are limited. */
function largest(sizes: readonly number[]): number {
  return sizes.reduce((most, size) => Math.max(most, size), Number.NEGATIVE_INFINITY)
}

const PLAIN = new Set([
  ...['type', 'properties', 'required', 'allOf', 'anyOf', 'oneOf', 'unevaluatedProperties'],
  ...['title', 'description', 'minProperties', 'maxProperties'],
])

/** Names that `unevaluatedProperties: false` leaves; `undefined` where other keywords have a say. */
function namesIn(schema: JsonSchemaObject): string[] | undefined {
  if (Object.keys(schema).some((keyword) => !PLAIN.has(keyword))) return undefined
  const names = new Set(Object.keys(schema.properties ?? {}))
  for (const part of [schema.allOf, schema.anyOf, schema.oneOf].flatMap((parts) => parts ?? [])) {
    if (typeof part !== 'object') continue
    const inner = namesIn(part)
    if (inner === undefined) return undefined
    for (const name of inner) names.add(name)
  }
  return [...names]
}

function stringBytes(schema: JsonSchemaObject): number {
  const format = schema.format === undefined ? undefined : FORMATS[schema.format]
  // A format is a pattern with a name.
  const sizes = [schema.pattern, format?.source].flatMap((pattern) =>
    pattern === undefined ? [] : (patternSize(pattern) ?? []),
  )
  const largest = Math.min(LARGEST_CHARACTER, ...sizes.map((size) => size.largest))
  // maxLength counts code points.
  const most = schema.maxLength === 0 ? 0 : (schema.maxLength ?? Number.POSITIVE_INFINITY) * largest
  return 2 + Math.min(largest === 0 ? 0 : most, ...sizes.map(({ bytes }) => bytes))
}

function numberBytes(schema: JsonSchemaObject, integer: boolean): number {
  const low = schema.minimum ?? schema.exclusiveMinimum
  const high = schema.maximum ?? schema.exclusiveMaximum
  if (integer && low !== undefined && high !== undefined && Math.abs(low) < 1e21 && Math.abs(high) < 1e21) {
    return Math.max(String(Math.trunc(low)).length, String(Math.trunc(high)).length)
  }
  // The longest text of a double: -0.0000012345678901234567.
  return 25
}

function base64Bytes(bytes: number): number {
  return Math.ceil((bytes * 4) / 3)
}
