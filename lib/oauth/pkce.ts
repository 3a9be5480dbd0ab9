import { createHash, randomBytes } from 'node:crypto'

/**
 * A fresh secret of 43 characters that proves, at the token endpoint, who began the login.
 *
 * @see RFC 7636 section 4.1
 */
export function createCodeVerifier(): string {
  return randomBytes(32).toString('base64url')
}

/**
 * What `/authorize` is told of the verifier: base64url of its SHA-256, for `code_challenge_method=S256`.
 * Does not check that the verifier is well formed.
 *
 * @see RFC 7636 section 4.2
 */
export function codeChallenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

/** A random value for `state` or `nonce`. */
export function randomValue(): string {
  return randomBytes(24).toString('base64url')
}
