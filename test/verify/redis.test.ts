import { createClient } from '@redis/client'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createVerifier } from '../../lib/verify/node.ts'
import { redisStore } from '../../lib/verify/redis.ts'
import { type RedisServer, startRedis, withoutRedis } from '../helpers/redis-server.ts'
import { jkt, METHOD, proofFor, URL_ASKED } from './proof-kit.ts'
import { options, token } from './token-kit.ts'

describe.skipIf(withoutRedis())('the store in Redis or Valkey', () => {
  let server: RedisServer
  const connect = async () => {
    const client = createClient({ url: server.url, socket: { reconnectStrategy: 20 } })
    // The tests stop the server under it.
    client.on('error', () => undefined)
    return client.connect()
  }
  let client: Awaited<ReturnType<typeof connect>>

  beforeAll(async () => {
    server = await startRedis()
    client = await connect()
  })
  afterAll(async () => {
    client?.destroy()
    await server?.stop()
  })
  beforeEach(() => client.flushAll())

  test('keeps the first value until its time is over', async () => {
    const store = redisStore(client)
    expect(await store.get('a')).toBeUndefined()
    expect(await store.setIfAbsent('a', '1', 0.2)).toBe(true)
    expect(await store.setIfAbsent('a', '2', 60)).toBe(false)
    expect(await store.get('a')).toBe('1')
    await expect.poll(() => store.get('a'), { timeout: 60_000 }).toBeUndefined()
    expect(await store.setIfAbsent('a', '2', 60)).toBe(true)
  })

  test('keeps two APIs apart by their prefixes', async () => {
    await redisStore(client, { prefix: 'orders:' }).setIfAbsent('a', '1', 60)
    expect(await redisStore(client, { prefix: 'bills:' }).get('a')).toBeUndefined()
    expect(await client.keys('*')).toEqual(['orders:a'])
  })

  test('lets one of many instances take a proof', async () => {
    const clients = await Promise.all(Array.from({ length: 4 }, connect))
    const verifiers = clients.map((one) => createVerifier({ ...options, dpop: { store: redisStore(one) } }))
    const bound = await token({ cnf: { jkt } })
    const proof = await proofFor(bound)
    const request = {
      headers: { authorization: `DPoP ${bound}`, dpop: proof },
      method: METHOD,
      url: URL_ASKED,
    }
    const answers = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) => verifiers[index % verifiers.length]!.verify(request)),
    )
    expect(answers.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    for (const one of clients) one.destroy()

    const kept = await client.keys('*')
    expect(kept).toEqual([expect.stringMatching(/^auth0-claims:dpop:[\w-]{43}$/)])
    // As long as the proof could be used, and no longer.
    const left = await client.ttl(kept[0]!)
    expect(left).toBeGreaterThan(290)
    expect(left).toBeLessThanOrEqual(301)
  })

  test('takes what a client with a type mapping answers', async () => {
    const store = redisStore(client.withTypeMapping({ 36: Buffer, 43: Buffer }))
    expect(await store.setIfAbsent('a', '1', 60)).toBe(true)
    expect(await store.setIfAbsent('a', '2', 60)).toBe(false)
    expect(await store.get('a')).toBe('1')
  })

  test('lets nobody in while the server is away', async () => {
    const other = await startRedis()
    const away = createClient({ url: other.url, socket: { reconnectStrategy: 20 } })
    away.on('error', () => undefined)
    await away.connect()
    const verifier = createVerifier({
      ...options,
      dpop: { store: redisStore(away, { timeoutMilliseconds: 200 }) },
    })
    const bound = await token({ cnf: { jkt } })
    const ask = async () =>
      verifier.verify({
        headers: { authorization: `DPoP ${bound}`, dpop: await proofFor(bound) },
        method: METHOD,
        url: URL_ASKED,
      })
    await expect(ask()).resolves.toBeDefined()
    await other.stop()
    await expect(ask()).rejects.toMatchObject({ code: 'store_unavailable', status: 503 })
    away.destroy()
  })
})

describe('a client of Redis', () => {
  const ask = async (verifier: ReturnType<typeof createVerifier>) => {
    const bound = await token({ cnf: { jkt } })
    return verifier.verify({
      headers: { authorization: `DPoP ${bound}`, dpop: await proofFor(bound) },
      method: METHOD,
      url: URL_ASKED,
    })
  }
  const behind = (set: (key: string, value: string) => unknown) =>
    createVerifier({
      ...options,
      dpop: { store: redisStore({ get: async () => null, set: async (key, value) => set(key, value) }) },
    })

  test.each([undefined, 'QUEUED', 1, 0, false, true, '', {}, new Uint8Array(2)])(
    'that answers %s to a SET lets nobody in, and calls no proof used',
    async (answer) => {
      await expect(ask(behind(() => answer))).rejects.toMatchObject({
        code: 'store_unavailable',
        status: 503,
        cause: expect.objectContaining({ message: expect.stringContaining('OK') }),
      })
    },
  )

  // Version 4 of @redis/client takes other options, and sends a plain SET.
  test('that does not send NX lets nobody in, and the cause says so', async () => {
    const verifier = behind(() => 'OK')
    for (let time = 0; time < 2; time++) {
      await expect(ask(verifier)).rejects.toMatchObject({
        code: 'store_unavailable',
        cause: expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining('NX') }),
      })
    }
  })

  test('is asked twice for the first proof, and once for each further one', async () => {
    const kept = new Map<string, string>()
    let calls = 0
    const verifier = behind((key, value) => {
      calls++
      if (kept.has(key)) return null
      kept.set(key, value)
      return 'OK'
    })
    await ask(verifier)
    expect(calls).toBe(2)
    await ask(verifier)
    expect(calls).toBe(3)
  })
})
