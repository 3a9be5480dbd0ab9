import { createHash } from 'node:crypto'
import { CookieJar } from 'tough-cookie'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCodeVerifier, logIn } from '../../../lib/oauth/index.ts'
import { startTenant, type Tenant } from '../../../lib/tenant/index.ts'
import {
  ADA,
  acmeState,
  begin,
  CALLBACK,
  callbackOf,
  LOCAL,
  ORDERS,
  post,
  SERVER,
  tokensOf,
} from '../acme.ts'

/**
 * The second half of the negative matrix: values that are nearly right, headers that must always be there, and
 * what another site can make a browser do. Each row says where its answer is from.
 */

let tenant: Tenant
beforeAll(async () => {
  tenant = await startTenant({ state: acmeState(), local: structuredClone(LOCAL) })
})
afterAll(() => tenant.stop())

const jar = () => new CookieJar(undefined, { allowSpecialUseDomain: true })

/** Where `/authorize` sends a browser without a session; `undefined` for a page of its own. */
async function authorized(parameters: Record<string, string | undefined>) {
  const response = await fetch(begin(tenant, { parameters }).url, { redirect: 'manual' })
  const location = response.headers.get('location')
  return { status: response.status, to: location === null ? undefined : new URL(location, tenant.url) }
}

describe('/authorize', () => {
  it.each([
    ['response_type', 'CODE', 'unsupported_response_type'],
    ['response_type', 'code token', 'unauthorized_client'],
    ['code_challenge_method', 's256', 'invalid_request'],
    ['code_challenge_method', 'S512', 'invalid_request'],
    ['prompt', 'NONE', 'invalid_request'],
    ['response_mode', 'Query', 'invalid_request'],
    ['max_age', '-1', 'invalid_request'],
    ['max_age', '1e3', 'invalid_request'],
    ['max_age', '60 ', 'invalid_request'],
    ['audience', ORDERS.toUpperCase(), 'access_denied'],
    ['audience', ORDERS.slice(0, -1), 'access_denied'],
    ['audience', `${ORDERS} ${ORDERS}`, 'access_denied'],
    ['connection', 'username-password-authentication', 'invalid_request'],
    ['organization', 'ORG_x', 'invalid_request'],
    ['organization', 'org_x\0', 'invalid_request'],
    // OpenID Connect Core section 6.1: a request object that is not read must not be passed over.
    ['request', 'eyJhbGciOiJub25lIn0.e30.', 'request_not_supported'],
  ])('refuses %s=%j at the callback (RFC 6749 section 3.1: values have case)', async (name, value, error) => {
    const { to } = await authorized({ [name]: value })
    expect(to!.origin + to!.pathname).toBe(CALLBACK)
    expect(to!.searchParams.get('error')).toBe(error)
    expect(to!.searchParams.get('state')).toBe('the state')
  })

  it.each([
    ['client_id', 'SHOP'],
    ['client_id', ' shop'],
    ['client_id', 'shop\0'],
    ['client_id', '__proto__'],
    ['response_type', ''],
    ['client_id', ''],
    ['request_uri', 'https://evil.example/request.jwt'],
    ['request_uri', 'urn:ietf:params:oauth:request_uri:unknown'],
  ])('refuses %s=%j on its own page', async (name, value) => {
    expect(await authorized({ [name]: value })).toMatchObject({ status: 400, to: undefined })
  })

  it.each(['scope', 'audience', 'state', 'nonce', 'prompt', 'max_age', 'login_hint', 'connection'])(
    'takes an empty %s as not sent (RFC 6749 section 3.1)',
    async (name) => {
      expect((await authorized({ [name]: '' })).to!.pathname).toBe('/u/login')
    },
  )

  it('knows parameters by their exact names', async () => {
    const { url } = begin(tenant)
    url.searchParams.set('Client_Id', 'shop')
    url.searchParams.delete('client_id')
    const response = await fetch(url, { redirect: 'manual' })
    expect(await response.text()).toContain('Missing required parameter: client_id')
  })

  const GOOD = createHash('sha256').update('x').digest('base64url')
  it.each([
    ['padding', `${GOOD}=`],
    ['a character less', GOOD.slice(1)],
    ['a character more', `${GOOD}A`],
    ['plain base64', `+/${GOOD.slice(2)}`],
    ['hexadecimal', createHash('sha256').update('x').digest('hex')],
    ['other letters', `é${GOOD.slice(1)}`],
    ['a line break', `${GOOD}\n`],
    ['nothing in it', ''],
  ])('refuses a code_challenge with %s (RFC 7636 section 4.2)', async (_, code_challenge) => {
    const { to } = await authorized({ code_challenge })
    expect(to!.searchParams.get('error')).toBe('invalid_request')
  })

  it.each([
    `${CALLBACK}/`,
    `${CALLBACK}/../callback`,
    `${CALLBACK}/%2e%2e/callback`,
    `${CALLBACK}?x=1`,
    `${CALLBACK}%00`,
    CALLBACK.replace('localhost', 'LOCALHOST'),
    CALLBACK.replace('localhost', 'localhost.'),
    CALLBACK.replace('localhost', '127.0.0.1'),
    CALLBACK.replace('localhost', '[::1]'),
    CALLBACK.replace('5173', '5174'),
    CALLBACK.replace('http:', 'https:'),
    CALLBACK.replace('http:', 'HTTP:'),
    CALLBACK.replace('//', '//user:password@'),
    CALLBACK.replace('//localhost', '//localhost@evil.example'),
    CALLBACK.replace('//', '/\\'),
    ` ${CALLBACK}`,
    `${CALLBACK} `,
    `${CALLBACK}\r\nX: y`,
    '//localhost:5173/callback',
    '/callback',
    'https://*.acme.example/callback',
    'https://evil.example\\.acme.example/callback',
    'https://evil.example%2f.acme.example/callback',
    'https://a%2eb.acme.example/callback',
  ])('refuses the callback %j on its own page (exact comparison)', async (redirect_uri) => {
    expect(await authorized({ redirect_uri })).toMatchObject({ status: 403, to: undefined })
  })

  it('drops the fragment of a callback, whatever is in it', async () => {
    const { to } = await authorized({ redirect_uri: `${CALLBACK}#@evil.example/`, prompt: 'none' })
    expect(to!.href.startsWith(`${CALLBACK}?error=`)).toBe(true)
  })

  it('takes a pushed request once, from one request_uri, for the app that pushed it', async () => {
    const { client_secret } = SERVER
    const pushed = async () => {
      const fields = { client_id: 'server', client_secret, response_type: 'code', scope: 'openid' }
      return String((await post(tenant, '/oauth/par', fields)).body['request_uri'])
    }
    const ask = async (query: string) => {
      const response = await fetch(`${tenant.url}/authorize?${query}`, { redirect: 'manual' })
      return response.status
    }
    const uri = await pushed()
    expect(await ask(`client_id=shop&request_uri=${uri}`)).toBe(400)
    expect(await ask(`client_id=server&request_uri=${uri}&request_uri=${await pushed()}`)).toBe(400)
    expect(await ask(`client_id=server&client_id=server&request_uri=${uri}`)).toBe(400)
    expect(await ask(`client_id=server&request_uri=${uri}`)).toBe(302)
    expect(await ask(`client_id=server&request_uri=${uri}`)).toBe(400)
  })
})

describe('/oauth/token', () => {
  const exchange = async (begun: Awaited<ReturnType<typeof callbackOf>>, code_verifier: string) =>
    post(tenant, '/oauth/token', {
      grant_type: 'authorization_code',
      client_id: 'shop',
      code: begun.callback.searchParams.get('code')!,
      redirect_uri: CALLBACK,
      code_verifier,
    })
  const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url')

  it.each([
    ['42 characters', 'v'.repeat(42)],
    ['129 characters', 'v'.repeat(129)],
    ['a space', `${'v'.repeat(42)} `],
    ['a plus', `${'v'.repeat(42)}+`],
    ['a line break', `${'v'.repeat(43)}\n`],
    ['a zero byte', `${'v'.repeat(43)}\0`],
    ['other letters', `${'v'.repeat(43)}é`],
  ])('refuses a verifier of %s, though its hash is right (RFC 7636 section 4.1)', async (_, verifier) => {
    const begun = await callbackOf(tenant, { parameters: { code_challenge: challengeOf(verifier) } })
    const { status, body } = await exchange(begun, verifier)
    expect([status, body['error']]).toEqual([403, 'invalid_grant'])
  })

  it.each([
    ['43 characters', 'v'.repeat(43)],
    ['128 characters of every kind', 'Az09-._~'.repeat(16)],
  ])('takes a verifier of %s', async (_, verifier) => {
    const begun = await callbackOf(tenant, { parameters: { code_challenge: challengeOf(verifier) } })
    expect((await exchange(begun, verifier)).status).toBe(200)
  })

  it('refuses the challenge as a verifier, and the verifier in another case (RFC 7636 section 4.6)', async () => {
    const verifier = createCodeVerifier()
    const begun = await callbackOf(tenant, { parameters: { code_challenge: challengeOf(verifier) } })
    for (const wrong of [challengeOf(verifier), verifier.toUpperCase(), `${verifier}=`]) {
      expect((await exchange(begun, wrong)).status).toBe(403)
    }
    expect((await exchange(begun, verifier)).status).toBe(200)
  })

  it('refuses a verifier where no challenge was sent (RFC 9700 section 2.1.1)', async () => {
    const parameters = { code_challenge: undefined, code_challenge_method: undefined, audience: undefined }
    const { callback, redirect_uri } = await callbackOf(tenant, { client: SERVER, parameters })
    const fields = { grant_type: 'authorization_code', client_id: 'server', redirect_uri }
    const code = callback.searchParams.get('code')!
    const credentials = { client_secret: SERVER.client_secret!, code, code_verifier: 'v'.repeat(43) }
    expect((await post(tenant, '/oauth/token', { ...fields, ...credentials })).status).toBe(403)
  })

  it.each(['Authorization_Code', 'authorization_code ', 'password', 'implicit', 'constructor'])(
    'refuses the grant %j (RFC 6749 section 5.2)',
    async (grant_type) => {
      const { status, body } = await post(tenant, '/oauth/token', { grant_type, client_id: 'shop' })
      expect([status, body['error']]).toEqual([400, 'unsupported_grant_type'])
    },
  )

  it('takes an empty parameter as not sent (RFC 6749 section 3.2)', async () => {
    const { refresh_token } = await tokensOf(tenant)
    const fields = { grant_type: 'refresh_token', client_id: 'shop', refresh_token }
    const { status, body } = await post(tenant, '/oauth/token', { ...fields, client_secret: '', scope: '' })
    expect(status).toBe(200)
    expect(String(body['scope'])).toContain('read:orders')
  })

  it.each([
    ['cut off', (token: string) => token.slice(0, -1)],
    ['longer', (token: string) => `${token}A`],
    ['in another case', (token: string) => token.toLowerCase()],
    ['with a space', (token: string) => ` ${token}`],
    ['with a zero byte', (token: string) => `${token}\0`],
    ['of a later exchange', (token: string) => token.replace('.0.', '.zzzzzz.')],
    ['with a number that is none', (token: string) => token.replace('.0.', '.-1.')],
    ['with its number written otherwise', (token: string) => token.replace('.0.', '.00.')],
  ])('refuses a refresh token that is %s, and leaves the real one alone', async (_, change) => {
    const { refresh_token } = await tokensOf(tenant)
    const fields = { grant_type: 'refresh_token', client_id: 'shop' }
    const bad = await post(tenant, '/oauth/token', { ...fields, refresh_token: change(refresh_token) })
    expect([bad.status, bad.body['error']]).toEqual([403, 'invalid_grant'])
    expect((await post(tenant, '/oauth/token', { ...fields, refresh_token })).status).toBe(200)
  })
})

describe('what every answer says about itself', () => {
  it.each([
    ['/oauth/token', 'POST'],
    ['/oauth/revoke', 'POST'],
    ['/oauth/par', 'POST'],
    ['/dbconnections/signup', 'POST'],
  ])('%s may not be kept, not even a refusal (RFC 6749 section 5.1)', async (path, method) => {
    const response = await fetch(tenant.url + path, { method })
    expect(response.status).toBe(400)
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('a profile may not be kept, empty or refused (RFC 6750 section 5.3)', async () => {
    const { access_token } = await tenant.issueTokens('ada@acme.example', { client: 'shop', scope: 'email' })
    const authorization = `Bearer ${access_token}`
    for (const headers of [{ authorization }, { authorization: 'Bearer x' }]) {
      const response = await fetch(`${tenant.url}/userinfo`, { headers })
      expect(response.headers.get('cache-control')).toBe('no-store')
    }
  })

  it.each(['/authorize', '/u/login?state=x', '/u/consent?state=x', '/continue?state=x', '/v2/logout'])(
    'the page at %s is in no frame, no cache, and tells no other site where it was',
    async (path) => {
      const { headers } = await fetch(tenant.url + path)
      expect(Object.fromEntries(headers)).toMatchObject({
        'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
        'x-frame-options': 'DENY',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      })
    },
  )

  it.each(['/userinfo', '/.well-known/jwks.json', '/.well-known/openid-configuration'])(
    '%s is read by the pages of allowed origins only (Fetch standard)',
    async (path) => {
      for (const origin of ['http://localhost:5173', 'http://localhost:51730', 'null', 'http://localhost']) {
        const { headers } = await fetch(tenant.url + path, { headers: { origin } })
        expect(headers.get('access-control-allow-origin')).toBe(origin.endsWith(':5173') ? origin : null)
        expect(headers.get('vary')).toBe('Origin')
      }
    },
  )

  it.each(['/authorize', '/u/login', '/oauth/par', '/v2/logout', '/oidc/logout'])(
    '%s is read by no page of another origin',
    async (path) => {
      const headers = { origin: 'http://localhost:5173' }
      const answers = await Promise.all([
        fetch(tenant.url + path, { headers }),
        fetch(tenant.url + path, { headers, method: 'OPTIONS' }),
      ])
      for (const answer of answers) expect(answer.headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  it.each([
    ['/v2/logout', 'GET'],
    ['/oidc/logout', 'GET, POST'],
    ['/u/login', 'GET, POST'],
    ['/continue', 'GET, POST'],
    ['/oauth/token', 'POST'],
    ['/dbconnections/signup', 'POST'],
    ['/.well-known/jwks.json', 'GET'],
    ['/.well-known/openid-configuration', 'GET'],
  ])('%s names its methods to others (RFC 9110 section 15.5.6)', async (path, allow) => {
    const response = await fetch(tenant.url + path, { method: 'DELETE' })
    expect([response.status, response.headers.get('allow')]).toEqual([405, allow])
  })
})

describe('another site', () => {
  it.each([
    'https://evil.example',
    '//evil.example',
    'http:evil.example',
    'http://localhost:5173@evil.example/',
    'http://localhost:5173.evil.example/',
    'http://evil.example/http://localhost:5173/',
    'http://localhost:5173\\@evil.example/',
    'http://evil.example\\@localhost:5173/',
    'http://localhost:5173%2f@evil.example/',
    'http://localhost:5173/..//evil.example',
    'http://localhost:5173//evil.example',
    'data:text/html,x',
    'JavaScript:alert(1)',
    '',
  ])('is not where /v2/logout and /oidc/logout send %j', async (address) => {
    const returnTo = encodeURIComponent(address)
    for (const path of [
      `/v2/logout?client_id=shop&returnTo=${returnTo}`,
      `/v2/logout?client_id=shop&returnTo=http://localhost:5173/&returnTo=${returnTo}`,
      `/v2/logout?returnTo=${returnTo}`,
      `/v2/logout?client_id=nobody&returnTo=${returnTo}`,
      `/oidc/logout?client_id=shop&post_logout_redirect_uri=${returnTo}`,
      `/oidc/logout?post_logout_redirect_uri=${returnTo}`,
    ]) {
      const response = await fetch(tenant.url + path, { redirect: 'manual' })
      const location = response.headers.get('location')
      expect([null, 'http://localhost:5173']).toContain(location === null ? null : new URL(location).origin)
      expect(location ?? '').not.toContain('evil')
    }
  })

  it('cannot give a browser a session that it knows (session fixation)', async () => {
    const { port } = new URL(tenant.url)
    const own = async (cookies: CookieJar) =>
      (await cookies.getCookies(tenant.url)).find(({ key }) => key === `auth0_${port}`)!.value
    const grace = jar()
    await callbackOf(tenant, { jar: grace, username: 'grace@acme.example', password: 'local-grace' })
    for (const planted of ['known-to-another', await own(grace)]) {
      const victim = jar()
      await victim.setCookie(`auth0_${port}=${planted}; Path=/`, tenant.url)
      const { callback } = await callbackOf(tenant, { jar: victim, parameters: { prompt: 'login' } })
      expect(callback.searchParams.get('code')).toBeTruthy()
      expect(await own(victim)).not.toBe(planted)
    }
  })

  it('cannot have its own login finished by another browser (login CSRF)', async () => {
    const { url } = begin(tenant)
    const start = await fetch(url, { redirect: 'manual' })
    const address = new URL(start.headers.get('location')!, tenant.url)
    await expect(logIn(address, CALLBACK, ADA)).rejects.toMatchObject({ code: 'ERR_OAUTH' })
  })
})
