import { afterEach } from 'vitest'
import {
  authorizationUrl,
  codeChallenge,
  createCodeVerifier,
  exchangeCode,
  logIn,
  readCallback,
  type TokenResponse,
  type UserAgentOptions,
} from '../../lib/oauth/index.ts'
import type { Action, Client, Organization, ResourceServer } from '../../lib/tenant/entities.ts'
import { type StartTenantOptions, startTenant, type Tenant } from '../../lib/tenant/index.ts'
import { emptyState, type TenantState } from '../../lib/tenant/state.ts'
import { createKeyRing } from '../../lib/tokens/index.ts'
import { postLogin, type Trigger } from '../../lib/triggers/index.ts'
import { entityId } from '../../lib/workspace/local-ids.ts'

/** A tenant with one of everything that logins need: all tests of the tenant begin here. */

export const ORDERS = 'https://orders.acme.example/'
export const CALLBACK = 'http://localhost:5173/callback'
export const ADA = { username: 'ada@acme.example', password: 'local-ada' }
export const GRACE = { username: 'grace@acme.example', password: 'local-grace' }
export const SCOPE = 'openid profile email offline_access read:orders write:orders'

export const SHOP: Client = {
  client_id: 'shop',
  name: 'Acme Shop',
  app_type: 'spa',
  is_first_party: true,
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  callbacks: [CALLBACK, 'http://localhost:5173/other', 'https://*.acme.example/callback'],
  allowed_logout_urls: ['http://localhost:5173/', 'http://localhost:5173/bye?x=1'],
  web_origins: ['http://localhost:5173'],
  organization_usage: 'allow',
  refresh_token: { rotation_type: 'rotating', expiration_type: 'expiring', leeway: 0 },
}

export const SERVER: Client = {
  client_id: 'server',
  client_secret: 'a secret of the web server',
  name: 'Acme Web',
  app_type: 'regular_web',
  is_first_party: true,
  token_endpoint_auth_method: 'client_secret_post',
  grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
  callbacks: ['http://localhost:3000/callback'],
}

export const ORDERS_API: ResourceServer = {
  id: 'orders',
  name: 'Orders API',
  identifier: ORDERS,
  signing_alg: 'RS256',
  token_dialect: 'access_token_authz',
  token_lifetime: 3600,
  enforce_policies: true,
  allow_offline_access: true,
  skip_consent_for_verifiable_first_party_clients: true,
  scopes: ['read:orders', 'write:orders', 'export:orders'].map((value) => ({ value })),
}

export const ACME: Organization = {
  id: entityId('org', 'acme'),
  name: 'acme',
  display_name: 'Acme Corporation',
  metadata: { region: 'eu' },
  enabled_connections: [],
}

export function acmeState(): TenantState {
  const state = emptyState()
  const add = <T>(map: Map<string, T>, id: string, entity: T) => map.set(id, structuredClone(entity))
  add(state.clients, SHOP.client_id, SHOP)
  add(state.clients, SERVER.client_id, SERVER)
  add(state.resourceServers, ORDERS_API.id, ORDERS_API)
  add(state.organizations, ACME.id, ACME)
  const permission = (permission_name: string) => ({ permission_name, resource_server_identifier: ORDERS })
  state.roles.set('reader', { id: 'reader', name: 'reader', permissions: [permission('read:orders')] })
  state.roles.set('manager', {
    id: 'manager',
    name: 'manager',
    permissions: [permission('read:orders'), permission('write:orders')],
  })
  return state
}

export const LOCAL: NonNullable<StartTenantOptions['local']> = {
  users: [
    {
      email: ADA.username,
      password: ADA.password,
      name: 'Ada Lovelace',
      roles: ['manager'],
      app_metadata: { plan: 'team' },
    },
    { email: GRACE.username, password: GRACE.password, name: 'Grace Hopper', roles: ['reader'] },
  ],
  organizations: [{ name: 'acme', members: [{ user: ADA.username }] }],
}

/** Deploys one Action of `code` and binds it to the trigger. */
export function deployAction(
  state: TenantState,
  name: string,
  code: string,
  { id: trigger, version }: Pick<Trigger, 'id' | 'version'> = postLogin,
): void {
  const now = '2026-01-01T00:00:00.000Z'
  const draft = { code, runtime: 'node22', dependencies: [], secrets: [] }
  const action: Action = {
    ...draft,
    id: name,
    name,
    supported_triggers: [{ id: trigger, version }],
    status: 'built',
    created_at: now,
    updated_at: now,
    versions: [{ ...draft, id: `${name}-1`, number: 1, status: 'built', created_at: now }],
    deployed_version_id: `${name}-1`,
    all_changes_deployed: true,
  }
  state.actions.set(name, action)
  const bound = state.bindings.get(trigger) ?? []
  const binding = { id: `b-${name}`, action_id: name, display_name: name, created_at: now, updated_at: now }
  state.bindings.set(trigger, [...bound, binding])
}

const started: Tenant[] = []

afterEach(async () => {
  await Promise.all(started.splice(0).map((tenant) => tenant.stop()))
})

/** Making keys is slow; only tests of the state file need their own. */
const keys = createKeyRing()

/** Stopped after the test. */
export async function startAcme(options: StartTenantOptions = {}): Promise<Tenant> {
  const tenant = await startTenant({
    state: acmeState(),
    local: structuredClone(LOCAL),
    ...(options.stateFile === undefined && { keys: await keys }),
    ...options,
  })
  started.push(tenant)
  return tenant
}

export interface LoginOptions extends Partial<UserAgentOptions> {
  client?: Client
  redirect_uri?: string
  /** Added to, or replacing, the parameters of a complete request; `undefined` leaves one out. */
  parameters?: Record<string, string | undefined>
}

export interface Begun {
  url: URL
  code_verifier: string
  client_id: string
  redirect_uri: string
  issuer: string
}

/** A complete authorization request for the Orders API. */
export function begin(
  tenant: Tenant,
  { client = SHOP, redirect_uri, parameters = {} }: LoginOptions = {},
): Begun {
  const code_verifier = createCodeVerifier()
  const facts = {
    issuer: tenant.issuer,
    client_id: client.client_id,
    redirect_uri: redirect_uri ?? client.callbacks![0]!,
  }
  const url = authorizationUrl({
    ...facts,
    scope: SCOPE,
    audience: ORDERS,
    state: 'the state',
    nonce: 'the nonce',
    code_challenge: codeChallenge(code_verifier),
  })
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
  }
  return { ...facts, url, code_verifier }
}

/** Logs in through the pages; answers the callback. */
export async function callbackOf(
  tenant: Tenant,
  options: LoginOptions = {},
): Promise<Begun & { callback: URL }> {
  const begun = begin(tenant, options)
  const { callback } = await logIn(begun.url, begun.redirect_uri, { ...ADA, ...options })
  return { ...begun, callback }
}

/** A whole login with the exchange. */
export async function tokensOf(
  tenant: Tenant,
  options: LoginOptions = {},
): Promise<TokenResponse & { refresh_token: string; id_token: string }> {
  const { client = SHOP } = options
  const { callback, ...begun } = await callbackOf(tenant, options)
  const tokens = await exchangeCode({
    ...begun,
    ...readCallback(callback, { state: 'the state' }),
    ...(client.client_secret !== undefined && { client_secret: client.client_secret }),
  })
  return tokens as TokenResponse & { refresh_token: string; id_token: string }
}

/** Status and body of a form sent to an endpoint. */
export async function post(
  tenant: Tenant,
  path: string,
  fields: Record<string, string | undefined>,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) body.set(name, value)
  const response = await fetch(new URL(path, tenant.url), {
    method: 'POST',
    body,
    headers,
    redirect: 'manual',
  })
  const text = await response.text()
  let parsed: unknown = text
  try {
    parsed = JSON.parse(text)
  } catch {}
  return { status: response.status, body: parsed as Record<string, unknown>, headers: response.headers }
}
