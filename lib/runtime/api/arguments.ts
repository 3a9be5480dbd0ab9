/** Argument checks that several methods share, with Auth0's own messages where they are known. */

export function assertString(name: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') throw new TypeError(`The "${name}" parameter must be a string.`)
}

export function assertMaxLength(name: string, value: string, max: number): void {
  if (value.length > max) {
    throw new Error(`The "${name}" parameter exceeds the allowed maximum of ${max} characters.`)
  }
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

/** At most, in characters. */
const MAX_SCOPE = 280
export const MAX_SCOPES = 1000

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

/** Bytes of UTF-8. */
export function bytesOf(text: string): number {
  return Buffer.byteLength(text, 'utf8')
}
