import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { describe, expect, it } from 'vitest'
import { logIn } from '../../../lib/oauth/index.ts'
import type { Tenant } from '../../../lib/tenant/index.ts'
import { ADA, begin, ORDERS, post, SERVER, startAcme } from '../acme.ts'

const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

describe('private_key_jwt', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey

  async function startWithKey(): Promise<Tenant> {
    const tenant = await startAcme()
    const server = tenant.state.clients.get('server')!
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    server.client_authentication_methods = {
      private_key_jwt: { credentials: [{ id: 'cred_1', pem, alg: 'RS256' }] },
    }
    tenant.state.clientGrants.set('g', {
      id: 'g',
      client_id: 'server',
      audience: ORDERS,
      scope: ['read:orders'],
    })
    return tenant
  }

  interface Claims {
    iss?: string
    sub?: string
    aud?: string
    exp?: number
    iat?: number
    nbf?: number
    jti?: unknown
  }
  function assertion(tenant: Tenant, claims: Claims = {}, key = privateKey, alg = 'RS256'): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const complete = {
      iss: 'server',
      sub: 'server',
      aud: tenant.issuer,
      iat: now,
      exp: now + 60,
      jti: randomUUID(),
    }
    return new SignJWT({ ...complete, ...claims } as Record<string, unknown>)
      .setProtectedHeader({ alg })
      .sign(key)
  }
  const ask = (tenant: Tenant, client_assertion: string, more: Record<string, string> = {}) =>
    post(tenant, '/oauth/token', {
      grant_type: 'client_credentials',
      audience: ORDERS,
      client_assertion_type: TYPE,
      client_assertion,
      ...more,
    })

  it('proves the app, once for each assertion', async () => {
    const tenant = await startWithKey()
    const text = await assertion(tenant)
    expect((await ask(tenant, text)).status).toBe(200)
    expect(await ask(tenant, text)).toMatchObject({ status: 401, body: { error: 'access_denied' } })
    expect((await ask(tenant, await assertion(tenant, {}, privateKey, 'PS256'))).status).toBe(200)
  })

  it('is refused beside a secret: a client has one way to prove itself (RFC 6749 section 2.3)', async () => {
    const tenant = await startWithKey()
    const both = await ask(tenant, await assertion(tenant), { client_secret: 'a secret' })
    expect(both).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  const BAD: [title: string, make: (tenant: Tenant) => Promise<string>, more?: Record<string, string>][] = [
    ['another key', (tenant) => assertion(tenant, {}, other)],
    ['another issuer', (tenant) => assertion(tenant, { iss: 'shop' })],
    ['another subject', (tenant) => assertion(tenant, { sub: 'shop' }), { client_id: 'server' }],
    ['an audience without the final slash', (tenant) => assertion(tenant, { aud: tenant.url })],
    ['a long life', (tenant) => assertion(tenant, { exp: Math.floor(Date.now() / 1000) + 3600 })],
    ['an end in the past', (tenant) => assertion(tenant, { exp: Math.floor(Date.now() / 1000) - 60 })],
    ['a beginning in the future', (tenant) => assertion(tenant, { nbf: Math.floor(Date.now() / 1000) + 60 })],
    ['a making in the future', (tenant) => assertion(tenant, { iat: Math.floor(Date.now() / 1000) + 60 })],
    ['no jti', (tenant) => assertion(tenant, { jti: undefined })],
    ['a jti that is a number', (tenant) => assertion(tenant, { jti: 7 })],
    ['a jti that is an object', (tenant) => assertion(tenant, { jti: {} })],
    ['a jti that is too long', (tenant) => assertion(tenant, { jti: 'x'.repeat(65) })],
    ['an algorithm outside the list', (tenant) => assertion(tenant, {}, privateKey, 'RS512')],
    ['another type', (tenant) => assertion(tenant), { client_assertion_type: 'urn:x' }],
    ['more than 2048 bytes', (tenant) => assertion(tenant, { jti: 'y', ...{ pad: 'x'.repeat(2000) } })],
    ['no JWT at all', async () => 'x.y.z', { client_id: 'server' }],
    ['the secret instead', async () => '', { client_id: 'server', client_secret: SERVER.client_secret! }],
  ]
  it.each(BAD)('is refused with %s', async (_, make, more) => {
    const tenant = await startWithKey()
    expect(await ask(tenant, await make(tenant), more)).toMatchObject({
      status: 401,
      body: { error: 'access_denied', error_description: 'Unauthorized' },
    })
  })
})

describe('/oauth/par', () => {
  const secret = { client_id: 'server', client_secret: SERVER.client_secret }
  const requestOf = (tenant: Tenant) => Object.fromEntries(begin(tenant, { client: SERVER }).url.searchParams)
  const startFrom = (tenant: Tenant, request_uri: string, client_id = 'server') => {
    const url = new URL('/authorize', tenant.url)
    url.search = String(new URLSearchParams({ client_id, request_uri }))
    return url
  }

  it('keeps a request for half a minute, for one use', async () => {
    let now = Date.now()
    const tenant = await startAcme({ clock: () => new Date(now) })
    const push = () => post(tenant, '/oauth/par', { ...requestOf(tenant), ...secret })
    const { status, body } = await push()
    expect(status).toBe(201)
    expect(body).toEqual({
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:[\w-]{32}$/),
      expires_in: 30,
    })
    const url = startFrom(tenant, String(body['request_uri']))
    const { callback } = await logIn(url, SERVER.callbacks![0]!, ADA)
    expect(callback.searchParams.get('code')).toBeTruthy()
    expect((await fetch(url)).status).toBe(400)

    const late = await push()
    now += 30_000
    expect((await fetch(startFrom(tenant, String(late.body['request_uri'])))).status).toBe(400)
  })

  it('is for the app that pushed, and only for apps with a secret', async () => {
    const tenant = await startAcme()
    const { body } = await post(tenant, '/oauth/par', { ...requestOf(tenant), ...secret })
    expect((await fetch(startFrom(tenant, String(body['request_uri']), 'shop'))).status).toBe(400)
    const shop = Object.fromEntries(begin(tenant).url.searchParams)
    expect((await post(tenant, '/oauth/par', shop)).status).toBe(401)
    expect(
      (await post(tenant, '/oauth/par', { ...requestOf(tenant), ...secret, client_secret: 'x' })).status,
    ).toBe(401)
  })

  it('refuses what /authorize would refuse', async () => {
    const tenant = await startAcme()
    const push = (fields: Record<string, string>) =>
      post(tenant, '/oauth/par', { ...requestOf(tenant), ...secret, ...fields })
    expect(await push({ redirect_uri: 'https://evil.example/' })).toMatchObject({
      status: 400,
      body: { error: 'unauthorized_client' },
    })
    expect(await push({ audience: 'https://nowhere/' })).toMatchObject({
      status: 400,
      body: { error: 'access_denied' },
    })
    expect((await push({ request_uri: 'urn:x' })).status).toBe(400)
  })

  it('may be required by the app', async () => {
    const tenant = await startAcme()
    Object.assign(tenant.state.clients.get('server')!, { require_pushed_authorization_requests: true })
    const response = await fetch(begin(tenant, { client: SERVER }).url, { redirect: 'manual' })
    expect(new URL(response.headers.get('location')!).searchParams.get('error_description')).toBe(
      'Pushed Authorization Requests are required by the configured compliance level',
    )
    const { body } = await post(tenant, '/oauth/par', { ...requestOf(tenant), ...secret })
    const pushed = await fetch(startFrom(tenant, String(body['request_uri'])), { redirect: 'manual' })
    expect(pushed.headers.get('location')).toMatch(/^\/u\/login/)
  })
})

describe('a third-party app', () => {
  it('needs PKCE, may not send some parameters, and asks for consent', async () => {
    const tenant = await startAcme()
    Object.assign(tenant.state.clients.get('server')!, {
      is_first_party: false,
      redirection_policy: 'allow_always',
    })
    const errorOf = async (parameters: Record<string, string | undefined>) => {
      const response = await fetch(begin(tenant, { client: SERVER, parameters }).url, { redirect: 'manual' })
      return new URL(response.headers.get('location')!, tenant.url).searchParams.get('error_description')
    }
    expect(await errorOf({ code_challenge: undefined, code_challenge_method: undefined })).toBe(
      "Parameter 'code_challenge' is required",
    )
    expect(await errorOf({ screen_hint: 'signup' })).toBe(
      "Parameter 'screen_hint' is not allowed for this client",
    )
    for (const name of ['request', 'claims', 'id_token_hint', 'my_own', 'constructor']) {
      expect(await errorOf({ [name]: 'x' })).toBe(`Parameter '${name}' is not allowed for this client`)
    }
    expect(await errorOf({ 'ext-own': 'x', display: 'page' })).toBeNull()
    const { url, redirect_uri } = begin(tenant, { client: SERVER })
    const { callback } = await logIn(url, redirect_uri, { ...ADA, consent: false })
    expect(callback.searchParams.get('error')).toBe('access_denied')
  })

  it('sends nobody anywhere with an error, unless its policy says so', async () => {
    const tenant = await startAcme()
    Object.assign(tenant.state.clients.get('server')!, { is_first_party: false })
    for (const parameters of [{ prompt: 'none' }, { audience: 'https://nowhere/' }, { max_age: 'x' }]) {
      const response = await fetch(begin(tenant, { client: SERVER, parameters }).url, { redirect: 'manual' })
      expect([response.status, response.headers.get('location')]).toEqual([400, null])
      expect(await response.text()).toContain('Oops!, something went wrong')
    }
    const { url, redirect_uri } = begin(tenant, { client: SERVER })
    await expect(logIn(url, redirect_uri, { ...ADA, consent: false })).rejects.toMatchObject({
      error_description: 'User did not authorize the request',
    })
    expect((await logIn(url, redirect_uri, ADA)).callback.searchParams.get('code')).toBeTruthy()
  })

  it('has whole addresses as callbacks, and no logout of its own', async () => {
    const tenant = await startAcme()
    const server = tenant.state.clients.get('server')!
    Object.assign(server, {
      callbacks: ['https://*.acme.example/callback'],
      allowed_logout_urls: ['http://localhost:3000/'],
    })
    const statuses = () =>
      Promise.all(
        [
          begin(tenant, { client: SERVER, redirect_uri: 'https://one.acme.example/callback' }).url,
          `${tenant.url}/v2/logout?client_id=server&returnTo=http://localhost:3000/`,
          `${tenant.url}/oidc/logout?client_id=server&post_logout_redirect_uri=http://localhost:3000/`,
        ].map(async (address) => (await fetch(address, { redirect: 'manual' })).status),
      )
    expect(await statuses()).toEqual([302, 302, 302])
    server.is_first_party = false
    expect(await statuses()).toEqual([403, 400, 400])
  })

  it('gets an API only with a grant where the API says so, and no more than the grant', async () => {
    const tenant = await startAcme()
    Object.assign(tenant.state.resourceServers.get('orders')!, {
      subject_type_authorization: { user: { policy: 'require_client_grant' } },
    })
    const { url, redirect_uri } = begin(tenant, { client: SERVER })
    const refused = await fetch(url, { redirect: 'manual' })
    expect(new URL(refused.headers.get('location')!).searchParams.get('error_description')).toBe(
      `Client "server" is not authorized to access resource server "${ORDERS}".`,
    )
    const grant = {
      id: 'g',
      client_id: 'server',
      audience: ORDERS,
      scope: ['read:orders'],
      subject_type: 'user' as const,
    }
    tenant.state.clientGrants.set('g', grant)
    await logIn(url, redirect_uri, ADA)
    expect(tenant.log.at(-1)!.scope).toBe('openid profile email offline_access read:orders')
  })
})
