import { type EventFacts, loginEvent, type SessionFacts } from '../../policy/index.ts'
import type { TenantContext } from '../context.ts'
import type { Client, Organization, User } from '../entities.ts'
import { DATABASE_CONNECTION, rolesOf } from '../state.ts'
import type { AuthorizationRequest } from './authorization-request.ts'
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

export interface LoginFacts {
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

/** The event of a login or a refresh at this tenant, without `secrets`. */
export function postLoginEvent(context: TenantContext, facts: LoginFacts): ReturnType<typeof loginEvent> {
  const { user, client, organization, session, request, refresh } = facts
  const connection = [...context.state.connections.values()].find(({ name }) => name === DATABASE_CONNECTION)
  return loginEvent({
    protocol: facts.protocol,
    tenant: 'local',
    application: client,
    connection: { id: connection?.id ?? '', name: DATABASE_CONNECTION },
    user: profileOf(user),
    loginsCount: user.logins_count,
    organization,
    roles: rolesOf(context.state, user, organization?.name).map(({ name }) => name),
    audience: facts.audience,
    session: session && sessionFacts(session),
    request: { ...request, geoip: {} },
    authorization: authorizationFacts(facts),
    refresh: refresh && {
      token: { ...refresh.family, ends: refresh.family },
      scopes: refresh.scopes,
    },
  })
}

function profileOf(user: User): EventFacts['user'] {
  const {
    password_hash: _,
    roles: _r,
    logins_count: _l,
    last_login: _t,
    id_token_claims: _c,
    blocked: _b,
    ...profile
  } = user
  return profile
}

function sessionFacts(session: Session): SessionFacts {
  return {
    ...session,
    ends: {
      expires_at: session.absolute_expiry,
      ...(session.idle_expiry !== undefined && { idle_expires_at: session.idle_expiry }),
    },
    cookieMode: session.cookie_mode,
  }
}

function authorizationFacts({ authorization }: LoginFacts): EventFacts['authorization'] {
  if (authorization === undefined) return undefined
  const { request, transactionId } = authorization
  return {
    id: transactionId,
    requested_scopes: request.requested_scopes,
    prompt: request.prompt,
    ui_locales: request.ui_locales,
    redirect_uri: request.redirect_uri,
    response_mode: request.response_mode,
    ...(request.state !== undefined && { state: request.state }),
    ...(request.login_hint !== undefined && { login_hint: request.login_hint }),
    ...(request.acr_values !== undefined && { acr_values: request.acr_values }),
    ...(request.correlation_id !== undefined && { correlation_id: request.correlation_id }),
  }
}
