import { createLocalJWKSet, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { createVerifier } from '../../lib/verify/node.ts'
import type { ApiClientLike, VerifierOptions } from '../../lib/verify/types.ts'
import { jkt, METHOD, proofFor, URL_ASKED } from './proof-kit.ts'
import { AUDIENCE, goodPayload, ISSUER, jwk, NOW, token } from './token-kit.ts'

/** The public shape of version 1.6.1, as its source gives it: must be accepted as it is. */
interface DocumentedApiClient {
  verifyAccessToken(
    options: {
      accessToken: string
      headers?: Record<string, string | string[] | undefined>
      requiredClaims?: string[]
      algorithms?: string[]
    } & (
      | { dpopProof?: undefined; httpMethod?: undefined; httpUrl?: string; scheme?: string }
      | { dpopProof: string; httpMethod: string; httpUrl: string; scheme: string }
    ),
  ): Promise<{ [claim: string]: unknown; sub?: string; act?: { sub: string } }>
}

/** Stands in for the package with its documented behaviour: no look at `typ`, scope or custom claims. */
const client: DocumentedApiClient = {
  async verifyAccessToken({ accessToken }) {
    try {
      const { payload } = await jwtVerify(accessToken, createLocalJWKSet({ keys: [jwk as never] }), {
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: ['RS256'],
        currentDate: new Date(NOW * 1000),
        requiredClaims: ['iss', 'aud', 'iat', 'exp'],
      })
      return payload as { [claim: string]: unknown; sub?: string; act?: { sub: string } }
    } catch (cause) {
      throw Object.assign(new Error(`refused ${accessToken}`, { cause }), {
        code: 'verify_access_token_error',
        statusCode: 401,
      })
    }
  },
}
const apiClient: ApiClientLike = client
const options: VerifierOptions = { issuer: ISSUER, audience: AUDIENCE, now: () => NOW * 1000, apiClient }

test('the client checks the signature, and all else is checked on top', async () => {
  const verifier = createVerifier(options)
  await expect(verifier.verify(await token(), { scopes: ['read:orders'] })).resolves.toEqual(goodPayload)
  await expect(verifier.verify(await token({ nonce: 'n' }))).rejects.toMatchObject({ code: 'id_token' })
  await expect(verifier.verify(await token({}, { typ: 'dpop+jwt' }))).rejects.toMatchObject({
    code: 'wrong_type',
  })
  await expect(verifier.verify(await token(), { scopes: ['x'] })).rejects.toMatchObject({ status: 403 })
})

test('what the client refuses is refused, without its message', async () => {
  const text = await token()
  const [head, , signature] = text.split('.')
  const forged = `${head}.${Buffer.from(JSON.stringify({ ...goodPayload, sub: 'x' })).toString('base64url')}.${signature}`
  const error = await createVerifier(options)
    .verify(forged)
    .catch((fault: Error) => fault)
  expect(error).toMatchObject({ code: 'bad_signature', status: 401 })
  expect((error as Error).message).not.toContain(forged)
})

test('a client that cannot reach the tenant refuses nobody for good', async () => {
  const verifyAccessToken = () => Promise.reject(new TypeError('fetch failed'))
  const verifier = createVerifier({ ...options, apiClient: { verifyAccessToken } })
  await expect(verifier.verify(await token())).rejects.toMatchObject({
    code: 'keys_unavailable',
    status: 503,
  })
})

test('the client gets the proof of a bound token, and each proof is taken once', async () => {
  const asked: unknown[] = []
  const verifyAccessToken: DocumentedApiClient['verifyAccessToken'] = (given) => {
    const { accessToken: _, headers, ...rest } = given
    asked.push({ ...rest, host: headers?.['host'] })
    return client.verifyAccessToken(given)
  }
  const verifier = createVerifier({ ...options, apiClient: { verifyAccessToken } })
  const bound = await token({ cnf: { jkt } })
  const dpop = await proofFor(bound)
  const request = (authorization: string) => ({
    headers: new Headers({ authorization, dpop, host: 'orders.acme.example' }),
    method: METHOD,
    url: URL_ASKED,
  })
  await expect(verifier.verify(request(`DPoP ${bound}`))).resolves.toMatchObject({ cnf: { jkt } })
  await expect(verifier.verify(request(`DPoP ${bound}`))).rejects.toMatchObject({
    code: 'invalid_dpop_proof',
    claim: 'jti',
  })
  await expect(verifier.verify(request(`Bearer ${bound}`))).rejects.toMatchObject({
    code: 'sender_constrained',
  })
  const common = { httpUrl: URL_ASKED, host: 'orders.acme.example' }
  const proved = { ...common, scheme: 'dpop', dpopProof: dpop, httpMethod: METHOD }
  expect(asked).toEqual([proved, proved, { ...common, scheme: 'bearer' }])
  await expect(
    verifier.verify({ headers: { authorization: `DPoP ${bound}` }, method: METHOD, url: URL_ASKED }),
  ).rejects.toMatchObject({ code: 'invalid_dpop_proof' })
})

test.each([
  ['invalid_dpop_proof', 'invalid_dpop_proof', 401],
  ['verify_access_token_error', 'keys_unavailable', 503],
  ['invalid_request', 'invalid_dpop_proof', 401],
  [undefined, 'keys_unavailable', 503],
])('what the client calls %s is answered as %s', async (code, ours, status) => {
  const verifyAccessToken = () => Promise.reject(Object.assign(new Error('no'), { code }))
  const verifier = createVerifier({ ...options, apiClient: { verifyAccessToken } })
  const bound = await token({ cnf: { jkt } })
  const headers = { authorization: `DPoP ${bound}`, dpop: await proofFor(bound) }
  await expect(verifier.verify({ headers, method: METHOD, url: URL_ASKED })).rejects.toMatchObject({
    code: ours,
    status,
  })
})

test('keys of our own beside the client are refused', () => {
  expect(() => createVerifier({ ...options, jwks: { keys: [jwk] } })).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE' }),
  )
})
