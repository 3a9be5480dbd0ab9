import { setOwn } from '../../json.ts'

const MAX_ENTRIES = 25
/** UTF-16 units, of keys and of values. */
const MAX_LENGTH = 255

/**
 * The metadata of a session or a refresh token after a change, by Auth0's rules and with its error messages. A key to
 * remove may be anything: one that does not exist changes nothing.
 */
export function changedMetadata(
  current: Readonly<Record<string, string>>,
  key: unknown,
  value: unknown,
): Record<string, string> {
  if (typeof key !== 'string') throw invalid('Metadata key must be a string')
  const changed = { ...current }
  if (value === null) {
    delete changed[key]
    return changed
  }
  if (typeof value !== 'string') throw invalid('Metadata value must be a string')
  setOwn(changed, key, value)
  if (Object.keys(changed).length > MAX_ENTRIES) {
    throw invalid(`Metadata must not contain more than ${MAX_ENTRIES} entries`)
  }
  if (key.length > MAX_LENGTH) {
    throw invalid(`All metadata keys must be at most ${MAX_LENGTH} characters long`)
  }
  if (key.includes('\0')) throw invalid('Metadata keys must not contain null bytes (\0)')
  if (!/^[a-zA-Z0-9_-]+$/.test(key)) {
    throw invalid('Metadata keys may only include letters, numbers, underscores, or hyphens')
  }
  if (value.length > MAX_LENGTH) {
    throw invalid(`All metadata values must be at most ${MAX_LENGTH} characters long`)
  }
  if (value.includes('\0')) throw invalid('Metadata values must not contain null bytes (\0)')
  return changed
}

function invalid(reason: string): Error {
  return new Error(`Invalid metadata: ${reason}`)
}

/** Runs a check of `setMetadata`; what it throws says what failed, as at Auth0. */
export function named(subject: 'session' | 'refresh token', check: () => void): void {
  try {
    check()
  } catch (error) {
    throw new Error(`Failed to set ${subject} metadata: ${(error as Error).message}`)
  }
}

/** The property key that a value becomes where any value is accepted, as with `in`. */
export function keyOf(key: unknown): unknown {
  return typeof key === 'symbol' ? undefined : String(key)
}
