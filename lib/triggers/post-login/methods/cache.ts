import { utf8Bytes } from '../../../claims/size.ts'
import type { CacheErrorCode } from '../api.ts'
import type { Area } from '../method.ts'

const MINUTE = 60_000
const DEFAULT_LIFE = 15 * MINUTE
const MAX_LIFE = 24 * 60 * MINUTE
const MAX_ENTRIES = 20
const MAX_KEY = 64
const MAX_VALUE = 4096
// The documentation's figure; Auth0's test harness allows 16 KiB.
const MAX_TOTAL = 8000

/** The records travel from run to run by themselves: they are no part of what a login asks for. */
export const cache: Area = {
  get: {
    returns: 'value',
    parameters: ['key'],
    run({ cache, now }, key) {
      const record = Object.hasOwn(cache, key as string) ? cache[key as string] : undefined
      return record === undefined || record.expires_at <= now() ? undefined : { ...record }
    },
  },
  set: {
    returns: 'value',
    parameters: ['key', 'value', 'options?'],
    run({ cache, now }, key, value, options) {
      if (typeof key !== 'string' || typeof value !== 'string') return failure('FailedToSetCacheRecord')
      const { ttl, expires_at: until } = (options ?? {}) as { ttl?: number; expires_at?: number }
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
      if (utf8Bytes(key) > MAX_KEY) return failure('CacheKeySizeExceeded')
      if (utf8Bytes(value) > MAX_VALUE) return failure('CacheValueSizeExceeded')
      const others = Object.entries(cache).filter(([name]) => name !== key)
      if (others.length >= MAX_ENTRIES) return failure('MaxSideEffectsExceeded')
      const total = others.reduce((sum, [name, record]) => sum + utf8Bytes(name) + utf8Bytes(record.value), 0)
      if (total + utf8Bytes(key) + utf8Bytes(value) > MAX_TOTAL) return failure('CacheSizeExceeded')
      const record = { value, expires_at }
      cache[key] = record
      return { type: 'success', record: { ...record } }
    },
  },
  delete: {
    returns: 'value',
    parameters: ['key'],
    run({ cache }, key) {
      if (!Object.hasOwn(cache, key as string)) return failure('CacheKeyDoesNotExist')
      delete cache[key as string]
      return { type: 'success' }
    },
  },
}

function failure(code: CacheErrorCode) {
  return { type: 'error', code }
}
