/**
 * The Orders API of the example: a real HTTP server that accepts an access token only when it is valid for
 * this API, has the scope of the endpoint, and carries the claims of the contract.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AccessTokenError, type Verifier } from '../../lib/verify/index.ts'
import type { OrdersAccessToken } from '../../schemas/claims/types.ts'

/** What each endpoint needs. */
const ENDPOINTS: Readonly<Record<string, string>> = {
  'GET /orders': 'read:orders',
  'POST /orders': 'write:orders',
  'GET /orders/export': 'export:orders',
  'DELETE /orders': 'delete:orders',
}

export interface OrdersApi {
  url: string
  stop(): Promise<void>
}

/** Starts on loopback, on a free port unless one is named. */
export async function startOrdersApi(verifier: Verifier<OrdersAccessToken>, port = 0): Promise<OrdersApi> {
  const server = createServer((request, response) => {
    answer(verifier, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => close(server),
  }
}

async function answer(
  verifier: Verifier<OrdersAccessToken>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://api')
  const scope = ENDPOINTS[`${request.method} ${pathname}`]
  if (scope === undefined) return send(response, 404, { error: 'not_found' })
  try {
    const claims = await verifier.verify(headersOf(request), { scopes: [scope] })
    // The contract's types: a misspelt claim does not compile.
    send(response, 200, {
      plan: claims['https://acme.example/plan'],
      region: claims['https://acme.example/region'],
      orders: request.method === 'GET' ? [{ id: 1, item: 'Analytical Engine' }] : [],
    })
  } catch (error) {
    if (!(error instanceof AccessTokenError)) throw error
    send(response, error.status, { error: error.code }, { 'www-authenticate': error.wwwAuthenticate })
  }
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers()
  if (request.headers.authorization !== undefined) headers.set('authorization', request.headers.authorization)
  return headers
}

function send(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
  response.end(JSON.stringify(body))
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  server.closeAllConnections()
  await closed
}
