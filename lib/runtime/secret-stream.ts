import crypto from 'node:crypto'
import { getOwnPropertySymbols, slice, uncurryThis } from './primordials.ts'

/**
 * The way between the host and the process for Actions. Both directions are encrypted with keys that only the two
 * know, and each message carries a keyed digest: code in the process that reaches the file descriptor, or puts itself
 * between the streams of Node, can read nothing, and what it writes or changes becomes noise, at which the host ends
 * the process. The position in the stream keeps messages from being left out, repeated or put in another order.
 *
 * A frame: its length in four bytes, then digest and text, encrypted as a continuous stream.
 */

/** Bytes of a frame at most, either way. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024
/** Of SHA-256, as base64. */
const DIGEST = 44
const HEAD = 4

/** Keys of both directions, base64. */
export interface StreamKeys {
  toRunner: string
  toHost: string
}

export function newKeys(): StreamKeys {
  return {
    toRunner: crypto.randomBytes(80).toString('base64'),
    toHost: crypto.randomBytes(80).toString('base64'),
  }
}

type Transform = (data: string | Uint8Array) => Buffer
type Digest = (text: string) => string

/** One call of Node's own, kept before an Action can replace it; older versions than 20.12 have none. */
const { hash, createHash } = crypto as typeof crypto & {
  hash?: (algorithm: string, data: string, encoding: 'base64') => string
}

function digestOf(key: string): Digest {
  // After the 48 bytes of the cipher.
  const secret = slice(key, 64)
  if (hash !== undefined) return (text) => hash('sha256', secret + text + secret, 'base64')
  return (text) =>
    createHash('sha256')
      .update(secret + text + secret)
      .digest('base64')
}

/**
 * The native function below a cipher's `update`: what stands above it in JavaScript, code in the same process may
 * replace. Sealing and opening in counter mode are one operation.
 */
function streamOf(key: string): Transform {
  const bytes = Buffer.from(key, 'base64')
  const cipher = crypto.createCipheriv('aes-256-ctr', bytes.subarray(0, 32), bytes.subarray(32, 48))
  bytes.fill(0)
  for (const symbol of getOwnPropertySymbols(cipher)) {
    const handle = (cipher as unknown as Record<symbol, { update?: unknown } | undefined>)[symbol]
    if (typeof handle !== 'object' || typeof handle.update !== 'function') continue
    const update = uncurryThis(handle.update as (data: string | Uint8Array, encoding?: string) => Buffer)
    return (data) => (typeof data === 'string' ? update(handle, data, 'utf8') : update(handle, data))
  }
  const update = uncurryThis(cipher.update as (data: string | Uint8Array, encoding?: string) => Buffer)
  return (data) => (typeof data === 'string' ? update(cipher, data, 'utf8') : update(cipher, data))
}

const utf8 = uncurryThis((Buffer.prototype as unknown as { utf8Slice: (from: number) => string }).utf8Slice)
const utf8At = uncurryThis(
  (Buffer.prototype as unknown as { utf8Slice: (from: number, to: number) => string }).utf8Slice,
)
const { from: bufferFrom, concat } = Buffer
const lengthOf = Buffer.byteLength

/** Makes frames of texts. Each must be sent once, in the order in which it was made. */
export function sealer(key: string): (text: string) => Buffer | undefined {
  const [seal, digest] = [streamOf(key), digestOf(key)]
  return (text) => {
    const bytes = lengthOf(text) + DIGEST
    if (bytes > MAX_FRAME_BYTES) return undefined
    const head = bufferFrom([(bytes >>> 24) & 255, (bytes >>> 16) & 255, (bytes >>> 8) & 255, bytes & 255])
    return concat([head, seal(digest(text) + text)])
  }
}

/** @throws RangeError for a frame that is too long, or that the other side did not seal */
export function opener(key: string, onText: (text: string) => void): (chunk: Buffer) => void {
  const [open, digest] = [streamOf(key), digestOf(key)]
  return framesOf((frame) => {
    const plain = open(frame)
    const text = utf8(plain, DIGEST)
    if (utf8At(plain, 0, DIGEST) !== digest(text))
      throw new RangeError('the frame is not from the other side')
    onText(text)
  })
}

/** Cuts what arrives into frames. */
export function framesOf(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  let size = 0
  let wanted = -1
  return (chunk) => {
    parts.push(chunk)
    size += chunk.length
    for (;;) {
      if (wanted < 0) {
        if (size < HEAD) return
        if (parts[0]!.length < HEAD) parts = [Buffer.concat(parts)]
        wanted = parts[0]!.readUInt32BE(0)
        if (wanted > MAX_FRAME_BYTES) throw new RangeError('the frame is too long')
      }
      if (size < HEAD + wanted) return
      const all = parts.length === 1 ? parts[0]! : Buffer.concat(parts)
      const frame = all.subarray(HEAD, HEAD + wanted)
      const rest = all.subarray(HEAD + wanted)
      parts = rest.length === 0 ? [] : [rest]
      size = rest.length
      wanted = -1
      onFrame(frame)
    }
  }
}
