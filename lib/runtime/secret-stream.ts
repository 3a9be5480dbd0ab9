import crypto from 'node:crypto'
import { getOwnPropertySymbols, uncurryThis } from '../primordials.ts'

/**
 * The way between the host and the process for Actions. Each direction has a key that only the two know, and each
 * message is a frame of its own in AES-256-GCM: code in the process that reaches the file descriptor, or puts itself
 * between the streams of Node, can read nothing, and at what it writes or changes the host ends the process. The nonce
 * is the number of the frame: messages cannot be left out, repeated or put in another order.
 *
 * A frame: the length of what follows in four bytes, then tag and ciphertext.
 */

/** Bytes of a frame at most, either way. */
const MAX_FRAME_BYTES = 64 * 1024 * 1024
const CIPHER = 'aes-256-gcm'
const KEY = 32
const NONCE = 12
const TAG = 16
const HEAD = 4

/** Keys of both directions, base64. */
export interface StreamKeys {
  toRunner: string
  toHost: string
}

export function newKeys(): StreamKeys {
  return {
    toRunner: crypto.randomBytes(KEY).toString('base64'),
    toHost: crypto.randomBytes(KEY).toString('base64'),
  }
}

/** Native, below the classes of `node:crypto`. */
type Handle = object
interface Engine {
  begin(seals: boolean, key: Buffer, nonce: Buffer): Handle
  update(handle: Handle, data: string | Uint8Array): Buffer
  /** @throws when the tag is not that of what was opened */
  final(handle: Handle): unknown
  tagOf(handle: Handle): Buffer
  setTag(handle: Handle, tag: Uint8Array): unknown
}
// biome-ignore lint/suspicious/noExplicitAny: Node does not say what these take
type Native = (this: any, ...args: any[]) => any

/**
 * What stands above the native functions in JavaScript, code in the same process may replace, or listen to with a
 * setter: these are taken from a cipher before there is any. Its shape is Node's own business, so that the engine is
 * tried first.
 */
function nativeEngine(): Engine | undefined {
  const sample = crypto.createCipheriv(CIPHER, Buffer.alloc(KEY), Buffer.alloc(NONCE))
  for (const symbol of getOwnPropertySymbols(sample)) {
    const handle = (sample as unknown as Record<symbol, Record<string, Native> | undefined>)[symbol]
    if (typeof handle !== 'object' || typeof handle['update'] !== 'function') continue
    const Base = handle['constructor'] as unknown as new (...args: unknown[]) => Handle
    const update = uncurryThis(handle['update'])
    // Up to Node 22 in two calls.
    const init = handle['initiv'] === undefined ? undefined : uncurryThis(handle['initiv'])
    const engine: Engine = {
      begin(seals, key, nonce) {
        if (init === undefined) return new Base(seals, CIPHER, key, nonce, TAG)
        const handle = new Base(seals)
        init(handle, CIPHER, key, nonce, TAG)
        return handle
      },
      update: (handle, data) =>
        typeof data === 'string' ? update(handle, data, 'utf8') : update(handle, data),
      final: uncurryThis(handle['final']!),
      tagOf: uncurryThis(handle['getAuthTag']!),
      setTag: uncurryThis(handle['setAuthTag']!),
    }
    return works(engine) ? engine : undefined
  }
  return undefined
}

/** Whether it makes what another implementation can open, and refuses what is changed. */
function works(engine: Engine): boolean {
  try {
    const [key, nonce] = [crypto.randomBytes(KEY), Buffer.alloc(NONCE)]
    const handle = engine.begin(true, key, nonce)
    const sealed = engine.update(handle, 'é')
    engine.final(handle)
    const tag = engine.tagOf(handle)
    const check = crypto.createDecipheriv(CIPHER, key, nonce).setAuthTag(tag)
    if (check.update(sealed).toString() + check.final().toString() !== 'é') return false
    sealed[0]! ^= 1
    const changed = engine.begin(false, key, nonce)
    engine.setTag(changed, tag)
    engine.update(changed, sealed)
    try {
      engine.final(changed)
      return false
    } catch {
      return true
    }
  } catch {
    return false
  }
}

/** By the classes, for a Node whose natives are others. */
function classEngine(): Engine {
  const { createCipheriv, createDecipheriv } = crypto
  const cipher = createCipheriv(CIPHER, Buffer.alloc(KEY), Buffer.alloc(NONCE))
  const decipher = createDecipheriv(CIPHER, Buffer.alloc(KEY), Buffer.alloc(NONCE))
  const update = uncurryThis(cipher.update as Native)
  return {
    begin: (seals, key, nonce) => (seals ? createCipheriv : createDecipheriv)(CIPHER, key, nonce),
    update: (handle, data) =>
      typeof data === 'string' ? update(handle, data, 'utf8') : update(handle, data),
    final: uncurryThis(cipher.final as Native),
    tagOf: uncurryThis(cipher.getAuthTag as Native),
    setTag: uncurryThis(decipher.setAuthTag as Native),
  }
}

const engine = nativeEngine() ?? classEngine()

/** Not of the pool, which Actions share. */
function bytesOf(key: string): Buffer {
  const bytes = Buffer.alloc(KEY)
  bytes.write(key, 'base64')
  return bytes
}

/** A number for each frame; one key serves no more than this. */
function counter(): () => Buffer {
  const nonce = Buffer.alloc(NONCE)
  let count = 0
  return () => {
    if (++count >= 2 ** 32) throw new RangeError('one process takes no more messages')
    nonce[8] = count >>> 24
    nonce[9] = count >>> 16
    nonce[10] = count >>> 8
    nonce[11] = count
    return nonce
  }
}

const utf8 = uncurryThis((Buffer.prototype as unknown as { utf8Slice: () => string }).utf8Slice)
const fill = uncurryThis(Uint8Array.prototype.fill)
const { from: bufferFrom, concat } = Buffer
const lengthOf = Buffer.byteLength

/** Makes frames of texts. Each must be sent once, in the order in which it was made. */
export function sealer(key: string): (text: string) => Buffer | undefined {
  const bytes = bytesOf(key)
  const nonce = counter()
  return (text) => {
    const length = lengthOf(text) + TAG
    if (length > MAX_FRAME_BYTES) return undefined
    const handle = engine.begin(true, bytes, nonce())
    const sealed = engine.update(handle, text)
    engine.final(handle)
    const head = bufferFrom([
      (length >>> 24) & 255,
      (length >>> 16) & 255,
      (length >>> 8) & 255,
      length & 255,
    ])
    return concat([head, engine.tagOf(handle), sealed])
  }
}

/** @throws RangeError for a frame that is too long, or that the other side did not seal */
export function opener(key: string, onText: (text: string) => void): (chunk: Buffer) => void {
  const bytes = bytesOf(key)
  const nonce = counter()
  return framesOf((frame) => {
    if (frame.length < TAG) throw new RangeError('the frame is too short')
    const handle = engine.begin(false, bytes, nonce())
    engine.setTag(handle, frame.subarray(0, TAG))
    const plain = engine.update(handle, frame.subarray(TAG))
    try {
      engine.final(handle)
    } catch {
      throw new RangeError('the frame is not from the other side')
    }
    const text = utf8(plain)
    // What is freed may be found.
    fill(plain, 0)
    onText(text)
  })
}

/** Cuts what arrives into frames. */
function framesOf(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
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
