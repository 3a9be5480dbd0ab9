import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { ToolkitError } from '../errors.ts'

export interface LoopbackListener {
  /** To be registered as the app's callback, character by character. */
  redirect_uri: string
  /** Resolves with the first address that the tenant sends the browser to. */
  callback: Promise<URL>
  stop(): Promise<void>
}

const DONE = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Logged in</title></head>
<body><h1>You may close this page</h1><p>The terminal has the answer.</p></body></html>`

/**
 * Waits on a loopback address for the tenant's redirect, as RFC 8252 describes for apps without a web server.
 * Takes one answer at the callback's own path and ignores everything else. Auth0 has no exception for loopback
 * ports: register each port that you use. With `state` an answer to somebody else's request is ignored too: any page
 * in the user's browser could send one.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when the port is taken.
 */
export async function listenOnLoopback(
  redirectUri: string = 'http://localhost:0/callback',
  expected: { state?: string } = {},
): Promise<LoopbackListener> {
  const wanted = new URL(redirectUri)
  if (wanted.protocol !== 'http:' || !['localhost', '127.0.0.1', '[::1]'].includes(wanted.hostname)) {
    throw new ToolkitError('ERR_USAGE', `"${redirectUri}" is not a loopback address over http`, {
      hint: 'Use http://localhost:PORT/callback.',
    })
  }
  let arrived: (url: URL) => void = () => {}
  const callback = new Promise<URL>((resolve) => {
    arrived = resolve
  })
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const url = answerIn(request, wanted)
    if (
      url === undefined ||
      (expected.state !== undefined && url.searchParams.get('state') !== expected.state)
    ) {
      response.writeHead(404, { connection: 'close' }).end()
      return
    }
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      'referrer-policy': 'no-referrer',
      'cache-control': 'no-store',
      connection: 'close',
    })
    response.end(DONE)
    arrived(url)
  }
  const { servers, port } = await listenAt(wanted, answer)
  wanted.port = String(port)
  return {
    redirect_uri: wanted.href,
    callback,
    async stop() {
      await Promise.all(servers.map(close))
    },
  }
}

/** The address of an answer to an authorization request; `undefined` for any other request. */
function answerIn({ method, url: target = '', headers }: IncomingMessage, wanted: URL): URL | undefined {
  if (method !== 'GET' || (headers.host ?? '').toLowerCase() !== wanted.host) return undefined
  if (!target.startsWith('/') || !URL.canParse(target, wanted.origin)) return undefined
  const url = new URL(target, wanted.origin)
  if (url.origin !== wanted.origin || url.pathname !== wanted.pathname) return undefined
  return url.searchParams.has('code') || url.searchParams.has('error') ? url : undefined
}

/** So many free ports of the one address may be taken at the other. */
const ATTEMPTS = 20

/**
 * Listens where the name leads: `localhost` is both loopback addresses, and whoever had the port at the other one
 * would get the code. Machines without IPv6 have the one address only.
 */
async function listenAt(
  { hostname, port: text }: URL,
  answer: RequestListener,
): Promise<{ servers: Server[]; port: number }> {
  const wanted = Number(text || 80)
  for (let attempt = 1; ; attempt++) {
    const first = createServer(answer)
    await bind(first, hostname === '[::1]' ? '::1' : '127.0.0.1', wanted)
    const { port } = first.address() as AddressInfo
    if (hostname !== 'localhost') return { servers: [first], port }
    const second = createServer(answer)
    try {
      await bind(second, '::1', port)
      return { servers: [first, second], port }
    } catch (error) {
      const { code } = ((error as ToolkitError).cause ?? {}) as NodeJS.ErrnoException
      if (code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT') return { servers: [first], port }
      await close(first)
      if (wanted !== 0 || code !== 'EADDRINUSE' || attempt === ATTEMPTS) throw error
    }
  }
}

async function bind(server: Server, host: string, port: number): Promise<void> {
  server.listen({ host, port, exclusive: true })
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new ToolkitError('ERR_ENVIRONMENT', `port ${port} on ${host} cannot be used`, {
      hint: 'Another program listens there; end it, or register another callback.',
      cause,
    })
  }
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeAllConnections()
  await closed
}
