import standaloneCode from 'ajv/dist/standalone/index.js'
import { ToolkitError } from '../errors.ts'
import { contractAjv, schemaUri } from './compile.ts'
import type { Contract } from './types.ts'

/** What ajv's code would `require`, written out: the emitted module imports nothing. */
const HELPERS: Readonly<Record<string, string>> = {
  'require("ajv/dist/runtime/ucs2length").default':
    '((text) => { let length = 0; for (const _ of text) length++; return length })',
  'require("ajv/dist/runtime/equal").default':
    '(function equal(a, b) { if (a === b) return true; if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false; const keys = Object.keys(a); return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key])) })',
}

/**
 * Text of an ES module that validates payloads against the contract without `eval`, `new Function` or any
 * import, for edge runtimes and for speed. Its export `validate(payload)` has the shape that the verifier
 * takes as `contract`; it stops at the first fault, and never answers a value.
 *
 * @param vocabulary Other files of the folder that the contract names with `$ref`.
 */
export function standaloneValidator(
  contract: Pick<Contract, 'file' | 'schema' | 'title'>,
  vocabulary: readonly Pick<Contract, 'file' | 'schema'>[] = [],
): string {
  const ajv = contractAjv({ standalone: true })
  for (const other of vocabulary) {
    if (other.file !== contract.file) ajv.addSchema(other.schema, schemaUri(other.file, other.schema))
  }
  const uri = schemaUri(contract.file, contract.schema)
  ajv.addSchema(contract.schema, uri)
  // The import is the module itself in CommonJS interop, or its default.
  const emit = (standaloneCode as unknown as { default?: typeof standaloneCode }).default ?? standaloneCode
  let code = (emit as unknown as (ajv: object, refs: Record<string, string>) => string)(ajv, {
    contract: uri,
  })
  for (const [needed, text] of Object.entries(HELPERS)) code = code.replaceAll(needed, text)
  const left = /require\("([^"]+)"\)/.exec(code)
  if (left !== null) {
    throw new ToolkitError('ERR_CONTRACT', `"${contract.file}" uses a keyword that needs "${left[1]}"`, {
      file: contract.file,
      hint: 'Use the keywords that contracts are documented with.',
    })
  }
  return `// Written by auth0-claims from ${contract.file}. Do not edit.\n${code}\n${TAIL}`
}

const TAIL = `export function validate(payload) {
  return contract(payload) ? [] : contract.errors.filter((error) => error.keyword !== "if").map((error) => {
    const parts = error.instancePath.split("/").slice(1)
    const name = parts[0] ?? error.params.missingProperty
    const claim = parts[0] === undefined ? name : name.replaceAll("~1", "/").replaceAll("~0", "~")
    const message = error.keyword === "required" ? 'must have "' + error.params.missingProperty + '"' : error.message
    return { path: error.instancePath, ...(claim === undefined ? {} : { claim }), keyword: error.keyword, message }
  })
}
`
