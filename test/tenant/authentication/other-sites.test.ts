import { get as plainGet } from 'node:http'
import { get as secureGet } from 'node:https'
import { CookieJar } from 'tough-cookie'
import { describe, expect, it } from 'vitest'
import type { Tenant } from '../../../lib/tenant/index.ts'
import { ADA, acmeState, begin, callbackOf, deployAction, post, startAcme } from '../acme.ts'

/** What a page of another site in the user's browser can do: nothing that its user has not asked for. */

const EVIL = 'https://evil.example'

/** One browser: its cookies, and the headers that it sends of its own accord. */
class Tab {
  readonly cookies = new CookieJar(undefined, { allowSpecialUseDomain: true })

  async open(address: URL | string, init: RequestInit = {}): Promise<Response> {
    const url = String(address)
    const headers = new Headers(init.headers)
    headers.set('cookie', await this.cookies.getCookieString(url))
    const response = await fetch(url, { redirect: 'manual', ...init, headers })
    for (const text of response.headers.getSetCookie()) await this.cookies.setCookie(text, url)
    return response
  }

  /** The page that a login starts with, at its own address. */
  async begin(tenant: Tenant, parameters: Record<string, string> = {}) {
    let at = begin(tenant, { parameters }).url
    for (;;) {
      const response = await this.open(at)
      const location = response.headers.get('location')
      if (location === null) return { at, response, text: await response.text() }
      at = new URL(location, at)
    }
  }
}

const fieldsIn = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/type="hidden" name="(\w+)" value="([^"]*)"/g)].map(([, name, value]) => [
      name!,
      value!,
    ]),
  )

const FOREIGN: [title: string, headers: Record<string, string>][] = [
  ['another site', { origin: EVIL }],
  ['another port of this machine', { origin: 'http://localhost:1' }],
  ['a page without an origin', { origin: 'null' }],
  ['another site, as the browser says', { 'sec-fetch-site': 'cross-site' }],
  ['another port, as the browser says', { 'sec-fetch-site': 'same-site' }],
]

describe('a form of one of our pages', () => {
  const PAGES: [page: string, answer: Record<string, string>, arrange?: (tenant: Tenant) => void][] = [
    ['login', ADA],
    ['signup', { email: 'new@acme.example', password: 'a new password' }],
    ['organization', { organizationName: 'acme' }],
    ['consent', { action: 'accept' }],
    ['confirm', { action: 'accept' }],
    ['mfa', { action: 'accept' }],
    ['form', { fields: '{}' }],
  ]

  /** The tab stands at that page. */
  async function at(page: string) {
    const state = acmeState()
    const shop = state.clients.get('shop')!
    if (page === 'organization') {
      Object.assign(shop, {
        organization_usage: 'require',
        organization_require_behavior: 'pre_login_prompt',
      })
    }
    if (page === 'consent') {
      state.resourceServers.get('orders')!.skip_consent_for_verifiable_first_party_clients = false
    }
    if (page === 'confirm') shop['skip_non_verifiable_callback_uri_confirmation_prompt'] = false
    const commands: Record<string, string> = {
      mfa: "api.multifactor.enable('any')",
      form: "api.prompt.render('ap_1')",
    }
    if (page in commands) {
      deployAction(
        state,
        page,
        `exports.onExecutePostLogin = async (event, api) => { ${commands[page]} }
         exports.onContinuePostLogin = async () => {}`,
      )
    }
    const tenant = await startAcme({ state })
    const tab = new Tab()
    const bare = page === 'login' || page === 'signup' || page === 'organization'
    if (!bare) {
      const jar = tab.cookies
      const bindings = new Map(state.bindings)
      state.bindings.clear()
      Object.assign(shop, { skip_non_verifiable_callback_uri_confirmation_prompt: true })
      state.resourceServers.get('orders')!.skip_consent_for_verifiable_first_party_clients = true
      await callbackOf(tenant, { jar })
      for (const [trigger, list] of bindings) state.bindings.set(trigger, list)
      if (page === 'confirm') shop['skip_non_verifiable_callback_uri_confirmation_prompt'] = false
      if (page === 'consent') {
        state.resourceServers.get('orders')!.skip_consent_for_verifiable_first_party_clients = false
      }
    }
    const {
      at: address,
      text,
      response,
    } = await tab.begin(tenant, page === 'signup' ? { screen_hint: 'signup' } : {})
    expect(address.pathname).toBe(`/u/${page}`)
    return { tenant, tab, address, text, response }
  }

  it.each(PAGES)(
    '(%s) is taken from there only, with its secret, in the browser that has it',
    async (page, answer) => {
      const { tenant, tab, address, text, response } = await at(page)
      expect(response.headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/,
      )
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'referrer-policy': 'same-origin',
        'x-content-type-options': 'nosniff',
        'cache-control': 'no-store',
      })
      const fields = { ...fieldsIn(text), ...answer }
      const users = tenant.state.users.size
      const send = (headers: Record<string, string>, body: Record<string, string> = fields, by = tab) =>
        by.open(address, { method: 'POST', body: new URLSearchParams(body), headers })
      for (const [title, headers] of FOREIGN)
        expect([title, (await send(headers)).status]).toEqual([title, 403])
      expect((await send({}, { ...fields, csrf: 'x' })).status).toBe(400)
      expect((await send({}, { ...answer, state: fields['state']! })).status).toBe(400)
      expect((await send({}, fields, new Tab())).status).toBe(400)
      expect(tenant.state.users.size).toBe(users)
      const { origin } = address
      const own = await send({ origin, 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'navigate' })
      expect([200, 302]).toContain(own.status)
    },
  )

  it('for a logout is taken from there only', async () => {
    const tenant = await startAcme()
    const tab = new Tab()
    await callbackOf(tenant, { jar: tab.cookies })
    const address = `${tenant.url}/oidc/logout`
    const ask = async () => fieldsIn(await (await tab.open(address)).text())
    const send = (fields: Record<string, string>, headers: Record<string, string>) =>
      tab.open(`${tenant.url}/u/logout`, {
        method: 'POST',
        body: new URLSearchParams({ ...fields, action: 'accept' }),
        headers,
      })
    const fields = await ask()
    for (const [title, headers] of FOREIGN) {
      expect([title, (await send(fields, headers)).status]).toEqual([title, 403])
    }
    expect((await tab.open(address)).status).toBe(200)
    expect(await (await send(fields, { origin: tenant.url })).text()).toContain('You are logged out')
  })

  it('sends a browser on by a page, since its own answer may not leave, and a program by a redirect', async () => {
    const { tenant, tab, address, text } = await at('login')
    const body = () => new URLSearchParams({ ...fieldsIn(text), ...ADA })
    const answer = await tab.open(address, { method: 'POST', body: body(), headers: { origin: tenant.url } })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('location')).toBeNull()
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer')
    expect(answer.headers.getSetCookie().join()).toContain('auth0_')
    expect(await answer.text()).toMatch(
      /<meta http-equiv="refresh" content="0;url=http:\/\/localhost:5173\/callback\?code=[\w-]+&amp;state=the\+state">/,
    )
  })
})

describe('another site', () => {
  const NEW = {
    client_id: 'shop',
    email: 'new@acme.example',
    password: 'a new password',
    connection: 'Username-Password-Authentication',
  }

  it.each(FOREIGN.filter(([, { origin }]) => origin !== undefined))(
    'signs nobody up: %s',
    async (_, headers) => {
      const tenant = await startAcme()
      expect(await post(tenant, '/dbconnections/signup', NEW, headers)).toMatchObject({
        status: 403,
        body: { error: 'access_denied' },
      })
      expect(tenant.state.users.size).toBe(2)
      const app = { origin: 'http://localhost:5173' }
      expect((await post(tenant, '/dbconnections/signup', NEW, app)).status).toBe(200)
    },
  )

  it.each([
    ['an image', { 'sec-fetch-dest': 'image', 'sec-fetch-mode': 'no-cors' }],
    ['a frame', { 'sec-fetch-dest': 'iframe', 'sec-fetch-mode': 'navigate' }],
    ['a script', { 'sec-fetch-dest': 'empty', 'sec-fetch-mode': 'no-cors' }],
  ])('logs nobody out by %s; a link does', async (_, headers) => {
    const tenant = await startAcme()
    const tab = new Tab()
    await callbackOf(tenant, { jar: tab.cookies })
    const silent = async () =>
      (
        await callbackOf(tenant, { jar: tab.cookies, parameters: { prompt: 'none' } })
      ).callback.searchParams.get('error')
    const site = { 'sec-fetch-site': 'cross-site' }
    const address = `${tenant.url}/v2/logout?client_id=shop`
    expect((await tab.open(address, { headers: { ...site, ...headers } })).status).toBe(403)
    expect(await silent()).toBeNull()
    const link = { ...site, 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }
    expect((await tab.open(address, { headers: link })).status).toBe(302)
    expect(await silent()).toBe('login_required')
  })

  it('leaves a browser no more than twenty cookies, however many logins it begins there', async () => {
    const tenant = await startAcme()
    const tab = new Tab()
    const first = await tab.begin(tenant)
    for (let n = 0; n < 50; n++) await tab.open(begin(tenant).url)
    const last = await tab.begin(tenant)
    expect(await tab.cookies.getCookies(tenant.url)).toHaveLength(20)
    expect((await tab.open(first.at)).status).toBe(400)
    const body = new URLSearchParams({ ...fieldsIn(last.text), ...ADA })
    expect((await tab.open(last.at, { method: 'POST', body })).status).toBe(302)
  })

  it('reads no answer, of no endpoint', async () => {
    const tenant = await startAcme()
    for (const path of [
      '/authorize',
      '/u/login',
      '/oauth/token',
      '/userinfo',
      '/.well-known/openid-configuration',
      '/.well-known/jwks.json',
      '/api/v2/clients',
      '/oidc/logout',
    ]) {
      for (const method of ['GET', 'POST', 'OPTIONS']) {
        const { headers } = await fetch(tenant.url + path, {
          method,
          headers: { origin: EVIL },
          redirect: 'manual',
        })
        expect([path, method, headers.get('access-control-allow-origin')]).toEqual([path, method, null])
        expect([path, headers.get('x-content-type-options')]).toEqual([path, 'nosniff'])
      }
    }
  })
})

describe('a site that calls itself by a name of its own for this machine (DNS rebinding)', () => {
  const PATHS = [
    '/authorize',
    '/u/login',
    '/oauth/token',
    '/.well-known/openid-configuration',
    '/api/v2/clients',
  ]

  it('gets nothing, at the address of apps and at that of the deploy CLI', async () => {
    const tenant = await startAcme()
    const { url, certificate: ca } = await tenant.management()
    for (const address of [tenant.url, url]) {
      for (const path of PATHS) {
        const status = (host: string) =>
          new Promise<number | undefined>((resolve, reject) => {
            const get = address.startsWith('https:') ? secureGet : plainGet
            get(address + path, { ca, servername: 'localhost', headers: { host } }, (response) => {
              response.resume()
              resolve(response.statusCode)
            }).on('error', reject)
          })
        const { port } = new URL(address)
        for (const host of [
          `evil.example:${port}`,
          'evil.example',
          `localhost.evil.example:${port}`,
          'localhost:1',
        ]) {
          expect([path, host, await status(host)]).toEqual([path, host, 421])
        }
        expect(await status(`LOCALHOST:${port}`)).not.toBe(421)
      }
    }
  })
})
