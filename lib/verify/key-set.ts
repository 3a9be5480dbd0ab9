import type { Maybe } from './maybe.ts'
import { MIN_RSA_BITS, type Platform } from './platform.ts'
import type { JsonWebKeyLike, JsonWebKeySet, KeySetOptions, VerifyAlgorithm } from './types.ts'

/** Fetching failed and no keys are left that may still be used. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
}

export interface FoundKey<Key> {
  key: Key
  /** The public key that it was imported from; none for a secret. */
  jwk?: JsonWebKeyLike
  /** Whether the set still has this key, and is not older than it may be. */
  isCurrent(): boolean
}

type Lookup<Key> = Maybe<FoundKey<Key> | undefined>

export interface KeySet<Key> {
  /**
   * The key for a token's header, or `undefined` when the issuer has none that fits.
   * @throws {KeysUnavailable} when the issuer's keys cannot be had.
   */
  find(kid: string | undefined, algorithm: VerifyAlgorithm): Lookup<Key>
}

const KTY: Record<VerifyAlgorithm, string> = {
  RS256: 'RSA',
  PS256: 'RSA',
  ES256: 'EC',
  EdDSA: 'OKP',
  HS256: 'oct',
}

/** Imported keys of one JWKS document. A key is imported once for an algorithm. */
class Imported<Key> {
  readonly #keys: readonly JsonWebKeyLike[]
  readonly #platform: Platform<Key>
  readonly #isCurrent: (imported: Imported<Key>) => boolean
  /** By algorithm, then by kid: joining the two would cost a new text for each token. */
  readonly #ready = new Map<VerifyAlgorithm, Map<string | undefined, FoundKey<Key>>>()

  constructor(
    document: JsonWebKeySet,
    platform: Platform<Key>,
    isCurrent: (imported: Imported<Key>) => boolean = () => true,
  ) {
    this.#keys = document.keys
    this.#platform = platform
    this.#isCurrent = isCurrent
  }

  find(kid: string | undefined, algorithm: VerifyAlgorithm): Lookup<Key> {
    const ready = this.#ready.get(algorithm)?.get(kid)
    if (ready !== undefined) return ready
    const fitting = this.#keys.filter((jwk) => fits(jwk, kid, algorithm))
    // Without a kid, or with one that stands twice, a guess would be needed.
    if (fitting.length !== 1) return undefined
    return this.#import(kid, fitting[0]!, algorithm)
  }

  async #import(
    kid: string | undefined,
    jwk: JsonWebKeyLike,
    algorithm: VerifyAlgorithm,
  ): Promise<FoundKey<Key> | undefined> {
    try {
      const publicKey = publicPart(jwk)
      const key = await this.#platform.importKey(publicKey, algorithm)
      const found = { key, jwk: publicKey, isCurrent: () => this.#isCurrent(this) }
      const ofAlgorithm = this.#ready.get(algorithm) ?? new Map<string | undefined, FoundKey<Key>>()
      this.#ready.set(algorithm, ofAlgorithm.set(kid, found))
      return found
    } catch {
      return undefined
    }
  }
}

/** Keys that the API was given. */
export function fixedKeySet<Key>(document: JsonWebKeySet, platform: Platform<Key>): KeySet<Key> {
  return new Imported(document, platform)
}

export interface RemoteKeySetOptions extends KeySetOptions {
  url: string
  fetch: typeof fetch
  /** Milliseconds. */
  now: () => number
}

/**
 * Keys that are fetched when they are first needed. One fetch serves all who wait for it; an unknown `kid`
 * causes a bounded number of fetches; when fetching fails, keys that are at hand are used a while longer.
 *
 * @see https://auth0.com/docs/secure/tokens/json-web-tokens/json-web-key-sets
 */
export function remoteKeySet<Key>(options: RemoteKeySetOptions, platform: Platform<Key>): KeySet<Key> {
  const { now } = options
  const maxAge = (options.maxAgeSeconds ?? 600) * 1000
  const stale = (options.staleSeconds ?? 3600) * 1000
  const burst = options.burst ?? 3
  const cooldown = (options.cooldownSeconds ?? 30) * 1000
  let current: Imported<Key> | undefined
  let currentText = ''
  let fetchedAt = 0
  let pending: Promise<void> | undefined
  let tokens = burst
  let refilledAt = now()

  /** Whether one more fetch beyond the regular ones is allowed now. */
  function allowed(): boolean {
    const refill = Math.floor((now() - refilledAt) / cooldown)
    if (refill > 0) {
      tokens = Math.min(burst, tokens + refill)
      refilledAt += refill * cooldown
    }
    if (tokens <= 0) return false
    if (tokens === burst) refilledAt = now()
    tokens--
    return true
  }

  function refresh(): Promise<void> {
    pending ??= fetchKeySet(options)
      .then((document) => {
        const text = JSON.stringify(document.keys)
        // The same keys again: what was imported, and what was cached with them, stays.
        if (current === undefined || text !== currentText) {
          current = new Imported(document, platform, isCurrent)
          currentText = text
        }
        fetchedAt = now()
      })
      .finally(() => {
        pending = undefined
      })
    return pending
  }

  function isCurrent(imported: Imported<Key>): boolean {
    return imported === current && now() - fetchedAt < maxAge
  }

  async function afterFetch(
    kid: string | undefined,
    algorithm: VerifyAlgorithm,
  ): Promise<FoundKey<Key> | undefined> {
    const had = current
    const found = await had?.find(kid, algorithm)
    const fresh = had !== undefined && now() - fetchedAt < maxAge
    if (fresh && found !== undefined) return found
    if (pending === undefined && !allowed()) {
      if (had !== undefined && now() - fetchedAt < maxAge + stale) return found
      throw new KeysUnavailable('the keys cannot be fetched at the moment')
    }
    try {
      await refresh()
    } catch (cause) {
      if (had !== undefined && found !== undefined && now() - fetchedAt < maxAge + stale) return found
      // The key may be a new one: refusing the token for good would be wrong while the issuer is out of reach.
      throw new KeysUnavailable('the keys cannot be fetched', { cause })
    }
    return current?.find(kid, algorithm)
  }

  return {
    find(kid, algorithm) {
      if (current === undefined || now() - fetchedAt >= maxAge) return afterFetch(kid, algorithm)
      const key = current.find(kid, algorithm)
      return key === undefined || key instanceof Promise ? afterFetch(kid, algorithm) : key
    },
  }
}

async function fetchKeySet(options: RemoteKeySetOptions): Promise<JsonWebKeySet> {
  const response = await options.fetch(options.url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    // A redirect would let somebody else name the keys.
    redirect: 'error',
    signal: AbortSignal.timeout(options.timeoutMilliseconds ?? 5000),
  })
  if (response.status !== 200) {
    await response.body?.cancel()
    throw new Error(`the JWKS endpoint answered ${response.status}`)
  }
  const document: unknown = JSON.parse(await limitedText(response, options.maxBytes ?? 131_072))
  if (!isKeySet(document)) throw new Error('the JWKS endpoint did not answer a JWKS')
  return document
}

async function limitedText(response: Response, maxBytes: number): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > maxBytes) {
      await reader.cancel()
      throw new Error('the JWKS document is too large')
    }
    text += decoder.decode(value, { stream: true })
  }
}

export function isKeySet(value: unknown): value is JsonWebKeySet {
  const keys = (value as { keys?: unknown } | null)?.keys
  return Array.isArray(keys) && keys.every((key) => typeof key === 'object' && key !== null)
}

function fits(jwk: JsonWebKeyLike, kid: string | undefined, algorithm: VerifyAlgorithm): boolean {
  return (
    fitsAlgorithm(jwk, algorithm) &&
    (kid === undefined || jwk.kid === kid) &&
    // Auth0 can be told to leave `alg` out.
    (jwk.alg === undefined || jwk.alg === algorithm) &&
    (jwk.use === undefined || jwk.use === 'sig') &&
    (jwk.key_ops === undefined || jwk.key_ops.includes('verify'))
  )
}

/** Whether the kind of the key is that of the algorithm; says nothing of what the issuer wants it used for. */
export function fitsAlgorithm(jwk: JsonWebKeyLike, algorithm: VerifyAlgorithm): boolean {
  return (
    jwk.kty === KTY[algorithm] &&
    (algorithm !== 'ES256' || jwk['crv'] === 'P-256') &&
    (algorithm !== 'EdDSA' || jwk['crv'] === 'Ed25519') &&
    (jwk.kty !== 'RSA' || longEnough(jwk['n']))
  )
}

function longEnough(modulus: unknown): boolean {
  return typeof modulus === 'string' && Math.floor((modulus.length * 6) / 8) * 8 >= MIN_RSA_BITS
}

/** Private members never reach the import. */
export function publicPart({ kty, n, e, crv, x, y }: JsonWebKeyLike): JsonWebKeyLike {
  const members = { kty, n, e, crv, x, y }
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
