import { Hono } from 'hono'
import { entityId } from '../../workspace/local-ids.ts'
import type { Connection } from '../entities.ts'
import { DATABASE_CONNECTION, NEW_CONNECTION, type TenantState } from '../state.ts'
import {
  assertFields,
  type Body,
  jsonArray,
  jsonObject,
  listOf,
  newFields,
  patchInto,
  requiredString,
} from './body.ts'
import { badRequest, conflict, missing } from './errors.ts'
import type { ResourceFields } from './fields.ts'
import { checkpointAnswer, listAnswer } from './pages.ts'
import { deleteParts, keptOf, partSettings } from './parts.ts'

/** `/connections` */
export function connectionRoutes(state: TenantState, fields: ResourceFields): Hono {
  const app = new Hono()
  const find = (id: string): Connection => state.connections.get(id) ?? missing('connection', id)

  app.get('/', (c) => {
    const query = new URL(c.req.url).searchParams
    const strategies = query.getAll('strategy')
    const connections = [...state.connections.values()].filter(
      (connection) =>
        (strategies.length === 0 || strategies.includes(connection.strategy)) &&
        (query.get('name') ?? connection.name) === connection.name,
    )
    return c.json(listAnswer('connections', connections, query) as object)
  })
  app.post('/', async (c) => {
    const body = newFields(await jsonObject(c), fields.create)
    const name = requiredString(body, 'name')
    const strategy = requiredString(body, 'strategy')
    if ([...state.connections.values()].some((other) => other.name === name))
      throw conflict('connection', name)
    const connection: Connection = {
      options: {},
      enabled_clients: [],
      realms: [name],
      ...NEW_CONNECTION,
      ...body,
      name,
      strategy,
      id: entityId('con', name),
    }
    state.connections.set(connection.id, connection)
    return c.json(connection, 201)
  })
  app.get('/:id', (c) => c.json(find(c.req.param('id'))))
  app.patch('/:id', async (c) => {
    const connection = find(c.req.param('id'))
    const body = await jsonObject(c)
    assertFields(body, fields.change)
    patchInto(connection, body, ['options', 'metadata'])
    return c.json(connection)
  })
  app.delete('/:id', (c) => {
    const connection = find(c.req.param('id'))
    if (connection.name === DATABASE_CONNECTION) {
      throw badRequest(`The local tenant keeps its users in "${DATABASE_CONNECTION}": it cannot be deleted.`)
    }
    state.connections.delete(connection.id)
    deleteParts(state, '/connections', connection.id)
    return c.json({ deleted_at: null }, 202)
  })
  app.get('/:id/clients', (c) => {
    const clients = (find(c.req.param('id')).enabled_clients ?? []).map((client_id) => ({ client_id }))
    return c.json(checkpointAnswer('clients', clients, new URL(c.req.url).searchParams))
  })
  app.patch('/:id/clients', async (c) => {
    const connection = find(c.req.param('id'))
    const clients = new Set(connection.enabled_clients)
    for (const entry of await jsonArray(c)) {
      const id = requiredString(entry, 'client_id')
      if (entry['status'] === true) clients.add(id)
      else clients.delete(id)
    }
    connection.enabled_clients = [...clients]
    return c.body(null, 204)
  })
  const owner = { app, state, list: '/connections', find }
  const named = ({ id, name, strategy }: Body) => ({
    connection_id: id,
    connection_name: name,
    strategy,
  })
  partSettings(owner, 'scim-configuration', (connection) => ({
    ...named(connection),
    tenant_name: 'local',
    user_id_attribute: 'externalId',
    mapping: [],
  }))
  partSettings(owner, 'directory-provisioning', (connection) => ({
    ...named(connection),
    mapping: [],
    synchronize_automatically: false,
    synchronize_groups: 'off',
  }))
  const GROUPS = '/:id/directory-provisioning/synchronized-groups'
  const pathOf = (id: string) => `/connections/${id}/directory-provisioning/synchronized-groups`
  app.get(GROUPS, (c) => {
    const { id } = find(c.req.param('id'))
    const groups = (keptOf(state).get(pathOf(id)) ?? []) as Body[]
    return c.json(checkpointAnswer('groups', groups, new URL(c.req.url).searchParams))
  })
  app.put(GROUPS, async (c) => {
    const { id } = find(c.req.param('id'))
    keptOf(state).set(pathOf(id), listOf(await jsonObject(c), 'groups') ?? [])
    return c.body(null, 204)
  })
  return app
}
