import { once } from 'node:events'
import { createServer } from 'node:http'
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
 * ports: register each port that you use.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when the port is taken.
 */
export async function listenOnLoopback(
  redirectUri: string = 'http://localhost:0/callback',
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
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', wanted.origin)
    const host = (request.headers.host ?? '').toLowerCase()
    const answers = url.searchParams.has('code') || url.searchParams.has('error')
    if (request.method !== 'GET' || url.pathname !== wanted.pathname || host !== wanted.host || !answers) {
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
  })
  const host = wanted.hostname === '[::1]' ? '::1' : '127.0.0.1'
  server.listen({ host, port: Number(wanted.port || 80), exclusive: true })
  try {
    await once(server, 'listening')
  } catch (cause) {
    throw new ToolkitError('ERR_ENVIRONMENT', `port ${wanted.port || 80} cannot be used`, {
      hint: 'Another program listens there; end it, or register another callback.',
      cause,
    })
  }
  wanted.port = String((server.address() as AddressInfo).port)
  return {
    redirect_uri: wanted.href,
    callback,
    async stop() {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve())
      })
      server.closeAllConnections()
      await closed
    },
  }
}
