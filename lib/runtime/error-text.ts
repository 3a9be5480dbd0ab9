/** Also of another realm: a test runner has its own, and Node throws its errors in the first. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
}

/** The message of an error, or what else was thrown, as text. */
export function errorMessage(error: unknown): string {
  return isError(error) ? error.message : String(error)
}
