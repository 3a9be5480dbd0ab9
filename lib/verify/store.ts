import { inTime } from './fetch-key-set.ts'
import { checkedClock, checkedOptions, mustBeFunction, mustBeWhole } from './must-be.ts'

/**
 * Memory that several instances of an API may share: for the proofs that were seen (DPoP), and for the tokens
 * that were verified. Whoever can write to it can let tokens in: keep it as safe as the API itself.
 */
export interface Store {
  /** The value under a key, or `undefined` when there is none or its time is over. */
  get(key: string): Promise<string | undefined>
  /**
   * Puts a value where there is none. One step for all instances together: of many calls at the same time one
   * alone resolves to `true`. Resolves to `false` also when it is not known whether there was one. Rejects when the
   * memory is out of reach; no answer within two seconds counts as that.
   */
  setIfAbsent(key: string, value: string, expiresInSeconds: number): Promise<boolean>
}

/** Stores that have a time limit of their own. */
const prompt = new WeakSet<Store>()

/** Marks a store that has a time limit of its own. */
export function promptStore(store: Store): Store {
  prompt.add(store)
  return store
}

/** A store whose calls reject when they take too long: a request must not wait for ever. */
export function answeringStore(store: Store, timeoutMilliseconds = 2000): Store {
  if (prompt.has(store)) return store
  return {
    get: (key) => inTime(timeoutMilliseconds, async () => store.get(key)),
    setIfAbsent: (key, value, seconds) =>
      inTime(timeoutMilliseconds, async () => store.setIfAbsent(key, value, seconds)),
  }
}

export interface MemoryStoreOptions {
  /** @defaultValue 100 000, about 20 MB of proofs */
  maxEntries?: number
  /** Milliseconds. @defaultValue `Date.now` */
  now?: () => number
}

/**
 * A store for one instance. When it is full the oldest entry is given up, and from then on whatever would
 * expire no later than that entry counts as seen: a flood makes the window of old proofs shorter, it never
 * lets one in twice.
 *
 * @throws {ToolkitError} `ERR_USAGE` with the name of an option that is wrong.
 */
export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const { maxEntries = 100_000, now: clock } = checkedOptions('memoryStore', options, {
    maxEntries: mustBeWhole(1, 16_000_000, 'entries'),
    now: mustBeFunction,
  })
  const now = clock === undefined ? Date.now : checkedClock('memoryStore', clock)
  const entries = new Map<string, { value: string; expiresAt: number }>()
  let forgottenUntil = 0

  function makeRoom(): void {
    for (const [key, { expiresAt }] of entries) {
      const expired = expiresAt <= now()
      if (!expired && entries.size < maxEntries) return
      if (!expired) forgottenUntil = Math.max(forgottenUntil, expiresAt)
      entries.delete(key)
    }
  }

  return promptStore({
    async get(key) {
      const entry = entries.get(key)
      return entry === undefined || entry.expiresAt <= now() ? undefined : entry.value
    },
    async setIfAbsent(key, value, expiresInSeconds) {
      const expiresAt = now() + expiresInSeconds * 1000
      const entry = entries.get(key)
      if (entry !== undefined && entry.expiresAt > now()) return false
      if (expiresAt <= forgottenUntil) return false
      entries.delete(key)
      makeRoom()
      entries.set(key, { value, expiresAt })
      return true
    },
  })
}
