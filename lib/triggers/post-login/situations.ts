import { ToolkitError } from '../../errors.ts'
import { copyJson } from '../../json.ts'
import { follow } from './follow.ts'
import { type DeepPartial, merge, postLoginEvent, type SimulatedEvent } from './ordinary-login.ts'

const AT = '2026-01-15T09:30:00.000Z'

const changes = {
  /** The first login ever of this user. */
  firstLogin: { stats: { logins_count: 1 }, user: { last_password_reset: undefined, created_at: AT } },
  /** `prompt=none`: nobody can be asked anything. */
  silent: { transaction: { prompt: ['none'] } },
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
  refresh: {
    transaction: { protocol: 'oauth2-refresh-token' },
    request: { body: { grant_type: 'refresh_token' } },
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
    transaction: { protocol: 'oauth2-password' },
    request: {
      body: { grant_type: 'password', scope: 'openid profile email', audience: 'https://api.acme.example/' },
    },
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
  },
} satisfies Record<string, DeepPartial<SimulatedEvent>>

export type Situation = keyof typeof changes

/** Names of the situations that {@link situation} builds. */
export const SITUATIONS = Object.keys(changes) as Situation[]

/**
 * The event of a login that Actions tend to forget: a refresh exchange, no session, no roles, a password grant, …
 * `overrides` are merged in as with `postLoginEvent`.
 *
 * @throws ToolkitError `ERR_USAGE` for another name.
 */
export function situation(name: Situation, overrides: DeepPartial<SimulatedEvent> = {}): SimulatedEvent {
  if (!Object.hasOwn(changes, name)) {
    throw new ToolkitError('ERR_USAGE', `there is no situation "${name}"`, {
      hint: `There are: ${SITUATIONS.join(', ')}.`,
    })
  }
  const login = postLoginEvent()
  const event = name === 'refresh' || name === 'password' ? atTokenEndpoint(login) : login
  const changed: DeepPartial<SimulatedEvent> = changes[name]
  for (const named of [changed, overrides]) follow(merge(event, named) as SimulatedEvent, named)
  return event
}

/**
 * A call of `/oauth/token` by the same application for the same user: what the browser brought to `/authorize`, and
 * what has become of it, is missing. Its own data comes in the body.
 */
function atTokenEndpoint(login: SimulatedEvent): SimulatedEvent {
  const { authentication: _a, session: _s, prompt: _p, session_transfer_token: _t, ...rest } = copyJson(login)
  const target_scopes = rest.transaction?.target_scopes
  return {
    ...rest,
    transaction: { metadata: {}, ...(target_scopes !== undefined && { target_scopes }) },
    request: { ...rest.request, method: 'POST', query: {}, body: sentAgain(rest.request.body) },
  }
}

/** What an application may send to `/oauth/token` with each call: data of its own, beside the parameters of a grant. */
function sentAgain(body: SimulatedEvent['request']['body'] = {}): SimulatedEvent['request']['body'] {
  if (body['grant_type'] === undefined) return {}
  const { grant_type: _g, username: _u, realm: _r, scope: _s, audience: _a, ...own } = body
  return own
}

function isRefresh({ transaction }: SimulatedEvent): boolean {
  return transaction?.protocol === changes.refresh.transaction.protocol
}

/** Whether the event is that of a call of `/oauth/token`, which has no query string. */
export function isTokenRequest({ transaction }: Pick<SimulatedEvent, 'transaction'>): boolean {
  return [changes.refresh, changes.password].some(
    (flow) => flow.transaction.protocol === transaction?.protocol,
  )
}

/** Turns the event of a login into that of a password grant by the same user. */
export function passwordGrantOf(event: SimulatedEvent): SimulatedEvent {
  const scope = event.transaction?.requested_scopes?.join(' ') ?? ''
  const body = { scope, audience: event.resource_server?.identifier }
  return merge(merge(atTokenEndpoint(event), changes.password), { request: { body } }) as SimulatedEvent
}

/** Turns the event of a login into that of a later refresh exchange by the same user; that of a refresh into the next. */
export function refreshOf(event: SimulatedEvent, scopes: readonly string[]): SimulatedEvent {
  const audience = event.resource_server?.identifier
  return merge(merge(isRefresh(event) ? copyJson(event) : atTokenEndpoint(event), changes.refresh), {
    transaction: { target_scopes: [...scopes] },
    refresh_token: {
      client_id: event.client.client_id,
      user_id: event.user.user_id,
      ...(event.session?.id !== undefined && { session_id: event.session.id }),
      resource_servers: audience === undefined ? [] : [{ audience, scopes: scopes.join(' ') }],
    },
  }) as SimulatedEvent
}
