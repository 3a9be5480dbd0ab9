import { type Finding, reporter } from '../finding.ts'
import type { JsonText } from './json-text.ts'
import { LONGEST_PATTERN, longestTested, patternCost } from './pattern-cost.ts'
import { contractRules } from './rules.ts'
import { DATA } from './schema-walk.ts'
import type { JsonSchemaObject } from './types.ts'

const report = reporter(contractRules)

/** Members that hold schemas by a name of the author's. */
const NAMED = new Set(['properties', 'patternProperties', '$defs', 'dependentSchemas'])

/**
 * An absolute URI (RFC 3986), without the sign that could end a comment. Relative ones would depend on where the file
 * is read.
 */
const ABSOLUTE_URI = /^[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()+,;=%-]+$/

/** Every object that is a schema, with the way to it. Needs no `$ref`: what one leads to stands somewhere itself. */
export function* schemasIn(
  value: unknown,
  path: readonly string[] = [],
): Generator<{ schema: JsonSchemaObject; path: readonly string[] }> {
  if (Array.isArray(value)) {
    for (const [index, part] of value.entries()) yield* schemasIn(part, [...path, String(index)])
    return
  }
  if (typeof value !== 'object' || value === null) return
  yield { schema: value as JsonSchemaObject, path }
  for (const [key, part] of Object.entries(value)) {
    if (DATA.has(key)) continue
    if (NAMED.has(key) && typeof part === 'object' && part !== null) {
      for (const [name, one] of Object.entries(part)) yield* schemasIn(one, [...path, key, name])
    } else yield* schemasIn(part, [...path, key])
  }
}

/** `$id`s that are no absolute URIs. */
export function wrongIds(schema: JsonSchemaObject): { path: string[]; id: unknown }[] {
  const wrong: { path: string[]; id: unknown }[] = []
  for (const { schema: part, path } of schemasIn(schema)) {
    const { $id: id } = part
    if (id === undefined || (typeof id === 'string' && ABSOLUTE_URI.test(id) && URL.canParse(id))) continue
    wrong.push({ path: [...path, '$id'], id })
  }
  return wrong
}

/** What a schema must not have although JSON Schema allows it: names that become code, patterns that never end. */
export function* schemaFaults(file: string, json: JsonText, schema: JsonSchemaObject): Generator<Finding> {
  const finding = (
    rule: keyof typeof contractRules,
    path: readonly string[],
    message: string,
    hint: string,
    severity?: Finding['severity'],
  ): Finding =>
    report(
      rule,
      { file, ...json.placeOf(path) },
      { message, hint, ...(severity === undefined ? {} : { severity }) },
    )

  for (const { path } of wrongIds(schema)) {
    yield finding(
      'contract/not-a-schema',
      path,
      '"$id" must be an absolute URI.',
      'E.g. "$id": "https://acme.example/schemas/orders.access-token.json"; "*" is written %2A.',
    )
  }
  const prototype = placeOfPrototype(json.value)
  if (prototype !== undefined) {
    yield finding(
      'contract/not-a-schema',
      prototype,
      'A member must not be called "__proto__".',
      'Many readers take it for something else than a member: choose another name.',
    )
  }
  for (const { schema: part, path } of schemasIn(schema)) {
    if (typeof part.pattern === 'string') {
      yield* patternFaults(part.pattern, [...path, 'pattern'], part.maxLength)
    }
    for (const name of Object.keys(part.patternProperties ?? {})) {
      const longest = typeof part.propertyNames === 'object' ? part.propertyNames.maxLength : undefined
      yield* patternFaults(name, [...path, 'patternProperties', name], longest)
    }
  }

  function* patternFaults(
    pattern: string,
    path: readonly string[],
    maxLength: number | undefined,
  ): Generator<Finding> {
    // What is no regular expression is said by the compiler.
    if (!isExpression(pattern)) return
    if (pattern.length > LONGEST_PATTERN) {
      yield finding(
        'contract/slow-pattern',
        path,
        `The pattern has ${pattern.length} characters; at most ${LONGEST_PATTERN} can be judged.`,
        'List the values as "enum", or write a shorter pattern with "maxLength".',
      )
      return
    }
    const { growth } = patternCost(pattern)
    const longest = longestTested(pattern)
    if (growth === 'linear' || longest === undefined) return
    if (growth === 'exponential') {
      yield finding(
        'contract/slow-pattern',
        path,
        `The pattern can take for ever: each character of a text that nearly fits doubles its steps.`,
        'Let there be one way to match a text: no repetition of what repeats itself, as in ^([a-z]+)+$, nor of alternatives that begin alike.',
      )
    } else if (typeof maxLength !== 'number' || maxLength > longest) {
      yield finding(
        'contract/slow-pattern',
        path,
        growth === 'polynomial'
          ? `The steps of the pattern grow faster than the text: validators refuse a text of more than ${longest} characters.`
          : `How many steps the pattern takes cannot be told: validators refuse a text of more than ${longest} characters.`,
        `Give it "maxLength" of at most ${longest}, or let there be one way to match a text: parts that follow each other begin differently.`,
        'warning',
      )
    }
  }
}

function isExpression(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}

/** Data included: it becomes literals of code. */
function placeOfPrototype(value: unknown, path: readonly string[] = []): readonly string[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  for (const [key, part] of Object.entries(value)) {
    const found = key === '__proto__' ? [...path, key] : placeOfPrototype(part, [...path, key])
    if (found !== undefined) return found
  }
  return undefined
}
