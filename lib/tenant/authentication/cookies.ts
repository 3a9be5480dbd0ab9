import { getCookie } from 'hono/cookie'
import { serialize } from 'hono/utils/cookie'
import type { Http } from './http.ts'

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

/** Once for each name: what an earlier step of the same request has written is replaced. RFC 6265 section 4.1.1. */
export function writeCookie(c: Http, name: string, value: string, maxAge: number): void {
  const secure = c.req.url.startsWith('https:')
  const full = cookieName(c.req.url, name)
  const others = c.res.headers.getSetCookie().filter((text) => !text.startsWith(`${full}=`))
  const own = serialize(full, value, {
    path: '/',
    httpOnly: true,
    secure,
    sameSite: secure ? 'None' : 'Lax',
    maxAge,
  })
  c.header('set-cookie', undefined)
  for (const text of [...others, own]) c.header('set-cookie', text, { append: true })
}

/** Whether this browser began the login. One cookie for each login, so that tabs do not get in each other's way. */
export function isOwnBrowser(c: Http, login: { id: string; browser: string }): boolean {
  return readCookie(c, `auth0_login_${login.id}`) === login.browser
}

/** Ties a login to the browser, before the first page is shown. */
export function markBrowser(c: Http, login: { id: string; browser: string }): void {
  writeCookie(c, `auth0_login_${login.id}`, login.browser, HOUR)
}

export function unmarkBrowser(c: Http, login: { id: string }): void {
  if (readCookie(c, `auth0_login_${login.id}`) !== undefined) writeCookie(c, `auth0_login_${login.id}`, '', 0)
}
