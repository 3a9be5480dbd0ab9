import { setOwn } from '../json.ts'
import type { LoginState, ProfilePart } from './login-state.ts'

/**
 * What the Actions write to a part of the profile; the last call for a key decides. What one writes to `user_metadata`
 * is lost when it changes the primary user.
 */
export function profileOf(
  { profile = [], primaryUser }: LoginState,
  part: ProfilePart,
): Record<string, unknown> {
  const written: Record<string, unknown> = {}
  for (const change of profile) {
    const lost = part === 'user_metadata' && change.action === primaryUser?.action
    if (change.part === part && !lost) setOwn(written, change.key, change.value)
  }
  return written
}
