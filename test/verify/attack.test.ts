import { createHmac, createPublicKey } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import makeExpress from 'express'
import { auth, requiredScopes } from 'express-oauth2-jwt-bearer'
import { createVerifier as createFastVerifier } from 'fast-jwt'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readContracts } from '../../lib/contract/index.ts'
import { attack } from '../../lib/verify/attack.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import { rawRequest } from '../../lib/verify/node-raw-request.ts'
import { type ServedTestIssuer, serveTestIssuer } from '../../lib/verify/node-test-issuer.ts'
import { createTestIssuer } from '../../lib/verify/test-issuer.ts'
import { APPS, type App, type Claims } from './apps.ts'

const contract = (
  await readContracts(['schemas/claims/orders.access-token.json'], (file) => readFile(file, 'utf8'))
)[0]!
const needs = { scopes: ['read:orders'] }
const token = { scope: 'openid read:orders' }

let issuer: ServedTestIssuer
beforeAll(async () => {
  issuer = await serveTestIssuer({ contract })
})
afterAll(() => issuer?.stop())

describe.each(APPS)('behind the adapter for %s', (name, start) => {
  // The two formats of Lambda differ from each other in the request only.
  test.each(name.startsWith('Lambda') ? [true] : [true, false])(
    'every kind of the kit is refused (DPoP: %s)',
    async (dpop) => {
      const app = await start(createVerifier<Claims>({ ...issuer.verifierOptions, dpop }))
      try {
        const url = `${app.url}/read`
        const kit = await issuer.badTokens({ ...token, needs, request: { method: 'GET', url } })
        expect(kit.length).toBeGreaterThan(200)
        const goodToken = await issuer.issueTestToken(token)
        const { before, after, results } = await attack({ url, kit, goodToken, raw: rawRequest })
        expect([before, after]).toEqual([200, 200])
        expect(results.filter(({ verdict }) => verdict === 'accepted' || verdict === 'failed')).toEqual([])
        expect(results.filter(({ verdict }) => verdict === 'refused').length).toBeGreaterThan(200)
      } finally {
        await app.stop()
      }
    },
  )
})

test('an API that looks at the signature alone lets many kinds in', async () => {
  const app: App = await APPS[0]![1]({
    verify: async (source) => {
      const value = (source as { headers: { authorization?: string } }).headers.authorization ?? ''
      return verifyAnything(value.slice(7)) as never
    },
    authorize: () => undefined,
    check: async () => undefined,
  })
  const key = createPublicKey({ key: issuer.jwks.keys[0] as never, format: 'jwk' })
  const verifyAnything = createFastVerifier({
    key: key.export({ type: 'spki', format: 'pem' }).toString(),
    algorithms: ['RS256'],
    ignoreExpiration: true,
  })
  try {
    const url = `${app.url}/read`
    const kit = await issuer.badTokens({ ...token, needs, request: { method: 'GET', url } })
    const { results } = await attack({ url, kit, goodToken: await issuer.issueTestToken(token) })
    const lettingIn = new Set(
      results.filter(({ verdict }) => verdict === 'accepted').map(({ family }) => family),
    )
    expect([...lettingIn].sort()).toEqual(
      expect.arrayContaining(['contract', 'dpop', 'kind', 'needs', 'registered', 'spelling']),
    )
    // Its signature check throws an error that the adapter does not know: the API fails.
    expect(results.some(({ verdict }) => verdict === 'failed')).toBe(true)
  } finally {
    await app.stop()
  }
})

describe('what an API must not make of a request gets in where it does', () => {
  async function lettingIn(app: Parameters<typeof createServer>[1], method = 'GET'): Promise<string[]> {
    const server = createServer(app as never)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/read`
    const kit = await issuer.badTokens({ ...token, request: { method, url } })
    const odd = kit.filter(({ family, request }) => family === 'request' || request !== undefined)
    const { results } = await attack({
      url,
      method,
      kit: odd,
      goodToken: await issuer.issueTestToken(token),
      raw: rawRequest,
    })
    server.closeAllConnections()
    server.close()
    expect(results.filter(({ verdict }) => verdict === 'not-sent')).toEqual([])
    return results.filter(({ verdict }) => verdict === 'accepted').map(({ name }) => name)
  }

  test('a token in the query, in a form, behind another scheme', async () => {
    const verifier = createVerifier(issuer.verifierOptions)
    const app = makeExpress()
    app.use(makeExpress.urlencoded())
    app.use(async (request, response) => {
      const found =
        request.query['access_token'] ??
        request.body?.access_token ??
        request.headers.authorization?.split(' ').pop()
      await verifier.verify(String(found)).then(
        () => response.end('in'),
        () => response.status(401).end(),
      )
    })
    expect(await lettingIn(app as never, 'POST')).toEqual([
      'the token in the query',
      'the token in the query, its name encoded',
      'the token in a form',
      'the token without a scheme',
      'the token with the scheme Token',
      'the token behind Bearer and a colon',
      'the token behind Bearer twice',
      'two tokens in one header',
      'a bad token, and the good one in the query',
      'a bad token, and the good one in a form',
      'no token, and the good one in the query',
    ])
  })

  test('an address that is put together from the request', async () => {
    const verifier = createVerifier({ ...issuer.verifierOptions, dpop: true })
    const naive = (request: { headers: Record<string, unknown>; url?: string }) => {
      const host = request.headers['x-forwarded-host'] ?? request.headers['host']
      const scheme = request.headers['x-forwarded-proto'] ?? 'http'
      return new URL(`${scheme}://${host}${request.url}`).href
    }
    const names = await lettingIn((request, response) => {
      let url: string
      try {
        url = naive(request as never)
      } catch {
        return response.writeHead(400).end()
      }
      return verifier.verify({ headers: { ...request.headers, host: undefined }, method: 'GET', url }).then(
        () => response.end('in'),
        () => response.writeHead(401).end(),
      )
    })
    expect(names).toEqual(
      expect.arrayContaining([
        'a proof for another path, and a path in Host',
        'a proof for another path, and a fragment in Host',
        'a proof for the root, and a query in Host',
        'a proof for another host, and its path in Host',
        'a proof for another host, in a first Host',
        'a proof for where dots in the target lead',
        'a proof for another host, and X-Forwarded-Host',
        'a proof for another host, and X-Forwarded-Proto',
      ]),
    )
  })

  test('a secret that is empty or public', async () => {
    const kit = await issuer.badTokens()
    const pem = createPublicKey({ key: issuer.jwks.keys[0] as never, format: 'jwk' })
      .export({ type: 'spki', format: 'pem' })
      .toString()
    const naming = (name: string) => kit.find((one) => one.name === name)!.token
    for (const [name, secret] of [
      ['HS256 with the PEM and a line break as secret', pem],
      ['HS256 with the PEM of the public key as secret', pem.trimEnd()],
      ['HS256 with the public key as secret', JSON.stringify(issuer.jwks.keys[0])],
      ['HS512 with an empty secret as secret', ''],
    ] as const) {
      const text = naming(name)
      const algorithm = name.startsWith('HS512') ? 'sha512' : 'sha256'
      const [input, mac] = [text.slice(0, text.lastIndexOf('.')), text.slice(text.lastIndexOf('.') + 1)]
      expect(createHmac(algorithm, secret).update(input).digest('base64url'), name).toBe(mac)
    }
  })
})

test('no kit is sent to an API that refuses the good token', async () => {
  const seen: string[] = []
  const server = createServer((request, response) => {
    seen.push(request.headers.authorization ?? '')
    response.writeHead(401).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const kit = await issuer.badTokens()
  expect(await attack({ url, kit, goodToken: 'good' })).toEqual({
    before: 401,
    after: undefined,
    results: [],
  })
  expect(seen).toEqual(['Bearer good'])
  server.close()
})

describe('a test token is good', () => {
  test('for express-oauth2-jwt-bearer, which fetches the keys', async () => {
    const app = makeExpress()
    app.get(
      '/read',
      auth({ issuerBaseURL: issuer.issuer, audience: issuer.audience }),
      requiredScopes('read:orders'),
      (request, response) => {
        response.json(request.auth?.payload)
      },
    )
    const server = createServer(app)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/read`
    const ask = async (text: string) => fetch(url, { headers: { authorization: `Bearer ${text}` } })
    const answer = await ask(await issuer.issueTestToken({ ...token, user: 'auth0|7' }))
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ sub: 'auth0|7', 'https://acme.example/plan': 'team' })
    expect((await ask(await issuer.issueTestToken())).status).toBe(403)
    server.closeAllConnections()
    server.close()
  })

  test('for fast-jwt, which is given the key', async () => {
    const key = createPublicKey({ key: issuer.jwks.keys[0] as never, format: 'jwk' })
    const verify = createFastVerifier({
      key: key.export({ type: 'spki', format: 'pem' }).toString(),
      algorithms: ['RS256'],
      allowedIss: issuer.issuer,
      allowedAud: issuer.audience,
    })
    expect(verify(await issuer.issueTestToken({ user: 'auth0|7' }))).toMatchObject({ sub: 'auth0|7' })
  })
})

test('the issuer signs with the key that it is given', async () => {
  const first = await createTestIssuer({ audience: 'https://orders.acme.example/' })
  const { generateKeyPair, exportJWK } = await import('jose')
  const key = await exportJWK((await generateKeyPair('RS256', { extractable: true })).privateKey)
  const second = await createTestIssuer({ audience: first.audience, key: { ...key, kid: 'mine' } as never })
  expect(second.jwks.keys).toEqual([
    { kty: 'RSA', n: key.n, e: key.e, kid: 'mine', alg: 'RS256', use: 'sig' },
  ])
  await expect(
    createVerifier(second.verifierOptions).verify(await second.issueTestToken()),
  ).resolves.toBeDefined()
  await expect(createTestIssuer({ audience: 'x', key: first.jwks.keys[0]! })).rejects.toMatchObject({
    code: 'ERR_USAGE',
  })
})
