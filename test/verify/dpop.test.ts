import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose'
import { describe, expect, test } from 'vitest'
import { DpopCheck } from '../../lib/verify/dpop.ts'
import { createVerifier as createWebVerifier, memoryStore } from '../../lib/verify/index.ts'
import { createVerifier as createNodeVerifier } from '../../lib/verify/node.ts'
import { nodePlatform } from '../../lib/verify/node-platform.ts'
import { normalizedTarget } from '../../lib/verify/request-address.ts'
import type { DpopAlgorithm, DpopOptions, Needs, VerifierOptions } from '../../lib/verify/types.ts'
import { webPlatform } from '../../lib/verify/web-platform.ts'
import { clientJwk, jkt, METHOD, proofFor, URL_ASKED } from './proof-kit.ts'
import { NOW, options, token } from './token-kit.ts'

const bound = await token({ cnf: { jkt } })

/** The example of RFC 9449 section 7.1. Its token is opaque, so only the proof is looked at. */
const RFC = {
  token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  proof:
    'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA',
  request: { method: 'GET', url: 'https://resource.example.org/protectedresource' },
  time: 1_562_262_618,
}

for (const [name, createVerifier, platform] of [
  ['WebCrypto', createWebVerifier, webPlatform],
  ["Node's crypto", createNodeVerifier, nodePlatform],
] as const) {
  interface Request {
    authorization?: string
    proof?: string | readonly string[] | undefined
    method?: string
    url?: string
  }
  const verifierWith = (dpop: boolean | DpopOptions = true, changes: Partial<VerifierOptions> = {}) =>
    createVerifier({ ...options, dpop, ...changes })
  const send = (verifier: ReturnType<typeof verifierWith>, request: Request, needs?: Needs) =>
    verifier.verify(
      {
        headers: { authorization: request.authorization ?? `DPoP ${bound}`, dpop: request.proof },
        method: request.method ?? METHOD,
        url: request.url ?? URL_ASKED,
      },
      needs,
    )

  describe(`on ${name}`, () => {
    test('takes the proof of RFC 9449 section 7.1 at its time', async () => {
      const check = (time: number) =>
        new DpopCheck({}, platform as typeof nodePlatform, () => time * 1000).check(RFC.token, RFC.jkt, {
          ...RFC.request,
          proof: RFC.proof,
        })
      expect(await check(RFC.time)).toBeUndefined()
      expect(await check(RFC.time + 301)).toMatchObject({ code: 'invalid_dpop_proof', claim: 'iat' })
    })

    test('accepts a bound token with a proof, and each proof once', async () => {
      const verifier = verifierWith()
      const proof = await proofFor(bound)
      await expect(send(verifier, { proof })).resolves.toMatchObject({ sub: 'auth0|1', cnf: { jkt } })
      await expect(send(verifier, { proof })).rejects.toMatchObject({
        code: 'invalid_dpop_proof',
        status: 401,
        claim: 'jti',
        wwwAuthenticate:
          'DPoP realm="api", error="invalid_dpop_proof", error_description="The proof was used before.", algs="ES256", Bearer realm="api"',
      })
      await expect(send(verifier, { proof: await proofFor(bound) })).resolves.toBeDefined()
    })

    test('takes one of many simultaneous uses of a proof', async () => {
      const verifier = verifierWith()
      const proof = await proofFor(bound)
      const answers = await Promise.allSettled(Array.from({ length: 20 }, () => send(verifier, { proof })))
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    })

    test('keeps no proof from use that it has refused', async () => {
      const verifier = verifierWith()
      const proof = await proofFor(bound)
      await expect(send(verifier, { proof, method: 'POST' })).rejects.toMatchObject({ claim: 'htm' })
      await expect(send(verifier, { proof })).resolves.toBeDefined()
    })

    test.each<[string, Record<string, unknown>, Record<string, unknown>, string]>([
      ['of another type', {}, { typ: 'JWT' }, 'typ'],
      ['without a type', {}, { typ: undefined }, 'typ'],
      ['with alg none', {}, { alg: 'none' }, 'alg'],
      ['with a symmetric algorithm', {}, { alg: 'HS256' }, 'alg'],
      ['with an algorithm that is not taken', {}, { alg: 'RS256' }, 'alg'],
      ['with a critical extension', {}, { crit: ['x'], x: 1 }, 'crit'],
      ['without a key', {}, { jwk: undefined }, 'jwk'],
      ['with a key that is text', {}, { jwk: 'x' }, 'jwk'],
      ['with its private key', {}, { jwk: { ...clientJwk, d: 'AAAA' } }, 'jwk'],
      ['with a secret as key', {}, { jwk: { kty: 'oct', k: 'AAAA' } }, 'jwk'],
      ['with a key of another curve', {}, { jwk: { ...clientJwk, crv: 'P-384' } }, 'jwk'],
      ['without an id', { jti: undefined }, {}, 'jti'],
      ['with an empty id', { jti: '' }, {}, 'jti'],
      ['with an id that is a number', { jti: 7 }, {}, 'jti'],
      ['for another method', { htm: 'POST' }, {}, 'htm'],
      ['for a method in lower case', { htm: 'get' }, {}, 'htm'],
      ['without a method', { htm: undefined }, {}, 'htm'],
      ['for another path', { htu: `${URL_ASKED}/1` }, {}, 'htu'],
      ['for another host', { htu: 'https://orders.acme.example.evil.example/orders' }, {}, 'htu'],
      ['for another scheme', { htu: 'http://orders.acme.example/orders' }, {}, 'htu'],
      ['for an address with a user', { htu: 'https://a@orders.acme.example/orders' }, {}, 'htu'],
      ['for an address that is none', { htu: '/orders' }, {}, 'htu'],
      ['without an address', { htu: undefined }, {}, 'htu'],
      ['without a time', { iat: undefined }, {}, 'iat'],
      ['with a time as text', { iat: String(NOW) }, {}, 'iat'],
      ['that is too old', { iat: NOW - 301 }, {}, 'iat'],
      ['from the future', { iat: NOW + 31 }, {}, 'iat'],
      ['that has expired', { exp: NOW - 31 }, {}, 'exp'],
      ['that expires as text', { exp: String(NOW + 60) }, {}, 'exp'],
      ['that is not valid yet', { nbf: NOW + 31 }, {}, 'nbf'],
      ['that never begins', { nbf: null }, {}, 'nbf'],
      ['without the hash of the token', { ath: undefined }, {}, 'ath'],
      ['with the hash of another token', { ath: 'x'.repeat(43) }, {}, 'ath'],
    ])('refuses a proof %s', async (_what, claims, header, claim) => {
      await expect(
        send(verifierWith(), { proof: await proofFor(bound, claims, header) }),
      ).rejects.toMatchObject({
        code: 'invalid_dpop_proof',
        status: 401,
        claim,
      })
    })

    test.each<[string, string | readonly string[] | undefined | (() => Promise<string>)]>([
      ['no proof', undefined],
      ['an empty proof', ''],
      ['two proofs in one header', async () => `${await proofFor(bound)}, ${await proofFor(bound)}`],
      ['two headers', ['a.b.c', 'a.b.c']],
      ['a proof with a changed signature', async () => (await proofFor(bound)).replace(/.{8}$/, 'AAAAAAAA')],
      ['a padded proof', async () => `${await proofFor(bound)}==`],
      ['the token as proof', bound],
      ['a proof of a megabyte', 'a'.repeat(1_000_000)],
    ])('refuses %s', async (_what, proof) => {
      const text = typeof proof === 'function' ? await proof() : proof
      await expect(send(verifierWith(), { proof: text })).rejects.toMatchObject({
        code: 'invalid_dpop_proof',
        status: 401,
      })
    })

    test("refuses a proof of somebody else's key", async () => {
      const thief = await generateKeyPair('ES256', { extractable: true })
      const jwk = await exportJWK(thief.publicKey)
      const own = await proofFor(bound, {}, { jwk }, thief.privateKey)
      await expect(send(verifierWith(), { proof: own })).rejects.toMatchObject({
        code: 'sender_constrained',
        message: 'The token is bound to another key.',
      })
      const signedByThief = await proofFor(bound, {}, {}, thief.privateKey)
      await expect(send(verifierWith(), { proof: signedByThief })).rejects.toMatchObject({
        code: 'invalid_dpop_proof',
        claim: 'jwk',
      })
    })

    test('refuses the downgrade both ways', async () => {
      const verifier = verifierWith()
      const free = await token()
      await expect(send(verifier, { authorization: `Bearer ${bound}` })).rejects.toMatchObject({
        code: 'sender_constrained',
        wwwAuthenticate: expect.stringMatching(
          /^DPoP realm="api", error="invalid_token", .*algs="ES256", Bearer/,
        ),
      })
      await expect(
        send(verifier, { authorization: `Bearer ${bound}`, proof: await proofFor(bound) }),
      ).rejects.toMatchObject({ code: 'sender_constrained' })
      await expect(verifier.verify(bound)).rejects.toMatchObject({ code: 'sender_constrained' })
      await expect(
        send(verifier, { authorization: `DPoP ${free}`, proof: await proofFor(free) }),
      ).rejects.toMatchObject({ code: 'token_not_bound', status: 401 })
      await expect(send(verifier, { authorization: `Bearer ${free}` })).resolves.toBeDefined()
    })

    test.each([
      ['a certificate', { 'x5t#S256': jkt }],
      ['a key and a certificate', { jkt, 'x5t#S256': jkt }],
      ['a thumbprint that is none', { jkt: 'x' }],
      ['a list', [jkt]],
      ['nothing', null],
    ])('refuses a token that is bound to %s', async (_what, cnf) => {
      const text = await token({ cnf })
      await expect(
        send(verifierWith(), { authorization: `DPoP ${text}`, proof: await proofFor(text) }),
      ).rejects.toMatchObject({ code: 'sender_constrained' })
    })

    test('takes no other tokens where proofs are required', async () => {
      const verifier = verifierWith({ mode: 'required' })
      await expect(send(verifier, { authorization: `Bearer ${await token()}` })).rejects.toMatchObject({
        code: 'token_not_bound',
        wwwAuthenticate:
          'DPoP realm="api", error="invalid_token", error_description="This API takes tokens only that are bound to a key.", algs="ES256"',
      })
      await expect(verifier.verify({ headers: {} })).rejects.toMatchObject({
        wwwAuthenticate: 'DPoP realm="api", algs="ES256"',
      })
      await expect(send(verifier, { proof: await proofFor(bound) })).resolves.toBeDefined()
    })

    test('refuses bound tokens where proofs are not checked', async () => {
      const verifier = createVerifier(options)
      await expect(send(verifier, { proof: await proofFor(bound) })).rejects.toMatchObject({
        code: 'sender_constrained',
        wwwAuthenticate: expect.stringMatching(/^Bearer realm="api", error="invalid_token", [^,]*, [^,]*$/),
      })
    })

    test('checks what the endpoint needs as well', async () => {
      await expect(
        send(verifierWith(), { proof: await proofFor(bound) }, { scopes: ['write:orders'] }),
      ).rejects.toMatchObject({
        status: 403,
        wwwAuthenticate: expect.stringMatching(/^DPoP .*insufficient_scope/),
      })
    })

    test.each<DpopAlgorithm>(['RS256', 'PS256', 'EdDSA', 'ES256'])(
      'takes %s when it is named',
      async (alg) => {
        const pair = await generateKeyPair(alg === 'EdDSA' ? 'Ed25519' : alg, { extractable: true })
        const jwk = await exportJWK(pair.publicKey)
        const text = await token({ cnf: { jkt: await calculateJwkThumbprint(jwk) } })
        const request = async () => ({
          authorization: `DPoP ${text}`,
          proof: await proofFor(text, {}, { alg, jwk }, pair.privateKey),
        })
        const verifier = verifierWith({ algorithms: [alg] })
        await expect(send(verifier, await request())).resolves.toBeDefined()
        await expect(send(verifier, await request())).resolves.toBeDefined()
        const other = verifierWith({ algorithms: [alg === 'ES256' ? 'EdDSA' : 'ES256'] })
        await expect(send(other, await request())).rejects.toMatchObject({ claim: 'alg' })
      },
    )

    test('asks for a nonce, and takes the one that it gave for a while', async () => {
      let now = NOW * 1000
      const nonce = { secret: 'a-secret-of-at-least-32-characters', maxAgeSeconds: 60 }
      const verifier = verifierWith({ nonce }, { now: () => now })
      const given = await send(verifier, { proof: await proofFor(bound) }).catch((error) => error)
      expect(given).toMatchObject({
        code: 'use_dpop_nonce',
        status: 401,
        wwwAuthenticate: expect.stringMatching(/^DPoP realm="api", error="use_dpop_nonce"/),
      })
      const fresh = given.headers['dpop-nonce'] as string
      expect(fresh).toMatch(/^[\x21\x23-\x5B\x5D-\x7E]+$/)
      await expect(send(verifier, { proof: await proofFor(bound, { nonce: fresh }) })).resolves.toBeDefined()
      // Another instance with the same secret.
      const other = verifierWith({ nonce }, { now: () => now })
      await expect(send(other, { proof: await proofFor(bound, { nonce: fresh }) })).resolves.toBeDefined()
      const stranger = verifierWith({ nonce: { secret: 'x'.repeat(32) } }, { now: () => now })
      for (const [verify, wrong] of [
        [stranger, fresh],
        [verifier, `${fresh.slice(0, -1)}${fresh.endsWith('A') ? 'B' : 'A'}`],
        [verifier, 7],
        [verifier, fresh.replace(/^./, (first) => (first === 'z' ? 'y' : 'z'))],
      ] as const) {
        await expect(send(verify, { proof: await proofFor(bound, { nonce: wrong }) })).rejects.toMatchObject({
          code: 'use_dpop_nonce',
        })
      }
      now += 61_000
      await expect(send(verifier, { proof: await proofFor(bound, { nonce: fresh }) })).rejects.toMatchObject({
        code: 'use_dpop_nonce',
      })
    })

    test('compares with the public address behind a proxy', async () => {
      const verifier = verifierWith({ baseUrl: 'https://orders.acme.example/v1/' })
      const request = async (htu: string) => ({
        proof: await proofFor(bound, { htu }),
        url: 'http://10.0.0.7:8080/orders?page=2',
      })
      await expect(
        send(verifier, await request('https://orders.acme.example/v1/orders')),
      ).resolves.toBeDefined()
      await expect(send(verifier, await request('http://10.0.0.7:8080/orders'))).rejects.toMatchObject({
        claim: 'htu',
      })
    })

    test('answers 503, and lets nobody in, when its store does not answer', async () => {
      const store = { ...memoryStore(), setIfAbsent: () => Promise.reject(new Error('gone')) }
      await expect(send(verifierWith({ store }), { proof: await proofFor(bound) })).rejects.toMatchObject({
        code: 'store_unavailable',
        status: 503,
      })
    })

    test('shares what it has seen through a store', async () => {
      const store = memoryStore({ now: () => NOW * 1000 })
      const proof = await proofFor(bound)
      await expect(send(verifierWith({ store }), { proof })).resolves.toBeDefined()
      await expect(send(verifierWith({ store }), { proof })).rejects.toMatchObject({ claim: 'jti' })
      await expect(send(verifierWith(), { proof })).resolves.toBeDefined()
    })

    test('says what is missing when the request is not known', async () => {
      await expect(
        verifierWith().verify({ headers: { authorization: `DPoP ${bound}`, dpop: await proofFor(bound) } }),
      ).rejects.toMatchObject({ code: 'ERR_USAGE' })
    })

    test('reads a web-standard request', async () => {
      const request = new Request(`${URL_ASKED}?page=2#top`, {
        headers: { authorization: `dpop ${bound}`, dpop: await proofFor(bound) },
      })
      await expect(verifierWith().verify(request)).resolves.toBeDefined()
    })
  })
}

test.each([
  ['HTTPS://Orders.Acme.example:443/orders', URL_ASKED],
  ['https://orders.acme.example/a/../orders?x#y', URL_ASKED],
  ['https://orders.acme.example/%6frders', URL_ASKED],
  ['https://orders.acme.example', 'https://orders.acme.example/'],
  ['https://orders.acme.example/a%2fb', 'https://orders.acme.example/a%2Fb'],
  ['http://[::1]:80/', 'http://[::1]/'],
])('%s is the address %s', (url, target) => {
  expect(normalizedTarget(url)).toBe(target)
})

test.each([
  [`${URL_ASKED}/`, URL_ASKED],
  ['https://orders.acme.example/Orders', URL_ASKED],
  ['https://orders.acme.example:8443/orders', URL_ASKED],
  ['https://orders.acme.example/a%2Fb', 'https://orders.acme.example/a/b'],
])('%s is another address than %s', (url, other) => {
  expect(normalizedTarget(url)).not.toBe(normalizedTarget(other))
})

test.each([
  '',
  'orders',
  'ftp://orders.acme.example/',
  'https://a:b@orders.acme.example/',
  'https://orders.acme.example/\n',
])('"%s" is no address of a request', (url) => {
  expect(normalizedTarget(url)).toBeUndefined()
})

test.each<[string, DpopOptions]>([
  ['an unknown mode', { mode: 'off' as never }],
  ['no algorithm', { algorithms: [] }],
  ['a symmetric algorithm', { algorithms: ['HS256' as never] }],
  ['no age', { maxAgeSeconds: 0 }],
  ['a leeway of an hour', { leewaySeconds: 3600 }],
  ['a base that is no address', { baseUrl: 'orders' }],
  ['a short nonce secret', { nonce: { secret: 'short' } }],
])('%s is refused as an option', (_what, dpop) => {
  expect(() => createNodeVerifier({ ...options, dpop })).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE' }),
  )
})
