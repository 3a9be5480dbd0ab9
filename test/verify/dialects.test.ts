import { beforeAll, describe, expect, test } from 'vitest'
import {
  accessTokenPayload,
  createKeyRing,
  idTokenPayload,
  type KeyRing,
  signToken,
} from '../../lib/tokens/index.ts'
import type { TokenContext, TokenDialect } from '../../lib/tokens/types.ts'
import { createVerifier } from '../../lib/verify/node.ts'

const AUDIENCE = 'https://orders.acme.example/'
const DIALECTS: TokenDialect[] = [
  'access_token',
  'access_token_authz',
  'rfc9068_profile',
  'rfc9068_profile_authz',
]
let ring: KeyRing
beforeAll(async () => {
  ring = await createKeyRing()
})

function context(dialect: TokenDialect): TokenContext {
  return {
    issuer: 'http://localhost:4000/',
    user: { user_id: 'auth0|1', email: 'ada@acme.example' },
    client: { client_id: 'client1' },
    api: { identifier: AUDIENCE, token_dialect: dialect, signing_alg: 'RS256', token_lifetime: 3600 },
    scopes: ['openid', 'read:orders'],
    permissions: ['read:orders'],
    organization: { id: 'org_1', name: 'acme', includeName: true },
    sessionId: 's1',
    nonce: 'n1',
    issuedAt: Math.floor(Date.now() / 1000),
  }
}

const verifier = (dialect?: TokenDialect, audience = AUDIENCE) =>
  createVerifier({
    issuer: 'http://localhost:4000/',
    audience,
    jwks: ring.jwks() as never,
    ...(dialect === undefined ? {} : { dialect }),
  })

describe.each(DIALECTS)('tokens of the dialect %s', (dialect) => {
  const sign = (claims: object = {}) => {
    const payload = accessTokenPayload(context(dialect), {}, ['openid', 'read:orders'], 'jti-1')!
    const typ = dialect.startsWith('rfc9068') ? 'at+jwt' : 'JWT'
    return signToken({ ...payload, ...claims }, { key: ring.current, alg: 'RS256', typ })
  }

  test('are accepted, with and without the dialect named', async () => {
    const token = await sign()
    const needs = { scopes: ['read:orders'], organization: 'org_1' }
    await expect(verifier(dialect).verify(token, needs)).resolves.toMatchObject({ sub: 'auth0|1' })
    await expect(verifier().verify(token, needs)).resolves.toBeDefined()
  })

  test('carry permissions only where the API has them', async () => {
    const answer = verifier().verify(await sign(), { permissions: ['read:orders'] })
    if (dialect.endsWith('_authz')) await expect(answer).resolves.toBeDefined()
    else await expect(answer).rejects.toMatchObject({ code: 'insufficient_permissions' })
  })

  test('are for the client that the claim of their profile names', async () => {
    const [own, other] = dialect.startsWith('rfc9068') ? ['client_id', 'azp'] : ['azp', 'client_id']
    const only = createVerifier({
      issuer: 'http://localhost:4000/',
      audience: AUDIENCE,
      jwks: ring.jwks() as never,
      clients: ['client1', 'client2'],
    })
    await expect(only.verify(await sign())).resolves.toMatchObject({ [own!]: 'client1' })
    await expect(only.verify(await sign({ [other!]: 'client3' }))).resolves.toBeDefined()
    for (const claims of [{ [own!]: 'client3' }, { [own!]: 'client3', [other!]: 'client1' }]) {
      await expect(only.verify(await sign(claims))).rejects.toMatchObject({
        code: 'wrong_client',
        claim: own,
      })
    }
  })

  test('are refused by an API of the other profile', async () => {
    const other = dialect.startsWith('rfc9068') ? 'access_token' : 'rfc9068_profile'
    await expect(verifier(other).verify(await sign())).rejects.toMatchObject({ code: 'wrong_type' })
  })
})

test('an ID token is refused even by an API whose identifier is the client id', async () => {
  for (const changes of [{}, { nonce: undefined }, { nonce: undefined, sessionId: undefined }]) {
    const full = { ...context('access_token'), ...changes } as TokenContext
    const token = await signToken(idTokenPayload(full, {}), { key: ring.current, alg: 'RS256' })
    await expect(verifier(undefined, 'client1').verify(token)).rejects.toMatchObject({
      code: expect.stringMatching(/^id_token$|^invalid_claim$/),
    })
  }
})
