import standaloneCode from 'ajv/dist/standalone/index.js'
import { ToolkitError } from '../errors.ts'
import { boundedCode, contractAjv, schemaUri } from './compile.ts'
import { longestTested } from './pattern-cost.ts'
import { schemasIn, wrongIds } from './schema-faults.ts'
import type { Contract } from './types.ts'

/** What ajv's code would `require`, written out: the emitted module imports nothing. */
const HELPERS: Readonly<Record<string, string>> = {
  'require("ajv/dist/runtime/ucs2length").default':
    '((text) => { let length = 0; for (const _ of text) length++; return length })',
  'require("ajv/dist/runtime/equal").default':
    '(function equal(a, b) { if (a === b) return true; if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false; const keys = Object.keys(a); return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key])) })',
}

/** How a module hands over what it exports. */
export type ModuleForm = 'esm' | 'commonjs'

/**
 * Text of a module that validates payloads against the contract without `eval`, `new Function` or any
 * import, for edge runtimes and for speed. Its export `validate(payload)` has the shape that the verifier
 * takes as `contract`; it stops at the first fault, and never returns a value.
 *
 * @param vocabulary Other files of the folder that the contract names with `$ref`.
 */
export function standaloneValidator(
  contract: Pick<Contract, 'file' | 'schema' | 'title'>,
  vocabulary: readonly Pick<Contract, 'file' | 'schema'>[] = [],
  form: ModuleForm = 'esm',
): string {
  for (const { file, schema } of [contract, ...vocabulary]) {
    // A compiler writes them into comments of its code.
    if (wrongIds(schema).length === 0) continue
    throw new ToolkitError('ERR_CONTRACT', `an "$id" of "${file}" is no absolute URI`, {
      file,
      hint: 'E.g. "$id": "https://acme.example/schemas/orders.access-token.json".',
    })
  }
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
  const head = `// Written by auth0-claims from ${oneLine(contract.file)}. Do not edit.\n`
  const body = withPatterns(code, [contract, ...vocabulary])
  if (form === 'esm') return `${head}${body}\nexport ${TAIL}`
  // The compiler's own export is the only one at the start of a statement.
  return `${head}${body.replace('"use strict";export const contract', '"use strict";const contract')}\n${TAIL}exports.validate = validate\n`
}

/** The code with what it needs for its patterns: those that need no bound are regular expressions as they are. */
function withPatterns(code: string, schemas: readonly Pick<Contract, 'schema'>[]): string {
  const limits: Record<string, number> = {}
  for (const { schema } of schemas) {
    for (const { schema: part } of schemasIn(schema)) {
      const patterns = typeof part.pattern === 'string' ? [part.pattern] : []
      for (const pattern of [...patterns, ...Object.keys(part.patternProperties ?? {})]) {
        const limit = longestTested(pattern)
        if (limit !== undefined && code.includes(JSON.stringify(pattern))) limits[pattern] = limit
      }
    }
  }
  const isCalled = /\bfunc\d+ = bounded;/.test(code)
  if (!isCalled) return code
  return Object.keys(limits).length === 0
    ? code.replace(/const (func\d+) = bounded;/, 'const $1 = RegExp;')
    : `${boundedCode(limits)}${code}`
}

function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, ' ')
}

const TAIL = `function validate(payload) {
  return contract(payload) ? [] : contract.errors.filter((error) => error.keyword !== "if").map((error) => {
    const parts = error.instancePath.split("/").slice(1)
    const name = parts[0] ?? error.params.missingProperty
    const claim = parts[0] === undefined ? name : name.replaceAll("~1", "/").replaceAll("~0", "~")
    const message = error.keyword === "required" ? 'must have "' + error.params.missingProperty + '"' : error.message
    return { path: error.instancePath, ...(claim === undefined ? {} : { claim }), keyword: error.keyword, message }
  })
}
`
