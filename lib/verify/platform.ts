import type { Maybe } from './maybe.ts'
import type { JsonWebKeyLike, VerifyAlgorithm } from './types.ts'

/**
 * What differs between runtimes: text decoding and the signature. A platform only says whether bytes
 * fit; every decision about a token is made above it.
 */
export interface Platform<Key = unknown> {
  /** Whether a text is ASCII; the segments that are decoded come from such a text. */
  isAscii(text: string): boolean
  /**
   * Decodes one segment of a compact JWS to text.
   * @returns `undefined` unless it is the canonical base64url (RFC 4648 section 5, no padding) of UTF-8.
   */
  decodeText(segment: string): string | undefined
  /** The same for bytes. */
  decodeBytes(segment: string): Uint8Array | undefined
  /** SHA-256 of the text's UTF-8, in base64url. */
  sha256(text: string): Maybe<string>
  /** @throws when the key is not usable for the algorithm. */
  importKey(jwk: JsonWebKeyLike, algorithm: VerifyAlgorithm): Maybe<Key>
  importSecret(secret: string, algorithm: VerifyAlgorithm): Maybe<Key>
  verify(algorithm: VerifyAlgorithm, key: Key, signingInput: string, signature: Uint8Array): Maybe<boolean>
}
