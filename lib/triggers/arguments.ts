/** Argument checks that several methods share, with Auth0's own messages where they are known. */

export function assertString(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw new TypeError(`The "${name}" parameter must be a string.`)
}

export function assertObject(name: string, value: unknown): asserts value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`The "${name}" parameter must be an object.`)
  }
}

export function assertOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (!allowed.includes(value)) {
    throw new Error(`The "${name}" parameter must be one of: ${allowed.join(', ')}.`)
  }
}

/** Characters, at most. */
const MAX_SCOPE = 280
const MAX_SCOPES = 1000

/** The scope without surrounding blanks. Throws Auth0's messages. */
export function scopeOf(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('The value for the scope must be a string.')
  const scope = value.trim()
  if (scope === '') throw new Error('The value for the scope is required.')
  if (scope.length > MAX_SCOPE) {
    throw new Error(`The value for the scope exceeds the allowed maximum of ${MAX_SCOPE} characters.`)
  }
  if (/\s/.test(scope)) throw new Error('The value for the scope must not have whitespace.')
  return scope
}

export function assertScopeCount(count: number): void {
  if (count > MAX_SCOPES)
    throw new Error(`The number of scopes exceeds the allowed maximum of ${MAX_SCOPES}.`)
}

/** Whether a recorded argument stands for `undefined`: JSON would leave the value out. */
export function isUndefined(arg: unknown): boolean {
  return typeof arg === 'object' && arg !== null && '$undefined' in arg
}

/** A recorded reason; empty where none was given. */
export function reasonOf(reason: unknown): string {
  return isUndefined(reason) ? '' : String(reason)
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
