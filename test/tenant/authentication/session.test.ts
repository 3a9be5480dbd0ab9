import { request } from 'node:https'
import { decodeJwt } from 'jose'
import { CookieJar } from 'tough-cookie'
import { describe, expect, it } from 'vitest'
import { logIn, userinfo } from '../../../lib/oauth/index.ts'
import { ADA, begin, CALLBACK, callbackOf, GRACE, post, startAcme, tokensOf } from '../acme.ts'

const jar = () => new CookieJar(undefined, { allowSpecialUseDomain: true })

describe('a session', () => {
  it('logs in without a page the second time, silently too, with the same sid', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    const first = await tokensOf(tenant, { jar: cookies })
    const silent = await tokensOf(tenant, {
      jar: cookies,
      password: 'not asked for',
      parameters: { prompt: 'none' },
    })
    expect(decodeJwt(silent.id_token)['sid']).toBe(decodeJwt(first.id_token)['sid'])
    expect(tenant.log.map(({ type }) => type)).toContain('ssa')
  })

  it('is not used with prompt=login, which puts auth_time into the ID token', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    const first = await tokensOf(tenant, { jar: cookies })
    expect(decodeJwt(first.id_token)['auth_time']).toBeUndefined()
    const parameters = { prompt: 'login' }
    await expect(callbackOf(tenant, { jar: cookies, password: 'wrong', parameters })).rejects.toMatchObject({
      error: 'access_denied',
    })
    const second = await tokensOf(tenant, { jar: cookies, parameters })
    expect(decodeJwt(second.id_token)['auth_time']).toEqual(expect.any(Number))
  })

  it('is too old for max_age after so many seconds, and always for 0', async () => {
    let now = Date.now()
    const tenant = await startAcme({ clock: () => new Date(now) })
    const cookies = jar()
    await callbackOf(tenant, { jar: cookies })
    const silent = (max_age: string) =>
      callbackOf(tenant, { jar: cookies, parameters: { prompt: 'none', max_age } }).then(({ callback }) =>
        callback.searchParams.get('error'),
      )
    now += 60_000
    expect(await silent('60')).toBeNull()
    expect(await silent('59')).toBe('login_required')
    expect(await silent('0')).toBe('login_required')
  })

  it('ends when it is idle, and at its end however busy', async () => {
    let now = Date.now()
    const tenant = await startAcme({ clock: () => new Date(now) })
    Object.assign(tenant.state.settings, { idle_session_lifetime: 100, session_lifetime: 250 })
    const cookies = jar()
    const silent = () =>
      callbackOf(tenant, { jar: cookies, parameters: { prompt: 'none' } }).then(({ callback }) =>
        callback.searchParams.get('error'),
      )
    await callbackOf(tenant, { jar: cookies })
    now += 101_000
    expect(await silent()).toBe('login_required')
    await callbackOf(tenant, { jar: cookies })
    for (const _ of [1, 2]) {
      now += 99_000
      expect(await silent()).toBeNull()
    }
    now += 53_000
    expect(await silent()).toBe('login_required')
  })

  it('of a user who was blocked meanwhile refuses the login before any Action', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    await callbackOf(tenant, { jar: cookies })
    for (const user of tenant.state.users.values()) user.blocked = true
    const { callback } = await callbackOf(tenant, { jar: cookies })
    expect(Object.fromEntries(callback.searchParams)).toMatchObject({
      error: 'unauthorized',
      error_description: 'user is blocked',
    })
  })

  it('changes hands when another user logs in in the same browser', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    const ada = await tokensOf(tenant, { jar: cookies })
    const grace = await tokensOf(tenant, { jar: cookies, ...GRACE, parameters: { prompt: 'login' } })
    expect(decodeJwt(grace.id_token).sub).not.toBe(decodeJwt(ada.id_token).sub)
    expect(decodeJwt(grace.id_token)['sid']).not.toBe(decodeJwt(ada.id_token)['sid'])
  })

  it('has an HttpOnly, Lax cookie over http and a Secure, cross-site one over https', async () => {
    const http = await startAcme()
    const cookies = jar()
    await callbackOf(http, { jar: cookies })
    const kept = await cookies.getCookies(http.url)
    const session = kept.find(({ key }) => key === `auth0_${new URL(http.url).port}`)
    expect(session).toMatchObject({ httpOnly: true, secure: false, sameSite: 'lax', path: '/' })

    const https = await startAcme({ https: true })
    const { certificate: ca } = await https.management()
    const [login = ''] = await new Promise<string[]>((resolve, reject) => {
      request(begin(https).url, { ca }, ({ headers }) => resolve(headers['set-cookie'] ?? []))
        .on('error', reject)
        .end()
    })
    expect(login).toMatch(/; HttpOnly; Secure; SameSite=None$/)
  })

  it('is not used with prompt=select_account, and asks for consent with prompt=consent', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    await callbackOf(tenant, { jar: cookies })
    const pages = async (prompt: string) => {
      const { url } = begin(tenant, { parameters: { prompt } })
      const { steps } = await logIn(url, CALLBACK, { ...ADA, jar: cookies })
      return steps.map(({ title }) => title).filter((title) => title !== undefined)
    }
    expect(await pages('select_account')).toEqual(['Log in to Acme Shop'])
    expect(await pages('consent')).toEqual(['Authorize Acme Shop'])
    expect(await pages('login consent')).toEqual(['Log in to Acme Shop', 'Authorize Acme Shop'])
  })
})

describe('the login page', () => {
  async function open() {
    const tenant = await startAcme()
    const start = await fetch(begin(tenant, { parameters: { login_hint: '"><script>' } }).url, {
      redirect: 'manual',
    })
    const cookie = start.headers.getSetCookie().map((text) => text.split(';')[0])
    const address = new URL(start.headers.get('location')!, tenant.url)
    const page = await fetch(address, { headers: { cookie: cookie.join('; ') } })
    const text = await page.text()
    const csrf = /name="csrf" value="([^"]+)"/.exec(text)![1]!
    const send = (
      fields: Record<string, string>,
      headers: Record<string, string> = { cookie: cookie.join('; ') },
    ) => fetch(address, { method: 'POST', body: new URLSearchParams(fields), headers, redirect: 'manual' })
    const fields = { state: address.searchParams.get('state')!, csrf, ...ADA }
    return { tenant, page, text, send, fields, address }
  }

  it('escapes what the app sends, forbids scripts and frames, and is labelled', async () => {
    const { page, text } = await open()
    expect(text).not.toContain('"><script>')
    expect(text).toContain('&quot;&gt;&lt;script&gt;')
    expect(page.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/)
    expect(page.headers.get('x-frame-options')).toBe('DENY')
    expect(page.headers.get('cache-control')).toBe('no-store')
    for (const id of ['username', 'password']) expect(text).toContain(`<label for="${id}">`)
  })

  it('says that the password is wrong without saying whether the user exists', async () => {
    const { send, fields, tenant } = await open()
    const wrong = await send({ ...fields, password: 'nope' })
    const unknown = await send({ ...fields, username: 'nobody@acme.example' })
    expect([wrong.status, unknown.status]).toEqual([400, 400])
    expect(await wrong.text()).toContain('Wrong email or password')
    expect(await unknown.text()).toContain('Wrong email or password')
    expect(tenant.log.map(({ type }) => type)).toEqual(['fp', 'fu'])
    expect((await send(fields)).status).toBe(302)
  })

  it('goes on only in the browser that began, with the token of its form', async () => {
    const { send, fields } = await open()
    expect((await send(fields, {})).status).toBe(400)
    expect((await send(fields, { cookie: 'auth0_browser=other' })).status).toBe(400)
    expect((await send({ ...fields, csrf: 'wrong' })).status).toBe(400)
    expect((await send({ ...fields, state: 'unknown' })).status).toBe(400)
    expect((await send(fields)).status).toBe(302)
  })

  it('is over after an hour, and once it was used', async () => {
    let now = Date.now()
    const tenant = await startAcme({ clock: () => new Date(now) })
    const cookies = jar()
    const start = await fetch(begin(tenant).url, { redirect: 'manual' })
    for (const text of start.headers.getSetCookie()) await cookies.setCookie(text, tenant.url)
    const address = new URL(start.headers.get('location')!, tenant.url)
    const headers = { cookie: await cookies.getCookieString(tenant.url) }
    expect((await fetch(address, { headers })).status).toBe(200)
    now += 60 * 60 * 1000
    const late = await fetch(address, { headers })
    expect(late.status).toBe(400)
    expect(await late.text()).toContain('You may have pressed the back button')
  })

  it('keeps two tabs of one browser apart', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    const one = begin(tenant, { parameters: { state: 'one' } })
    const two = begin(tenant, { parameters: { state: 'two', prompt: 'login' } })
    const [first, second] = await Promise.all(
      [one, two].map(({ url, redirect_uri }) => logIn(url, redirect_uri, { ...ADA, jar: cookies })),
    )
    expect(first!.callback.searchParams.get('state')).toBe('one')
    expect(second!.callback.searchParams.get('state')).toBe('two')
  })
})

describe('logging out', () => {
  const logout = async (address: string, cookies: CookieJar) => {
    const response = await fetch(address, {
      redirect: 'manual',
      headers: { cookie: await cookies.getCookieString(address) },
    })
    for (const text of response.headers.getSetCookie()) await cookies.setCookie(text, address)
    return response
  }
  const silently = (tenant: Awaited<ReturnType<typeof startAcme>>, cookies: CookieJar) =>
    callbackOf(tenant, { jar: cookies, parameters: { prompt: 'none' } }).then(({ callback }) =>
      callback.searchParams.get('error'),
    )

  it.each([
    [
      'the address, whatever its query',
      'client_id=shop&returnTo=http://LOCALHOST:5173/?a=b',
      302,
      'http://LOCALHOST:5173/?a=b',
    ],
    ['the first registered address when none is asked for', 'client_id=shop', 302, 'http://localhost:5173/'],
    ['a page without client and address', '', 200, null],
    [
      'an error for an address that is not registered',
      'client_id=shop&returnTo=https://evil.example/',
      400,
      null,
    ],
    ['an error for another path', 'client_id=shop&returnTo=http://localhost:5173/x', 400, null],
    ['an error for an active address', 'client_id=shop&returnTo=javascript:alert(1)', 400, null],
  ])('at /v2/logout ends the session and answers with %s', async (_, query, status, location) => {
    const tenant = await startAcme()
    const cookies = jar()
    await callbackOf(tenant, { jar: cookies })
    const response = await logout(`${tenant.url}/v2/logout?${query}`, cookies)
    expect(response.status).toBe(status)
    expect(response.headers.get('location')).toBe(location)
    expect(await silently(tenant, cookies)).toBe('login_required')
  })

  it('at /v2/logout goes to an address in any script', async () => {
    const tenant = await startAcme()
    tenant.state.clients.get('shop')!.allowed_logout_urls = ['http://localhost:5173/до-свидания']
    const response = await logout(`${tenant.url}/v2/logout?client_id=shop`, jar())
    expect(response.headers.get('location')).toBe(encodeURI('http://localhost:5173/до-свидания'))
  })

  it('at /oidc/logout compares the address exactly and gives the state back', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    const { id_token } = await tokensOf(tenant, { jar: cookies })
    const address = (fields: Record<string, string>) =>
      `${tenant.url}/oidc/logout?${new URLSearchParams(fields)}`
    const hint = { id_token_hint: id_token }
    const bad = [
      { ...hint, post_logout_redirect_uri: 'http://localhost:5173/?a=b' },
      { ...hint, client_id: 'server' },
      { ...hint, logout_hint: 'another session' },
      { id_token_hint: `${id_token.slice(0, -4)}AAAA` },
    ]
    for (const fields of bad) expect((await logout(address(fields), cookies)).status).toBe(400)
    expect(await silently(tenant, cookies)).toBeNull()
    const post_logout_redirect_uri = 'http://localhost:5173/bye?x=1'
    const good = await logout(address({ ...hint, post_logout_redirect_uri, state: 's' }), cookies)
    expect(good.headers.get('location')).toBe('http://localhost:5173/bye?x=1&state=s')
    expect(await silently(tenant, cookies)).toBe('login_required')
  })

  it('at /oidc/logout asks the user when no hint names their session, whoever sent them there', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    const { id_token } = await tokensOf(tenant, { jar: cookies })
    const grace = jar()
    await tokensOf(tenant, { ...GRACE, jar: grace })
    const registered = { client_id: 'shop', post_logout_redirect_uri: 'http://localhost:5173/', state: 's' }
    const ask = async (browser: CookieJar, fields: Record<string, string>) => {
      const page = await logout(`${tenant.url}/oidc/logout?${new URLSearchParams(fields)}`, browser)
      expect(page.status).toBe(200)
      const text = await page.text()
      expect(text).toContain('Log out?')
      return /name="state" value="([^"]+)"/.exec(text)![1]!
    }
    const answer = async (browser: CookieJar, fields: Record<string, string>) =>
      post(tenant, '/u/logout', fields, { cookie: await browser.getCookieString(tenant.url) })

    // Of another user, of nobody, and a guess.
    await ask(grace, { ...registered, id_token_hint: id_token })
    await ask(cookies, registered)
    await ask(cookies, { ...registered, logout_hint: 'another session' })

    const foreign = await ask(grace, registered)
    expect((await answer(cookies, { state: foreign, action: 'accept' })).status).toBe(400)
    expect((await answer(cookies, { state: 'unknown', action: 'accept' })).status).toBe(400)
    expect((await answer(cookies, { state: await ask(cookies, registered), action: 'deny' })).status).toBe(
      200,
    )
    expect(await silently(tenant, cookies)).toBeNull()

    const state = await ask(cookies, registered)
    const done = await answer(cookies, { state, action: 'accept' })
    expect(done.headers.get('location')).toBe('http://localhost:5173/?state=s')
    expect(await silently(tenant, cookies)).toBe('login_required')
    expect((await answer(cookies, { state, action: 'accept' })).status).toBe(400)
  })

  it('at /oidc/logout asks nobody who is not logged in, or where the tenant does not want it', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    const address = `${tenant.url}/oidc/logout?client_id=shop`
    expect((await logout(address, cookies)).status).toBe(302)
    await callbackOf(tenant, { jar: cookies })
    expect((await logout(address, cookies)).status).toBe(200)
    tenant.state.settings.oidc_logout_prompt_enabled = false
    expect((await logout(address, cookies)).status).toBe(302)
    expect(await silently(tenant, cookies)).toBe('login_required')
  })

  it('leaves access tokens good for /userinfo', async () => {
    const tenant = await startAcme()
    const cookies = jar()
    const { access_token } = await tokensOf(tenant, { jar: cookies })
    await logout(`${tenant.url}/v2/logout`, cookies)
    expect((await userinfo({ issuer: tenant.issuer, access_token })).sub).toMatch(/^auth0\|/)
  })
})
