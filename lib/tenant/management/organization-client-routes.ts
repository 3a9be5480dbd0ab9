import type { Hono } from 'hono'
import type { Organization } from '../entities.ts'
import type { TenantState } from '../state.ts'
import { type Body, jsonObject, listOf, patchInto, requiredString } from './body.ts'
import { missing, notFound } from './errors.ts'
import { checkpointAnswer } from './pages.ts'

/** Which applications an organization is for: several at once are added and taken away. */
export function organizationClientRoutes({
  app,
  state,
  find,
}: {
  app: Hono
  state: TenantState
  find(id: string): Organization
}): void {
  const listOfClients = (id: string) => {
    return (find(id)['clients'] ?? []) as Body[]
  }
  const shown = (entry: Body) => {
    const client = state.clients.get(String(entry['client_id']))
    return { ...entry, client: { name: client?.name, app_type: client?.app_type } }
  }
  const one = (id: string, client: string) =>
    listOfClients(id).find(({ client_id }) => client_id === client) ?? missing('client', client)
  app.get('/:id/clients', (c) =>
    c.json(
      checkpointAnswer(
        'clients',
        listOfClients(c.req.param('id')).map(shown),
        new URL(c.req.url).searchParams,
      ),
    ),
  )
  app.post('/:id/clients', async (c) => {
    const organization = find(c.req.param('id'))
    const clients = listOfClients(organization.id)
    for (const entry of listOf(await jsonObject(c), 'clients') ?? []) {
      const client_id = requiredString(entry, 'client_id')
      if (!state.clients.has(client_id)) throw notFound('client', client_id)
      if (clients.some((known) => known['client_id'] === client_id)) continue
      clients.push({ use_for_member_access: true, ...entry })
    }
    organization['clients'] = clients
    return c.json({ clients: clients.map(shown) }, 201)
  })
  app.get('/:id/clients/:client', (c) => c.json(shown(one(c.req.param('id'), c.req.param('client')))))
  app.patch('/:id/clients/:client', async (c) => {
    const entry = one(c.req.param('id'), c.req.param('client'))
    patchInto(entry, await jsonObject(c))
    return c.json(shown(entry))
  })
  app.delete('/:id/clients', async (c) => {
    const gone = (await jsonObject(c))['clients']
    const organization = find(c.req.param('id'))
    organization['clients'] = listOfClients(organization.id).filter(
      ({ client_id }) => !(Array.isArray(gone) && gone.includes(client_id)),
    )
    return c.body(null, 204)
  })
}
