import { AsyncLocalStorage } from 'node:async_hooks'
import type net from 'node:net'
import { builtin } from './builtin.ts'
import {
  type Answer,
  answerOf,
  isRefused,
  type Network,
  refused,
  refusedRequest,
  responseOf,
} from './network.ts'

/** Whether the code that is running now is under this guard. */
type Applies = () => boolean

/**
 * Refuses every connection of the code it applies to. What answers `fetch` or HTTP without a connection, such as
 * the mocks of a test suite, goes on answering.
 *
 * @returns a function that takes the guard away
 */
export function refuseConnections(applies: Applies): () => void {
  const allowFetch = refuseFetch(applies)
  const allowSockets = refuseSockets(applies)
  return () => {
    allowFetch()
    allowSockets()
  }
}

function refuseFetch(applies: Applies): () => void {
  const { fetch } = globalThis
  const guarded: typeof fetch = async (input, init) => {
    if (!applies()) return fetch(input, init)
    try {
      // Node's own fetch asks the dispatcher, which has no connection of others to use again; a mock does not.
      return await fetch(input, { ...init, dispatcher: NO_DISPATCHER as never })
    } catch (error) {
      // Node's own says "fetch failed", whatever the reason.
      if (!isRefused(error) && !isRefused((error as Error | undefined)?.cause)) throw error
      throw refusedRequest(new Request(input, init))
    }
  }
  globalThis.fetch = guarded
  return () => {
    // A later replacement by others stays, and calls through this one.
    if (globalThis.fetch === guarded) globalThis.fetch = fetch
  }
}

function refuseSockets(applies: Applies): () => void {
  const socket = builtin('node:net').Socket.prototype
  const { connect } = socket
  const guarded = function (this: net.Socket, ...args: unknown[]): net.Socket {
    if (!applies()) return connect.apply(this, args as never)
    // Not before the caller has begun to listen for errors.
    process.nextTick(() => this.destroy(refused(`a connection to ${hostOf(args)}`)))
    return this
  } as typeof connect
  socket.connect = guarded
  return () => {
    if (socket.connect === guarded) socket.connect = connect
  }
}

/** Runs of this process that are under a guard, each with the mark of its own. */
const marks = new AsyncLocalStorage<object>()
const REFUSED = {}

/** Puts what runs in this process, and nothing else, under a guard for as long as it runs. */
export function createGuard(network: Network): <T>(run: () => Promise<T>) => Promise<T> {
  if (network === 'allow') return (run) => run()
  const answer = answerOf(network)
  if (answer === undefined) {
    return (run) => {
      // Stays for the rest of the process, and lets everybody else pass.
      refuseHere()
      return marks.run(REFUSED, run)
    }
  }
  const mark = {}
  let users = 0
  let installed: Promise<() => void> | undefined
  return async (run) => {
    users++
    installed ??= answerRequests(
      () => marks.getStore() === mark,
      answer,
      (name) => import(name),
    )
    try {
      await installed
      return await marks.run(mark, run)
    } finally {
      if (--users === 0) {
        const remove = await installed
        installed = undefined
        remove()
      }
    }
  }
}

let refusing: typeof fetch | undefined

/** Sockets are guarded once; `fetch` again when a suite has put a mock in its place, or the original back. */
function refuseHere(): void {
  const applies = () => marks.getStore() === REFUSED
  if (refusing === undefined) refuseSockets(applies)
  if (globalThis.fetch !== refusing) refuseFetch(applies)
  refusing = globalThis.fetch
}

const NO_DISPATCHER = {
  dispatch(): never {
    throw refused('a connection')
  },
}

/**
 * Answers the HTTP requests of the code it applies to, and refuses its other connections.
 *
 * @param load imports a module of this package's dependencies
 * @returns a function that takes the guard away
 */
export async function answerRequests(
  applies: Applies,
  answer: Answer,
  load: (name: string) => unknown,
): Promise<() => void> {
  const { BatchInterceptor } = (await load('@mswjs/interceptors')) as typeof import('@mswjs/interceptors')
  const { ClientRequestInterceptor } = (await load(
    '@mswjs/interceptors/ClientRequest',
  )) as typeof import('@mswjs/interceptors/ClientRequest')
  const { FetchInterceptor } = (await load(
    '@mswjs/interceptors/fetch',
  )) as typeof import('@mswjs/interceptors/fetch')
  const allow = refuseConnections(applies)
  const interceptor = new BatchInterceptor({
    name: 'auth0-claims',
    interceptors: [new ClientRequestInterceptor(), new FetchInterceptor()],
  })
  interceptor.apply()
  // For those who imported `request` or `get` by name.
  const { syncBuiltinESMExports } = builtin('node:module')
  syncBuiltinESMExports()
  interceptor.on('request', async ({ request, controller }) => {
    if (!applies()) return
    try {
      const found = await answer(request)
      if (found === undefined) controller.errorWith(refusedRequest(request))
      else controller.respondWith(responseOf(found))
    } catch (error) {
      controller.errorWith(error instanceof Error ? error : new Error(String(error)))
    }
  })
  return () => {
    interceptor.dispose()
    syncBuiltinESMExports()
    allow()
  }
}

function hostOf(args: unknown[]): string {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0]
  if (typeof first === 'object' && first !== null) {
    const { host, path, port } = first as { host?: string; path?: string; port?: number }
    return path ?? `${host ?? 'localhost'}:${port ?? ''}`
  }
  return String(first)
}
