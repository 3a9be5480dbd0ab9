import crypto from 'node:crypto'
import { getOwnPropertySymbols, uncurryThis } from './primordials.ts'

/**
 * The way between the host and the process for Actions. Both directions are encrypted with keys that only the two
 * know: code in the process that reaches the file descriptor can read nothing, and what it writes becomes noise, at
 * which the host ends the process.
 *
 * A frame: its length in four bytes, then the marker and the text, encrypted as a continuous stream.
 */

/** Bytes of a frame at most, either way. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024
const MARKER = 'claims:1'
const HEAD = 4

/** Keys of both directions, base64. */
export interface StreamKeys {
  toRunner: string
  toHost: string
}

export function newKeys(): StreamKeys {
  return {
    toRunner: crypto.randomBytes(48).toString('base64'),
    toHost: crypto.randomBytes(48).toString('base64'),
  }
}

type Transform = (data: string | Uint8Array) => Buffer

/**
 * The native function below a cipher's `update`: what stands above it in JavaScript, code in the same process may
 * replace. Sealing and opening in counter mode are one operation.
 */
function streamOf(key: string): Transform {
  const bytes = Buffer.from(key, 'base64')
  const cipher = crypto.createCipheriv('aes-256-ctr', bytes.subarray(0, 32), bytes.subarray(32))
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
  const seal = streamOf(key)
  return (text) => {
    const bytes = lengthOf(text) + MARKER.length
    if (bytes > MAX_FRAME_BYTES) return undefined
    const head = bufferFrom([(bytes >>> 24) & 255, (bytes >>> 16) & 255, (bytes >>> 8) & 255, bytes & 255])
    return concat([head, seal(MARKER + text)])
  }
}

/** @throws RangeError for a frame that is too long, or that the other side did not seal */
export function opener(key: string, onText: (text: string) => void): (chunk: Buffer) => void {
  const open = streamOf(key)
  return framesOf((frame) => {
    const plain = open(frame)
    if (utf8At(plain, 0, MARKER.length) !== MARKER)
      throw new RangeError('the frame is not from the other side')
    onText(utf8(plain, MARKER.length))
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
