import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPair } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { signatureBy } from '../../lib/verify/api-client.ts'
import { createVerifier, explainToken } from '../../lib/verify/node.ts'
import type { ApiClientLike, VerifierOptions } from '../../lib/verify/types.ts'
import { StandInApiClient, type StandInOptions } from './api-client-stand-in.ts'
import { jkt, METHOD, proofFor, URL_ASKED } from './proof-kit.ts'
import { AUDIENCE, goodPayload, ISSUER, jwk, token as tokenAt } from './token-kit.ts'

/** The client has no clock of its own: these tests stand at the time that it is. */
const now = () => Math.floor(Date.now() / 1000)
const token: typeof tokenAt = (changes = {}, header = {}) =>
  tokenAt({ iat: now() - 10, exp: now() + 600, ...changes }, header)
const proof = (bound: string, claims = {}) => proofFor(bound, { iat: now(), ...claims })

/** A tenant on loopback, whose answers the test decides. */
const tenant = { asked: [] as string[], discovery: 'good', jwks: 'good' }
let server: Server
let origin: string
beforeAll(async () => {
  server = createServer((request, response) => {
    const isKeys = request.url?.endsWith('jwks.json') === true
    tenant.asked.push(isKeys ? 'jwks' : 'discovery')
    switch (isKeys ? tenant.jwks : tenant.discovery) {
      case 'good':
        response.setHeader('content-type', 'application/json')
        return response.end(
          JSON.stringify(
            isKeys ? { keys: [jwk] } : { issuer: ISSUER, jwks_uri: `${ISSUER}.well-known/jwks.json` },
          ),
        )
      case 'error':
        return response.writeHead(500).end()
      case 'busy':
        return response.writeHead(429).end()
      case 'html':
        return response.end('<html>')
      case 'closed':
        return request.socket.destroy()
      case 'empty':
        return response.end('{}')
      default:
        // Slow: no answer at all.
        return undefined
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
beforeEach(() => {
  Object.assign(tenant, { asked: [], discovery: 'good', jwks: 'good' })
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function clientWith(changes: Partial<StandInOptions> = {}): StandInApiClient {
  return new StandInApiClient({
    ...(changes.domains === undefined ? { domain: 'acme.eu.auth0.com' } : {}),
    audience: AUDIENCE,
    timeoutDuration: 60,
    customFetch: (async (url: string | URL, init?: RequestInit) =>
      fetch(origin + new URL(url).pathname, init)) as never,
    ...changes,
  })
}
const common = { issuer: ISSUER, audience: AUDIENCE }
const verifierWith = (changes: Partial<StandInOptions> = {}, options: Partial<VerifierOptions> = {}) =>
  createVerifier({ ...common, apiClient: clientWith(changes), ...options })
const asked = (authorization: string, dpop?: string) => ({
  headers: { authorization, ...(dpop === undefined ? {} : { dpop }) },
  method: METHOD,
  url: URL_ASKED,
})

test('the client checks the signature, and all else is checked here', async () => {
  const verifier = verifierWith()
  const good = await token()
  await expect(verifier.verify(good, { scopes: ['read:orders'] })).resolves.toMatchObject({
    sub: goodPayload.sub,
  })
  expect(tenant.asked).toEqual(['discovery', 'jwks'])
  await expect(verifier.verify(await token({ nonce: 'n' }))).rejects.toMatchObject({ code: 'id_token' })
  await expect(verifier.verify(await token({}, { typ: 'dpop+jwt' }))).rejects.toMatchObject({
    code: 'wrong_type',
  })
  await expect(verifier.verify(good, { scopes: ['x'] })).rejects.toMatchObject({ status: 403 })
  const contract = { validate: () => [{ path: '', keyword: 'x', message: 'must not' }] }
  await expect(verifierWith({}, { contract }).verify(good)).rejects.toMatchObject({
    code: 'contract_violation',
  })
})

test.each<[string, () => Promise<string>, string]>([
  ['expired', () => token({ exp: now() - 60 }), 'expired'],
  ['from the future', () => token({ iat: now() + 60 }), 'not_yet_valid'],
  ['for another audience', () => token({ aud: 'https://other.example/' }), 'wrong_audience'],
  ['from another issuer', () => token({ iss: 'https://evil.example/' }), 'wrong_issuer'],
  ['without an end', () => token({ exp: undefined }), 'invalid_claim'],
  ['an ID token', () => token({ nonce: 'n' }), 'id_token'],
  ['of another type', () => token({}, { typ: 'JOSE' }), 'wrong_type'],
  ['no token', async () => 'a.b', 'opaque_token'],
])('a token that is %s is refused for that, and the client is not asked', async (_what, make, code) => {
  await expect(verifierWith().verify(await make())).rejects.toMatchObject({ code, status: 401 })
  expect(tenant.asked).toEqual([])
})

test('a bad signature and an unknown key are told apart', async () => {
  const verifier = verifierWith()
  const [head, , signature] = (await token()).split('.')
  const body = Buffer.from(JSON.stringify({ ...goodPayload, sub: 'x', iat: now(), exp: now() + 60 }))
  const forged = `${head}.${body.toString('base64url')}.${signature}`
  const error = await verifier.verify(forged).catch((fault: Error) => fault)
  expect(error).toMatchObject({ code: 'bad_signature', status: 401 })
  expect((error as Error).message).not.toContain(forged)
  await expect(verifier.verify(await token({}, { kid: 'k2' }))).rejects.toMatchObject({ code: 'unknown_key' })
})

describe('an outage is no refusal', () => {
  test.each([
    ['discovery', 'error'],
    ['discovery', 'busy'],
    ['discovery', 'html'],
    ['discovery', 'closed'],
    ['discovery', 'empty'],
    ['jwks', 'error'],
    ['jwks', 'busy'],
    ['jwks', 'html'],
    ['jwks', 'closed'],
    ['jwks', 'empty'],
    ['jwks', 'slow'],
  ] as const)('when %s is "%s"', async (what, answer) => {
    const verifier = verifierWith()
    tenant[what] = answer
    const text = await token()
    const error = await verifier.verify(text).catch((fault: Error) => fault)
    expect(error).toMatchObject({ code: 'keys_unavailable', status: 503, headers: { 'retry-after': '1' } })
    expect((error as Error).cause).toBeInstanceOf(Error)
    expect((error as Error).message).toBe('The keys of the issuer cannot be fetched at the moment.')
    tenant[what] = 'good'
    await expect(verifierWith().verify(text)).resolves.toBeDefined()
  })

  test('when nobody listens', async () => {
    const customFetch = (() => fetch('http://127.0.0.1:1/')) as never
    await expect(verifierWith({ customFetch }).verify(await token())).rejects.toMatchObject({ status: 503 })
  })

  test('when the list of domains cannot be had', async () => {
    const domains = () => Promise.reject(new Error('no database'))
    await expect(verifierWith({ domains }).verify(await token())).rejects.toMatchObject({ status: 503 })
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['text', 'no'],
    ['an error without a code', new TypeError('fetch failed')],
    ['a set-up that is wrong', Object.assign(new Error('no'), { code: 'invalid_configuration_error' })],
    [
      'a code with a message that says nothing',
      Object.assign(new Error('no'), { code: 'verify_access_token_error' }),
    ],
  ])('when the client throws %s', async (_what, fault) => {
    const verifyAccessToken = () => Promise.reject(fault)
    const verifier = createVerifier({ ...common, apiClient: { verifyAccessToken } })
    await expect(verifier.verify(await token())).rejects.toMatchObject({
      code: 'keys_unavailable',
      status: 503,
    })
  })

  test('and its cause does not quote the token', async () => {
    const verifyAccessToken: ApiClientLike['verifyAccessToken'] = ({ accessToken }) =>
      Promise.reject(new Error(`refused ${accessToken}`))
    const verifier = createVerifier({ ...common, apiClient: { verifyAccessToken } })
    const text = await token()
    const error = (await verifier.verify(text).catch((fault: Error) => fault)) as Error
    expect(error).toMatchObject({ code: 'keys_unavailable' })
    expect(String(error.cause)).not.toContain(text)
  })
})

test.each([
  ['a token', 'Bearer', undefined],
  ['a token and a proof', 'DPoP', { proof: 'x', method: METHOD, url: URL_ASKED }],
] as const)('a client that never answers for %s is an outage', async (_what, scheme, target) => {
  const client: ApiClientLike = { verifyAccessToken: () => new Promise(() => {}) }
  const payload = { iss: ISSUER, sub: 'auth0|1' }
  await expect(
    signatureBy(client, { token: 'x', scheme }, { payload } as never, target, 20),
  ).resolves.toMatchObject({ code: 'keys_unavailable', cause: { name: 'TimeoutError' } })
})

describe('the tolerance of times', () => {
  test.each<[string, () => Record<string, unknown>]>([
    ['an end three seconds ago', () => ({ exp: now() - 3 })],
    ['a start in three seconds', () => ({ nbf: now() + 3 })],
  ])('is ours: %s', async (_what, changes) => {
    await expect(verifierWith().verify(await token(changes()))).resolves.toBeDefined()
    await expect(
      verifierWith({}, { clockTolerance: 0 }).verify(await token(changes())),
    ).rejects.toMatchObject({
      status: 401,
      code: expect.stringMatching(/^(?:expired|not_yet_valid)$/),
    })
    const [head, body] = (await token(changes())).split('.')
    await expect(verifierWith().verify(`${head}.${body}.${'A'.repeat(342)}`)).rejects.toMatchObject({
      code: 'bad_signature',
    })
    await expect(verifierWith().verify(await token(changes(), { kid: 'k2' }))).rejects.toMatchObject({
      code: 'unknown_key',
    })
  })

  test('does not spare a bound token its proof', async () => {
    const bound = await token({ exp: now() - 3, cnf: { jkt } })
    const verifier = verifierWith()
    await expect(verifier.verify(asked(`DPoP ${bound}`, await proof(bound)))).resolves.toBeDefined()
    const wrong = await proof(bound, { htu: 'https://evil.example/' })
    await expect(verifier.verify(asked(`DPoP ${bound}`, wrong))).rejects.toMatchObject({ claim: 'htu' })
    await expect(verifier.verify(asked(`Bearer ${bound}`))).rejects.toMatchObject({
      code: 'sender_constrained',
    })
  })
})

test("what the client's own options refuse is named", async () => {
  const text = await token({ aud: AUDIENCE })
  await expect(verifierWith({ audience: 'https://other.example/' }).verify(text)).rejects.toMatchObject({
    code: 'wrong_audience',
  })
  await expect(verifierWith({ domains: () => ['other.example'] }).verify(text)).rejects.toMatchObject({
    code: 'wrong_issuer',
  })
  const ps = await generateKeyPair('PS256')
  const { SignJWT } = await import('jose')
  const other = await new SignJWT({ ...goodPayload, iat: now(), exp: now() + 60 })
    .setProtectedHeader({ alg: 'PS256', typ: 'JWT', kid: 'k1' })
    .sign(ps.privateKey)
  await expect(verifierWith().verify(other)).rejects.toMatchObject({ code: 'algorithm_not_allowed' })
})

test('a list of domains may depend on the address of the request', async () => {
  const seen: unknown[] = []
  const domains: StandInOptions['domains'] = ({ url, unverifiedIss }) => {
    seen.push([url, unverifiedIss])
    return ['acme.eu.auth0.com']
  }
  const verifier = verifierWith({ domains })
  await expect(verifier.verify(asked(`Bearer ${await token()}`))).resolves.toBeDefined()
  await expect(verifier.verify(await token())).resolves.toBeDefined()
  expect(seen).toEqual([
    [URL_ASKED, ISSUER],
    [undefined, ISSUER],
  ])
})

describe('proofs of possession', () => {
  test('go to the client, and each is taken once', async () => {
    const verifier = verifierWith()
    const bound = await token({ cnf: { jkt, more: 'ignored' } })
    const dpop = await proof(bound)
    await expect(verifier.verify(asked(`DPoP ${bound}`, dpop))).resolves.toMatchObject({ cnf: { jkt } })
    await expect(verifier.verify(asked(`DPoP ${bound}`, dpop))).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
      claim: 'jti',
    })
    await expect(verifier.verify(asked(`Bearer ${bound}`))).rejects.toMatchObject({
      code: 'sender_constrained',
    })
    await expect(verifier.verify(asked(`DPoP ${bound}`))).rejects.toMatchObject({
      code: 'invalid_dpop_proof',
    })
    await expect(
      verifier.verify(asked(`DPoP ${bound}`, await proof(bound, { htm: 'POST' }))),
    ).rejects.toMatchObject({ code: 'invalid_dpop_proof', status: 401 })
    const free = await token()
    await expect(verifier.verify(asked(`DPoP ${free}`, await proof(free)))).rejects.toMatchObject({
      code: 'token_not_bound',
    })
  })

  test("follow the client's mode", async () => {
    const bound = await token({ cnf: { jkt } })
    const free = await token()
    const required = verifierWith({ dpop: { mode: 'required' } })
    await expect(required.verify(asked(`Bearer ${free}`))).rejects.toMatchObject({
      code: 'token_not_bound',
      status: 401,
    })
    await expect(required.verify(asked(`DPoP ${bound}`, await proof(bound)))).resolves.toBeDefined()
    const disabled = verifierWith({ dpop: { mode: 'disabled' } })
    await expect(disabled.verify(asked(`Bearer ${free}`))).resolves.toBeDefined()
    for (const request of [asked(`DPoP ${bound}`, await proof(bound)), asked(`Bearer ${bound}`)]) {
      await expect(disabled.verify(request)).rejects.toMatchObject({
        code: 'sender_constrained',
        status: 401,
      })
    }
    const ours = verifierWith({}, { dpop: { mode: 'required' } })
    await expect(ours.verify(asked(`Bearer ${free}`))).rejects.toMatchObject({ code: 'token_not_bound' })
    const off = verifierWith({}, { dpop: false })
    await expect(off.verify(asked(`DPoP ${bound}`, await proof(bound)))).rejects.toMatchObject({
      code: 'sender_constrained',
    })
  })

  test('are refused as ours are when the client finds the fault', async () => {
    const bound = await token({ cnf: { jkt } })
    for (const [code, message, ours, status] of [
      ['invalid_dpop_proof', 'DPoP proof "ath" mismatch', 'invalid_dpop_proof', 401],
      ['invalid_request', 'HTTP URL is required for DPoP validation', 'invalid_dpop_proof', 401],
      ['verify_access_token_error', 'JWT Access Token confirmation mismatch', 'sender_constrained', 401],
      ['verify_access_token_error', 'fetch failed', 'keys_unavailable', 503],
    ] as const) {
      const verifyAccessToken = () => Promise.reject(Object.assign(new Error(message), { code }))
      const verifier = createVerifier({ ...common, apiClient: { verifyAccessToken } })
      const request = asked(`DPoP ${bound}`, await proof(bound))
      await expect(verifier.verify(request)).rejects.toMatchObject({ code: ours, status })
    }
  })
})

test.each([
  undefined,
  null,
  false,
  true,
  {},
  [],
  'ok',
  { valid: true },
  { sub: 'auth0|1' },
  { ...goodPayload, sub: 'x' },
])('a client that answers %o has verified nothing', async (answer) => {
  const verifyAccessToken = async () => answer as never
  const verifier = createVerifier({ ...common, apiClient: { verifyAccessToken } })
  await expect(verifier.verify(await token())).rejects.toMatchObject({ code: 'ERR_USAGE' })
})

test('all reasons are listed once, the signature of the client among them', async () => {
  const options = { ...common, apiClient: clientWith() }
  const codes = async (text: string) => (await explainToken(text, options)).reasons.map(({ code }) => code)
  expect(await codes(await token())).toEqual([])
  expect(await codes(await token({ exp: now() - 60 }))).toEqual(['expired'])
  expect(await codes(await token({ aud: 'x', sub: '' }))).toEqual(['wrong_audience', 'invalid_claim'])
  const [head, body] = (await token({ exp: now() - 60 })).split('.')
  expect(await codes(`${head}.${body}.${'A'.repeat(342)}`)).toEqual(['bad_signature', 'expired'])
})
