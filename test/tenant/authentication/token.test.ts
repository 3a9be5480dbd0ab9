import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'
import { readCallback, refresh, userinfo } from '../../../lib/oauth/index.ts'
import { callbackOf, ORDERS, post, SERVER, SHOP, startAcme, tokensOf } from '../acme.ts'

type Fields = Record<string, string | undefined>

async function exchangeFields(tenant: Awaited<ReturnType<typeof startAcme>>): Promise<Fields> {
  const { callback, code_verifier, redirect_uri } = await callbackOf(tenant)
  const { code } = readCallback(callback)
  return { grant_type: 'authorization_code', client_id: 'shop', code, code_verifier, redirect_uri }
}

/** Where each answer is from stands last. */
const REFUSED: [
  title: string,
  fields: Fields,
  status: number,
  error: string,
  description: string,
  source: string,
][] = [
  [
    'no grant_type',
    { grant_type: undefined },
    400,
    'invalid_request',
    'Missing required parameter: grant_type',
    'RFC 6749 section 5.2; oauth2orize',
  ],
  [
    'an unknown grant',
    { grant_type: 'magic' },
    400,
    'unsupported_grant_type',
    'Unsupported grant type: magic',
    'Auth0 OpenAPI (status and code); text of oauth2orize',
  ],
  [
    'the grant __proto__',
    { grant_type: '__proto__' },
    400,
    'unsupported_grant_type',
    'Unsupported grant type: __proto__',
    'Auth0 OpenAPI (status and code); text of oauth2orize',
  ],
  [
    'a grant that the app may not use',
    { grant_type: 'client_credentials' },
    403,
    'unauthorized_client',
    "Grant type 'client_credentials' not allowed for the client.",
    'auth0/ruby-auth0#190; status in auth0/auth0-java#165',
  ],
  [
    'no client',
    { client_id: undefined },
    400,
    'invalid_request',
    'Missing required parameter: client_id',
    'oauth2orize; our choice',
  ],
  ['an unknown client', { client_id: 'nobody' }, 401, 'access_denied', 'Unauthorized', 'field reports'],
  [
    'a secret that the public app does not have',
    { client_secret: 'x' },
    401,
    'access_denied',
    'Unauthorized',
    'our choice',
  ],
  [
    'another app, without its secret',
    { client_id: 'server' },
    401,
    'access_denied',
    'Unauthorized',
    'auth0/node-auth0#682, auth0/auth0.js#317',
  ],
  [
    "another app's code",
    { client_id: 'server', client_secret: 'a secret of the web server' },
    403,
    'invalid_grant',
    'Invalid authorization code',
    'auth0/go-auth0 recordings',
  ],
  [
    'no code',
    { code: undefined },
    400,
    'invalid_request',
    'Missing required parameter: code',
    'Auth0 OpenAPI; auth0-samples/auth0-python-web-app#18',
  ],
  [
    'an unknown code',
    { code: 'no such code' },
    403,
    'invalid_grant',
    'Invalid authorization code',
    'auth0/go-auth0 recordings',
  ],
  [
    'no verifier',
    { code_verifier: undefined },
    400,
    'invalid_request',
    "Parameter 'code_verifier' is required",
    'field reports, status in one',
  ],
  [
    'a wrong verifier',
    { code_verifier: 'x'.repeat(43) },
    403,
    'invalid_grant',
    'Failed to verify code verifier',
    'auth0/node-auth0 fixtures',
  ],
  [
    'another callback',
    { redirect_uri: 'http://localhost:9/other' },
    403,
    'unauthorized_client',
    'The redirect URI is wrong. You sent http://localhost:9, and we expected http://localhost:5173',
    'simonx1/ruby-mcp-client specs',
  ],
  [
    'no callback though one was sent to /authorize',
    { redirect_uri: undefined },
    403,
    'unauthorized_client',
    'The redirect URI is wrong. You sent undefined, and we expected http://localhost:5173',
    'RFC 6749 section 4.1.3; our choice',
  ],
]

describe('/oauth/token refuses', () => {
  it.each(REFUSED)('%s', async (_, fields, status, error, description) => {
    const tenant = await startAcme()
    const complete = await exchangeFields(tenant)
    const answer = await post(tenant, '/oauth/token', { ...complete, ...fields })
    expect(answer.status).toBe(status)
    expect(answer.body).toMatchObject({ error, error_description: description })
    expect(answer.headers.get('cache-control')).toBe('no-store')
    // The refusal was about this one field: the rest is good.
    expect((await post(tenant, '/oauth/token', complete)).status).toBe(200)
  })

  it('a code that has expired', async () => {
    let now = Date.now()
    const tenant = await startAcme({ clock: () => new Date(now) })
    const fields = await exchangeFields(tenant)
    now += 601_000
    expect(await post(tenant, '/oauth/token', fields)).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant', error_description: 'Invalid authorization code' },
    })
  })

  it('a code that comes again, and takes back what it gave', async () => {
    const tenant = await startAcme()
    const fields = await exchangeFields(tenant)
    const { body } = await post(tenant, '/oauth/token', fields)
    expect((await post(tenant, '/oauth/token', fields)).status).toBe(403)
    const again = {
      grant_type: 'refresh_token',
      client_id: 'shop',
      refresh_token: String(body['refresh_token']),
    }
    expect(await post(tenant, '/oauth/token', again)).toMatchObject({
      status: 403,
      body: { error: 'invalid_grant' },
    })
  })

  it('one of two exchanges of the same code at once', async () => {
    const tenant = await startAcme()
    const fields = await exchangeFields(tenant)
    const answers = await Promise.all([1, 2, 3].map(() => post(tenant, '/oauth/token', fields)))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403])
  })

  it('values in the query, a body of another type, and a body that is too large', async () => {
    const tenant = await startAcme()
    const query = await fetch(`${tenant.url}/oauth/token?grant_type=client_credentials`, { method: 'POST' })
    expect(query.status).toBe(400)
    const text = await fetch(`${tenant.url}/oauth/token`, { method: 'POST', body: 'grant_type=x' })
    expect(text.status).toBe(415)
    expect((await post(tenant, '/oauth/token', { code: 'x'.repeat(100_000) })).status).toBe(413)
  })

  it('GET with 405', async () => {
    const tenant = await startAcme()
    const response = await fetch(`${tenant.url}/oauth/token`)
    expect(response.status).toBe(405)
    expect(await response.json()).toMatchObject({ error: 'method_not_allowed' })
  })
})

describe('/oauth/token answers a code', () => {
  it('with tokens of the API and the client, in form and in JSON', async () => {
    const tenant = await startAcme()
    const response = await fetch(`${tenant.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(await exchangeFields(tenant)),
    })
    const body = (await response.json()) as Record<string, string>
    expect(response.status).toBe(200)
    expect(body).toMatchObject({
      token_type: 'Bearer',
      expires_in: 3600,
      scope: 'openid profile email offline_access read:orders write:orders',
    })
    const access = decodeJwt(body['access_token']!)
    expect(access).toMatchObject({
      iss: tenant.issuer,
      aud: [ORDERS, `${tenant.issuer}userinfo`],
      azp: 'shop',
      permissions: ['read:orders', 'write:orders'],
    })
    expect(access.exp! - access.iat!).toBe(3600)
    expect(decodeProtectedHeader(body['access_token']!)).toMatchObject({ alg: 'RS256', typ: 'JWT' })
    expect(decodeJwt(body['id_token']!)).toMatchObject({
      iss: tenant.issuer,
      aud: 'shop',
      nonce: 'the nonce',
    })
  })

  it('with an opaque token when no API was asked for, good for /userinfo alone', async () => {
    const tenant = await startAcme()
    const tokens = await tokensOf(tenant, { parameters: { audience: undefined, scope: 'openid email' } })
    expect(tokens.access_token.split('.')).toHaveLength(5)
    expect(tokens.expires_in).toBe(86_400)
    const profile = await userinfo({ issuer: tenant.issuer, access_token: tokens.access_token })
    expect(Object.keys(profile)).toEqual(['sub', 'email', 'email_verified'])
  })

  it('without an ID token when openid was not asked for, and without a refresh token when offline_access was not', async () => {
    const tenant = await startAcme()
    const tokens = await tokensOf(tenant, { parameters: { scope: 'read:orders' } })
    expect(Object.keys(tokens).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type'])
  })

  it('without a refresh token when the API does not allow offline access', async () => {
    const tenant = await startAcme()
    tenant.state.resourceServers.get('orders')!.allow_offline_access = false
    const tokens = await tokensOf(tenant)
    expect(tokens.refresh_token).toBeUndefined()
    expect(tokens.scope).not.toContain('offline_access')
  })

  it.each([
    ['HS256', 'HS256', 'JWT', 'access_token'],
    ['PS256', 'PS256', 'JWT', 'access_token'],
    ['ES256', 'ES256', 'JWT', 'access_token'],
    ['RS256', 'RS256', 'at+jwt', 'rfc9068_profile'],
  ] as const)(
    'with the signature that the API asks for: %s',
    async (signing_alg, alg, typ, token_dialect) => {
      const tenant = await startAcme()
      Object.assign(tenant.state.resourceServers.get('orders')!, { signing_alg, token_dialect })
      const tokens = await tokensOf(tenant)
      expect(decodeProtectedHeader(tokens.access_token)).toMatchObject({ alg, typ })
    },
  )

  it.each([
    ['access_token', 'JWT', { azp: 'shop' }, ['client_id', 'jti', 'permissions']],
    ['access_token_authz', 'JWT', { azp: 'shop', permissions: ['read:orders', 'write:orders'] }, ['jti']],
    ['rfc9068_profile', 'at+jwt', { client_id: 'shop', jti: expect.any(String) }, ['azp', 'permissions']],
    [
      'rfc9068_profile_authz',
      'at+jwt',
      { client_id: 'shop', permissions: ['read:orders', 'write:orders'] },
      ['azp'],
    ],
  ] as const)('in the dialect %s of the API', async (token_dialect, typ, present, absent) => {
    const tenant = await startAcme()
    tenant.state.resourceServers.get('orders')!.token_dialect = token_dialect
    const { access_token } = await tokensOf(tenant)
    expect(decodeProtectedHeader(access_token).typ).toBe(typ)
    expect(decodeJwt(access_token)).toMatchObject(present)
    for (const name of absent) expect(decodeJwt(access_token)).not.toHaveProperty(name)
  })

  it('that is the same for two refreshes within a second, unless it has a jti', async () => {
    const tenant = await startAcme({ clock: () => new Date(1_790_000_000_000) })
    let { refresh_token } = await tokensOf(tenant)
    const again = async () => {
      const answer = await refresh({ issuer: tenant.issuer, client_id: 'shop', refresh_token })
      refresh_token = answer.refresh_token!
      return answer.access_token
    }
    expect(await again()).toBe(await again())
    tenant.state.resourceServers.get('orders')!.token_dialect = 'rfc9068_profile'
    expect(await again()).not.toBe(await again())
  })

  it('with an RS256 ID token for a public app that is set to HS256', async () => {
    const tenant = await startAcme()
    tenant.state.clients.get('shop')!.jwt_configuration = { alg: 'HS256' }
    expect(decodeProtectedHeader((await tokensOf(tenant)).id_token).alg).toBe('RS256')
  })
})

describe('/oauth/token authenticates', () => {
  it('a confidential app by body and by header', async () => {
    const tenant = await startAcme()
    const fields = { grant_type: 'refresh_token', refresh_token: 'x' }
    const secret = SERVER.client_secret!
    const basic = `Basic ${btoa(`server:${encodeURIComponent(secret)}`)}`
    const byHeader = await post(tenant, '/oauth/token', fields, { authorization: basic })
    expect(byHeader.body['error']).toBe('invalid_grant')
    const byBody = await post(tenant, '/oauth/token', {
      ...fields,
      client_id: 'server',
      client_secret: secret,
    })
    expect(byBody.body['error']).toBe('invalid_grant')
    const both = await post(
      tenant,
      '/oauth/token',
      { ...fields, client_id: 'server', client_secret: secret },
      { authorization: basic },
    )
    expect(both).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })
})

describe('client_credentials', () => {
  const fields = {
    grant_type: 'client_credentials',
    client_id: 'server',
    client_secret: SERVER.client_secret,
    audience: ORDERS,
  }
  const grant = { id: 'cgr_1', client_id: 'server', audience: ORDERS, scope: ['read:orders'] }

  it('needs a client grant and a known API', async () => {
    const tenant = await startAcme()
    expect(await post(tenant, '/oauth/token', fields)).toMatchObject({
      status: 403,
      body: {
        error: 'access_denied',
        error_description: expect.stringContaining(`is not authorized to access "${ORDERS}"`),
      },
    })
    expect(await post(tenant, '/oauth/token', { ...fields, audience: 'https://nowhere/' })).toMatchObject({
      status: 403,
      body: { error_description: 'Service not enabled within domain: https://nowhere/' },
    })
    expect((await post(tenant, '/oauth/token', { ...fields, audience: undefined })).status).toBe(403)
  })

  it('gives the scopes of the grant, no refresh token and no ID token', async () => {
    const tenant = await startAcme()
    tenant.state.clientGrants.set('cgr_1', grant)
    const { status, body } = await post(tenant, '/oauth/token', fields)
    expect(status).toBe(200)
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type'])
    expect(decodeJwt(String(body['access_token']))).toMatchObject({
      sub: 'server@clients',
      aud: ORDERS,
      gty: 'client-credentials',
      azp: 'server',
      scope: 'read:orders',
    })
  })

  it('gives the deploy CLI a Management API token over https, and nobody else', async () => {
    const tenant = await startAcme()
    const ask = (client: Record<string, string>, audience: string) =>
      post(tenant, '/oauth/token', { grant_type: 'client_credentials', ...client, audience })
    const own = { ...(await tenant.management()).client }
    const { status, body } = await ask(own, `${tenant.url}/api/v2/`)
    expect(status).toBe(200)
    const scopes = await tenant.context.managementScopes(`Bearer ${body['access_token']}`, tenant.url)
    expect(scopes).toContain('update:actions')
    expect(
      await tenant.context.managementScopes(
        `Bearer ${body['access_token']}`,
        (await tenant.management()).url,
      ),
    ).toBeUndefined()
    expect((await ask(own, ORDERS)).status).toBe(403)
    const other = { client_id: 'server', client_secret: SERVER.client_secret! }
    expect((await ask(other, `${tenant.url}/api/v2/`)).status).toBe(403)
  })
})

describe('a refresh token', () => {
  const base = (tenant: { issuer: string }) => ({ issuer: tenant.issuer, client_id: SHOP.client_id })

  it('gives new tokens, marked as refreshed, and a new refresh token', async () => {
    const tenant = await startAcme()
    const first = await tokensOf(tenant)
    const second = await refresh({ ...base(tenant), refresh_token: first.refresh_token })
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect(second.scope).toBe(first.scope)
    expect(decodeJwt(second.access_token)['gty']).toBe('refresh_token')
    expect(decodeJwt(second.id_token!)['nonce']).toBeUndefined()
    expect(decodeJwt(second.id_token!)['sid']).toBe(decodeJwt(first.id_token)['sid'])
  })

  it('takes a reduced scope for one access token and keeps its own', async () => {
    const tenant = await startAcme()
    const first = await tokensOf(tenant)
    const reduced = await refresh({
      ...base(tenant),
      refresh_token: first.refresh_token,
      scope: 'openid read:orders export:orders',
    })
    expect(reduced.scope).toBe('openid read:orders')
    const full = await refresh({ ...base(tenant), refresh_token: reduced.refresh_token! })
    expect(full.scope).toBe(first.scope)
  })

  it('that was used before ends its whole family', async () => {
    const tenant = await startAcme()
    const first = await tokensOf(tenant)
    const second = await refresh({ ...base(tenant), refresh_token: first.refresh_token })
    const refused = { code: 'ERR_OAUTH', status: 403, error: 'invalid_grant' }
    await expect(refresh({ ...base(tenant), refresh_token: first.refresh_token })).rejects.toMatchObject({
      ...refused,
      error_description: 'Unknown or invalid refresh token.',
    })
    await expect(refresh({ ...base(tenant), refresh_token: second.refresh_token! })).rejects.toMatchObject(
      refused,
    )
    expect(tenant.log.map(({ type }) => type)).toContain('ferrt')
  })

  it('is used once when two exchanges come at the same time', async () => {
    const tenant = await startAcme()
    const { refresh_token } = await tokensOf(tenant)
    const results = await Promise.allSettled([1, 2].map(() => refresh({ ...base(tenant), refresh_token })))
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  })

  it('may be used again within the overlap period, if it is the one before the newest', async () => {
    let now = Date.now()
    const tenant = await startAcme({ clock: () => new Date(now) })
    tenant.state.clients.get('shop')!.refresh_token!.leeway = 10
    const first = await tokensOf(tenant)
    const second = await refresh({ ...base(tenant), refresh_token: first.refresh_token })
    now += 9_000
    const third = await refresh({ ...base(tenant), refresh_token: first.refresh_token })
    expect(new Set([first, second, third].map((tokens) => tokens.refresh_token)).size).toBe(3)
    await expect(refresh({ ...base(tenant), refresh_token: first.refresh_token })).rejects.toMatchObject({
      status: 403,
    })
    await expect(refresh({ ...base(tenant), refresh_token: third.refresh_token! })).rejects.toMatchObject({
      status: 403,
    })
  })

  it('is not good after the overlap period, its idle time or its end', async () => {
    let now = Date.now()
    const tenant = await startAcme({ clock: () => new Date(now) })
    const settings = tenant.state.clients.get('shop')!.refresh_token!
    Object.assign(settings, { leeway: 10, idle_token_lifetime: 100, token_lifetime: 250 })
    const overlap = await tokensOf(tenant)
    await refresh({ ...base(tenant), refresh_token: overlap.refresh_token })
    now += 10_000
    await expect(refresh({ ...base(tenant), refresh_token: overlap.refresh_token })).rejects.toMatchObject({
      status: 403,
    })

    const idle = await tokensOf(tenant)
    now += 100_000
    await expect(refresh({ ...base(tenant), refresh_token: idle.refresh_token })).rejects.toMatchObject({
      status: 403,
    })

    let { refresh_token } = await tokensOf(tenant)
    for (let i = 0; i < 2; i++) {
      now += 99_000
      refresh_token = (await refresh({ ...base(tenant), refresh_token })).refresh_token!
    }
    now += 52_000
    await expect(refresh({ ...base(tenant), refresh_token })).rejects.toMatchObject({ status: 403 })
  })

  it('stays the same, and good, without rotation', async () => {
    const tenant = await startAcme()
    const web = { client: SERVER, redirect_uri: SERVER.callbacks![0]! }
    const { refresh_token } = await tokensOf(tenant, web)
    const options = {
      ...base(tenant),
      client_id: 'server',
      client_secret: SERVER.client_secret!,
      refresh_token,
    }
    for (let i = 0; i < 2; i++) expect((await refresh(options)).refresh_token).toBeUndefined()
  })

  it.each([
    ['of another app', (token: string) => ({ token, client: SERVER })],
    [
      'with one character changed',
      (token: string) => ({ token: token.replace(/.$/, (last) => (last === '_' ? 'A' : '_')), client: SHOP }),
    ],
    ['with another number', (token: string) => ({ token: token.replace('.0.', '.1.'), client: SHOP })],
  ])('%s is unknown, and the family lives on', async (_, change) => {
    const tenant = await startAcme()
    const { refresh_token } = await tokensOf(tenant)
    const { token, client } = change(refresh_token)
    const options = {
      issuer: tenant.issuer,
      client_id: client.client_id,
      ...(client.client_secret !== undefined && { client_secret: client.client_secret }),
    }
    await expect(refresh({ ...options, refresh_token: token })).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    expect((await refresh({ ...base(tenant), refresh_token })).access_token).toBeTruthy()
  })

  it('of a user who is gone, or blocked, gives nothing', async () => {
    const tenant = await startAcme()
    const { refresh_token } = await tokensOf(tenant)
    const [user] = tenant.state.users.values()
    user!.blocked = true
    await expect(refresh({ ...base(tenant), refresh_token })).rejects.toMatchObject({
      status: 403,
      error: 'access_denied',
    })
    tenant.state.users.clear()
    await expect(refresh({ ...base(tenant), refresh_token })).rejects.toMatchObject({
      error_description: "The refresh_token was generated for a user who doesn't exist anymore.",
    })
  })

  it('follows the permissions that the user has now', async () => {
    const tenant = await startAcme()
    const { refresh_token } = await tokensOf(tenant)
    const [user] = tenant.state.users.values()
    user!.roles = ['reader']
    const { scope } = await refresh({ ...base(tenant), refresh_token })
    expect(scope).toBe('openid profile email offline_access read:orders')
  })
})

describe('/oauth/revoke', () => {
  it('ends a refresh token, and calls an unknown one a success', async () => {
    const tenant = await startAcme()
    const { refresh_token } = await tokensOf(tenant)
    const fields = { client_id: 'shop', token: refresh_token }
    for (let i = 0; i < 2; i++) {
      expect(await post(tenant, '/oauth/revoke', fields)).toMatchObject({ status: 200, body: '' })
    }
    const again = { grant_type: 'refresh_token', client_id: 'shop', refresh_token }
    expect((await post(tenant, '/oauth/token', again)).status).toBe(403)
  })

  it("leaves another app's token alone and asks for what is missing", async () => {
    const tenant = await startAcme()
    const { refresh_token } = await tokensOf(tenant)
    const other = { client_id: 'server', client_secret: SERVER.client_secret, token: refresh_token }
    expect((await post(tenant, '/oauth/revoke', other)).status).toBe(200)
    expect(
      (await refresh({ issuer: tenant.issuer, client_id: 'shop', refresh_token })).access_token,
    ).toBeTruthy()
    expect(await post(tenant, '/oauth/revoke', { client_id: 'shop' })).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    expect((await post(tenant, '/oauth/revoke', { ...other, client_secret: 'wrong' })).status).toBe(401)
  })
})
