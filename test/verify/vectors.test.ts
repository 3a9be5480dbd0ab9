import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { describe, expect, test } from 'vitest'
import { isRefusal, parseCompactJws } from '../../lib/verify/compact-jws.ts'
import { createVerifier as createWebVerifier } from '../../lib/verify/index.ts'
import { fixedKeySet } from '../../lib/verify/key-set.ts'
import { createVerifier as createNodeVerifier } from '../../lib/verify/node.ts'
import { nodePlatform } from '../../lib/verify/node-platform.ts'
import type { Platform } from '../../lib/verify/platform.ts'
import type { JsonWebKeyLike, VerifyAlgorithm } from '../../lib/verify/types.ts'
import { webPlatform } from '../../lib/verify/web-platform.ts'
import { AUDIENCE, goodPayload, ISSUER, NOW } from './token-kit.ts'

const PAYLOAD =
  'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'

const VECTORS: [source: string, algorithm: VerifyAlgorithm, key: JsonWebKeyLike, jws: string][] = [
  [
    'RFC 7515 appendix A.2',
    'RS256',
    {
      kty: 'RSA',
      n: 'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ',
      e: 'AQAB',
    },
    `eyJhbGciOiJSUzI1NiJ9.${PAYLOAD}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw`,
  ],
  [
    'RFC 7515 appendix A.3',
    'ES256',
    {
      kty: 'EC',
      crv: 'P-256',
      x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
      y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
    },
    `eyJhbGciOiJFUzI1NiJ9.${PAYLOAD}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q`,
  ],
]

/** RFC 8037 appendix A.4, whose payload is no JSON. */
const ED25519 = {
  key: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
  input: 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
  signature: 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
}

describe.each<[string, Platform, typeof createNodeVerifier]>([
  ['WebCrypto', webPlatform as Platform, createWebVerifier],
  ["Node's crypto", nodePlatform as Platform, createNodeVerifier],
])('on %s', (_name, platform, createVerifier) => {
  test.each(VECTORS)('the signature of %s is good, and no other', async (_source, algorithm, key, jws) => {
    const parsed = parseCompactJws(jws, platform, 2000)
    if (isRefusal(parsed)) throw new Error(parsed.message)
    expect(parsed.payload).toEqual({ iss: 'joe', exp: 1300819380, 'http://example.com/is_root': true })
    const found = await fixedKeySet({ keys: [key] }, platform).find(undefined, algorithm)
    const verify = (signature: Uint8Array, input = parsed.signingInput) =>
      platform.verify(algorithm, found?.key, input, signature)
    expect(await verify(parsed.signature)).toBe(true)
    expect(await verify(parsed.signature, `${parsed.signingInput}A`)).toBe(false)
    expect(await verify(parsed.signature.map((byte, i) => (i === 9 ? byte ^ 1 : byte)))).toBe(false)
  })

  test('the signature of RFC 8037 appendix A.4 is good, and no other', async () => {
    const found = await fixedKeySet({ keys: [ED25519.key] }, platform).find(undefined, 'EdDSA')
    const signature = platform.decodeBytes(ED25519.signature)!
    expect(await platform.verify('EdDSA', found?.key, ED25519.input, signature)).toBe(true)
    expect(await platform.verify('EdDSA', found?.key, `${ED25519.input}A`, signature)).toBe(false)
  })

  test.each(['ES256', 'EdDSA', 'PS256', 'RS256'] as const)(
    'an %s signature of another length is refused, alone and among many',
    async (algorithm) => {
      const pair = await generateKeyPair(algorithm, { extractable: true })
      const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1' } as JsonWebKeyLike
      const verifier = createVerifier({
        issuer: ISSUER,
        audience: AUDIENCE,
        algorithms: [algorithm],
        jwks: { keys: [jwk] },
        now: () => NOW * 1000,
      })
      const good = await new SignJWT(goodPayload)
        .setProtectedHeader({ alg: algorithm, typ: 'JWT', kid: 'k1' })
        .sign(pair.privateKey)
      const [input, bytes] = [
        good.slice(0, good.lastIndexOf('.')),
        Buffer.from(good.slice(good.lastIndexOf('.') + 1), 'base64url'),
      ]
      const zero = Buffer.alloc(1)
      const wrong = [
        bytes.subarray(0, -1),
        bytes.subarray(1),
        Buffer.concat([bytes, zero]),
        Buffer.concat([zero, bytes]),
        Buffer.concat([bytes, bytes]),
        Buffer.alloc(bytes.length),
        Buffer.alloc(bytes.length, 0xff),
        zero,
      ].map((signature) => `${input}.${signature.toString('base64url')}`)
      for (const text of wrong) {
        await expect(verifier.verify(text)).rejects.toMatchObject({ code: 'bad_signature' })
      }
      // At once: Node may then check them in other threads.
      const answers = await Promise.allSettled(
        [good, ...wrong, good, ...wrong, good].map((text) => verifier.verify(text)),
      )
      expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(3)
      for (const answer of answers) {
        if (answer.status === 'rejected') expect(answer.reason).toMatchObject({ code: 'bad_signature' })
      }
    },
  )
})
