import { utf8Bytes } from '../../../claims/size.ts'
import { setOwn } from '../../../json.ts'
import { assertString, isUndefined } from '../../arguments.ts'
import type { ProfilePart } from '../../login-state.ts'
import type { Area, PostLoginMethod } from '../method.ts'

/** Bytes, for each of the two: of one Action at the call, of all of them at its end. */
export const MAX_PROFILE_BYTES = 32_000

export const user: Area = {
  // Auth0's message for app_metadata ends without a full stop.
  setAppMetadata: profile('app_metadata', 'Unexpected app_metadata format. Must be a valid JSON object'),
  setUserMetadata: profile('user_metadata', 'Unexpected user_metadata format. Must be a valid JSON object.'),
}

function profile(part: ProfilePart, noObject: string): PostLoginMethod {
  return {
    returns: 'api',
    parameters: ['key', 'value'],
    profile: part,
    run({ event, own }, key, value) {
      const current: unknown = event.user[part]
      if (typeof current !== 'object' || current === null || Array.isArray(current)) throw new Error(noObject)
      assertString('key', key)
      if (/[.$]/.test(key)) throw new Error(`The ${part} key must not contain "." or "$".`)
      const written: Record<string, unknown> = {}
      for (const change of own.profile ?? []) {
        if (change.part === part) setOwn(written, change.key, change.value)
      }
      setOwn(written, key, value)
      if (utf8Bytes(JSON.stringify(written)) > MAX_PROFILE_BYTES)
        throw new Error(`The ${part} exceeds the maximum of 32 kB.`)
    },
    apply(state, { action }, key, value) {
      if (isUndefined(value)) return
      state.profile ??= []
      state.profile.push({ part, key: String(key), value, action })
    },
  }
}
