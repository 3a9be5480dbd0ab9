import { Hono } from 'hono'
import type { Organization, Role } from '../entities.ts'
import type { TenantState } from '../state.ts'
import { assertFields, type Body, jsonObject, listOf, newFields, patchInto, requiredString } from './body.ts'
import { badRequest, conflict, ManagementError, notFound } from './errors.ts'
import { FIELDS } from './fields.ts'
import { freeId } from './ids.ts'
import { checkpointAnswer, listAnswer } from './pages.ts'
import { deleteParts, partList } from './parts.ts'

/** `/roles` */
export function roleRoutes(state: TenantState): Hono {
  const app = new Hono()
  const find = (id: string): Role => state.roles.get(id) ?? missing('role', id)
  const shown = ({ permissions: _permissions, ...role }: Role) => ({ ...role, type: 'tenant' })

  app.get('/', (c) => {
    const query = new URL(c.req.url).searchParams
    const filter = query.get('name_filter')?.toLowerCase() ?? ''
    const roles = [...state.roles.values()].filter((role) => role.name.toLowerCase().includes(filter))
    return c.json(listAnswer('roles', roles.map(shown), query) as object)
  })
  app.post('/', async (c) => {
    const body = newFields(await jsonObject(c), FIELDS.roles.create)
    const name = requiredString(body, 'name')
    if ([...state.roles.values()].some((role) => role.name === name)) throw conflict('role', name)
    const description = typeof body['description'] === 'string' ? body['description'] : name
    const role: Role = { id: freeId(state.roles, 'rol', name), name, description, permissions: [] }
    state.roles.set(role.id, role)
    return c.json(shown(role))
  })
  app.get('/:id', (c) => c.json(shown(find(c.req.param('id')))))
  app.patch('/:id', async (c) => {
    const role = find(c.req.param('id'))
    const body = await jsonObject(c)
    assertFields(body, FIELDS.roles.change)
    const { name } = body
    if ([...state.roles.values()].some((other) => other.name === name && other !== role)) {
      throw conflict('role', String(name))
    }
    if (typeof name === 'string') renameRole(state, role, name)
    if (typeof body['description'] === 'string') role.description = body['description']
    return c.json(shown(role))
  })
  app.delete('/:id', (c) => {
    const role = find(c.req.param('id'))
    state.roles.delete(role.id)
    return c.json({})
  })
  app.get('/:id/permissions', (c) => {
    const permissions = find(c.req.param('id')).permissions.map((permission) => {
      const server = serverOf(state, permission.resource_server_identifier)
      const description = server?.scopes?.find(
        ({ value }) => value === permission.permission_name,
      )?.description
      return { ...permission, resource_server_name: server?.name, description }
    })
    return c.json(listAnswer('permissions', permissions, new URL(c.req.url).searchParams) as object)
  })
  app.post('/:id/permissions', async (c) => {
    const role = find(c.req.param('id'))
    for (const permission of permissionsOf(await jsonObject(c))) {
      const server = serverOf(state, permission.resource_server_identifier)
      if (server === undefined) {
        throw new ManagementError(
          404,
          `Resource server not found: "${permission.resource_server_identifier}".`,
          'inexistent_resource_server',
        )
      }
      if (!server.scopes?.some(({ value }) => value === permission.permission_name)) {
        throw badRequest(
          `The API "${server.identifier}" has no scope "${permission.permission_name}".`,
          'inexistent_scope',
        )
      }
      if (!role.permissions.some((known) => same(known, permission))) role.permissions.push(permission)
    }
    return c.json({}, 201)
  })
  app.delete('/:id/permissions', async (c) => {
    const role = find(c.req.param('id'))
    const gone = permissionsOf(await jsonObject(c))
    role.permissions = role.permissions.filter((known) => !gone.some((permission) => same(known, permission)))
    return c.body(null, 204)
  })
  return app
}

/** Users and members know their roles by name: whoever takes the old name later must not inherit them. */
function renameRole(state: TenantState, role: Role, name: string): void {
  const renamed = (names: string[]) => names.map((one) => (one === role.name ? name : one))
  for (const user of state.users.values()) user.roles = renamed(user.roles)
  for (const membership of state.memberships) membership.roles = renamed(membership.roles)
  role.name = name
}

type Permission = Role['permissions'][number]

function same(a: Permission, b: Permission): boolean {
  return (
    a.permission_name === b.permission_name && a.resource_server_identifier === b.resource_server_identifier
  )
}

function permissionsOf(body: Body): Permission[] {
  return (listOf(body, 'permissions') ?? []).map((entry) => ({
    permission_name: requiredString(entry, 'permission_name'),
    resource_server_identifier: requiredString(entry, 'resource_server_identifier'),
  }))
}

function serverOf(state: TenantState, identifier: string) {
  return [...state.resourceServers.values()].find((server) => server.identifier === identifier)
}

/** `/organizations` */
export function organizationRoutes(state: TenantState): Hono {
  const app = new Hono()
  const find = (id: string): Organization => state.organizations.get(id) ?? missing('organization', id)
  const shown = ({
    enabled_connections: _connections,
    client_grants: _grants,
    clients: _clients,
    ...organization
  }: Organization) => organization

  app.get('/', (c) =>
    c.json(
      listAnswer(
        'organizations',
        [...state.organizations.values()].map(shown),
        new URL(c.req.url).searchParams,
      ) as object,
    ),
  )
  app.post('/', async (c) => {
    const { enabled_connections: connections, ...body } = newFields(
      await jsonObject(c),
      FIELDS.organizations.create,
    )
    const name = requiredString(body, 'name')
    assertOrganizationName(state, name)
    const organization: Organization = {
      third_party_client_access: 'block',
      is_app_entitlement_active: false,
      ...body,
      name,
      id: freeId(state.organizations, 'org', name),
      enabled_connections: [],
    }
    for (const entry of listOf({ connections }, 'connections') ?? []) connect(state, organization, entry)
    state.organizations.set(organization.id, organization)
    return c.json(shown(organization), 201)
  })
  app.get('/name/:name', (c) => {
    const name = c.req.param('name')
    const organization = [...state.organizations.values()].find((candidate) => candidate.name === name)
    return c.json(shown(organization ?? missing('organization', name)))
  })
  app.get('/:id', (c) => c.json(shown(find(c.req.param('id')))))
  app.patch('/:id', async (c) => {
    const organization = find(c.req.param('id'))
    const body = await jsonObject(c)
    assertFields(body, FIELDS.organizations.change)
    if (body['name'] !== undefined && body['name'] !== organization.name) {
      const name = requiredString(body, 'name')
      assertOrganizationName(state, name)
      for (const membership of state.memberships) {
        if (membership.organization === organization.name) membership.organization = name
      }
    }
    patchInto(organization, body, ['metadata'])
    return c.json(shown(organization))
  })
  app.delete('/:id', (c) => {
    const { id } = find(c.req.param('id'))
    state.organizations.delete(id)
    deleteParts(state, '/organizations', id)
    return c.body(null, 204)
  })

  app.get('/:id/connections', (c) => {
    const entries = find(c.req.param('id')).enabled_connections.map((entry) => {
      const connection = state.connections.get(entry.connection_id)
      return { ...entry, connection: { name: connection?.name, strategy: connection?.strategy } }
    })
    return c.json(listAnswer('connections', entries, new URL(c.req.url).searchParams) as object)
  })
  app.post('/:id/connections', async (c) => {
    const organization = find(c.req.param('id'))
    return c.json(connect(state, organization, await jsonObject(c)), 201)
  })
  app.get('/:id/connections/:connection', (c) =>
    c.json(enabled(find(c.req.param('id')), c.req.param('connection'))),
  )
  app.patch('/:id/connections/:connection', async (c) => {
    const entry = enabled(find(c.req.param('id')), c.req.param('connection'))
    patchInto(entry, await jsonObject(c))
    return c.json(entry)
  })
  app.delete('/:id/connections/:connection', (c) => {
    const organization = find(c.req.param('id'))
    organization.enabled_connections = organization.enabled_connections.filter(
      (entry) => entry.connection_id !== c.req.param('connection'),
    )
    return c.body(null, 204)
  })

  app.get('/:id/client-grants', (c) => {
    const ids = grantIds(find(c.req.param('id')))
    const grants = ids.flatMap((id) => state.clientGrants.get(id) ?? [])
    return c.json(listAnswer('client_grants', grants, new URL(c.req.url).searchParams) as object)
  })
  app.post('/:id/client-grants', async (c) => {
    const organization = find(c.req.param('id'))
    const id = requiredString(await jsonObject(c), 'grant_id')
    const grant = state.clientGrants.get(id) ?? missing('client grant', id)
    organization['client_grants'] = [...grantIds(organization).filter((known) => known !== id), id]
    return c.json(grant, 201)
  })
  app.delete('/:id/client-grants/:grant', (c) => {
    const organization = find(c.req.param('id'))
    organization['client_grants'] = grantIds(organization).filter((id) => id !== c.req.param('grant'))
    return c.body(null, 204)
  })
  const owner = { app, state, list: '/organizations', find }
  partList(owner, {
    name: 'discovery-domains',
    key: 'domains',
    prefix: 'org_dom',
    named: 'domain',
    fresh: ({ domain }, id) => ({
      status: 'pending',
      use_for_organization_discovery: true,
      verification_host: `_auth0-challenge.${String(domain)}`,
      verification_txt: `auth0-domain-verification=${id}`,
    }),
  })
  organizationClientRoutes(owner)

  app.get('/:id/members', (c) => {
    const { name } = find(c.req.param('id'))
    const members = state.memberships
      .filter(({ organization }) => organization === name)
      .flatMap(({ user_id }) => state.users.get(user_id) ?? [])
      .map(({ user_id, email, name: userName, picture }) => ({ user_id, email, name: userName, picture }))
    return c.json(listAnswer('members', members, new URL(c.req.url).searchParams) as object)
  })
  app.post('/:id/members', async (c) => {
    const { name } = find(c.req.param('id'))
    const members = (await jsonObject(c))['members']
    if (!Array.isArray(members))
      throw badRequest(`Payload validation error: 'Missing required property: members'.`)
    for (const user_id of members.map(String)) {
      if (!state.users.has(user_id)) throw notFound('user', user_id)
      const known = state.memberships.some((m) => m.organization === name && m.user_id === user_id)
      if (!known) state.memberships.push({ organization: name, user_id, roles: [] })
    }
    return c.body(null, 204)
  })
  app.delete('/:id/members', async (c) => {
    const { name } = find(c.req.param('id'))
    const gone = (await jsonObject(c))['members']
    state.memberships = state.memberships.filter(
      ({ organization, user_id }) =>
        organization !== name || !(Array.isArray(gone) && gone.includes(user_id)),
    )
    return c.body(null, 204)
  })
  app.get('/:id/members/:user/roles', (c) => {
    const { name } = find(c.req.param('id'))
    const membership = state.memberships.find(
      (candidate) => candidate.organization === name && candidate.user_id === c.req.param('user'),
    )
    const roles = [...state.roles.values()].filter((role) => membership?.roles.includes(role.name))
    return c.json(
      listAnswer(
        'roles',
        roles.map(({ permissions: _permissions, ...role }) => role),
        new URL(c.req.url).searchParams,
      ) as object,
    )
  })
  return app
}

function assertOrganizationName({ organizations }: TenantState, name: string): void {
  if (!/^[a-z0-9][a-z0-9_-]{0,49}$/.test(name)) {
    throw badRequest(`The name "${name}" must be 1 to 50 lower-case letters, digits, "-" or "_".`)
  }
  if ([...organizations.values()].some((other) => other.name === name)) throw conflict('organization', name)
}

function grantIds(organization: Organization): string[] {
  return (organization['client_grants'] as string[] | undefined) ?? []
}

function connect(state: TenantState, organization: Organization, entry: Body) {
  const connection_id = requiredString(entry, 'connection_id')
  if (!state.connections.has(connection_id)) throw notFound('connection', connection_id)
  if (organization.enabled_connections.some((known) => known.connection_id === connection_id)) {
    throw conflict('connection of this organization', connection_id)
  }
  // The CLI compares what it sent with what it reads back, `is_enabled` included.
  const enabledConnection = { assign_membership_on_login: false, is_enabled: true, ...entry, connection_id }
  organization.enabled_connections.push(enabledConnection)
  return enabledConnection
}

/** Which applications an organization is for: several at once are added and taken away. */
function organizationClientRoutes({
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

function enabled(organization: Organization, id: string) {
  return (
    organization.enabled_connections.find((entry) => entry.connection_id === id) ?? missing('connection', id)
  )
}

function missing(what: string, id: string): never {
  throw notFound(what, id)
}
