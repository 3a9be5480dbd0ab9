import type { ValidateFunction } from 'ajv'
import { ToolkitError } from '../errors.ts'
import { type Finding, sortFindings } from '../finding.ts'
import { isObject } from '../json.ts'
import { LIMITS } from '../limits.ts'
import { contractAjv, faultsOf, schemaUri } from './compile.ts'
import { expansionFault } from './expansion.ts'
import { checkNames, claimFacts, fault, headerOf, report } from './frame.ts'
import { type JsonText, parseJson, pointerParts } from './json-text.ts'
import { schemaFaults } from './schema-faults.ts'
import { declaredClaims } from './schema-walk.ts'
import { selfContained } from './self-contained.ts'
import type { Contract, JsonSchemaObject } from './types.ts'

export interface ContractsOptions {
  /** Folder of the workspace: files are named relative to it. @defaultValue names as given */
  root?: string
}

export interface ContractsRead {
  /** Those without an error, in the order of the files. */
  contracts: Contract[]
  /** What is wrong in the files, sorted. */
  findings: Finding[]
}

/** Reads one file as UTF-8 text. */
export type ReadFile = (file: string) => Promise<string>

/**
 * Reads and compiles contracts, and refuses the first that is not usable. Files without `x-auth0` are
 * shared vocabulary for `$ref`. Does not check sizes: see `sizeFindings`.
 *
 * @throws {ToolkitError} `ERR_CONTRACT` with file, line and column.
 */
export async function readContracts(
  files: readonly string[],
  readFile: ReadFile,
  options: ContractsOptions = {},
): Promise<Contract[]> {
  const { contracts, findings } = await checkContracts(files, readFile, options)
  const fault = findings.find((finding) => finding.severity === 'error')
  if (fault !== undefined) {
    const { file, line, column, hint, message } = fault
    throw new ToolkitError('ERR_CONTRACT', message, { file, line, column, hint })
  }
  return contracts
}

/** Reads and compiles contracts and lists all that is wrong. Throws only when a file cannot be read. */
export async function checkContracts(
  files: readonly string[],
  readFile: ReadFile,
  options: ContractsOptions = {},
): Promise<ContractsRead> {
  const texts: { file: string; text: string }[] = []
  for (const file of [...files].sort()) {
    texts.push({ file: relative(file, options.root), text: await readText(file, readFile) })
  }
  return compileContracts(texts)
}

/** The same as {@link checkContracts} for texts that are in memory. */
export function compileContracts(texts: readonly { file: string; text: string }[]): ContractsRead {
  const findings: Finding[] = []
  const parsed: { file: string; json: JsonText; schema: JsonSchemaObject }[] = []
  for (const { file, text } of texts) {
    try {
      const json = parseJson(text, file)
      if (isObject(json.value)) parsed.push({ file, json, schema: json.value })
      else findings.push(fault('contract/not-a-contract', file, json, [], 'A contract is a JSON object.', ''))
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error
      const at = { file, line: error.line ?? 1, column: error.column ?? 1 }
      findings.push(report('contract/not-json', at, { message: error.message, hint: error.hint ?? '' }))
    }
  }

  for (const { file, json, schema } of parsed) {
    for (const found of schemaFaults(file, json, schema)) findings.push(found)
  }
  const unusable = new Set(findings.flatMap(({ severity, file }) => (severity === 'error' ? [file] : [])))

  const contracts: Contract[] = []
  for (const entry of parsed) {
    const { file, json, schema } = entry
    const header = headerOf(file, json, schema, findings)
    if (header === undefined) continue
    const claims = declaredClaims(schema)
    if (claims.length > LIMITS.contractClaims) {
      const message = `The contract describes ${claims.length} claims; at most ${LIMITS.contractClaims} are read.`
      findings.push(
        fault('contract/not-a-contract', file, json, ['properties'], message, 'A token has room for fewer.'),
      )
      continue
    }
    const before = findings.length
    checkNames(file, json, schema, header, findings)
    const whole = wholeOf(entry, parsed, findings)
    if (whole === undefined) continue
    const validate = compile(entry, parsed, findings)
    if (validate === undefined || unusable.has(file)) continue
    if (findings.slice(before).some(({ severity }) => severity === 'error')) continue
    contracts.push({
      file,
      ...header,
      schema: whole,
      claims,
      mayDifferAfterRefresh: claims.filter((claim) => claimFacts(schema, claim) !== undefined),
      validate,
      placeOf: json.placeOf,
    })
  }
  checkDuplicates(contracts, findings)
  return { contracts, findings: sortFindings(findings) }
}

function compile(
  entry: { file: string; json: JsonText; schema: JsonSchemaObject },
  all: readonly { file: string; schema: JsonSchemaObject }[],
  findings: Finding[],
): Contract['validate'] | undefined {
  const ajv = contractAjv()
  if (ajv.validateSchema(entry.schema) !== true) {
    const [error] = ajv.errors!
    findings.push(
      fault(
        'contract/not-a-schema',
        entry.file,
        entry.json,
        pointerParts(error!.instancePath),
        `"${error!.instancePath.split('/').at(-1)}" ${error!.message}.`,
        'Contracts are JSON Schema 2020-12, read in strict mode.',
      ),
    )
    return undefined
  }
  try {
    const isGood = compiledBy(ajv, entry, all)
    let listed: ValidateFunction | undefined
    return (payload) => {
      if (isGood(payload)) return []
      listed ??= compiledBy(contractAjv({ allErrors: true }), entry, all)
      return faultsOf(listed(payload) ? isGood.errors : listed.errors)
    }
  } catch (error) {
    const message = (error as Error).message.replaceAll('https://contracts.invalid/', '')
    const keyword = /(?:unknown keyword|keyword)s?:? "([^"]+)"/.exec(message)?.[1]
    findings.push(
      fault(
        'contract/not-a-schema',
        entry.file,
        entry.json,
        keyword === undefined ? [] : [keyword],
        `The contract is not a usable JSON Schema: ${message}.`,
        'Contracts are JSON Schema 2020-12, read in strict mode.',
      ),
    )
    return undefined
  }
}

function compiledBy(
  ajv: ReturnType<typeof contractAjv>,
  entry: { file: string; schema: JsonSchemaObject },
  all: readonly { file: string; schema: JsonSchemaObject }[],
): ValidateFunction {
  // Not validated here: what is wrong with another file is that file's finding.
  for (const other of all) ajv.addSchema(other.schema, schemaUri(other.file, other.schema), undefined, false)
  return ajv.getSchema(schemaUri(entry.file, entry.schema))!
}

/** The schema with what it names elsewhere; nothing where a token could not be judged by it in a bounded time. */
function wholeOf(
  entry: { file: string; json: JsonText; schema: JsonSchemaObject },
  all: readonly { file: string; schema: JsonSchemaObject }[],
  findings: Finding[],
): JsonSchemaObject | undefined {
  let endless: string | undefined
  try {
    const whole = selfContained(entry, all)
    endless = expansionFault(whole)
    if (endless === undefined) return whole
  } catch (error) {
    // Thousands of files or definitions that name each other in a row.
    if (!(error instanceof RangeError)) throw error
    endless = `its "$ref"s lead through more than ${LIMITS.jsonDepth} levels`
  }
  findings.push(
    fault(
      'contract/not-a-schema',
      entry.file,
      entry.json,
      [],
      `The contract is not a usable JSON Schema: ${endless}.`,
      'A token is judged by what each "$ref" leads to, each time: name less, or write it once.',
    ),
  )
  return undefined
}

function checkDuplicates(contracts: readonly Contract[], findings: Finding[]): void {
  const seen = new Map<string, string>()
  for (const contract of contracts) {
    for (const [key, what, path] of [
      [`title ${contract.title}`, `the title "${contract.title}"`, ['title']],
      [
        `token ${contract.token} ${contract.audience ?? ''}`,
        contract.audience === undefined ? 'ID tokens' : `access tokens for "${contract.audience}"`,
        ['x-auth0'],
      ],
    ] as const) {
      const first = seen.get(key)
      if (first === undefined) {
        seen.set(key, contract.file)
        continue
      }
      findings.push({
        ...fault(
          'contract/twice',
          contract.file,
          contract,
          path,
          `"${first}" already has ${what}.`,
          'Keep one contract per token and API.',
        ),
        token: contract.token,
      })
    }
  }
}

async function readText(file: string, readFile: ReadFile): Promise<string> {
  try {
    return await readFile(file)
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', `the contract "${file}" cannot be read`, {
      cause,
      hint: 'Check that the file exists and may be read.',
    })
  }
}

function relative(file: string, root: string | undefined): string {
  const path = file.replaceAll('\\', '/')
  const prefix = root === undefined ? '' : `${root.replaceAll('\\', '/').replace(/\/$/, '')}/`
  return prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path
}
