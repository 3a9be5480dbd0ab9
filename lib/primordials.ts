/**
 * The functions that the runner calls, taken before any Action is loaded: an Action may replace each of them, and would
 * see or change what goes through.
 */
const { bind, call } = Function.prototype

// biome-ignore lint/suspicious/noExplicitAny: the types of each method are taken from it
type Method = (this: any, ...args: any[]) => any
/** A method as a function of its receiver. */
export const uncurryThis = bind.bind(call) as <M extends Method>(
  method: M,
) => (self: ThisParameterType<M>, ...args: Parameters<M>) => ReturnType<M>

export const {
  defineProperty,
  getOwnPropertyDescriptor,
  getOwnPropertyNames,
  getOwnPropertySymbols,
  getPrototypeOf,
  keys,
  setPrototypeOf,
} = Object
const { deleteProperty } = Reflect
export const { parse, stringify } = JSON
export const { isArray } = Array
export const hasOwn = uncurryThis(Object.prototype.hasOwnProperty)
export const slice = uncurryThis(String.prototype.slice)
export const thenOf = uncurryThis(Promise.prototype.then) as (
  promise: Promise<unknown>,
  settled: (value: unknown) => unknown,
  failed: (error: unknown) => unknown,
) => Promise<never>
export const mapSet = uncurryThis(Map.prototype.set)
export const mapDelete = uncurryThis(Map.prototype.delete)
const mapValues = uncurryThis(Map.prototype.values)
const nextValue = uncurryThis(getPrototypeOf(new Map().values()).next as () => IteratorResult<unknown>)

/** The oldest value, in a list of its own; empty when there is none. */
export function firstOf(map: Map<unknown, unknown>): { value?: unknown; done: boolean } {
  const { value, done } = nextValue(mapValues(map))
  return { value, done: done === true }
}

/** An object without a prototype: what it does not have, it inherits from nobody. */
export function table<T>(): Record<string, T> {
  return setPrototypeOf({}, null)
}

const PLAIN = setPrototypeOf({ enumerable: true, configurable: true, writable: true }, null) as object
const ARRAY = Array.prototype
const OBJECT = Object.prototype

/** As `push` of a list that is made here: neither a method nor a setter of its prototype is asked. */
export function append<T>(list: T[], value: T): void {
  const index = list.length
  // To define takes ten times as long as to set, which is the same while no prototype has the index.
  if (getPrototypeOf(ARRAY) === OBJECT && !(index in ARRAY)) list[index] = value
  else defineProperty(list, index, { ...PLAIN, value })
}

/** Calls `action` while lists and objects have no `toJSON` in common: some Action may have given them one. */
export function ordinary<T>(action: () => T): T {
  const [list, object] = [
    getOwnPropertyDescriptor(ARRAY, 'toJSON'),
    getOwnPropertyDescriptor(OBJECT, 'toJSON'),
  ]
  if (list === undefined && object === undefined) return action()
  if (list !== undefined) deleteProperty(ARRAY, 'toJSON')
  if (object !== undefined) deleteProperty(OBJECT, 'toJSON')
  try {
    return action()
  } finally {
    // Where it could not be deleted it is still there.
    if (list?.configurable === true) defineProperty(ARRAY, 'toJSON', list)
    if (object?.configurable === true) defineProperty(OBJECT, 'toJSON', object)
  }
}

/** JSON text, whatever an Action has put onto the prototypes. */
export function jsonText(value: unknown): string {
  const clean = !('toJSON' in OBJECT) && !hasOwn(ARRAY, 'toJSON') && getPrototypeOf(ARRAY) === OBJECT
  return stringify(clean ? value : bare(value))
}

/** A copy without prototypes. */
function bare(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const list = isArray(value)
  const copy = setPrototypeOf(list ? [] : {}, null)
  const names = keys(value)
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    defineProperty(copy, name, { ...PLAIN, value: bare((value as Record<string, unknown>)[name]) })
  }
  return copy
}
