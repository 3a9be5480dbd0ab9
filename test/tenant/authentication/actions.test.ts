import { createHmac } from 'node:crypto'
import { decodeJwt } from 'jose'
import { parse } from 'node-html-parser'
import { CookieJar } from 'tough-cookie'
import { afterAll, describe, expect, it } from 'vitest'
import { exchangeCode, logIn, readCallback, refresh, userinfo } from '../../../lib/oauth/index.ts'
import { createIsolatedRuntime } from '../../../lib/runtime/index.ts'
import type { Tenant } from '../../../lib/tenant/index.ts'
import {
  ADA,
  acmeState,
  begin,
  callbackOf,
  deployAction,
  ORDERS,
  post,
  SHOP,
  startAcme,
  tokensOf,
} from '../acme.ts'

/** One child process for all: the tenant does not stop what it did not start. */
const runtime = createIsolatedRuntime()
afterAll(async () => (await runtime).stop())

async function startWith(actions: Record<string, string>): Promise<Tenant> {
  const state = acmeState()
  for (const [name, code] of Object.entries(actions)) deployAction(state, name, code)
  return startAcme({ state, runtime: await runtime })
}

const PLAN = 'https://acme.example/plan'
const ENRICH = `exports.onExecutePostLogin = async (event, api) => {
  api.idToken.setCustomClaim('${PLAN}', event.user.app_metadata.plan)
  api.accessToken.setCustomClaim('${PLAN}', event.user.app_metadata.plan)
}`
const answerOf = async (...args: Parameters<typeof callbackOf>) =>
  Object.fromEntries((await callbackOf(...args)).callback.searchParams)

describe('a deployed and bound Action', () => {
  it('puts claims into both tokens, and /userinfo answers those of the ID token', async () => {
    const tenant = await startWith({ enrich: ENRICH })
    const tokens = await tokensOf(tenant)
    expect(decodeJwt(tokens.access_token)[PLAN]).toBe('team')
    expect(decodeJwt(tokens.id_token)[PLAN]).toBe('team')
    expect(await userinfo({ issuer: tenant.issuer, access_token: tokens.access_token })).toMatchObject({
      [PLAN]: 'team',
    })
  })

  it('cannot overwrite what the tenant says: the write is dropped, and the login goes on', async () => {
    const tenant = await startWith({
      evil: `exports.onExecutePostLogin = async (event, api) => {
        for (const claim of ['iss', 'sub', 'aud', 'exp']) api.accessToken.setCustomClaim(claim, 'evil')
      }`,
    })
    const payload = decodeJwt((await tokensOf(tenant)).access_token)
    expect(payload).toMatchObject({ iss: tenant.issuer, aud: [ORDERS, `${tenant.issuer}userinfo`] })
    const [execution] = tenant.executions
    expect(execution!.tokens!.writes.map(({ claim, verdict }) => [claim, verdict])).toEqual(
      ['iss', 'sub', 'aud', 'exp'].map((claim) => [claim, 'dropped']),
    )
  })

  it('sees the complete event: user, app, API, session, request, no secrets of the request', async () => {
    const tenant = await startWith({
      echo: `exports.onExecutePostLogin = async (event, api) => {
        api.idToken.setCustomClaim('https://acme.example/event', event)
      }`,
    })
    const tokens = await tokensOf(tenant, {
      parameters: { organization: [...tenant.state.organizations.keys()][0] },
    })
    const event = decodeJwt(tokens.id_token)['https://acme.example/event'] as Record<string, unknown>
    expect(event).toMatchObject({
      transaction: {
        protocol: 'oidc-basic-profile',
        requested_scopes: ['openid', 'profile', 'email', 'offline_access', 'read:orders', 'write:orders'],
        redirect_uri: SHOP.callbacks![0],
        response_type: ['code'],
        state: 'the state',
        metadata: {},
      },
      user: { email: ADA.username, app_metadata: { plan: 'team' }, user_metadata: {} },
      client: { client_id: 'shop', name: 'Acme Shop', metadata: {} },
      organization: { name: 'acme', display_name: 'Acme Corporation', metadata: { region: 'eu' } },
      connection: { name: 'Username-Password-Authentication', strategy: 'auth0' },
      resource_server: { identifier: ORDERS },
      authorization: { roles: [] },
      authentication: { methods: [{ name: 'pwd' }] },
      stats: { logins_count: 1 },
      request: { hostname: new URL(tenant.url).host, query: { client_id: 'shop' }, geoip: {} },
      session: { id: decodeJwt(tokens.id_token)['sid'] },
    })
    const text = JSON.stringify(event)
    expect(text).not.toContain(ADA.password)
    expect(text).not.toContain('scrypt')
    expect(event).not.toHaveProperty('refresh_token')
  })

  it('runs on silent logins and on refresh, anew each time', async () => {
    const tenant = await startWith({
      count: `exports.onExecutePostLogin = async (event, api) => {
        const n = (event.user.user_metadata.n ?? 0) + 1
        api.user.setUserMetadata('n', n)
        api.accessToken.setCustomClaim('https://acme.example/n', n)
        api.accessToken.setCustomClaim('https://acme.example/protocol', event.transaction.protocol)
        api.accessToken.setCustomClaim('https://acme.example/asked', event.request.body.scope ?? 'nothing')
      }`,
    })
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    const read = (token: string) => {
      const payload = decodeJwt(token)
      return ['n', 'protocol', 'asked'].map((name) => payload[`https://acme.example/${name}`])
    }
    const first = await tokensOf(tenant, { jar })
    expect(read(first.access_token)).toEqual([1, 'oidc-basic-profile', 'nothing'])
    const silent = await tokensOf(tenant, { jar, parameters: { prompt: 'none' } })
    expect(read(silent.access_token)).toEqual([2, 'oidc-basic-profile', 'nothing'])
    const base = { issuer: tenant.issuer, client_id: 'shop' }
    const second = await refresh({ ...base, refresh_token: first.refresh_token, scope: 'openid' })
    expect(read(second.access_token)).toEqual([3, 'oauth2-refresh-token', 'openid'])
    expect(tenant.executions.map(({ protocol }) => protocol)).toEqual([
      'oidc-basic-profile',
      'oidc-basic-profile',
      'oauth2-refresh-token',
    ])
  })

  it('has settled the tokens when the code is issued: the exchange runs nothing', async () => {
    const tenant = await startWith({ enrich: ENRICH })
    const { callback, ...begun } = await callbackOf(tenant)
    const [ada] = tenant.state.users.values()
    ada!.app_metadata['plan'] = 'changed meanwhile'
    tenant.state.bindings.clear()
    const tokens = await exchangeCode({ ...begun, ...readCallback(callback, { state: 'the state' }) })
    for (const token of [tokens.access_token, tokens.id_token!]) expect(decodeJwt(token)[PLAN]).toBe('team')
    expect(tenant.executions).toHaveLength(1)
  })

  it('denies a login with its reason, and no code is issued', async () => {
    const tenant = await startWith({
      deny: `exports.onExecutePostLogin = async (event, api) => { api.access.deny('Not on a Sunday') }`,
    })
    expect(await answerOf(tenant)).toEqual({
      error: 'access_denied',
      error_description: 'Not on a Sunday',
      state: 'the state',
    })
  })

  it('that throws fails the login and leaves the profile as it was', async () => {
    const tenant = await startWith({
      broken: `exports.onExecutePostLogin = async (event, api) => {
        api.user.setAppMetadata('plan', 'enterprise')
        throw new Error('upstream is down')
      }`,
    })
    expect(await answerOf(tenant)).toMatchObject({ error: 'access_denied' })
    expect([...tenant.state.users.values()][0]!.app_metadata).toEqual({ plan: 'team' })
  })

  it('denies a refresh with 403, and the token stays good for when it allows again', async () => {
    const tenant = await startWith({
      gate: `exports.onExecutePostLogin = async (event, api) => {
        if (event.transaction.protocol !== 'oauth2-refresh-token') return
        if (event.user.app_metadata.closed) api.access.deny('closed')
      }`,
    })
    const { refresh_token } = await tokensOf(tenant)
    const [ada] = tenant.state.users.values()
    ada!.app_metadata['closed'] = true
    const fields = { grant_type: 'refresh_token', client_id: 'shop', refresh_token }
    expect(await post(tenant, '/oauth/token', fields)).toMatchObject({
      status: 403,
      body: { error: 'access_denied', error_description: 'closed' },
    })
    delete ada!.app_metadata['closed']
    expect((await post(tenant, '/oauth/token', fields)).status).toBe(200)
  })

  it('that is slow does not let two refreshes with one token through', async () => {
    const tenant = await startWith({
      slow: `exports.onExecutePostLogin = async () => { await new Promise((done) => setTimeout(done, 100)) }`,
    })
    const { refresh_token } = await tokensOf(tenant)
    const fields = { grant_type: 'refresh_token', client_id: 'shop', refresh_token }
    const answers = await Promise.all([1, 2, 3].map(() => post(tenant, '/oauth/token', fields)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403])
  })

  it('adds and removes scopes of the access token', async () => {
    const tenant = await startWith({
      scopes: `exports.onExecutePostLogin = async (event, api) => {
        api.accessToken.addScope('export:orders')
        api.accessToken.removeScope('write:orders')
      }`,
    })
    const { scope, access_token } = await tokensOf(tenant)
    expect(scope!.split(' ')).toContain('export:orders')
    expect(scope!.split(' ')).not.toContain('write:orders')
    expect(decodeJwt(access_token)['scope']).toBe(scope)
  })

  it('goes on as the user that it names, and refuses one whom nobody knows', async () => {
    const tenant = await startWith({})
    const other = [...tenant.state.users.values()].find(({ email }) => email !== ADA.username)!
    const named = (id: string) =>
      `exports.onExecutePostLogin = async (event, api) => { api.authentication.setPrimaryUser('${id}') }`
    deployAction(tenant.state, 'primary', named(other.user_id))
    const tokens = await tokensOf(tenant)
    expect(decodeJwt(tokens.access_token).sub).toBe(other.user_id)
    expect(decodeJwt(tokens.id_token)).toMatchObject({ sub: other.user_id, email: other.email })

    const refusing = await startWith({ primary: named('auth0|nobody') })
    expect(await answerOf(refusing)).toMatchObject({
      error: 'access_denied',
      error_description: 'The primary user does not exist.',
    })
  })

  it('runs only when it is deployed, in the version that was deployed', async () => {
    const tenant = await startWith({ enrich: ENRICH })
    const action = tenant.state.actions.get('enrich')!
    action.code = `exports.onExecutePostLogin = async (event, api) => { api.access.deny('draft') }`
    expect(decodeJwt((await tokensOf(tenant)).access_token)[PLAN]).toBe('team')
    delete action.deployed_version_id
    expect(decodeJwt((await tokensOf(tenant)).access_token)[PLAN]).toBeUndefined()
  })
})

describe('an Action that redirects', () => {
  const SECRET = 'a secret of the Action and the site'
  const REDIRECT = `exports.onExecutePostLogin = async (event, api) => {
    const token = api.redirect.encodeToken({ secret: '${SECRET}', payload: { wants: 'consent' } })
    api.redirect.sendUserTo('http://localhost:7777/terms', { query: { token } })
  }
  exports.onContinuePostLogin = async (event, api) => {
    const method = event.request.method
    if (method === 'POST') {
      const payload = api.redirect.validateToken({ secret: '${SECRET}', tokenParameterName: 'answer' })
      api.idToken.setCustomClaim('https://acme.example/accepted', payload.accepted)
    }
    api.idToken.setCustomClaim('https://acme.example/method', method)
  }`

  /** Logs in up to the other site; answers how to come back. */
  async function leave(tenant: Tenant) {
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    const begun = begin(tenant)
    const { callback: site } = await logIn(begun.url, 'http://localhost:7777/terms', { ...ADA, jar })
    const state = site.searchParams.get('state')!
    const send = async (method: string, fields: Record<string, string>, cookies = true) => {
      const url = new URL('/continue', tenant.url)
      url.searchParams.set('state', state)
      const response = await fetch(url, {
        method,
        redirect: 'manual',
        headers: cookies ? { cookie: await jar.getCookieString(tenant.url) } : {},
        ...(method === 'POST' && { body: new URLSearchParams(fields) }),
      })
      return { status: response.status, location: response.headers.get('location') }
    }
    return { begun, site, state, send }
  }

  const finish = async (tenant: Tenant, location: string, begun: ReturnType<typeof begin>) => {
    return exchangeCode({
      ...begun,
      issuer: tenant.issuer,
      ...readCallback(location, { state: 'the state' }),
    })
  }

  it('sends the browser away with a state of its own and a token, and goes on at GET /continue', async () => {
    const tenant = await startWith({ enrich: ENRICH, redirect: REDIRECT })
    const { begun, site, state, send } = await leave(tenant)
    expect(state).not.toBe('the state')
    expect(decodeJwt(site.searchParams.get('token')!)).toMatchObject({
      wants: 'consent',
      iss: new URL(tenant.url).host,
    })
    const { location } = await send('GET', {})
    const payload = decodeJwt((await finish(tenant, location!, begun)).id_token!)
    expect(payload).toMatchObject({ 'https://acme.example/method': 'GET', [PLAN]: 'team' })
    expect((await send('GET', {})).status).toBe(400)
  })

  it('runs no Action before it a second time', async () => {
    const tenant = await startWith({
      count: `exports.onExecutePostLogin = async (event, api) => {
        api.user.setUserMetadata('n', (event.user.user_metadata.n ?? 0) + 1)
      }`,
      redirect: REDIRECT,
      after: `exports.onExecutePostLogin = async (event, api) => { api.user.setUserMetadata('after', true) }`,
    })
    const { send } = await leave(tenant)
    const [ada] = tenant.state.users.values()
    expect(ada!.user_metadata).toEqual({ n: 1 })
    await send('GET', {})
    expect(ada!.user_metadata).toEqual({ n: 1, after: true })
    expect(tenant.executions.at(-1)!.pipeline.runs.map(({ action, handler }) => [action, handler])).toEqual([
      ['redirect', 'onContinuePostLogin'],
      ['after', 'onExecutePostLogin'],
    ])
  })

  it('takes a signed answer at POST /continue', async () => {
    const tenant = await startWith({ redirect: REDIRECT })
    const { begun, state, send } = await leave(tenant)
    const [ada] = tenant.state.users.values()
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const body = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({
      sub: ada!.user_id,
      iss: new URL(tenant.url).host,
      exp: Math.floor(Date.now() / 1000) + 60,
      state,
      accepted: true,
    })}`
    const answer = `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`
    const { location } = await send('POST', { answer })
    expect(decodeJwt((await finish(tenant, location!, begun)).id_token!)).toMatchObject({
      'https://acme.example/accepted': true,
      'https://acme.example/method': 'POST',
    })
  })

  it('is continued by nobody but the browser that was sent away', async () => {
    const tenant = await startWith({ redirect: REDIRECT })
    const { send } = await leave(tenant)
    expect((await send('GET', {}, false)).status).toBe(400)
    expect((await fetch(`${tenant.url}/continue`)).status).toBe(400)
    expect((await send('GET', {})).status).toBe(302)
  })

  it('is continued from a site whose post comes without cookies: the post is sent again from here', async () => {
    const tenant = await startWith({ redirect: REDIRECT })
    const { state, send } = await leave(tenant)
    const answer = '"><script>alert(1)</script>'
    const foreign = await fetch(`${tenant.url}/continue?state=${state}`, {
      method: 'POST',
      headers: { origin: 'http://127.0.0.1:7777' },
      body: new URLSearchParams({ answer }),
    })
    expect(foreign.headers.get('referrer-policy')).toBe('same-origin')
    const page = parse(await foreign.text())
    expect(page.querySelector('form')!.getAttribute('action')).toBe(`/continue?state=${state}`)
    expect(page.querySelector('input[name=answer]')!.getAttribute('value')).toBe(answer)
    // Sent from here and still without the cookie: another browser.
    const own = await fetch(`${tenant.url}/continue?state=${state}`, {
      method: 'POST',
      headers: { origin: tenant.url },
      body: new URLSearchParams({ answer }),
    })
    expect(own.status).toBe(400)
    expect((await send('GET', {})).status).toBe(302)
  })

  it('cannot redirect a silent login', async () => {
    const tenant = await startWith({ redirect: REDIRECT })
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    await logIn(begin(tenant).url, 'http://localhost:7777/terms', { ...ADA, jar })
    expect(await answerOf(tenant, { jar, parameters: { prompt: 'none' } })).toMatchObject({
      error: 'interaction_required',
    })
  })
})

describe('an Action that shows a form', () => {
  const FORM = `exports.onExecutePostLogin = async (event, api) => {
    api.prompt.render('ap_profile', { fields: { company: 'Acme & "Sons"' }, vars: { secret: 'kept' } })
  }
  exports.onContinuePostLogin = async (event, api) => {
    api.idToken.setCustomClaim('https://acme.example/prompt', event.prompt)
  }`

  /** Logs in up to the page that stands for the form. */
  async function reach(tenant: Tenant) {
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    const begun = begin(tenant)
    const { callback: form } = await logIn(begun.url, `${tenant.url}/u/form`, { ...ADA, jar })
    const cookie = await jar.getCookieString(tenant.url)
    const page = parse(await (await fetch(form, { headers: { cookie } })).text())
    const send = (fields: Record<string, string>, path = form.pathname + form.search) =>
      post(
        tenant,
        path,
        {
          state: form.searchParams.get('state')!,
          csrf: page.querySelector('[name=csrf]')!.getAttribute('value'),
          ...fields,
        },
        { cookie },
      )
    return { begun, page, send, state: form.searchParams.get('state')! }
  }

  it('goes on with what is typed in for it, and keeps what the browser must not see', async () => {
    const later = `exports.onExecutePostLogin = async (event, api) => {
      api.idToken.setCustomClaim('https://acme.example/later', String(event.prompt))
    }`
    const tenant = await startWith({ enrich: ENRICH, form: FORM, later })
    const { begun, page, send } = await reach(tenant)
    expect(JSON.parse(page.querySelector('textarea')!.text)).toEqual({ company: 'Acme & "Sons"' })
    expect(page.toString()).not.toContain('kept')
    const { headers } = await send({ fields: '{"company":"Ada Ltd","size":3}' })
    const tokens = await exchangeCode({
      ...begun,
      ...readCallback(headers.get('location')!, { state: 'the state' }),
    })
    expect(decodeJwt(tokens.id_token!)).toMatchObject({
      [PLAN]: 'team',
      'https://acme.example/prompt': {
        id: 'ap_profile',
        fields: { company: 'Ada Ltd', size: 3 },
        vars: { secret: 'kept' },
      },
      'https://acme.example/later': 'undefined',
    })
  })

  it('asks again for what is no JSON object, and is not continued at /continue', async () => {
    const tenant = await startWith({ form: FORM })
    const { send, state } = await reach(tenant)
    for (const fields of ['[]', '{', 'null']) {
      const again = await send({ fields })
      expect(again.status).toBe(400)
      expect(String(again.body)).toContain('That is not a JSON object')
    }
    expect((await send({}, `/continue?state=${state}`)).status).toBe(400)
    expect((await send({ csrf: 'another', fields: '{}' })).status).toBe(400)
    expect((await send({ fields: '{}' })).status).toBe(302)
  })

  it('may be followed by an Action that redirects', async () => {
    const tenant = await startWith({
      form: FORM,
      redirect: `exports.onExecutePostLogin = async (event, api) => {
        api.redirect.sendUserTo('http://localhost:7777/next')
      }
      exports.onContinuePostLogin = async () => {}`,
    })
    const { send, state } = await reach(tenant)
    expect((await send({ fields: '{}' })).headers.get('location')).toBe(
      `http://localhost:7777/next?state=${state}`,
    )
    const done = await send({}, `/continue?state=${state}`)
    expect(done.headers.get('location')).toContain('code=')
  })

  it('cannot show it in a silent login', async () => {
    const tenant = await startWith({ form: FORM })
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    await logIn(begin(tenant).url, `${tenant.url}/u/form`, { ...ADA, jar })
    expect(await answerOf(tenant, { jar, parameters: { prompt: 'none' } })).toMatchObject({
      error: 'interaction_required',
    })
  })
})

describe('an Action that wants a second factor', () => {
  const MFA = `exports.onExecutePostLogin = async (event, api) => {
    if (event.user.app_metadata.plan === 'team') api.multifactor.enable('any')
  }`

  it('shows a page, marks the ID token, and is content with it for the session', async () => {
    const tenant = await startWith({ mfa: MFA })
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    const first = await tokensOf(tenant, { jar })
    expect(decodeJwt(first.id_token)).toMatchObject({
      amr: ['mfa'],
      acr: expect.stringContaining('multi-factor'),
    })
    const silent = await tokensOf(tenant, { jar, parameters: { prompt: 'none' } })
    expect(decodeJwt(silent.id_token)).not.toHaveProperty('amr')
  })

  it('does not when a later one takes the demand back', async () => {
    const none = "exports.onExecutePostLogin = async (event, api) => { api.multifactor.enable('none') }"
    const tenant = await startWith({ mfa: MFA, none })
    expect(decodeJwt((await tokensOf(tenant)).id_token)).not.toHaveProperty('amr')
    expect(await answerOf(tenant, { parameters: { prompt: 'login' }, consent: false })).toHaveProperty('code')
  })

  it('cannot be satisfied silently, by cancelling, or on refresh', async () => {
    const tenant = await startWith({ mfa: MFA })
    const jar = new CookieJar(undefined, { allowSpecialUseDomain: true })
    expect(await answerOf(tenant, { jar, consent: false })).toMatchObject({ error: 'access_denied' })
    expect(await answerOf(tenant, { jar, parameters: { prompt: 'none' } })).toMatchObject({
      error: 'login_required',
      error_description: 'Multifactor authentication required',
    })
    const { refresh_token } = await tokensOf(tenant, { jar })
    const fields = { grant_type: 'refresh_token', client_id: 'shop', refresh_token }
    expect(await post(tenant, '/oauth/token', fields)).toMatchObject({
      status: 403,
      body: { error: 'mfa_required', mfa_token: expect.any(String) },
    })
  })
})
