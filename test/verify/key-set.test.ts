import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { expect, test } from 'vitest'
import { createVerifier as createWebVerifier } from '../../lib/verify/index.ts'
import { createVerifier as createNodeVerifier } from '../../lib/verify/node.ts'
import type { VerifierOptions } from '../../lib/verify/types.ts'
import { AUDIENCE, goodPayload, ISSUER, jwk, NOW, token } from './token-kit.ts'

/** An issuer whose answers the test decides; counts the fetches. */
function issuer(
  changes: Partial<VerifierOptions> = {},
  createVerifier: typeof createWebVerifier = createNodeVerifier,
) {
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
  ['no keys', () => Response.json({ keys: [] })],
  ['a list', () => Response.json([jwk])],
  ['null', () => new Response('null')],
  ['nothing', () => new Response(null)],
  ['100,000 brackets', () => new Response('['.repeat(100_000))],
  ['text that is not UTF-8', () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]))],
  ['keys that cannot be used', () => Response.json({ keys: [{ ...jwk, use: 'enc' }, null, 7] })],
  ['a redirect', () => new Response(null, { status: 302, headers: { location: 'https://evil.example/' } })],
  ['another redirect', () => Response.redirect('https://evil.example/', 307)],
  ['the keys with another status', () => Response.json({ keys: [jwk] }, { status: 203 })],
  ['no response', () => 7 as never],
])('answers 503, not 401, when the issuer answers %s', async (_what, answer) => {
  const { state, verifier } = issuer()
  state.answer = answer
  const error = await verifier.verify(await token()).catch((fault: unknown) => fault)
  expect(error).toMatchObject({
    code: 'keys_unavailable',
    status: 503,
    message: 'The keys of the issuer cannot be fetched at the moment.',
    cause: expect.any(Error),
    headers: { 'retry-after': '1', 'www-authenticate': 'Bearer realm="api"' },
  })
})

test('keeps its keys when the issuer answers a set without any that can be used', async () => {
  for (const keys of [[], [{ ...jwk, use: 'enc' }], [null], [{ ...jwk, e: 'AQ' }]]) {
    const { state, verifier } = issuer()
    const text = await token({ exp: NOW + 7200 })
    await verifier.verify(text)
    state.answer = () => Response.json({ keys })
    await expect(verifier.verify(await tokenOfSecond())).rejects.toMatchObject({ code: 'keys_unavailable' })
    await expect(verifier.verify(text)).resolves.toBeDefined()
    state.now += 601_000
    await expect(verifier.verify(text)).resolves.toBeDefined()
    // Known keys do not wait for a fetch that is likely to fail again.
    await expect(verifier.verify(text)).resolves.toBeDefined()
    state.now += 3_600_000
    await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'keys_unavailable' })
  }
})

test('is ready again as soon as the issuer is: after failures it waits from 100 ms, twice as long each time', async () => {
  const { state, verifier } = issuer()
  const text = await token({ exp: NOW + 7200 })
  state.answer = () => new Response(null, { status: 500 })
  const begin = state.now
  for (; state.now < begin + 120_000; state.now += 10) await verifier.verify(text).catch(() => undefined)
  // 100, 200, 400, … up to 30,000 ms, each at least by half: 14 to 19 fetches in two minutes.
  expect(state.fetches.length).toBeGreaterThanOrEqual(12)
  expect(state.fetches.length).toBeLessThanOrEqual(19)
  const { headers } = await verifier.verify(text).catch((fault) => fault)
  expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect(Number(headers['retry-after'])).toBeLessThanOrEqual(30)
  state.answer = undefined
  state.now += 30_000
  await expect(verifier.verify(text)).resolves.toBeDefined()

  const short = issuer()
  short.state.answer = () => new Response(null, { status: 500 })
  await expect(short.verifier.verify(text)).rejects.toMatchObject({ code: 'keys_unavailable' })
  short.state.answer = undefined
  // In the wait nobody asks.
  await expect(short.verifier.verify(text)).rejects.toMatchObject({ code: 'keys_unavailable' })
  expect(short.state.fetches).toHaveLength(1)
  short.state.now += 100
  await expect(short.verifier.verify(text)).resolves.toBeDefined()
})

test('a clock that is set back keeps no keys for ever, and no wait', async () => {
  const { state, verifier } = issuer()
  const text = await token({ iat: NOW - 90_000, exp: NOW + 7200 })
  await verifier.verify(text)
  state.now -= 86_400_000
  await verifier.verify(text)
  expect(state.fetches).toHaveLength(2)
  const failing = issuer()
  failing.state.answer = () => new Response(null, { status: 500 })
  await expect(failing.verifier.verify(text)).rejects.toMatchObject({ code: 'keys_unavailable' })
  failing.state.answer = undefined
  failing.state.now -= 86_400_000
  await expect(failing.verifier.verify(text)).resolves.toBeDefined()
})

test('gives up a fetch that takes too long, also one that does not listen', async () => {
  const { state, verifier } = issuer({ keys: { timeoutMilliseconds: 30 } })
  state.answer = () => new Promise(() => undefined)
  await expect(verifier.verify(await token())).rejects.toMatchObject({ code: 'keys_unavailable' })
  state.answer = undefined
  state.now += 100
  await expect(verifier.verify(await token())).resolves.toBeDefined()
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
  const verifier = createNodeVerifier({
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
  ['of an even exponent', { ...jwk, e: 'AQAA' }],
  ['of the exponent 1', { ...jwk, e: 'AQ' }],
  ['of no exponent', { ...jwk, e: '' }],
  ['of an exponent that is none', { ...jwk, e: 65537 }],
  ['of an exponent of 4,000 bits', { ...jwk, e: `${'A'.repeat(660)}AQAB` }],
  ['of a modulus of 100,000 bits', { ...jwk, n: `${'x'.repeat(16_000)}` }],
  ['for signing only', { ...jwk, key_ops: ['sign'] }],
  ['for operations that are a number', { ...jwk, key_ops: 7 }],
  ['for operations that are text', { ...jwk, key_ops: 'verify' }],
  ['for operations that are an object', { ...jwk, key_ops: { includes: true } }],
  ['for no operations', { ...jwk, key_ops: [] }],
  ['for a use that is a list', { ...jwk, use: ['sig'] }],
  ['of an algorithm that is a list', { ...jwk, alg: ['RS256'] }],
  ['of a kind that is a list', { ...jwk, kty: ['RSA'] }],
  ['on a curve', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA', kid: 'k1' }],
  ['null', null],
  ['text', 'k1'],
  ['a list', [jwk]],
])('does not use a key that is %s, but the others of its set', async (_what, key) => {
  for (const createVerifier of [createNodeVerifier, createWebVerifier]) {
    const { state, verifier } = issuer({}, createVerifier)
    state.keys = [key as object, secondJwk]
    await expect(verifier.verify(await token())).rejects.toMatchObject({ code: 'unknown_key' })
    await expect(verifier.verify(await tokenOfSecond())).resolves.toBeDefined()
    const alone = issuer({}, createVerifier)
    alone.state.keys = [key as object]
    await expect(alone.verifier.verify(await token())).rejects.toMatchObject({ code: 'keys_unavailable' })
  }
})

test.each([
  ['a point that is not on its curve', { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }],
  ['a point of a wrong length', { kty: 'EC', crv: 'P-256', x: 'AAAA', y: 'AAAA' }],
  ['another curve', { kty: 'EC', crv: 'P-384', x: 'A'.repeat(64), y: 'A'.repeat(64) }],
  ['a curve that is no text', { kty: 'EC', crv: ['P-256'], x: 'A'.repeat(43), y: 'A'.repeat(43) }],
  ['no point', { kty: 'EC', crv: 'P-256' }],
])('does not stumble over a key with %s', async (_what, key) => {
  for (const createVerifier of [createNodeVerifier, createWebVerifier]) {
    const { state, verifier } = issuer({ algorithms: ['ES256', 'RS256'] }, createVerifier)
    state.keys = [{ ...key, kid: 'k9' }, jwk]
    await expect(verifier.verify(await token())).resolves.toBeDefined()
    await expect(verifier.verify(await token({}, { kid: 'k9' }))).rejects.toMatchObject({
      code: 'unknown_key',
    })
  }
})

test('of two keys with one id it guesses none, unless they are one key', async () => {
  const twice = issuer()
  twice.state.keys = [jwk, { ...jwk, use: undefined }]
  await expect(twice.verifier.verify(await token())).resolves.toBeDefined()
  const two = issuer()
  two.state.keys = [jwk, { ...secondJwk, kid: 'k1' }]
  await expect(two.verifier.verify(await token())).rejects.toMatchObject({ code: 'unknown_key' })
  const other = issuer()
  other.state.keys = [{ ...secondJwk, kid: 'k1', use: 'enc' }, jwk]
  await expect(other.verifier.verify(await token())).resolves.toBeDefined()
})

test('uses a key without "alg", as a tenant may publish it', async () => {
  const { state, verifier } = issuer()
  const { alg: _, ...rest } = jwk
  state.keys = [rest]
  await expect(verifier.verify(await token())).resolves.toBeDefined()
})
