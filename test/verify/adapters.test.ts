import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Hono } from 'hono'
import { afterEach, describe, expect, test } from 'vitest'
import * as express from '../../lib/verify/express.ts'
import * as fastify from '../../lib/verify/fastify.ts'
import * as hono from '../../lib/verify/hono.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import { goodPayload, options, token } from './token-kit.ts'

const verifier = createVerifier<{ 'https://acme.example/plan'?: string }>(options)
type Answer = { status: number; challenge: string | null; body: unknown }
type Ask = (path: string, authorization?: string) => Promise<Answer>
const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** Serves on loopback and answers how to ask it. */
async function serve(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<Ask> {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => server.close())
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return async (path, authorization) => {
    const answer = await fetch(base + path, authorization === undefined ? {} : { headers: { authorization } })
    return read(answer)
  }
}

async function read(answer: Response): Promise<Answer> {
  return {
    status: answer.status,
    challenge: answer.headers.get('www-authenticate'),
    body: await answer.json(),
  }
}

/** Express's part: the middleware of a path in turn, on a real socket. */
function expressApp(): Promise<Ask> {
  const chains: Record<string, express.Middleware<{ 'https://acme.example/plan'?: string }>[]> = {
    '/read': [express.requireAuth(verifier), express.requireScopes(verifier, 'read:orders')],
    '/write': [express.requireAuth(verifier), express.requireScopes(verifier, 'write:orders')],
    '/admin': [express.requireAuth(verifier), express.requirePermissions(verifier, 'admin')],
    '/forgotten': [express.requireScopes(verifier, 'read:orders')],
  }
  return serve((request, raw) => {
    const chain = [...(chains[request.url ?? ''] ?? [])]
    const response = {
      status: (code: number) => {
        raw.statusCode = code
      },
      set: (headers: Record<string, string>) => {
        for (const [name, value] of Object.entries(headers)) raw.setHeader(name, value)
      },
      json: (body: unknown) => raw.end(JSON.stringify(body)),
    }
    const next = (error?: unknown): void => {
      if (error !== undefined) raw.destroy()
      const step = chain.shift()
      if (step === undefined) response.json((request as express.AuthRequest).auth)
      else void step(request as never, response, next)
    }
    next()
  })
}

function fastifyApp(): Promise<Ask> {
  const chains: Record<string, fastify.Hook<{ 'https://acme.example/plan'?: string }>[]> = {
    '/read': [fastify.requireAuth(verifier), fastify.requireScopes(verifier, 'read:orders')],
    '/write': [fastify.requireAuth(verifier), fastify.requireScopes(verifier, 'write:orders')],
    '/admin': [fastify.requireAuth(verifier), fastify.requirePermissions(verifier, 'admin')],
    '/forgotten': [fastify.requireScopes(verifier, 'read:orders')],
  }
  return serve(async (raw, response) => {
    const request = { headers: raw.headers, auth: null } as unknown as fastify.AuthRequest
    const reply = {
      code: (status: number) => {
        response.statusCode = status
      },
      headers: (values: Record<string, string>) => {
        for (const [name, value] of Object.entries(values)) response.setHeader(name, value)
      },
      send: (body: unknown) => response.end(JSON.stringify(body)),
    }
    for (const hook of chains[raw.url ?? ''] ?? []) {
      if ((await hook(request, reply)) === reply) return
    }
    reply.send(request.auth)
  })
}

async function honoApp(): Promise<Ask> {
  const app = new Hono<{ Variables: { auth: unknown } }>()
  app.get('/read', hono.requireAuth(verifier), hono.requireScopes(verifier, 'read:orders'), (c) =>
    c.json(c.get('auth') as object),
  )
  app.get('/write', hono.requireAuth(verifier), hono.requireScopes(verifier, 'write:orders'), (c) =>
    c.json({}),
  )
  app.get('/admin', hono.requireAuth(verifier), hono.requirePermissions(verifier, 'admin'), (c) => c.json({}))
  app.get('/forgotten', hono.requireScopes(verifier, 'read:orders'), (c) => c.json({}))
  return async (path, authorization) =>
    read(await app.request(path, authorization === undefined ? {} : { headers: { authorization } }))
}

describe.each([
  ['Express', expressApp],
  ['Fastify', fastifyApp],
  ['Hono', honoApp],
])('the adapter for %s', (_name, start) => {
  test('hands the claims of a good token to the handler', async () => {
    const ask = await start()
    expect(await ask('/read', `Bearer ${await token()}`)).toEqual({
      status: 200,
      challenge: null,
      body: goodPayload,
    })
  })

  test('answers a request without a token with a bare challenge', async () => {
    const ask = await start()
    expect(await ask('/read')).toMatchObject({
      status: 401,
      challenge: 'Bearer realm="api"',
      body: { error: 'no_token' },
    })
  })

  test('answers a bad token with 401, and a missing scope or permission with 403', async () => {
    const ask = await start()
    const good = `Bearer ${await token()}`
    expect(await ask('/read', `${good}x`)).toMatchObject({ status: 401, body: { error: 'malformed_token' } })
    expect(await ask('/write', good)).toMatchObject({
      status: 403,
      challenge: expect.stringContaining('scope="write:orders"'),
      body: { error: 'insufficient_scope' },
    })
    expect(await ask('/admin', good)).toMatchObject({
      status: 403,
      body: { error: 'insufficient_permissions' },
    })
  })

  test('lets nobody in where the check for a token was forgotten', async () => {
    const ask = await start()
    expect(await ask('/forgotten', `Bearer ${await token()}`)).toMatchObject({ status: 401 })
  })
})

test('a handler for web-standard requests gets the claims, or is not called', async () => {
  const calls: unknown[] = []
  const handler = hono.withAuth(verifier, (_request, claims) => {
    calls.push(claims.sub)
    return Response.json({ sub: claims.sub })
  })
  const good = new Request('https://orders.acme.example/', {
    headers: { authorization: `Bearer ${await token()}` },
  })
  expect((await handler(good)).status).toBe(200)
  expect((await handler(new Request('https://orders.acme.example/'))).status).toBe(401)
  expect(calls).toEqual(['auth0|1'])
})
