import { ALGORITHMS } from './algorithms.ts'
import type { VerifyAlgorithm } from './types.ts'

/**
 * What is wrong with a secret for `HS…` algorithms, in words that never hold it; `undefined` when it may be used.
 * A public key as a secret would let everybody sign.
 *
 * @see RFC 7518 section 3.2, RFC 8725 section 3.5
 */
export function secretFault(secret: unknown, algorithms: readonly VerifyAlgorithm[]): string | undefined {
  if (typeof secret !== 'string') return 'must be text'
  const least = Math.max(...algorithms.map((name) => ALGORITHMS[name].hash / 8))
  const bytes = new TextEncoder().encode(secret)
  if (secret.trim() === '' || bytes.length < least) {
    return `must have at least ${least} bytes for ${algorithms.join(', ')}`
  }
  if (isKeyText(secret)) {
    return 'must be a secret, not a key or certificate that others may know (PEM, JWK, JWKS, DER or SSH)'
  }
  return undefined
}

function isKeyText(secret: string): boolean {
  if (/-{4,5} ?BEGIN/.test(secret) || /^\s*(?:ssh-|ecdsa-)/.test(secret)) return true
  return isJwk(secret) || encodings(secret).some(isDer)
}

function isJwk(secret: string): boolean {
  let value: unknown
  try {
    value = JSON.parse(secret)
  } catch {
    return false
  }
  // Also as a text of JSON in JSON, as an environment file may hold it.
  if (typeof value === 'string') return isKeyText(value)
  return (
    typeof value === 'object' && value !== null && ['kty', 'keys', 'n', 'x'].some((name) => name in value)
  )
}

/** The bytes that a text may stand for: those of its characters, base64, base64url, hexadecimal digits. */
function encodings(secret: string): number[][] {
  const text = secret.replaceAll(/\s/g, '')
  const found: number[][] = [[...secret].map((character) => character.charCodeAt(0))]
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) {
    found.push((text.match(/../g) ?? []).map((digits) => Number.parseInt(digits, 16)))
  }
  if (/^[\w+/-]+={0,2}$/.test(text)) {
    try {
      const binary = atob(
        text
          .replace(/={1,2}$/, '')
          .replaceAll('-', '+')
          .replaceAll('_', '/'),
      )
      const bytes = [...binary].map((character) => character.charCodeAt(0))
      found.push(bytes)
      // The base64 of a whole PEM or JWK.
      if (isKeyText(binary)) found.push(DER_LIKE)
    } catch {
      // It is not base64.
    }
  }
  return found
}

const DER_LIKE = [0x30, 2, 0x30, 0]

/** An ASN.1 sequence over all bytes that begins with another, or with a number: what keys and certificates are. */
function isDer(bytes: readonly number[]): boolean {
  if (bytes[0] !== 0x30 || bytes[1] === undefined) return false
  const more = bytes[1] >= 0x80 ? bytes[1] - 0x80 : 0
  if (more > 4) return false
  const length = more === 0 ? bytes[1] : bytes.slice(2, 2 + more).reduce((sum, byte) => sum * 256 + byte, 0)
  const first = bytes[2 + more]
  return length === bytes.length - 2 - more && (first === 0x30 || first === 0x02)
}
