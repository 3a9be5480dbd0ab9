import { expect, it } from 'vitest'
import { representativeLogins } from '../../lib/prove/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'

/** A workspace of so many users of three kinds, each a member of every organization. */
async function workspaceOf(size: { users: number; organizations: number; clients: number; apis: number }) {
  const list = (count: number, line: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => `  - ${line(index)}\n`).join('')
  const kinds = ['{ plan: team }', '{ plan: [team] }', '{}']
  const members = Array.from({ length: size.users }, (_, user) => `{ user: u${user}@acme.example }`).join(
    ', ',
  )
  return readWorkspace(
    await folderWith({
      'tenant.yaml': `clients:\n${list(size.clients, (n) => `{ name: app${n}, app_type: ${n === size.clients - 1 ? 'native' : 'spa'} }`)}
resourceServers:\n${list(size.apis, (n) => `{ name: api${n}, identifier: 'https://api${n}.example/' }`)}
organizations:\n${list(size.organizations, (n) => `{ name: org${n}, display_name: org${n} }`)}`,
      'tenant.local.yaml': `users:\n${list(size.users, (n) => `{ email: u${n}@acme.example, password: p, app_metadata: ${kinds[n % 3]} }`)}
organizations:\n${list(size.organizations, (n) => `{ name: org${n}, members: [${members}] }`)}`,
    }),
  )
}

it('makes so many logins of a large workspace as it is told, and says of how many', async () => {
  const workspace = await workspaceOf({ users: 30, organizations: 50, clients: 500, apis: 100 })
  const { events, share } = representativeLogins(workspace, 64)
  expect(share).toEqual({
    logins: { tried: 64, of: 30 * 51 * 500 * 100 },
    users: { tried: 30, of: 30 },
    kindsOfUsers: { tried: 3, of: 3 },
    organizations: { tried: expect.any(Number), of: 50 },
    clients: { tried: expect.any(Number), of: 500 },
    apis: { tried: expect.any(Number), of: 100 },
  })
  expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(64)
  for (const { tried } of [share.organizations, share.clients, share.apis]) expect(tried).toBeGreaterThan(40)
  // The one application of its kind is among them.
  expect(events.map(({ client }) => client.name)).toContain('app499')
  expect(representativeLogins(workspace, 64).events).toEqual(events)
})

it('makes each kind of user log in for each API first, then the other users', async () => {
  const workspace = await workspaceOf({ users: 12, organizations: 3, clients: 40, apis: 5 })
  const { events, share } = representativeLogins(workspace, 64)
  const pairs = events.map(({ user, resource_server: api }) => {
    const { plan } = user.app_metadata as { plan?: unknown }
    return `${Array.isArray(plan) ? 'list' : typeof plan} ${api?.identifier}`
  })
  expect(new Set(pairs).size).toBe(15)
  expect(share).toMatchObject({
    logins: { tried: 64 },
    users: { tried: 12, of: 12 },
    organizations: { tried: 3, of: 3 },
    clients: { tried: 40, of: 40 },
    apis: { tried: 5, of: 5 },
  })
})

it('reaches the number for any sizes that have so many', async () => {
  for (const [users, organizations, clients, apis] of [
    [1, 5, 5, 5],
    [1, 70, 1, 1],
    [70, 1, 1, 1],
    [4, 2, 4, 8],
  ] as const) {
    const workspace = await workspaceOf({ users, organizations, clients, apis })
    const { events } = representativeLogins(workspace, 64)
    expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(64)
  }
})

it('makes every login of a small workspace, the plainest first', async () => {
  const workspace = await workspaceOf({ users: 2, organizations: 1, clients: 2, apis: 2 })
  const { events, share } = representativeLogins(workspace, 64)
  expect(share.logins).toEqual({ tried: 16, of: 16 })
  expect(new Set(events.map((event) => JSON.stringify(event))).size).toBe(16)
  expect(events[0]).toMatchObject({ user: { email: 'u0@acme.example' }, client: { name: 'app0' } })
  expect(events[0]).not.toHaveProperty('organization.name')
})

it('takes an empty list of applications and APIs for none', async () => {
  const workspace = await workspaceOf({ users: 30, organizations: 5, clients: 1, apis: 1 })
  const tenant = { ...workspace.tenant, clients: [], resourceServers: [] }
  const { events } = representativeLogins({ ...workspace, tenant }, 64)
  expect(events).toHaveLength(64)
  expect(new Set(events.map(({ client }) => client.name))).toEqual(new Set(['Application']))
})
