import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { createVerifier as createWebVerifier } from '../../lib/verify/index.ts'
import { createVerifier as createNodeVerifier } from '../../lib/verify/node.ts'
import fc from '../helpers/fast-check.ts'
import { AUDIENCE, goodPayload, ISSUER, jwk, NOW, options, rawToken, token } from './token-kit.ts'

const keySet = createLocalJWKSet({ keys: [jwk as never] })
const good = await token()
const other = await token({ sub: 'auth0|2' })

/** Whether jose, with the same expectations, accepts the token. */
function joseAccepts(text: string): Promise<boolean> {
  return jwtVerify(text, keySet, {
    issuer: ISSUER,
    audience: AUDIENCE,
    algorithms: ['RS256', 'PS256'],
    currentDate: new Date(NOW * 1000),
    clockTolerance: 5,
    requiredClaims: ['sub', 'iat', 'exp'],
  }).then(
    () => true,
    () => false,
  )
}

const position = fc.nat({ max: good.length })
const character = fc.oneof(
  fc.constantFrom(...'ABQgw-_+/=.\n\r\t \0*é\u0141'),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
)

type Mutation = (text: string) => string
const mutation: fc.Arbitrary<Mutation> = fc.oneof(
  fc.tuple(position, character).map(
    ([at, c]): Mutation =>
      (text) =>
        text.slice(0, at) + c + text.slice(at + 1),
  ),
  fc.tuple(position, character).map(
    ([at, c]): Mutation =>
      (text) =>
        text.slice(0, at) + c + text.slice(at),
  ),
  fc.tuple(position, fc.nat({ max: 4 })).map(
    ([at, n]): Mutation =>
      (text) =>
        text.slice(0, at) + text.slice(at + n),
  ),
  position.map(
    (at): Mutation =>
      (text) =>
        text.slice(0, at),
  ),
  fc.nat({ max: 2 }).map(
    (part): Mutation =>
      (text) =>
        text
          .split('.')
          .map((segment, index) => (index === part ? (other.split('.')[index] ?? '') : segment))
          .join('.'),
  ),
  fc.shuffledSubarray([0, 1, 2]).map(
    (order): Mutation =>
      (text) => {
        const parts = text.split('.')
        return order.map((index) => parts[index] ?? '').join('.')
      },
  ),
  position.map(
    (at): Mutation =>
      (text) =>
        text.slice(0, at) + String.fromCharCode((text.charCodeAt(at) || 0) + 256) + text.slice(at + 1),
  ),
)

describe.each([
  ['WebCrypto', createWebVerifier],
  ["Node's crypto", createNodeVerifier],
] as const)('on %s', (_name, createVerifier) => {
  const verifier = createVerifier(options)
  const accepts = (text: string) =>
    verifier.verify(text).then(
      () => true,
      (error: { name: string }) => {
        if (error.name !== 'AccessTokenError') throw error
        return false
      },
    )

  test('never accepts a changed token that is not one of the signed ones', async () => {
    expect(await accepts(good)).toBe(true)
    await fc.assert(
      fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
        const text = mutations.reduce((current, mutate) => mutate(current), good)
        const accepted = await accepts(text)
        // Stronger than "jose refuses it": the text is the token's one spelling.
        if (accepted) expect([good, other]).toContain(text)
      }),
      { numRuns: 15_000 },
    )
  })

  test('never accepts a signed payload that jose refuses', async () => {
    const odd = fc.oneof(
      fc.constantFrom<unknown>(undefined, null, true, '', NOW, NOW + 60, NOW - 60, String(NOW), -1, [], {}),
      fc.constantFrom<unknown>(
        ISSUER,
        AUDIENCE,
        [AUDIENCE],
        [AUDIENCE, 1],
        ISSUER.slice(0, -1),
        'read:orders',
      ),
      fc.jsonValue({ maxDepth: 1 }),
    )
    const changes = fc.dictionary(
      fc.constantFrom('iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'azp', 'scope', 'permissions', '__proto__'),
      odd,
      { maxKeys: 2 },
    )
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(changes, async (change) => {
        const text = await rawToken(
          JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: 'k1' }),
          JSON.stringify({ ...goodPayload, ...change }),
        )
        if (!(await accepts(text))) return
        accepted++
        expect(await joseAccepts(text)).toBe(true)
      }),
      { numRuns: 600 },
    )
    // A verifier that refuses all would pass otherwise.
    expect(accepted).toBeGreaterThan(10)
  })
})
