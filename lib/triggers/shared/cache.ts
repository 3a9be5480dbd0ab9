import { utf8Bytes } from '../../claims/size.ts'
import { setOwn } from '../../json.ts'
import type { Area, CacheStore } from '../method.ts'
import type { CacheErrorCode } from './api.ts'

const MINUTE = 60_000
const DEFAULT_LIFE = 15 * MINUTE
const MAX_LIFE = 24 * 60 * MINUTE
const MAX_ENTRIES = 20
const MAX_KEY = 64
const MAX_VALUE = 4096
// The documentation's figure; Auth0's test harness allows 16 KiB.
const MAX_TOTAL = 8000

/** The records travel from run to run by themselves: they are no part of what a login asks for. */
export const cache: Area<unknown> = {
  get: {
    returns: 'value',
    mayFindNothing: true,
    parameters: ['key'],
    run({ cache, now }, key) {
      const record = recordOf(cache, key)
      return record === undefined || record.expires_at <= now() ? undefined : { ...record }
    },
  },
  set: {
    returns: 'value',
    parameters: ['key', 'value', 'options?'],
    run({ cache, now }, key, value, options) {
      assertBytes(key)
      assertBytes(value)
      if (utf8Bytes(key) > MAX_KEY) return failure('CacheKeySizeExceeded')
      if (utf8Bytes(value) > MAX_VALUE) return failure('CacheValueSizeExceeded')
      const others = Object.entries(cache).filter(([name]) => name !== key)
      if (others.length >= MAX_ENTRIES) return failure('MaxSideEffectsExceeded')
      const total = others.reduce((sum, [name, record]) => sum + utf8Bytes(name) + utf8Bytes(record.value), 0)
      if (total + utf8Bytes(key) + utf8Bytes(value) > MAX_TOTAL) return failure('CacheSizeExceeded')
      const expires_at = expiryOf(options, now())
      if (typeof expires_at !== 'number') return expires_at
      const record = { value, expires_at }
      setOwn(cache, key, record)
      return { type: 'success', record: { ...record } }
    },
  },
  delete: {
    returns: 'value',
    parameters: ['key'],
    run({ cache }, key) {
      if (recordOf(cache, key) === undefined) return failure('CacheKeyDoesNotExist')
      delete cache[key as string]
      return { type: 'success' }
    },
  },
}

function recordOf(cache: CacheStore, key: unknown): CacheStore[string] | undefined {
  return typeof key === 'string' && Object.hasOwn(cache, key) ? cache[key] : undefined
}

/** The end of a record's life, or why it can have none. */
function expiryOf(options: unknown, now: number): number | ReturnType<typeof failure> {
  const { ttl, expires_at } = (options ?? {}) as { ttl?: unknown; expires_at?: unknown }
  const ends: number[] = []
  for (const [given, since] of [[ttl, now] as const, [expires_at, 0] as const]) {
    if (given === undefined) continue
    if (typeof given !== 'number' || !Number.isFinite(given)) return failure('InvalidExpiry')
    ends.push(since + Math.floor(given))
  }
  const end = ends.length > 0 ? Math.min(...ends) : now + DEFAULT_LIFE
  if (end <= now) return failure('ItemAlreadyExpired')
  return Number.isSafeInteger(end) ? Math.min(end, now + MAX_LIFE) : failure('InvalidExpiry')
}

/** Auth0's code counts bytes by Node's `Buffer.byteLength`, which throws this. */
function assertBytes(value: unknown): asserts value is string {
  if (typeof value === 'string') return
  throw new TypeError(
    `The "string" argument must be of type string or an instance of Buffer or ArrayBuffer. Received ${received(value)}`,
  )
}

function received(value: unknown): string {
  if (value === undefined || value === null) return String(value)
  if (typeof value === 'function') return value.name === '' ? 'function ' : `function ${value.name}`
  if (typeof value !== 'object')
    return `type ${typeof value} (${String(value)}${typeof value === 'bigint' ? 'n' : ''})`
  const name = value.constructor?.name
  return name ? `an instance of ${name}` : '[Object: null prototype] {}'
}

function failure(code: CacheErrorCode) {
  return { type: 'error', code }
}
