import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { readContracts } from '../../lib/contract/index.ts'
import { addressOfSource, LEVELS } from '../../lib/verify/attack-levels.ts'
import { proverFor } from '../../lib/verify/bad-proofs.ts'
import { createVerifier as createWebVerifier } from '../../lib/verify/index.ts'
import { createVerifier as createNodeVerifier } from '../../lib/verify/node.ts'
import { createTestIssuer } from '../../lib/verify/test-issuer.ts'

const contract = (
  await readContracts(['schemas/claims/orders.access-token.json'], (file) => readFile(file, 'utf8'))
)[0]!
const issuer = await createTestIssuer({ contract })
const kit = await issuer.badTokens({ scope: 'read:orders' })

test('the kit has at least 80 kinds, each with a name of its own', () => {
  expect(new Set(kit.map(({ name }) => name)).size).toBe(kit.length)
  expect(kit.length).toBeGreaterThan(80)
  expect(new Set(kit.map(({ token }) => token)).size).toBe(kit.length)
})

test('each kind says how certain it is, and which section says so', async () => {
  const rfc9068 = await createTestIssuer({ contract, dialect: 'rfc9068_profile', algorithms: ['ES256'] })
  const request = { method: 'GET', url: 'http://localhost:3000/orders' }
  const needs = { scopes: ['read:orders'], permissions: ['x'], organization: 'org_1' }
  const prover = await proverFor(request)
  const all = [
    ...(await issuer.badTokens({ needs, request })),
    ...(await rfc9068.badTokens({ needs, request })),
    ...(await rfc9068.goodTokens({ prover })),
  ]
  for (const { name, level, source } of all) {
    expect(LEVELS, name).toContain(level)
    expect(addressOfSource(source), `${name}: ${source}`).toMatch(/^https:\/\/[a-z0-9.-]+\/./)
  }
  const levelOf = (name: string) => all.find((one) => one.name === name)
  expect(levelOf('alg "none" without a signature')).toMatchObject({
    level: 'must',
    source: 'RFC 8725 section 3.1',
  })
  expect(levelOf('typ "JWT"')).toMatchObject({ level: 'must', source: 'RFC 9068 section 4' })
  expect(levelOf('an actor without a subject')).toMatchObject({ source: 'RFC 8693 section 4.1' })
  expect(levelOf('a nonce')).toMatchObject({ level: 'opinion' })
})

test.each(['RS256', 'ES256'] as const)(
  'good tokens by %s are taken in both profiles, each key after the other',
  async (algorithm) => {
    const own = await createTestIssuer({ contract, algorithms: [algorithm], nextKey: true })
    for (const turn of [undefined, {}, { announced: false }]) {
      if (turn !== undefined) await own.rotateKey(turn)
      const verifier = createNodeVerifier(own.verifierOptions)
      for (const dialect of ['access_token', 'rfc9068_profile'] as const) {
        const good = await own.goodTokens({ scope: 'read:orders', dialect })
        expect(good.length).toBeGreaterThan(15)
        for (const { name, token } of good) {
          await expect(verifier.verify(token, { scopes: ['read:orders'] }), name).resolves.toBeDefined()
        }
      }
    }
    expect(own.jwks.keys.length).toBe(4)
    await own.rotateKey({ announced: false, published: false })
    expect(own.jwks.keys.length).toBe(4)
    own.publishKeys()
    expect(own.jwks.keys.length).toBe(5)
    await expect(own.issueTestToken({ algorithm: 'PS512' })).rejects.toMatchObject({ code: 'ERR_USAGE' })
  },
)

test('with a request it has more, each with a name of its own, and no good token in a header by itself', async () => {
  const request = { method: 'GET', url: 'http://localhost:3000/orders?page=2' }
  const more = await issuer.badTokens({ scope: 'read:orders', request })
  expect(new Set(more.map(({ name }) => name)).size).toBe(more.length)
  const odd = more.filter((one) => one.request !== undefined)
  expect(odd.length).toBeGreaterThan(30)
  // Whoever sends an entry without what is odd about it must see it refused as well.
  const verifier = createNodeVerifier({ ...issuer.verifierOptions, dpop: true })
  for (const { name, token, scheme = 'Bearer', proof } of odd) {
    const headers = { authorization: `${scheme} ${token}`, dpop: proof }
    await expect(verifier.verify({ headers, ...request }), name).rejects.toMatchObject({
      name: 'AccessTokenError',
    })
  }
})

describe.each([
  ['WebCrypto', createWebVerifier],
  ["Node's crypto", createNodeVerifier],
] as const)('on %s', (_name, createVerifier) => {
  const verifier = createVerifier(issuer.verifierOptions)

  test('the good token is accepted, also after the bad ones', async () => {
    const good = await issuer.issueTestToken({ scope: 'read:orders' })
    await expect(verifier.verify(good, { scopes: ['read:orders'] })).resolves.toMatchObject({
      'https://acme.example/plan': 'team',
    })
    for (const { name, token } of kit) {
      await expect(verifier.verify(token), name).rejects.toMatchObject({ name: 'AccessTokenError' })
    }
    await expect(verifier.verify(good)).resolves.toBeDefined()
  })

  test.each(kit.map(({ family, name, token }) => [family, name, token] as const))(
    'refuses %s: %s',
    async (family, _name, token) => {
      const error = await verifier.verify(token).then(
        () => undefined,
        (fault: Error) => fault,
      )
      expect(error).toMatchObject({ name: 'AccessTokenError', status: 401 })
      // Signed and spelled as it should be: refused for what it says.
      if (['registered', 'kind', 'contract'].includes(family)) {
        expect(error).toMatchObject({
          code: expect.stringMatching(/^(?!bad_signature|malformed_token|opaque_token)/),
        })
      }
      if (token.length > 20)
        expect(`${error!.message}${JSON.stringify(error)}`).not.toContain(token.slice(0, 20))
    },
  )
})

test('a test token is good for another library too', async () => {
  const token = await issuer.issueTestToken({ user: 'auth0|7', claims: { org_id: 'org_1' } })
  const { payload } = await jwtVerify(token, createLocalJWKSet(issuer.jwks as never), {
    issuer: issuer.issuer,
    audience: issuer.audience,
  })
  expect(payload).toMatchObject({ sub: 'auth0|7', org_id: 'org_1' })
})

test('a test token can lack a claim on purpose', async () => {
  const token = await issuer.issueTestToken({ claims: { 'https://acme.example/plan': undefined } })
  await expect(createNodeVerifier(issuer.verifierOptions).verify(token)).rejects.toMatchObject({
    code: 'contract_violation',
    claim: 'https://acme.example/plan',
  })
})
