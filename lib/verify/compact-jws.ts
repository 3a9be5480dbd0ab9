import type { Refusal } from './errors.ts'
import type { Platform } from './platform.ts'
import { strictObject } from './strict-json.ts'

export type JsonObject = Record<string, unknown>

export interface CompactJws {
  header: JsonObject
  payload: JsonObject
  /** What was signed: the text up to the second dot. */
  signingInput: string
  signature: Uint8Array
  /** Whether the header was among the known ones. */
  isKnown: boolean
}

/** A header that has been read and checked before: all tokens of one key have the same. */
export interface KnownHeader {
  /** Text of the segment and its dot. */
  prefix: string
  header: JsonObject
}

const malformed = (message: string): Refusal => ({ code: 'malformed_token', message })

const TOO_LONG = malformed('The token is longer than this API accepts.')
const NOT_CANONICAL = malformed('The token is not canonical base64url.')
const NOT_JSON = malformed('The token does not hold JSON objects with each key once.')
const OPAQUE: Refusal = {
  code: 'opaque_token',
  message: 'The token is not a signed JWT. Ask for a token with the audience of this API.',
}
const ENCRYPTED: Refusal = {
  code: 'opaque_token',
  message: 'The token is encrypted, not a signed JWT. Ask for a token with the audience of this API.',
}
const EMPTY_SIGNATURE: Refusal = { code: 'bad_signature', message: 'The token is not signed.' }

/**
 * Takes a compact JWS apart (RFC 7515 section 7.1), and accepts one spelling of it only: no padding, no
 * white space, no stray bits, no other alphabet. Does not look at what the header or the payload say.
 */
export function parseCompactJws(
  token: string,
  platform: Platform,
  maxLength: number,
  known: readonly KnownHeader[] = [],
): CompactJws | Refusal {
  if (token.length > maxLength) return TOO_LONG
  const first = token.indexOf('.')
  const second = token.indexOf('.', first + 1)
  if (first === -1 || second === -1) return OPAQUE
  if (token.includes('.', second + 1)) {
    return token.split('.', 7).length === 5 ? ENCRYPTED : malformed('The token does not have three parts.')
  }
  if (!platform.isAscii(token)) return NOT_CANONICAL
  const same = knownHeader(token, first + 1, known)
  const headerText = same === undefined ? platform.decodeText(token.slice(0, first)) : ''
  const payloadText = platform.decodeText(token.slice(first + 1, second))
  const signature = platform.decodeBytes(token.slice(second + 1))
  if (headerText === undefined || payloadText === undefined || signature === undefined) return NOT_CANONICAL
  const header = same?.header ?? strictObject(headerText)
  const payload = strictObject(payloadText)
  if (header === undefined || payload === undefined) return NOT_JSON
  if (signature.length === 0 && header['alg'] !== 'none') return EMPTY_SIGNATURE
  return { header, payload, signingInput: token.slice(0, second), signature, isKnown: same !== undefined }
}

function knownHeader(token: string, length: number, known: readonly KnownHeader[]): KnownHeader | undefined {
  for (const one of known) if (one.prefix.length === length && token.startsWith(one.prefix)) return one
  return undefined
}

/** The header segment of a token and its dot, copied: a slice would keep the whole token in memory. */
export function headerPrefix(token: string): string {
  return token
    .slice(0, token.indexOf('.') + 1)
    .split('')
    .join('')
}

export function isRefusal(value: object): value is Refusal {
  return 'code' in value
}
