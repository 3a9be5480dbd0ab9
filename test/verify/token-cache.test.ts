import { createHash } from 'node:crypto'
import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { createVerifier as createWebVerifier, memoryStore, type Store } from '../../lib/verify/index.ts'
import { createVerifier as createNodeVerifier } from '../../lib/verify/node.ts'
import { nodePlatform } from '../../lib/verify/node-platform.ts'
import { TokenCache } from '../../lib/verify/token-cache.ts'
import type { VerifierOptions } from '../../lib/verify/types.ts'
import { jkt, METHOD, proofFor, URL_ASKED } from './proof-kit.ts'
import { AUDIENCE, goodPayload, ISSUER, jwk, NOW, options, token } from './token-kit.ts'

const digestOf = (text: string) => createHash('sha256').update(text).digest('base64url')
const PLAN = 'https://acme.example/plan'
const second = await generateKeyPair('RS256')
const secondJwk = { ...(await exportJWK(second.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }

for (const [name, createVerifier] of [
  ['WebCrypto', createWebVerifier],
  ["Node's crypto", createNodeVerifier],
] as const) {
  describe(`on ${name}, a verifier with a cache`, () => {
    const cached = (changes: Partial<VerifierOptions> = {}) =>
      createVerifier({ ...options, cache: true, ...changes })

    test('answers the same frozen claims for the same token', async () => {
      const verifier = cached()
      const text = await token({ [PLAN]: { name: 'team' } })
      const claims = await verifier.verify(text)
      // A new string with the same characters, as each request brings one.
      const again = await verifier.verify(Buffer.from(text).toString())
      expect(again).toBe(claims)
      expect(() => {
        claims.sub = 'auth0|admin'
      }).toThrow(TypeError)
      expect(() => {
        ;(claims[PLAN] as { name: string }).name = 'enterprise'
      }).toThrow(TypeError)
      expect(() => (claims.aud as string[]).push('x')).toThrow(TypeError)
      expect(await cached().verify(text)).not.toBe(claims)
    })

    test('answers claims that a request may change when there is no cache', async () => {
      const verifier = createVerifier(options)
      const text = await token()
      const claims = await verifier.verify(text)
      claims.sub = 'x'
      expect((await verifier.verify(text)).sub).toBe('auth0|1')
    })

    test('looks at the time at every hit', async () => {
      let now = NOW
      const verifier = cached({ now: () => now * 1000, cache: { maxAgeSeconds: 3600 } })
      const text = await token({ exp: NOW + 100, nbf: NOW - 5 })
      await verifier.verify(text)
      now = NOW - 60
      await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'not_yet_valid' })
      now = NOW
      const claims = await verifier.verify(text)
      now = NOW + 104
      expect(await verifier.verify(text)).toBe(claims)
      now = NOW + 105
      await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'expired' })
    })

    test('checks a token anew after the age that is set', async () => {
      let now = NOW
      const verifier = cached({ now: () => now * 1000, cache: { maxAgeSeconds: 60 } })
      const text = await token()
      const claims = await verifier.verify(text)
      now = NOW + 59
      expect(await verifier.verify(text)).toBe(claims)
      now = NOW + 60
      expect(await verifier.verify(text)).not.toBe(claims)
    })

    test('forgets what was signed by a key that is withdrawn, as soon as that is known', async () => {
      let now = NOW
      let keys: object[] = [jwk]
      const verifier = createVerifier({
        issuer: ISSUER,
        audience: AUDIENCE,
        cache: { maxAgeSeconds: 100_000 },
        now: () => now * 1000,
        fetch: (async () => Response.json({ keys })) as unknown as typeof fetch,
      })
      const text = await token({ exp: NOW + 90_000 })
      const claims = await verifier.verify(text)
      // The same keys fetched again change nothing.
      now = NOW + 601
      expect(await verifier.verify(text)).not.toBe(claims)
      const fetchedAgain = await verifier.verify(text)
      expect(await verifier.verify(text)).toBe(fetchedAgain)
      // Another key under the same id: found out by a token with an unknown one.
      keys = [secondJwk]
      await verifier.verify(await token({}, { kid: 'unknown' })).catch(() => undefined)
      await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'bad_signature' })
    })

    test('does not outlive the age of the keys when the issuer is out of reach', async () => {
      let now = NOW
      let reachable = true
      const verifier = createVerifier({
        issuer: ISSUER,
        audience: AUDIENCE,
        cache: { maxAgeSeconds: 100_000 },
        keys: { maxAgeSeconds: 100, staleSeconds: 100 },
        now: () => now * 1000,
        fetch: (async () => {
          if (!reachable) throw new TypeError('fetch failed')
          return Response.json({ keys: [jwk] })
        }) as unknown as typeof fetch,
      })
      const text = await token({ exp: NOW + 90_000 })
      await verifier.verify(text)
      reachable = false
      now = NOW + 201
      await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'keys_unavailable' })
    })

    test('checks scopes, organization and proofs for each request', async () => {
      const verifier = cached({ dpop: true })
      const text = await token()
      await verifier.verify(text, { scopes: ['read:orders'] })
      await expect(verifier.verify(text, { scopes: ['write:orders'] })).rejects.toMatchObject({ status: 403 })
      await expect(verifier.verify(text, { organization: 'org_1' })).rejects.toMatchObject({
        code: 'wrong_organization',
      })
      const bound = await token({ cnf: { jkt } })
      const ask = (proof: string) =>
        verifier.verify({
          headers: { authorization: `DPoP ${bound}`, dpop: proof },
          method: METHOD,
          url: URL_ASKED,
        })
      const proof = await proofFor(bound)
      const claims = await ask(proof)
      expect(await ask(await proofFor(bound))).toBe(claims)
      await expect(ask(proof)).rejects.toMatchObject({ claim: 'jti' })
      await expect(verifier.verify(bound)).rejects.toMatchObject({ code: 'sender_constrained' })
    })

    test('refuses what it has refused, and other spellings of what it has accepted', async () => {
      const verifier = cached()
      const good = await token()
      const bad = await token({ aud: 'x' })
      await verifier.verify(good)
      for (let i = 0; i < 2; i++) {
        await expect(verifier.verify(bad)).rejects.toMatchObject({ code: 'wrong_audience' })
        for (const other of [`${good}=`, `${good}\n`, `${good} `, good.slice(0, -1), 'x'.repeat(20_000)]) {
          await expect(verifier.verify(other)).rejects.toMatchObject({ name: 'AccessTokenError' })
        }
      }
    })

    test('takes the word of another instance for the signature, and for nothing else', async () => {
      const store = memoryStore({ now: () => NOW * 1000 })
      const good = await token()
      await cached({ cache: { store } }).verify(good)
      await expect.poll(() => store.get(`signed:${digestOf(good)}`)).toMatch(/^[\w-]{43}$/)
      const signer = (await store.get(`signed:${digestOf(good)}`))!
      // That the store is believed shows in a token that nobody signed.
      const unsigned = (claims: object) => {
        const [head, , signature] = good.split('.')
        const body = Buffer.from(JSON.stringify({ ...goodPayload, ...claims })).toString('base64url')
        return `${head}.${body}.${signature}`
      }
      const trusted = unsigned({ sub: 'auth0|2' })
      const foreign = unsigned({ sub: 'auth0|3', aud: 'x' })
      const unknown = unsigned({ sub: 'auth0|4' })
      await store.setIfAbsent(`signed:${digestOf(trusted)}`, signer, 60)
      await store.setIfAbsent(`signed:${digestOf(foreign)}`, signer, 60)
      await store.setIfAbsent(`signed:${digestOf(unknown)}`, 'another-key', 60)
      const verifier = cached({ cache: { store } })
      await expect(verifier.verify(trusted)).resolves.toMatchObject({ sub: 'auth0|2' })
      await expect(verifier.verify(foreign)).rejects.toMatchObject({ code: 'wrong_audience' })
      await expect(verifier.verify(unknown)).rejects.toMatchObject({ code: 'bad_signature' })
    })

    test('goes on without its store', async () => {
      const gone = () => Promise.reject(new Error('gone'))
      const store: Store = { get: gone, setIfAbsent: gone }
      const verifier = cached({ cache: { store } })
      const text = await token()
      await expect(verifier.verify(text)).resolves.toBeDefined()
      await expect(verifier.verify(`${text.slice(0, -8)}AAAAAAAA`)).rejects.toMatchObject({
        code: 'bad_signature',
      })
    })
  })
}

test('holds no more than the entries that are set, the ones in use longest', () => {
  const rules = { issuers: [], audiences: [], algorithms: [], requiredScopes: [], clockTolerance: 0 }
  const cache = new TokenCache({ maxEntries: 100 }, rules, nodePlatform)
  const key = { key: {} as never, isCurrent: () => true }
  const found = () => Array.from({ length: 1000 }, (_, i) => cache.find(`${i}`, NOW)).filter(Boolean).length
  for (let i = 0; i < 1000; i++) {
    cache.keep(`${i}`, { iat: NOW, exp: NOW + 60 }, key, NOW)
    cache.find('0', NOW)
  }
  expect(cache.find('0', NOW)).toBeDefined()
  expect(found()).toBeLessThanOrEqual(100)
  expect(found()).toBeGreaterThan(25)
})

test.each([
  ['an apiClient', { cache: true, apiClient: { verifyAccessToken: async () => ({}) }, jwks: undefined }],
  ['no age', { cache: { maxAgeSeconds: 0 } }],
  ['no entries', { cache: { maxEntries: 0 } }],
  [
    'a store and a secret',
    { cache: { store: memoryStore() }, algorithms: ['HS256'], secret: 's', jwks: undefined },
  ],
])('a cache with %s is refused as an option', (_what, changes) => {
  const { jwks: _, ...rest } = options
  expect(() => createNodeVerifier({ ...rest, ...changes } as VerifierOptions)).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE' }),
  )
})
