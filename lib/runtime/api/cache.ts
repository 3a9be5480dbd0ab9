import type {
  CacheApi,
  CacheError,
  CacheErrorCode,
  CacheRecord,
  CacheSetOptions,
} from '../../action/index.ts'
import { bytesOf } from './arguments.ts'
import type { Recorder } from './recorder.ts'

const MINUTE = 60_000
const DEFAULT_LIFE = 15 * MINUTE
const MAX_LIFE = 24 * 60 * MINUTE
const MAX_ENTRIES = 20
const MAX_KEY = 64
const MAX_VALUE = 4096
// The documentation's figure; Auth0's test harness allows 16 KiB.
const MAX_TOTAL = 8000

/** Records by key. JSON only, so that it travels between runs. */
export type CacheStore = Record<string, CacheRecord>

export class Cache implements CacheApi {
  readonly #recorder: Recorder
  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  get(key: string): CacheRecord | undefined {
    return this.#recorder.call('cache.get', [key], () => {
      const { cache, now } = this.#recorder.options
      const record = Object.hasOwn(cache, key) ? cache[key] : undefined
      return record === undefined || record.expires_at <= now() ? undefined : { ...record }
    })
  }

  set(key: string, value: string, options: CacheSetOptions = {}) {
    return this.#recorder.call('cache.set', [key, value, options], () => {
      const { cache, now } = this.#recorder.options
      if (typeof key !== 'string' || typeof value !== 'string') return failure('FailedToSetCacheRecord')
      const { ttl, expires_at: until } = options ?? {}
      if ([ttl, until].some((given) => given !== undefined && typeof given !== 'number'))
        return failure('InvalidExpiry')
      const expiries = [...(ttl === undefined ? [] : [now() + ttl]), ...(until === undefined ? [] : [until])]
      if (expiries.some((expiry) => !Number.isSafeInteger(Math.trunc(expiry))))
        return failure('InvalidExpiry')
      const expires_at = Math.min(
        now() + MAX_LIFE,
        ...(expiries.length > 0 ? expiries : [now() + DEFAULT_LIFE]),
      )
      if (expires_at <= now()) return failure('ItemAlreadyExpired')
      if (bytesOf(key) > MAX_KEY) return failure('CacheKeySizeExceeded')
      if (bytesOf(value) > MAX_VALUE) return failure('CacheValueSizeExceeded')
      const others = Object.entries(cache).filter(([name]) => name !== key)
      if (others.length >= MAX_ENTRIES) return failure('MaxSideEffectsExceeded')
      const total = others.reduce((sum, [name, record]) => sum + bytesOf(name) + bytesOf(record.value), 0)
      if (total + bytesOf(key) + bytesOf(value) > MAX_TOTAL) return failure('CacheSizeExceeded')
      const record = { value, expires_at }
      cache[key] = record
      return { type: 'success' as const, record: { ...record } }
    })
  }

  delete(key: string) {
    return this.#recorder.call('cache.delete', [key], () => {
      const { cache } = this.#recorder.options
      if (!Object.hasOwn(cache, key)) return failure('CacheKeyDoesNotExist')
      delete cache[key]
      return { type: 'success' as const }
    })
  }
}

function failure(code: CacheErrorCode): CacheError {
  return { type: 'error', code }
}
