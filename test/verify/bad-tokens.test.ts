import { readFile } from 'node:fs/promises'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { describe, expect, test } from 'vitest'
import { readContracts } from '../../lib/contract/index.ts'
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
