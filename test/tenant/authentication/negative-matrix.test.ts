import { SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTenant, type Tenant } from '../../../lib/tenant/index.ts'
import { acmeState, begin, CALLBACK, LOCAL, ORDERS, post, SERVER } from '../acme.ts'

/**
 * What every parameter, credential and page has in common: sent twice, too long, of another kind, from another
 * browser, by another method. What is particular to one of them stands beside the tests of its endpoint.
 * Each row says where its answer is from.
 */

let tenant: Tenant
beforeAll(async () => {
  tenant = await startTenant({ state: acmeState(), local: structuredClone(LOCAL) })
})
afterAll(() => tenant.stop())

const AUTHORIZE = ['state', 'nonce', 'scope', 'audience', 'resource', 'code_challenge', 'prompt']
  .concat(['code_challenge_method', 'response_mode', 'max_age', 'login_hint', 'screen_hint', 'connection'])
  .concat(['organization', 'invitation', 'acr_values', 'ui_locales', 'correlation_id', 'ext-own'])
const FIRST = ['response_type', 'client_id', 'redirect_uri']

describe('/authorize', () => {
  it.each(FIRST)('refuses two %s on its own page (RFC 6749 section 3.1)', async (name) => {
    const { url } = begin(tenant)
    url.searchParams.append(name, url.searchParams.get(name)!)
    const response = await fetch(url, { redirect: 'manual' })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain(`Parameter &#39;${name}&#39; must not be sent more than once`)
  })

  it.each(AUTHORIZE)('refuses two %s at the callback (RFC 6749 section 3.1)', async (name) => {
    const { url } = begin(tenant)
    for (const value of ['1', '2']) url.searchParams.append(name, value)
    const response = await fetch(url, { redirect: 'manual' })
    const location = new URL(response.headers.get('location')!)
    expect(location.href.startsWith(`${CALLBACK}?`)).toBe(true)
    expect(Object.fromEntries(location.searchParams)).toEqual({
      error: 'invalid_request',
      error_description: `Parameter '${name}' must not be sent more than once`,
      state: name === 'state' ? expect.any(String) : 'the state',
    })
  })

  it.each([...FIRST, ...AUTHORIZE])(
    'refuses a %s that is too long (auth0.com/docs/secure/attack-protection/state-parameters)',
    async (name) => {
      const { url } = begin(tenant, { parameters: { [name]: 'x'.repeat(9000) } })
      expect((await fetch(url, { redirect: 'manual' })).status).toBe(414)
    },
  )

  it.each([
    ['a line break', '\r\nSet-Cookie: a=b'],
    ['a zero byte', '\0'],
    ['half of a character', '\ud800'],
    ['markup', '"><script>alert(1)</script>'],
  ])(
    'gives back a state with %s as it is, and nothing else with it (RFC 6749 section 4.1.2)',
    async (_, state) => {
      const { url } = begin(tenant, { parameters: { state, prompt: 'none' } })
      const response = await fetch(url, { redirect: 'manual' })
      const location = new URL(response.headers.get('location')!)
      expect(location.searchParams.get('state')).toBe(url.searchParams.get('state'))
      expect(response.headers.get('set-cookie')).toBeNull()
    },
  )

  it.each([
    ['JSON', 'application/json', '{}'],
    ['text', 'text/plain', 'client_id=shop'],
    ['a file', 'multipart/form-data; boundary=x', '--x--'],
  ])('refuses a post of %s on its own page (OpenID Connect Core section 3.1.2.1)', async (_, type, body) => {
    const response = await fetch(`${tenant.url}/authorize`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('A form was expected')
  })
})

const TOKEN_FIELDS = ['grant_type', 'client_id', 'client_secret', 'code', 'code_verifier', 'redirect_uri']
  .concat(['refresh_token', 'scope', 'audience', 'resource', 'organization'])
  .concat(['client_assertion', 'client_assertion_type'])
const ENDPOINTS: [path: string, fields: readonly string[]][] = [
  ['/oauth/token', TOKEN_FIELDS],
  ['/oauth/revoke', ['client_id', 'client_secret', 'token', 'client_assertion']],
  ['/oauth/par', ['client_id', 'client_secret', 'response_type', 'redirect_uri', 'state', 'scope']],
  ['/dbconnections/signup', ['client_id', 'email', 'password', 'connection', 'username']],
]

describe.each(ENDPOINTS)('%s', (path, names) => {
  const send = async (type: string, body: string) => {
    const headers = { 'content-type': type }
    const response = await fetch(tenant.url + path, { method: 'POST', headers, body })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const refused = (status: number, error_description: string) => ({
    status,
    body: { error: 'invalid_request', error_description },
  })

  it.each(names)('refuses two %s (RFC 6749 section 3.2)', async (name) => {
    const body = `${name}=1&a=b&${name}=2`
    expect(await send('application/x-www-form-urlencoded', body)).toEqual(
      refused(400, `Parameter '${name}' must not be sent more than once`),
    )
  })

  it.each(names)('refuses a %s that is no text (RFC 8259, our choice)', async (name) => {
    for (const value of [['1', '2'], { a: 1 }]) {
      expect(await send('application/json', JSON.stringify({ [name]: value }))).toEqual(
        refused(400, `Parameter '${name}' must be a string`),
      )
    }
  })

  it.each(names)('refuses a %s that is too long (our choice)', async (name) => {
    const body = `${name}=${'x'.repeat(70_000)}`
    expect(await send('application/x-www-form-urlencoded', body)).toEqual(
      refused(413, 'The request is too large'),
    )
  })

  it.each(['', '{', 'null', '[]', '"text"', '1'])('refuses the JSON %j (RFC 8259)', async (body) => {
    expect(await send('application/json', body)).toEqual(refused(400, 'Invalid JSON body'))
  })

  it('refuses a body of another type (RFC 9110 section 15.5.16)', async () => {
    expect((await send('text/plain', 'client_id=shop')).status).toBe(415)
  })

  it('takes nothing from the address (RFC 6749 section 2.3.1)', async () => {
    const response = await fetch(`${tenant.url}${path}?client_id=shop&grant_type=refresh_token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(response.status).toBe(400)
  })

  it.each(['constructor', '__proto__', 'toString'])('knows no app named %s', async (client_id) => {
    const { status } = await post(tenant, path, { client_id, grant_type: 'refresh_token', email: 'a@b' })
    expect([400, 401]).toContain(status)
  })
})

describe.each(['login', 'signup', 'organization', 'consent', 'confirm', 'mfa', 'form'])('/u/%s', (page) => {
  /** A login that waits at its first page, as its own browser and as others may send to it. */
  async function waiting() {
    const start = await fetch(begin(tenant).url, { redirect: 'manual' })
    const state = new URL(start.headers.get('location')!, tenant.url).searchParams.get('state')!
    const cookie = start.headers.getSetCookie().map((text) => text.split(';')[0])
    return { state, headers: { cookie: cookie.join('; ') } }
  }
  const address = `/u/${page}`
  const lost = 'we couldn&#39;t find your session'

  it.each([
    ['no login', {}, false],
    ['a login that nobody began', { state: 'unknown', csrf: 'x' }, true],
    ['no token of its form', {}, true],
    ['a wrong token', { csrf: 'wrong' }, true],
    ['another browser', { csrf: 'wrong' }, false],
  ])('refuses a post of %s (the text is that of Auth0)', async (_, fields, own) => {
    const { state, headers } = await waiting()
    const { status, body } = await post(tenant, address, { state, ...fields }, own ? headers : {})
    expect(status).toBe(400)
    expect(String(body)).toContain(lost)
  })

  it('is not shown to another browser', async () => {
    const { state } = await waiting()
    const response = await fetch(`${tenant.url}${address}?state=${state}`)
    expect(response.status).toBe(400)
    expect(await response.text()).toContain(lost)
  })
})

describe('/userinfo answers 401 to', () => {
  const ask = (authorization: string | undefined, url = tenant.url) =>
    fetch(`${url}/userinfo`, { headers: authorization === undefined ? {} : { authorization } })
  const tokensFor = (options: Parameters<Tenant['issueTokens']>[1]) =>
    tenant.issueTokens('ada@acme.example', { client: 'shop', ...options })

  it('no token, without naming an error (RFC 6750 section 3.1)', async () => {
    const response = await ask(undefined)
    expect(response.status).toBe(401)
    expect(await response.text()).toBe('Unauthorized')
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="Users"')
  })

  const TOKENS: [title: string, source: string, make: () => Promise<string>][] = [
    ['something else', 'RFC 6750 section 3.1', async () => 'x.y.z'],
    [
      'a changed token',
      'RFC 7515 section 5.2',
      // The first character of the signature: the last one has bits that count for nothing.
      async () =>
        (await tokensFor({ audience: ORDERS })).access_token.replace(/\..(?=[^.]*$)/, (text) =>
          text === '.A' ? '.B' : '.A',
        ),
    ],
    [
      'an ID token',
      'OpenID Connect Core section 5.3',
      async () => (await tokensFor({ audience: ORDERS })).id_token!,
    ],
    [
      'a token without openid, which is for the API alone',
      'auth0.com/docs/secure/tokens/access-tokens/get-access-tokens',
      async () => (await tokensFor({ audience: ORDERS, scope: 'read:orders' })).access_token,
    ],
    [
      "a token of an API's own secret",
      'auth0.com/docs/secure/tokens/access-tokens/get-access-tokens',
      async () => {
        const api = tenant.state.resourceServers.get('orders')!
        try {
          api.signing_alg = 'HS256'
          return (await tokensFor({ audience: ORDERS })).access_token
        } finally {
          api.signing_alg = 'RS256'
        }
      },
    ],
    [
      'a token that nobody signed',
      'RFC 8725 section 2.1',
      async () => {
        const [, payload] = (await tokensFor({ audience: ORDERS })).access_token.split('.')
        return `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
      },
    ],
    [
      'a token signed with the published key as a secret',
      'RFC 8725 section 2.1',
      async () => {
        const { current } = await tenant.context.keys
        const secret = Buffer.from(current.publicKey.export({ format: 'pem', type: 'spki' }))
        return new SignJWT({ scope: 'openid', sub: [...tenant.state.users.keys()][0]! })
          .setProtectedHeader({ alg: 'HS256', kid: current.kid })
          .setIssuer(tenant.issuer)
          .setAudience(`${tenant.issuer}userinfo`)
          .setExpirationTime('1h')
          .sign(secret)
      },
    ],
    [
      'an expired token',
      'RFC 6750 section 3.1',
      async () => {
        const { current } = await tenant.context.keys
        return new SignJWT({ scope: 'openid', sub: [...tenant.state.users.keys()][0]! })
          .setProtectedHeader({ alg: 'RS256', kid: current.kid })
          .setIssuer(tenant.issuer)
          .setAudience(`${tenant.issuer}userinfo`)
          .setExpirationTime('-1s')
          .sign(current.privateKey)
      },
    ],
  ]
  it.each(TOKENS)('%s (%s)', async (_, _source, make) => {
    const response = await ask(`Bearer ${await make()}`)
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"')
  })

  it('a good token in another scheme, and by another name of this tenant (RFC 6750 section 2.1)', async () => {
    const { access_token } = await tokensFor({ audience: ORDERS })
    expect((await ask(`Bearer ${access_token}`)).status).toBe(200)
    expect((await ask(`Basic ${access_token}`)).status).toBe(401)
    expect((await ask(`DPoP ${access_token}`)).status).toBe(401)
    const other = tenant.url.replace('localhost', '127.0.0.1')
    expect((await ask(`Bearer ${access_token}`, other)).status).toBe(401)
  })

  it('a good token of a user who is blocked or gone, also an opaque one (our choice)', async () => {
    const opaque = (await tokensFor({})).access_token
    const signed = (await tokensFor({ audience: ORDERS })).access_token
    const [user] = tenant.state.users.values()
    user!.blocked = true
    for (const token of [opaque, signed]) expect((await ask(`Bearer ${token}`)).status).toBe(401)
    user!.blocked = false
    tenant.state.users.delete(user!.user_id)
    for (const token of [opaque, signed]) expect((await ask(`Bearer ${token}`)).status).toBe(401)
    tenant.state.users.set(user!.user_id, user!)
    for (const token of [opaque, signed]) expect((await ask(`Bearer ${token}`)).status).toBe(200)
  })
})

describe('/userinfo takes a token in one way only (RFC 6750 section 2)', () => {
  const form = (access_token: string) => ({ method: 'POST', body: new URLSearchParams({ access_token }) })
  const WAYS: [title: string, send: (token: string) => Promise<Response>, status: number][] = [
    ['in the form', (token) => fetch(`${tenant.url}/userinfo`, form(token)), 200],
    // As Auth0's own passport-auth0 sends it.
    ['in the address', (token) => fetch(`${tenant.url}/userinfo?access_token=${token}`), 200],
    [
      'in header and address',
      (token) =>
        fetch(`${tenant.url}/userinfo?access_token=${token}`, {
          headers: { authorization: `Bearer ${token}` },
        }),
      400,
    ],
    [
      'in form and address',
      (token) => fetch(`${tenant.url}/userinfo?access_token=${token}`, form(token)),
      400,
    ],
    [
      'twice in the address',
      (token) => fetch(`${tenant.url}/userinfo?access_token=${token}&access_token=${token}`),
      400,
    ],
  ]
  it.each(WAYS)('%s', async (_, send, status) => {
    const { access_token } = await tenant.issueTokens('ada@acme.example', { client: 'shop' })
    const response = await send(access_token)
    expect(response.status).toBe(status)
    if (status === 200) expect(await response.json()).toMatchObject({ email: 'ada@acme.example' })
    if (status === 400) expect(await response.json()).toMatchObject({ error: 'invalid_request' })
  })
})

describe('every endpoint', () => {
  const METHODS: [path: string, allowed: readonly string[]][] = [
    ['/authorize', ['GET', 'POST']],
    ['/oauth/token', ['POST']],
    ['/oauth/revoke', ['POST']],
    ['/oauth/par', ['POST']],
    ['/userinfo', ['GET', 'POST']],
  ]
  it.each(METHODS)('refuses methods that %s does not have (archived Auth0 errors)', async (path, allowed) => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      if (allowed.includes(method)) continue
      const response = await fetch(tenant.url + path, { method })
      expect([method, response.status]).toEqual([method, 405])
      expect(await response.json()).toMatchObject({ error: 'method_not_allowed' })
    }
  })

  it('says 404 where nothing is, and never 500', async () => {
    for (const path of [
      '/nothing',
      '/u/nothing',
      '/oauth',
      '/.well-known/nothing',
      '/%00',
      '/..%2f..%2fetc',
    ]) {
      expect([path, (await fetch(tenant.url + path)).status]).toEqual([path, 404])
    }
    expect(tenant.log.filter(({ type }) => type === 'fapi')).toEqual([])
  })
})

describe('a client', () => {
  const machine = { grant_type: 'client_credentials', audience: ORDERS }
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  })
  const good = SERVER.client_secret!
  const ROWS: [
    title: string,
    source: string,
    fields: Record<string, string>,
    headers: Record<string, string>,
    status: number,
  ][] = [
    ['with a wrong secret in the header', 'node-auth0#682', {}, basic('server', 'wrong'), 401],
    ['with an empty secret in the header', 'node-auth0#682', {}, basic('server', ''), 401],
    [
      'with an empty secret in the body',
      'node-auth0#682',
      { client_id: 'server', client_secret: '' },
      {},
      401,
    ],
    [
      'with its secret and a space',
      'node-auth0#682',
      { client_id: 'server', client_secret: `${good} ` },
      {},
      401,
    ],
    [
      "with another app's id in the body",
      'RFC 6749 section 2.3',
      { client_id: 'shop' },
      basic('server', good),
      401,
    ],
    [
      'with two methods at once',
      'RFC 6749 section 2.3',
      { client_id: 'server', client_secret: good },
      basic('server', good),
      400,
    ],
    ['with a header that is no base64', 'RFC 7617 section 2', {}, { authorization: 'Basic %%%' }, 400],
    [
      'with a header without a colon',
      'RFC 7617 section 2',
      {},
      { authorization: `Basic ${btoa('server')}` },
      400,
    ],
  ]
  it.each(ROWS)('%s is refused (%s)', async (_, _source, fields, headers, status) => {
    const answer = await post(tenant, '/oauth/token', { ...machine, ...fields }, headers)
    expect(answer.status).toBe(status)
    expect(answer.body['error']).toBe(status === 401 ? 'access_denied' : 'invalid_request')
    expect(JSON.stringify(answer.body)).not.toContain(good)
  })
})
