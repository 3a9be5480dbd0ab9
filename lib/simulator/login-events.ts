import {
  type Ends,
  type EventFacts,
  isRotating,
  loginEvent,
  type RefreshTokenFacts,
  refreshTokenEnds,
  SESSION_SETTINGS,
  type SessionFacts,
  sessionEnds,
} from '../policy/index.ts'
import { postLoginEvent, type SimulatedEvent } from '../triggers/post-login/ordinary-login.ts'
import type { Parties, Person } from './login-parties.ts'
import type { PipelineResult } from './types.ts'

/** The time of every simulated login, in milliseconds since the epoch, so that every run gives the same tokens. */
export const NOW = Date.parse('2026-01-15T09:30:00.000Z')

const AT = new Date(NOW).toISOString()

/**
 * The event of a login in a browser, with the facts of the workspace; what the workspace does not say is as in an
 * ordinary login.
 */
export function eventOfLogin(parties: Parties): SimulatedEvent {
  const { audience, requested } = parties
  const { transaction } = postLoginEvent()
  const { id = '', redirect_uri, response_mode, state } = transaction!
  return loginEvent({
    ...partiesFacts(parties, parties.person),
    protocol: 'oidc-basic-profile',
    session: sessionOf(parties),
    request: {
      ...requestTo(parties),
      query: {
        response_type: 'code',
        client_id: parties.application.client_id,
        ...(redirect_uri !== undefined && { redirect_uri }),
        ...(state !== undefined && { state }),
        scope: requested.join(' '),
        ...(audience !== undefined && { audience }),
      },
    },
    authorization: {
      id,
      requested_scopes: requested,
      prompt: [],
      ...(redirect_uri !== undefined && { redirect_uri }),
      ...(response_mode !== undefined && { response_mode }),
      ...(state !== undefined && { state }),
    },
  })
}

/** What a refresh token was given for, and what is asked for with it. */
export interface Refreshed {
  person: Person
  /** For what the refresh token was given. */
  audience?: string | undefined
  scopes: readonly string[]
  /** For what it is exchanged. */
  target: { audience: string | undefined; requested: readonly string[] }
}

/** The event of a refresh right after a login, with what its Actions have saved for the refresh token. */
export function eventOfRefresh(
  parties: Parties,
  { person, audience, scopes, target }: Refreshed,
  pipeline: PipelineResult,
): SimulatedEvent {
  const { application } = parties
  const { refreshToken } = pipeline.state
  const token: RefreshTokenFacts = {
    id: 'rt_0000000000000001',
    user_id: person.user_id,
    session_id: postLoginEvent().session!.id!,
    created_at: NOW,
    rotating: isRotating(application.refresh_token),
    ends: refreshEnds(parties, pipeline),
    audience,
    scopes,
    metadata: refreshToken?.metadata,
  }
  return loginEvent({
    ...partiesFacts(parties, person),
    audience: target.audience,
    protocol: 'oauth2-refresh-token',
    request: {
      ...requestTo(parties),
      method: 'POST',
      query: {},
      body: { grant_type: 'refresh_token', client_id: application.client_id },
    },
    refresh: { token, scopes: target.requested },
  })
}

/** The ends of the refresh token that a login gives. */
export function refreshEnds({ application }: Parties, { refreshToken }: PipelineResult): Ends {
  return refreshTokenEnds(application.refresh_token, {}, NOW, refreshToken)
}

function requestTo({ domain }: Parties): SimulatedEvent['request'] {
  const { request } = postLoginEvent()
  return domain === undefined ? request : { ...request, hostname: domain }
}

/** The name of a tenant is the first part of its host name, unless that is a domain of its own. */
function tenantOf(domain: string | undefined): string | undefined {
  return /^([^.]+)\.(?:[^.]+\.)?auth0(?:app)?\.com$/.exec(domain ?? '')?.[1]
}

function partiesFacts(parties: Parties, person: Person): Omit<EventFacts, 'protocol' | 'request'> {
  const { application, organization, audience, domain } = parties
  const { tenant, stats, connection, user } = postLoginEvent()
  return {
    tenant: tenantOf(domain) ?? tenant.id,
    application,
    connection: { id: connection.id, name: connection.name },
    user: {
      created_at: user.created_at,
      updated_at: AT,
      ...person.profile,
      user_id: person.user_id,
    },
    loginsCount: stats.logins_count,
    organization,
    roles: person.rolesIn(organization),
    audience,
  }
}

function sessionOf({ person, application }: Parties): SessionFacts {
  const { session } = postLoginEvent()
  const times = { created_at: NOW, absolute_expiry: NOW + SESSION_SETTINGS.session_lifetime * 1000 }
  return {
    id: session!.id!,
    user_id: person.user_id,
    created_at: NOW,
    authenticated_at: NOW,
    last_interacted_at: NOW,
    ends: sessionEnds(SESSION_SETTINGS, times, NOW),
    clients: [application.client_id],
    methods: [{ name: 'pwd', timestamp: AT }],
  }
}
