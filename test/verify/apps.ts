import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import makeExpress, { type Response as ExpressResponse } from 'express'
import makeFastify from 'fastify'
import { Hono } from 'hono'
import * as express from '../../lib/verify/express.ts'
import * as fastify from '../../lib/verify/fastify.ts'
import * as hono from '../../lib/verify/hono.ts'
import * as lambda from '../../lib/verify/lambda.ts'
import type { AuthOptions } from '../../lib/verify/refusals.ts'
import type { AccessTokenClaims, Needs, Verifier } from '../../lib/verify/types.ts'

export interface Claims {
  'https://acme.example/plan'?: string
}

/** What the apps are told beside their verifier. */
export interface AppOptions extends Pick<AuthOptions<never>, 'passErrors'> {
  /** Gets the code of each refusal, and whether it got the request of its framework. */
  onRefused?(code: string, hasRequest: boolean): void | Promise<void>
  /** Whether preflight requests pass. `/optional` answers them with 204. */
  preflight?: boolean
}

const PLAN = 'https://acme.example/plan'

/** Sync and async; the second one reads the request too. */
const CHECKS = {
  'paid plan': (claims: AccessTokenClaims<Claims>) => claims[PLAN] === 'team',
  'own name': async (claims: AccessTokenClaims<Claims>, request?: { headers: unknown }) =>
    request !== undefined && claims.sub === 'auth0|1',
}

/** Wrong answers of checks, one by one. */
export const ODD_ANSWERS: readonly (() => unknown)[] = [
  () => undefined,
  () => 'yes',
  () => 1,
  async () => null,
  () => {
    throw new Error('a check')
  },
]

/**
 * A real app on a socket of loopback. `/read`, `/write` and `/admin` need what they are called; `/forgotten` has no
 * requireAuth, the others of `NEEDS_MORE` have two. `/optional` serves anybody, `/optional-write` whoever has the scope,
 * `/any` needs one of two scopes, `/checked` checks of its own, `/odd/<n>` one that answers wrongly.
 */
export interface App {
  url: string
  /** What it takes for its own address. @defaultValue `url` */
  origin?: string
  stop(): Promise<void>
}

/** What endpoints need beyond what the whole app needs. */
const NEEDS_MORE: readonly [path: string, needs: Needs][] = [
  ['/read-more', { scopes: ['read:orders'] }],
  ['/write-more', { scopes: ['write:orders'] }],
]

function authOptions<Request extends object>({
  onRefused,
  passErrors,
}: AppOptions): Pick<AuthOptions<Request>, 'onRefused' | 'passErrors'> {
  return {
    ...(onRefused === undefined
      ? {}
      : { onRefused: ({ code }, request) => onRefused(code, 'headers' in request) }),
    ...(passErrors === undefined ? {} : { passErrors }),
  }
}

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

function expressApp(verifier: Verifier<Claims>, given: AppOptions = {}): Promise<App> {
  const { optionalAuth, requireAuth, requireAnyScope, requireChecks, requireScopes, requirePermissions } =
    express
  const app = makeExpress()
  // In front of all, so that what it is told holds for those behind it.
  const { preflight } = given
  const options = {
    ...authOptions<express.ServerRequest>(given),
    ...(preflight === undefined ? {} : { preflight }),
  }
  const answer = (request: express.ServerRequest, response: ExpressResponse) => {
    response.json((request as express.AuthRequest<Claims>).auth ?? null)
  }
  const some = requireAnyScope(verifier, 'write:orders', 'read:orders')
  app.all('/optional', optionalAuth(verifier, {}, options), (request, response) => {
    if (request.method === 'OPTIONS') response.status(204).end()
    else answer(request, response)
  })
  app.get('/optional-write', optionalAuth(verifier, { scopes: ['write:orders'] }, options), answer)
  app.get(
    '/optional-then-read',
    optionalAuth(verifier, {}, options),
    requireScopes(verifier, 'read:orders'),
    answer,
  )
  app.all('/any', requireAuth(verifier, {}, options), some, answer)
  app.get('/checked', requireAuth(verifier, {}, options), requireChecks(verifier, CHECKS), answer)
  ODD_ANSWERS.forEach((odd, index) => {
    app.get(`/odd/${index}`, requireAuth(verifier, { checks: { odd: odd as never } }), answer)
  })
  app.get('/read', requireAuth(verifier, {}, options), requireScopes(verifier, 'read:orders'), answer)
  app.get('/write', requireAuth(verifier), requireScopes(verifier, 'write:orders'), answer)
  app.get('/admin', requireAuth(verifier), requirePermissions(verifier, 'admin'), answer)
  app.get('/forgotten', requireScopes(verifier, 'read:orders'), answer)
  for (const [path, needs] of NEEDS_MORE)
    app.get(path, requireAuth(verifier), requireAuth(verifier, needs), answer)
  if (given.passErrors === true) {
    app.use(
      (error: unknown, _request: unknown, response: ExpressResponse, next: (error: unknown) => void) => {
        response.set('x-handled-by', 'the app')
        next(error)
      },
    )
  }
  return served(app)
}

async function fastifyApp(verifier: Verifier<Claims>, given: AppOptions = {}): Promise<App> {
  const { optionalAuth, requireAuth, requireAnyScope, requireChecks, requireScopes, requirePermissions } =
    fastify
  const { preflight } = given
  const options = {
    ...authOptions<express.ServerRequest>(given),
    ...(preflight === undefined ? {} : { preflight }),
  }
  const app = makeFastify()
  app.decorateRequest('auth', null)
  if (given.passErrors === true) {
    app.addHook('onError', async (_request, reply) => {
      reply.header('x-handled-by', 'the app')
    })
  }
  const answer = async (request: fastify.AuthRequest<Claims>, reply: { send(body: unknown): unknown }) =>
    request.auth ?? reply.send('null')
  const auth = requireAuth(verifier, {}, options)
  app.route({
    method: ['GET', 'OPTIONS', 'POST'],
    url: '/optional',
    preHandler: optionalAuth(verifier, {}, options),
    handler: async (request, reply) =>
      request.method === 'OPTIONS' ? reply.code(204).send() : answer(request, reply),
  })
  const optionalWrite = optionalAuth(verifier, { scopes: ['write:orders'] }, options)
  app.get('/optional-write', { preHandler: optionalWrite }, answer)
  const thenRead = [optionalAuth(verifier, {}, options), requireScopes(verifier, 'read:orders')]
  app.get('/optional-then-read', { preHandler: thenRead }, answer)
  app.route({
    method: ['GET', 'OPTIONS'],
    url: '/any',
    preHandler: [auth, requireAnyScope(verifier, 'write:orders', 'read:orders')],
    handler: answer,
  })
  app.get('/checked', { preHandler: [auth, requireChecks(verifier, CHECKS)] }, answer)
  ODD_ANSWERS.forEach((odd, index) => {
    app.get(`/odd/${index}`, { preHandler: requireAuth(verifier, { checks: { odd: odd as never } }) }, answer)
  })
  app.get('/read', { preHandler: [auth, requireScopes(verifier, 'read:orders')] }, answer)
  app.get('/write', { preHandler: [auth, requireScopes(verifier, 'write:orders')] }, answer)
  app.get('/admin', { preHandler: [auth, requirePermissions(verifier, 'admin')] }, answer)
  app.get('/forgotten', { preHandler: requireScopes(verifier, 'read:orders') }, answer)
  for (const [path, needs] of NEEDS_MORE) {
    app.get(path, { onRequest: auth, preHandler: requireAuth(verifier, needs) }, answer)
  }
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), stop: () => app.close() }
}

function honoApp(verifier: Verifier<Claims>, given: AppOptions = {}): Promise<App> {
  const { optionalAuth, requireAuth, requireAnyScope, requireChecks, requireScopes, requirePermissions } =
    hono
  const { preflight } = given
  const options = { ...authOptions<Request>(given), ...(preflight === undefined ? {} : { preflight }) }
  const app = new Hono<{ Variables: { auth: AccessTokenClaims<Claims> } }>()
  if (given.passErrors === true) {
    app.onError((error) => {
      const answer =
        (error as { getResponse?(): Response }).getResponse?.() ?? new Response(null, { status: 500 })
      answer.headers.set('x-handled-by', 'the app')
      return answer
    })
  } else {
    // What a check of the app throws is not for the terminal.
    app.onError(() => new Response(null, { status: 500 }))
  }
  app.all('/optional', optionalAuth(verifier, {}, options), (c) =>
    c.req.method === 'OPTIONS' ? c.body(null, 204) : c.json(c.get('auth') ?? null),
  )
  app.get('/optional-write', optionalAuth(verifier, { scopes: ['write:orders'] }, options), (c) =>
    c.json(c.get('auth') ?? null),
  )
  app.get(
    '/optional-then-read',
    optionalAuth(verifier, {}, options),
    requireScopes(verifier, 'read:orders'),
    (c) => c.json(c.get('auth')),
  )
  app.all(
    '/any',
    requireAuth(verifier, {}, options),
    requireAnyScope(verifier, 'write:orders', 'read:orders'),
    (c) => c.json(c.get('auth')),
  )
  app.get('/checked', requireAuth(verifier, {}, options), requireChecks(verifier, CHECKS), (c) =>
    c.json(c.get('auth')),
  )
  ODD_ANSWERS.forEach((odd, index) => {
    app.get(`/odd/${index}`, requireAuth(verifier, { checks: { odd: odd as never } }), (c) => c.json({}))
  })
  app.get('/read', requireAuth(verifier, {}, options), requireScopes(verifier, 'read:orders'), (c) =>
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

/** The events that API Gateway makes of a request, in its two formats. */
function gatewayEvent(
  request: IncomingMessage,
  version: '1.0' | '2.0',
  domainName: string,
): lambda.GatewayEvent {
  const { method = '', url = '', rawHeaders } = request
  const [path, query = ''] = url.split('?', 2) as [string, string?]
  const multi: Record<string, string[]> = {}
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = version === '1.0' ? rawHeaders[i]! : rawHeaders[i]!.toLowerCase()
    multi[name] = [...(multi[name] ?? []), rawHeaders[i + 1]!]
  }
  if (version === '2.0') {
    return {
      version,
      rawPath: path,
      rawQueryString: query,
      // Several of a name are joined.
      headers: Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.join(',')])),
      requestContext: { domainName, http: { method, path } },
    }
  }
  const parameters = new URLSearchParams(query)
  const names = [...new Set(parameters.keys())]
  return {
    version,
    httpMethod: method,
    path: '/without-stage',
    headers: Object.fromEntries(Object.entries(multi).map(([name, values]) => [name, values.at(-1)])),
    multiValueHeaders: multi,
    queryStringParameters: names.length === 0 ? null : Object.fromEntries(parameters),
    multiValueQueryStringParameters:
      names.length === 0 ? null : Object.fromEntries(names.map((name) => [name, parameters.getAll(name)])),
    requestContext: { domainName, httpMethod: method, path },
  }
}

const lambdaApp =
  (version: '1.0' | '2.0') =>
  async (verifier: Verifier<Claims>, given: AppOptions = {}): Promise<App> => {
    const answered = (body: unknown) => ({ statusCode: 200, headers: {}, body: JSON.stringify(body) })
    const answer = (_event: lambda.GatewayEvent, claims: AccessTokenClaims<Claims>, _context: object) =>
      answered(claims)
    const open = (
      _event: lambda.GatewayEvent,
      claims: AccessTokenClaims<Claims> | undefined,
      _context: object,
    ) => answered(claims ?? null)
    const options = {
      ...authOptions<lambda.LambdaRequest>(given),
      ...(given.preflight === true ? { preflight: () => ({ statusCode: 204, headers: {}, body: '' }) } : {}),
    }
    const handlers: Record<
      string,
      (event: lambda.GatewayEvent, context: object) => Promise<lambda.GatewayResult>
    > = {
      '/optional': lambda.withOptionalAuth(verifier, open, {}, options),
      '/optional-write': lambda.withOptionalAuth(verifier, open, { scopes: ['write:orders'] }, options),
      '/any': lambda.withAuth(verifier, answer, { anyScope: ['write:orders', 'read:orders'] }, options),
      '/checked': lambda.withAuth(verifier, answer, { checks: CHECKS }, options),
      ...Object.fromEntries(
        ODD_ANSWERS.map((odd, index) => [
          `/odd/${index}`,
          lambda.withAuth(verifier, answer, { checks: { odd: odd as never } }),
        ]),
      ),
      '/read': lambda.withAuth(verifier, answer, { scopes: ['read:orders'] }, options),
      '/write': lambda.withAuth(verifier, answer, { scopes: ['write:orders'] }),
      '/admin': lambda.withAuth(verifier, answer, { permissions: ['admin'] }),
    }
    let domainName = ''
    const app = await served(async (request, response) => {
      const handler = handlers[(request.url ?? '').split('?', 1)[0]!]
      if (handler === undefined) return response.writeHead(401).end()
      try {
        const result = await handler(gatewayEvent(request, version, domainName), {})
        return response.writeHead(result.statusCode, result.headers).end(result.body)
      } catch (error) {
        const { status = 500, headers = {} } = error as { status?: number; headers?: Record<string, string> }
        return response.writeHead(status, { ...headers, 'x-handled-by': 'the app' }).end()
      }
    })
    domainName = new URL(app.url).host
    return { ...app, origin: `https://${domainName}` }
  }

/** Any runtime whose handlers take a web-standard request: here with Node in front. */
function webApp(verifier: Verifier<Claims>, given: AppOptions = {}): Promise<App> {
  const answer = (_request: Request, claims: AccessTokenClaims<Claims>) => Response.json(claims)
  const open = (_request: Request, claims: AccessTokenClaims<Claims> | undefined) =>
    Response.json(claims ?? null)
  const options = {
    ...authOptions<Request>(given),
    ...(given.preflight === true ? { preflight: () => new Response(null, { status: 204 }) } : {}),
  }
  const handlers: Record<string, (request: Request) => Promise<Response>> = {
    '/optional': hono.withOptionalAuth(verifier, open, {}, options),
    '/optional-write': hono.withOptionalAuth(verifier, open, { scopes: ['write:orders'] }, options),
    '/any': hono.withAuth(verifier, answer, { anyScope: ['write:orders', 'read:orders'] }, options),
    '/checked': hono.withAuth(verifier, answer, { checks: CHECKS }, options),
    ...Object.fromEntries(
      ODD_ANSWERS.map((odd, index) => [
        `/odd/${index}`,
        hono.withAuth(verifier, answer, { checks: { odd: odd as never } }),
      ]),
    ),
    '/read': hono.withAuth(verifier, answer, { scopes: ['read:orders'] }, options),
    '/write': hono.withAuth(verifier, answer, { scopes: ['write:orders'] }),
    '/admin': hono.withAuth(verifier, answer, { permissions: ['admin'] }),
  }
  return served(
    getRequestListener(async (request) => {
      const handler = handlers[new URL(request.url).pathname]
      if (handler === undefined) return new Response(null, { status: 401 })
      try {
        return await handler(request)
      } catch (error) {
        const answer =
          (error as { getResponse?(): Response }).getResponse?.() ?? new Response(null, { status: 500 })
        answer.headers.set('x-handled-by', 'the app')
        return answer
      }
    }),
  )
}

export const APPS: readonly [
  name: string,
  start: (verifier: Verifier<Claims>, options?: AppOptions) => Promise<App>,
][] = [
  ['Express', expressApp],
  ['Fastify', fastifyApp],
  ['Hono', honoApp],
  ['web-standard requests', webApp],
  ['Lambda, format 1.0', lambdaApp('1.0')],
  ['Lambda, format 2.0', lambdaApp('2.0')],
]

/** Whose handlers are wrapped: there is nothing behind them. */
export const WRAPPED = APPS.map(([name]) => name).filter((name) => /^(?:web|Lambda)/.test(name))
