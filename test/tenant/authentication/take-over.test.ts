import { request } from 'node:https'
import { decodeJwt } from 'jose'
import { CookieJar } from 'tough-cookie'
import { describe, expect, it } from 'vitest'
import { logIn, refresh } from '../../../lib/oauth/index.ts'
import type { Tenant } from '../../../lib/tenant/index.ts'
import {
  ADA,
  acmeState,
  begin,
  CALLBACK,
  callbackOf,
  deployAction,
  GRACE,
  startAcme,
  tokensOf,
} from '../acme.ts'

/** What nobody may do with a session that is somebody else's. */

const jar = () => new CookieJar(undefined, { allowSpecialUseDomain: true })
const nameAt = ({ url }: Tenant) => `auth0_${new URL(url).port}`

async function cookieIn(tenant: Tenant, cookies: CookieJar): Promise<string> {
  const found = (await cookies.getCookies(tenant.url)).find(({ key }) => key === nameAt(tenant))
  return found?.value ?? ''
}

/** What a browser with this session cookie gets without a page. */
async function silentlyWith(tenant: Tenant, value: string): Promise<string | null> {
  const { url } = begin(tenant, { parameters: { prompt: 'none' } })
  const headers = { cookie: `${nameAt(tenant)}=${value}` }
  const response = await fetch(url, { headers, redirect: 'manual' })
  return new URL(response.headers.get('location')!).searchParams.get('error')
}

describe('a session', () => {
  it('is not opened by what tokens, Actions and the log say of it', async () => {
    const state = acmeState()
    deployAction(
      state,
      'leak',
      `exports.onExecutePostLogin = async (event, api) => {
        api.idToken.setCustomClaim('https://acme.example/event', JSON.stringify(event))
      }`,
    )
    const tenant = await startAcme({ state })
    const cookies = jar()
    const tokens = await tokensOf(tenant, { jar: cookies })
    const cookie = await cookieIn(tenant, cookies)
    const { sid, ...claims } = decodeJwt(tokens.id_token)
    expect(await silentlyWith(tenant, cookie)).toBeNull()
    expect(await silentlyWith(tenant, String(sid))).toBe('login_required')
    expect(String(claims['https://acme.example/event'])).toContain(String(sid))
    const told = JSON.stringify([claims, decodeJwt(tokens.access_token), tenant.log, tenant.executions])
    expect(told).not.toContain(cookie)
  })

  it.each<[title: string, again: (tenant: Tenant, cookies: CookieJar) => Promise<unknown>, goesOn: boolean]>([
    [
      'the same user logs in again',
      (tenant, cookies) => tokensOf(tenant, { jar: cookies, parameters: { prompt: 'login' } }),
      true,
    ],
    [
      'another user logs in',
      (tenant, cookies) => tokensOf(tenant, { jar: cookies, ...GRACE, parameters: { prompt: 'login' } }),
      false,
    ],
    [
      'somebody signs up',
      (tenant, cookies) =>
        tokensOf(tenant, {
          jar: cookies,
          username: 'new@acme.example',
          password: 'a new password',
          parameters: { prompt: 'login', screen_hint: 'signup' },
        }),
      false,
    ],
    [
      'a second factor is shown',
      (tenant, cookies) => {
        deployAction(
          tenant.state,
          'mfa',
          "exports.onExecutePostLogin = async (event, api) => { api.multifactor.enable('any') }",
        )
        return tokensOf(tenant, { jar: cookies, password: 'not asked for' })
      },
      true,
    ],
  ])('has another cookie once %s, and the old one opens nothing', async (_, again, goesOn) => {
    const tenant = await startAcme()
    const cookies = jar()
    const { id_token } = await tokensOf(tenant, { jar: cookies })
    const before = await cookieIn(tenant, cookies)
    const tokens = (await again(tenant, cookies)) as { id_token: string }
    const after = await cookieIn(tenant, cookies)
    expect(after).not.toBe(before)
    tenant.state.bindings.clear()
    expect(await silentlyWith(tenant, before)).toBe('login_required')
    expect(await silentlyWith(tenant, after)).toBeNull()
    expect(decodeJwt(tokens.id_token)['sid'] === decodeJwt(id_token)['sid']).toBe(goesOn)
  })

  it('keeps its cookie while nobody proves anything anew', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    await callbackOf(tenant, { jar: cookies })
    const before = await cookieIn(tenant, cookies)
    await callbackOf(tenant, { jar: cookies, parameters: { prompt: 'none' } })
    expect(await cookieIn(tenant, cookies)).toBe(before)
  })

  it('cannot be planted: a cookie that the tenant never gave stays without a session after a login', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    await cookies.setCookie(`${nameAt(tenant)}=planted; Path=/`, tenant.url)
    await callbackOf(tenant, { jar: cookies })
    expect(await cookieIn(tenant, cookies)).not.toBe('planted')
    expect(await silentlyWith(tenant, 'planted')).toBe('login_required')
  })

  it('ends a login that another tab has begun with it, when the browser has another session by then', async () => {
    const state = acmeState()
    state.resourceServers.get('orders')!.skip_consent_for_verifiable_first_party_clients = false
    const tenant = await startAcme({ state })
    const cookies = jar()
    const ada = await openConsent(tenant, cookies)
    await logIn(begin(tenant, { parameters: { prompt: 'login' } }).url, CALLBACK, { ...GRACE, jar: cookies })
    const { callback } = await logIn(ada, CALLBACK, { ...ADA, jar: cookies })
    expect(Object.fromEntries(callback.searchParams)).toMatchObject({ error: 'login_required' })
  })

  /** The address of Ada's consent page, where she has stopped. */
  async function openConsent(tenant: Tenant, cookies: CookieJar): Promise<URL> {
    let at = tenant.url
    const stop = async (url: string, init?: RequestInit) => {
      if (new URL(url).pathname !== '/u/consent') return fetch(url, init)
      at = url
      throw new Error('stopped')
    }
    await logIn(begin(tenant).url, CALLBACK, { ...ADA, jar: cookies, fetch: stop }).catch(() => {})
    return new URL(at)
  }

  it('stays the one that a refresh token belongs to', async () => {
    const state = acmeState()
    deployAction(
      state,
      'session',
      `exports.onExecutePostLogin = async (event, api) => {
        api.accessToken.setCustomClaim('https://acme.example/session', event.refresh_token?.session_id ?? event.session.id)
      }`,
    )
    const tenant = await startAcme({ state })
    const cookies = jar()
    const { refresh_token, id_token } = await tokensOf(tenant, { jar: cookies })
    await callbackOf(tenant, { jar: cookies, parameters: { prompt: 'login' } })
    const renewed = await refresh({ issuer: tenant.issuer, client_id: 'shop', refresh_token })
    const { sid } = decodeJwt(id_token)
    expect(decodeJwt(renewed.access_token)['https://acme.example/session']).toBe(sid)
    expect(decodeJwt(renewed.id_token!)['sid']).toBe(sid)
  })

  it('has a cookie over https that no other program of this machine can plant', async () => {
    const tenant = await startAcme({ https: true })
    const { certificate: ca } = await tenant.management()
    const [login = ''] = await new Promise<string[]>((resolve, reject) => {
      request(begin(tenant).url, { ca }, ({ headers }) => resolve(headers['set-cookie'] ?? []))
        .on('error', reject)
        .end()
    })
    expect(login).toMatch(/^__Host-auth0_login_[\w-]+=[\w-]+; .*Path=\/; HttpOnly; Secure; SameSite=None$/)
    expect(login).not.toContain('Domain')
    expect(await tenant.issueTokens(ADA.username)).toMatchObject({ token_type: 'Bearer' })
  })
})
