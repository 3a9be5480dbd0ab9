import { _, type CodeKeywordDefinition, str } from 'ajv'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import type { RegExpEngine } from 'ajv/dist/types/index.js'
import { usePattern } from 'ajv/dist/vocabularies/code.js'
import { FORMATS } from './formats.ts'
import { pointerParts } from './json-text.ts'
import { textPattern } from './pattern-cost.ts'
import type { ContractFault, JsonSchemaObject } from './types.ts'

/**
 * ajv as contracts need it: 2020-12, strict, quiet, with the `x-auth0` keyword and our formats.
 *
 * @param options `allErrors`: for a list of all faults. Not for the verdict: then ajv takes some lists that it must
 *   refuse, where one `contains` is within another.
 */
export function contractAjv(options: { standalone?: boolean; allErrors?: boolean } = {}): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: true,
    strictTuples: true,
    // Conditions ask about claims that they do not describe (`scope`, `org_id`).
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: options.allErrors === true,
    logger: false,
    code: { regExp: BOUNDED, ...(options.standalone ? { source: true, esm: true, optimize: 2 } : {}) },
  })
  ajv.removeKeyword('pattern')
  ajv.addKeyword(PATTERN)
  ajv.addKeyword({ keyword: 'x-auth0', schemaType: 'object' })
  for (const [name, pattern] of Object.entries(FORMATS)) ajv.addFormat(name, pattern)
  return ajv
}

/** ajv's engine for regular expressions, with {@link textPattern}'s. In emitted code it is {@link BOUNDED_CODE}. */
const BOUNDED: RegExpEngine = Object.assign(
  (pattern: string) => Object.assign(textPattern(pattern), { toString: () => `/${pattern}/u` }),
  { code: 'bounded' },
)

/**
 * JavaScript of the function `bounded` that emitted code calls with each of its patterns.
 *
 * @param limits by pattern, the length in UTF-16 units past which a text does not match
 */
export function boundedCode(limits: Readonly<Record<string, number>>): string {
  return `const LIMITS = new Map(${JSON.stringify(Object.entries(limits))})
function bounded(pattern, flags) {
  const expression = new RegExp(pattern, flags)
  const limit = LIMITS.get(pattern)
  return limit === undefined ? expression : { test: (text) => text.length <= limit && expression.test(text) }
}
`
}

/** ajv's keyword, asked only where the schema's own `maxLength` holds: that says the fault, and costs nothing. */
const PATTERN: CodeKeywordDefinition = {
  keyword: 'pattern',
  type: 'string',
  schemaType: 'string',
  error: {
    message: ({ schemaCode }) => str`must match pattern "${schemaCode}"`,
    params: ({ schemaCode }) => _`{pattern: ${schemaCode}}`,
  },
  code(context) {
    const { data, schema, parentSchema } = context
    const misses = _`!${usePattern(context, schema as string)}.test(${data})`
    const most = (parentSchema as JsonSchemaObject).maxLength
    // maxLength counts code points, of which each is two UTF-16 units at most.
    context.fail(typeof most === 'number' ? _`${data}.length <= ${most * 2} && ${misses}` : misses)
  },
}

/** The base against which relative `$ref`s between files of one folder are resolved. */
export function schemaUri(file: string, schema: JsonSchemaObject): string {
  return (
    schema.$id ?? `https://contracts.invalid/${encodeURIComponent(file.slice(file.lastIndexOf('/') + 1))}`
  )
}

/** ajv's errors without the values that ajv puts beside them. */
export function faultsOf(errors: readonly ErrorObject[] | null | undefined): ContractFault[] {
  return (errors ?? [])
    .filter((error) => error.keyword !== 'if')
    .map((error) => {
      const missing = error.params['missingProperty'] as string | undefined
      const [claim = missing] = pointerParts(error.instancePath)
      return {
        path: error.instancePath,
        ...(claim === undefined ? {} : { claim }),
        keyword: error.keyword,
        message: messageOf(error),
      }
    })
}

/** Values that a message lists. */
const SHOWN = 50

function listed(values: readonly unknown[]): string {
  const rest = values.length - SHOWN
  const shown = values.slice(0, SHOWN).map((value) => JSON.stringify(value))
  return `${shown.join(', ')}${rest > 0 ? `, and ${rest} more` : ''}`
}

function messageOf({ keyword, params, message }: ErrorObject): string {
  switch (keyword) {
    case 'enum':
      return `must be one of ${listed(params['allowedValues'] as unknown[])}`
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`
    case 'required':
      return `must have "${params['missingProperty']}"`
    case 'additionalProperties':
    case 'unevaluatedProperties':
      // Not the name: names inside a claim may be data.
      return 'must not have more members than the contract describes'
    case 'propertyNames':
      return 'has a member whose name is not allowed'
    default:
      return message ?? 'does not match the contract'
  }
}
