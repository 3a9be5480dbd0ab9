import type { JsonObject } from './compact-jws.ts'
import type { FoundKey } from './key-set.ts'
import type { Maybe } from './maybe.ts'
import type { Platform } from './platform.ts'
import type { Rules } from './rules.ts'
import type { Store } from './store.ts'
import type { TokenCacheOptions } from './types.ts'

interface Entry<Key> {
  payload: JsonObject
  key: FoundKey<Key>
  /** Seconds since the epoch between which the token is good. */
  from: number
  until: number
}

/**
 * Payloads of tokens that were found good, under the SHA-256 of the whole token. What makes a hit as good as
 * a check:
 *
 * 1. The key is the token's every byte, and each verifier, with its options, has a cache of its own.
 * 2. The time is looked at again at each hit.
 * 3. An entry dies with its key: when the issuer's key set has changed, or is older than it may be.
 * 4. Nothing is known later than without the cache: revocation is not looked at in either way.
 * 5. Payloads are frozen, so that no request changes what the next one gets.
 * 6. Only good tokens are kept, in two generations of bounded size.
 * 7. Proofs of possession, scopes and organization are looked at for each request, outside of the cache.
 * 8. Another spelling of a token has another digest: it is checked, and refused, like any other.
 */
export class TokenCache<Key> {
  readonly #options: TokenCacheOptions
  readonly #platform: Platform<Key>
  readonly #tolerance: number
  readonly #half: number
  #young = new Map<string, Entry<Key>>()
  #old = new Map<string, Entry<Key>>()

  constructor(options: TokenCacheOptions, { clockTolerance }: Rules, platform: Platform<Key>) {
    this.#options = options
    this.#platform = platform
    this.#tolerance = clockTolerance
    this.#half = Math.ceil((options.maxEntries ?? 10_000) / 2)
  }

  find(digest: string, nowSeconds: number): JsonObject | undefined {
    let entry = this.#young.get(digest)
    if (entry === undefined) {
      entry = this.#old.get(digest)
      if (entry === undefined) return undefined
      this.#put(digest, entry)
    }
    if (nowSeconds >= entry.from && nowSeconds < entry.until && entry.key.isCurrent()) return entry.payload
    this.#young.delete(digest)
    this.#old.delete(digest)
    return undefined
  }

  /** Keeps a payload that has passed every check of the token itself, and freezes it. */
  keep(digest: string, payload: JsonObject, key: FoundKey<Key>, nowSeconds: number): void {
    const { iat, nbf, exp } = payload as { iat: number; nbf?: number; exp: number }
    const until = Math.min(exp + this.#tolerance, nowSeconds + (this.#options.maxAgeSeconds ?? 600))
    freeze(payload)
    this.#put(digest, { payload, key, from: Math.max(iat, nbf ?? iat) - this.#tolerance, until })
    if (this.#options.store !== undefined) void this.#share(digest, key, until - nowSeconds)
  }

  /** Whether another instance has found the signature of the token to be that of this key. */
  wasSigned(digest: string, key: FoundKey<Key>): Maybe<boolean> {
    const { store } = this.#options
    return store === undefined ? false : this.#isSharedAs(digest, key, store)
  }

  #put(digest: string, entry: Entry<Key>): void {
    if (this.#young.size >= this.#half) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(digest, entry)
  }

  async #isSharedAs(digest: string, key: FoundKey<Key>, store: Store): Promise<boolean> {
    try {
      const signer = await store.get(`signed:${digest}`)
      return signer !== undefined && signer === (await this.#nameOf(key))
    } catch {
      // Without the store the signature is checked here.
      return false
    }
  }

  async #share(digest: string, key: FoundKey<Key>, seconds: number): Promise<void> {
    try {
      await this.#options.store?.setIfAbsent(`signed:${digest}`, await this.#nameOf(key), seconds)
    } catch {
      // The next instance checks the signature itself.
    }
  }

  async #nameOf({ jwk }: FoundKey<Key>): Promise<string> {
    return this.#platform.sha256(JSON.stringify(jwk))
  }
}

function freeze(value: object): void {
  Object.freeze(value)
  for (const member of Object.values(value)) {
    if (typeof member === 'object' && member !== null) freeze(member)
  }
}
