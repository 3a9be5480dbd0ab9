import { createHash } from 'node:crypto'
import { type AskedEnds, sessionEnds } from '../../policy/index.ts'
import type { TenantContext } from '../context.ts'
import type { User } from '../entities.ts'
import { readCookie, writeCookie } from './cookies.ts'
import type { Authentication, Http } from './http.ts'
import { type Session, type Store, secret, type Transaction } from './store.ts'

/** Name of the browser's cookie, before the port. */
export const SESSION_COOKIE = 'auth0'

/** The digest of a cookie's value that is kept, so that a reader of the state file gets nobody's session. */
function markOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64url')
}

/** A session that a user has just begun, and the value for the browser's cookie. Not in the store yet. */
export function newSession(
  { state, clock }: Pick<TenantContext, 'state' | 'clock'>,
  userId: string,
): { session: Session; cookie: string } {
  const now = clock().getTime()
  const cookie = secret(32)
  const session: Session = {
    id: secret(),
    cookie: markOf(cookie),
    user_id: userId,
    created_at: now,
    authenticated_at: now,
    last_interacted_at: now,
    absolute_expiry: now + state.settings.session_lifetime * 1000,
    idle_expiry: now + state.settings.idle_session_lifetime * 1000,
    clients: [],
    methods: [{ name: 'pwd', timestamp: new Date(now).toISOString() }],
  }
  return { session, cookie }
}

/** @param expires milliseconds since the epoch */
export function storeSession(store: Store, session: Session, expires: number): void {
  store.sessions.set(session.id, session, expires)
  store.sessionCookies.set(session.cookie, session.id, expires)
}

/** Cookies that were given in this very request. */
const given = new WeakMap<Http, string>()

function cookieOf(c: Http): string | undefined {
  return given.get(c) ?? readCookie(c, SESSION_COOKIE)
}

/** The living session of the request's browser. */
export function sessionOf({ store }: Authentication, c: Http): Session | undefined {
  const cookie = cookieOf(c)
  if (cookie === undefined) return undefined
  const mark = markOf(cookie)
  const session = store.sessions.get(store.sessionCookies.get(mark) ?? '')
  return session?.cookie === mark ? session : undefined
}

/**
 * Keeps the session of this browser alive for its idle time, never past its end.
 *
 * @param asked ends of life that Actions ask for
 */
export function keepSession(
  { context, store }: Authentication,
  c: Http,
  session: Session,
  asked: AskedEnds = {},
): void {
  const now = context.clock().getTime()
  const { expires_at, idle_expires_at } = sessionEnds(context.state.settings, session, now, asked)
  session.last_interacted_at = now
  session.absolute_expiry = expires_at
  session.idle_expiry = idle_expires_at
  storeSession(store, session, idle_expires_at)
  const seconds = Math.max(0, Math.floor((idle_expires_at - now) / 1000))
  const forBrowser = seconds > 0 && session.cookie_mode === 'non-persistent' ? undefined : seconds
  writeCookie(c, SESSION_COOKIE, cookieOf(c) ?? '', forBrowser)
}

/** Moves the ends of a session that is not being used. */
export function boundSession(
  { clock, state }: Pick<TenantContext, 'clock' | 'state'>,
  store: Store,
  session: Session,
  asked: AskedEnds,
): void {
  const ends = sessionEnds(state.settings, session, clock().getTime(), asked)
  const idle = asked.idleExpiresAt === undefined ? session.idle_expiry : ends.idle_expires_at
  session.absolute_expiry = ends.expires_at
  session.idle_expiry = Math.min(idle ?? Infinity, ends.expires_at)
  storeSession(store, session, session.idle_expiry)
}

export function removeSession(store: Store, session: Session): void {
  store.sessionCookies.delete(session.cookie)
  store.sessions.delete(session.id)
}

/** The browser keeps no cookie of its session. */
export function forgetSession(c: Http): void {
  writeCookie(c, SESSION_COOKIE, '', 0)
}

export function endSession(auth: Authentication, c: Http): Session | undefined {
  const session = sessionOf(auth, c)
  forgetSession(c)
  if (session === undefined) return undefined
  removeSession(auth.store, session)
  return session
}

/** A login in which the user has just proved who they are, by a password or a signup. */
export function provedBy(auth: Authentication, c: Http, transaction: Transaction, user: User): void {
  transaction.session_id = logIn(auth, c, user.user_id).id
  transaction.user_id = user.user_id
  transaction.loggedIn = true
}

/** The user has shown a second factor. `false` when the session has ended meanwhile, or is not this browser's. */
export function provedAgain(auth: Authentication, c: Http, transaction: Transaction): boolean {
  const session = sessionOf(auth, c)
  if (session === undefined || session.id !== transaction.session_id) return false
  session.methods.push({ name: 'mfa', timestamp: auth.context.clock().toISOString() })
  renewCookie(auth, c, session)
  keepSession(auth, c, session)
  return true
}

/** The same user goes on in the existing session; anyone else gets a new one. */
function logIn(auth: Authentication, c: Http, userId: string): Session {
  const { context } = auth
  const known = sessionOf(auth, c)
  if (known !== undefined && known.user_id !== userId) endSession(auth, c)
  if (known?.user_id !== userId) {
    const { session, cookie } = newSession(context, userId)
    given.set(c, cookie)
    keepSession(auth, c, session)
    return session
  }
  const now = context.clock()
  known.authenticated_at = now.getTime()
  known.methods = [{ name: 'pwd', timestamp: now.toISOString() }]
  renewCookie(auth, c, known)
  keepSession(auth, c, known)
  return known
}

/**
 * Gives the session a new cookie: one that somebody planted or read before an authentication must be worth nothing
 * after it.
 */
function renewCookie({ store }: Authentication, c: Http, session: Session): void {
  const cookie = secret(32)
  store.sessionCookies.delete(session.cookie)
  session.cookie = markOf(cookie)
  given.set(c, cookie)
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
