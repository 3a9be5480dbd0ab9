/** What is there at once on Node, and later where only WebCrypto exists. */
export type Maybe<T> = T | Promise<T>

/** Goes on with a value, at once when it is there: a turn of the event loop costs as much as parsing a token. */
export function after<T, U>(value: Maybe<T>, next: (value: T) => Maybe<U>): Maybe<U> {
  return isPromise(value) ? value.then(next) : next(value)
}

/** Not `instanceof Promise`: WebCrypto's promises may be of another realm. */
export function isPromise<T>(value: Maybe<T>): value is Promise<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}
