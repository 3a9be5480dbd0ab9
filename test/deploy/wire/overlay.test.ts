import { describe, expect, it } from 'vitest'
import { changedDocuments, neededCalls, planChanges } from '../../../lib/deploy/wire/changes.ts'
import { differenceOf } from '../../../lib/deploy/wire/differences.ts'
import { type Document, rebased } from '../../../lib/deploy/wire/documents.ts'
import { type Overlay, overlayOf } from '../../../lib/deploy/wire/overlay.ts'
import type { WireRequest } from '../../../lib/deploy/wire/reads.ts'

type Json = Record<string, unknown>

/** Answers as a real tenant gives them, cut to the members that matter. */
const TENANT: Readonly<Record<string, unknown>> = {
  '/tenants/settings': {
    friendly_name: 'Acme',
    session_lifetime: 3.0166666666666666,
    flags: { a: true, b: false },
  },
  '/clients': {
    total: 1,
    start: 0,
    limit: 100,
    // It leaves out what is false: `cross_origin_authentication`, `is_token_endpoint_ip_header_trusted`.
    clients: [
      {
        client_id: 'app',
        name: 'App',
        callbacks: ['https://a.example/', 'https://b.example/'],
        client_metadata: { a: '1' },
        jwt_configuration: { alg: 'RS256', lifetime_in_seconds: 36000 },
      },
    ],
  },
  '/actions/actions': {
    per_page: 100,
    total: 2,
    actions: [
      action('one', {
        modules: [module(3)],
        secrets: [{ name: 'KEY', updated_at: '2026-08-10' }],
        all_changes_deployed: true,
      }),
      action('two', { all_changes_deployed: false }),
    ],
  },
  '/actions/triggers/post-login/bindings': {
    per_page: 50,
    bindings: [binding('one', 'Adds the plan'), binding('two', 'two')],
  },
  '/roles': { roles: [{ id: 'rol', name: 'reader', description: 'reads' }], start: 0, limit: 100, total: 1 },
  '/roles/rol/permissions': {
    permissions: [permission('read'), permission('write')],
    start: 0,
    limit: 100,
    total: 2,
  },
  '/connections': {
    connections: [
      {
        id: 'con',
        name: 'db',
        strategy: 'auth0',
        metadata: { a: '1', b: '2' },
        options: {
          passwordPolicy: 'good',
          password_options: { history: { size: 3 } },
          customScripts: { login: 'a' },
          passkey_options: {
            challenge_ui: 'both',
            local_enrollment_enabled: true,
            progressive_enrollment_enabled: true,
          },
        },
      },
    ],
  },
  '/connections/con/clients': { clients: [{ client_id: 'app' }] },
  '/organizations': {
    organizations: [
      { id: 'org', name: 'acme', display_name: 'Acme', metadata: { tier: 'gold', region: 'eu' } },
    ],
  },
  '/organizations/org/connections': {
    connections: [
      {
        connection_id: 'con',
        assign_membership_on_login: false,
        connection: { name: 'db', strategy: 'auth0' },
      },
    ],
    start: 0,
    limit: 50,
    total: 1,
  },
  '/branding/phone/providers': { providers: [{ id: 'pro', name: 'twilio', credentials: null }] },
  '/guardian/factors': [{ name: 'otp', enabled: false, trial_expired: null }],
  '/resource-servers/api': {
    id: 'api',
    name: 'Api',
    identifier: 'https://api.example/',
    scopes: [{ value: 'read', description: 'Reads' }],
  },
  '/rules-configs': [{ key: 'KEY' }],
  '/hooks/hok': { id: 'hok', name: 'hook' },
  '/hooks/hok/secrets': { KEY: '_VALUE_NOT_SHOWN_' },
  '/prompts/login/custom-text/en': { login: { title: 'Hello' } },
  '/actions/modules': {
    modules: [
      {
        id: 'mod',
        name: 'shared',
        code: 'a',
        dependencies: [],
        secrets: [],
        all_changes_published: true,
        latest_version_number: 4,
      },
    ],
    total: 1,
    page: 0,
    per_page: 100,
  },
  '/actions/modules/mod/versions': {
    versions: [{ id: 'v4', version_number: 4 }],
    total: 1,
    page: 0,
    per_page: 50,
  },
}

function action(name: string, more: Json) {
  const content = {
    code: name,
    runtime: 'node22',
    dependencies: [
      { name: 'a', version: '1.0.0' },
      { name: 'b', version: '1.0.0' },
    ],
    secrets: [],
  }
  return {
    id: `id-${name}`,
    name,
    status: 'built',
    supported_triggers: [{ id: 'post-login', version: 'v3', status: 'CURRENT' }],
    ...content,
    ...more,
    deployed_version: {
      id: `v-${name}`,
      number: 3,
      ...content,
      ...(more['secrets'] !== undefined && { secrets: more['secrets'] }),
      ...(more['modules'] !== undefined && { modules: more['modules'] }),
    },
  }
}
function module(number: number) {
  return {
    module_name: 'shared',
    module_id: 'mod',
    module_version_number: number,
    module_version_id: `v${number}`,
  }
}
function binding(name: string, display_name: string) {
  return { id: `bnd-${name}`, trigger_id: 'post-login', display_name, action: { id: `id-${name}`, name } }
}
function permission(name: string) {
  return {
    permission_name: name,
    resource_server_identifier: 'https://api.example/',
    description: '',
    resource_server_name: 'Api',
  }
}
const wanted = (name: string) => ({
  permission_name: name,
  resource_server_identifier: 'https://api.example/',
})

function recorded(): { overlay: Overlay; asked: string[] } {
  const asked: string[] = []
  const overlay = overlayOf(async ({ method, path }: WireRequest) => {
    expect(method).toBe('GET')
    asked.push(path)
    const json = TENANT[path.split('?')[0]!]
    return json === undefined
      ? { status: 404, json: { statusCode: 404 } }
      : { status: 200, json: structuredClone(json) }
  })
  return { overlay, asked }
}

const PAGED = '?page=0&per_page=100&include_totals=true'
const LISTS = ['/clients', '/actions/actions', '/roles', '/actions/modules']

/** What these writes come to, on a tenant whose lists were read as the deploy CLI reads them. */
async function planOf(...writes: [method: string, path: string, body?: unknown, type?: string][]) {
  const { overlay } = recorded()
  for (const list of LISTS) await overlay.handle({ method: 'GET', path: `${list}${PAGED}` })
  await overlay.handle({ method: 'GET', path: '/connections?take=50&strategy=auth0' })
  await overlay.handle({ method: 'GET', path: '/organizations?take=50' })
  await overlay.handle({ method: 'GET', path: '/branding/phone/providers' })
  for (const [method, path, body, type = ''] of writes) {
    await overlay.handle({ method, path, type, ...(body !== undefined && { body }) })
  }
  const changed = changedDocuments(overlay)
  return { changes: planChanges(changed), calls: neededCalls(overlay, changed), overlay }
}

const patchOne = {
  name: 'one',
  code: 'one',
  runtime: 'node22',
  dependencies: [
    { name: 'b', version: '1.0.0' },
    { name: 'a', version: 'latest' },
  ],
  secrets: [{ name: 'KEY', value: 'x' }],
  supported_triggers: [{ id: 'post-login', version: 'v3' }],
}
const bind = (...names: [name: string, display: string][]) => ({
  bindings: names.map(([value, display_name]) => ({ ref: { type: 'action_name', value }, display_name })),
})

describe('what changes nothing', () => {
  it.each<[string, Parameters<typeof planOf>]>([
    [
      'members that an answer leaves out',
      [
        [
          'PATCH',
          '/clients/app',
          { name: 'App', cross_origin_authentication: false, oidc_logout: {}, description: '' },
        ],
      ],
    ],
    [
      'a part of an object that is merged',
      [['PATCH', '/clients/app', { jwt_configuration: { alg: 'RS256' }, client_metadata: { a: '1' } }]],
    ],
    [
      'an Action and its deploy, with the value of a secret and `latest`',
      [
        ['PATCH', '/actions/actions/id-one', patchOne],
        ['POST', '/actions/actions/id-one/deploy'],
      ],
    ],
    [
      'an Action without secrets, dependencies and runtime',
      [['PATCH', '/actions/actions/id-one', { name: 'one', code: 'one' }]],
    ],
    [
      'bindings, which nobody has read',
      [['PATCH', '/actions/triggers/post-login/bindings', bind(['one', 'Adds the plan'], ['two', 'two'])]],
    ],
    [
      'permissions that are taken away and given again',
      [
        ['PATCH', '/roles/rol', { name: 'reader', description: 'reads' }],
        ['DELETE', '/roles/rol/permissions', { permissions: [wanted('read'), wanted('write')] }],
        ['POST', '/roles/rol/permissions', { permissions: [wanted('write'), wanted('read')] }],
      ],
    ],
    [
      'applications of a connection',
      [['PATCH', '/connections/con/clients', [{ client_id: 'app', status: true }]]],
    ],
    [
      'the older of two ways to say a password policy',
      [
        [
          'PATCH',
          '/connections/con',
          { options: { password_options: { history: { size: 3 } }, customScripts: { login: 'a' } } },
        ],
      ],
    ],
    [
      'the newer of two ways to say a password policy, and what a database gets by itself',
      [['PATCH', '/connections/con', { options: { passwordPolicy: 'good', customScripts: { login: 'a' } } }]],
    ],
    [
      'hours that are written in minutes',
      [['PATCH', '/tenants/settings', { session_lifetime_in_minutes: 181, flags: { b: false } }]],
    ],
    ['a factor that only a list shows', [['PUT', '/guardian/factors/otp', { enabled: false }]]],
    [
      'a secret that the tenant does not show',
      [['PATCH', '/branding/phone/providers/pro', { name: 'twilio', credentials: { auth_token: 'x' } }]],
    ],
    [
      'a secret of the resource itself that the tenant does not show',
      [['PATCH', '/clients/app', { name: 'App', client_secret: 'x' }]],
    ],
    ['a secret of a hook, whatever its name', [['PATCH', '/hooks/hok/secrets', { KEY: 'x' }]]],
    [
      'an organization’s connection',
      [['PATCH', '/organizations/org/connections/con', { assign_membership_on_login: false }]],
    ],
    [
      'a module that is published again',
      [
        ['PATCH', '/actions/modules/mod', { code: 'a' }],
        ['POST', '/actions/modules/mod/versions'],
      ],
    ],
  ])('%s', async (_, writes) => {
    expect(await planOf(...writes)).toMatchObject({ changes: [], calls: [] })
  })
})

describe('what is a change', () => {
  it.each<
    [
      string,
      Parameters<typeof planOf>,
      [type: string, name: string, change: string, ...fields: string[]],
      calls: string[],
    ]
  >([
    [
      'a list with an item twice',
      [['PATCH', '/clients/app', { callbacks: ['https://a.example/', 'https://a.example/'] }, 'clients']],
      ['clients', 'App', 'update', 'callbacks'],
      ['PATCH /clients/app'],
    ],
    [
      'the order of a list',
      [['PATCH', '/clients/app', { callbacks: ['https://b.example/', 'https://a.example/'] }, 'clients']],
      ['clients', 'App', 'update', 'callbacks'],
      ['PATCH /clients/app'],
    ],
    [
      'a key of metadata that goes',
      [['PATCH', '/clients/app', { client_metadata: { a: null } }, 'clients']],
      ['clients', 'App', 'update', 'client_metadata'],
      ['PATCH /clients/app'],
    ],
    ...(
      [
        ['organizations', 'acme', '/organizations/org', { metadata: { tier: 'gold' } }],
        ['organizations', 'acme', '/organizations/org', { metadata: {} }],
        ['connections', 'db', '/connections/con', { metadata: { a: '1' } }],
        ['resourceServers', 'https://api.example/', '/resource-servers/api', { scopes: [{ value: 'read' }] }],
        ['resourceServers', 'https://api.example/', '/resource-servers/api', { scopes: [] }],
      ] as const
    ).map(
      ([type, name, path, body]): [
        string,
        Parameters<typeof planOf>,
        [string, string, string, string],
        string[],
      ] => [
        `what goes of something that is replaced: ${JSON.stringify(body)}`,
        [['PATCH', path, body, type]],
        [type, name, 'update', Object.keys(body)[0]!],
        [`PATCH ${path}`],
      ],
    ),
    ...(
      [
        [
          'dependencies',
          [
            { name: 'a', version: '1.0.0' },
            { name: 'a', version: '1.0.0' },
          ],
        ],
        ['dependencies', [{ name: 'b', version: '1.0.0' }]],
        ['dependencies', []],
        ['secrets', []],
        [
          'secrets',
          [
            { name: 'KEY', value: 'x' },
            { name: 'KEY', value: 'x' },
          ],
        ],
        [
          'modules',
          [{ module_name: 'shared', module_id: 'mod', module_version_number: 4, module_version_id: 'v4' }],
        ],
        ['modules', []],
        ['supported_triggers', [{ id: 'credentials-exchange', version: 'v2' }]],
        ['runtime', 'node18'],
      ] as const
    ).map(
      ([field, value]): [string, Parameters<typeof planOf>, [string, string, string, string], string[]] => [
        `${field} of an Action: ${JSON.stringify(value)}`,
        [
          ['PATCH', '/actions/actions/id-one', { ...patchOne, [field]: value }, 'actions'],
          ['POST', '/actions/actions/id-one/deploy', undefined, 'actions'],
        ],
        ['actions', 'one', 'update', field],
        ['PATCH /actions/actions/id-one', 'POST /actions/actions/id-one/deploy'],
      ],
    ),
    [
      'code, which makes a version',
      [
        ['PATCH', '/actions/actions/id-one', { ...patchOne, code: 'new' }, 'actions'],
        ['POST', '/actions/actions/id-one/deploy', undefined, 'actions'],
      ],
      ['actions', 'one', 'update', 'code'],
      ['PATCH /actions/actions/id-one', 'POST /actions/actions/id-one/deploy'],
    ],
    [
      'the version of a trigger',
      [
        [
          'PATCH',
          '/actions/actions/id-one',
          { supported_triggers: [{ id: 'post-login', version: 'v2' }] },
          'actions',
        ],
      ],
      ['actions', 'one', 'update', 'supported_triggers'],
      ['PATCH /actions/actions/id-one'],
    ],
    [
      'a draft that was left, which only has to be deployed',
      [
        ['PATCH', '/actions/actions/id-two', { name: 'two', code: 'two' }, 'actions'],
        ['POST', '/actions/actions/id-two/deploy', undefined, 'actions'],
      ],
      ['actions', 'two', 'update', 'draft'],
      ['POST /actions/actions/id-two/deploy'],
    ],
    [
      'the name of a binding',
      [['PATCH', '/actions/triggers/post-login/bindings', bind(['one', 'one'], ['two', 'two']), 'triggers']],
      ['triggers', 'post-login', 'update', 'display_name'],
      ['PATCH /actions/triggers/post-login/bindings'],
    ],
    [
      'the order of bindings',
      [
        [
          'PATCH',
          '/actions/triggers/post-login/bindings',
          bind(['two', 'two'], ['one', 'Adds the plan']),
          'triggers',
        ],
      ],
      ['triggers', 'post-login', 'update', 'order'],
      ['PATCH /actions/triggers/post-login/bindings'],
    ],
    [
      'a permission',
      [
        ['DELETE', '/roles/rol/permissions', { permissions: [wanted('read'), wanted('write')] }, 'roles'],
        ['POST', '/roles/rol/permissions', { permissions: [wanted('write'), wanted('pay')] }, 'roles'],
      ],
      ['roles', 'reader', 'update', 'permissions'],
      ['DELETE /roles/rol/permissions', 'POST /roles/rol/permissions'],
    ],
    [
      'an option that goes, since options are replaced',
      [
        [
          'PATCH',
          '/connections/con',
          { options: { passwordPolicy: 'good', password_options: { history: { size: 3 } } } },
          'databases',
        ],
      ],
      ['databases', 'db', 'update', 'options', 'without options.customScripts'],
      ['PATCH /connections/con'],
    ],
    [
      'a script, whatever its name',
      [
        [
          'PATCH',
          '/connections/con',
          {
            options: {
              passwordPolicy: 'good',
              password_options: { history: { size: 3 } },
              customScripts: { login: 'a', change_password: 'b' },
            },
          },
          'databases',
        ],
      ],
      ['databases', 'db', 'update', 'options'],
      ['PATCH /connections/con'],
    ],
    [
      'a text that goes, since texts are replaced',
      [['PUT', '/prompts/login/custom-text/en', {}, 'prompts']],
      ['prompts', 'login/custom-text/en', 'update', 'login'],
      ['PUT /prompts/login/custom-text/en'],
    ],
    [
      'a connection that an organization loses',
      [['DELETE', '/organizations/org/connections/con', undefined, 'organizations']],
      ['organizations', 'acme', 'update', 'connections'],
      ['DELETE /organizations/org/connections/con'],
    ],
    [
      'what the tenant does not let read',
      [['PUT', '/rules-configs/KEY', { value: 'x' }, 'rulesConfigs']],
      ['rulesConfigs', 'KEY', 'uncompared'],
      ['PUT /rules-configs/KEY'],
    ],
  ])('%s', async (_, writes, [type, name, change, ...fields], calls) => {
    const plan = await planOf(...writes)
    expect(plan.changes).toEqual([{ type, name, change, fields }])
    expect(plan.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(calls)
  })

  it('sends of permissions only those that come or go', async () => {
    const { calls } = await planOf(
      ['DELETE', '/roles/rol/permissions', { permissions: [wanted('read'), wanted('write')] }],
      ['POST', '/roles/rol/permissions', { permissions: [wanted('write'), wanted('pay')] }],
    )
    expect(calls.map(({ body }) => body)).toEqual([
      { permissions: [wanted('read')] },
      { permissions: [wanted('pay')] },
    ])
  })
})

describe('the view of the tenant', () => {
  it('shows what was written in every read after it, and asks the tenant for nothing twice', async () => {
    const { overlay, asked } = recorded()
    const get = async (path: string) => (await overlay.handle({ method: 'GET', path })).json as Json
    await get(`/clients${PAGED}`)
    const { json } = await overlay.handle({ method: 'POST', path: '/clients', body: { name: 'New' } })
    const id = String((json as Json)['client_id'])
    await overlay.handle({ method: 'PATCH', path: '/clients/app', body: { description: 'now' } })
    expect(await get(`/clients${PAGED}`)).toMatchObject({
      total: 2,
      clients: [
        { client_id: 'app', description: 'now' },
        { client_id: id, name: 'New' },
      ],
    })
    expect(await get('/clients?page=1&per_page=1&include_totals=true')).toMatchObject({
      clients: [{ name: 'New' }],
    })
    await overlay.handle({ method: 'DELETE', path: '/clients/app' })
    expect(await get(`/clients${PAGED}`)).toMatchObject({ total: 1, clients: [{ name: 'New' }] })
    expect(asked).toEqual([`/clients${PAGED}`])
  })

  it('gives what is new its own lists, and finds it by what a list is asked for', async () => {
    const { overlay } = recorded()
    const { json } = await overlay.handle({
      method: 'POST',
      path: '/connections',
      body: { name: 'new', strategy: 'auth0' },
    })
    const id = String((json as Json)['id'])
    const get = async (path: string) => (await overlay.handle({ method: 'GET', path })).json as Json
    await overlay.handle({
      method: 'PATCH',
      path: `/connections/${id}/clients`,
      body: [{ client_id: 'app', status: true }],
    })
    expect(await get(`/connections/${id}/clients?take=100`)).toEqual({ clients: [{ client_id: 'app' }] })
    const named = async (query: string) =>
      ((await get(`/connections?take=50&${query}`))['connections'] as Json[]).map(({ id }) => id)
    expect(await named('strategy=auth0')).toEqual(['con', id])
    expect(await named('strategy=google-oauth2')).not.toContain(id)
  })

  it('lists the version that a changed module will have, as the next number', async () => {
    const { overlay } = recorded()
    await overlay.handle({ method: 'GET', path: `/actions/modules${PAGED}` })
    await overlay.handle({ method: 'PATCH', path: '/actions/modules/mod', body: { code: 'b' } })
    await overlay.handle({ method: 'POST', path: '/actions/modules/mod/versions' })
    const { json } = await overlay.handle({
      method: 'GET',
      path: '/actions/modules/mod/versions?page=0&per_page=50',
    })
    expect(((json as Json)['versions'] as Json[]).map((version) => version['version_number'])).toEqual([5, 4])
  })

  it('makes a version that is equal to the one before where an Action names it', async () => {
    const { overlay } = recorded()
    await overlay.handle({ method: 'GET', path: `/actions/modules${PAGED}` })
    await overlay.handle({ method: 'PATCH', path: '/actions/modules/mod', body: { code: 'a' } })
    await overlay.handle({ method: 'POST', path: '/actions/modules/mod/versions' })
    const { json } = await overlay.handle({
      method: 'GET',
      path: '/actions/modules/mod/versions?page=0&per_page=50',
    })
    const [made] = (json as { versions: Json[] }).versions
    const named = { ...module(5), module_version_id: made!['id'] }
    await overlay.handle({ method: 'PATCH', path: '/actions/actions/id-one', body: { modules: [named] } })
    const changed = changedDocuments(overlay)
    expect(planChanges(changed)).toMatchObject([{ fields: ['version'] }, { fields: ['modules'] }])
    expect(neededCalls(overlay, changed).map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PATCH /actions/modules/mod',
      'POST /actions/modules/mod/versions',
      'PATCH /actions/actions/id-one',
    ])
    // Once it is there, it is made no more.
    const [{ document }] = changed as unknown as [{ document: Document }]
    const there = { ...(document.before as Json), latest_version_number: 5 }
    expect(differenceOf(document, there)).toBeUndefined()
  })
})

it('keeps the secrets of hooks as a map: added to by name, taken away by name, there for a new hook too', async () => {
  const { changes, calls } = await planOf(
    ['DELETE', '/hooks/hok/secrets', ['KEY'], 'hooks'],
    ['POST', '/hooks/hok/secrets', { OTHER: 'x' }, 'hooks'],
  )
  expect(changes).toMatchObject([{ type: 'hooks', name: 'hok', fields: ['secrets'] }])
  expect(calls.map(({ method }) => method)).toEqual(['DELETE', 'POST'])
  const { overlay } = recorded()
  const { json } = await overlay.handle({ method: 'POST', path: '/hooks', body: { name: 'new' } })
  const secrets = `/hooks/${(json as { id: string }).id}/secrets`
  expect(await overlay.handle({ method: 'GET', path: secrets })).toEqual({ status: 200, json: {} })
  await overlay.handle({ method: 'POST', path: secrets, body: { KEY: 'x' } })
  expect(neededCalls(overlay, changedDocuments(overlay)).map(({ path }) => path)).toEqual(['/hooks', secrets])
})

it('reads back a new database, to which the tenant has added options of its own', async () => {
  const { overlay } = recorded()
  const sent = { name: 'new', strategy: 'auth0', options: { passwordPolicy: 'good', mfa: { active: true } } }
  await overlay.handle({ method: 'POST', path: '/connections', body: sent })
  const [document] = [...overlay.documents.values()]
  const shown = {
    ...sent,
    id: 'con_2',
    realms: ['new'],
    options: { ...sent.options, password_options: { history: { size: 3 } } },
  }
  expect(differenceOf(rebased(document!, shown), shown)).toBeUndefined()
  const other = { ...shown, options: { ...shown.options, passwordPolicy: 'low' } }
  expect(differenceOf(rebased(document!, other), other)?.fields).toEqual(['options'])
})
