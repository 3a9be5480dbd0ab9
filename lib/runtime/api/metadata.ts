import { setOwn } from '../../json.ts'
import type { Recorder } from './recorder.ts'

const MAX_ENTRIES = 25
const MAX_LENGTH = 255

/** The rules for session and refresh-token metadata; `subject` is as in Auth0's messages. */
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

export function sessionMetadataOf(recorder: Recorder): Record<string, string> {
  recorder.live.sessionMetadata ??= { ...recorder.event.session?.metadata }
  return recorder.live.sessionMetadata
}

export function refreshTokenMetadataOf(recorder: Recorder): Record<string, string> {
  recorder.live.refreshTokenMetadata ??= { ...recorder.event.refresh_token?.metadata }
  return recorder.live.refreshTokenMetadata
}
