import {
  constants,
  createHash,
  createPublicKey,
  verify as cryptoVerify,
  type KeyObject,
  randomUUID,
} from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { auth } from 'express-oauth2-jwt-bearer'
import { createVerifier as createFastVerifier } from 'fast-jwt'
import {
  calculateJwkThumbprint,
  createLocalJWKSet,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { type Contract, compileContracts } from '../../lib/contract/index.ts'
import { listen } from '../../lib/tenant/server.ts'
import { createVerifier as createWebVerifier } from '../../lib/verify/index.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import type { JsonWebKeySet, VerifierOptions, VerifyAlgorithm } from '../../lib/verify/types.ts'
import { type Figure, sideBySide, type Way } from './side-by-side.ts'

export type Algorithm = Extract<VerifyAlgorithm, 'RS256' | 'PS256' | 'ES256' | 'EdDSA'>
export const ALGORITHMS: readonly Algorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA']

export const ISSUER = 'https://acme.eu.auth0.com/'
export const AUDIENCE = 'https://orders.acme.example/'
const NAMESPACE = 'https://acme.example/'
const TOKENS = 256

/** Six claims, as the figures that the goals come from had them. */
const CONTRACT = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'BenchAccessToken',
  'x-auth0': { token: 'access_token', audience: AUDIENCE },
  type: 'object',
  properties: {
    [`${NAMESPACE}roles`]: { type: 'array', items: { enum: ['admin', 'manager', 'reader'] }, maxItems: 10 },
    [`${NAMESPACE}tenant`]: { type: 'string', pattern: '^t_[a-z0-9]{8}$' },
    [`${NAMESPACE}plan`]: { enum: ['free', 'team', 'enterprise'] },
    [`${NAMESPACE}seats`]: { type: 'integer', minimum: 1, maximum: 10_000 },
    [`${NAMESPACE}limits`]: {
      type: 'object',
      properties: { orders: { type: 'integer' }, exports: { type: 'boolean' } },
      required: ['orders'],
      additionalProperties: false,
    },
    [`${NAMESPACE}email`]: { type: 'string', pattern: '^[^@ ]+@[^@ ]+$', maxLength: 200 },
  },
  required: [`${NAMESPACE}roles`, `${NAMESPACE}tenant`, `${NAMESPACE}plan`],
}

const contract: Contract = compileContracts([{ file: 'bench.json', text: JSON.stringify(CONTRACT) }])
  .contracts[0]!

export interface TokenSet {
  algorithm: Algorithm
  publicKey: KeyObject
  pem: string
  jwks: JsonWebKeySet
  options: VerifierOptions
  /** The next of many tokens, in turn. */
  next(): string
  /** The same as a new text, as a request brings one: the engine has not hashed it before. */
  nextNew(): string
}

/** Many tokens of one issuer, for users of their own. */
export async function tokenSet(
  algorithm: Algorithm,
  count = TOKENS,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<TokenSet> {
  const pair = await generateKeyPair(algorithm, { extractable: true })
  const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: algorithm, use: 'sig' }
  const jwks = { keys: [jwk] } as JsonWebKeySet
  const texts: string[] = []
  for (let i = 0; i < count; i++) {
    const text = await new SignJWT({
      ...customClaims(i),
      azp: 'client1',
      scope: 'openid read:orders',
      ...claims,
    })
      .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid: 'k1' })
      .setIssuer(ISSUER)
      .setSubject(`auth0|${String(i).padStart(24, '0')}`)
      .setAudience([AUDIENCE, `${ISSUER}userinfo`])
      .setIssuedAt()
      .setExpirationTime('2h')
      .sign(pair.privateKey)
    texts.push(text)
  }
  let at = 0
  const bytes = texts.map((text) => Buffer.from(text))
  const pem = await exportSPKI(pair.publicKey)
  return {
    algorithm,
    publicKey: createPublicKey(pem),
    pem,
    jwks,
    options: { issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm], contract, jwks },
    next: () => texts[at++ % count]!,
    nextNew: () => bytes[at++ % count]!.toString('latin1'),
  }
}

function customClaims(i: number): Record<string, unknown> {
  return {
    [`${NAMESPACE}roles`]: ['manager', 'reader'],
    [`${NAMESPACE}tenant`]: `t_${String(i).padStart(8, 'a')}`,
    [`${NAMESPACE}plan`]: 'team',
    [`${NAMESPACE}seats`]: 12,
    [`${NAMESPACE}limits`]: { orders: 100, exports: true },
    [`${NAMESPACE}email`]: `user${i}@acme.example`,
  }
}

/** The limit: the signature alone, of tokens that are taken apart already. */
function bareWay({ algorithm, publicKey, next }: TokenSet): Way {
  const parts = Array.from({ length: TOKENS }, () => {
    const text = next()
    const dot = text.lastIndexOf('.')
    return { data: Buffer.from(text.slice(0, dot)), signature: Buffer.from(text.slice(dot + 1), 'base64url') }
  })
  const digest = algorithm === 'EdDSA' ? null : 'sha256'
  const key =
    algorithm === 'PS256'
      ? { key: publicKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }
      : algorithm === 'ES256'
        ? { key: publicKey, dsaEncoding: 'ieee-p1363' as const }
        : publicKey
  let at = 0
  return {
    name: 'crypto.verify',
    run: () => {
      const { data, signature } = parts[at++ % TOKENS]!
      if (!cryptoVerify(digest, data, key, signature)) throw new Error('not signed')
    },
  }
}

/** Every library that does the job, ours first; all check issuer, audience and time. */
function peers(tokens: TokenSet, jwksUri: string): Way[] {
  const { algorithm, next, jwks, options, publicKey, pem } = tokens
  const node = createVerifier(options)
  const keys = createLocalJWKSet(jwks as never)
  const fast = createFastVerifier({
    key: pem,
    algorithms: [algorithm],
    allowedIss: ISSUER,
    allowedAud: AUDIENCE,
    cache: false,
  })
  const claims = { issuer: ISSUER, audience: AUDIENCE }
  const needs = { scopes: ['read:orders'] }
  const ways: Way[] = [
    { name: 'auth0-claims/verify', run: () => node.verify(next(), needs) },
    { name: 'fast-jwt', run: () => fast(next()) },
    { name: 'jose', run: () => jwtVerify(next(), keys, { ...claims, algorithms: [algorithm] }) },
    { name: 'express-oauth2-jwt-bearer', run: middlewareOf(tokens, jwksUri) },
  ]
  if (algorithm !== 'EdDSA') {
    const options = { ...claims, algorithms: [algorithm] }
    ways.splice(2, 0, { name: 'jsonwebtoken', run: () => jsonwebtoken.verify(next(), publicKey, options) })
  }
  return ways
}

/** Its middleware, called as Express calls it; the keys are at hand after the first call. */
function middlewareOf({ algorithm, next }: TokenSet, jwksUri: string): () => Promise<void> {
  const middleware = auth({ issuer: ISSUER, audience: AUDIENCE, jwksUri, tokenSigningAlg: algorithm })
  return () =>
    new Promise((resolve, reject) => {
      const request = {
        headers: { authorization: `Bearer ${next()}`, host: 'orders.acme.example' },
        method: 'GET',
        protocol: 'https',
        originalUrl: '/orders',
        query: {},
        is: () => false,
        get: () => 'orders.acme.example',
      }
      void middleware(request as never, {} as never, (error?: unknown) =>
        error === undefined ? resolve() : reject(error as Error),
      )
    })
}

/** Serves the keys on loopback while something is measured. */
export async function withJwks<T>(jwks: JsonWebKeySet, run: (jwksUri: string) => Promise<T>): Promise<T> {
  const { origin, stop } = await listen(() => Response.json(jwks))
  try {
    return await run(`${origin}/jwks.json`)
  } finally {
    await stop()
  }
}

/** Everything checked, contract included, beside the bare signature and the peers. */
export async function oneAtATime(algorithm: Algorithm): Promise<Figure[]> {
  const tokens = await tokenSet(algorithm)
  return withJwks(tokens.jwks, (jwksUri) => sideBySide([bareWay(tokens), ...peers(tokens, jwksUri)]))
}

const BURST = 64

/** The same for 64 requests that come at once; the time or the CPU of each. */
export async function burst(algorithm: Algorithm, clock: 'wall' | 'cpu'): Promise<Figure[]> {
  const tokens = await tokenSet(algorithm)
  return withJwks(tokens.jwks, (jwksUri) =>
    sideBySide(
      [bareWay(tokens), ...peers(tokens, jwksUri)].map(({ name, run }) => ({
        name,
        operations: BURST,
        run: () => Promise.all(Array.from({ length: BURST }, run)),
      })),
      { clock, slice: 120 },
    ),
  )
}

/** Where only WebCrypto exists, beside jose. */
export async function onWebCrypto(algorithm: Algorithm): Promise<Figure[]> {
  const { jwks, options, next } = await tokenSet(algorithm)
  const verifier = createWebVerifier(options)
  const keys = createLocalJWKSet(jwks as never)
  const expected = { issuer: ISSUER, audience: AUDIENCE, algorithms: [algorithm] }
  return sideBySide([
    { name: 'jose', run: () => jwtVerify(next(), keys, expected) },
    { name: 'auth0-claims/verify', run: () => verifier.verify(next(), { scopes: ['read:orders'] }) },
  ])
}

/** A token that was verified before, and one that was not, beside a verification without a cache. */
export async function caching(algorithm: Algorithm): Promise<Figure[]> {
  const { options, nextNew: next, pem } = await tokenSet(algorithm)
  const plain = createVerifier(options)
  const hit = createVerifier({ ...options, cache: true })
  const miss = createVerifier({ ...options, cache: { maxEntries: 2 } })
  const fast = { key: pem, algorithms: [algorithm], allowedIss: ISSUER, allowedAud: AUDIENCE }
  const fastHit = createFastVerifier({ ...fast, cache: 1000 })
  for (let i = 0; i < TOKENS; i++) {
    await hit.verify(next())
    fastHit(next())
  }
  return sideBySide([
    { name: 'without a cache', run: () => plain.verify(next()) },
    { name: 'hit', run: () => hit.verify(next()) },
    { name: 'miss', run: () => miss.verify(next()) },
    { name: 'fast-jwt, hit', run: () => fastHit(next()) },
  ])
}

/** What the contract takes of a verification. */
export async function contractShare(): Promise<Figure[]> {
  const { options, next } = await tokenSet('RS256')
  const verifier = createVerifier(options)
  const payloads = await Promise.all(Array.from({ length: TOKENS }, () => verifier.verify(next())))
  return sideBySide([
    { name: 'a verification', run: () => verifier.verify(next()) },
    {
      name: 'the contract',
      operations: TOKENS,
      run: () => {
        for (const payload of payloads) if (contract.validate(payload).length > 0) throw new Error('a fault')
      },
    },
  ])
}

/** A token that is bound to a key, with its proof, beside one that is free; what the store takes is not counted. */
export async function provingPossession(): Promise<Figure[]> {
  const client = await generateKeyPair('ES256', { extractable: true })
  const jwk = await exportJWK(client.publicKey)
  const url = 'https://orders.acme.example/orders'
  const tokens = await tokenSet('RS256', TOKENS, { cnf: { jkt: await calculateJwkThumbprint(jwk) } })
  const free = await tokenSet('RS256')
  const store = { get: async () => undefined, setIfAbsent: async () => true }
  const verifier = createVerifier({ ...tokens.options, dpop: { store } })
  const bearer = createVerifier(free.options)
  const requests = await Promise.all(
    Array.from({ length: TOKENS }, async () => {
      const token = tokens.next()
      const ath = createHash('sha256').update(token).digest('base64url')
      const proof = await new SignJWT({ htm: 'GET', htu: url, ath, jti: randomUUID() })
        .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
        .setIssuedAt()
        .sign(client.privateKey)
      return { headers: { authorization: `DPoP ${token}`, dpop: proof }, method: 'GET', url }
    }),
  )
  let at = 0
  return sideBySide([
    { name: 'a free token', run: () => bearer.verify(free.next()) },
    { name: 'a bound token and its proof', run: () => verifier.verify(requests[at++ % TOKENS]!) },
  ])
}

const MANY = 1_000_000

/** Memory before and after a million verifications, a quarter of them of tokens that are refused. */
export async function memory(): Promise<string> {
  const { options, nextNew: next } = await tokenSet('RS256')
  const verifier = createVerifier({ ...options, cache: { maxEntries: 100 } })
  const verify = (i: number) => {
    const token = next()
    return verifier
      .verify(i % 4 === 0 ? `${token.slice(0, -8)}${String(i).padStart(8, 'A')}` : token)
      .catch(() => undefined)
  }
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const heap = (): number => {
    collect()
    return process.memoryUsage().heapUsed / 2 ** 20
  }
  for (let i = 0; i < MANY / 100; i++) await verify(i)
  const before = heap()
  for (let i = 0; i < MANY; i++) await verify(i)
  return `  ${before.toFixed(1)} MiB of heap before, ${heap().toFixed(1)} MiB after`
}
