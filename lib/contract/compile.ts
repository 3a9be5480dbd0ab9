import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import { FORMATS } from './formats.ts'
import { pointerParts } from './json-text.ts'
import type { ContractFault, JsonSchemaObject } from './types.ts'

/** ajv as contracts need it: 2020-12, strict, quiet, with the `x-auth0` keyword and our formats. */
export function contractAjv(options: { standalone?: boolean } = {}): Ajv2020 {
  const ajv = new Ajv2020({
    strict: true,
    strictTypes: true,
    strictTuples: true,
    // Conditions ask about claims that they do not describe (`scope`, `org_id`).
    strictRequired: false,
    allowUnionTypes: true,
    allErrors: options.standalone !== true,
    logger: false,
    ...(options.standalone ? { code: { source: true, esm: true, optimize: 2 } } : {}),
  })
  ajv.addKeyword({ keyword: 'x-auth0', schemaType: 'object' })
  for (const [name, pattern] of Object.entries(FORMATS)) ajv.addFormat(name, pattern)
  return ajv
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

function messageOf({ keyword, params, message }: ErrorObject): string {
  switch (keyword) {
    case 'enum':
      return `must be one of ${(params['allowedValues'] as unknown[]).map((value) => JSON.stringify(value)).join(', ')}`
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
