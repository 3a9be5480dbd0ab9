import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { CookieJar } from 'tough-cookie'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createIsolatedRuntime, type Runtime } from '../../../lib/runtime/index.ts'
import type { StartTenantOptions, Tenant } from '../../../lib/tenant/index.ts'
import { ADA, acmeState, begin, callbackOf, deployAction, post, SHOP, startAcme, tokensOf } from '../acme.ts'

let runtime: Runtime
beforeAll(async () => {
  runtime = await createIsolatedRuntime()
})
afterAll(() => runtime.stop())

const SEEN = 'https://acme.example/seen'

/** A tenant whose Action does what the login asks for in `ext-do`, a refresh in `do`, and tells what it sees. */
async function startWith(options: StartTenantOptions = {}, state = acmeState()): Promise<Tenant> {
  if (state.actions.size === 0) {
    deployAction(
      state,
      'act',
      `exports.onExecutePostLogin = async (event, api) => {
        api.accessToken.setCustomClaim('${SEEN}', {
          session: event.session, refresh_token: event.refresh_token, methods: event.authentication?.methods
        })
        const refresh = event.transaction.protocol === 'oauth2-refresh-token'
        const wanted = refresh ? event.request.body.do : event.request.query['ext-do']
        const now = Number(refresh ? event.request.body.now : event.request.query['ext-now'])
        if (wanted) await (async () => {}).constructor('api', 'now', wanted)(api, now)
      }`,
    )
  }
  return startAcme({ state, runtime, ...options })
}

const browser = () => new CookieJar(undefined, { allowSpecialUseDomain: true })

const doing = (tenant: Tenant, code: string | undefined, others: Record<string, string> = {}) => ({
  parameters: {
    ...others,
    'ext-do': code,
    'ext-now': String(tenant.context.clock().getTime()),
  },
})

async function refreshed(tenant: Tenant, refresh_token: string, code?: string) {
  const { status, body } = await post(tenant, '/oauth/token', {
    grant_type: 'refresh_token',
    client_id: SHOP.client_id,
    refresh_token,
    do: code,
    now: String(tenant.context.clock().getTime()),
  })
  return { status, body: body as Record<string, string> }
}

const seenIn = ({ access_token }: { access_token?: string | undefined }) =>
  decodeJwt(access_token!)[SEEN] as {
    session?: Record<string, unknown>
    refresh_token?: Record<string, unknown>
    methods?: { name: string }[]
  }

const errorOf = async (tenant: Tenant, jar: CookieJar, parameters: Record<string, string> = {}) =>
  (
    await callbackOf(tenant, { jar, parameters: { prompt: 'none', ...parameters } })
  ).callback.searchParams.get('error')

const DEAD = {
  status: 403,
  body: { error: 'invalid_grant', error_description: 'Unknown or invalid refresh token.' },
}

/** A clock that a test moves. */
function clock() {
  const time = { now: Date.parse('2026-03-01T12:00:00.000Z') }
  return { time, clock: () => new Date(time.now) }
}

describe('api.refreshToken.revoke', () => {
  it('ends the exchange with its reason, and the token with it', async () => {
    const tenant = await startWith()
    const { refresh_token } = await tokensOf(tenant)
    const answer = await refreshed(tenant, refresh_token, "api.refreshToken.revoke('device is gone')")
    expect(answer).toEqual({
      status: 403,
      body: { error: 'access_denied', error_description: 'device is gone' },
    })
    expect(await refreshed(tenant, refresh_token)).toEqual(DEAD)
    expect(tenant.log.map(({ type }) => type)).toContain('srrt')
  })

  it('leaves the other tokens of the user alone', async () => {
    const tenant = await startWith()
    const jar = browser()
    const [first, second] = [await tokensOf(tenant, { jar }), await tokensOf(tenant, { jar })]
    await refreshed(tenant, first.refresh_token, "api.refreshToken.revoke('no')")
    expect((await refreshed(tenant, second.refresh_token)).status).toBe(200)
    expect(await errorOf(tenant, jar)).toBeNull()
  })

  it.each([
    ['the Action throws afterwards', "api.refreshToken.revoke('no'); throw new Error('oh')"],
    ['the exchange is denied for another reason', "api.access.deny('not now')"],
  ])('does nothing when %s', async (_, code) => {
    const tenant = await startWith()
    const { refresh_token } = await tokensOf(tenant)
    expect((await refreshed(tenant, refresh_token, code)).body['error']).toBe('access_denied')
    expect((await refreshed(tenant, refresh_token)).status).toBe(200)
  })
})

describe('api.session.revoke', () => {
  it.each([
    ['', 'and its refresh tokens', false],
    [', { preserveRefreshTokens: true }', 'and keeps its refresh tokens when told', true],
  ])('at a login ends the session%s %s', async (option, _, kept) => {
    const tenant = await startWith()
    const jar = browser()
    const { refresh_token } = await tokensOf(tenant, { jar })
    const other = await tokensOf(tenant)
    const begun = await callbackOf(tenant, {
      jar,
      ...doing(tenant, `api.session.revoke('too risky'${option})`, { prompt: 'none' }),
    })
    expect(Object.fromEntries(begun.callback.searchParams)).toMatchObject({
      error: 'access_denied',
      error_description: 'too risky',
    })
    expect(await errorOf(tenant, jar)).toBe('login_required')
    expect((await refreshed(tenant, refresh_token)).status).toBe(kept ? 200 : 403)
    expect((await refreshed(tenant, other.refresh_token)).status).toBe(200)
  })

  it('at a refresh fails the exchange: it has no session', async () => {
    const tenant = await startWith()
    const jar = browser()
    const { refresh_token } = await tokensOf(tenant, { jar })
    expect(await refreshed(tenant, refresh_token, "api.session.revoke('bye')")).toMatchObject({
      status: 403,
      body: { error: 'access_denied', error_description: 'Cannot revoke a session that does not exist.' },
    })
    expect(seenIn((await refreshed(tenant, refresh_token)).body).session).toBeUndefined()
  })

  it('takes the codes of the session that are not exchanged yet', async () => {
    const tenant = await startWith()
    const jar = browser()
    const { callback, code_verifier } = await callbackOf(tenant, { jar })
    await callbackOf(tenant, { jar, ...doing(tenant, "api.session.revoke('no')", { prompt: 'none' }) })
    const { status } = await post(tenant, '/oauth/token', {
      grant_type: 'authorization_code',
      client_id: SHOP.client_id,
      redirect_uri: SHOP.callbacks![0]!,
      code: callback.searchParams.get('code')!,
      code_verifier,
    })
    expect(status).toBe(403)
  })

  it('ends a session that a restart has brought back', async () => {
    const stateFile = await stateFileOf()
    const state = acmeState()
    const first = await startWith({ stateFile }, state)
    const jar = browser()
    const { refresh_token } = await tokensOf(first, { jar })
    const port = Number(new URL(first.url).port)
    await first.stop()
    const second = await startWith({ stateFile, port })
    await callbackOf(second, { jar, ...doing(second, "api.session.revoke('bye')", { prompt: 'none' }) })
    expect(await errorOf(second, jar)).toBe('login_required')
    expect(await refreshed(second, refresh_token)).toEqual(DEAD)
  })
})

describe('ends of life that Actions set', () => {
  it.each([
    ['setExpiresAt', 'expires_at'],
    ['setIdleExpiresAt', 'idle_expires_at'],
  ])('bound the session: %s', async (method, member) => {
    const { time, clock: ticking } = clock()
    const tenant = await startWith({ clock: ticking })
    const jar = browser()
    await tokensOf(tenant, { jar, ...doing(tenant, `api.session.${method}(now + 60_000)`) })
    time.now += 59_000
    const { session } = seenIn(
      await tokensOf(tenant, { jar, parameters: { prompt: 'none', 'ext-do': undefined } }),
    )
    expect(session![member]).toBe('2026-03-01T12:01:00.000Z')
    time.now += 1_000
    const ended = await errorOf(tenant, jar)
    // An idle end has to be set at each use.
    expect(ended).toBe(method === 'setExpiresAt' ? 'login_required' : null)
  })

  it('keep an idle session no longer than was asked for', async () => {
    const { time, clock: ticking } = clock()
    const tenant = await startWith({ clock: ticking })
    const jar = browser()
    await tokensOf(tenant, { jar, ...doing(tenant, 'api.session.setIdleExpiresAt(now + 60_000)') })
    time.now += 60_000
    expect(await errorOf(tenant, jar)).toBe('login_required')
  })

  it.each([
    [
      'the earliest of several calls',
      'setExpiresAt(now + 60_000); api.session.setExpiresAt(now + 90_000)',
      60,
    ],
    ['the tenant’s limit', 'setExpiresAt(now + 1e12)', 7 * 86_400],
  ])('of the session are %s', async (_, call, seconds) => {
    const { time, clock: ticking } = clock()
    const tenant = await startWith({ clock: ticking })
    tenant.state.settings.idle_session_lifetime = 8 * 86_400
    const jar = browser()
    await tokensOf(tenant, { jar, ...doing(tenant, `api.session.${call}`) })
    time.now += seconds * 1000 - 1
    const { session } = seenIn(await tokensOf(tenant, { jar, parameters: { prompt: 'none' } }))
    expect(Date.parse(String(session!['expires_at']))).toBe(time.now + 1)
    time.now += 1
    expect(await errorOf(tenant, jar)).toBe('login_required')
  })

  it('that are over let the login go on, and nothing after it', async () => {
    const { clock: ticking } = clock()
    const tenant = await startWith({ clock: ticking })
    const jar = browser()
    const { refresh_token } = await tokensOf(tenant, {
      jar,
      ...doing(tenant, 'api.session.setExpiresAt(now - 1); api.refreshToken.setExpiresAt(now - 1)'),
    })
    expect(await errorOf(tenant, jar)).toBe('login_required')
    expect(await refreshed(tenant, refresh_token)).toEqual(DEAD)
  })

  it.each(['setExpiresAt', 'setIdleExpiresAt'])(
    'bound the refresh token, before it is there and at an exchange: %s',
    async (method) => {
      const { time, clock: ticking } = clock()
      const tenant = await startWith({ clock: ticking })
      const order = `api.refreshToken.${method}(now + 60_000)`
      const atLogin = await tokensOf(tenant, doing(tenant, order))
      const later = await tokensOf(tenant)
      const atExchange = (await refreshed(tenant, later.refresh_token, order)).body['refresh_token']!
      const free = await tokensOf(tenant)
      time.now += 60_000
      expect(await refreshed(tenant, atLogin.refresh_token)).toEqual(DEAD)
      expect(await refreshed(tenant, atExchange)).toEqual(DEAD)
      expect((await refreshed(tenant, free.refresh_token)).status).toBe(200)
    },
  )

  it('of a refresh token only come closer, and an idle end goes back to the app’s own', async () => {
    const { time, clock: ticking } = clock()
    const tenant = await startWith({ clock: ticking })
    const ends = (token: string, code?: string) => refreshed(tenant, token, code).then(({ body }) => body)
    const { refresh_token } = await tokensOf(
      tenant,
      doing(
        tenant,
        'api.refreshToken.setExpiresAt(now + 60_000); api.refreshToken.setIdleExpiresAt(now + 50_000)',
      ),
    )
    const second = await ends(refresh_token, 'api.refreshToken.setExpiresAt(now + 90_000)')
    const { refresh_token: token } = seenIn(second)
    expect(token).toMatchObject({
      expires_at: '2026-03-01T12:01:00.000Z',
      idle_expires_at: '2026-03-01T12:00:50.000Z',
    })
    time.now += 55_000
    const third = await ends(second['refresh_token']!)
    expect(third['error']).toBeUndefined()
    time.now += 5_000
    expect(await refreshed(tenant, third['refresh_token']!)).toEqual(DEAD)
  })

  it('turn a refresh token that does not expire into one that does', async () => {
    const { time, clock: ticking } = clock()
    const tenant = await startWith({ clock: ticking })
    Object.assign(tenant.state.clients.get('shop')!, {
      app_type: 'regular_web',
      refresh_token: { rotation_type: 'non-rotating', expiration_type: 'non-expiring' },
    })
    const { refresh_token } = await tokensOf(tenant)
    expect(
      (await refreshed(tenant, refresh_token, 'api.refreshToken.setExpiresAt(now + 60_000)')).status,
    ).toBe(200)
    time.now += 60_000
    expect(await refreshed(tenant, refresh_token)).toEqual(DEAD)
  })
})

describe('metadata that Actions write', () => {
  it('of a session is seen by its later logins, of every app, and by no other session', async () => {
    const tenant = await startWith()
    const jar = browser()
    await tokensOf(tenant, {
      jar,
      ...doing(tenant, "api.session.setMetadata('risk', 'low'); api.session.setMetadata('gone', 'soon')"),
    })
    const again = await tokensOf(tenant, {
      jar,
      ...doing(tenant, "api.session.deleteMetadata('gone')", { prompt: 'none' }),
    })
    expect(seenIn(again).session!['metadata']).toEqual({ risk: 'low', gone: 'soon' })
    const last = await tokensOf(tenant, { jar, parameters: { prompt: 'none' } })
    expect(seenIn(last).session!['metadata']).toEqual({ risk: 'low' })
    expect(seenIn(await tokensOf(tenant)).session!['metadata']).toEqual({})
  })

  it('of a refresh token is seen by its exchanges, also what was written before it was there', async () => {
    const tenant = await startWith()
    const first = await tokensOf(tenant, doing(tenant, "api.refreshToken.setMetadata('device', 'phone')"))
    expect(seenIn(first).refresh_token).toBeUndefined()
    const second = await refreshed(
      tenant,
      first.refresh_token,
      "api.refreshToken.setMetadata('used', 'once')",
    )
    expect(seenIn(second.body).refresh_token!['metadata']).toEqual({ device: 'phone' })
    const third = await refreshed(tenant, second.body['refresh_token']!, 'api.refreshToken.evictMetadata()')
    expect(seenIn(third.body).refresh_token!['metadata']).toEqual({ device: 'phone', used: 'once' })
    const fourth = await refreshed(tenant, third.body['refresh_token']!)
    expect(seenIn(fourth.body).refresh_token!['metadata']).toEqual({})
  })

  it.each([
    [
      'is kept when the login is denied',
      "api.session.setMetadata('a', '1'); api.access.deny('no')",
      { a: '1' },
    ],
    ['is lost when an Action throws', "api.session.setMetadata('a', '1'); throw new Error('oh')", {}],
    [
      'takes names that objects have',
      "api.session.setMetadata('__proto__', 'x')",
      JSON.parse('{"__proto__":"x"}'),
    ],
  ])('%s', async (_, code, expected) => {
    const tenant = await startWith()
    const jar = browser()
    await tokensOf(tenant, { jar })
    await callbackOf(tenant, { jar, ...doing(tenant, code, { prompt: 'none' }) })
    const { session } = seenIn(await tokensOf(tenant, { jar, parameters: { prompt: 'none' } }))
    expect(session!['metadata']).toEqual(expected)
  })

  it('and ends of life stay over restarts', async () => {
    const { time, clock: ticking } = clock()
    const stateFile = await stateFileOf()
    const first = await startWith({ stateFile, clock: ticking })
    const jar = browser()
    const { refresh_token } = await tokensOf(first, {
      jar,
      ...doing(
        first,
        `api.session.setMetadata('risk', 'low'); api.refreshToken.setMetadata('device', 'phone')
        api.session.setExpiresAt(now + 60_000); api.refreshToken.setExpiresAt(now + 60_000)
        api.session.setCookieMode('non-persistent')`,
      ),
    })
    const port = Number(new URL(first.url).port)
    await first.stop()
    const second = await startWith({ stateFile, port, clock: ticking })
    expect(seenIn(await tokensOf(second, { jar, parameters: { prompt: 'none' } })).session).toMatchObject({
      metadata: { risk: 'low' },
      expires_at: '2026-03-01T12:01:00.000Z',
      cookie: { mode: 'non-persistent' },
    })
    const exchanged = await refreshed(second, refresh_token)
    expect(seenIn(exchanged.body).refresh_token).toMatchObject({
      metadata: { device: 'phone' },
      expires_at: '2026-03-01T12:01:00.000Z',
    })
    time.now += 60_000
    expect(await errorOf(second, jar)).toBe('login_required')
    expect(await refreshed(second, exchanged.body['refresh_token']!)).toEqual(DEAD)
  })
})

describe('api.session.setCookieMode', () => {
  it.each([
    ['non-persistent', false],
    ['persistent', true],
  ])('%s decides whether the browser keeps the cookie when it is closed', async (mode, kept) => {
    const tenant = await startWith()
    const jar = browser()
    await tokensOf(tenant, { jar })
    const { url } = begin(tenant, doing(tenant, `api.session.setCookieMode('${mode}')`, { prompt: 'none' }))
    const headers = { cookie: await jar.getCookieString(tenant.url) }
    const answer = await fetch(url, { headers, redirect: 'manual' })
    const [cookie = ''] = answer.headers.getSetCookie().filter((text) => text.startsWith('auth0_'))
    expect(/Max-Age=\d{5,}/.test(cookie)).toBe(kept)
    const { session } = seenIn(await tokensOf(tenant, { jar, parameters: { prompt: 'none' } }))
    expect(session!['cookie']).toEqual({ mode })
  })
})

describe('a method that an Action records after a redirect', () => {
  it('is among those of later logins of the session', async () => {
    const state = acmeState()
    deployAction(
      state,
      'away',
      `exports.onExecutePostLogin = async (event, api) => {
        api.accessToken.setCustomClaim('${SEEN}', { methods: event.authentication.methods })
        if (event.authentication.methods.length < 2) api.redirect.sendUserTo('https://factor.example/')
      }
      exports.onContinuePostLogin = async (event, api) => {
        api.authentication.recordMethod('https://factor.example/')
      }`,
    )
    const tenant = await startAcme({ state, runtime })
    const jar = browser()
    let away: URL | undefined
    const stay: typeof fetch = async (input, init) => {
      const url = new URL(String(input))
      if (url.host !== 'factor.example') return fetch(input, init)
      away = url
      return new Response(null, {
        status: 302,
        headers: { location: `${tenant.url}/continue?state=${url.searchParams.get('state')}` },
      })
    }
    await callbackOf(tenant, { jar, fetch: stay })
    expect(away).toBeDefined()
    const { methods } = seenIn(await tokensOf(tenant, { jar, parameters: { prompt: 'none' } }))
    expect(methods!.map(({ name }) => name)).toEqual(['pwd', 'https://factor.example/'])
  })
})

async function stateFileOf(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'claims-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return join(folder, 'state.json')
}

it('what an Action orders in a login of a user is asked of nobody else', async () => {
  const tenant = await startWith()
  const jar = browser()
  await tokensOf(tenant, { jar, ...doing(tenant, "api.session.setMetadata('a', '1')") })
  await callbackOf(tenant, {
    jar: browser(),
    ...ADA,
    ...doing(tenant, "api.session.revoke('no')"),
  })
  expect(await errorOf(tenant, jar)).toBeNull()
})
