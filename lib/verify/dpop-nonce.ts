import { base64url } from './encoding.ts'

/**
 * Nonces that need no memory: the time, and a MAC over it. Instances with the same secret accept each other's.
 *
 * @see RFC 9449 section 9
 */
export class DpopNonces {
  readonly #secret: string
  readonly #maxAgeSeconds: number
  #key: ReturnType<typeof importKey> | undefined

  constructor(secret: string, maxAgeSeconds: number) {
    this.#secret = secret
    this.#maxAgeSeconds = maxAgeSeconds
  }

  async issue(nowSeconds: number): Promise<string> {
    const time = Math.floor(nowSeconds).toString(36)
    return `${time}.${await this.#mac(time)}`
  }

  async accepts(nonce: unknown, nowSeconds: number): Promise<boolean> {
    const parts = typeof nonce === 'string' ? /^([0-9a-z]{1,10})\.([\w-]{43})$/.exec(nonce) : null
    if (parts === null) return false
    const age = nowSeconds - Number.parseInt(parts[1]!, 36)
    // Another instance's clock may be a little ahead.
    if (age > this.#maxAgeSeconds || age < -5) return false
    // Compares MACs of the two MACs, so that the time of the comparison says nothing of the right one.
    const [given, right] = await Promise.all([this.#mac(parts[2]!), this.#mac(await this.#mac(parts[1]!))])
    return given === right
  }

  async #mac(text: string): Promise<string> {
    this.#key ??= importKey(this.#secret)
    const bytes = new TextEncoder().encode(text)
    return base64url(new Uint8Array(await crypto.subtle.sign('HMAC', await this.#key, bytes)))
  }
}

function importKey(secret: string) {
  const bytes = new TextEncoder().encode(secret)
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}
