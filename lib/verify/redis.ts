import { checkedOptions, mustBeWhole, mustHave, usage } from './must-be.ts'
import type { Store } from './store.ts'

/** What is used of a client or a cluster of `@redis/client` (or `redis`), version 5 or newer; connected by you. */
export interface RedisClientLike {
  get(key: string): Promise<unknown>
  set(
    key: string,
    value: string,
    options: { condition: 'NX'; expiration: { type: 'PX'; value: number } },
  ): Promise<unknown>
}

export interface RedisStoreOptions {
  /** Put in front of every key: one for each API. @defaultValue `auth0-claims:` */
  prefix?: string
  /** The client queues what it cannot send: an answer that takes longer counts as none. @defaultValue 500 */
  timeoutMilliseconds?: number
}

/**
 * A store in Redis or Valkey, for several instances of an API. Its keys hold digests, never a token or a claim,
 * and all expire. Connecting, `error` events and closing stay with the client's owner.
 *
 * The server's `maxmemory-policy` must be `noeviction`: a proof that it gives up before its time could be used
 * twice. With replicas, one that is promoted may not know the last proofs.
 *
 * @throws {ToolkitError} `ERR_USAGE` for what is no client, and with the name of an option that is wrong.
 */
export function redisStore(client: RedisClientLike, options: RedisStoreOptions = {}): Store {
  if (mustHave('', 'get', 'set')(client) !== undefined) {
    throw usage('redisStore', 'redisStore needs a client of Redis first, with "get" and "set"', {
      hint: 'E.g. redisStore(await createClient({ url: "redis://127.0.0.1:6379" }).connect()).',
    })
  }
  const { prefix = 'auth0-claims:', timeoutMilliseconds = 500 } = checkedOptions('redisStore', options, {
    prefix: (value) => (typeof value === 'string' ? undefined : 'text'),
    timeoutMilliseconds: mustBeWhole(1, 60_000, 'milliseconds'),
  })
  return {
    async get(key) {
      const value = await inTime(client.get(prefix + key), timeoutMilliseconds)
      return typeof value === 'string' ? value : undefined
    },
    async setIfAbsent(key, value, expiresInSeconds) {
      const milliseconds = Math.max(1, Math.ceil(expiresInSeconds * 1000))
      const answer = await inTime(
        client.set(prefix + key, value, {
          condition: 'NX',
          expiration: { type: 'PX', value: milliseconds },
        }),
        timeoutMilliseconds,
      )
      return answer === 'OK'
    },
  }
}

async function inTime<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('the store did not answer in time')), milliseconds)
  })
  try {
    return await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
