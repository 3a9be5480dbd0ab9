import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import { getRequestListener } from '@hono/node-server'
import { LOOPBACK_NAMES } from '../loopback.ts'
import { listenAtLoopback } from '../loopback-server.ts'

/** The peer's address, and a way to end the connection without a response. */
export interface Peer {
  ip: string
  drop?(): void
}

/** Returns the response to a request. */
export type Handler = (request: Request, env: Peer) => Response | Promise<Response>

export interface Listener {
  /** `http://localhost:PORT` or `https://localhost:PORT` */
  origin: string
  port: number
  stop(): Promise<void>
}

/** Auth0 names no limit, and returns 414 past it. This many characters is what its front servers take by default. */
const MAX_URL_LENGTH = 8192
/** More than the longest address, so that it can be refused in words. */
const MAX_HEADER_BYTES = 64 * 1024

/** Milliseconds, of Node's own options: who is slower than this loses the connection. */
const TIMEOUTS = {
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 30_000,
  /** Of TLS. */
  handshakeTimeout: 10_000,
  /** How often the first two are looked at; Node's default would make 10 seconds 40. */
  connectionsCheckingInterval: 2_000,
}

export interface ListenOptions {
  /** @defaultValue a free port */
  port?: number
  tls?: { key: string; cert: string }
  /** @defaultValue 10 s for headers and handshake, 30 s for a request, 30 s between two */
  timeouts?: Partial<typeof TIMEOUTS>
}

/**
 * Listens on the loopback addresses only, and only for their names: a page of another site that resolves its own name
 * to 127.0.0.1 (DNS rebinding) is refused.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when the port is taken or not allowed.
 */
export async function listen(handler: Handler, options: ListenOptions = {}): Promise<Listener> {
  let hosts: ReadonlySet<string> = new Set()
  const listener = getRequestListener(
    (request, env) => {
      const { socket } = (env as { incoming: IncomingMessage }).incoming
      return handler(request, { ip: socket.remoteAddress ?? '', drop: () => socket.destroy() })
    },
    { overrideGlobalObjects: false, errorHandler },
  )
  const guarded = (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('x-content-type-options', 'nosniff')
    if (!hosts.has((request.headers.host ?? '').toLowerCase())) {
      return refuse(request, response, 421, 'This tenant answers to localhost only.')
    }
    // `GET http://other.example/ HTTP/1.1` would name the tenant, and so its issuer, by that address.
    if (!request.url!.startsWith('/')) return refuse(request, response, 400, 'The target must be a path.')
    if (request.url!.length > MAX_URL_LENGTH) return refuse(request, response, 414, 'Request-URI Too Large')
    closeWhenUnread(request, response)
    return listener(request, response)
  }
  const create = (): Server => {
    const settings = { maxHeaderSize: MAX_HEADER_BYTES, ...TIMEOUTS, ...options.timeouts, ...options.tls }
    return options.tls === undefined ? createServer(settings, guarded) : createSecureServer(settings, guarded)
  }

  const { port, close } = await listenAtLoopback(create, {
    hostname: 'localhost',
    port: options.port ?? 0,
    hint: 'Name another port; 0 is a free one.',
  })
  hosts = hostsOf(port, options.tls !== undefined)
  return {
    origin: new URL(`${options.tls === undefined ? 'http' : 'https'}://localhost:${port}`).origin,
    port,
    stop: close,
  }
}

/** What `Host` may say: the loopback names, without the port where it is the scheme's own. */
export function hostsOf(port: number, tls: boolean): ReadonlySet<string> {
  const bare = port === (tls ? 443 : 80) ? LOOPBACK_NAMES : []
  return new Set([...LOOPBACK_NAMES.map((name) => `${name}:${port}`), ...bare])
}

function refuse(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
  request.resume()
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end(`${text}\n`)
}

/**
 * A response before the whole body has come ends the connection. It says so (`connection: close`), or the client would
 * send its next request into it.
 */
function closeWhenUnread(request: IncomingMessage, response: ServerResponse): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers
  if (length === '0' && encoding === undefined) return
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse
  response.writeHead = (...args: unknown[]) => {
    if (!request.complete) response.setHeader('connection', 'close')
    return writeHead(...args)
  }
}

function errorHandler(): Response {
  return Response.json({ error: 'server_error', error_description: 'Internal error' }, { status: 500 })
}
