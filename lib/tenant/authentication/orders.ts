/** Carries out what Actions order for the session and its refresh tokens. After an error nothing of it is done. */
import type { PipelineResult } from '../../simulator/types.ts'
import type { TenantContext } from '../context.ts'
import type { Authentication } from './http.ts'
import type { RefreshFamily } from './refresh-tokens.ts'
import { boundSession, removeSession } from './sessions.ts'
import type { Session, Store } from './store.ts'

/**
 * Metadata, cookie and methods of a session, and its end where an Action revoked it. A login that goes on keeps its
 * session until the code is issued, and gives it the ends that were asked for then.
 */
export function carryOutForSession(
  { context, store }: Authentication,
  session: Session | undefined,
  { outcome, state: { session: ordered, recordedMethods = [] } }: PipelineResult,
): void {
  // What was ordered before a redirect is ordered still when the browser is back.
  if (session === undefined || outcome === 'redirect') return
  const timestamp = context.clock().toISOString()
  session.methods.push(...recordedMethods.map((name) => ({ name, timestamp })))
  if (ordered === undefined) return
  if (ordered.metadata !== undefined) session.metadata = { ...ordered.metadata }
  if (ordered.cookieMode !== undefined) session.cookie_mode = ordered.cookieMode
  if (ordered.revoked !== undefined) revokeSession(store, session, ordered.revoked)
  else if (outcome !== 'allowed') boundSession(context, store, session, ordered)
}

/** What one exchange orders for its refresh token and for the session of it, which may be over. */
export function carryOutForRefresh(
  auth: Authentication,
  family: RefreshFamily,
  client: { client_id: string; name: string },
  pipeline: PipelineResult,
): void {
  const { context, store } = auth
  const { outcome, state } = pipeline
  const { refreshToken: ordered, session: forSession } = state
  const session = store.sessions.get(family.session_id ?? '')
  carryOutForSession(auth, session, pipeline)
  if (session !== undefined && outcome === 'allowed' && forSession !== undefined) {
    boundSession(context, store, session, forSession)
  }
  if (ordered === undefined) return
  if (ordered.metadata !== undefined) family.metadata = { ...ordered.metadata }
  // Of an exchange that gives tokens the ends are set with the new one.
  if (outcome !== 'allowed') store.refreshTokens.bound(family, ordered)
  if (ordered.revoked !== undefined) revokeFamily(context, store, family, client)
}

function revokeFamily(
  context: TenantContext,
  store: Store,
  family: RefreshFamily,
  { client_id, name }: { client_id: string; name: string },
): void {
  store.refreshTokens.revoke(family.id)
  context.record({
    type: 'srrt',
    description: 'Refresh token revoked',
    client_id,
    client_name: name,
    user_id: family.user_id,
  })
}

/** The session ends in every browser tab; so do its refresh tokens and codes, unless they are to be kept. */
function revokeSession(
  store: Store,
  session: Session,
  { preserveRefreshTokens }: { preserveRefreshTokens: boolean },
): void {
  removeSession(store, session)
  if (preserveRefreshTokens) return
  store.refreshTokens.revokeWhere(({ session_id }) => session_id === session.id)
  for (const [code, { session_id }] of [...store.codes.entries()]) {
    if (session_id === session.id) store.codes.delete(code)
  }
}
