import { beforeEach, describe, expect, it } from 'vitest'
import { importTenantFile, managementRoutes } from '../../../lib/tenant/management/index.ts'
import { emptyState, type TenantState } from '../../../lib/tenant/state.ts'

const SCOPES = new Set(
  ['actions', 'clients', 'client_grants', 'resource_servers', 'roles', 'organizations'].flatMap((entity) =>
    ['create', 'read', 'update', 'delete'].map((verb) => `${verb}:${entity}`),
  ),
)

// biome-ignore lint/suspicious/noExplicitAny: answers of many shapes
type Answer = any

let state: TenantState
let scopes: Set<string> | undefined
let call: (method: string, path: string, body?: unknown) => Promise<{ status: number; body: Answer }>

beforeEach(() => {
  state = emptyState()
  scopes = SCOPES
  const app = managementRoutes({
    state,
    clock: () => new Date('2026-01-01T00:00:00Z'),
    managementScopes: async () => scopes,
  })
  call = async (method, path, body) => {
    const init = body === undefined || method === 'GET' ? {} : { body: JSON.stringify(body) }
    const response = await app.request(`http://localhost${path}`, { method, ...init })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
})

const ACTION = { name: 'one', code: 'a', supported_triggers: [{ id: 'post-login', version: 'v3' }] }

async function action(more: object = {}, deploy = true): Promise<string> {
  const { body } = await call('POST', '/actions/actions', { ...ACTION, ...more })
  if (deploy) await call('POST', `/actions/actions/${body.id}/deploy`)
  return body.id as string
}

describe('access', () => {
  it('refuses a token that is not acceptable with 401', async () => {
    scopes = undefined
    expect(await call('GET', '/clients')).toEqual({
      status: 401,
      body: { statusCode: 401, error: 'Unauthorized', message: 'Invalid token', errorCode: 'invalid_token' },
    })
  })

  it.each([
    ['GET', '/clients', 'read:clients'],
    ['POST', '/actions/actions/x/deploy', 'create:actions'],
    ['PATCH', '/actions/triggers/post-login/bindings', 'update:actions'],
    ['POST', '/roles/x/permissions', 'update:roles'],
    ['DELETE', '/client-grants/x', 'delete:client_grants'],
  ])('wants for %s %s the scope %s', async (method, path, scope) => {
    scopes = new Set([...SCOPES].filter((known) => known !== scope))
    const { status, body } = await call(method, path, {})
    expect(status).toBe(403)
    expect(body.message).toBe(`Insufficient scope, expected any of: ${scope}`)
  })

  it('answers reads of what it does not have as a tenant without the feature, and refuses writes', async () => {
    expect(await call('GET', '/anomaly-rules')).toMatchObject({
      status: 403,
      body: { message: 'Insufficient scope, expected any of: read:anomaly_rules' },
    })
    expect((await call('POST', '/anomaly-rules', {})).status).toBe(501)
  })

  it('keeps types that it does not act on as they are given', async () => {
    expect(await call('GET', '/log-streams')).toMatchObject({ status: 200, body: [] })
    const { status, body } = await call('POST', '/log-streams', { name: 'hook', type: 'http' })
    expect(status).toBe(201)
    const path = `/log-streams/${String(body['id'])}`
    await call('PATCH', path, { type: 'datadog' })
    expect(await call('GET', path)).toMatchObject({ body: { name: 'hook', type: 'datadog' } })
    expect((await call('DELETE', path)).status).toBe(204)
    expect((await call('GET', path)).status).toBe(404)
    // Settings begin as Auth0 has them, or are not there; texts are replaced as a whole.
    expect((await call('GET', '/emails/provider')).status).toBe(404)
    await call('PATCH', '/tenants/settings', { session_lifetime_in_minutes: 90, friendly_name: 'Acme' })
    expect((await call('GET', '/tenants/settings')).body).toMatchObject({
      session_lifetime: 1.5,
      idle_session_lifetime: 72,
      friendly_name: 'Acme',
    })
    await call('PUT', '/prompts/login/custom-text/en', { login: { title: 'Hello' } })
    await call('PUT', '/prompts/login/custom-text/en', { login: { pageTitle: 'Hi' } })
    expect((await call('GET', '/prompts/login/custom-text/en')).body).toEqual({ login: { pageTitle: 'Hi' } })
    expect((await call('PUT', '/guardian/factors/otp', { enabled: true })).status).toBe(200)
    const factors = (await call('GET', '/guardian/factors')).body as unknown as {
      name: string
      enabled: boolean
    }[]
    expect(factors.find(({ name }) => name === 'otp')?.enabled).toBe(true)
  })
})

describe('Actions', () => {
  it('keeps a deployed version as it is while the draft changes', async () => {
    const id = await action({ secrets: [{ name: 'KEY', value: 'old' }] })
    await call('PATCH', `/actions/actions/${id}`, { code: 'b', secrets: [{ name: 'KEY', value: 'new' }] })
    const { body } = await call('GET', `/actions/actions/${id}`)
    expect(body).toMatchObject({ code: 'b', all_changes_deployed: false, status: 'built' })
    expect(body.deployed_version).toMatchObject({ code: 'a', number: 1, deployed: true })
    expect(state.actions.get(id)?.versions[0]?.secrets[0]?.value).toBe('old')
    expect(JSON.stringify(body)).not.toContain('new')
  })

  it('keeps the value of a secret that comes without one, and takes away one that is not listed', async () => {
    const id = await action({
      secrets: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    })
    await call('PATCH', `/actions/actions/${id}`, { secrets: [{ name: 'A' }] })
    expect(state.actions.get(id)?.secrets).toMatchObject([{ name: 'A', value: '1' }])
  })

  it('brings an old version back as a new one', async () => {
    const id = await action()
    await call('PATCH', `/actions/actions/${id}`, { code: 'b' })
    await call('POST', `/actions/actions/${id}/deploy`)
    const first = state.actions.get(id)!.versions[0]!
    const path = `/actions/actions/${id}/versions/${first.id}/deploy`
    expect((await call('POST', path, { update_draft: true })).body).toMatchObject({ number: 3, code: 'a' })
    expect(state.actions.get(id)?.code).toBe('a')
  })

  it('keeps 50 versions, the draft included, and never drops the one that runs', async () => {
    const id = await action()
    for (let i = 0; i < 60; i++) await call('POST', `/actions/actions/${id}/deploy`)
    const { versions, deployed_version_id } = state.actions.get(id)!
    expect(versions).toHaveLength(49)
    expect(versions.at(-1)).toMatchObject({ number: 61, id: deployed_version_id })
  })

  it.each([
    ['an unknown field', { colour: 'red' }, 'Additional properties not allowed: colour'],
    [
      'two triggers',
      { supported_triggers: [{ id: 'post-login' }, { id: 'post-login' }] },
      'exactly one trigger',
    ],
    ['an unknown trigger', { supported_triggers: [{ id: 'pre-login' }] }, '"pre-login" is not known'],
    ['code that is too large', { code: 'x'.repeat(100_001) }, 'larger than 100000 bytes'],
    ['too long a secret', { secrets: [{ name: 'A', value: 'x'.repeat(4097) }] }, 'longer than 4096'],
    ['a new secret without a value', { secrets: [{ name: 'A' }] }, '"A" is new and has no value'],
  ])('refuses %s', async (_, more, message) => {
    const answer = await call('POST', '/actions/actions', { ...ACTION, ...more })
    expect(answer.status).toBe(400)
    expect(answer.body.message).toContain(message)
    expect(state.actions.size).toBe(0)
  })

  it('holds a thousand Actions, as a tenant whose plan allows more than 100, and refuses one more', async () => {
    for (let n = 0; n < 1000; n++) state.actions.set(`act_${n}`, { name: `n${n}` } as never)
    expect((await call('POST', '/actions/actions', ACTION)).body).toMatchObject({
      statusCode: 400,
      errorCode: 'too_many_actions',
    })
    state.actions.delete('act_999')
    expect((await call('POST', '/actions/actions', ACTION)).status).toBe(201)
  })

  it('refuses a second Action of the same name with 409', async () => {
    await action()
    expect((await call('POST', '/actions/actions', ACTION)).status).toBe(409)
  })

  it('deletes a bound Action only with force, and its binding with it', async () => {
    const id = await action()
    await bind('one')
    expect((await call('DELETE', `/actions/actions/${id}`)).status).toBe(400)
    expect((await call('DELETE', `/actions/actions/${id}?force=true`)).status).toBe(204)
    expect(state.bindings.get('post-login')).toEqual([])
  })
})

const bind = (...names: string[]) =>
  call('PATCH', '/actions/triggers/post-login/bindings', {
    bindings: names.map((value) => ({ ref: { type: 'action_name', value }, display_name: value })),
  })

describe('bindings', () => {
  it('replaces the whole list in the order given', async () => {
    await action()
    await action({ name: 'two' })
    await bind('one', 'two')
    await bind('two', 'one')
    const { body } = await call('GET', '/actions/triggers/post-login/bindings?page=0&per_page=50')
    expect(body.bindings.map((binding: Answer) => binding.action.name)).toEqual(['two', 'one'])
  })

  it('refuses an Action that is unknown or not deployed, by name, and keeps the list', async () => {
    await action()
    await bind('one')
    await action({ name: 'draft' }, false)
    expect(await bind('one', 'ghost')).toMatchObject({
      status: 400,
      body: { message: 'The action "ghost" does not exist and cannot be bound to post-login.' },
    })
    expect((await bind('draft')).body.message).toBe(
      'The action "draft" is not deployed and cannot be bound to post-login.',
    )
    expect(state.bindings.get('post-login')).toHaveLength(1)
  })
})

describe('lists', () => {
  it('cuts pages with totals and checkpoints to the same whole', async () => {
    for (let i = 0; i < 7; i++) await call('POST', '/roles', { name: `role ${i}` })
    const page = await call('GET', '/roles?page=2&per_page=3&include_totals=true')
    expect(page.body).toMatchObject({ total: 7, start: 6, length: 1, roles: [{ name: 'role 6' }] })
    const names: string[] = []
    let next: string | undefined = ''
    while (next !== undefined) {
      const { body } = await call('GET', `/roles?take=3${next === '' ? '' : `&from=${next}`}`)
      names.push(...body.roles.map(({ name }: { name: string }) => name))
      next = body.next
    }
    expect(names).toEqual(Array.from({ length: 7 }, (_, i) => `role ${i}`))
  })

  it('refuses include_totals for Actions', async () => {
    expect((await call('GET', '/actions/actions?include_totals=true')).status).toBe(400)
  })
})

describe('importTenantFile', () => {
  const tenant = {
    resourceServers: [
      { name: 'Orders', identifier: 'https://orders.example/', scopes: [{ value: 'read:orders' }] },
    ],
    clients: [{ name: 'Shop', app_type: 'spa' }],
    clientGrants: [{ client_id: 'Shop', audience: 'https://orders.example/', scope: ['read:orders'] }],
    roles: [
      {
        name: 'reader',
        permissions: [
          { permission_name: 'read:orders', resource_server_identifier: 'https://orders.example/' },
        ],
      },
    ],
    organizations: [{ name: 'acme', connections: [{ name: 'Username-Password-Authentication' }] }],
    actions: [{ ...ACTION, deployed: true, code: './x.js', secrets: [{ name: 'K', value: '##K##' }] }],
    triggers: { 'post-login': [{ action_name: 'one' }] },
  }
  const load = (file = {}) =>
    importTenantFile(
      { state, clock: () => new Date() },
      { ...tenant, ...file },
      { codeOf: () => 'c', keywords: { K: 'v' } },
    )

  it('loads a whole file, twice, with the same ids', async () => {
    await load()
    const client = [...state.clients.keys()]
    await load()
    expect([...state.clients.keys()]).toEqual(client)
    expect([...state.roles.values()][0]?.permissions).toHaveLength(1)
    expect([...state.organizations.values()][0]?.enabled_connections).toHaveLength(1)
    expect([...state.clientGrants.values()]).toMatchObject([{ client_id: client[0], scope: ['read:orders'] }])
    expect([...state.actions.values()][0]?.versions).toMatchObject([
      { code: 'c', secrets: [{ value: 'v' }] },
      {},
    ])
    expect(state.bindings.get('post-login')).toHaveLength(1)
  })

  it('finds the application of a client grant that names the id it has in another tenant', async () => {
    await load({
      clients: [{ name: 'Shop', app_type: 'spa', client_id: 'id-of-an-export' }],
      clientGrants: [{ ...tenant.clientGrants[0], client_id: 'id-of-an-export' }],
    })
    expect([...state.clientGrants.values()].map(({ client_id }) => client_id)).toEqual([
      ...state.clients.keys(),
    ])
  })

  it('says what the tenant refused', async () => {
    await expect(load({ triggers: { 'post-login': [{ action_name: 'ghost' }] } })).rejects.toMatchObject({
      code: 'ERR_DEPLOY',
      message: expect.stringContaining('"ghost" does not exist'),
    })
  })
})

describe('fields that Auth0 does not have', () => {
  const APP = { name: 'App' }
  const API = { name: 'Orders', identifier: 'https://orders.example/' }
  it.each<[string, object]>([
    ['/clients', APP],
    ['/resource-servers', API],
    ['/roles', { name: 'reader' }],
    ['/organizations', { name: 'acme' }],
    ['/connections', { name: 'google', strategy: 'google-oauth2' }],
  ])('are refused at %s, in a new one and in a change', async (path, body) => {
    scopes?.add('create:connections').add('update:connections')
    const refused = {
      status: 400,
      body: { message: expect.stringContaining("'Additional properties not allowed: colour'") },
    }
    expect(await call('POST', path, { ...body, colour: 'red' })).toMatchObject(refused)
    const { status, body: made } = await call('POST', path, body)
    expect(status).toBeLessThan(300)
    const id = made.client_id ?? made.id
    expect(await call('PATCH', `${path}/${id}`, { colour: 'red' })).toMatchObject(refused)
  })

  it('are refused in grants', async () => {
    const { client_id } = (await call('POST', '/clients', APP)).body
    await call('POST', '/resource-servers', API)
    const grant = { client_id, audience: API.identifier, scope: [] }
    expect((await call('POST', '/client-grants', { ...grant, colour: 'red' })).status).toBe(400)
    const { id } = (await call('POST', '/client-grants', grant)).body
    expect((await call('PATCH', `/client-grants/${id}`, { audience: 'https://other.example/' })).status).toBe(
      400,
    )
    expect((await call('PATCH', `/client-grants/${id}`, { scope: [] })).status).toBe(200)
  })
})
