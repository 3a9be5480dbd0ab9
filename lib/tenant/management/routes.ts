import { type Context, Hono } from 'hono'
import { internalError } from '../log.ts'
import type { Peer } from '../server.ts'
import { jsonValue } from './body.ts'
import type { ManagementContext } from './context.ts'
import { errorResponse, ManagementError } from './errors.ts'
import type { Fault } from './faults.ts'
import { isKept, keptAnswer } from './kept.ts'
import { NO_FIELDS, RESOURCES } from './resources.ts'
import { neededScopes } from './scopes.ts'

const RATE_LIMIT = 50

/**
 * The Management API, to be mounted at `/api/v2`: what `a0deploy import` and `export` call for Actions, modules,
 * triggers, applications, APIs, grants, roles, organizations, connections and brute-force protection. Reads of anything
 * else get 403, as at a tenant without that feature; writes get 501.
 *
 * Does not limit the rate of calls: the rate headers are sent, and never reach zero.
 *
 * @see https://auth0.com/docs/api/management/v2
 */
export function managementRoutes(context: ManagementContext): Hono {
  const { state } = context
  const app = new Hono()
  let calls = 0

  app.use(async (c, next) => {
    const url = new URL(c.req.url)
    const path = url.pathname.replace(/^.*?\/api\/v2(?=\/|$)/, '')
    const call = { number: ++calls, method: c.req.method, path, query: url.search }
    context.faults?.calls?.push(call)
    const fault = context.faults?.inject?.(call)
    if (fault !== undefined) {
      const instead = await faultResponse(fault, c, next)
      if (instead !== undefined) {
        c.res = instead
        return
      }
    }
    const scopes = await context.managementScopes(c.req.header('authorization'), url.origin)
    if (scopes === undefined) {
      c.res = errorResponse(401, 'Invalid token', 'invalid_token')
      return
    }
    const needed = neededScopes(call.method, path)
    if (needed === undefined && isKept(path)) {
      const { searchParams: query } = url
      const answer = await keptAnswer(state, {
        ...{ method: call.method, path, query, now: context.clock() },
        body: () => jsonValue(c),
      })
      c.res =
        answer === undefined
          ? unknownPath(call.method, path)
          : answer.json === undefined
            ? c.body(null, answer.status as 204)
            : c.json(answer.json as object, answer.status as 200)
      return
    }
    if (needed === undefined) {
      c.res = unknownPath(call.method, path)
      return
    }
    if (!needed.some((scope) => scopes.has(scope))) {
      c.res = insufficientScope(needed[0]!)
      return
    }
    await next()
    // Secrets of applications are in it.
    c.res.headers.set('cache-control', 'no-store')
    c.res.headers.set('x-ratelimit-limit', String(RATE_LIMIT))
    c.res.headers.set('x-ratelimit-remaining', String(RATE_LIMIT - 1))
    c.res.headers.set('x-ratelimit-reset', String(Math.floor(context.clock().getTime() / 1000) + 1))
  })

  for (const [name, { routes, fields = NO_FIELDS }] of RESOURCES) {
    app.route(`/${name}`, routes(context, fields))
  }

  // Not `notFound`: Hono ignores that of a mounted app.
  app.all('*', (c) => unknownPath(c.req.method, new URL(c.req.url).pathname.replace(/^.*?\/api\/v2/, '')))
  app.onError((error) => {
    if (error instanceof ManagementError)
      return errorResponse(error.statusCode, error.message, error.errorCode)
    // Nobody to tell but the caller inside the process.
    if (context.record === undefined) throw error
    context.record(internalError(error))
    return errorResponse(500, 'An internal server error occurred', 'internal_error')
  })
  return app
}

function unknownPath(method: string, path: string): Response {
  const entity = (path.split('/')[1] ?? '').replaceAll('-', '_')
  if (method === 'GET') return insufficientScope(`read:${entity}`)
  return errorResponse(501, `The local tenant has no ${method} ${path}.`, 'not_implemented')
}

// The sentence matters: the deploy CLI recognizes it, and leaves the type out of an export.
function insufficientScope(scope: string): Response {
  return errorResponse(403, `Insufficient scope, expected any of: ${scope}`, 'insufficient_scope')
}

async function faultResponse(
  fault: Fault,
  c: Context,
  next: () => Promise<void>,
): Promise<Response | undefined> {
  switch (fault.kind) {
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, fault.milliseconds))
      return undefined
    case 'drop':
      if (fault.afterEffect === true) await next()
      ;(c.env as Peer).drop?.()
      return c.body(null)
    case 'status': {
      const retry = fault.retryAfterSeconds
      if (fault.afterEffect === true) await next()
      const message = fault.message ?? `Injected fault: ${fault.status}`
      return errorResponse(fault.status, message, 'injected_fault', {
        ...fault.headers,
        ...(retry !== undefined && { 'retry-after': String(retry) }),
      })
    }
  }
}
