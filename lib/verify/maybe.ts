/** A value that is ready at once on Node, and later where only WebCrypto exists. The promise is one of this realm. */
export type Maybe<T> = T | Promise<T>

/** Goes on with a value, at once when it is ready: a turn of the event loop costs as much as parsing a token. */
export function after<T, U>(value: Maybe<T>, next: (value: T) => Maybe<U>): Maybe<U> {
  return value instanceof Promise ? value.then(next) : next(value)
}
