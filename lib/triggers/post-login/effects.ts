/** What the calls of all Actions of a login come to: the event that the next one sees, and why the login fails. */

import { utf8Bytes } from '../../claims/size.ts'
import type { LoginState, ProfilePart } from '../login-state.ts'
import { profileOf } from '../profile.ts'
import type { RefusedCall } from '../trigger.ts'
import type { PostLoginEvent } from './event.ts'
import { factorFault, isBackChannel, refusedFactor, refusedRedirect } from './flows.ts'
import { MAX_PROFILE_BYTES } from './methods/user.ts'

export function show(event: PostLoginEvent, state: LoginState): void {
  const { transactionMetadata, targetScopes } = state
  if (transactionMetadata !== undefined || targetScopes !== undefined) {
    event.transaction = {
      metadata: {},
      ...event.transaction,
      ...(transactionMetadata !== undefined && { metadata: { ...transactionMetadata } }),
      ...(targetScopes !== undefined && { target_scopes: [...targetScopes] }),
    }
  }
  const { session, refresh_token } = event
  if (session !== undefined && state.session !== undefined) {
    const { metadata, cookieMode } = state.session
    if (metadata !== undefined) session.metadata = { ...metadata }
    if (cookieMode !== undefined) session.cookie = { ...session.cookie, mode: cookieMode }
  }
  const metadata = state.refreshToken?.metadata
  if (refresh_token !== undefined && metadata !== undefined) refresh_token.metadata = { ...metadata }
}

export function fault(
  event: PostLoginEvent,
  state: LoginState,
  nameOf: (call: number) => string,
): string | undefined {
  const demand = factorFault(event, state)
  if (demand !== undefined) return `"${nameOf(demand)}" is not possible in this token exchange.`
  return profileFault(state, 'user_metadata') ?? profileFault(state, 'app_metadata')
}

/** Why the metadata of all Actions together is too much; each Action's own is checked at the call. */
function profileFault(state: LoginState, part: ProfilePart): string | undefined {
  if (state.profile === undefined) return undefined
  return utf8Bytes(JSON.stringify(profileOf(state, part))) > MAX_PROFILE_BYTES
    ? `The ${part} of all Actions exceeds the maximum of 32 kB.`
    : undefined
}

export function refused(event: PostLoginEvent, state: LoginState): RefusedCall | undefined {
  if (state.suspension === undefined) return refusedFactor(event, state)
  const refusal = refusedRedirect(event, state)
  if (refusal === undefined || !isBackChannel(event)) return refusal
  const reason = `A redirect is not possible in the "${event.transaction?.protocol}" flow.`
  return { ...refusal, reason }
}
