import { isUtf8 } from 'node:buffer'
import {
  constants,
  createHmac,
  createPublicKey,
  createSecretKey,
  createVerify,
  hash,
  type KeyObject,
  timingSafeEqual,
  type Verify,
  type VerifyKeyObjectInput,
  verify,
} from 'node:crypto'
import { ALGORITHMS, MIN_RSA_BITS } from './algorithms.ts'
import type { Platform } from './platform.ts'

/** Values of the last character of a segment whose spare bits are zero. */
const LAST_OF_TWO = new Set('AQgw')
const LAST_OF_THREE = new Set('AEIMQUYcgkosw048')

/** One buffer in which payloads are decoded, one after the other: a new buffer for each costs a tenth of parsing it. */
const SCRATCH = Buffer.allocUnsafeSlow(12_288)

/** Node's own synchronous signature check: several times less CPU than a hop through WebCrypto. */
export const nodePlatform: Platform<KeyObject> = {
  isAscii: (text) => Buffer.byteLength(text, 'utf8') === text.length,
  decodeText(segment) {
    const length = (segment.length * 3) >> 2
    const room = length > SCRATCH.length ? Buffer.allocUnsafe(length) : SCRATCH
    if (!endsCleanly(segment) || room.write(segment, 0, 'base64url') !== length) return undefined
    const text = room.toString('utf8', 0, length)
    // U+FFFD stands for bytes that are no text, unless the text has it itself.
    return text.includes('\uFFFD') && !isUtf8(room.subarray(0, length)) ? undefined : text
  },
  decodeBytes(segment) {
    if (!endsCleanly(segment)) return undefined
    const bytes = Buffer.from(segment, 'base64url')
    return bytes.length === (segment.length * 3) >> 2 ? bytes : undefined
  },
  sha256: (text) => hash('sha256', text, 'base64url'),
  importKey(jwk) {
    const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
    const bits = key.asymmetricKeyDetails?.modulusLength
    if (bits !== undefined && bits < MIN_RSA_BITS) throw new TypeError('the RSA key is too short')
    return key
  },
  importSecret: (secret) => createSecretKey(secret, 'utf8'),
  verify(algorithm, key, signingInput, signature) {
    const { hash: bits, signatureBytes } = ALGORITHMS[algorithm]
    // Node throws at other lengths.
    if (signatureBytes !== undefined && signature.length !== signatureBytes) return false
    // The parts are ASCII by now: one byte a character.
    switch (algorithm) {
      case 'RS256':
      case 'RS384':
      case 'RS512':
        return signed(bits, signingInput).verify(key, signature)
      case 'PS256':
      case 'PS384':
      case 'PS512':
        return signed(bits, signingInput).verify(
          { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: bits / 8 },
          signature,
        )
      case 'ES256':
      case 'ES384':
      case 'ES512':
        return busy()
          ? inThreadPool(DIGESTS[bits], signingInput, { key, dsaEncoding: 'ieee-p1363' }, signature)
          : signed(bits, signingInput).verify({ key, dsaEncoding: 'ieee-p1363' }, signature)
      case 'EdDSA':
      case 'Ed25519':
        return busy()
          ? inThreadPool(null, signingInput, key, signature)
          : verify(null, Buffer.from(signingInput, 'latin1'), key, signature)
      case 'HS256':
      case 'HS384':
      case 'HS512': {
        const expected = createHmac(DIGESTS[bits], key).update(signingInput, 'latin1').digest()
        return timingSafeEqual(expected, signature)
      }
    }
  },
}

const DIGESTS = { 256: 'sha256', 384: 'sha384', 512: 'sha512' } as const

/** It takes the text as it is, which `crypto.verify` does not. */
function signed(bits: keyof typeof DIGESTS, signingInput: string): Verify {
  return createVerify(DIGESTS[bits]).update(signingInput, 'latin1')
}

let startedInThisTurn = false

/**
 * Whether another signature has been checked in this turn of the microtask queue, so that several requests wait.
 * Checks on curves are then worth the way to other threads: it costs more CPU, and less time while a core is idle.
 */
function busy(): boolean {
  if (startedInThisTurn) return true
  startedInThisTurn = true
  queueMicrotask(() => {
    startedInThisTurn = false
  })
  return false
}

function inThreadPool(
  digest: string | null,
  signingInput: string,
  key: KeyObject | VerifyKeyObjectInput,
  signature: Uint8Array,
): Promise<boolean> {
  return new Promise((resolve, reject) => {
    verify(digest, Buffer.from(signingInput, 'latin1'), key, signature, (error, good) => {
      if (error === null) resolve(good)
      else reject(error)
    })
  })
}

/** Whether no bit is left over at the end, and no character is of the other alphabet, which Node reads as well. */
function endsCleanly(segment: string): boolean {
  const rest = segment.length & 3
  if (rest === 1) return false
  if (rest === 2 && !LAST_OF_TWO.has(segment[segment.length - 1]!)) return false
  if (rest === 3 && !LAST_OF_THREE.has(segment[segment.length - 1]!)) return false
  return !segment.includes('+') && !segment.includes('/')
}
