import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { createVerifier as createWebVerifier } from '../../lib/verify/index.ts'
import { createVerifier as createNodeVerifier } from '../../lib/verify/node.ts'
import type { DpopAlgorithm, JsonWebKeyLike, VerifyAlgorithm } from '../../lib/verify/types.ts'
import { AUDIENCE, goodPayload, ISSUER, NOW } from './token-kit.ts'

const ASYMMETRIC: VerifyAlgorithm[] = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
]
const SYMMETRIC: VerifyAlgorithm[] = ['HS256', 'HS384', 'HS512']
const SECRET = 'a-secret-of-at-least-64-characters-0123456789-0123456789-0123456789'

const pairs = new Map<VerifyAlgorithm, GenerateKeyPairResult>()
const jwks = new Map<VerifyAlgorithm, JsonWebKeyLike>()
beforeAll(async () => {
  for (const alg of ASYMMETRIC) {
    const pair = await generateKeyPair(alg, { extractable: true })
    pairs.set(alg, pair)
    jwks.set(alg, { ...(await exportJWK(pair.publicKey)), kid: alg, use: 'sig' } as JsonWebKeyLike)
  }
})

const signed = (alg: VerifyAlgorithm, kid: string = alg) =>
  new SignJWT(goodPayload)
    .setProtectedHeader({ alg, typ: 'JWT', kid })
    .sign(alg.startsWith('HS') ? new TextEncoder().encode(SECRET) : pairs.get(alg)!.privateKey)

const isEdwards = (alg: string) => alg === 'EdDSA' || alg === 'Ed25519'

describe.each([
  ['WebCrypto', createWebVerifier],
  ["Node's crypto", createNodeVerifier],
] as const)('on %s', (_name, createVerifier) => {
  const verifierOf = (algorithms: VerifyAlgorithm[], key: JsonWebKeyLike) =>
    createVerifier({
      issuer: ISSUER,
      audience: AUDIENCE,
      now: () => NOW * 1000,
      algorithms,
      jwks: { keys: [key] },
    })

  test.each(ASYMMETRIC)(
    '%s is taken when it is named, alone and among many, with its own key',
    async (alg) => {
      const text = await signed(alg)
      const key = jwks.get(alg)!
      const verifier = verifierOf([alg], { ...key, alg })
      await expect(verifier.verify(text)).resolves.toEqual(goodPayload)
      const many = await Promise.all(Array.from({ length: 5 }, () => verifier.verify(text)))
      expect(many).toHaveLength(5)
      await expect(verifierOf(ASYMMETRIC, key).verify(text)).resolves.toEqual(goodPayload)
      const changed = `${text.slice(0, -6)}${text.at(-6) === 'A' ? 'B' : 'A'}${text.slice(-5)}`
      await expect(verifier.verify(changed)).rejects.toMatchObject({ code: 'bad_signature' })
      const [head, body] = text.split('.')
      for (const length of [1, 63, 64, 65, 96, 132, 256, 300]) {
        const other = Buffer.alloc(length, 7).toString('base64url')
        await expect(verifier.verify(`${head}.${body}.${other}`)).rejects.toMatchObject({
          code: 'bad_signature',
        })
      }
    },
  )

  test.each(ASYMMETRIC)('%s is not taken unless it is named, nor with a key of another', async (alg) => {
    const text = await signed(alg)
    for (const other of ASYMMETRIC.filter((name) => name !== alg)) {
      const verifier = verifierOf([other], { ...jwks.get(other)!, kid: alg })
      await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'algorithm_not_allowed' })
      const both = verifierOf([alg, other], { ...jwks.get(other)!, kid: alg, alg: other })
      const code = isEdwards(alg) && isEdwards(other) ? 'bad_signature' : 'unknown_key'
      await expect(both.verify(text)).rejects.toMatchObject({ code })
    }
  })

  test('both names of Ed25519 are one algorithm for a key, and two for a token', async () => {
    for (const [alg, other] of [
      ['EdDSA', 'Ed25519'],
      ['Ed25519', 'EdDSA'],
    ] as const) {
      const key = { ...jwks.get(alg)!, alg: other }
      await expect(verifierOf([alg], key).verify(await signed(alg))).resolves.toBeDefined()
      await expect(verifierOf([other], key).verify(await signed(alg))).rejects.toMatchObject({
        code: 'algorithm_not_allowed',
      })
    }
  })

  test('neither is taken that is not named, by default', async () => {
    for (const alg of ASYMMETRIC) {
      const rsa = [jwks.get('RS256')!, jwks.get('PS256')!, { ...jwks.get(alg)!, kid: alg }]
      const verifier = createVerifier({
        issuer: ISSUER,
        audience: AUDIENCE,
        now: () => NOW * 1000,
        jwks: { keys: rsa },
      })
      const answer = verifier.verify(await signed(alg))
      if (alg === 'RS256' || alg === 'PS256') await expect(answer).resolves.toBeDefined()
      else await expect(answer).rejects.toMatchObject({ code: 'algorithm_not_allowed' })
    }
  })

  test.each(ASYMMETRIC)('a proof by %s is taken when it is named, and only then', async (alg) => {
    const { kid: _, use: __, ...jwk } = jwks.get(alg)!
    const payload = { ...goodPayload, cnf: { jkt: await calculateJwkThumbprint(jwk as never) } }
    const text = await new SignJWT(payload)
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: 'RS256' })
      .sign(pairs.get('RS256')!.privateKey)
    const proof = await new SignJWT({
      jti: crypto.randomUUID(),
      htm: 'GET',
      htu: AUDIENCE,
      iat: NOW,
      ath: createHash('sha256').update(text).digest('base64url'),
    })
      .setProtectedHeader({ alg, typ: 'dpop+jwt', jwk: jwk as never })
      .sign(pairs.get(alg)!.privateKey)
    const sendTo = (algorithms: DpopAlgorithm[]) =>
      createVerifier({
        issuer: ISSUER,
        audience: AUDIENCE,
        now: () => NOW * 1000,
        jwks: { keys: [jwks.get('RS256')!] },
        dpop: { algorithms },
      }).verify({ headers: { authorization: `DPoP ${text}`, dpop: proof }, method: 'GET', url: AUDIENCE })
    await expect(sendTo([alg as DpopAlgorithm])).resolves.toMatchObject({ sub: 'auth0|1' })
    const others = ASYMMETRIC.filter((name) => name !== alg) as DpopAlgorithm[]
    await expect(sendTo(others)).rejects.toMatchObject({ code: 'invalid_dpop_proof', claim: 'alg' })
  })

  test.each(SYMMETRIC)('%s is taken with a secret when it is named, and no other then', async (alg) => {
    const options = { issuer: ISSUER, audience: AUDIENCE, now: () => NOW * 1000, secret: SECRET }
    const verifier = createVerifier({ ...options, algorithms: [alg] })
    const text = await signed(alg)
    await expect(verifier.verify(text)).resolves.toEqual(goodPayload)
    await expect(verifier.verify(text)).resolves.toEqual(goodPayload)
    await expect(verifier.verify(`${text.slice(0, -4)}AAAA`)).rejects.toMatchObject({ code: 'bad_signature' })
    const stranger = createVerifier({ ...options, algorithms: [alg], secret: `x${SECRET}` })
    await expect(stranger.verify(text)).rejects.toMatchObject({ code: 'bad_signature' })
    for (const other of SYMMETRIC.filter((name) => name !== alg)) {
      await expect(verifier.verify(await signed(other))).rejects.toMatchObject({
        code: 'algorithm_not_allowed',
      })
    }
    const all = createVerifier({ ...options, algorithms: SYMMETRIC })
    await expect(all.verify(text)).resolves.toEqual(goodPayload)
  })
})
