import { describe, expect, test } from 'vitest'
import { createVerifier as createWebVerifier } from '../../lib/verify/index.ts'
import { createVerifier as createNodeVerifier } from '../../lib/verify/node.ts'
import type { Needs, VerifierOptions } from '../../lib/verify/types.ts'
import { AUDIENCE, goodPayload, ISSUER, jwk, keys, NOW, options, rawToken, token } from './token-kit.ts'

const header = { alg: 'RS256', typ: 'JWT', kid: 'k1' }

for (const [name, createVerifier] of [
  ['WebCrypto', createWebVerifier],
  ["Node's crypto", createNodeVerifier],
] as const) {
  const verify = (
    text: string,
    needs?: Needs,
    changes: { [Name in keyof VerifierOptions]?: VerifierOptions[Name] | undefined } = {},
  ) => createVerifier({ ...options, ...changes } as VerifierOptions).verify(text, needs)

  describe(`on ${name}`, () => {
    test('answers the claims of a good token', async () => {
      expect(await verify(await token())).toEqual(goodPayload)
    })

    test('accepts a token of the RFC 9068 profile when the API has that dialect', async () => {
      const text = await token({ azp: undefined, client_id: 'c', jti: 'j' }, { typ: 'at+jwt' })
      expect(await verify(text, {}, { dialect: 'rfc9068_profile' })).toMatchObject({ client_id: 'c' })
      await expect(verify(text, {}, { dialect: 'access_token' })).rejects.toMatchObject({
        code: 'wrong_type',
      })
    })

    test.each([
      ['another issuer', { iss: 'https://evil.example/' }, 'wrong_issuer'],
      ['an issuer without its slash', { iss: ISSUER.slice(0, -1) }, 'wrong_issuer'],
      ['a look-alike issuer', { iss: 'https://acme.eu.auth0.com.evil.example/' }, 'wrong_issuer'],
      ['no issuer', { iss: undefined }, 'wrong_issuer'],
      ['another audience', { aud: 'https://other.example/' }, 'wrong_audience'],
      ['an audience that only begins like ours', { aud: `${AUDIENCE}v2` }, 'wrong_audience'],
      ['an audience that is a part of ours', { aud: [AUDIENCE.slice(0, -1)] }, 'wrong_audience'],
      ['an audience list with other things', { aud: [AUDIENCE, 7] }, 'wrong_audience'],
      ['no audience', { aud: undefined }, 'wrong_audience'],
      ['an end in the past', { exp: NOW - 5 }, 'expired'],
      ['an end that is text', { exp: String(NOW + 60) }, 'invalid_claim'],
      ['no end', { exp: undefined }, 'invalid_claim'],
      ['a start in the future', { nbf: NOW + 6 }, 'not_yet_valid'],
      ['an issue time in the future', { iat: NOW + 6 }, 'not_yet_valid'],
      ['no issue time', { iat: undefined }, 'invalid_claim'],
      ['no subject', { sub: undefined }, 'invalid_claim'],
      ['a subject that is no text', { sub: 7 }, 'invalid_claim'],
      ['a nonce, as ID tokens have', { nonce: 'n' }, 'id_token'],
      ['a session id, as ID tokens have', { sid: 's' }, 'id_token'],
      ['no client', { azp: undefined }, 'invalid_claim'],
      ['scopes as a list', { scope: ['read:orders'] }, 'invalid_claim'],
      ['permissions as text', { permissions: 'read:orders' }, 'invalid_claim'],
      ['a binding to a key', { cnf: { jkt: 'x' } }, 'sender_constrained'],
    ])('refuses %s', async (_what, changes, code) => {
      await expect(verify(await token(changes))).rejects.toMatchObject({ code, status: 401 })
    })

    test.each([
      ['exp one second inside the leeway', { exp: NOW - 4 }],
      ['nbf at the end of the leeway', { nbf: NOW + 5 }],
      ['a single audience', { aud: AUDIENCE }],
    ])('accepts %s', async (_what, changes) => {
      await expect(verify(await token(changes))).resolves.toBeDefined()
    })

    test.each([
      ['alg none', { ...header, alg: 'none' }, 'algorithm_not_allowed'],
      ['alg None', { ...header, alg: 'None' }, 'algorithm_not_allowed'],
      ['alg HS256', { ...header, alg: 'HS256' }, 'algorithm_not_allowed'],
      ['an algorithm the API does not take', { ...header, alg: 'RS512' }, 'algorithm_not_allowed'],
      ['a key for another algorithm', { ...header, alg: 'PS256' }, 'unknown_key'],
      ['an unknown crit', { ...header, crit: ['x'], x: 1 }, 'critical_header'],
      ['an unencoded payload', { ...header, b64: false }, 'critical_header'],
      ['an unknown kid', { ...header, kid: 'k2' }, 'unknown_key'],
      ['a kid that is no text', { ...header, kid: 7 }, 'unknown_key'],
      ['no typ', { alg: 'RS256', kid: 'k1' }, 'wrong_type'],
      ['a DPoP proof', { ...header, typ: 'dpop+jwt' }, 'wrong_type'],
    ])('refuses a header with %s, though the signature is right', async (_what, changed, code) => {
      const text = await rawToken(JSON.stringify(changed), JSON.stringify(goodPayload))
      await expect(verify(text)).rejects.toMatchObject({ code })
    })

    test('does not take a key from the header', async () => {
      const attacker = await crypto.subtle.generateKey(
        {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: 2048,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: 'SHA-256',
        },
        true,
        ['sign', 'verify'],
      )
      const own = await crypto.subtle.exportKey('jwk', attacker.publicKey)
      const forged = { ...header, jwk: own, jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x' }
      const input = [forged, goodPayload]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.')
      const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', attacker.privateKey, Buffer.from(input))
      await expect(verify(`${input}.${Buffer.from(signature).toString('base64url')}`)).rejects.toMatchObject({
        code: 'bad_signature',
      })
    })

    test('refuses an HMAC over the public key', async () => {
      const secret = Buffer.from(JSON.stringify(jwk))
      const key = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, [
        'sign',
      ])
      const input = [{ ...header, alg: 'HS256' }, goodPayload]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.')
      const mac = Buffer.from(await crypto.subtle.sign('HMAC', key, Buffer.from(input))).toString('base64url')
      await expect(verify(`${input}.${mac}`)).rejects.toMatchObject({ code: 'algorithm_not_allowed' })
    })

    test('takes HS256 when it is named, and nothing else then', async () => {
      const secret = 'a-secret-of-at-least-32-characters'
      const hs = { algorithms: ['HS256'], secret, jwks: undefined } as const
      const key = await crypto.subtle.importKey(
        'raw',
        Buffer.from(secret),
        { name: 'HMAC', hash: 'SHA-256' },
        false,
        ['sign'],
      )
      const input = [{ ...header, alg: 'HS256' }, goodPayload]
        .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
        .join('.')
      const mac = Buffer.from(await crypto.subtle.sign('HMAC', key, Buffer.from(input))).toString('base64url')
      expect(await verify(`${input}.${mac}`, {}, hs)).toEqual(goodPayload)
      await expect(verify(await token(), {}, hs)).rejects.toMatchObject({ code: 'algorithm_not_allowed' })
    })

    test('refuses every spelling of a good token but one', async () => {
      const good = await token()
      const [head, body, signature] = good.split('.') as [string, string, string]
      const spellings = {
        padded: `${good}==`,
        'with a line break': `${head}.${body}.${signature.slice(0, 9)}\n${signature.slice(9)}`,
        'with a final blank': `${good} `,
        'with a blank in front': ` ${good}`,
        'in the other alphabet': `${head}.${body}.${signature.slice(0, -2).replaceAll('-', '+').replaceAll('_', '/')}+/`,
        'with spare bits': good.slice(0, -1) + String.fromCharCode(good.charCodeAt(good.length - 1) + 1),
        'with a stray character': `${head}.${body}.${signature.slice(0, 9)}*${signature.slice(9)}`,
        'with a wide character that ends in the same byte': good.replace(
          body[5]!,
          String.fromCharCode(body.charCodeAt(5) + 256),
        ),
        'with a fourth part': `${good}.`,
        'with a NUL': `${good}\0`,
        'cut short': good.slice(0, -1),
        'without a signature': `${head}.${body}.`,
      }
      for (const [what, text] of Object.entries(spellings)) {
        await expect(verify(text), what).rejects.toMatchObject({ name: 'AccessTokenError' })
      }
    })

    test.each([
      ['five parts', 'a.b.c.d.e', 'opaque_token'],
      ['random text', 'x'.repeat(32), 'opaque_token'],
      ['nothing', '', 'opaque_token'],
      ['a payload that is a list', undefined, 'malformed_token'],
    ])('refuses %s', async (_what, text, code) => {
      await expect(verify(text ?? (await rawToken(JSON.stringify(header), '[1]')))).rejects.toMatchObject({
        code,
      })
    })

    test('refuses a payload that is not UTF-8', async () => {
      const payload = Buffer.concat([
        Buffer.from(`${JSON.stringify(goodPayload).slice(0, -1)},"x":"`),
        Buffer.from([0xff]),
        Buffer.from('"}'),
      ])
      const input = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload.toString('base64url')}`
      const signature = Buffer.from(
        await crypto.subtle.sign('RSASSA-PKCS1-v1_5', keys.privateKey, Buffer.from(input)),
      )
      await expect(verify(`${input}.${signature.toString('base64url')}`)).rejects.toMatchObject({
        code: 'malformed_token',
      })
    })

    test('answers 403 with the scopes of the endpoint when one is missing', async () => {
      await expect(
        verify(await token(), { scopes: ['write:orders'] }, { requiredScopes: ['read:orders'] }),
      ).rejects.toMatchObject({
        code: 'insufficient_scope',
        status: 403,
        wwwAuthenticate:
          'Bearer realm="api", error="insufficient_scope", error_description="The token lacks the scope write:orders.", scope="read:orders write:orders"',
      })
    })

    test('does not take a scope for a longer one', async () => {
      const text = await token({ scope: 'read:orders-all' })
      await expect(verify(text, { scopes: ['read:orders'] })).rejects.toMatchObject({ status: 403 })
    })

    test('does not take permissions for scopes, nor scopes for permissions', async () => {
      const text = await token({ scope: 'a', permissions: ['b'] })
      await expect(verify(text, { scopes: ['b'] })).rejects.toMatchObject({ code: 'insufficient_scope' })
      await expect(verify(text, { permissions: ['a'] })).rejects.toMatchObject({
        code: 'insufficient_permissions',
      })
      await expect(verify(text, { scopes: ['a'], permissions: ['b'] })).resolves.toBeDefined()
    })

    test('compares organization ids exactly and names in lower case', async () => {
      const text = await token({ org_id: 'org_1', org_name: 'acme' })
      await expect(verify(text, { organization: 'org_1' })).resolves.toBeDefined()
      await expect(verify(text, { organization: 'Acme' })).resolves.toBeDefined()
      for (const organization of ['org_2', 'ORG_1', 'acm']) {
        await expect(verify(text, { organization })).rejects.toMatchObject({ code: 'wrong_organization' })
      }
      await expect(verify(await token(), { organization: 'org_1' })).rejects.toMatchObject({
        claim: 'org_id',
      })
    })

    test('names the claim that differs from the contract, never its value', async () => {
      const contract = {
        validate: () => [{ path: '/x', claim: 'x', keyword: 'type', message: 'must be string' }],
      }
      await expect(verify(await token({ x: 'secret-value' }), {}, { contract })).rejects.toMatchObject({
        code: 'contract_violation',
        claim: 'x',
        message: 'The claims differ from the contract: x must be string.',
      })
    })
  })
}

describe('the request', () => {
  const verifier = createNodeVerifier(options)

  test('gives up its token from headers of either kind', async () => {
    const text = await token()
    for (const source of [
      new Request('https://orders.acme.example/', { headers: { authorization: `Bearer ${text}` } }),
      new Headers({ authorization: `bearer  ${text}` }),
      { headers: { authorization: `BEARER ${text}` } },
    ]) {
      expect(await verifier.verify(source)).toEqual(goodPayload)
    }
  })

  test.each([undefined, 'Basic abc', 'Bearerx abc'])(
    'is answered with a bare challenge when it has no token (%s)',
    async (authorization) => {
      await expect(verifier.verify({ headers: { authorization } })).rejects.toMatchObject({
        code: 'no_token',
        status: 401,
        wwwAuthenticate: 'Bearer realm="api"',
      })
    },
  )

  test.each(['Bearer', 'Bearer a, Bearer b', 'Bearer a b', 'Bearer é'])(
    'is answered with 400 when the header is %s',
    async (authorization) => {
      await expect(verifier.verify({ headers: { authorization } })).rejects.toMatchObject({
        code: 'malformed_request',
        status: 400,
      })
    },
  )
})

test.each<[object, string]>([
  [{ issuer: undefined }, 'no issuer'],
  [{ domain: 'x.example' }, 'two kinds of issuer'],
  [{ issuer: 'https://acme.eu.auth0.com' }, 'no final slash'],
  [{ audience: '' }, 'no audience'],
  [{ algorithms: [] }, 'no algorithm'],
  [{ algorithms: ['none'] }, 'the algorithm none'],
  [{ algorithms: ['HS256'] }, 'HS256 without a secret'],
  [{ algorithms: ['RS256', 'HS256'], secret: 's' }, 'HS256 beside another'],
  [{ clockTolerance: -1 }, 'a negative leeway'],
])('refuses options with %o (%s)', (changes: object) => {
  expect(() => createNodeVerifier({ ...options, ...changes } as VerifierOptions)).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE' }),
  )
})
