import { decodeJwt } from 'jose'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { loopbackCertificate } from '../../../lib/tenant/certificate.ts'
import { ACME, ADA, acmeState, deployAction, GRACE, ORDERS_API, post, startAcme } from '../../tenant/acme.ts'
import { callSdk, logInByRedirect, openApp, ready, serve, startApp, typePassword, userOf } from './app.ts'
import { findChromium, launchChromium } from './chromium.ts'

/** `@auth0/auth0-spa-js`, unmodified, in a real browser. */

const executable = findChromium()

describe.skipIf(executable === undefined)('@auth0/auth0-spa-js', () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launchChromium(executable!)
  })
  afterAll(() => browser.close())

  /** A browser profile of its own. */
  async function profile(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
    const context = await browser.newContext(options)
    onTestFinished(() => context.close())
    return context
  }

  const LOGIN_REQUIRED = { error: 'login_required', error_description: 'Login required' }
  const NOT_CACHED = { cacheMode: 'off' }
  const ROTATING = { useRefreshTokens: true, cacheLocation: 'localstorage' }

  /** What the SDK keeps in local storage: the entry with the refresh token. */
  const storedTokens = (tab: Page) =>
    tab.evaluate(() => {
      const { localStorage } = globalThis as unknown as { localStorage: Record<string, string> }
      return Object.entries(localStorage).find(([, text]) => text.includes('refresh_token'))
    }) as Promise<[name: string, text: string]>

  it('logs in with the redirect and gets what the Actions set', async () => {
    const state = acmeState()
    deployAction(
      state,
      'plan',
      `exports.onExecutePostLogin = async (event, api) => {
        for (const token of [api.idToken, api.accessToken]) {
          token.setCustomClaim('https://acme.example/plan', event.user.app_metadata.plan)
        }
      }`,
    )
    const tenant = await startAcme({ state })
    const app = await startApp(tenant)
    const tab = await openApp(await profile(), app)
    expect(await userOf(tab)).toBeUndefined()
    await logInByRedirect(tab, ADA)
    expect(await userOf(tab)).toMatchObject({
      name: 'Ada Lovelace',
      email: ADA.username,
      'https://acme.example/plan': 'team',
    })
    expect(await tab.locator('#state').textContent()).toBe('{"from":"here"}')
    expect(new URL(tab.url()).href).toBe(`${app}/`)
    const token = await callSdk<string>(tab, 'getTokenSilently')
    expect(decodeJwt(token)).toMatchObject({ 'https://acme.example/plan': 'team', azp: 'shop' })
  })

  it('renews silently in a frame, in a new tab too, and for a second API, until the session ends', async () => {
    const tenant = await startAcme()
    const other = 'https://invoices.acme.example/'
    tenant.state.resourceServers.set('invoices', { ...ORDERS_API, id: 'invoices', identifier: other })
    const app = await startApp(tenant, { parameters: { scope: 'openid profile email' } })
    const context = await profile()
    const tab = await openApp(context, app)
    expect(await callSdk(tab, 'getTokenSilently')).toMatchObject(LOGIN_REQUIRED)
    await logInByRedirect(tab, ADA)

    const authorized: string[] = []
    context.on('request', (request) => {
      const url = new URL(request.url())
      if (url.pathname === '/authorize') authorized.push(url.searchParams.get('response_mode') ?? '')
    })
    const { sub } = (await userOf(tab))!
    expect(decodeJwt(await callSdk(tab, 'getTokenSilently', NOT_CACHED)).sub).toBe(sub)
    expect(authorized).toEqual(['web_message'])

    const second = await openApp(context, app)
    expect(decodeJwt(await callSdk(second, 'getTokenSilently')).sub).toBe(sub)
    const forOther = { authorizationParams: { audience: other } }
    expect(decodeJwt(await callSdk(tab, 'getTokenSilently', forOther)).aud).toContain(other)

    await tab.getByRole('button', { name: 'Log out' }).click()
    await tab.waitForURL(`${app}/`)
    await ready(tab)
    expect(await userOf(tab)).toBeUndefined()
    expect(await callSdk(tab, 'getTokenSilently')).toMatchObject(LOGIN_REQUIRED)
    await tab.getByRole('button', { name: 'Log in' }).click()
    await tab.getByLabel('Password').waitFor()
  })

  it('rotates refresh tokens, and is refused when an old one comes again', async () => {
    const tenant = await startAcme()
    const app = await startApp(tenant, { client: ROTATING })
    const tab = await openApp(await profile(), app)
    await logInByRedirect(tab, ADA)
    const tokenOf = ([, text]: [string, string]) => JSON.parse(text).body.refresh_token as string

    const first = await storedTokens(tab)
    const token = await callSdk<string>(tab, 'getTokenSilently', NOT_CACHED)
    expect(decodeJwt(token)['gty']).toBe('refresh_token')
    const second = await storedTokens(tab)
    expect(tokenOf(second)).not.toBe(tokenOf(first))
    await callSdk(tab, 'getTokenSilently', NOT_CACHED)

    // As a thief's copy would come, when the owner has already moved on.
    await tab.evaluate(([name, text]) => {
      const { localStorage } = globalThis as unknown as { localStorage: Record<string, string> }
      localStorage[name!] = text!
    }, first)
    expect(await callSdk(tab, 'getTokenSilently', NOT_CACHED)).toEqual({
      error: 'invalid_grant',
      error_description: 'Unknown or invalid refresh token.',
    })
    expect(tenant.log.at(-1)).toMatchObject({ type: 'ferrt' })
  })

  it('keeps refresh tokens in its worker, and falls back to the frame when they were revoked', async () => {
    const tenant = await startAcme()
    const app = await startApp(tenant, { client: { useRefreshTokens: true, useRefreshTokensFallback: true } })
    const tab = await openApp(await profile(), app)
    await logInByRedirect(tab, ADA)
    const refreshed = await callSdk<string>(tab, 'getTokenSilently', NOT_CACHED)
    expect(decodeJwt(refreshed)['gty']).toBe('refresh_token')

    expect(await callSdk(tab, 'revokeRefreshToken')).toBeUndefined()
    expect(tenant.log.map(({ type }) => type)).toContain('srrt')
    const fallen = await callSdk<string>(tab, 'getTokenSilently', NOT_CACHED)
    expect(decodeJwt(fallen)).not.toHaveProperty('gty')
  })

  it('sends JSON, and falls back to the frame by the words with which its token is refused', async () => {
    const tenant = await startAcme()
    const client = { ...ROTATING, useRefreshTokensFallback: true, useFormData: false }
    const app = await startApp(tenant, { client })
    const context = await profile()
    const bodies: string[] = []
    context.on('request', (request) => {
      if (request.url().endsWith('/oauth/token')) bodies.push(request.postData() ?? '')
    })
    const tab = await openApp(context, app)
    await logInByRedirect(tab, ADA)
    const [, text] = await storedTokens(tab)
    await post(tenant, '/oauth/revoke', { client_id: 'shop', token: JSON.parse(text).body.refresh_token })
    expect(decodeJwt(await callSdk(tab, 'getTokenSilently', NOT_CACHED))).not.toHaveProperty('gty')
    expect(bodies.map((body) => JSON.parse(body).grant_type)).toEqual([
      'authorization_code',
      'refresh_token',
      'authorization_code',
    ])
  })

  it('logs in with a popup', async () => {
    const tenant = await startAcme()
    const app = await startApp(tenant)
    const context = await profile()
    const tab = await openApp(context, app)
    const [popup] = await Promise.all([
      context.waitForEvent('page'),
      tab.getByRole('button', { name: 'Pop up' }).click(),
    ])
    await Promise.all([popup.waitForEvent('close'), typePassword(popup, GRACE)])
    await tab.getByText(GRACE.username).waitFor()
    expect(await userOf(tab)).toMatchObject({ name: 'Grace Hopper' })
  })

  it('logs in to an organization, and not to one of others', async () => {
    const tenant = await startAcme()
    const app = await startApp(tenant, { parameters: { organization: ACME.id } })
    const tab = await openApp(await profile(), app)
    await logInByRedirect(tab, ADA)
    expect(await userOf(tab)).toMatchObject({ org_id: ACME.id })
    expect(decodeJwt(await callSdk(tab, 'getTokenSilently', NOT_CACHED))['org_id']).toBe(ACME.id)

    const stranger = await openApp(await profile(), app)
    await logInByRedirect(stranger, GRACE)
    expect(await userOf(stranger)).toBeUndefined()
    expect(await stranger.locator('#error').textContent()).toMatch(
      new RegExp(`^access_denied: user \\S+ is not part of the ${ACME.id} organization$`),
    )
  })

  it('logs in to an organization by its name, where the tenant allows it', async () => {
    const tenant = await startAcme()
    tenant.state.settings.allow_organization_name_in_authentication_api = true
    const app = await startApp(tenant, { parameters: { organization: 'Acme' } })
    const tab = await openApp(await profile(), app)
    await logInByRedirect(tab, ADA)
    expect(await tab.locator('#error').textContent()).toBe('')
    expect(await userOf(tab)).toMatchObject({ org_id: ACME.id, org_name: 'acme' })
  })

  it('accepts an invitation as an app passes it on', async () => {
    const tenant = await startAcme()
    const parameters = tenant.invite('acme', GRACE.username)
    const app = await startApp(tenant, { parameters })
    const tab = await openApp(await profile(), app)
    await logInByRedirect(tab, GRACE)
    expect(await userOf(tab)).toMatchObject({ email: GRACE.username, org_id: ACME.id })
  })

  it('signs up, and comes back as the new user', async () => {
    const tenant = await startAcme()
    const app = await startApp(tenant, { parameters: { screen_hint: 'signup' } })
    const tab = await openApp(await profile(), app)
    await tab.getByRole('button', { name: 'Log in' }).click()
    await tab.getByRole('heading', { name: 'Sign up' }).waitFor()
    await tab.getByLabel('Email address').fill('linus@acme.example')
    await tab.getByLabel('Password').fill('a password of his own')
    await tab.getByRole('button', { name: 'Continue' }).click()
    await ready(tab)
    expect(await userOf(tab)).toMatchObject({ email: 'linus@acme.example', email_verified: false })
  })

  it('shows why an Action denied the login', async () => {
    const state = acmeState()
    deployAction(
      state,
      'gate',
      "exports.onExecutePostLogin = async (event, api) => { api.access.deny('Not on Sundays & <holidays>') }",
    )
    const tenant = await startAcme({ state })
    const app = await startApp(tenant)
    const tab = await openApp(await profile(), app)
    await logInByRedirect(tab, ADA)
    expect(await userOf(tab)).toBeUndefined()
    expect(await tab.locator('#error').textContent()).toBe('access_denied: Not on Sundays & <holidays>')
    // The browser is logged in, the app is not: silently it hears the same.
    expect(await callSdk(tab, 'getTokenSilently')).toMatchObject({
      error: 'access_denied',
      error_description: 'Not on Sundays & <holidays>',
    })
  })

  it.each(['get', 'post'])('goes with an Action to another site and back by %s', async (method) => {
    const site = await serve((request, response) => {
      const state = new URL(request.url!, 'http://site.invalid').searchParams.get('state')
      const back = `${tenant.url}/continue?state=${state}`
      response.setHeader('content-type', 'text/html')
      response.end(`<!doctype html><title>Terms</title><form method="${method}" action="${back}">
<input type="hidden" name="state" value="${state}"><input type="hidden" name="terms" value="accepted">
<button>I agree</button></form>`)
    })
    const state = acmeState()
    deployAction(
      state,
      'terms',
      `exports.onExecutePostLogin = async (event, api) => {
        if (event.user.user_metadata.terms === true) return
        if (!api.redirect.canRedirect()) return api.access.deny('no terms')
        api.redirect.sendUserTo('http://127.0.0.1:${site}/terms')
      }
      exports.onContinuePostLogin = async (event, api) => {
        api.user.setUserMetadata('terms', true)
        api.idToken.setCustomClaim('https://acme.example/by', event.request.method)
      }`,
    )
    const tenant = await startAcme({ state })
    const app = await startApp(tenant)
    const tab = await openApp(await profile(), app)
    await tab.getByRole('button', { name: 'Log in' }).click()
    await typePassword(tab, ADA)
    await tab.getByRole('button', { name: 'I agree' }).click()
    await ready(tab)
    expect(await tab.locator('#error').textContent()).toBe('')
    expect(await userOf(tab)).toMatchObject({ 'https://acme.example/by': method.toUpperCase() })
    expect(decodeJwt(await callSdk(tab, 'getTokenSilently', NOT_CACHED)).sub).toBeTruthy()
  })

  it('cannot renew silently where the frame is on another site, but can with refresh tokens and a popup', async () => {
    const tenant = await startAcme()
    const app = await startApp(tenant, { host: '127.0.0.1' })
    const context = await profile()
    const tab = await openApp(context, app)
    await logInByRedirect(tab, ADA)
    expect(await userOf(tab)).toMatchObject({ email: ADA.username })
    expect(await callSdk(tab, 'getTokenSilently', NOT_CACHED)).toMatchObject(LOGIN_REQUIRED)

    const rotating = await startApp(tenant, { host: '127.0.0.1', client: ROTATING })
    const other = await openApp(context, rotating)
    await other.getByRole('button', { name: 'Log in' }).click()
    // The session is there for a page at the top.
    await other.getByText(ADA.username).waitFor()
    expect(decodeJwt(await callSdk(other, 'getTokenSilently', NOT_CACHED))['gty']).toBe('refresh_token')
  })

  it('does all of it over https with an https app, the frame too', async () => {
    const tenant = await startAcme({ https: true })
    const app = await startApp(tenant, { tls: await loopbackCertificate(new Date()) })
    const tab = await openApp(await profile({ ignoreHTTPSErrors: true }), app)
    await logInByRedirect(tab, ADA)
    expect(await userOf(tab)).toMatchObject({ email: ADA.username })
    expect(decodeJwt(await callSdk(tab, 'getTokenSilently', NOT_CACHED)).iss).toBe(tenant.issuer)
  })
})
