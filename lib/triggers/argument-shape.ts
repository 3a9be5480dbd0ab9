/**
 * What Auth0's code checks of arguments by schema, with its messages: what is wrong with each part, by the last name of
 * its path. A part that is `undefined` counts as absent.
 */
import { isObject } from '../json.ts'

/** Notes what is wrong with a value, under its path. */
export type Check = (value: unknown, path: string, faults: Faults) => void

/** Messages by path, in the order in which they were found. */
export type Faults = Map<string, string>

function note(faults: Faults, path: string, message: string): void {
  const known = faults.get(path)
  const name = path.slice(path.lastIndexOf('/') + 1)
  faults.set(path, known === undefined ? `${name} ${message}` : `${known}, ${message}`)
}

/** @throws Error in Auth0's words, when a part is missing or wrong */
export function assertShape(
  parts: Readonly<Record<string, readonly [value: unknown, check: Check]>>,
  required: readonly string[] = [],
): void {
  const faults: Faults = new Map()
  for (const name of required) {
    if (parts[name]![0] === undefined) note(faults, '', `must have required property '${name}'`)
  }
  for (const [name, [value, check]] of Object.entries(parts)) {
    if (value !== undefined) check(value, `/${name}`, faults)
  }
  if (faults.size > 0) throw new Error([...faults.values()].join('; '))
}

/** A text of at most so many characters. */
export function text(max = Number.POSITIVE_INFINITY): Check {
  return (value, path, faults) => {
    if (typeof value !== 'string') note(faults, path, 'must be string')
    else tooLong(value, max, path, faults)
  }
}

function tooLong(value: string, max: number, path: string, faults: Faults): void {
  if (isLonger(value, max)) note(faults, path, `must NOT have more than ${max} characters`)
}

/** Characters are code points: an emoji is one. */
function isLonger(value: string, max: number): boolean {
  return value.length > max && [...value].length > max
}

export const flag: Check = (value, path, faults) => {
  if (typeof value !== 'boolean') note(faults, path, 'must be boolean')
}

export const number: Check = (value, path, faults) => {
  if (!Number.isFinite(value)) note(faults, path, 'must be number')
}

export function oneOf(...allowed: readonly unknown[]): Check {
  return (value, path, faults) => {
    if (!allowed.includes(value)) note(faults, path, 'must be equal to one of the allowed values')
  }
}

export function list(max: number, item: Check): Check {
  return (value, path, faults) => {
    if (!Array.isArray(value)) return note(faults, path, 'must be array')
    if (value.length > max) note(faults, path, `must NOT have more than ${max} items`)
    value.forEach((one, index) => void item(one, `${path}/${index}`, faults))
  }
}

/** An object with no other members than these. Members that it inherits count. */
export function members(checks: Readonly<Record<string, Check>>): Check {
  return (value, path, faults) => {
    if (!isObject(value)) return note(faults, path, 'must be object')
    for (const name in value) {
      if (!Object.hasOwn(checks, name)) note(faults, path, NO_OTHERS)
    }
    for (const [name, check] of Object.entries(checks)) {
      if (value[name] !== undefined) check(value[name], `${path}/${name}`, faults)
    }
  }
}

/** An object with at most so many members, whose names match. */
export function map(max: number, names?: RegExp): Check {
  return (value, path, faults) => {
    if (!isObject(value)) return note(faults, path, 'must be object')
    if (Object.keys(value).length > max) note(faults, path, `must NOT have more than ${max} properties`)
    for (const name in value) {
      if (names?.test(name) === false) note(faults, path, NO_OTHERS)
    }
  }
}

/** A text, number, flag, or a list of those; or `null`. Texts have at most so many characters. */
export function scalars(max: number): Check {
  const isScalar = (value: unknown) =>
    typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
  return (value, path, faults) => {
    if (!isScalar(value) && value !== null && !Array.isArray(value)) {
      note(faults, path, 'must be string,number,boolean,null,array')
    }
    if (typeof value === 'string') tooLong(value, max, path, faults)
    if (!Array.isArray(value)) return
    for (const [index, item] of value.entries()) {
      const at = `${path}/${index}`
      if (!isScalar(item)) note(faults, at, 'must be string,number,boolean')
      else if (typeof item === 'string') tooLong(item, max, at, faults)
    }
  }
}

const NO_OTHERS = 'must NOT have additional properties'
