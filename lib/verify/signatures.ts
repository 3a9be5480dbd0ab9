import type { CompactJws } from './compact-jws.ts'
import type { Refusal, Unavailable } from './errors.ts'
import { fetchKeySet, KeysUnavailable } from './fetch-key-set.ts'
import { type FoundKey, fixedKeySet, type KeySet, remoteKeySet } from './key-set.ts'
import { after, type Maybe } from './maybe.ts'
import type { Platform } from './platform.ts'
import type { Rules } from './rules.ts'
import type { VerifierOptions, VerifyAlgorithm } from './types.ts'

/** The keys of the issuers that an API trusts, and whether they signed a token. */
export class Signatures<Key> {
  readonly #options: VerifierOptions
  readonly #algorithms: readonly VerifyAlgorithm[]
  readonly #platform: Platform<Key>
  readonly #now: () => number
  readonly #keySets: Map<string, KeySet<Key>>
  /** A function names the issuers: their keys come when they are needed. */
  readonly #isOpen: boolean
  /** With keys at hand a foreign issuer costs nothing, and the signature is judged for `explain`. */
  readonly #offline: KeySet<Key> | undefined

  constructor(options: VerifierOptions, rules: Rules, platform: Platform<Key>, now: () => number) {
    this.#options = options
    this.#algorithms = rules.algorithms
    this.#platform = platform
    this.#now = now
    this.#keySets = new Map(rules.issuers.map((issuer) => [issuer, this.#keySetOf(issuer)]))
    this.#isOpen = rules.issuersFor !== undefined
    const atHand = typeof options.jwks === 'object' || options.secret !== undefined
    this.#offline = atHand ? this.#keySets.get(rules.issuers[0]!) : undefined
  }

  /**
   * The key that a token names. The list of the API decides whose keys are asked for; the token only picks from it.
   *
   * @param issuers That the API takes for this request.
   */
  keyOf({ header, payload }: CompactJws, issuers: readonly string[]): Maybe<FoundKey<Key> | Refusal> {
    const iss = payload['iss'] as string
    const keys = this.#isOpen ? this.#keysOf(iss, issuers) : (this.#keySets.get(iss) ?? this.#offline)
    if (keys === undefined) return WRONG_ISSUER
    const found = keys.find(header['kid'] as string | undefined, header['alg'] as VerifyAlgorithm)
    if (!(found instanceof Promise)) return found ?? UNKNOWN_KEY
    return found.then(
      (key) => key ?? UNKNOWN_KEY,
      (error: unknown) => {
        if (error instanceof KeysUnavailable) return keysUnavailable(error.cause, error.retryAfterSeconds)
        throw error
      },
    )
  }

  isGood(jws: CompactJws, { key }: FoundKey<Key>): Maybe<boolean> {
    return isSignedBy(this.#platform, jws, key)
  }

  /** The keys of one of many issuers; those of the least recently used issuer are dropped. */
  #keysOf(issuer: string, issuers: readonly string[]): KeySet<Key> | undefined {
    if (!issuers.includes(issuer)) return undefined
    const keys = this.#keySets.get(issuer) ?? this.#keySetOf(issuer)
    this.#keySets.delete(issuer)
    if (this.#keySets.size >= KEPT_ISSUERS) this.#keySets.delete(this.#keySets.keys().next().value!)
    this.#keySets.set(issuer, keys)
    return keys
  }

  #keySetOf(issuer: string): KeySet<Key> {
    const { jwks, secret, keys = {}, fetch: fetchOption, apiClient } = this.#options
    if (secret !== undefined) return secretKey(secret, this.#platform)
    if (apiClient !== undefined) return NO_KEYS
    if (typeof jwks === 'object') return fixedKeySet(jwks, this.#platform, this.#algorithms)
    const source = {
      ...keys,
      url: jwks ?? `${issuer}.well-known/jwks.json`,
      // Looked up late, so that a test or a runtime may replace the global one.
      fetch: fetchOption ?? ((input, init) => fetch(input, init)),
    } satisfies Parameters<typeof fetchKeySet>[0]
    return remoteKeySet(
      { ...keys, now: this.#now, algorithms: this.#algorithms, fetchText: () => fetchKeySet(source) },
      this.#platform,
    )
  }
}

/** With a few keys each, some megabytes. */
const KEPT_ISSUERS = 1000

const NO_KEYS: KeySet<never> = { find: () => undefined }

/** Whether a key made the signature. `false` where the platform throws at an odd key. */
export function isSignedBy<Key>(platform: Platform<Key>, jws: CompactJws, key: Key): Maybe<boolean> {
  try {
    const good = platform.verify(jws.header['alg'] as VerifyAlgorithm, key, jws.signingInput, jws.signature)
    return good instanceof Promise ? good.catch(() => false) : good
  } catch {
    return false
  }
}

/** A JWKS never holds a secret, and a secret never verifies another algorithm. */
function secretKey<Key>(secret: string, platform: Platform<Key>): KeySet<Key> {
  const found = new Map<VerifyAlgorithm, FoundKey<Key>>()
  return {
    find(_kid, algorithm) {
      const known = found.get(algorithm)
      if (known !== undefined) return known
      return after(platform.importSecret(secret, algorithm), (key) => {
        const made = { key, isCurrent: () => true }
        found.set(algorithm, made)
        return made
      })
    },
  }
}

export const WRONG_ISSUER: Refusal = {
  code: 'wrong_issuer',
  message: 'The token is from another issuer.',
  claim: 'iss',
}
const UNKNOWN_KEY: Refusal = {
  code: 'unknown_key',
  message: 'The issuer has no key with this id that fits the algorithm.',
  claim: 'kid',
}

/** @param cause Why, for people: it may come from elsewhere, so it is never answered. */
export function keysUnavailable(cause: unknown, retryAfterSeconds = 1): Unavailable {
  return {
    code: 'keys_unavailable',
    message: 'The keys of the issuer cannot be fetched at the moment.',
    retryAfterSeconds,
    cause,
  }
}
