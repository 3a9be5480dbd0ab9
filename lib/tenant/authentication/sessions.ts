import type { User } from '../entities.ts'
import { type Authentication, type Http, keepSession, sessionOf } from './http.ts'
import { type Session, secret, type Transaction } from './store.ts'

/** A login in which the user has just proved who they are, by a password or a signup. */
export function provedBy(auth: Authentication, c: Http, transaction: Transaction, user: User): void {
  transaction.session_id = logIn(auth, c, user.user_id).id
  transaction.user_id = user.user_id
  transaction.loggedIn = true
}

/** The same user goes on in the session that is there; anyone else gets a new one. */
function logIn(auth: Authentication, c: Http, userId: string): Session {
  const { context, store } = auth
  const now = context.clock()
  const known = sessionOf(auth, c)
  if (known !== undefined && known.user_id !== userId) store.sessions.delete(known.id)
  const session: Session =
    known?.user_id === userId
      ? known
      : {
          id: secret(),
          user_id: userId,
          created_at: now.getTime(),
          authenticated_at: now.getTime(),
          last_interacted_at: now.getTime(),
          absolute_expiry: now.getTime() + context.state.settings.session_lifetime * 1000,
          clients: [],
          methods: [],
        }
  session.authenticated_at = now.getTime()
  session.methods = [{ name: 'pwd', timestamp: now.toISOString() }]
  keepSession(auth, c, session)
  return session
}

/** The browser's session, unless the request wants a fresh login. */
export function usableSession(
  auth: Authentication,
  c: Http,
  { request, loggedIn }: Transaction,
): Session | undefined {
  const session = sessionOf(auth, c)
  if (session === undefined || loggedIn) return session
  if (request.prompt.includes('login') || request.prompt.includes('select_account')) return undefined
  if (request.max_age !== undefined) {
    const age = auth.context.clock().getTime() - session.authenticated_at
    if (request.max_age === 0 || age > request.max_age * 1000) return undefined
  }
  return auth.context.state.users.has(session.user_id) ? session : undefined
}
