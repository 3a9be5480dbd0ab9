import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import makeExpress, { type Response as ExpressResponse } from 'express'
import makeFastify from 'fastify'
import { Hono } from 'hono'
import * as express from '../../lib/verify/express.ts'
import * as fastify from '../../lib/verify/fastify.ts'
import * as hono from '../../lib/verify/hono.ts'
import type { AccessTokenClaims, Needs, Verifier } from '../../lib/verify/types.ts'

export interface Claims {
  'https://acme.example/plan'?: string
}

/** A real app on a socket of loopback. `/read`, `/write` and `/admin` need what they are called; `/forgotten` has no requireAuth, the others of `NEEDS_MORE` have two. */
export interface App {
  url: string
  stop(): Promise<void>
}

/** What endpoints need beyond what the whole app needs. */
const NEEDS_MORE: readonly [path: string, needs: Needs][] = [
  ['/read-more', { scopes: ['read:orders'] }],
  ['/write-more', { scopes: ['write:orders'] }],
]

async function served(handle: RequestListener): Promise<App> {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function expressApp(verifier: Verifier<Claims>): Promise<App> {
  const { requireAuth, requireScopes, requirePermissions } = express
  const app = makeExpress()
  const answer = (request: express.ServerRequest, response: ExpressResponse) => {
    response.json((request as express.AuthRequest<Claims>).auth)
  }
  app.get('/read', requireAuth(verifier), requireScopes(verifier, 'read:orders'), answer)
  app.get('/write', requireAuth(verifier), requireScopes(verifier, 'write:orders'), answer)
  app.get('/admin', requireAuth(verifier), requirePermissions(verifier, 'admin'), answer)
  app.get('/forgotten', requireScopes(verifier, 'read:orders'), answer)
  for (const [path, needs] of NEEDS_MORE)
    app.get(path, requireAuth(verifier), requireAuth(verifier, needs), answer)
  return served(app)
}

async function fastifyApp(verifier: Verifier<Claims>): Promise<App> {
  const { requireAuth, requireScopes, requirePermissions } = fastify
  const app = makeFastify()
  app.decorateRequest('auth', null)
  const answer = async (request: fastify.AuthRequest<Claims>) => request.auth
  const auth = requireAuth(verifier)
  app.get('/read', { preHandler: [auth, requireScopes(verifier, 'read:orders')] }, answer)
  app.get('/write', { preHandler: [auth, requireScopes(verifier, 'write:orders')] }, answer)
  app.get('/admin', { preHandler: [auth, requirePermissions(verifier, 'admin')] }, answer)
  app.get('/forgotten', { preHandler: requireScopes(verifier, 'read:orders') }, answer)
  for (const [path, needs] of NEEDS_MORE) {
    app.get(path, { onRequest: auth, preHandler: requireAuth(verifier, needs) }, answer)
  }
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), stop: () => app.close() }
}

function honoApp(verifier: Verifier<Claims>): Promise<App> {
  const { requireAuth, requireScopes, requirePermissions } = hono
  const app = new Hono<{ Variables: { auth: AccessTokenClaims<Claims> } }>()
  app.get('/read', requireAuth(verifier), requireScopes(verifier, 'read:orders'), (c) =>
    c.json(c.get('auth')),
  )
  app.get('/write', requireAuth(verifier), requireScopes(verifier, 'write:orders'), (c) => c.json({}))
  app.get('/admin', requireAuth(verifier), requirePermissions(verifier, 'admin'), (c) => c.json({}))
  app.get('/forgotten', requireScopes(verifier, 'read:orders'), (c) => c.json({}))
  for (const [path, needs] of NEEDS_MORE) {
    app.get(path, requireAuth(verifier), requireAuth(verifier, needs), (c) => c.json(c.get('auth')))
  }
  return served(getRequestListener(app.fetch))
}

/** Any runtime whose handlers take a web-standard request: here with Node in front. */
function webApp(verifier: Verifier<Claims>): Promise<App> {
  const answer = (_request: Request, claims: AccessTokenClaims<Claims>) => Response.json(claims)
  const handlers: Record<string, (request: Request) => Promise<Response>> = {
    '/read': hono.withAuth(verifier, answer, { scopes: ['read:orders'] }),
    '/write': hono.withAuth(verifier, answer, { scopes: ['write:orders'] }),
    '/admin': hono.withAuth(verifier, answer, { permissions: ['admin'] }),
  }
  return served(
    getRequestListener(
      (request) => handlers[new URL(request.url).pathname]?.(request) ?? new Response(null, { status: 401 }),
    ),
  )
}

export const APPS: readonly [name: string, start: (verifier: Verifier<Claims>) => Promise<App>][] = [
  ['Express', expressApp],
  ['Fastify', fastifyApp],
  ['Hono', honoApp],
  ['web-standard requests', webApp],
]
