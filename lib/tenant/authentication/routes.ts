import { Hono } from 'hono'
import type { TenantContext } from '../context.ts'
import { errorPage } from '../pages/message-pages.ts'
import { authorize, continueLogin } from './authorize.ts'
import { corsHeaders, isAllowedOrigin, preflightHeaders } from './cors.ts'
import { discoveryDocument } from './discovery.ts'
import { OAuthError, PageError } from './errors.ts'
import { type Authentication, type Http, issuerOf, type ListenerBindings, messageResponse } from './http.ts'
import { logout, oidcLogout, postLogout } from './logout.ts'
import { PAGE_HANDLERS } from './page-handlers.ts'
import { pushRequest } from './par.ts'
import { answerToForm } from './responses.ts'
import { revoke } from './revoke.ts'
import { signup } from './signup.ts'
import { Store } from './store.ts'
import { token } from './token.ts'
import { userinfo } from './userinfo.ts'

const NO_STORE = { 'cache-control': 'no-store', pragma: 'no-cache' }

/** Endpoints that web pages of other origins call. */
const CROSS_ORIGIN = ['/dbconnections/signup', '/oauth/token', '/oauth/revoke', '/userinfo', '/.well-known/*']

/** The endpoints, each with its methods; any other method gets 405. */
export function authenticationRoutes(
  context: TenantContext,
  store: Store = new Store(context.clock),
): Hono<{ Bindings: ListenerBindings }> {
  const auth: Authentication = { context, store }
  const app = new Hono<{ Bindings: ListenerBindings }>()

  for (const path of CROSS_ORIGIN) {
    app.use(path, async (c, next) => {
      const origin = c.req.header('origin')
      const allowed = origin !== undefined && isAllowedOrigin(context.state, origin)
      if (c.req.method === 'OPTIONS') {
        return c.body(null, allowed ? 204 : 403, allowed ? preflightHeaders(origin) : {})
      }
      await next()
      // A copy for one origin must not be shown to another.
      c.res.headers.set('vary', 'Origin')
      if (!allowed) return
      for (const [name, value] of Object.entries(corsHeaders(origin))) c.res.headers.set(name, value)
    })
  }

  for (const path of ['/u/*', '/continue']) {
    app.use(path, async (c, next) => {
      await next()
      const answer = await answerToForm(c.req.raw, c.res)
      if (answer === c.res) return
      // Else Hono keeps the headers of the response that is replaced.
      c.res = undefined
      c.res = answer
    })
  }

  app.on(['GET', 'POST'], '/authorize', (c) => authorize(auth, c))
  for (const [page, { show, submit }] of Object.entries(PAGE_HANDLERS)) {
    app.get(`/u/${page}`, (c) => show(auth, c))
    app.post(`/u/${page}`, (c) => submit(auth, c))
  }
  app.on(['GET', 'POST'], '/continue', (c) => continueLogin(auth, c))

  app.post('/oauth/token', async (c) => c.json(await token(auth, c), 200, NO_STORE))
  app.post('/oauth/revoke', async (c) => {
    await revoke(auth, c)
    return c.body(null, 200, NO_STORE)
  })
  app.post('/oauth/par', async (c) => c.json(await pushRequest(auth, c), 201, NO_STORE))
  app.post('/dbconnections/signup', async (c) => c.json(await signup(auth, c), 200, NO_STORE))
  app.on(['GET', 'POST'], '/userinfo', (c) => userinfo(auth, c))

  for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
    app.get(path, (c) => c.json(discoveryDocument(issuerOf(c), context.state.settings)))
  }
  app.get('/.well-known/jwks.json', async (c) => c.json((await context.keys).jwks()))

  app.get('/v2/logout', (c) => logout(auth, c))
  app.post('/u/logout', (c) => postLogout(auth, c))
  app.on(['GET', 'POST'], '/oidc/logout', (c) => oidcLogout(auth, c))

  refuseOtherMethods(app)
  app.onError((error, c) => answerError(error, c))
  return app
}

/** Every path with a route refuses other methods with 405 and the list of its own. RFC 9110 section 15.5.6. */
function refuseOtherMethods(app: Hono<{ Bindings: ListenerBindings }>): void {
  const methods = new Map<string, string[]>()
  for (const { path, method } of app.routes) {
    if (method !== 'ALL') methods.set(path, [...(methods.get(path) ?? []), method])
  }
  for (const [path, allow] of methods) {
    app.all(path, (c) =>
      c.json({ error: 'method_not_allowed', error_description: 'Method not allowed' }, 405, {
        allow: allow.join(', '),
      }),
    )
  }
}

async function answerError(error: unknown, c: Http): Promise<Response> {
  if (error instanceof OAuthError) return c.json(error.body(), error.status, NO_STORE)
  if (error instanceof PageError) {
    return messageResponse(c, await errorPage(error.error, error.message), error.status)
  }
  throw error
}
