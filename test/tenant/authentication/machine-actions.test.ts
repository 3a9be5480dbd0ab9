import { request } from 'node:http'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import { describe, expect, it } from 'vitest'
import type { Tenant } from '../../../lib/tenant/index.ts'
import { credentialsExchange } from '../../../lib/triggers/index.ts'
import { ACME, acmeState, deployAction, ORDERS, post, SERVER, startAcme, tokensOf } from '../acme.ts'

const NAMESPACE = 'https://acme.example'
const GRANT = {
  id: 'cgr_1',
  client_id: 'server',
  audience: ORDERS,
  scope: ['read:orders', 'export:orders'],
}
const FIELDS = {
  grant_type: 'client_credentials',
  client_id: 'server',
  client_secret: SERVER.client_secret!,
  audience: ORDERS,
}

type Change = (state: ReturnType<typeof acmeState>) => void

/** A tenant where the server may ask for the Orders API, with these handlers bound in order. */
async function startWith(bodies: readonly string[], change: Change = () => {}): Promise<Tenant> {
  const state = acmeState()
  state.clientGrants.set(GRANT.id, structuredClone(GRANT))
  for (const [index, body] of bodies.entries()) {
    deployAction(
      state,
      `machine-${index + 1}`,
      `exports.onExecuteCredentialsExchange = async (event, api) => { ${body} }`,
      credentialsExchange,
    )
  }
  change(state)
  return startAcme({ state })
}

const ask = (tenant: Tenant, more: Record<string, string | undefined> = {}) =>
  post(tenant, '/oauth/token', { ...FIELDS, ...more })

async function claimsOf(tenant: Tenant, more: Record<string, string | undefined> = {}) {
  const { status, body } = await ask(tenant, more)
  expect(body).toMatchObject({ token_type: 'Bearer' })
  expect(status).toBe(200)
  return decodeJwt(String(body['access_token']))
}

const claim = (name: string, value: string) => `api.accessToken.setCustomClaim('${name}', ${value});`

describe('a machine token', () => {
  it('has the claims of the bound Actions, in their order', async () => {
    const tenant = await startWith(
      [
        `${claim(`${NAMESPACE}/team`, 'event.client.metadata.team')} ${claim(`${NAMESPACE}/by`, "'first'")} event.mine = 1;`,
        `${claim(`${NAMESPACE}/by`, "event.mine === undefined ? 'second' : 'leaked'")}`,
      ],
      (state) => {
        state.clients.get('server')!.client_metadata = { team: 'logistics' }
      },
    )
    expect(await claimsOf(tenant)).toEqual({
      iss: tenant.issuer,
      sub: 'server@clients',
      aud: ORDERS,
      azp: 'server',
      gty: 'client-credentials',
      scope: 'read:orders export:orders',
      permissions: ['read:orders', 'export:orders'],
      iat: expect.any(Number),
      exp: expect.any(Number),
      [`${NAMESPACE}/team`]: 'logistics',
      [`${NAMESPACE}/by`]: 'second',
    })
    expect(tenant.log.at(-1)).toMatchObject({ type: 'seccft', client_id: 'server', audience: ORDERS })
    expect(tenant.executions.at(-1)).toMatchObject({ protocol: 'client_credentials', client_id: 'server' })
    expect(tenant.executions.at(-1)?.tokens?.writes.map(({ verdict }) => verdict)).toEqual([
      'kept',
      'overwritten',
      'kept',
    ])
  })

  it('takes no restricted name, no domain of Auth0, and no profile claim without its scope', async () => {
    const names = ['sub', 'azp', 'gty', 'org_id', 'scope', 'email', 'https://x.auth0.com/plan']
    const tenant = await startWith([[...names, 'plan'].map((name) => claim(name, "'mine'")).join(' ')])
    const claims = await claimsOf(tenant)
    expect(claims).toMatchObject({
      sub: 'server@clients',
      azp: 'server',
      gty: 'client-credentials',
      scope: 'read:orders export:orders',
      plan: 'mine',
    })
    for (const name of ['org_id', 'email', 'https://x.auth0.com/plan'])
      expect(claims).not.toHaveProperty(name)
  })

  it('of the RFC 9068 profile has client_id and a jti of its own', async () => {
    const tenant = await startWith([], (state) => {
      state.resourceServers.get('orders')!.token_dialect = 'rfc9068_profile'
    })
    const [{ body: one }, { body: two }] = [await ask(tenant), await ask(tenant)]
    expect(decodeProtectedHeader(String(one['access_token']))['typ']).toBe('at+jwt')
    const claims = decodeJwt(String(one['access_token']))
    expect(claims).toMatchObject({ client_id: 'server' })
    expect(claims).not.toHaveProperty('gty')
    expect(claims['jti']).not.toBe(decodeJwt(String(two['access_token']))['jti'])
  })

  it('has the scopes that Actions leave, within the grant', async () => {
    const tenant = await startWith([
      `api.transaction.addTargetScope('export:orders'); api.transaction.addTargetScope('write:orders');`,
      `${claim('targets', 'event.transaction.target_scopes')} ${claim('asked', 'event.transaction.requested_scopes')}`,
    ])
    expect(await claimsOf(tenant, { scope: 'read:orders' })).toMatchObject({
      scope: 'read:orders export:orders',
      permissions: ['read:orders', 'export:orders'],
      targets: ['read:orders', 'export:orders', 'write:orders'],
      asked: ['read:orders'],
    })
    const bare = await startWith(['api.transaction.clearTargetScopes()'])
    expect(await claimsOf(bare)).not.toHaveProperty('scope')
  })

  it('names the organization', async () => {
    const tenant = await startWith([claim('region', 'event.organization?.metadata.region')], (state) => {
      state.clientGrants.get(GRANT.id)!.organization_usage = 'allow'
    })
    expect(await claimsOf(tenant, { organization: ACME.id })).toMatchObject({ org_id: ACME.id, region: 'eu' })
    expect(await claimsOf(tenant)).not.toHaveProperty('org_id')
  })

  it('names the default organization only where the grant demands one', async () => {
    for (const usage of ['require', 'allow'] as const) {
      const tenant = await startWith([], (state) => {
        state.clientGrants.get(GRANT.id)!.organization_usage = usage
        state.clients.get('server')!['default_organization'] = { organization_id: ACME.id }
      })
      expect((await claimsOf(tenant))['org_id']).toBe(usage === 'require' ? ACME.id : undefined)
    }
  })
})

it('shows the Actions the event of the reference, and no secret', async () => {
  const tenant = await startWith([claim('event', 'JSON.parse(JSON.stringify(event))')])
  const { event } = await claimsOf(tenant, { campaign: 'x', scope: 'read:orders' })
  expect(event).toEqual({
    accessToken: { customClaims: {}, scope: ['read:orders'] },
    client: { client_id: 'server', name: 'Acme Web', metadata: {} },
    configuration: {},
    request: {
      ip: expect.any(String),
      method: 'POST',
      hostname: new URL(tenant.url).host,
      user_agent: 'node',
      language: '*',
      geoip: {},
      body: {
        grant_type: 'client_credentials',
        client_id: 'server',
        audience: ORDERS,
        campaign: 'x',
        scope: 'read:orders',
      },
    },
    resource_server: { identifier: ORDERS },
    secrets: {},
    tenant: { id: 'local' },
    transaction: { requested_scopes: ['read:orders'], target_scopes: ['read:orders'] },
  })
})

describe('no token', () => {
  const ROWS: [title: string, bodies: string[], status: number, body: Record<string, unknown>][] = [
    ...(['invalid_scope', 'invalid_request', 'server_error'] as const).map((code): (typeof ROWS)[number] => [
      `after deny with ${code}; later Actions do not run`,
      [`${claim('plan', "'x'")} api.access.deny('${code}', 'not now');`, "throw new Error('ran')"],
      code === 'server_error' ? 500 : 400,
      { error: code, error_description: 'not now' },
    ]),
    [
      'after deny without a reason',
      ["api.access.deny('invalid_request')"],
      400,
      { error: 'invalid_request' },
    ],
    [
      'after two denials: the first counts',
      ["api.access.deny('invalid_scope', 'one'); api.access.deny('server_error', 'two')"],
      400,
      { error: 'invalid_scope', error_description: 'one' },
    ],
    [
      'after a throw',
      [`${claim('plan', "'x'")} throw new Error('broken')`],
      500,
      { error: 'server_error', error_description: 'broken' },
    ],
    [
      'for an Action that expects a user',
      ['event.user.email.length'],
      500,
      { error: 'server_error', error_description: expect.stringContaining("reading 'email'") },
    ],
    [
      "for an Action that calls post-login's api",
      ["api.idToken.setCustomClaim('plan', 'x')"],
      500,
      { error: 'server_error', error_description: expect.stringContaining("reading 'setCustomClaim'") },
    ],
    [
      'with claims that are too large',
      [claim('much', "'x'.repeat(110000)")],
      500,
      { error: 'server_error', error_description: expect.stringContaining('at most') },
    ],
  ]

  it.each(ROWS)('%s', async (_, bodies, status, body) => {
    const tenant = await startWith(bodies)
    expect(await ask(tenant)).toMatchObject({ status, body })
    expect((await ask(tenant)).body).toEqual(body)
    expect(tenant.log.at(-1)).toMatchObject({ type: 'feccft', client_id: 'server' })
    expect(JSON.stringify(tenant.log)).not.toContain(SERVER.client_secret)
  })

  it('logs which Action failed', async () => {
    const tenant = await startWith(['', "throw new Error('broken')"])
    await ask(tenant)
    expect(tenant.log.find(({ type }) => type === 'actions_execution_failed')?.details).toMatchObject({
      trigger_id: 'credentials-exchange',
      action_name: 'machine-2',
    })
  })
})

describe('no Action runs', () => {
  const ROWS: [
    title: string,
    more: Record<string, string | undefined>,
    status: number,
    body: Record<string, unknown>,
    change?: Change,
  ][] = [
    ['for a wrong secret', { client_secret: 'wrong' }, 401, { error: 'access_denied' }],
    ['for an unknown API', { audience: 'https://nowhere/' }, 403, { error: 'access_denied' }],
    ['without an API', { audience: undefined }, 403, { error: 'access_denied' }],
    [
      'without a client grant',
      {},
      403,
      { error: 'access_denied', error_description: expect.stringContaining('is not authorized to access') },
      (state) => state.clientGrants.clear(),
    ],
    [
      'for a grant in the name of users',
      {},
      403,
      { error: 'access_denied' },
      (state) => {
        state.clientGrants.get(GRANT.id)!.subject_type = 'user'
      },
    ],
    [
      'for an API that lets no machine in',
      {},
      403,
      { error: 'access_denied' },
      (state) => {
        state.resourceServers.get('orders')!.subject_type_authorization = { client: { policy: 'deny_all' } }
      },
    ],
    ...['write:orders', 'openid', 'read:orders nothing'].map((scope): (typeof ROWS)[number] => [
      `for the scope ${scope}`,
      { scope },
      403,
      {
        error: 'access_denied',
        error_description: `Client has not been granted scopes: ${scope.replace('read:orders ', '')}`,
      },
    ]),
    [
      'for an organization that the grant does not allow',
      { organization: ACME.id },
      400,
      {
        error: 'invalid_request',
        error_description: 'parameter organization is not allowed for this client',
      },
    ],
    [
      'without the organization that the grant demands',
      {},
      400,
      {
        error: 'invalid_request',
        error_description: 'parameter organization is required for this client',
      },
      (state) => {
        state.clientGrants.get(GRANT.id)!.organization_usage = 'require'
      },
    ],
    ...['org_unknown', ACME.name].map((organization): (typeof ROWS)[number] => [
      `for the organization ${organization}`,
      { organization },
      400,
      { error: 'invalid_request', error_description: expect.stringContaining('organization is invalid') },
      (state) => {
        state.clientGrants.get(GRANT.id)!.organization_usage = 'allow'
      },
    ]),
  ]

  it.each(ROWS)('%s', async (_, more, status, body, change) => {
    const tenant = await startWith(["throw new Error('ran')"], change)
    expect(await ask(tenant, more)).toMatchObject({ status, body })
    expect(tenant.executions).toEqual([])
  })

  it('of post-login for a machine, or of machines for a login and a refresh', async () => {
    const tenant = await startWith(["throw new Error('ran')"])
    const { refresh_token } = await tokensOf(tenant)
    const refreshed = await post(tenant, '/oauth/token', {
      grant_type: 'refresh_token',
      client_id: 'shop',
      refresh_token,
    })
    expect(refreshed.status).toBe(200)
    const other = await startWith([], (state) =>
      deployAction(state, 'login', "exports.onExecutePostLogin = async () => { throw new Error('ran') }"),
    )
    await claimsOf(other)
  })
})

it('runs for the Management API too, whose tokens carry no claims of Actions', async () => {
  const own = async (tenant: Tenant) => {
    const { client: deployer } = await tenant.management()
    return ask(tenant, { ...deployer, audience: `${tenant.issuer}api/v2/` })
  }
  const open = await startWith([claim(`${NAMESPACE}/plan`, "'x'")])
  const { status, body } = await own(open)
  expect(status).toBe(200)
  expect(decodeJwt(String(body['access_token']))).not.toHaveProperty(`${NAMESPACE}/plan`)
  expect(open.executions).toHaveLength(1)
  const closed = await startWith(["api.access.deny('invalid_request', 'nobody')"])
  expect(await own(closed)).toMatchObject({ status: 400, body: { error_description: 'nobody' } })
})

describe('clients that others wrote', () => {
  const bodies = [claim(`${NAMESPACE}/team`, "'logistics'")]
  const denying = ["api.access.deny('invalid_scope', 'not now')"]

  it('openid-client', async () => {
    const configured = async (tenant: Tenant) =>
      client.discovery(new URL(tenant.url), 'server', SERVER.client_secret, undefined, {
        execute: [client.allowInsecureRequests],
      })
    const config = await configured(await startWith(bodies))
    const tokens = await client.clientCredentialsGrant(config, { audience: ORDERS })
    expect(decodeJwt(tokens.access_token)[`${NAMESPACE}/team`]).toBe('logistics')
    const refusing = await configured(await startWith(denying))
    await expect(client.clientCredentialsGrant(refusing, { audience: ORDERS })).rejects.toMatchObject({
      error: 'invalid_scope',
      error_description: 'not now',
      status: 400,
    })
  })

  it('oauth4webapi', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true }
    const tenant = await startWith(bodies)
    const issuer = new URL(tenant.issuer)
    const server = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, insecure),
    )
    const own: oauth.Client = { client_id: 'server' }
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      own,
      oauth.ClientSecretPost(SERVER.client_secret!),
      { audience: ORDERS },
      insecure,
    )
    const tokens = await oauth.processClientCredentialsResponse(server, own, response)
    expect(decodeJwt(tokens.access_token)[`${NAMESPACE}/team`]).toBe('logistics')
  })

  it('a bare request by HTTP', async () => {
    const tenant = await startWith(bodies)
    const text = await new Promise<string>((resolve, reject) => {
      const sent = request(
        `${tenant.url}/oauth/token`,
        { method: 'POST', headers: { 'content-type': 'application/json' } },
        (response) => {
          response.setEncoding('utf8')
          let all = ''
          response.on('data', (part: string) => {
            all += part
          })
          response.on('end', () => resolve(all))
        },
      )
      sent.on('error', reject)
      sent.end(JSON.stringify(FIELDS))
    })
    const { access_token } = JSON.parse(text) as { access_token: string }
    expect(decodeJwt(access_token)[`${NAMESPACE}/team`]).toBe('logistics')
  })
})
