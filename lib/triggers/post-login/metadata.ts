import { setOwn } from '../../json.ts'
import type { Fault, Given } from '../method.ts'

const MAX_ENTRIES = 25
const MAX_LENGTH = 255

/** The rules for session and refresh-token metadata; `subject` is as in Auth0's messages. Returns all of it, changed. */
export function changedMetadata(
  subject: 'session' | 'refresh token',
  current: Readonly<Record<string, string>>,
  key: unknown,
  value: unknown,
): Record<string, string> {
  const refuse = (reason: string) =>
    new Error(`Failed to set ${subject} metadata: Invalid metadata: ${reason}`)
  if (typeof key !== 'string' || !/^[a-zA-Z0-9_-]+$/.test(key)) {
    throw refuse('keys must consist of letters, digits, "_" and "-".')
  }
  if (key.length > MAX_LENGTH) throw refuse(`keys must not exceed ${MAX_LENGTH} characters.`)
  const changed = { ...current }
  if (value === null) {
    delete changed[key]
    return changed
  }
  if (typeof value !== 'string') throw refuse('values must be strings.')
  if (value.length > MAX_LENGTH) throw refuse(`values must not exceed ${MAX_LENGTH} characters.`)
  if (value.includes('\0')) throw refuse('values must not contain NUL characters.')
  setOwn(changed, key, value)
  if (Object.keys(changed).length > MAX_ENTRIES) throw refuse(`more than ${MAX_ENTRIES} entries.`)
  return changed
}

/** Why a call of `setMetadata` throws, as the source shows it. */
export function metadataFault(key: Given | undefined, value: Given | undefined): Fault | undefined {
  if (key !== undefined && 'value' in key && !/^[\w-]{1,255}$/.test(String(key.value))) {
    return { kind: 'argument', text: 'the key has letters, digits, "-" and "_" only' }
  }
  if (value === undefined) return undefined
  const text = 'object' in value || typeof value.value === 'number' || typeof value.value === 'boolean'
  return text ? { kind: 'argument', text: 'the value is text' } : undefined
}
