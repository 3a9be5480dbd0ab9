import { getCookie } from 'hono/cookie'
import { serialize } from 'hono/utils/cookie'
import type { Authentication, Http } from './http.ts'

const HOUR = 60 * 60

/**
 * Cookies do not know ports: without the port in the name two tenants on one machine would share a session. Over
 * https no other program on this machine can plant one: the prefix asks for a Secure cookie of this host alone.
 */
export function cookieName(address: string, name: string): string {
  const url = new URL(address)
  const secure = url.protocol === 'https:'
  return `${secure ? '__Host-' : ''}${name}_${url.port || (secure ? '443' : '80')}`
}

export function readCookie(c: Http, name: string): string | undefined {
  return getCookie(c, cookieName(c.req.url, name))
}

/**
 * Once for each name: what an earlier step of the same request has written is replaced. RFC 6265 section 4.1.1.
 *
 * @param maxAge seconds; `undefined` until the browser is closed
 */
export function writeCookie(c: Http, name: string, value: string, maxAge: number | undefined): void {
  const secure = c.req.url.startsWith('https:')
  const full = cookieName(c.req.url, name)
  const others = c.res.headers.getSetCookie().filter((text) => !text.startsWith(`${full}=`))
  const own = serialize(full, value, {
    path: '/',
    httpOnly: true,
    secure,
    sameSite: secure ? 'None' : 'Lax',
    ...(maxAge !== undefined && { maxAge }),
  })
  c.header('set-cookie', undefined)
  for (const text of [...others, own]) c.header('set-cookie', text, { append: true })
}

/** Whether this browser began the login. One cookie for each login, so that tabs do not get in each other's way. */
export function isOwnBrowser(c: Http, login: { id: string; browser: string }): boolean {
  return readCookie(c, `auth0_login_${login.id}`) === login.browser
}

/** Of logins that one browser has under way. Its cookies go to every port of this host, and headers have limits. */
const MAX_LOGINS = 20

/**
 * Ties a login to the browser, before the first page is shown. Of logins that are over, or are too many, the browser
 * forgets the cookies.
 */
export function markBrowser(
  { store }: Authentication,
  c: Http,
  login: { id: string; browser: string },
): void {
  const [before, after] = cookieName(c.req.url, 'auth0_login_*').split('*') as [string, string]
  const others = Object.keys(getCookie(c))
    .filter((name) => name.startsWith(before) && name.endsWith(after))
    .map((name) => name.slice(before.length, -after.length))
    .filter((id) => id !== login.id)
  const alive = others.filter((id) => store.transactions.get(id) !== undefined)
  const kept = new Set(alive.slice(Math.max(0, alive.length - MAX_LOGINS + 1)))
  for (const id of others) if (!kept.has(id)) unmarkBrowser(c, { id })
  writeCookie(c, `auth0_login_${login.id}`, login.browser, HOUR)
}

export function unmarkBrowser(c: Http, login: { id: string }): void {
  if (readCookie(c, `auth0_login_${login.id}`) !== undefined) writeCookie(c, `auth0_login_${login.id}`, '', 0)
}
