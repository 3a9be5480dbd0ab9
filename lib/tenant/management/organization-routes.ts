import { Hono } from 'hono'
import type { Organization } from '../entities.ts'
import type { TenantState } from '../state.ts'
import { assertFields, type Body, jsonObject, listOf, newFields, patchInto, requiredString } from './body.ts'
import { badRequest, conflict, missing, notFound } from './errors.ts'
import type { ResourceFields } from './fields.ts'
import { freeId } from './ids.ts'
import { organizationClientRoutes } from './organization-client-routes.ts'
import { listAnswer } from './pages.ts'
import { deleteParts, partList } from './parts.ts'

/** `/organizations` */
export function organizationRoutes(state: TenantState, fields: ResourceFields): Hono {
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
    const { enabled_connections: connections, ...body } = newFields(await jsonObject(c), fields.create)
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
    assertFields(body, fields.change)
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

function enabled(organization: Organization, id: string) {
  return (
    organization.enabled_connections.find((entry) => entry.connection_id === id) ?? missing('connection', id)
  )
}
