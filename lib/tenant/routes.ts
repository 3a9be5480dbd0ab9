import { Hono } from 'hono'
import { authenticationRoutes } from './authentication/routes.ts'
import type { Store } from './authentication/store.ts'
import type { TenantContext } from './context.ts'
import { internalError } from './log.ts'
import { ownToken } from './own-tokens.ts'

/** All routes of a tenant: the Authentication API, its pages, and the Management API at `/api/v2`. */
export function tenantRoutes(context: TenantContext, store: Store): Hono {
  const app = new Hono()
  let management: Promise<Hono> | undefined
  app.all('/api/v2/*', async (c) => {
    management ??= managementApp(context)
    return (await management).fetch(c.req.raw, c.env)
  })
  app.route('/', authenticationRoutes(context, store))
  app.onError((error, c) => {
    context.record(internalError(error))
    return c.json({ error: 'server_error', error_description: 'Internal error' }, 500, {
      'cache-control': 'no-store',
    })
  })
  app.notFound((c) => c.json({ error: 'not_found', error_description: 'Not found' }, 404))
  return app
}

// Loaded when it is needed: the tenant is ready sooner.
async function managementApp(context: TenantContext): Promise<Hono> {
  const { managementRoutes } = await import('./management/routes.ts')
  return new Hono().route('/api/v2', managementRoutes(context))
}

/** Scopes of a token of the application that deploys; `undefined` for any other token. */
export async function managementScopes(
  context: TenantContext,
  authorization: string | undefined,
  origin: string,
): Promise<ReadonlySet<string> | undefined> {
  const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) return undefined
  const payload = await ownToken(context, token, {
    issuer: `${origin}/`,
    audience: `${origin}/api/v2/`,
    requiredClaims: ['exp', 'scope'],
  })
  // A user's token for this audience cannot exist, and must not count if it did.
  if (payload?.['azp'] !== context.managementClient.client_id) return undefined
  return new Set(String(payload['scope']).split(' '))
}
