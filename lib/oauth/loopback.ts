import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { ToolkitError } from '../errors.ts'
import { LOOPBACK_NAMES } from '../loopback.ts'
import { listenAtLoopback } from '../loopback-server.ts'

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
 * Waits on a loopback address for the tenant's redirect, as RFC 8252 describes for apps without a web server. Takes one
 * response at the callback's own path and ignores everything else. Auth0 has no exception for loopback ports: register
 * each port that you use. With `state` the response to somebody else's request is ignored too: any page in the user's
 * browser could send one.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when the port is taken.
 */
export async function listenOnLoopback(
  redirectUri: string = 'http://localhost:0/callback',
  expected: { state?: string } = {},
): Promise<LoopbackListener> {
  const wanted = new URL(redirectUri)
  if (wanted.protocol !== 'http:' || !LOOPBACK_NAMES.includes(wanted.hostname)) {
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
  const { port, close } = await listenAtLoopback(() => createServer(answer), {
    hostname: wanted.hostname,
    port: Number(wanted.port || 80),
    hint: 'Another program listens there; end it, or register another callback.',
  })
  wanted.port = String(port)
  return {
    redirect_uri: wanted.href,
    callback,
    stop: close,
  }
}

/** The address of an authorization response; `undefined` for any other request. */
function answerIn({ method, url: target = '', headers }: IncomingMessage, wanted: URL): URL | undefined {
  if (method !== 'GET' || (headers.host ?? '').toLowerCase() !== wanted.host) return undefined
  if (!target.startsWith('/') || !URL.canParse(target, wanted.origin)) return undefined
  const url = new URL(target, wanted.origin)
  if (url.origin !== wanted.origin || url.pathname !== wanted.pathname) return undefined
  return url.searchParams.has('code') || url.searchParams.has('error') ? url : undefined
}
