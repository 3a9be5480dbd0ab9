import { Hono } from 'hono'
import type { Role } from '../entities.ts'
import type { TenantState } from '../state.ts'
import { assertFields, type Body, jsonObject, listOf, newFields, requiredString } from './body.ts'
import { badRequest, conflict, ManagementError, missing } from './errors.ts'
import type { ResourceFields } from './fields.ts'
import { freeId } from './ids.ts'
import { listAnswer } from './pages.ts'

/** `/roles` */
export function roleRoutes(state: TenantState, fields: ResourceFields): Hono {
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
    const body = newFields(await jsonObject(c), fields.create)
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
    assertFields(body, fields.change)
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
    // A set: readers must not depend on the order in which permissions were added.
    const permissions = [...find(c.req.param('id')).permissions].sort(byName).map((permission) => {
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

function byName(a: Permission, b: Permission): number {
  const [one, other] = [a, b].map((each) => `${each.resource_server_identifier} ${each.permission_name}`)
  return one! < other! ? -1 : 1
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
