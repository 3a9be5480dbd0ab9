import { resolve } from 'node:path'
import { nearest } from '../check/nearest.ts'
import { ToolkitError } from '../errors.ts'
import { readText } from '../files/index.ts'
import { isObject } from '../json.ts'
import { type AttackResult, isWrong } from '../verify/attack.ts'

/** One entry of the kit, or a family of it, that somebody has decided to live with. */
export interface IgnoredAttack {
  family: string
  /** @defaultValue all of the family */
  name?: string
  reason: string
}

const EXAMPLE =
  '{ "ignore": [{ "family": "request", "name": "the token in the query", "reason": "Old clients send it so until May." }] }'

/**
 * Reads what is left out, with a reason for each.
 *
 * @throws {ToolkitError} `ERR_INPUT` with the entry at fault.
 */
export async function readIgnored(cwd: string, file: string): Promise<IgnoredAttack[]> {
  const fault = (message: string, hint = `E.g. ${EXAMPLE}`) =>
    new ToolkitError('ERR_INPUT', `"${file}": ${message}`, { hint, file })
  let value: unknown
  try {
    value = JSON.parse(await readText(resolve(cwd, file)))
  } catch (error) {
    if (error instanceof SyntaxError) throw fault('it is no JSON')
    throw new ToolkitError('ERR_INPUT', `"${file}" cannot be read`, { hint: 'Check the name.', file })
  }
  const { ignore, ...others } = isObject(value) ? value : {}
  if (!Array.isArray(ignore) || Object.keys(others).some((name) => name !== '$schema')) {
    throw fault('it must be an object with the list "ignore", and nothing else')
  }
  return ignore.map((entry: unknown, index) => {
    const at = `ignore[${index}]`
    if (!isObject(entry)) throw fault(`${at} must be an object`)
    const { family, name, reason, ...rest } = entry
    // A misspelt "name" would leave out the whole family.
    const [unknown] = Object.keys(rest)
    if (unknown !== undefined) throw fault(`${at} has no member "${unknown}"`)
    if (typeof family !== 'string') throw fault(`${at}.family must be the family of the entry`)
    if (name !== undefined && typeof name !== 'string') throw fault(`${at}.name must be a text`)
    if (typeof reason !== 'string' || reason.trim() === '') {
      throw fault(`${at}.reason must say why`, 'Whoever reads the file later wants to know.')
    }
    return { family, ...(name === undefined ? {} : { name }), reason }
  })
}

/** Entries of which nothing is wrong any more: they can go, before they hide something else. */
export function unneeded(
  results: readonly AttackResult[],
  ignored: readonly IgnoredAttack[],
): IgnoredAttack[] {
  return ignored.filter((entry) => !results.some((one) => fits(one, entry) && isWrong(one)))
}

/** A result, and why it does not count. */
export interface JudgedResult extends AttackResult {
  ignored?: string
}

/**
 * @param file Name of the file, for messages.
 * @throws {ToolkitError} `ERR_INPUT` for an entry of which there is none: what is misspelt is left out by nobody.
 */
export function withIgnored(
  results: readonly AttackResult[],
  ignored: readonly IgnoredAttack[],
  file: string,
): JudgedResult[] {
  for (const { family, name } of ignored) {
    if (results.some((one) => fits(one, { family, name }))) continue
    const ofFamily = results.filter((one) => one.family === family).map((one) => one.name)
    const families = [...new Set<string>(results.map((one) => one.family))]
    const near = ofFamily.length === 0 ? nearest(family, families) : nearest(name ?? '', ofFamily)
    throw new ToolkitError(
      'ERR_INPUT',
      ofFamily.length === 0
        ? `"${file}": there is no family "${family}"`
        : `"${file}": the family "${family}" has no "${name}"`,
      {
        hint: near === undefined ? 'claims attack --json names all entries.' : `Did you mean "${near}"?`,
        file,
      },
    )
  }
  return results.map((result) => {
    const reason = ignored.find((one) => fits(result, one))?.reason
    return reason === undefined ? result : { ...result, ignored: reason }
  })
}

function fits(
  result: AttackResult,
  { family, name }: { family: string; name?: string | undefined },
): boolean {
  return result.family === family && (name === undefined || result.name === name)
}
