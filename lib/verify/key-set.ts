import { ALL_ALGORITHMS, fits, publicPart } from './algorithms.ts'
import { inTime, KeysUnavailable } from './fetch-key-set.ts'
import type { Maybe } from './maybe.ts'
import type { Platform } from './platform.ts'
import type { JsonWebKeyLike, JsonWebKeySet, KeySetOptions, VerifyAlgorithm } from './types.ts'

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

interface ImportedKey<Key> {
  kid: unknown
  algorithm: VerifyAlgorithm
  found: FoundKey<Key>
}

/** Marks an ambiguous key: the token has no `kid`, or two keys have the same one. */
const SEVERAL = Symbol('several')
type OneOrSeveral<Key> = FoundKey<Key> | typeof SEVERAL

/** The keys of one JWKS document that can be used, imported. */
class ImportedKeys<Key> {
  /** By algorithm, then by kid: joining the two would cost a new text for each token. */
  readonly #byKid = new Map<VerifyAlgorithm, Map<unknown, OneOrSeveral<Key>>>()
  readonly #all = new Map<VerifyAlgorithm, OneOrSeveral<Key>>()

  constructor(keys: readonly ImportedKey<Key>[]) {
    for (const { kid, algorithm, found } of keys) {
      this.#all.set(algorithm, this.#all.has(algorithm) ? SEVERAL : found)
      const ofAlgorithm = this.#byKid.get(algorithm) ?? new Map<unknown, OneOrSeveral<Key>>()
      this.#byKid.set(algorithm, ofAlgorithm.set(kid, ofAlgorithm.has(kid) ? SEVERAL : found))
    }
  }

  find(kid: string | undefined, algorithm: VerifyAlgorithm): FoundKey<Key> | undefined {
    const found = kid === undefined ? this.#all.get(algorithm) : this.#byKid.get(algorithm)?.get(kid)
    return found === SEVERAL ? undefined : found
  }
}

/** The objects in the list of a JWKS. Other values are left out, and are no reason to refuse the keys. */
export function keysIn(document: unknown): JsonWebKeyLike[] {
  const keys = (document as { keys?: unknown } | null | undefined)?.keys
  if (!Array.isArray(keys)) return []
  return keys.filter((key) => typeof key === 'object' && key !== null && !Array.isArray(key))
}

/** Imports what can be used for some of the algorithms; the rest is left out. `undefined` when nothing is left. */
async function importKeys<Key>(
  keys: readonly JsonWebKeyLike[],
  algorithms: readonly VerifyAlgorithm[],
  platform: Platform<Key>,
  isCurrent: () => boolean,
): Promise<ImportedKeys<Key> | undefined> {
  const imported: ImportedKey<Key>[] = []
  const seen = new Set<string>()
  for (const jwk of keys) {
    for (const algorithm of algorithms) {
      if (!fits(jwk, algorithm)) continue
      const publicKey = publicPart(jwk)
      const name = JSON.stringify([algorithm, jwk.kid, publicKey])
      // The same key twice is no reason to guess.
      if (seen.has(name)) continue
      seen.add(name)
      try {
        const key = await platform.importKey(publicKey, algorithm)
        imported.push({ kid: jwk.kid, algorithm, found: { key, jwk: publicKey, isCurrent } })
      } catch {
        // Leaves out a key that the platform refuses: no token can be checked with it.
      }
    }
  }
  return imported.length === 0 ? undefined : new ImportedKeys(imported)
}

/** Keys that the API was given. */
export function fixedKeySet<Key>(
  document: JsonWebKeySet,
  platform: Platform<Key>,
  algorithms: readonly VerifyAlgorithm[] = ALL_ALGORITHMS,
): KeySet<Key> {
  let ready: ImportedKeys<Key> | undefined
  // Imported when they are first needed: Workers have less time at their start than for a request. Until they
  // are ready each request imports them itself, since a promise of another request may end with that request.
  async function imported(): Promise<ImportedKeys<Key>> {
    const keys = await importKeys(keysIn(document), algorithms, platform, () => true)
    ready ??= keys ?? new ImportedKeys<Key>([])
    return ready
  }
  return {
    find: (kid, algorithm) =>
      ready === undefined ? imported().then((keys) => keys.find(kid, algorithm)) : ready.find(kid, algorithm),
  }
}

export interface RemoteKeySetOptions extends KeySetOptions {
  /** Milliseconds. */
  now: () => number
  algorithms?: readonly VerifyAlgorithm[]
  /** Returns the text of the JWKS. */
  fetchText(): Promise<string>
}

/** Wait after the first failed fetch; each further one doubles it. */
const FIRST_WAIT = 100
/** How long a known key waits for a fetch when the one before has failed. */
const SHORT_WAIT = 250

/**
 * Keys that are fetched when they are first needed.
 *
 * - One fetch serves all who wait for it.
 * - A set without a key that can be used is a failed fetch, and replaces nothing.
 * - After a failed fetch the next one waits 100 ms, then twice as long each time, at most `cooldownSeconds`; a part
 *   of it by chance, so that instances do not ask all at once.
 * - Keys that are at hand are used meanwhile, `staleSeconds` past their age at the longest.
 * - Unknown `kid`s cause `burst` fetches, then one every `cooldownSeconds`.
 *
 * @see https://auth0.com/docs/secure/tokens/json-web-tokens/json-web-key-sets
 */
export function remoteKeySet<Key>(options: RemoteKeySetOptions, platform: Platform<Key>): KeySet<Key> {
  const { now, algorithms = ALL_ALGORITHMS } = options
  const maxAge = (options.maxAgeSeconds ?? 600) * 1000
  const stale = (options.staleSeconds ?? 3600) * 1000
  const burst = options.burst ?? 3
  const cooldown = (options.cooldownSeconds ?? 30) * 1000
  const timeout = options.timeoutMilliseconds ?? 5000
  let current: ImportedKeys<Key> | undefined
  /** Which document `current` is of: what was imported from an older one is not current. */
  let version = 0
  let currentText = ''
  let fetchedAt = 0
  let pending: Promise<void> | undefined
  let startedAt = 0
  let failures = 0
  let failure: unknown
  let nextFetchAt = Number.NEGATIVE_INFINITY
  let spare = burst
  let refilledAt = now()

  const age = () => now() - fetchedAt
  // A clock that was set back makes an age negative: then nobody knows it.
  const isFresh = () => current !== undefined && age() < maxAge && age() >= 0
  const isUsable = () => current !== undefined && age() < maxAge + stale
  const mayFetchNow = () => now() >= nextFetchAt || nextFetchAt - now() > cooldown

  /** Whether one more fetch for an unknown `kid` is allowed now. */
  function takeSpare(): boolean {
    const refill = Math.floor((now() - refilledAt) / cooldown)
    if (refill > 0) {
      spare = Math.min(burst, spare + refill)
      refilledAt += refill * cooldown
    }
    if (spare <= 0) return false
    if (spare === burst) refilledAt = now()
    spare--
    return true
  }

  async function fetchNow(): Promise<void> {
    try {
      const keys = keysIn(JSON.parse(await options.fetchText()))
      const text = JSON.stringify(keys)
      // The same keys again: what was imported, and what was cached with them, stays.
      if (current === undefined || text !== currentText) {
        const own = version + 1
        const imported = await importKeys(keys, algorithms, platform, () => own === version && isFresh())
        if (imported === undefined) throw new Error('the JWKS has no key that can be used')
        current = imported
        currentText = text
        version = own
      }
      fetchedAt = now()
      failures = 0
      nextFetchAt = Number.NEGATIVE_INFINITY
    } catch (error) {
      failure = error
      const wait = Math.min(cooldown, FIRST_WAIT * 2 ** Math.min(failures, 20))
      failures++
      nextFetchAt = now() + wait * (0.5 + Math.random() / 2)
      throw unavailable()
    }
  }

  /**
   * Where each request has its own life (Workers), a fetch ends with the request that has begun it, without a word:
   * whoever waits for another's does so with a time limit, and a fetch beyond its time is none.
   */
  function refresh(): Promise<void> {
    const running = pending
    const since = now() - startedAt
    if (running !== undefined && since >= 0 && since <= timeout) return inTime(timeout, () => running)
    const own = fetchNow().finally(() => {
      if (pending === own) pending = undefined
    })
    pending = own
    startedAt = now()
    return own
  }

  function unavailable(): KeysUnavailable {
    return new KeysUnavailable('the keys of the issuer cannot be fetched', {
      cause: failure,
      retryAfterSeconds: Math.max(1, Math.ceil((nextFetchAt - now()) / 1000)),
    })
  }

  async function afterFetch(
    kid: string | undefined,
    algorithm: VerifyAlgorithm,
  ): Promise<FoundKey<Key> | undefined> {
    const known = isUsable() ? current?.find(kid, algorithm) : undefined
    const mayFetch = pending !== undefined || mayFetchNow()
    if (known !== undefined) {
      if (isFresh() || !mayFetch) return known
      // What the issuer withdrew is noticed here.
      return (failures === 0 ? refresh() : inTime(SHORT_WAIT, refresh)).then(
        () => current?.find(kid, algorithm),
        () => known,
      )
    }
    if (isFresh() && pending === undefined && (!mayFetch || !takeSpare())) {
      if (failures === 0) return undefined
      // The key may be a new one: refusing the token for good would be wrong while the issuer is out of reach.
      throw unavailable()
    }
    if (!mayFetch) throw unavailable()
    try {
      await refresh()
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error
      throw new KeysUnavailable('the keys of the issuer are not fetched in time', {
        cause: error,
        retryAfterSeconds: 1,
      })
    }
    return current?.find(kid, algorithm)
  }

  return {
    find(kid, algorithm) {
      if (!isFresh()) return afterFetch(kid, algorithm)
      return current?.find(kid, algorithm) ?? afterFetch(kid, algorithm)
    },
  }
}
