import { type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose'
import { fitsAlgorithm, publicPart } from './algorithms.ts'
import type { JsonWebKeyLike, SignatureAlgorithm } from './types.ts'
import { WEB_PARAMETERS } from './web-platform.ts'

/** A key of a test issuer. */
export interface SigningKey {
  algorithm: SignatureAlgorithm
  kid: string
  /** The public part, as a JWKS has it. */
  jwk: JsonWebKeyLike
  sign(input: string): Promise<Uint8Array>
}

export async function newSigningKey(algorithm: SignatureAlgorithm, kid: string): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  return signingKey(algorithm, kid, (await exportJWK(publicKey)) as JsonWebKeyLike, privateKey)
}

/** `undefined` when it is no private key for the algorithm. Without the reason: it may be about what is in the key. */
export async function givenSigningKey(
  jwk: JsonWebKeyLike,
  algorithm: SignatureAlgorithm,
): Promise<SigningKey | undefined> {
  const { kid = 'test-key', d } = jwk
  if (typeof kid !== 'string' || typeof d !== 'string' || !fitsAlgorithm(jwk, algorithm)) return undefined
  try {
    const key = (await importJWK(jwk as Parameters<typeof importJWK>[0], algorithm)) as CryptoKey
    return signingKey(algorithm, kid, publicPart(jwk), key)
  } catch {
    return undefined
  }
}

function signingKey(
  algorithm: SignatureAlgorithm,
  kid: string,
  jwk: JsonWebKeyLike,
  privateKey: CryptoKey,
): SigningKey {
  return {
    algorithm,
    kid,
    jwk: { ...jwk, kid, alg: algorithm, use: 'sig' },
    async sign(input) {
      const bytes = new TextEncoder().encode(input)
      return new Uint8Array(await crypto.subtle.sign(WEB_PARAMETERS[algorithm], privateKey, bytes))
    },
  }
}
