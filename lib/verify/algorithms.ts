import type { JsonWebKeyLike, VerifyAlgorithm } from './types.ts'

export interface AlgorithmFacts {
  /** Kind of the key (RFC 7518 section 6.1, RFC 8037). */
  kty: 'RSA' | 'EC' | 'OKP' | 'oct'
  /** Its curve, where it has one. */
  crv?: 'P-256' | 'P-384' | 'P-521' | 'Ed25519'
  /** Of SHA-2, in bits. */
  hash: 256 | 384 | 512
  /** Length of a signature in bytes, where the algorithm has one. */
  signatureBytes?: number
}

/** RFC 7518 section 3.1, RFC 8037 section 3.1, RFC 9864 section 2.2. */
export const ALGORITHMS: Readonly<Record<VerifyAlgorithm, AlgorithmFacts>> = {
  RS256: { kty: 'RSA', hash: 256 },
  RS384: { kty: 'RSA', hash: 384 },
  RS512: { kty: 'RSA', hash: 512 },
  PS256: { kty: 'RSA', hash: 256 },
  PS384: { kty: 'RSA', hash: 384 },
  PS512: { kty: 'RSA', hash: 512 },
  ES256: { kty: 'EC', crv: 'P-256', hash: 256, signatureBytes: 64 },
  ES384: { kty: 'EC', crv: 'P-384', hash: 384, signatureBytes: 96 },
  ES512: { kty: 'EC', crv: 'P-521', hash: 512, signatureBytes: 132 },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', hash: 512, signatureBytes: 64 },
  Ed25519: { kty: 'OKP', crv: 'Ed25519', hash: 512, signatureBytes: 64 },
  HS256: { kty: 'oct', hash: 256, signatureBytes: 32 },
  HS384: { kty: 'oct', hash: 384, signatureBytes: 48 },
  HS512: { kty: 'oct', hash: 512, signatureBytes: 64 },
}

export const ALL_ALGORITHMS = Object.keys(ALGORITHMS) as VerifyAlgorithm[]

export function isSymmetric(algorithm: VerifyAlgorithm): boolean {
  return ALGORITHMS[algorithm].kty === 'oct'
}

/** Least and greatest size of RSA keys in bits: RFC 7518 section 3.3, and what a check may cost. */
export const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 8192

/** Whether an issuer's key may check an algorithm: kind, size, and what the issuer wants it used for. */
export function fits(jwk: JsonWebKeyLike, algorithm: VerifyAlgorithm): boolean {
  const { alg, use, key_ops } = jwk
  return (
    fitsAlgorithm(jwk, algorithm) &&
    // Auth0 can be told to leave `alg` out.
    (alg === undefined || alg === algorithm || (isEdDsa(alg) && isEdDsa(algorithm))) &&
    (use === undefined || use === 'sig') &&
    (key_ops === undefined || (Array.isArray(key_ops) && key_ops.includes('verify')))
  )
}

/** Whether the kind of the key is that of the algorithm; says nothing of what the issuer wants it used for. */
export function fitsAlgorithm(jwk: JsonWebKeyLike, algorithm: VerifyAlgorithm): boolean {
  const { kty, crv } = ALGORITHMS[algorithm]
  return jwk.kty === kty && (crv === undefined || jwk['crv'] === crv) && (kty !== 'RSA' || isUsableRsa(jwk))
}

function isEdDsa(algorithm: unknown): boolean {
  return algorithm === 'EdDSA' || algorithm === 'Ed25519'
}

function isUsableRsa({ n, e }: JsonWebKeyLike): boolean {
  if (typeof n !== 'string' || typeof e !== 'string') return false
  // Whole bytes; the import looks at the bits.
  const bits = ((n.length * 6) >> 3) * 8
  return bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS && isUsableExponent(e)
}

/** Odd and from 3: with 1 a signature is the text that it signs (RFC 8017 section 3.1). */
function isUsableExponent(e: string): boolean {
  if (!/^[A-Za-z0-9_-]{1,11}$/.test(e)) return false
  let binary: string
  try {
    binary = atob(e.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return false
  }
  const value = [...binary].reduce((sum, byte) => sum * 256n + BigInt(byte.charCodeAt(0)), 0n)
  return value >= 3n && value % 2n === 1n
}

/** Private members never reach the import. */
export function publicPart({ kty, n, e, crv, x, y }: JsonWebKeyLike): JsonWebKeyLike {
  const members = { kty, n, e, crv, x, y }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
