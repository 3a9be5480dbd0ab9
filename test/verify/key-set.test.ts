import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { createVerifier } from '../../lib/verify/node.ts'
import type { VerifierOptions } from '../../lib/verify/types.ts'
import { AUDIENCE, goodPayload, ISSUER, jwk, NOW, token } from './token-kit.ts'

/** An issuer whose answers the test decides; counts the fetches. */
function issuer(changes: Partial<VerifierOptions> = {}) {
  const state = {
    keys: [jwk] as object[],
    fetches: [] as string[],
    now: NOW * 1000,
    answer: undefined as (() => Response | Promise<Response>) | undefined,
  }
  const verifier = createVerifier({
    issuer: ISSUER,
    audience: AUDIENCE,
    now: () => state.now,
    fetch: (async (url: string) => {
      state.fetches.push(url)
      await new Promise((resolve) => setTimeout(resolve, 5))
      return state.answer?.() ?? Response.json({ keys: state.keys })
    }) as unknown as typeof fetch,
    ...changes,
  })
  return { state, verifier }
}

const second = await generateKeyPair('RS256')
const secondJwk = { ...(await exportJWK(second.publicKey)), kid: 'k2', alg: 'RS256' }
const tokenOfSecond = (claims = {}) =>
  new SignJWT({ ...goodPayload, ...claims })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'k2' })
    .sign(second.privateKey)

test('fetches the keys of the issuer once for many requests at the same time', async () => {
  const { state, verifier } = issuer()
  const text = await token()
  await Promise.all(Array.from({ length: 50 }, () => verifier.verify(text)))
  await verifier.verify(text)
  expect(state.fetches).toEqual([`${ISSUER}.well-known/jwks.json`])
})

test('takes a new key at once when the issuer has rotated', async () => {
  const { state, verifier } = issuer()
  await verifier.verify(await token())
  state.keys = [jwk, secondJwk]
  await expect(verifier.verify(await tokenOfSecond())).resolves.toBeDefined()
  expect(state.fetches).toHaveLength(2)
})

test('fetches a bounded number of times for made-up key ids, and recovers', async () => {
  const { state, verifier } = issuer()
  await verifier.verify(await token())
  for (let i = 0; i < 40; i++) {
    await expect(verifier.verify(await token({}, { kid: `made-up-${i}` }))).rejects.toMatchObject({
      code: 'unknown_key',
    })
  }
  expect(state.fetches.length).toBeLessThanOrEqual(4)
  state.keys = [jwk, secondJwk]
  state.now += 31_000
  await expect(verifier.verify(await tokenOfSecond())).resolves.toBeDefined()
})

test('notices a withdrawn key when its time is over', async () => {
  const { state, verifier } = issuer()
  await verifier.verify(await token())
  state.keys = [secondJwk]
  state.now += 601_000
  await expect(verifier.verify(await token({ exp: NOW + 7200 }))).rejects.toMatchObject({
    code: 'unknown_key',
  })
})

test('keeps using its keys for a while when the issuer is out of reach, and no longer', async () => {
  const { state, verifier } = issuer({ keys: { maxAgeSeconds: 600, staleSeconds: 1200 } })
  const text = await token({ exp: NOW + 7200 })
  await verifier.verify(text)
  state.answer = () => {
    throw new TypeError('fetch failed')
  }
  state.now += 601_000
  await expect(verifier.verify(text)).resolves.toBeDefined()
  state.now += 1_200_000
  await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'keys_unavailable', status: 503 })
})

test.each([
  ['an error', () => new Response('', { status: 500 })],
  ['something else than a JWKS', () => Response.json({ keys: 'no' })],
  ['no JSON', () => new Response('<html>')],
  ['a document that is too large', () => new Response(`{"keys":[],"x":"${'x'.repeat(200_000)}"}`)],
])('answers 503, not 401, when the issuer answers %s', async (_what, answer) => {
  const { state, verifier } = issuer()
  state.answer = answer
  await expect(verifier.verify(await token())).rejects.toMatchObject({
    code: 'keys_unavailable',
    status: 503,
  })
})

test('asks nobody for the keys of an issuer that is not on the list', async () => {
  const { state, verifier } = issuer({
    issuer: undefined,
    issuers: [ISSUER, 'https://login.acme.example/'],
  } as never)
  await expect(verifier.verify(await token({ iss: 'https://evil.example/' }))).rejects.toMatchObject({
    code: 'wrong_issuer',
  })
  expect(state.fetches).toEqual([])
})

test('does not take a key of one issuer for a token of another', async () => {
  const other = 'https://login.acme.example/'
  const verifier = createVerifier({
    issuers: [ISSUER, other],
    audience: AUDIENCE,
    now: () => NOW * 1000,
    fetch: (async (url: string) =>
      Response.json({ keys: [url.startsWith(other) ? secondJwk : jwk] })) as unknown as typeof fetch,
  })
  await expect(verifier.verify(await tokenOfSecond({ iss: other }))).resolves.toBeDefined()
  await expect(verifier.verify(await tokenOfSecond())).rejects.toMatchObject({ code: 'unknown_key' })
})

test.each([
  ['meant for encryption', { ...jwk, use: 'enc' }],
  ['of another algorithm', { ...jwk, alg: 'RS512' }],
  ['a secret', { kty: 'oct', k: 'c2VjcmV0', kid: 'k1' }],
  ['too short', { ...jwk, n: jwk.n?.slice(0, 171) }],
  ['broken', { ...jwk, n: undefined }],
])('does not use a key that is %s', async (_what, key) => {
  const { state, verifier } = issuer()
  state.keys = [key]
  await expect(verifier.verify(await token())).rejects.toMatchObject({ code: 'unknown_key' })
})

test('uses a key without "alg", as a tenant may publish it', async () => {
  const { state, verifier } = issuer()
  const { alg: _, ...rest } = jwk
  state.keys = [rest]
  await expect(verifier.verify(await token())).resolves.toBeDefined()
})
