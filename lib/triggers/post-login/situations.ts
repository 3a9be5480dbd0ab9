import { copyJson } from '../../json.ts'
import { type DeepPartial, merge, postLoginEvent, type SimulatedEvent } from './ordinary-login.ts'

const AT = '2026-01-15T09:30:00.000Z'

/** What a transaction lacks when no browser is on its way. */
const BACK_CHANNEL = {
  id: undefined,
  requested_scopes: undefined,
  redirect_uri: undefined,
  response_mode: undefined,
  response_type: undefined,
  state: undefined,
  prompt: undefined,
  ui_locales: undefined,
  acr_values: undefined,
  locale: undefined,
}

/** What was sent to `/authorize`, which is no part of a later call. */
const NO_QUERY = {
  response_type: undefined,
  client_id: undefined,
  redirect_uri: undefined,
  scope: undefined,
  audience: undefined,
  state: undefined,
}

const changes = {
  /** The first login ever of this user. */
  firstLogin: { stats: { logins_count: 1 }, user: { last_password_reset: undefined, created_at: AT } },
  /** `prompt=none`: nobody can be asked anything. */
  silent: { transaction: { prompt: ['none'] }, request: { query: { prompt: 'none' } } },
  /** No roles object at all. */
  noAuthorization: { authorization: undefined },
  /** A flow without an Auth0 session has no `event.session`. */
  noSession: { session: undefined },
  organization: {
    organization: {
      id: 'org_0000000000000001',
      name: 'acme',
      display_name: 'Acme Corporation',
      metadata: {},
    },
  },
  /** The custom data of the exchange is in the body; the scopes of the login are not in `requested_scopes`. */
  refresh: {
    transaction: { ...BACK_CHANNEL, protocol: 'oauth2-refresh-token' },
    request: {
      method: 'POST',
      query: NO_QUERY,
      body: { grant_type: 'refresh_token' },
    },
    authentication: undefined,
    session: undefined,
    refresh_token: {
      id: 'rt_0000000000000001',
      client_id: 'client00000000000000000000000001',
      user_id: 'auth0|65a4f0000000000000000001',
      session_id: 'session000000000000000000000001',
      created_at: AT,
      rotating: true,
      resource_servers: [{ audience: 'https://api.acme.example/', scopes: 'openid profile email' }],
      metadata: {},
    },
  },
  /** The password grant: the transaction has a protocol and little else. */
  password: {
    transaction: { ...BACK_CHANNEL, protocol: 'oauth2-password' },
    request: {
      method: 'POST',
      query: NO_QUERY,
      body: { grant_type: 'password', scope: 'openid profile email', audience: 'https://api.acme.example/' },
    },
    authentication: undefined,
    session: undefined,
  },
  /** A social login whose provider told neither e-mail nor name. */
  sparseSocial: {
    user: {
      user_id: 'github|1000001',
      email: undefined,
      email_verified: false,
      name: undefined,
      given_name: undefined,
      family_name: undefined,
      last_password_reset: undefined,
      identities: [{ connection: 'github', provider: 'github', user_id: '1000001', isSocial: true }],
    },
    connection: { id: 'con_0000000000000002', name: 'github', strategy: 'github', metadata: undefined },
    authentication: { methods: [{ name: 'federated', timestamp: AT }] },
  },
  /** An address that no database places anywhere. */
  noGeoip: {
    request: {
      ip: '192.0.2.1',
      asn: undefined,
      geoip: {
        cityName: undefined,
        continentCode: undefined,
        countryCode: undefined,
        countryCode3: undefined,
        countryName: undefined,
        latitude: undefined,
        longitude: undefined,
        subdivisionCode: undefined,
        subdivisionName: undefined,
        timeZone: undefined,
      },
    },
  },
  /** An application of somebody else: only what it was granted. */
  thirdParty: {
    client: { client_id: 'tpc_00000000000000000000000000001', name: 'Partner App' },
    request: { query: { client_id: 'tpc_00000000000000000000000000001' } },
  },
} satisfies Record<string, DeepPartial<SimulatedEvent>>

export type Situation = keyof typeof changes

/** Names of the situations that {@link situation} builds. */
export const SITUATIONS = Object.keys(changes) as Situation[]

/**
 * The event of a login that Actions tend to forget: a refresh exchange, no session, no roles, a password grant, …
 * `overrides` are merged in as with `postLoginEvent`.
 */
export function situation(name: Situation, overrides: DeepPartial<SimulatedEvent> = {}): SimulatedEvent {
  return merge(merge(postLoginEvent(), changes[name]), overrides) as SimulatedEvent
}

/** Turns the event of a login into that of a password grant by the same user. */
export function passwordGrantOf(event: SimulatedEvent): SimulatedEvent {
  const scope = event.transaction?.requested_scopes?.join(' ') ?? ''
  const body = { scope, audience: event.resource_server?.identifier }
  return merge(merge(copyJson(event), changes.password), { request: { body } }) as SimulatedEvent
}

/** Turns the event of a login into that of a later refresh exchange by the same user. */
export function refreshOf(event: SimulatedEvent, scopes: readonly string[]): SimulatedEvent {
  const audience = event.resource_server?.identifier
  return merge(merge(copyJson(event), changes.refresh), {
    transaction: { target_scopes: [...scopes] },
    refresh_token: {
      client_id: event.client.client_id,
      user_id: event.user.user_id,
      ...(event.session?.id !== undefined && { session_id: event.session.id }),
      resource_servers: audience === undefined ? [] : [{ audience, scopes: scopes.join(' ') }],
    },
  }) as SimulatedEvent
}
