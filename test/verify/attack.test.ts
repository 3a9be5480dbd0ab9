import { createPublicKey } from 'node:crypto'
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

describe.each(APPS)('behind the adapter for %s', (_name, start) => {
  test.each([true, false])('every kind of the kit is refused (DPoP: %s)', async (dpop) => {
    const app = await start(createVerifier<Claims>({ ...issuer.verifierOptions, dpop }))
    try {
      const url = `${app.url}/read`
      const kit = await issuer.badTokens({ ...token, needs, request: { method: 'GET', url } })
      expect(kit.length).toBeGreaterThan(200)
      const goodToken = await issuer.issueTestToken(token)
      const { before, after, results } = await attack({ url, kit, goodToken })
      expect([before, after]).toEqual([200, 200])
      expect(results.filter(({ verdict }) => verdict === 'accepted' || verdict === 'failed')).toEqual([])
      expect(results.filter(({ verdict }) => verdict === 'refused').length).toBeGreaterThan(200)
    } finally {
      await app.stop()
    }
  })
})

test('an API that looks at the signature alone lets many kinds in', async () => {
  const app: App = await APPS[0]![1]({
    verify: async (source) => {
      const value = (source as { headers: { authorization?: string } }).headers.authorization ?? ''
      return verifyAnything(value.slice(7)) as never
    },
    authorize: () => undefined,
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
