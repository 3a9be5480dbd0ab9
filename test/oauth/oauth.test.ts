import { createHash } from 'node:crypto'
import { createServer, get } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import { SignJWT } from 'jose'
import { describe, expect, it, onTestFinished } from 'vitest'
import {
  authorizationUrl,
  codeChallenge,
  createCodeVerifier,
  discover,
  exchangeCode,
  listenOnLoopback,
  logIn,
  readCallback,
  userinfo,
  verifyIdToken,
} from '../../lib/oauth/index.ts'
import { ADA, begin, CALLBACK, startAcme, tokensOf } from '../tenant/acme.ts'

describe('PKCE', () => {
  it('makes the challenge of RFC 7636, appendix B', () => {
    expect(codeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    )
  })

  it('makes another verifier each time, of the allowed form', () => {
    const verifiers = new Set(Array.from({ length: 100 }, createCodeVerifier))
    expect(verifiers.size).toBe(100)
    for (const verifier of verifiers) {
      expect(verifier).toMatch(/^[\w-]{43}$/)
      expect(codeChallenge(verifier)).toBe(createHash('sha256').update(verifier).digest('base64url'))
    }
  })
})

describe('authorizationUrl', () => {
  it('sends what is given, and nothing that is not', () => {
    const url = authorizationUrl({
      issuer: 'https://tenant.example',
      client_id: 'shop',
      redirect_uri: CALLBACK,
      state: 's',
      max_age: 0,
      code_challenge: 'c',
    })
    expect(url.href.startsWith('https://tenant.example/authorize?')).toBe(true)
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'shop',
      redirect_uri: CALLBACK,
      scope: 'openid profile email',
      state: 's',
      max_age: '0',
      code_challenge: 'c',
      code_challenge_method: 'S256',
    })
  })
})

describe('readCallback', () => {
  it('reads the code from query and fragment', () => {
    expect(readCallback(`${CALLBACK}?code=a&state=s`, { state: 's' })).toEqual({ code: 'a' })
    expect(readCallback(`${CALLBACK}#code=a&state=s`, { state: 's' })).toEqual({ code: 'a' })
  })

  it.each([
    ['another state', `${CALLBACK}?code=a&state=t`, 'invalid_response'],
    ['no state', `${CALLBACK}?code=a`, 'invalid_response'],
    ['an error for another state', `${CALLBACK}?error=access_denied&state=t`, 'invalid_response'],
    ['an error', `${CALLBACK}?error=access_denied&error_description=no&state=s`, 'access_denied'],
    ['no code', `${CALLBACK}?state=s`, 'invalid_response'],
    ['an empty code', `${CALLBACK}?code=&state=s`, 'invalid_response'],
  ])('refuses %s', (_, url, error) => {
    expect(() => readCallback(url, { state: 's' })).toThrow(
      expect.objectContaining({ code: 'ERR_OAUTH', error }),
    )
  })
})

describe('the endpoints', () => {
  it('say what was refused, with status, and without the code', async () => {
    const tenant = await startAcme()
    const options = {
      issuer: tenant.url,
      client_id: 'shop',
      code: 'secret-code',
      code_verifier: 'x'.repeat(43),
    }
    const error = await exchangeCode(options).catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      code: 'ERR_OAUTH',
      error: 'invalid_grant',
      error_description: 'Invalid authorization code',
      status: 403,
    })
    expect(String(error)).not.toContain('secret-code')
    await expect(userinfo({ issuer: tenant.url, access_token: 'x' })).rejects.toMatchObject({ status: 401 })
  })

  it('say that nobody answers', async () => {
    await expect(discover('http://localhost:1/')).rejects.toMatchObject({ code: 'ERR_ENVIRONMENT' })
  })
})

describe('verifyIdToken', () => {
  it('accepts the token of the login, and refuses it for another app, nonce, tenant, time or key', async () => {
    const tenant = await startAcme()
    const { id_token } = await tokensOf(tenant)
    const good = { issuer: tenant.issuer, client_id: 'shop', nonce: 'the nonce' }
    expect(await verifyIdToken(id_token, good)).toMatchObject({ email: ADA.username })
    const jwks = (await tenant.context.keys).jwks()
    const bad = [
      { ...good, client_id: 'server' },
      { ...good, nonce: 'another' },
      { ...good, jwks, issuer: 'https://another.example/' },
      { ...good, now: () => new Date(Date.now() + 11 * 60 * 60 * 1000) },
      { ...good, jwks: { keys: [] } },
    ]
    for (const options of bad) {
      await expect(verifyIdToken(id_token, options)).rejects.toMatchObject({ error: 'invalid_id_token' })
    }
  })

  it('refuses a token that is signed with a shared secret, or not at all', async () => {
    const tenant = await startAcme()
    const jwks = (await tenant.context.keys).jwks()
    const options = { issuer: tenant.issuer, client_id: 'shop', jwks }
    const claims = { iss: tenant.issuer, aud: 'shop', sub: 'x', iat: 1, exp: 9_999_999_999 }
    const symmetric = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256', kid: jwks.keys[0]!.kid! })
      .sign(new TextEncoder().encode(jwks.keys[0]!.n))
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const unsigned = `${encode({ alg: 'none' })}.${encode(claims)}.`
    for (const token of [symmetric, unsigned]) {
      await expect(verifyIdToken(token, options)).rejects.toMatchObject({ error: 'invalid_id_token' })
    }
  })
})

describe('the headless login', () => {
  it('walks through the pages, keeps cookies, stops at the callback and tells its steps without secrets', async () => {
    const tenant = await startAcme()
    const { url, redirect_uri } = begin(tenant)
    const { steps, callback } = await logIn(url, redirect_uri, ADA)
    expect(steps.map(({ method, status, title }) => [method, status, title])).toEqual([
      ['GET', 302, undefined],
      ['GET', 200, 'Log in to Acme Shop'],
      ['POST', 302, undefined],
    ])
    expect(JSON.stringify(steps)).not.toContain(callback.searchParams.get('code')!)
    expect(JSON.stringify(steps)).not.toContain(ADA.password)
  })

  it('reports what the page says of a wrong password', async () => {
    const tenant = await startAcme()
    const { url, redirect_uri } = begin(tenant)
    await expect(logIn(url, redirect_uri, { ...ADA, password: 'wrong' })).rejects.toMatchObject({
      code: 'ERR_OAUTH',
      error: 'access_denied',
      status: 400,
      message: 'Wrong email or password',
    })
  })

  it("reports what the tenant's error page says", async () => {
    const tenant = await startAcme()
    const { url, redirect_uri } = begin(tenant, { parameters: { client_id: 'nobody' } })
    await expect(logIn(url, redirect_uri, ADA)).rejects.toMatchObject({
      message: 'Unknown client: nobody',
      status: 400,
    })
  })
})

const hasIPv6 = () =>
  Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === '::1'))

describe('the loopback listener', () => {
  it('takes the first answer at its own path and ignores everything else', async () => {
    const listener = await listenOnLoopback()
    const { origin } = new URL(listener.redirect_uri)
    expect((await fetch(`${origin}/elsewhere?code=a`)).status).toBe(404)
    expect((await fetch(listener.redirect_uri)).status).toBe(404)
    expect((await fetch(`${listener.redirect_uri}?code=a&state=s`)).status).toBe(200)
    expect((await listener.callback).searchParams.get('code')).toBe('a')
    await listener.stop()
  })

  it('waits for the answer to its own request, whatever a page of another site sends', async () => {
    const listener = await listenOnLoopback(undefined, { state: 'mine' })
    const { port } = new URL(listener.redirect_uri)
    for (const state of ['theirs', undefined]) {
      const url = `${listener.redirect_uri}?code=evil${state === undefined ? '' : `&state=${state}`}`
      expect((await fetch(url)).status).toBe(404)
    }
    // Targets that are no addresses: any page can send them, and they ended the process.
    for (const target of ['//', '//[', 'http://evil.example/callback?code=evil&state=mine']) {
      const first = await new Promise<string>((resolve, reject) => {
        const socket = connect(Number(port), '127.0.0.1', () => {
          socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost:${port}\r\n\r\n`)
        })
        socket.once('data', (data) => {
          socket.destroy()
          resolve(String(data).split('\r\n')[0]!)
        })
        socket.on('error', reject)
      })
      expect(first).toMatch(/^HTTP\/1\.1 40[04] /)
    }
    expect((await fetch(`${listener.redirect_uri}?code=good&state=mine`)).status).toBe(200)
    expect((await listener.callback).searchParams.get('code')).toBe('good')
    await listener.stop()
  })

  it.skipIf(!hasIPv6())('leaves the port of "localhost" to nobody, at either loopback address', async () => {
    const other = createServer(() => {})
    await new Promise<void>((resolve) => {
      other.listen(0, '::1', resolve)
    })
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    await expect(listenOnLoopback(`http://localhost:${port}/callback`)).rejects.toMatchObject({
      code: 'ERR_ENVIRONMENT',
      message: `port ${port} on ::1 is in use`,
    })
    const listener = await listenOnLoopback()
    const { port: own } = new URL(listener.redirect_uri)
    const headers = { host: `localhost:${own}` }
    const status = await new Promise<number | undefined>((resolve, reject) => {
      get({ host: '::1', port: own, path: '/callback?code=a', headers }, (response) => {
        response.resume()
        resolve(response.statusCode)
      }).on('error', reject)
    })
    expect(status).toBe(200)
    await listener.stop()
  })

  it('refuses an address that is not loopback, and a port that is taken', async () => {
    await expect(listenOnLoopback('http://example.com/callback')).rejects.toMatchObject({ code: 'ERR_USAGE' })
    const first = await listenOnLoopback()
    await expect(listenOnLoopback(first.redirect_uri)).rejects.toMatchObject({ code: 'ERR_ENVIRONMENT' })
    await first.stop()
  })
})
