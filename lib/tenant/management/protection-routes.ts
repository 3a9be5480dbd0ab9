import { Hono } from 'hono'
import { bruteForceProtection, isBruteForceProtection, type LoginAttempts } from '../login-attempts.ts'
import type { TenantState } from '../state.ts'
import { findUser } from '../users.ts'
import { jsonObject, onlyFields } from './body.ts'
import { badRequest, notFound } from './errors.ts'

const FIELDS = ['enabled', 'shields', 'allowlist', 'mode', 'max_attempts']

/** `/attack-protection`: brute force only, the protection that a local tenant has. */
export function attackProtectionRoutes(state: TenantState): Hono {
  const app = new Hono()
  app.get('/brute-force-protection', (c) => c.json(bruteForceProtection(state)))
  app.patch('/brute-force-protection', async (c) => {
    const body = await jsonObject(c)
    onlyFields(body, FIELDS)
    if (!isBruteForceProtection(body))
      throw badRequest('The settings of brute-force protection are not valid.')
    state.settings.brute_force_protection = { ...state.settings.brute_force_protection, ...body }
    return c.json(bruteForceProtection(state))
  })
  return app
}

/** `/user-blocks`: who typed too many wrong passwords. Not who is `blocked` by an administrator. */
export function userBlockRoutes(state: TenantState, attempts: LoginAttempts | undefined): Hono {
  const app = new Hono()
  const byName = (identifier: string | undefined) => {
    if (!identifier)
      throw badRequest(
        "Query validation error: 'Missing required property: identifier'.",
        'invalid_query_string',
      )
    return findUser(state, identifier) ?? identifier
  }
  const byId = (id: string) => {
    const user = state.users.get(id)
    if (user === undefined) throw notFound('user', id)
    return user
  }
  app.get('/', (c) => c.json({ blocked_for: attempts?.blocksOf(byName(c.req.query('identifier'))) ?? [] }))
  app.delete('/', (c) => {
    attempts?.unblock(byName(c.req.query('identifier')))
    return c.body(null, 204)
  })
  app.get('/:id', (c) => c.json({ blocked_for: attempts?.blocksOf(byId(c.req.param('id'))) ?? [] }))
  app.delete('/:id', (c) => {
    attempts?.unblock(byId(c.req.param('id')))
    return c.body(null, 204)
  })
  return app
}
