import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { LoginClient } from './login-client.ts'
import { type Figure, figuresOf, sideBySide } from './side-by-side.ts'

/** Each peer's newest version that runs on Node 20: oauth2-mock-server 8, oidc-provider 8. */
const SERVERS = {
  'oauth2-mock-server': 'oauth2-mock-server.mjs',
  'auth0-claims/tenant': 'tenant-server.mjs',
  'oidc-provider': 'oidc-provider.mjs',
  'node:http, signing only': 'floor-server.mjs',
} as const
type Name = keyof typeof SERVERS
const OURS: Name = 'auth0-claims/tenant'
const FLOOR: Name = 'node:http, signing only'
const NAMES = Object.keys(SERVERS) as Name[]
const PRODUCTS = NAMES.filter((name) => name !== FLOOR)

interface Running {
  client: LoginClient
  /** Resident megabytes after a collection. */
  megabytes(): Promise<number>
  stop(): Promise<void>
}

/** Starts a server as a process of its own, and waits for its first discovery answer. */
async function start(name: Name): Promise<Running> {
  const child = fork(join(import.meta.dirname, 'peers', SERVERS[name]), {
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  const { issuer } = await answerOf<{ issuer: string }>(child, name)
  const response = await fetch(`${issuer}/.well-known/openid-configuration`)
  const { authorization_endpoint, token_endpoint } = (await response.json()) as Record<string, string>
  const client = new LoginClient({ authorize: authorization_endpoint!, token: token_endpoint! })
  return {
    client,
    async megabytes() {
      child.send('memory')
      return (await answerOf<{ megabytes: number }>(child, name)).megabytes
    },
    async stop() {
      client.close()
      child.kill()
      await once(child, 'exit')
    },
  }
}

async function answerOf<T>(child: ChildProcess, name: string): Promise<T> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`${name} ended with ${code}`)
  })
  ended.catch(() => {})
  return (await Promise.race([once(child, 'message'), ended]))[0] as T
}

async function withServers<T>(
  names: readonly Name[],
  use: (servers: ReadonlyMap<Name, Running>) => Promise<T>,
): Promise<T> {
  const servers = new Map<Name, Running>()
  try {
    for (const name of names) servers.set(name, await start(name))
    return await use(servers)
  } finally {
    await Promise.all([...servers.values()].map((server) => server.stop()))
  }
}

/** Whole logins, one at a time, over HTTP: ours with a password on a page and an Action that sets four claims. */
export function loggingIn(): Promise<Figure[]> {
  return withServers(NAMES, (servers) =>
    sideBySide(
      [...servers].map(([name, { client }]) => ({ name, run: () => client.logIn() })),
      { slice: 500 },
    ),
  )
}

/** Logins of a browser that has a session: as many requests as the peer without sessions needs. */
export function loggingInAgain(): Promise<Figure[]> {
  return withServers(NAMES, async (servers) => {
    for (const { client } of servers.values()) await client.logIn()
    return sideBySide(
      [...servers].map(([name, { client }]) => ({ name, run: () => client.authorize() })),
      { slice: 500 },
    )
  })
}

export function refreshing(): Promise<Figure[]> {
  return withServers(NAMES, async (servers) => {
    const ways = []
    for (const [name, { client }] of servers) {
      let token = await client.logIn()
      ways.push({
        name,
        run: async () => {
          token = await client.refresh(token)
        },
      })
    }
    return sideBySide(ways, { slice: 500 })
  })
}

/** From the start of the process to the first discovery answer. */
export async function becomingReady(rounds = 7): Promise<Figure[]> {
  const times = new Map<string, number[]>(PRODUCTS.map((name) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const name of PRODUCTS) {
      const begin = performance.now()
      const server = await start(name)
      // The first round warms the caches of the machine.
      if (round > 0) times.get(name)!.push((performance.now() - begin) * 1000)
      await server.stop()
    }
  }
  return figuresOf(times)
}

const BLOCK = 500

/** Thousands of logins of one process: whether the last are as fast as the first. */
export function longRun(logins = 5000): Promise<Figure[]> {
  return withServers([OURS], async (servers) => {
    const { client } = servers.get(OURS)!
    for (let index = 0; index < BLOCK; index++) await client.logIn()
    const blocks: number[] = []
    for (let index = 0; index < logins / BLOCK; index++) blocks.push(await timeOf(client, BLOCK))
    return figuresOf(
      new Map([
        [`the first ${BLOCK} of ${logins}`, [blocks[0]!]],
        [`the last ${BLOCK} of ${logins}`, [blocks.at(-1)!]],
        ['the slowest block between', [Math.max(...blocks.slice(1, -1))]],
      ]),
    )
  })
}

/** Microseconds of one login, the mean of many. */
async function timeOf(client: LoginClient, count: number): Promise<number> {
  const begin = performance.now()
  for (let index = 0; index < count; index++) await client.logIn()
  return ((performance.now() - begin) * 1000) / count
}

/** Resident memory of the server after many logins of different browsers. */
export function remembering(few = 2000, many = 20_000): Promise<Figure[]> {
  return withServers([OURS], async (servers) => {
    const { client, megabytes } = servers.get(OURS)!
    for (let index = 0; index < few; index++) await client.logIn()
    const before = await megabytes()
    for (let index = few; index < many; index++) await client.logIn()
    const after = await megabytes()
    const figure = (name: string, amount: number): Figure => ({
      name,
      microseconds: Number.NaN,
      text: `${amount.toFixed(0)} MB`,
      ratio: amount / before,
      least: amount / before,
      largest: amount / before,
      best: amount / before,
    })
    return [
      figure(`after ${few.toLocaleString('en')} logins`, before),
      figure(`after ${many.toLocaleString('en')} logins`, after),
    ]
  })
}
