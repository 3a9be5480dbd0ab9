import { checkedOptions, mustBeWhole, mustHave, usage } from './must-be.ts'
import { promptStore, type Store } from './store.ts'

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
  /** Milliseconds for a reply; a later one counts as none. The client queues what it cannot send. @defaultValue 500 */
  timeoutMilliseconds?: number
}

/**
 * A store in Redis or Valkey, for several instances of an API. Its keys hold digests, never a token or a claim,
 * and all expire. Connecting, `error` events and closing stay with the client's owner.
 *
 * The server's `maxmemory-policy` must be `noeviction`: a proof that it gives up before its time could be used
 * twice. With replicas, one that is promoted may not know the last proofs.
 *
 * The first proof is sent twice, to see that the client sends `NX`: other versions of it leave that out silently.
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
  /** Whether the client is known to send NX: one that does not would let every proof in again. */
  let sendsNx = false

  async function set(key: string, value: string, milliseconds: number): Promise<boolean> {
    const answer = await inTime(
      client.set(prefix + key, value, {
        condition: 'NX',
        expiration: { type: 'PX', value: milliseconds },
      }),
      timeoutMilliseconds,
    )
    if (answer === null) return false
    if (textOf(answer) === 'OK') return true
    throw new TypeError('the client must answer OK or null to SET with NX')
  }

  return promptStore({
    async get(key) {
      return textOf(await inTime(client.get(prefix + key), timeoutMilliseconds))
    },
    async setIfAbsent(key, value, expiresInSeconds) {
      const milliseconds = Math.max(1, Math.ceil(expiresInSeconds * 1000))
      const start = performance.now()
      const isNew = await set(key, value, milliseconds)
      if (isNew && !sendsNx) {
        const again = await set(key, value, milliseconds)
        // A key that has expired in between says nothing.
        const isKept = performance.now() - start < milliseconds
        if (again && isKept) {
          throw usage('redisStore', 'the client of redisStore does not send NX', {
            hint: 'Use version 5 or newer of @redis/client (or redis).',
          })
        }
        sendsNx = isKept
      } else {
        sendsNx = true
      }
      return isNew
    },
  })
}

/** With a type mapping a client returns bytes. */
function textOf(answer: unknown): string | undefined {
  if (typeof answer === 'string') return answer
  return answer instanceof Uint8Array ? new TextDecoder().decode(answer) : undefined
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
