import { type CryptoKey, importJWK } from 'jose'
import { base64url } from './encoding.ts'
import { MIN_RSA_BITS, type Platform } from './platform.ts'
import type { VerifyAlgorithm } from './types.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const CANONICAL = /^[A-Za-z0-9_-]*$/
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

const PARAMETERS: Record<VerifyAlgorithm, { name: string; hash?: string; saltLength?: number }> = {
  RS256: { name: 'RSASSA-PKCS1-v1_5' },
  PS256: { name: 'RSA-PSS', saltLength: 32 },
  ES256: { name: 'ECDSA', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
  HS256: { name: 'HMAC' },
}

/** Runs wherever there are `atob` and WebCrypto: browsers, Workers, Deno, Bun, Node. */
export const webPlatform: Platform<CryptoKey> = {
  // Decoding itself takes no other characters.
  isAscii: () => true,
  decodeText(segment) {
    const bytes = decode(segment)
    if (bytes === undefined) return undefined
    try {
      return decoder.decode(bytes)
    } catch {
      return undefined
    }
  },
  decodeBytes: decode,
  async sha256(text) {
    return base64url(new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(text))))
  },
  async importKey(jwk, algorithm) {
    const key = await importJWK({ ...jwk, kty: jwk.kty ?? '' } as Parameters<typeof importJWK>[0], algorithm)
    if (key instanceof Uint8Array || key.type !== 'public') throw new TypeError('not a public key')
    const bits = (key.algorithm as { modulusLength?: number }).modulusLength
    if (bits !== undefined && bits < MIN_RSA_BITS) throw new TypeError('the RSA key is too short')
    return key
  },
  async importSecret(secret) {
    return crypto.subtle.importKey('raw', encoder.encode(secret), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'verify',
    ])
  },
  async verify(algorithm, key, signingInput, signature) {
    return crypto.subtle.verify(
      PARAMETERS[algorithm],
      key,
      signature as Uint8Array<ArrayBuffer>,
      encoder.encode(signingInput),
    )
  },
}

function decode(segment: string): Uint8Array | undefined {
  const rest = segment.length % 4
  if (rest === 1 || !CANONICAL.test(segment)) return undefined
  // Bits that no byte needs must be zero, else two texts would stand for the same bytes.
  if (rest !== 0 && (ALPHABET.indexOf(segment[segment.length - 1]!) & (rest === 2 ? 15 : 3)) !== 0) {
    return undefined
  }
  const binary = atob(segment.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}
