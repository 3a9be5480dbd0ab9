import { describe, expect, test } from 'vitest'
import { createVerifier } from '../../lib/verify/node.ts'
import { redisStore } from '../../lib/verify/redis.ts'
import { answeringStore, memoryStore, type Store } from '../../lib/verify/store.ts'
import { jkt, METHOD, proofFor, URL_ASKED } from './proof-kit.ts'
import { options, token } from './token-kit.ts'

test('keeps the first value until its time is over', async () => {
  let now = 0
  const store = memoryStore({ now: () => now })
  expect(await store.get('a')).toBeUndefined()
  expect(await store.setIfAbsent('a', '1', 10)).toBe(true)
  expect(await store.setIfAbsent('a', '2', 10)).toBe(false)
  expect(await store.get('a')).toBe('1')
  now = 10_000
  expect(await store.get('a')).toBeUndefined()
  expect(await store.setIfAbsent('a', '2', 10)).toBe(true)
})

test('counts what it may have forgotten as seen, and takes what is newer', async () => {
  let now = 0
  const store = memoryStore({ maxEntries: 3, now: () => now })
  for (const key of ['a', 'b', 'c']) {
    expect(await store.setIfAbsent(key, '', 10)).toBe(true)
    now += 1000
  }
  expect(await store.setIfAbsent('d', '', 10)).toBe(true)
  // "a" had to go; what would expire with it cannot be told from it.
  expect(await store.get('a')).toBeUndefined()
  expect(await store.setIfAbsent('a', '', 7)).toBe(false)
  expect(await store.setIfAbsent('e', '', 10)).toBe(true)
})

test('gives room back when entries have expired, without forgetting others', async () => {
  let now = 0
  const store = memoryStore({ maxEntries: 2, now: () => now })
  await store.setIfAbsent('a', '', 1)
  await store.setIfAbsent('b', '', 100)
  now = 2000
  await store.setIfAbsent('c', '', 100)
  expect(await store.setIfAbsent('b', '', 100)).toBe(false)
  expect(await store.setIfAbsent('c', '', 100)).toBe(false)
})

describe('a store of your own that never answers', () => {
  const never = () => new Promise<never>(() => {})
  const silent: Store = { get: never, setIfAbsent: never }

  test('is an outage in time', async () => {
    const store = answeringStore(silent, 20)
    await expect(store.get('a')).rejects.toMatchObject({ name: 'TimeoutError' })
    await expect(store.setIfAbsent('a', '1', 60)).rejects.toMatchObject({ name: 'TimeoutError' })
  })

  test('keeps nobody waiting for ever', async () => {
    const bound = await token({ cnf: { jkt } })
    const request = {
      headers: { authorization: `DPoP ${bound}`, dpop: await proofFor(bound) },
      method: METHOD,
      url: URL_ASKED,
    }
    await Promise.all([
      expect(
        createVerifier({ ...options, cache: { store: silent } }).verify(await token()),
      ).resolves.toBeDefined(),
      expect(createVerifier({ ...options, dpop: { store: silent } }).verify(request)).rejects.toMatchObject({
        code: 'store_unavailable',
        status: 503,
      }),
    ])
  })

  test('one that has a limit of its own keeps it', () => {
    for (const store of [memoryStore(), redisStore({ get: never, set: never })]) {
      expect(answeringStore(store)).toBe(store)
    }
  })
})
