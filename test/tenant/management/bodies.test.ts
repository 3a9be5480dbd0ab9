import { beforeEach, describe, expect, it } from 'vitest'
import { managementRoutes } from '../../../lib/tenant/management/index.ts'
import { acmeState, begin, post, startAcme } from '../acme.ts'

/** What is sent to the Management API: nothing of it takes for ever, or spoils the tenant. */

const ALL = new Set(
  [
    'actions',
    'clients',
    'client_grants',
    'resource_servers',
    'roles',
    'organizations',
    'connections',
  ].flatMap((entity) => ['create', 'read', 'update', 'delete'].map((verb) => `${verb}:${entity}`)),
)

let state: ReturnType<typeof acmeState>
let send: (
  method: string,
  path: string,
  text?: string | ReadableStream,
) => Promise<{ status: number; text: string }>
const recorded: unknown[] = []

beforeEach(() => {
  state = acmeState()
  recorded.length = 0
  const app = managementRoutes({
    state,
    clock: () => new Date('2026-01-01T00:00:00Z'),
    managementScopes: async () => ALL,
    record: (entry) => recorded.push(entry),
  })
  send = async (method, path, text) => {
    const response = await app.request(`http://localhost${path}`, {
      method,
      ...(text !== undefined && { body: text, duplex: 'half' }),
    } as RequestInit)
    return { status: response.status, text: await response.text() }
  }
})

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels)
const clientsNow = () => JSON.stringify([...state.clients.values()])

describe('a body', () => {
  it.each([
    ['nested very deeply', `{"name":"x","client_metadata":{"a":${nested(50_000)}}}`, 400],
    ['nested a little more deeply than is taken', `{"name":"x","addons":${nested(100)}}`, 400],
    ['very long', `{"name":"x","description":"${'x'.repeat(1_000_000)}"}`, 413],
    ['no JSON', 'the password is hunter2', 400],
    ['a text', '"x"', 400],
    ['a key of the language', '{"name":"x","__proto__":{"is_first_party":false}}', 400],
  ])('that is %s is refused, and nothing of it kept', async (_, text, status) => {
    const old = clientsNow()
    const answer = await send('POST', '/clients', text)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toMatchObject({ statusCode: status, errorCode: expect.any(String) })
    expect(answer.text.length).toBeLessThan(500)
    expect(clientsNow()).toBe(old)
    expect(recorded).toEqual([])
  })

  it('that does not say how long it is is read to the limit and no further', async () => {
    let sent = 0
    const endless = new ReadableStream({
      pull(controller) {
        sent += 65_536
        controller.enqueue(new Uint8Array(65_536).fill(120))
      },
    })
    expect((await send('POST', '/clients', endless)).status).toBe(413)
    expect(sent).toBeLessThan(2_000_000)
  })

  it('that is taken may be nested as far as it says', async () => {
    expect((await send('POST', '/clients', `{"name":"x","addons":${nested(99)}}`)).status).toBe(201)
    expect((await send('GET', '/clients')).status).toBe(200)
  })

  it('of a roll-back is read like any other, and is in no log', async () => {
    const made = await send(
      'POST',
      '/actions/actions',
      JSON.stringify({ name: 'a', code: '', supported_triggers: [{ id: 'post-login' }], deploy: true }),
    )
    const { id, deployed_version } = JSON.parse(made.text)
    const path = `/actions/actions/${id}/versions/${deployed_version.id}/deploy`
    expect((await send('POST', path, 'the password is hunter2')).status).toBe(400)
    expect((await send('POST', path)).status).toBe(202)
    expect(JSON.stringify(recorded)).not.toContain('hunter2')
  })
})

describe('a field of the wrong type', () => {
  const CLIENT = ['POST', '/clients', { name: 'x' }] as const
  const SHOP = ['PATCH', '/clients/shop', {}] as const
  const API = ['POST', '/resource-servers', { identifier: 'x' }] as const
  const ORDERS = ['PATCH', '/resource-servers/orders', {}] as const

  it.each<[readonly [string, string, object], string, unknown]>([
    [CLIENT, 'callbacks', 'http://localhost/'],
    [SHOP, 'callbacks', 5],
    [SHOP, 'callbacks', [5]],
    [SHOP, 'name', { a: 1 }],
    [SHOP, 'grant_types', 'authorization_code'],
    [SHOP, 'web_origins', {}],
    [SHOP, 'is_first_party', 'false'],
    [SHOP, 'client_metadata', []],
    [SHOP, 'jwt_configuration', 'RS256'],
    [SHOP, 'refresh_token', 1],
    [CLIENT, 'client_secret', 5],
    [API, 'scopes', 'read:all'],
    [API, 'token_lifetime', '3600'],
    [ORDERS, 'token_lifetime', -1],
    [ORDERS, 'token_lifetime', 1e300],
    [ORDERS, 'enforce_policies', 1],
    [ORDERS, 'signing_alg', 'none'],
    [API, 'signing_alg', 'RS512'],
    [ORDERS, 'token_dialect', 'mine'],
    [SHOP, 'jwt_configuration', { alg: 'none' }],
    [SHOP, 'jwt_configuration', { lifetime_in_seconds: '1' }],
    [SHOP, 'refresh_token', { token_lifetime: 1e300 }],
    [SHOP, 'refresh_token', { leeway: '0' }],
    [SHOP, 'refresh_token', { policies: [null] }],
    [SHOP, 'refresh_token', { policies: [{ audience: 'x', scope: 'read' }] }],
    [['POST', '/organizations', { name: 'x' }], 'enabled_connections', 5],
    [['POST', '/roles', {}], 'name', ['x']],
    [['POST', '/client-grants', { client_id: 'shop', audience: 'x' }], 'scope', 'read:orders'],
    [['POST', '/connections', { name: 'x' }], 'strategy', 5],
  ])('(%s: %s %j) is refused, and nothing is changed', async ([method, path, body], name, value) => {
    const old = JSON.stringify(
      [state.clients, state.resourceServers, state.organizations, state.roles].map((map) => [...map]),
    )
    const { status, text } = await send(method, path, JSON.stringify({ ...body, [name]: value }))
    expect([status, text]).toEqual([400, expect.stringContaining(name)])
    const now = JSON.stringify(
      [state.clients, state.resourceServers, state.organizations, state.roles].map((map) => [...map]),
    )
    expect(now).toBe(old)
    expect(recorded).toEqual([])
  })

  it('that is null counts as not sent for what is new', async () => {
    const { status } = await send('POST', '/clients', '{"name":"x","callbacks":null,"grant_types":null}')
    expect(status).toBe(201)
    expect((await send('PATCH', '/clients/shop', '{"client_metadata":{"a":"b"}}')).status).toBe(200)
    expect((await send('PATCH', '/clients/shop', '{"client_metadata":null}')).status).toBe(200)
    expect(state.clients.get('shop')!.client_metadata).toBeUndefined()
    const made = [...state.clients.values()].find(({ name }) => name === 'x')!
    expect(made.grant_types).toEqual(['authorization_code', 'refresh_token'])
  })
})

describe('a name', () => {
  it.each([
    ['/roles', { name: 'old' }, { name: 'new' }],
    ['/organizations', { name: 'old' }, { name: 'new' }],
    [
      '/actions/actions',
      { name: 'old', code: '1', supported_triggers: [{ id: 'post-login' }] },
      { name: 'new' },
    ],
  ])('that was given up (%s) may be taken by another, which replaces nothing', async (path, body, change) => {
    const first = JSON.parse((await send('POST', path, JSON.stringify(body))).text)
    expect((await send('PATCH', `${path}/${first.id}`, JSON.stringify(change))).status).toBe(200)
    const second = JSON.parse((await send('POST', path, JSON.stringify(body))).text)
    expect(second.id).not.toBe(first.id)
    expect(JSON.parse((await send('GET', `${path}/${first.id}`)).text).name).toBe('new')
  })

  it('that an organization or a role gives up takes its members along', async () => {
    state.memberships.push({ organization: 'acme', user_id: 'u', roles: ['manager'] })
    const [acme] = state.organizations.values()
    await send('PATCH', `/organizations/${acme!.id}`, '{"name":"renamed"}')
    await send('POST', '/organizations', '{"name":"acme"}')
    await send('PATCH', '/roles/manager', '{"name":"boss"}')
    expect(state.memberships).toEqual([{ organization: 'renamed', user_id: 'u', roles: ['boss'] }])
    expect((await send('PATCH', `/organizations/${acme!.id}`, '{"name":"acme"}')).status).toBe(409)
    expect((await send('PATCH', `/organizations/${acme!.id}`, '{"name":"A b"}')).status).toBe(400)
  })
})

describe('what nobody has foreseen', () => {
  it('is answered without a word of it, and kept in the log without the message', async () => {
    const tenant = await startAcme()
    const { client } = await tenant.management()
    const credentials = { client_id: client.client_id, client_secret: client.client_secret }
    const { body } = await post(tenant, '/oauth/token', {
      grant_type: 'client_credentials',
      audience: `${tenant.issuer}api/v2/`,
      ...credentials,
    })
    const broken = () => {
      throw new Error('the password is hunter2')
    }
    Object.defineProperty(tenant.state, 'clients', { get: broken })
    const answers = await Promise.all([
      fetch(`${tenant.url}/api/v2/clients`, { headers: { authorization: `Bearer ${body['access_token']}` } }),
      fetch(begin(tenant).url, { redirect: 'manual' }),
    ])
    for (const answer of answers) {
      expect(answer.status).toBe(500)
      expect(await answer.text()).not.toMatch(/hunter2|\.ts|at /)
    }
    const entries = tenant.log.filter(({ type }) => type === 'fapi')
    expect(entries).toHaveLength(2)
    expect(JSON.stringify(entries)).not.toContain('hunter2')
    expect(entries.map(({ description, details }) => [description, details])).toEqual(
      entries.map(() => ['Internal error: Error', { stack: expect.stringContaining('bodies.test.ts') }]),
    )
  })

  it('lists nothing for ever: a page must have at least one entry', async () => {
    expect((await send('GET', '/clients?take=0')).status).toBe(400)
    expect((await send('GET', '/clients?page=9007199254740991&per_page=100')).status).toBe(200)
    expect((await send('GET', `/clients?from=${Buffer.from('1e308').toString('base64url')}`)).status).toBe(
      200,
    )
  })
})
