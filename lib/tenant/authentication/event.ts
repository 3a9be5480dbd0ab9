import type { TenantContext } from '../context.ts'
import type { Client, Organization, User } from '../entities.ts'
import { DATABASE_CONNECTION, rolesOf } from '../state.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
import { optional } from './authorization-request.ts'
import type { RefreshFamily } from './refresh-tokens.ts'
import type { Session } from './store.ts'

/** The HTTP request that made the Actions run. */
export interface RequestFacts {
  ip: string
  method: string
  hostname: string
  user_agent?: string
  language?: string
  query: Record<string, string>
  body: Record<string, string>
}

export interface EventFacts {
  protocol: 'oidc-basic-profile' | 'oauth2-refresh-token'
  user: User
  client: Client
  organization?: Organization | undefined
  session?: Session | undefined
  request: RequestFacts
  audience?: string | undefined
  /** Of a login; absent on refresh. */
  authorization?: { request: AuthorizationRequest; transactionId: string }
  /** Of a refresh; absent at login. */
  refresh?: { family: RefreshFamily; scopes: readonly string[] }
}

/** Never shown to an Action. https://auth0.com/docs/troubleshoot/product-lifecycle/deprecations-and-migrations */
const STRIPPED = new Set([
  'auth_session',
  'authn_response',
  'client_secret',
  'client_assertion',
  'refresh_token',
  'password',
  'csrf',
])

/**
 * The event of the post-login trigger as Auth0 hands it to Actions, without `secrets`.
 *
 * @see https://auth0.com/docs/actions/reference/post-login/post-login-event-object
 */
export function postLoginEvent(context: TenantContext, facts: EventFacts): Record<string, unknown> {
  const { user, client, organization, session, request } = facts
  const connection = [...context.state.connections.values()].find(({ name }) => name === DATABASE_CONNECTION)
  return {
    transaction: transaction(facts),
    request: {
      ...request,
      query: withoutSecrets(request.query),
      body: withoutSecrets(request.body),
      geoip: {},
    },
    user: userOf(user),
    client: {
      client_id: client.client_id,
      name: client.name,
      metadata: copy(client.client_metadata),
      ...(client.refresh_token?.policies && {
        refresh_token: { policies: structuredClone(client.refresh_token.policies) },
      }),
    },
    connection: { id: connection?.id ?? '', name: DATABASE_CONNECTION, strategy: 'auth0', metadata: {} },
    ...(organization !== undefined && {
      organization: {
        id: organization.id,
        name: organization.name,
        display_name: organization.display_name ?? organization.name,
        metadata: copy(organization.metadata),
      },
    }),
    authorization: { roles: rolesOf(context.state, user, organization?.name).map(({ name }) => name) },
    ...(facts.audience !== undefined && { resource_server: { identifier: facts.audience } }),
    ...(session !== undefined && {
      authentication: { methods: session.methods.map((method) => ({ ...method })) },
      session: {
        id: session.id,
        user_id: session.user_id,
        created_at: iso(session.created_at),
        updated_at: iso(session.last_interacted_at),
        authenticated_at: iso(session.authenticated_at),
        last_interacted_at: iso(session.last_interacted_at),
        expires_at: iso(session.absolute_expiry),
        clients: session.clients.map((client_id) => ({ client_id })),
        device: optional({ last_ip: request.ip, last_user_agent: request.user_agent }),
        metadata: {},
      },
    }),
    ...(facts.refresh !== undefined && { refresh_token: refreshToken(facts.refresh.family) }),
    stats: { logins_count: user.logins_count },
    tenant: { id: 'local' },
  }
}

/** What an Action may change in place, without changing the tenant's own. */
function copy<T>(metadata: T | undefined): T | Record<string, never> {
  return metadata === undefined ? {} : structuredClone(metadata)
}

function transaction({ protocol, authorization, refresh }: EventFacts): Record<string, unknown> {
  if (authorization === undefined) {
    return { protocol, target_scopes: [...(refresh?.scopes ?? [])], metadata: {} }
  }
  const { request, transactionId } = authorization
  return {
    id: transactionId,
    protocol,
    requested_scopes: [...request.requested_scopes],
    target_scopes: [...request.requested_scopes],
    metadata: {},
    locale: 'en',
    redirect_uri: request.redirect_uri,
    response_mode: request.response_mode,
    response_type: ['code'],
    prompt: [...request.prompt],
    ui_locales: [...(request.ui_locales ?? [])],
    ...optional({
      state: request.state,
      login_hint: request.login_hint,
      acr_values: request.acr_values && [...request.acr_values],
      correlation_id: request.correlation_id,
    }),
  }
}

function userOf(user: User): Record<string, unknown> {
  const { password_hash: _, roles: _r, logins_count: _l, id_token_claims: _c, blocked: _b, ...profile } = user
  return {
    ...profile,
    user_metadata: copy(profile.user_metadata),
    app_metadata: copy(profile.app_metadata),
    identities: [
      {
        connection: DATABASE_CONNECTION,
        provider: 'auth0',
        user_id: user.user_id.replace(/^[^|]*\|/, ''),
        isSocial: false,
      },
    ],
    multifactor: [],
    enrolledFactors: [],
  }
}

function refreshToken(family: RefreshFamily): Record<string, unknown> {
  return {
    id: family.id,
    client_id: family.client_id,
    user_id: family.user_id,
    created_at: iso(family.created_at),
    rotating: family.rotating,
    resource_servers:
      family.audience === undefined ? [] : [{ audience: family.audience, scopes: family.scopes.join(' ') }],
    metadata: {},
    ...optional({
      session_id: family.session_id,
      expires_at: family.expires_at === undefined ? undefined : iso(family.expires_at),
      idle_expires_at: family.idle_expires_at === undefined ? undefined : iso(family.idle_expires_at),
      last_exchanged_at: family.last_exchanged_at === undefined ? undefined : iso(family.last_exchanged_at),
    }),
  }
}

function withoutSecrets(values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !STRIPPED.has(name)))
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString()
}
