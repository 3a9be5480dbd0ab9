import { ToolkitError } from '../errors.ts'
import type { Workspace } from '../workspace/types.ts'

/** A fault of ajv 6, as the deploy CLI prints it. */
interface Fault {
  keyword: string
  /** `.clients[0].app_type` */
  dataPath: string
  params: { additionalProperty?: string; missingProperty?: string; allowedValues?: unknown[]; type?: string }
  message: string
}

const SCHEMA = 'Schema validation failed loading'
const TWICE = /There are multiple (\w{1,50}) with the same [\w-]{1,50} combinations/

/**
 * What is wrong in the files of a workspace, by a message of the deploy CLI: with the place, and no value but names.
 * `undefined` for a message about something else. `masked`: what shows of names that markers may have filled.
 */
export function faultOfFiles(
  message: string,
  workspace: Pick<Workspace, 'tenant' | 'positionOf'>,
  masked: (text: string) => string = (text) => text,
): ToolkitError | undefined {
  return schemaFault(message, workspace, masked) ?? nameTwice(message, workspace, masked)
}

function schemaFault(
  message: string,
  { positionOf }: Pick<Workspace, 'positionOf'>,
  masked: (text: string) => string,
): ToolkitError | undefined {
  const start = message.indexOf(SCHEMA)
  if (start === -1) return undefined
  const faults = parsed(message.slice(start + SCHEMA.length)) as Fault[] | undefined
  if (!Array.isArray(faults) || faults.length === 0) return undefined
  const [first] = faults.map(described)
  const more = faults.length - 1
  return new ToolkitError('ERR_INPUT', `the deploy CLI does not take this: ${masked(first!.text)}`, {
    ...positionOf(first!.path),
    hint: `${first!.hint}${more === 0 ? '' : ` There ${more === 1 ? 'is one fault' : `are ${more} faults`} more.`}`,
  })
}

function described({ keyword, dataPath, params, message }: Fault): {
  text: string
  path: (string | number)[]
  hint: string
} {
  const path = pathOf(dataPath)
  const where = path.length === 0 ? '' : ` at ${path.join('.')}`
  const { additionalProperty: extra, missingProperty: missing, allowedValues } = params
  if (keyword === 'additionalProperties' && extra !== undefined) {
    const what = path.length === 0 ? 'section' : 'member'
    const hint = `Take it out, or correct its name${path.length === 0 ? '; old exports have sections that are no more' : ''}.`
    return { text: `"${extra}" is no ${what} that it knows${where}`, path: [...path, extra], hint }
  }
  if (missing !== undefined) return { text: `"${missing}" is missing${where}`, path, hint: 'Add it.' }
  const values = Array.isArray(allowedValues) ? `: ${allowedValues.map(String).join(', ')}` : ''
  return { text: `${path.join('.') || 'the file'} ${message}${values}`, path, hint: 'Correct it.' }
}

function nameTwice(
  message: string,
  { tenant, positionOf }: Pick<Workspace, 'tenant' | 'positionOf'>,
  masked: (text: string) => string,
): ToolkitError | undefined {
  const told = TWICE.exec(message)
  if (told === null) return undefined
  const type = told[1]!
  const entries = tenant[type]
  const names = parsed(message.slice(told.index + told[0].length)) as unknown[][] | undefined
  const name = names?.[0]?.[0]
  if (!Array.isArray(entries) || typeof name !== 'string') return undefined
  const index = (entries as Record<string, unknown>[]).findLastIndex((entry) =>
    Object.values(entry).some((value) => value === name),
  )
  return new ToolkitError('ERR_INPUT', `there are two ${type} with the name "${masked(name)}"`, {
    ...positionOf(index === -1 ? [type] : [type, index]),
    hint: 'Names must be unique: rename one, or take it out.',
  })
}

function pathOf(dataPath: string): (string | number)[] {
  return [...dataPath.matchAll(/\.([A-Za-z_$][\w$]{0,99})|\[(\d{1,9})\]|\['((?:[^'\\]|\\.){0,99})'\]/g)].map(
    ([, name, index, quoted]) =>
      index === undefined ? (name ?? quoted!.replaceAll("\\'", "'")) : Number(index),
  )
}

function parsed(text: string): unknown {
  const end = text.lastIndexOf(']') + 1
  try {
    return JSON.parse(text.slice(0, end))
  } catch {
    return undefined
  }
}
