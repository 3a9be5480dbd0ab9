import path from 'node:path'
import { CHANGE_CATEGORIES } from '../contract/index.ts'
import { ToolkitError } from '../errors.ts'
import { readIfThere } from '../files/index.ts'
import type { Finding } from '../finding.ts'
import { isObject } from '../json.ts'
import { nearest } from './nearest.ts'
import { checkRules } from './rules/index.ts'

/** Name of the file, beside tenant.yaml or where a check of files is called. */
const CONFIGURATION_FILE = 'claims.config.json'

/** What can be switched off: rules of the check, and categories of `claims breaking`. */
const RULES = [
  ...Object.keys(checkRules),
  ...Object.keys(CHANGE_CATEGORIES).map((category) => `breaking/${category}`),
]

/** One rule that is switched off, with a reason. */
interface Ignored {
  rule: string
  reason: string
  /** Files and folders, relative to the configuration. @defaultValue all */
  files?: readonly string[]
}

/** `claims.config.json`, described by `schemas/config.schema.json`. */
export interface Configuration {
  ignore: readonly Ignored[]
  /** Markers of tenant.yaml and of code that may take their value from the environment. */
  markers: readonly string[]
}

/**
 * Reads the configuration of a folder; an empty one when there is no file.
 *
 * @throws ToolkitError `ERR_INPUT` for a file that is not such a configuration, with the place at fault.
 */
export async function readConfiguration(folder: string): Promise<Configuration> {
  const text = await readIfThere(path.join(folder, CONFIGURATION_FILE))
  if (text === undefined) return { ignore: [], markers: [] }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw fault(
      'it is no JSON',
      'Write e.g. { "ignore": [{ "rule": "claims/private-name", "reason": "…" }] }.',
    )
  }
  if (!isObject(value)) throw fault('it must be an object', 'See schemas/config.schema.json.')
  assertKnown(value, ['ignore', 'markers', '$schema'], '')
  const { ignore = [], markers = [], $schema = '' } = value
  if (typeof $schema !== 'string') throw fault('"$schema" must be an address', 'Or leave it out.')
  if (!Array.isArray(ignore)) throw fault('"ignore" must be a list', 'See schemas/config.schema.json.')
  if (!Array.isArray(markers) || !markers.every((name) => typeof name === 'string' && /^\w+$/.test(name))) {
    throw fault('"markers" must be a list of names of markers', 'E.g. ["EU_COUNTRIES"] for ##EU_COUNTRIES##.')
  }
  return { ignore: ignore.map((entry, index) => ignored(entry, `ignore[${index}]`)), markers }
}

function ignored(entry: unknown, at: string): Ignored {
  if (!isObject(entry)) throw fault(`${at} must be an object`, 'Give it "rule" and "reason".')
  // A misspelt "files" would switch the rule off everywhere.
  assertKnown(entry, ['rule', 'reason', 'files'], `${at}.`)
  const { rule, reason, files } = entry
  if (typeof rule !== 'string' || !RULES.includes(rule)) {
    const near = typeof rule === 'string' ? nearest(rule, RULES) : undefined
    throw fault(
      `${at}.rule must be the id of a rule`,
      near === undefined ? 'Run claims explain for the list.' : `Did you mean "${near}"?`,
    )
  }
  if (typeof reason !== 'string' || reason.trim() === '') {
    throw fault(
      `${at}.reason must say why ${rule} is switched off`,
      'Whoever reads the file later wants to know.',
    )
  }
  if (files !== undefined && !(Array.isArray(files) && files.every((file) => typeof file === 'string'))) {
    throw fault(`${at}.files must be a list of paths`, 'E.g. ["actions/legacy.js"].')
  }
  return { rule, reason, ...(files === undefined ? {} : { files: files as string[] }) }
}

function assertKnown(value: object, known: readonly string[], at: string): void {
  for (const key of Object.keys(value)) {
    if (known.includes(key)) continue
    const near = nearest(key, known)
    const listed = `Known: ${known.join(', ')}.`
    throw fault(`${at}${key} is not known`, near === undefined ? listed : `Did you mean "${near}"? ${listed}`)
  }
}

/** Leaves out what a configuration switches off. */
export function withoutConfigured(findings: readonly Finding[], { ignore }: Configuration): Finding[] {
  if (ignore.length === 0) return [...findings]
  return findings.filter(
    (finding) =>
      !ignore.some(
        ({ rule, files }) =>
          rule === finding.rule && (files === undefined || files.some(holds(finding.file))),
      ),
  )
}

/** Whether a path of the configuration is the file, or a folder above it. */
function holds(file: string): (entry: string) => boolean {
  return (entry) => {
    const plain = path.posix.normalize(entry).replace(/\/$/, '')
    return plain === '.' || file === plain || file.startsWith(`${plain}/`)
  }
}

function fault(what: string, hint: string): ToolkitError {
  return new ToolkitError('ERR_INPUT', `${CONFIGURATION_FILE} cannot be used: ${what}`, {
    hint,
    file: CONFIGURATION_FILE,
  })
}
