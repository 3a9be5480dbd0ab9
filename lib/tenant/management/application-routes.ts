import { Hono } from 'hono'
import { newApplicationSettings } from '../../policy/index.ts'
import { entityId } from '../../workspace/local-ids.ts'
import type { Client, ClientGrant, ResourceServer } from '../entities.ts'
import type { TenantState } from '../state.ts'
import { assertFields, type Body, jsonObject, listOf, newFields, patchInto, requiredString } from './body.ts'
import { badRequest, ManagementError, missing, notFound } from './errors.ts'
import { type ResourceFields, writable } from './fields.ts'
import { freeId } from './ids.ts'
import { listAnswer } from './pages.ts'
import { deleteParts, partList } from './parts.ts'

const GLOBAL_CLIENT = {
  client_id: entityId('', 'All Applications'),
  name: 'All Applications',
  tenant: 'local',
  global: true,
  custom_login_page_on: true,
  custom_login_page: '',
}

const GLOBAL_PATH = `/clients/${GLOBAL_CLIENT.client_id}`

/** `/clients` */
export function clientRoutes(state: TenantState, fields: ResourceFields): Hono {
  const app = new Hono()
  // Every tenant has this one; the page of the classic login is written to it and read from it. It is not for logins.
  const global = () => ({ ...GLOBAL_CLIENT, ...(state.kept?.get(GLOBAL_PATH) as object | undefined) })
  const find = (id: string): Client =>
    state.clients.get(id) ?? (id === GLOBAL_CLIENT.client_id ? global() : missing('client', id))

  app.get('/', (c) => {
    const query = new URL(c.req.url).searchParams
    if (query.get('is_global') === 'true') return c.json(listAnswer('clients', [global()], query) as object)
    const clients = [...state.clients.values()].filter(
      (client) =>
        query.get('is_global') === null || String(client.is_global ?? false) === query.get('is_global'),
    )
    return c.json(listAnswer('clients', clients, query) as object)
  })
  app.post('/', async (c) => {
    const body = newFields(writable(fields, await jsonObject(c)), fields.create)
    return c.json(newClient(state, body), 201)
  })
  app.get('/:id', (c) => c.json(find(c.req.param('id'))))
  app.post('/cimd/register', async (c) => {
    const address = requiredString(await jsonObject(c), 'external_client_id')
    const known = [...state.clients.values()].find((client) => client['external_client_id'] === address)
    // The document that Auth0 reads the rest from is not fetched.
    const client =
      known ?? newClient(state, { name: address, external_client_id: address, is_first_party: false })
    const mapped_fields = { external_client_id: address, name: client.name }
    return c.json(
      {
        client_id: client.client_id,
        mapped_fields,
        validation: { valid: true, violations: [], warnings: [] },
      },
      201,
    )
  })
  partList(
    { app, state, list: '/clients', find },
    {
      name: 'credentials',
      key: '',
      prefix: 'cred',
      named: 'name',
      // The key itself is never shown.
      hidden: ['pem', 'parse_expiry_from_cert'],
      fresh: (_, id) => ({ kid: id, alg: 'RS256' }),
    },
  )
  app.patch('/:id', async (c) => {
    const client = find(c.req.param('id'))
    const body = writable(fields, await jsonObject(c))
    assertFields(body, fields.change)
    patchInto(client, body)
    if (client.client_id === GLOBAL_CLIENT.client_id) {
      state.kept ??= new Map()
      state.kept.set(GLOBAL_PATH, client)
    }
    return c.json(client)
  })
  app.delete('/:id', (c) => {
    const id = c.req.param('id')
    state.clients.delete(id)
    deleteParts(state, '/clients', id)
    for (const grant of state.clientGrants.values()) {
      if (grant.client_id === id) state.clientGrants.delete(grant.id)
    }
    return c.body(null, 204)
  })
  return app
}

function newClient(state: TenantState, body: Body): Client {
  const name = requiredString(body, 'name')
  const { jwt_configuration: jwt, ...settings } = newApplicationSettings(body)
  // Names of applications need not be unique.
  const id = freeId(state.clients, '', name)
  const client: Client = {
    tenant: 'local',
    global: false,
    is_token_endpoint_ip_header_trusted: false,
    sso_disabled: false,
    cross_origin_auth: false,
    cross_origin_authentication: false,
    callback_url_template: false,
    custom_login_page_on: true,
    callbacks: [],
    oidc_conformant: true,
    ...settings,
    ...body,
    name,
    client_id: id,
    // The same at every start, so that an app's configuration survives; it protects nothing but the local tenant.
    client_secret:
      typeof body['client_secret'] === 'string'
        ? body['client_secret']
        : entityId('', `${id} secret 1`) + entityId('', `${id} secret 2`),
    jwt_configuration: { ...jwt, ...(body['jwt_configuration'] as object) },
  }
  state.clients.set(id, client)
  return client
}

/** `/resource-servers` */
export function resourceServerRoutes(state: TenantState, fields: ResourceFields): Hono {
  const app = new Hono()
  const find = (id: string): ResourceServer =>
    state.resourceServers.get(id) ??
    [...state.resourceServers.values()].find((server) => server.identifier === id) ??
    missing('resource server', id)

  app.get('/', (c) =>
    c.json(
      listAnswer(
        'resource_servers',
        [...state.resourceServers.values()],
        new URL(c.req.url).searchParams,
      ) as object,
    ),
  )
  app.post('/', async (c) => {
    const body = newFields(writable(fields, await jsonObject(c)), fields.create)
    const identifier = requiredString(body, 'identifier')
    if ([...state.resourceServers.values()].some((server) => server.identifier === identifier)) {
      throw new ManagementError(
        409,
        `A resource server with the identifier "${identifier}" already exists.`,
        'resource_conflict',
      )
    }
    const server: ResourceServer = {
      allow_offline_access: false,
      signing_alg: 'RS256',
      token_lifetime: 86_400,
      token_lifetime_for_web: 7_200,
      token_dialect: 'access_token',
      enforce_policies: false,
      is_system: false,
      scopes: [],
      ...body,
      identifier,
      name: typeof body['name'] === 'string' ? body['name'] : identifier,
      id: entityId('', `resource server ${identifier}`).slice(0, 24).toLowerCase(),
    }
    listOf(server, 'scopes')?.forEach((scope) => {
      requiredString(scope, 'value')
    })
    state.resourceServers.set(server.id, server)
    return c.json(server, 201)
  })
  app.get('/:id', (c) => c.json(find(c.req.param('id'))))
  app.patch('/:id', async (c) => {
    const server = find(c.req.param('id'))
    const body = writable(fields, await jsonObject(c))
    assertFields(body, fields.change)
    listOf(body, 'scopes')?.forEach((scope) => {
      requiredString(scope, 'value')
    })
    patchInto(server, body)
    return c.json(server)
  })
  app.delete('/:id', (c) => {
    const server = state.resourceServers.get(c.req.param('id'))
    if (server !== undefined) {
      state.resourceServers.delete(server.id)
      for (const grant of state.clientGrants.values()) {
        if (grant.audience === server.identifier) state.clientGrants.delete(grant.id)
      }
    }
    return c.body(null, 204)
  })
  return app
}

/** `/client-grants` */
export function clientGrantRoutes(state: TenantState, fields: ResourceFields): Hono {
  const app = new Hono()
  const find = (id: string): ClientGrant => state.clientGrants.get(id) ?? missing('client grant', id)

  app.get('/', (c) => {
    const query = new URL(c.req.url).searchParams
    const grants = [...state.clientGrants.values()].filter(
      (grant) =>
        (query.get('client_id') ?? grant.client_id) === grant.client_id &&
        (query.get('audience') ?? grant.audience) === grant.audience,
    )
    return c.json(listAnswer('client_grants', grants, query) as object)
  })
  app.post('/', async (c) => {
    const body = newFields(writable(fields, await jsonObject(c)), fields.create)
    const client_id = requiredString(body, 'client_id')
    const audience = requiredString(body, 'audience')
    const subject_type = body['subject_type'] === 'user' ? 'user' : 'client'
    if (!state.clients.has(client_id)) throw notFound('client', client_id)
    assertScopes(state, audience, body['scope'])
    const key = `${client_id} ${audience} ${subject_type}`
    const same = [...state.clientGrants.values()].some(
      (grant) => `${grant.client_id} ${grant.audience} ${grant.subject_type ?? 'client'}` === key,
    )
    if (same)
      throw new ManagementError(409, `A resource with the same identity already exists.`, 'resource_conflict')
    const grant: ClientGrant = {
      scope: [],
      ...body,
      client_id,
      audience,
      subject_type,
      id: entityId('cgr', key),
    }
    state.clientGrants.set(grant.id, grant)
    return c.json(grant, 201)
  })
  app.get('/:id', (c) => c.json(find(c.req.param('id'))))
  app.patch('/:id', async (c) => {
    const grant = find(c.req.param('id'))
    const body = writable(fields, await jsonObject(c))
    assertFields(body, fields.change)
    assertScopes(state, grant.audience, body['scope'])
    patchInto(grant, body)
    return c.json(grant)
  })
  app.delete('/:id', (c) => {
    state.clientGrants.delete(c.req.param('id'))
    return c.body(null, 204)
  })
  return app
}

function assertScopes(state: TenantState, audience: string, scope: unknown): void {
  // The Management API itself is an API of every tenant, and is not listed here.
  if (audience.endsWith('/api/v2/')) return
  const server = [...state.resourceServers.values()].find((candidate) => candidate.identifier === audience)
  if (server === undefined)
    throw badRequest(`Resource server not found: "${audience}".`, 'resource_server_not_found')
  for (const value of Array.isArray(scope) ? scope : []) {
    if (!server.scopes?.some((known) => known.value === value)) {
      throw badRequest(
        `The scope "${String(value)}" is not defined by the API "${audience}".`,
        'invalid_scope',
      )
    }
  }
}
