/**
 * What JSON carries, made fast: most arguments of an Action are texts and short lists. An Action may have replaced what
 * arrays and objects can do: nothing of that is called here.
 */
import {
  append,
  defineProperty,
  getPrototypeOf,
  hasOwn,
  isArray,
  keys,
  ordinary,
  parse,
  stringify,
} from './primordials.ts'

/** A deep copy of JSON, many times as fast as `structuredClone`. A key `__proto__` stays a key. */
export function copyJson<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (isArray(value)) {
    const list: unknown[] = []
    for (let index = 0; index < value.length; index++) append(list, copyJson(value[index]))
    return list as T
  }
  const result: Record<string, unknown> = {}
  const names = keys(value)
  for (let index = 0; index < names.length; index++) {
    const member = (value as Record<string, unknown>)[names[index]!]
    setOwn(result, names[index]!, typeof member === 'object' ? copyJson(member) : member)
  }
  return result as T
}

/** Whether a value is an object of JSON: no list, and not `null`. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !isArray(value)
}

/** Sets a key as an own one, whatever it is called and the prototype has. */
export function setOwn(target: object, key: string, value: unknown): void {
  if (key in target) defineProperty(target, key, { ...PLAIN, value })
  else (target as Record<string, unknown>)[key] = value
}

const PLAIN = { enumerable: true, configurable: true, writable: true }

/**
 * The value as JSON carries it; `{ "$undefined": true }` where JSON has no form for it.
 *
 * @throws TypeError for a cycle or a BigInt, as `JSON.stringify` does
 */
export function asJson(value: unknown): unknown {
  if (isJsonScalar(value)) return value
  switch (typeof value) {
    case 'number':
      return null
    case 'undefined':
    case 'function':
    case 'symbol':
      return { $undefined: true }
    default: {
      const list = isPlainList(value) ? listOfScalars(value) : undefined
      if (list !== undefined) return list
      const text: string | undefined = ordinary(() => stringify(value))
      return text === undefined ? { $undefined: true } : parse(text)
    }
  }
}

const ARRAY = Array.prototype
function isPlainList(value: unknown): value is unknown[] {
  if (!isArray(value)) return false
  return getPrototypeOf(value) === ARRAY ? !hasOwn(value, 'toJSON') : !('toJSON' in value)
}

function listOfScalars(value: readonly unknown[]): unknown[] | undefined {
  const list: unknown[] = []
  for (let index = 0; index < value.length; index++) {
    const item = value[index]
    if (!isJsonScalar(item)) return undefined
    append(list, item)
  }
  return list
}

const { isFinite: isFiniteNumber } = Number
function isJsonScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || value === null || isFiniteNumber(value)
}
