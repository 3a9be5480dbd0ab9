import type { CryptoKey } from 'jose'
import { ALGORITHMS, ALL_ALGORITHMS, MIN_RSA_BITS } from './algorithms.ts'
import { base64url } from './encoding.ts'
import type { Platform } from './platform.ts'
import type { VerifyAlgorithm } from './types.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const CANONICAL = /^[A-Za-z0-9_-]*$/
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const encoder = new TextEncoder()

interface Parameters {
  name: string
  hash?: string
  saltLength?: number
  namedCurve?: string
}

function parametersOf(algorithm: VerifyAlgorithm): Parameters {
  const { kty, crv, hash } = ALGORITHMS[algorithm]
  switch (kty) {
    case 'RSA':
      return algorithm.startsWith('PS')
        ? { name: 'RSA-PSS', hash: `SHA-${hash}`, saltLength: hash / 8 }
        : { name: 'RSASSA-PKCS1-v1_5', hash: `SHA-${hash}` }
    case 'EC':
      return { name: 'ECDSA', hash: `SHA-${hash}`, namedCurve: crv! }
    case 'OKP':
      return { name: 'Ed25519' }
    case 'oct':
      return { name: 'HMAC', hash: `SHA-${hash}` }
  }
}

/** For import, check and signature: WebCrypto looks at what it needs of them. */
export const WEB_PARAMETERS = Object.fromEntries(
  ALL_ALGORITHMS.map((name) => [name, parametersOf(name)]),
) as Record<VerifyAlgorithm, Parameters>

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
    const key = (await crypto.subtle.importKey(
      'jwk',
      jwk as never,
      WEB_PARAMETERS[algorithm] as never,
      false,
      ['verify'],
    )) as CryptoKey
    const bits = (key.algorithm as { modulusLength?: number }).modulusLength
    if (bits !== undefined && bits < MIN_RSA_BITS) throw new TypeError('the RSA key is too short')
    return key
  },
  async importSecret(secret, algorithm) {
    const bytes = encoder.encode(secret)
    return crypto.subtle.importKey('raw', bytes, WEB_PARAMETERS[algorithm] as never, false, ['verify'])
  },
  async verify(algorithm, key, signingInput, signature) {
    return crypto.subtle.verify(
      WEB_PARAMETERS[algorithm],
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
