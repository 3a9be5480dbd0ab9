import { describe, expect, it } from 'vitest'
import { begin, CALLBACK, callbackOf, SERVER, startAcme, tokensOf } from '../acme.ts'

/** What happens without any login: every row is refused before a page is shown. */
const PAGE_ERRORS: [
  title: string,
  parameters: Record<string, string | undefined>,
  status: number,
  text: string,
  source: string,
][] = [
  [
    'no response_type',
    { response_type: undefined },
    400,
    'Missing required parameter: response_type',
    'probe of a tenant; oauth2orize',
  ],
  [
    'no client_id',
    { client_id: undefined },
    400,
    'Missing required parameter: client_id',
    'docs, custom error pages; oauth2orize',
  ],
  [
    'an unknown client',
    { client_id: 'nobody' },
    400,
    'Unknown client: nobody',
    'field reports, status in one',
  ],
  [
    'a markup client',
    { client_id: '<script>alert(1)</script>' },
    400,
    'Unknown client: &lt;script&gt;alert(1)&lt;/script&gt;',
    'field reports; escaping is ours',
  ],
  [
    'an unregistered callback',
    { redirect_uri: 'http://localhost:5173/elsewhere' },
    403,
    'Callback URL mismatch. http://localhost:5173/elsewhere is not in the list of allowed callback URLs',
    'support.auth0.com, Callback URL Mismatch; status in auth0/lock#1294',
  ],
  [
    'a callback with another port',
    { redirect_uri: 'http://localhost:5174/callback' },
    403,
    'Callback URL mismatch.',
    'support.auth0.com, Callback URL Mismatch',
  ],
  [
    'a callback with a final slash',
    { redirect_uri: `${CALLBACK}/` },
    403,
    'Callback URL mismatch.',
    'support.auth0.com, Callback URL Mismatch',
  ],
  [
    'a callback with a query',
    { redirect_uri: `${CALLBACK}?a=b` },
    403,
    'Callback URL mismatch.',
    'docs, wildcards for subdomains',
  ],
  [
    'a wildcard that covers two levels',
    { redirect_uri: 'https://a.b.acme.example/callback' },
    403,
    'Callback URL mismatch.',
    'docs, wildcards for subdomains',
  ],
  [
    'no callback where several are registered',
    { redirect_uri: undefined },
    400,
    'Missing required parameter',
    'RFC 6749 section 3.1.2.3; our choice',
  ],
  [
    'a request_uri that nobody pushed',
    { request_uri: 'urn:x' },
    400,
    'Invalid or expired request_uri',
    'RFC 9126 section 4; text is ours',
  ],
]

describe('/authorize answers on its own page, and never redirects, for', () => {
  it.each(PAGE_ERRORS)('%s', async (_, parameters, status, text) => {
    const tenant = await startAcme()
    const response = await fetch(begin(tenant, { parameters }).url, { redirect: 'manual' })
    expect(response.status).toBe(status)
    expect(response.headers.get('location')).toBeNull()
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'")
    expect(await response.text()).toContain(text)
  })
})

const CALLBACK_ERRORS: [
  title: string,
  parameters: Record<string, string | undefined>,
  error: string,
  description: string,
  source: string,
][] = [
  [
    'an unknown response_type',
    { response_type: 'magic' },
    'unsupported_response_type',
    'Unsupported response type: magic',
    'oauth2orize',
  ],
  [
    'the implicit flow, which the app may not use',
    { response_type: 'token' },
    'unauthorized_client',
    "Grant type 'implicit' not allowed for the client.",
    'auth0/ruby-auth0#190',
  ],
  [
    'no challenge',
    { code_challenge: undefined },
    'invalid_request',
    "Parameter 'code_challenge' is required",
    'docs for third-party apps; strict by choice',
  ],
  [
    'the method plain',
    { code_challenge_method: 'plain' },
    'invalid_request',
    "code_challenge_method: transform algorithm not supported, use 'S256'",
    'RFC 7636 section 4.4.1',
  ],
  [
    'no method',
    { code_challenge_method: undefined },
    'invalid_request',
    "code_challenge_method: transform algorithm not supported, use 'S256'",
    'RFC 7636 sections 4.3 and 4.4.1',
  ],
  [
    'a challenge of the wrong length',
    { code_challenge: 'short' },
    'invalid_request',
    "Parameter 'code_challenge' must be a base64url SHA-256",
    'RFC 7636 section 4.2; text is ours',
  ],
  [
    'an unknown API',
    { audience: 'https://nowhere/' },
    'access_denied',
    'Service not found: https://nowhere/',
    'auth0-samples/auth0-python-web-app#18',
  ],
  [
    'an unknown connection',
    { connection: 'nowhere' },
    'invalid_request',
    'the connection was not found',
    'auth0/auth0.js#822',
  ],
  [
    'an unknown response mode',
    { response_mode: 'pigeon' },
    'invalid_request',
    'Unsupported response mode: pigeon',
    'docs name the four; text is ours',
  ],
  [
    'an unknown prompt',
    { prompt: 'maybe' },
    'invalid_request',
    'Unsupported prompt: maybe',
    'docs name the four; text is ours',
  ],
  [
    'none together with login',
    { prompt: 'none login' },
    'invalid_request',
    "prompt 'none' must not be combined",
    'OpenID Connect Core section 3.1.2.1; text is ours',
  ],
  [
    'a max_age that is no number',
    { max_age: 'old' },
    'invalid_request',
    "Parameter 'max_age' must be a number of seconds",
    'OpenID Connect Core section 3.1.2.1; text is ours',
  ],
  [
    'online and offline access together',
    { scope: 'openid online_access offline_access' },
    'invalid_request',
    'Cannot request both online_access and offline_access scopes',
    'docs, online refresh tokens',
  ],
  [
    'prompt=none without a session',
    { prompt: 'none' },
    'login_required',
    'Login required',
    'docs, configure silent authentication',
  ],
  [
    'an organization by name where ids are wanted',
    { organization: 'acme' },
    'invalid_request',
    'authorization request parameter organization must be an organization id',
    'auth0/auth0-server-python tests',
  ],
  [
    'an unknown organization',
    { organization: 'org_0000000000000000' },
    'invalid_request',
    'parameter organization is invalid: org_0000000000000000',
    'docs, third-party applications, troubleshooting',
  ],
]

describe('/authorize sends to the callback, with the state, for', () => {
  it.each(CALLBACK_ERRORS)('%s', async (_, parameters, error, description) => {
    const tenant = await startAcme()
    const response = await fetch(begin(tenant, { parameters }).url, { redirect: 'manual' })
    expect(response.status).toBe(302)
    const location = new URL(response.headers.get('location')!)
    expect(location.origin + location.pathname).toBe(CALLBACK)
    expect(Object.fromEntries(location.searchParams)).toEqual({
      error,
      error_description: description,
      state: 'the state',
    })
  })

  it('a parameter that is sent twice', async () => {
    const tenant = await startAcme()
    const { url } = begin(tenant)
    url.searchParams.append('scope', 'openid')
    const response = await fetch(url, { redirect: 'manual' })
    expect(new URL(response.headers.get('location')!).searchParams.get('error_description')).toBe(
      "Parameter 'scope' must not be sent more than once",
    )
  })
})

describe('/authorize', () => {
  it('answers with code and state, and without iss', async () => {
    const tenant = await startAcme()
    const { callback } = await callbackOf(tenant)
    expect([...callback.searchParams.keys()].sort()).toEqual(['code', 'state'])
    expect(callback.searchParams.get('state')).toBe('the state')
  })

  it('sends no state back when none was sent', async () => {
    const tenant = await startAcme()
    const { callback } = await callbackOf(tenant, { parameters: { state: undefined } })
    expect([...callback.searchParams.keys()]).toEqual(['code'])
  })

  it('accepts the request as a form post', async () => {
    const tenant = await startAcme()
    const { url } = begin(tenant)
    const response = await fetch(new URL('/authorize', tenant.url), {
      method: 'POST',
      body: url.searchParams,
      redirect: 'manual',
    })
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toMatch(/^\/u\/login\?state=/)
  })

  it('removes the fragment of the callback before it compares', async () => {
    const tenant = await startAcme()
    const response = await fetch(begin(tenant, { parameters: { redirect_uri: `${CALLBACK}#x` } }).url, {
      redirect: 'manual',
    })
    expect(response.headers.get('location')).toMatch(/^\/u\/login/)
  })

  it('takes a callback that a wildcard covers', async () => {
    const tenant = await startAcme()
    const { callback } = await callbackOf(tenant, { redirect_uri: 'https://shop.acme.example/callback' })
    expect(callback.host).toBe('shop.acme.example')
  })

  it('uses the only registered callback when none is sent', async () => {
    const tenant = await startAcme()
    const { callback } = await callbackOf(tenant, { client: SERVER, parameters: { redirect_uri: undefined } })
    expect(callback.searchParams.get('code')).toBeTruthy()
  })

  it('puts the values behind # with response_mode=fragment', async () => {
    const tenant = await startAcme()
    const { callback } = await callbackOf(tenant, { parameters: { response_mode: 'fragment' } })
    expect(callback.search).toBe('')
    expect(new URLSearchParams(callback.hash.slice(1)).get('state')).toBe('the state')
  })

  it('answers with a form that sends itself with response_mode=form_post', async () => {
    const tenant = await startAcme()
    const { callback } = await callbackOf(tenant, {
      parameters: { response_mode: 'form_post', state: '"><b>' },
    })
    expect(callback.searchParams.get('state')).toBe('"><b>')
    expect(callback.searchParams.get('code')).toBeTruthy()
  })

  it('posts errors to the callback origin only with response_mode=web_message, and lets itself be framed', async () => {
    const tenant = await startAcme()
    const parameters = { response_mode: 'web_message', prompt: 'none', state: '</script><b>' }
    const response = await fetch(begin(tenant, { parameters }).url)
    const text = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('x-frame-options')).toBeNull()
    expect(text).toContain('"http://localhost:5173"')
    expect(text).toContain('"error":"login_required"')
    expect(text).not.toContain('</script><b>')
  })

  it('refuses web_message for a callback that is no allowed web origin', async () => {
    const tenant = await startAcme()
    const parameters = { response_mode: 'web_message', prompt: 'none' }
    const { url } = begin(tenant, { client: SERVER, parameters })
    expect((await fetch(url)).status).toBe(403)
  })

  it('runs no flow without PKCE for a public app, but does for a confidential one', async () => {
    const tenant = await startAcme()
    const { callback } = await callbackOf(tenant, {
      client: SERVER,
      parameters: { code_challenge: undefined, code_challenge_method: undefined },
    })
    expect(callback.searchParams.get('code')).toBeTruthy()
  })

  it('asks for consent when the API does not let first-party apps skip it, and remembers the answer', async () => {
    const tenant = await startAcme()
    tenant.state.resourceServers.get('orders')!.skip_consent_for_verifiable_first_party_clients = false
    const declined = await callbackOf(tenant, { consent: false })
    expect(Object.fromEntries(declined.callback.searchParams)).toMatchObject({
      error: 'access_denied',
      error_description: 'User did not authorize the request',
    })
    const accepted = await callbackOf(tenant)
    expect(accepted.callback.searchParams.get('code')).toBeTruthy()
    const again = await callbackOf(tenant, { consent: false })
    expect(again.callback.searchParams.get('code')).toBeTruthy()
    const asked = await callbackOf(tenant, { consent: false, parameters: { prompt: 'consent' } })
    expect(asked.callback.searchParams.get('error')).toBe('access_denied')
  })

  it('writes scopes that the API does not define, or the user has no permission for, out of the grant', async () => {
    const tenant = await startAcme()
    const scope = 'openid read:orders write:orders export:orders no:such offline_access'
    const ada = await tokensOf(tenant, { parameters: { scope } })
    expect(ada.scope).toBe('openid read:orders write:orders offline_access')
  })

  it('treats a missing scope as openid', async () => {
    const tenant = await startAcme()
    expect((await tokensOf(tenant, { parameters: { scope: undefined } })).scope).toBe('openid')
  })
})
