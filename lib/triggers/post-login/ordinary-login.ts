import { ToolkitError } from '../../errors.ts'
import { copyJson, setOwn } from '../../json.ts'
import { follow } from './follow.ts'
import { seededLogin } from './seeded-login.ts'
import type { DeepPartial, SimulatedEvent } from './simulated-event.ts'

export type { DeepPartial, SimulatedEvent } from './simulated-event.ts'

const AUDIENCE = 'https://api.acme.example/'
const AT = '2026-01-15T09:30:00.000Z'

/**
 * A complete event of an ordinary web login for an API, the same at every call. Members of `overrides` are merged in:
 * objects by key, arrays and other values as a whole, and `undefined` takes a member away.
 * What stands in several places of an event follows: scopes, redirect_uri, state and the like from `transaction`, the
 * application from `client`, the API from `resource_server`, the user from `user`, unless the overrides name those places too.
 * With a `seed` another user logs in, the same one for the same seed. A fresh object each time. Does not check that the overrides make sense: the schema does.
 *
 * @see https://auth0.com/docs/actions/reference/post-login/post-login-event-object
 */
export function postLoginEvent(
  overrides: DeepPartial<SimulatedEvent> = {},
  { seed }: { seed?: number } = {},
): SimulatedEvent {
  if (!isPlain(overrides)) {
    throw new ToolkitError('ERR_USAGE', 'the overrides of an event must be an object', {
      hint: 'Name the members to change: postLoginEvent({ user: { email: "ada@acme.example" } }).',
    })
  }
  const event = ordinaryLogin()
  if (seed !== undefined) {
    const other = seededLogin(seed)
    follow(merge(event, other) as SimulatedEvent, other)
  }
  return follow(merge(event, overrides) as SimulatedEvent, overrides)
}

function ordinaryLogin(): SimulatedEvent {
  return {
    transaction: {
      id: 'txn0000000000000000000000000001',
      protocol: 'oidc-basic-profile',
      requested_scopes: ['openid', 'profile', 'email'],
      target_scopes: ['openid', 'profile', 'email'],
      metadata: {},
      locale: 'en',
      ui_locales: [],
      acr_values: [],
      prompt: [],
      redirect_uri: 'https://app.acme.example/callback',
      response_mode: 'query',
      response_type: ['code'],
      state: 'state-of-the-app',
    },
    request: {
      ip: '203.0.113.7',
      asn: 'AS64500',
      method: 'GET',
      hostname: 'acme.example',
      language: 'en',
      user_agent: 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/131.0.0.0 Safari/537.36',
      query: {
        response_type: 'code',
        client_id: 'client00000000000000000000000001',
        redirect_uri: 'https://app.acme.example/callback',
        scope: 'openid profile email',
        audience: AUDIENCE,
        state: 'state-of-the-app',
      },
      body: {},
      geoip: {
        cityName: 'Vienna',
        continentCode: 'EU',
        countryCode: 'AT',
        countryCode3: 'AUT',
        countryName: 'Austria',
        latitude: 48.2,
        longitude: 16.37,
        subdivisionCode: '9',
        subdivisionName: 'Vienna',
        timeZone: 'Europe/Vienna',
      },
    },
    user: {
      user_id: 'auth0|65a4f0000000000000000001',
      email: 'ada@acme.example',
      email_verified: true,
      name: 'Ada Lovelace',
      nickname: 'ada',
      given_name: 'Ada',
      family_name: 'Lovelace',
      picture: 'https://cdn.acme.example/ada.png',
      created_at: '2025-06-01T08:00:00.000Z',
      updated_at: AT,
      last_password_reset: '2025-07-01T08:00:00.000Z',
      app_metadata: {},
      user_metadata: {},
      multifactor: [],
      enrolledFactors: [],
      identities: [
        {
          connection: 'Username-Password-Authentication',
          provider: 'auth0',
          user_id: '65a4f0000000000000000001',
          isSocial: false,
        },
      ],
    },
    client: { client_id: 'client00000000000000000000000001', name: 'Acme Shop', metadata: {} },
    configuration: {},
    connection: {
      id: 'con_0000000000000001',
      name: 'Username-Password-Authentication',
      strategy: 'auth0',
      metadata: {},
    },
    authentication: { methods: [{ name: 'pwd', timestamp: AT }] },
    authorization: { roles: [] },
    session: {
      id: 'session000000000000000000000001',
      user_id: 'auth0|65a4f0000000000000000001',
      created_at: AT,
      updated_at: AT,
      authenticated_at: AT,
      last_interacted_at: AT,
      expires_at: '2026-01-22T09:30:00.000Z',
      idle_expires_at: '2026-01-18T09:30:00.000Z',
      clients: [{ client_id: 'client00000000000000000000000001' }],
      device: { initial_ip: '203.0.113.7', last_ip: '203.0.113.7' },
      cookie: { mode: 'non-persistent' },
      metadata: {},
    },
    resource_server: { identifier: AUDIENCE },
    stats: { logins_count: 12 },
    tenant: { id: 'acme' },
  }
}

/** Merges as {@link postLoginEvent} says. Changes and returns `target`. */
export function merge(target: object, changes: object): object {
  const into = target as Record<string, unknown>
  for (const key of Object.keys(changes)) {
    const value = (changes as Record<string, unknown>)[key]
    if (value === undefined) delete into[key]
    else if (!isPlain(value)) setOwn(into, key, copyJson(value))
    else {
      const current = Object.hasOwn(into, key) ? into[key] : undefined
      setOwn(into, key, merge(isPlain(current) ? current : {}, value))
    }
  }
  return into
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
