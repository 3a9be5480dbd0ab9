import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { assertEvent } from '../../../lib/simulator/check-event.ts'
import {
  loginFor,
  loginOfEvent,
  passwordGrantOf,
  postLoginEvent,
  refreshOf,
  SITUATIONS,
  type SimulatedEvent,
  type Situation,
  situation,
} from '../../../lib/simulator/index.ts'
import type { PipelineResult } from '../../../lib/simulator/types.ts'
import type { Workspace } from '../../../lib/workspace/index.ts'
import { API, agree, answers, type Call, chosen, login, onApi, outcomeOf, type Row, refresh } from './row.ts'

const schema = JSON.parse(
  readFileSync(new URL('../../../schemas/post-login-event.schema.json', import.meta.url), 'utf8'),
)

const names = ['ordinary', ...SITUATIONS] as const
const eventOf = (name: 'ordinary' | Situation) => (name === 'ordinary' ? postLoginEvent() : situation(name))

/** A login whose Actions did nothing. */
const NOTHING_DONE = { userMetadata: {}, appMetadata: {} } as PipelineResult

/** The part of an event at a dotted path. */
function at(event: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>((part, key) => (part as Record<string, unknown> | undefined)?.[key], event)
}

/** An ordinary event with one part replaced. */
function having(path: string, value: unknown): Record<string, unknown> {
  const event = structuredClone({ ...postLoginEvent(), ...EXAMPLES }) as unknown as Record<string, unknown>
  const keys = path.split('.')
  const last = keys.pop()!
  let part = event
  for (const key of keys) part = part[key] as Record<string, unknown>
  part[last] = value
  return event
}

/** Parts that an ordinary event lacks. */
const EXAMPLES = {
  agent: { agent_id: 'agt_1', name: 'a', agent_metadata: {} },
  anonymous_session: {
    user_id: 'anon@1',
    session_id: 's',
    created_at: '2026-01-15T09:30:00.000Z',
    expires_at: '2026-01-15T09:30:00.000Z',
    metadata: {},
  },
  custom_domain: { domain: 'login.acme.example', domain_metadata: {} },
  organization: { id: 'org_1', name: 'acme', display_name: 'Acme', metadata: {} },
  prompt: { id: 'ap_1', fields: {}, vars: {} },
  refresh_token: { id: 'rt_1', created_at: '2026-01-15T09:30:00.000Z', device: {}, metadata: {} },
  resource_server: { identifier: API },
  security_context: { ja3: 'a', ja4: 'b' },
  session_transfer_token: { client_id: 'c', scope: ['openid'], request: { ip: '192.0.2.1', geoip: {} } },
}

function refusedAt(path: string, value: unknown): void {
  const event = having(path, value)
  expect(() => assertEvent(event, schema, 'event.json')).toThrow(`"/${path.replaceAll('.', '/')}"`)
}

function accepted(event: unknown): void {
  expect(() => assertEvent(event, schema, 'event.json')).not.toThrow()
}

const DEVICE = ['initial_asn', 'initial_ip', 'initial_user_agent', 'last_asn', 'last_ip', 'last_user_agent']
const GEOIP = [
  ...['cityName', 'continentCode', 'countryCode', 'countryCode3', 'countryName', 'subdivisionCode'],
  ...['subdivisionName', 'timeZone'],
]

/** Properties by type: a value that is accepted, one that is refused, and where it says so. */
const texts: [source: string, paths: string[]][] = [
  [
    'D: EV, TXM; T: TY',
    [
      ...['id', 'login_hint', 'locale', 'redirect_uri', 'state', 'linking_id', 'correlation_id'],
      ...['actor_token_type', 'subject_token_type'],
    ].map((name) => `transaction.${name}`),
  ],
  [
    'D: EV; T: TY',
    [
      ...['ip', 'method', 'hostname', 'language', 'user_agent', 'asn'].map((name) => `request.${name}`),
      ...GEOIP.map((name) => `request.geoip.${name}`),
    ],
  ],
  [
    'D: EV; T: TY',
    [
      ...['user_id', 'email', 'username', 'phone_number', 'name', 'nickname', 'given_name', 'family_name'],
      ...['picture', 'last_password_reset', 'created_at', 'updated_at'],
    ].map((name) => `user.${name}`),
  ],
  [
    'D: EV; T: TY',
    [
      ...['client.client_id', 'client.name', 'connection.id', 'connection.name', 'connection.strategy'],
      ...['organization.id', 'organization.name', 'organization.display_name', 'custom_domain.domain'],
      ...['resource_server.identifier', 'tenant.id'],
    ],
  ],
  [
    'D: EV; T: TY',
    [
      ...['id', 'user_id', 'created_at', 'updated_at', 'authenticated_at', 'expires_at', 'idle_expires_at'],
      'last_interacted_at',
    ].map((name) => `session.${name}`),
  ],
  [
    'D: EV, RTA, ORT; T: TY, FX',
    [
      ...['id', 'created_at', 'client_id', 'user_id', 'session_id', 'expires_at', 'idle_expires_at'],
      'last_exchanged_at',
    ].map((name) => `refresh_token.${name}`),
  ],
  ['D: EV, SES; T: TY', DEVICE.map((name) => `session.device.${name}`)],
  ['D: EV, RTA; T: TY', DEVICE.map((name) => `refresh_token.device.${name}`)],
  ['D: EV, AGT', ['agent.agent_id', 'agent.name']],
  ['D: EV, FRM', ['prompt.id']],
  ['D: EV', ['security_context.ja3', 'security_context.ja4']],
  ['D: EV', ['session_transfer_token.client_id', 'session_transfer_token.request.ip']],
]

const others: [path: string, good: unknown, bad: unknown, source: string][] = [
  ['transaction.requested_scopes', ['openid'], 'openid', 'D: EV, SC'],
  ['transaction.target_scopes', ['openid'], 'openid', 'D: SC; T: FX'],
  ['transaction.metadata', { a: 's', b: 1, c: true }, [], 'D: EV, TXM'],
  ['transaction.acr_values', ['a'], 'a', 'D: EV, STEP'],
  ['transaction.prompt', ['login'], 'login', 'D: EV; T: FX'],
  ['transaction.ui_locales', ['de'], 'de', 'D: EV'],
  ['transaction.response_type', ['code', 'id_token'], 'code', 'D: EV; T: TY'],
  ['transaction.requested_authorization_details', [{ type: 'a', more: 1 }], { type: 'a' }, 'D: EV; T: TY'],
  ['transaction.actor', { sub: 'a', act: { sub: 'b' } }, { act: {} }, 'D: EV; T: TY'],
  ['request.query', {}, 'a=b', 'D: EV; T: TY'],
  ['request.body', { 'ulp-color': 'red' }, 'a=b', 'D: EV, KMSI'],
  ['request.geoip', {}, 'Vienna', 'D: EV; T: TY'],
  ['request.geoip.latitude', -1.5, '48.2', 'D: EV; T: TY'],
  ['request.geoip.longitude', 1, '16.37', 'D: EV; T: TY'],
  ['user.email_verified', false, 'false', 'D: EV; T: TY'],
  ['user.phone_verified', true, 1, 'D: EV; T: TY'],
  ['user.user_metadata', { a: [1] }, 'text', 'D: EV; T: TY'],
  ['user.app_metadata', { a: [1] }, 'text', 'D: EV; T: TY'],
  ['user.multifactor', ['guardian'], 'guardian', 'D: EV, AMFA'],
  ['user.enrolledFactors', [{ type: 'phone', options: {}, more: 1 }], [{ type: 1 }].at(0), 'D: MFAS, MFAE'],
  ['user.identities', [{ connection: 'c', isSocial: true, profileData: { a: 'b' } }], {}, 'D: EV; T: TY'],
  ['client.metadata', { a: 'b' }, [], 'D: EV; T: TY'],
  ['client.refresh_token', { policies: [{ audience: API, scope: ['a'] }] }, [], 'D: EV, MRRT; T: TY'],
  ['connection.metadata', { a: 'b' }, [], 'D: EV; T: TY'],
  ['organization.metadata', { a: 'b' }, [], 'D: EV; T: TY'],
  ['custom_domain.domain_metadata', { a: 'b' }, [], 'D: EV; T: TY'],
  ['authentication.methods', [{ name: 'pwd', timestamp: '2026-01-15T09:30:00.000Z' }], {}, 'D: OLD; T: TY'],
  [
    'authentication.riskAssessment',
    { confidence: 'low', version: '1', assessments: { NewDevice: { code: 'no_match', confidence: 'low' } } },
    { confidence: 'none', version: '1', assessments: {} }.version,
    'D: EV',
  ],
  ['authorization.roles', [], 'admin', 'D: EV, PL; T: FX'],
  ['session.clients', [{ client_id: 'a' }], ['a'].at(0), 'D: EV, SES; T: TY'],
  ['session.cookie.mode', 'persistent', 'Persistent', 'D: EV, SES'],
  ['session.metadata', { a: 'b' }, [], 'D: SMD'],
  ['session.actor', { sub: 'a', more: 'b' }, {}, 'D: EV; T: TY'],
  ['session.session_transfer', { parent_refresh_token: { id: 'a', metadata: {} } }, 'a', 'D: EV; T: TY'],
  ['refresh_token.rotating', false, 'no', 'D: EV, RTA'],
  ['refresh_token.resource_servers', [{ audience: API, scopes: 'a b' }], {}, 'D: EV, RTA; T: TY'],
  ['refresh_token.metadata', { a: 'b' }, [], 'D: RTM'],
  ['refresh_token.session_transfer', { parent_refresh_token: { id: 'a' } }, 'a', 'D: EV; T: TY'],
  ['refresh_token.access', 'offline', 'both', 'D: ORT; T: FX'],
  ['agent.agent_metadata', {}, [], 'D: EV, AGT'],
  ['prompt.fields', { a: 1 }, [], 'D: EV, FRM'],
  ['prompt.vars', { a: 1 }, [], 'D: EV, FRM'],
  ['session_transfer_token.scope', ['openid'], 'openid', 'D: EV'],
  ['stats.logins_count', 62, '62', 'D: EV'],
  [
    'experiment',
    { experiment_id: 'e', variation_id: 'v', config: {}, is_control: true },
    'a',
    'D: EXP; T: FX',
  ],
  ['anonymous_session', EXAMPLES.anonymous_session, 'a', 'D: ANON; T: FX'],
  ['configuration', {}, 'a', 'T: TE'],
]

/** What must be there where its object is. */
const required: [path: string, source: string][] = [
  ...['client', 'connection', 'request', 'stats', 'tenant', 'user'].map((name): [string, string] => [
    name,
    'T: TY, TE; D: EV',
  ]),
  ...['ip', 'method', 'query', 'body', 'geoip'].map((name): [string, string] => [
    `request.${name}`,
    'D: EV; T: TY',
  ]),
  ...['client.client_id', 'client.name', 'client.metadata'].map((path): [string, string] => [
    path,
    'D: EV; T: TY',
  ]),
  ...['id', 'name', 'strategy'].map((name): [string, string] => [`connection.${name}`, 'D: EV']),
  ...['id', 'name', 'display_name', 'metadata'].map((name): [string, string] => [
    `organization.${name}`,
    'D: EV; T: TY',
  ]),
  ...['user.user_id', 'user.app_metadata', 'user.user_metadata'].map((path): [string, string] => [
    path,
    'D: GUIDE, MIG',
  ]),
  ...['refresh_token.id', 'refresh_token.created_at'].map((path): [string, string] => [path, 'D: EV, RTA']),
  ['authorization.roles', 'D: EV'],
  ['authentication.methods', 'D: EV'],
  ['resource_server.identifier', 'D: EV'],
  ['stats.logins_count', 'D: EV'],
  ['tenant.id', 'D: EV'],
  ['prompt.id', 'D: EV'],
  ['custom_domain.domain', 'D: EV'],
]

const optional: [path: string, source: string][] = [
  ...['authentication', 'authorization', 'session', 'transaction'].map((name): [string, string] => [
    name,
    'D: EV; T: TY',
  ]),
  ...['agent', 'custom_domain', 'organization', 'prompt', 'refresh_token', 'resource_server'].map(
    (name): [string, string] => [name, 'D: EV; T: TY'],
  ),
  ...['security_context', 'session_transfer_token'].map((name): [string, string] => [name, 'D: EV; T: TY']),
  ...['id', 'protocol', 'requested_scopes', 'target_scopes', 'acr_values', 'prompt', 'locale'].map(
    (name): [string, string] => [`transaction.${name}`, 'D: EV; T: TY'],
  ),
  ...['ui_locales', 'redirect_uri', 'response_mode', 'response_type', 'state'].map(
    (name): [string, string] => [`transaction.${name}`, 'D: EV; T: TY'],
  ),
  ...['hostname', 'language', 'user_agent', 'asn'].map((name): [string, string] => [
    `request.${name}`,
    'D: EV; T: TY',
  ]),
  ...['email', 'name', 'nickname', 'given_name', 'family_name', 'picture', 'last_password_reset'].map(
    (name): [string, string] => [`user.${name}`, 'D: EV, GUIDE; T: TY'],
  ),
  ...['multifactor', 'enrolledFactors'].map((name): [string, string] => [`user.${name}`, 'D: EV; T: TY']),
  ...['id', 'user_id', 'last_interacted_at', 'device', 'cookie', 'clients', 'metadata'].map(
    (name): [string, string] => [`session.${name}`, 'D: EV, SES; T: TY'],
  ),
  ['connection.metadata', 'D: EV; T: TY'],
]

function without(path: string): Record<string, unknown> {
  const event = having(path, undefined)
  const keys = path.split('.')
  const last = keys.pop()!
  const parent = keys.length === 0 ? event : (at(event, keys.join('.')) as Record<string, unknown>)
  delete parent[last]
  return event
}

const PROTOCOLS = [
  ...[
    'oidc-basic-profile',
    'oidc-implicit-profile',
    'oidc-hybrid-profile',
    'oidc-ciba',
    'oidc-ciba-web-link',
  ],
  ...['oauth2-device-code', 'oauth2-refresh-token', 'oauth2-password', 'oauth2-resource-owner'],
  ...['oauth2-resource-owner-jwt-bearer', 'oauth2-webauthn', 'oauth2-access-token', 'oauth2-token-exchange'],
  ...['samlp', 'wsfed', 'wstrust-usernamemixed'],
]

const STRIPPED = ['auth_session', 'authn_response', 'client_secret', 'client_assertion', 'refresh_token']

/** What is there in a flow, and what is not. */
const flows: [
  fact: string,
  source: string,
  name: 'ordinary' | Situation,
  holds: (event: SimulatedEvent) => void,
][] = [
  [
    'a web login has the protocol oidc-basic-profile',
    'D: OLD',
    'ordinary',
    (event) => expect(event.transaction?.protocol).toBe('oidc-basic-profile'),
  ],
  [
    'a web login has a transaction id',
    'D: EV',
    'ordinary',
    (event) => expect(event.transaction?.id).toEqual(expect.any(String)),
  ],
  [
    'a web login has requested scopes',
    'D: EV, SC',
    'ordinary',
    (event) => expect(event.transaction?.requested_scopes).toContain('openid'),
  ],
  [
    'a web login starts with the requested scopes as target scopes',
    'D: SC',
    'ordinary',
    (event) => expect(event.transaction?.target_scopes).toEqual(event.transaction?.requested_scopes),
  ],
  [
    'a web login has the parameters of its request in the query',
    'D: EV',
    'ordinary',
    ({ request, client, transaction }) =>
      expect(request.query).toMatchObject({
        client_id: client.client_id,
        redirect_uri: transaction!.redirect_uri,
        state: transaction!.state,
      }),
  ],
  ['a web login has a session', 'D: SES', 'ordinary', (event) => expect(event.session?.id).toBeDefined()],
  [
    'a web login has no refresh_token, even when one is about to be issued',
    'D: RTM',
    'ordinary',
    (event) => expect(event).not.toHaveProperty('refresh_token'),
  ],
  [
    'a web login comes by GET, with a query and an empty body',
    'T: FX',
    'ordinary',
    ({ request }) =>
      expect([request.method, request.query['response_type'], request.body]).toEqual(['GET', 'code', {}]),
  ],
  [
    'response_type is a list',
    'D: EV; T: TY',
    'ordinary',
    (event) => expect(event.transaction?.response_type).toEqual(['code']),
  ],
  [
    'a database connection has the strategy auth0',
    'D: EV',
    'ordinary',
    (event) => expect(event.connection.strategy).toBe('auth0'),
  ],
  [
    'a login outside of organizations has no organization',
    'D: EV',
    'ordinary',
    (event) => expect(event).not.toHaveProperty('organization'),
  ],
  [
    'a login without a form has no prompt',
    'D: EV, FRM',
    'ordinary',
    (event) => expect(event).not.toHaveProperty('prompt'),
  ],
  [
    'a login on the own domain has no custom_domain',
    'D: EV, MCD',
    'ordinary',
    (event) => expect(event).not.toHaveProperty('custom_domain'),
  ],
  [
    'a login of a user has no agent',
    'D: EV, AGT',
    'ordinary',
    (event) => expect(event).not.toHaveProperty('agent'),
  ],
  [
    'timestamps are ISO 8601',
    'D: RED',
    'ordinary',
    (event) => expect(event.authentication?.methods[0]?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  ],
  [
    'tenant.id is the name of the tenant',
    'D: EV',
    'ordinary',
    (event) => expect(event.tenant.id).toBe('acme'),
  ],

  [
    'a refresh has the protocol oauth2-refresh-token',
    'D: UPRT',
    'refresh',
    (event) => expect(event.transaction?.protocol).toBe('oauth2-refresh-token'),
  ],
  [
    'a refresh has refresh_token',
    'D: EV, RTA',
    'refresh',
    (event) => expect(event.refresh_token?.id).toBeDefined(),
  ],
  [
    'a refresh does not carry the requested scopes of the login',
    'S: SUP1',
    'refresh',
    (event) => expect(event.transaction).not.toHaveProperty('requested_scopes'),
  ],
  [
    'a refresh has target scopes',
    'D: SC',
    'refresh',
    (event) => expect(event.transaction?.target_scopes).toBeDefined(),
  ],
  [
    'a refresh comes by POST with grant_type refresh_token',
    'D: RTU',
    'refresh',
    ({ request }) => expect([request.method, request.body['grant_type']]).toEqual(['POST', 'refresh_token']),
  ],
  [
    'a refresh has no transaction id, which browsers alone have',
    'D: EV',
    'refresh',
    (event) => expect(event.transaction).not.toHaveProperty('id'),
  ],
  [
    'a refresh has transaction.metadata',
    'D: EV; T: TY',
    'refresh',
    (event) => expect(event.transaction?.metadata).toEqual({}),
  ],
  [
    'refresh_token.resource_servers is a list',
    'D: EV; T: TY',
    'refresh',
    (event) =>
      expect(event.refresh_token?.resource_servers).toEqual([
        { audience: event.resource_server?.identifier, scopes: 'openid profile email' },
      ]),
  ],

  [
    'the password grant has the protocol oauth2-password',
    'S: COM1',
    'password',
    (event) => expect(event.transaction?.protocol).toBe('oauth2-password'),
  ],
  [
    'the password grant has no requested scopes',
    'S: SUP1, COM1',
    'password',
    (event) => expect(event.transaction).not.toHaveProperty('requested_scopes'),
  ],
  [
    'the password grant has its scopes in the body',
    'S: SUP1, COM1',
    'password',
    ({ request }) => expect(request.body['scope']).toBe('openid profile email'),
  ],
  [
    'the password grant has no session',
    'D: SES',
    'password',
    (event) => expect(event).not.toHaveProperty('session'),
  ],
  [
    'the password grant has no refresh_token',
    'D: EV',
    'password',
    (event) => expect(event).not.toHaveProperty('refresh_token'),
  ],
  [
    'the password grant supports target scopes',
    'D: SC',
    'password',
    (event) => expect(event.transaction?.target_scopes).toBeDefined(),
  ],
  [
    'the password grant comes by POST',
    'D: EV',
    'password',
    ({ request }) => expect(request.method).toBe('POST'),
  ],

  [
    'without a session the member is absent',
    'S: SSID',
    'noSession',
    (event) => expect(event).not.toHaveProperty('session'),
  ],
  [
    'without roles there is no authorization',
    'D: EV',
    'noAuthorization',
    (event) => expect(event).not.toHaveProperty('authorization'),
  ],
  [
    'a silent login has prompt none in transaction and query',
    'D: EV; T: FX',
    'silent',
    (event) => expect([event.transaction?.prompt, event.request.query['prompt']]).toEqual([['none'], 'none']),
  ],
  ['a silent login has a session', 'D: GUIDE', 'silent', (event) => expect(event.session?.id).toBeDefined()],
  [
    'an organization has metadata',
    'D: EV; T: TY',
    'organization',
    (event) => expect(event.organization?.metadata).toEqual({}),
  ],
  ['a first login counts one', 'D: EV', 'firstLogin', (event) => expect(event.stats.logins_count).toBe(1)],
  [
    'last_password_reset is absent right after creation',
    'D: EV',
    'firstLogin',
    (event) => expect(event.user).not.toHaveProperty('last_password_reset'),
  ],
  [
    'last_password_reset is for database connections alone',
    'D: EV',
    'sparseSocial',
    (event) => expect(event.user).not.toHaveProperty('last_password_reset'),
  ],
  [
    'for a social connection strategy equals name',
    'D: EV',
    'sparseSocial',
    ({ connection }) => expect(connection.strategy).toBe(connection.name),
  ],
  [
    'a social login has the method federated',
    'D: OLD; T: TY',
    'sparseSocial',
    (event) => expect(event.authentication?.methods[0]?.name).toBe('federated'),
  ],
  [
    'the profile may lack all but user_id',
    'D: GUIDE',
    'sparseSocial',
    (event) =>
      expect([event.user.email, event.user.name, typeof event.user.user_id]).toEqual([
        undefined,
        undefined,
        'string',
      ]),
  ],
  [
    'geoip is there though every member may be missing',
    'D: EV; T: TY',
    'noGeoip',
    (event) => expect(event.request.geoip).toEqual({}),
  ],
  [
    'a third-party application has an id with tpc_',
    'D: TPA',
    'thirdParty',
    (event) => expect(event.client.client_id).toMatch(/^tpc_/),
  ],
]

/** Parts of the event that a call changes at once. */
const live: [part: string, call: Call, path: string, value: unknown, source: string][] = [
  [
    'transaction.metadata',
    (api) => api.transaction.setMetadata('a', 1),
    'transaction.metadata',
    { a: 1 },
    'D: TXM; T: FX',
  ],
  [
    'transaction.target_scopes',
    (api) => api.transaction.setTargetScopes(['a']),
    'transaction.target_scopes',
    ['a'],
    'D: SC; T: FX',
  ],
  [
    'session.metadata',
    (api) => api.session.setMetadata('a', 'b'),
    'session.metadata',
    { a: 'b' },
    'D: SMD; T: FX',
  ],
  [
    'session.cookie.mode',
    (api) => api.session.setCookieMode('persistent'),
    'session.cookie.mode',
    'persistent',
    'T: FX',
  ],
  [
    'refresh_token.metadata',
    (api) => api.refreshToken.setMetadata('a', 'b'),
    'refresh_token.metadata',
    { a: 'b' },
    'D: RTC; T: FX',
  ],
]
const full = situation('refresh', {
  session: { id: 'session-1', metadata: {}, cookie: { mode: 'non-persistent' } },
  resource_server: { identifier: API },
})

const still: [method: string, call: Call][] = [
  ['user.setAppMetadata', (api) => api.user.setAppMetadata('a', 1)],
  ['user.setUserMetadata', (api) => api.user.setUserMetadata('a', 1)],
  ['accessToken.addScope', (api) => api.accessToken.addScope('a')],
  ['accessToken.setCustomClaim', (api) => api.accessToken.setCustomClaim('a', 1)],
  ['authentication.challengeWith', (api) => api.authentication.challengeWith({ type: 'otp' })],
  ['authentication.setPrimaryUser', (api) => api.authentication.setPrimaryUser('auth0|2')],
  ['multifactor.enable', (api) => api.multifactor.enable('any')],
  ['session.setExpiresAt', (api) => api.session.setExpiresAt(1)],
  ['access.deny', (api) => api.access.deny('r')],
]

const workspace = {
  tenant: {
    clients: [{ name: 'Shop', client_id: 'shop', client_metadata: { tier: 'gold' } }],
    resourceServers: [{ identifier: API, scopes: [{ value: 'read:orders' }] }],
    organizations: [{ name: 'acme', display_name: 'Acme', metadata: { plan: 'team' } }],
  },
  local: {
    users: [{ email: 'ada@acme.example', password: 'x', roles: ['admin'], app_metadata: { a: 1 } }],
    organizations: [{ name: 'acme', members: [{ user: 'ada@acme.example', roles: ['buyer'] }] }],
  },
} as unknown as Workspace

/** The event: its properties, what differs by flow, what changes while Actions run. */
export const events: Row[] = [
  ...texts.flatMap(([source, paths]) =>
    paths.map((path) =>
      agree(source, `${path} is a text`, () => {
        accepted(having(path, 'text'))
        refusedAt(path, 1)
      }),
    ),
  ),
  ...others.map(([path, good, bad, source]) =>
    agree(source, `${path}, its shape`, () => {
      accepted(having(path, good))
      const event = having(path, bad)
      expect(() => assertEvent(event, schema, 'event.json')).toThrow(`"/${path.replaceAll('.', '/')}`)
    }),
  ),
  ...required.map(([path, source]) =>
    agree(source, `${path} is never missing`, () => {
      expect(() => assertEvent(without(path), schema, 'event.json')).toThrow(/required/)
      for (const name of names) {
        const event = eventOf(name)
        const parent = path.split('.').slice(0, -1).join('.')
        if (
          parent === '' ||
          (at(event, parent) !== undefined && Object.keys(at(event, parent) as object).length > 0)
        )
          expect(at(event, path), name).toBeDefined()
      }
    }),
  ),
  ...optional.map(([path, source]) => agree(source, `${path} may be missing`, () => accepted(without(path)))),
  ...[...new Set(optional.map(([path]) => path.split('.')[0]!))].map((path) =>
    agree('T: TY', `${path} that is missing is absent, not null`, () => refusedAt(path, null)),
  ),
  agree('D: EXP', 'experiment alone is null when there is none', () => accepted(having('experiment', null))),
  ...['ja3', 'ja4'].flatMap((name) => [
    agree('D: EV', `security_context.${name} may be null`, () =>
      accepted(having(`security_context.${name}`, null)),
    ),
    agree('D: EV', `security_context.${name} may be empty`, () =>
      accepted(having(`security_context.${name}`, '')),
    ),
  ]),
  agree('D: RTA', 'refresh_token.session_id is null on old tokens', () =>
    accepted(having('refresh_token.session_id', null)),
  ),
  agree('T: FX; D: SES', 'session may be an empty object', () => accepted(having('session', {}))),
  ...PROTOCOLS.map((protocol) =>
    agree('D: OLD, EV; T: TY', `the protocol ${protocol}`, () =>
      accepted(having('transaction.protocol', protocol)),
    ),
  ),
  chosen(
    'D: SC, EV',
    'the protocol oauth2-token-exchange-federated-connection: on one page, not in the types',
    'accepted',
    () => accepted(having('transaction.protocol', 'oauth2-token-exchange-federated-connection')),
  ),
  chosen('D: EV', 'a protocol that no page names: not documented', 'refused', () =>
    refusedAt('transaction.protocol', 'oauth2-telepathy'),
  ),
  ...['query', 'fragment', 'form_post', 'web_message'].map((mode) =>
    agree('D: EV', `the response_mode ${mode}`, () => accepted(having('transaction.response_mode', mode))),
  ),
  agree('D: EV', 'no other response_mode', () => refusedAt('transaction.response_mode', 'smoke')),
  ...['low', 'medium', 'high', 'neutral'].map((confidence) =>
    agree('D: EV, AMFA', `riskAssessment.confidence ${confidence}`, () =>
      accepted(having('authentication.riskAssessment', { confidence, version: '1', assessments: {} })),
    ),
  ),
  agree('D: EV', 'no other confidence', () => {
    const event = having('authentication.riskAssessment', {
      confidence: 'none',
      version: '1',
      assessments: {},
    })
    expect(() => assertEvent(event, schema, 'event.json')).toThrow(
      '/authentication/riskAssessment/confidence',
    )
  }),
  agree('D: MFAS, MFAE; T: FX', 'a method mfa has the type of its factor', () =>
    accepted(
      having('authentication.methods', [
        { name: 'mfa', timestamp: '2026-01-15T09:30:00.000Z', type: 'email' },
      ]),
    ),
  ),
  ...[
    'federated',
    'pwd',
    'passkey',
    'sms',
    'email',
    'phone_number',
    'mock',
    'mfa',
    'https://x.example/m',
  ].map((name) =>
    agree('D: OLD; T: TY', `the method ${name}`, () =>
      accepted(having('authentication.methods', [{ name, timestamp: '2026-01-15T09:30:00.000Z' }])),
    ),
  ),
  chosen('D: RED', 'a sample reads record.url of a recorded method; prose and types say name', 'name', () =>
    expect(() =>
      assertEvent(
        having('authentication.methods', [{ url: 'https://x.example', timestamp: 'now' }]),
        schema,
        'event.json',
      ),
    ).toThrow('name'),
  ),
  chosen('D: EV, COR', 'correlation_id has up to 64 of certain characters', 'not checked in an event', () =>
    accepted(having('transaction.correlation_id', 'x'.repeat(65))),
  ),
  chosen(
    'D: EV',
    'riskAssessment has codes for each of its assessments',
    'types know them; an event is not checked',
    () =>
      accepted(
        having('authentication.riskAssessment', {
          confidence: 'low',
          version: '1',
          assessments: { ImpossibleTravel: { code: 'new_code', confidence: 'low' } },
        }),
      ),
  ),
  agree('D: EV; T: TY', 'an actor may have an actor, five deep', () => {
    const chain = { sub: 'a', act: { sub: 'b', act: { sub: 'c', act: { sub: 'd', act: { sub: 'e' } } } } }
    accepted(having('transaction.actor', chain))
  }),
  ...['client', 'connection', 'organization', 'session', 'refresh_token'].map((name) =>
    agree('D: EV, SMD, RTM; T: TY', `metadata of ${name} is text alone`, () => {
      const event = having(`${name}.metadata`, { a: 1 })
      expect(() => assertEvent(event, schema, 'event.json')).toThrow(`/${name}/metadata/a`)
    }),
  ),
  agree('T: TY', 'metadata of a transaction has no objects', () => {
    const event = having('transaction.metadata', { a: {} })
    expect(() => assertEvent(event, schema, 'event.json')).toThrow('/transaction/metadata/a')
  }),
  chosen(
    'T: FX',
    'client.authentication and client.external_client_id are in the example of the harness alone',
    'accepted in an event, and not in an event of ours',
    () => {
      accepted(having('client.external_client_id', 'https://x.example/client.json'))
      expect(postLoginEvent().client).not.toHaveProperty('authentication')
    },
  ),
  agree('D: EV; T: TY', 'the user may have other attributes, as the connection gives them', () =>
    accepted(having('user.department', ['it'])),
  ),
  agree('T: TY', 'the transaction may have other properties', () =>
    accepted(having('transaction.new_one', 1)),
  ),
  chosen(
    'D: MIG; T: FX',
    'metadata of a custom database may be no object',
    'an event file with such is refused; an event in code runs',
    async () => {
      refusedAt('user.app_metadata', 'text')
      const event = postLoginEvent({ user: { app_metadata: 'text' } })
      expect((await outcomeOf((_api, own) => own.user.app_metadata, { event })).outcome).toBe('text')
    },
  ),
  chosen('D: EV, RTC', 'a sample reads request.asn.value; asn is a text by the types', 'a text', () =>
    expect(postLoginEvent().request.asn).toMatch(/^AS\d+$/),
  ),
  chosen(
    'D: EV, RTC',
    'a sample reads request.geoip.country_code; by the types it is countryCode',
    'countryCode',
    () => {
      expect(postLoginEvent().request.geoip).toHaveProperty('countryCode')
      expect(postLoginEvent().request.geoip).not.toHaveProperty('country_code')
    },
  ),
  chosen('D: PL, RTU', 'a sample reads event.user.groups, which the page does not list', 'not there', () =>
    expect(postLoginEvent().user).not.toHaveProperty('groups'),
  ),
  ...['permissions', 'scopes', 'tokens', 'groups'].map((name) =>
    agree('D: PL', `there is no event.${name}`, () => expect(postLoginEvent()).not.toHaveProperty(name)),
  ),
  ...names.map((name) =>
    agree('D: EV; T: TY', `the event of "${name}" is one by the schema`, () => accepted(eventOf(name))),
  ),
  ...names.map((name) =>
    agree('D: DEP', `request of "${name}" has nothing that is stripped`, () => {
      const { query, body } = eventOf(name).request
      for (const key of STRIPPED) {
        expect(query).not.toHaveProperty(key)
        expect(body).not.toHaveProperty(key)
      }
    }),
  ),
  ...flows.map(([fact, source, name, holds]) => agree(source, fact, () => holds(eventOf(name)))),
  chosen(
    'D: ORT',
    'the session on a refresh: there for online tokens, not stated for offline ones',
    'not there',
    () => expect(situation('refresh')).not.toHaveProperty('session'),
  ),
  chosen('D: EV', 'request.query of a back-channel call: not documented', 'empty', () =>
    expect([situation('refresh').request.query, situation('password').request.query]).toEqual([{}, {}]),
  ),
  agree('D: EV', 'a refresh or a password grant has nothing of what a browser brought to /authorize', () => {
    const event = onApi({
      request: { query: { store: 'berlin', 'ext-team': 'a', login_hint: 'x' }, body: { csrf_field: 'b' } },
      transaction: { login_hint: 'x', correlation_id: 'c', metadata: { asked: 'yes' }, linking_id: 'l' },
      prompt: { id: 'ap_1', fields: { a: 'b' } },
    })
    const refreshed = [refreshOf(event, ['openid']), loginOfEvent(event).refreshAfter(NOTHING_DONE).event]
    for (const { request, transaction, prompt } of refreshed) {
      expect(request).toMatchObject({ method: 'POST', query: {}, body: { grant_type: 'refresh_token' } })
      expect(Object.keys(request.body)).toEqual(['grant_type'])
      expect(transaction).toEqual({
        protocol: 'oauth2-refresh-token',
        target_scopes: expect.any(Array),
        metadata: {},
      })
      expect(prompt).toBeUndefined()
    }
    const { request, transaction } = passwordGrantOf(event)
    expect([request.query, Object.keys(request.body).sort()]).toEqual([
      {},
      ['audience', 'grant_type', 'scope'],
    ])
    expect(transaction).toMatchObject({ protocol: 'oauth2-password', metadata: {} })
  }),
  chosen(
    'D: EV',
    'data of its own that an application sends to /oauth/token: whether it does so again is its affair',
    'it does, with other parameters of the grant',
    () => {
      const event = situation('password', { request: { body: { store: 'berlin', username: 'ada' } } })
      const refreshed = refreshOf(event, ['openid'])
      expect(refreshed.request.body).toEqual({ store: 'berlin', grant_type: 'refresh_token' })
      expect(refreshOf(refreshed, ['openid']).request.body).toEqual(refreshed.request.body)
    },
  ),
  chosen('D: RTA, RTC', 'authentication on a refresh: no guarantee', 'not there', () =>
    expect(situation('refresh')).not.toHaveProperty('authentication'),
  ),
  chosen('D: EV', 'resource_server on a refresh: not documented', 'the API of the login', () =>
    expect(refreshOf(onApi(), ['openid']).resource_server).toEqual({ identifier: API }),
  ),
  chosen('D: EV', 'whether a refresh counts as a login: not documented', 'it does not', () => {
    const event = onApi()
    expect(refreshOf(event, []).stats).toEqual(event.stats)
  }),
  agree('D: RTA; T: TY', 'scopes of refresh_token.resource_servers are one text', () =>
    expect(refreshOf(onApi(), ['openid', 'a']).refresh_token?.resource_servers).toEqual([
      { audience: API, scopes: 'openid a' },
    ]),
  ),
  agree('D: RTA', 'refresh_token names the application, the user and the session of the login', () => {
    const event = onApi()
    expect(refreshOf(event, []).refresh_token).toMatchObject({
      client_id: event.client.client_id,
      user_id: event.user.user_id,
      session_id: event.session?.id,
    })
  }),

  agree('D: EV', 'a workspace: resource_server is the audience', () =>
    expect(loginFor(workspace).event.resource_server).toEqual({ identifier: API }),
  ),
  agree('D: EV', 'a workspace: no resource_server without an audience', () =>
    expect(loginFor(workspace, { audience: '' }).event).not.toHaveProperty('resource_server'),
  ),
  agree('D: EV, PL', 'a workspace: authorization.roles are names', () =>
    expect(loginFor(workspace).event.authorization).toEqual({ roles: ['admin'] }),
  ),
  agree('D: DAE', 'a workspace: authorization.roles in an organization are those of the member alone', () =>
    expect(loginFor(workspace, { organization: 'acme' }).event.authorization).toEqual({ roles: ['buyer'] }),
  ),
  agree('D: EV', 'a workspace: organization with its metadata', () =>
    expect(loginFor(workspace, { organization: 'acme' }).event.organization).toMatchObject({
      name: 'acme',
      display_name: 'Acme',
      metadata: { plan: 'team' },
    }),
  ),
  agree('D: EV', 'a workspace: client.metadata', () =>
    expect(loginFor(workspace).event.client).toEqual({
      client_id: 'shop',
      name: 'Shop',
      metadata: { tier: 'gold' },
    }),
  ),
  agree('D: EV', 'a workspace: the password is not in the event', () =>
    expect(loginFor(workspace).event.user).not.toHaveProperty('password'),
  ),

  ...live.flatMap(([part, call, path, value, source]) => [
    agree(source, `${part} changes at once`, async () => {
      const { outcome } = await outcomeOf(
        (api, event) => {
          call(api, event)
          return at(event, path)
        },
        { event: full },
      )
      expect(outcome).toEqual(value)
    }),
    agree(source, `${part} as changed is in the event of the next Action`, async () => {
      let seen: unknown
      await login(
        [
          call,
          (_api, event) => {
            seen = at(event, path)
          },
        ],
        { event: full },
      )
      expect(seen).toEqual(value)
    }),
    agree(source, `${part} of the caller's own event does not change`, async () => {
      const before = structuredClone(full)
      await login([call], { event: full })
      expect(full).toEqual(before)
    }),
  ]),
  ...still.map(([method, call]) =>
    agree('D: FIRST; T: FX', `${method} changes nothing in the event`, async () => {
      const { outcome, next } = await outcomeOf((api, own) => {
        const before = structuredClone(own)
        call(api, own)
        expect(own).toEqual(before)
      })
      expect([outcome, next]).toEqual([undefined, postLoginEvent()])
    }),
  ),
  agree('D: TXM', 'transaction.metadata: null removes, and it reads as undefined', async () => {
    const { outcome } = await outcomeOf((api, event) => {
      api.transaction.setMetadata('a', 1)
      api.transaction.setMetadata('a', null)
      return [event.transaction.metadata.a, 'a' in event.transaction.metadata]
    })
    expect(outcome).toEqual([undefined, false])
  }),
  agree('D: TXM', 'transaction.metadata keeps what was there', async () => {
    const event = onApi({ transaction: { metadata: { old: 1 } } })
    const { outcome } = await outcomeOf(
      (api, own) => {
        api.transaction.setMetadata('a', 1)
        return own.transaction.metadata
      },
      { event },
    )
    expect(outcome).toEqual({ old: 1, a: 1 })
  }),
  chosen(
    'D: EV; T: TY',
    'setMetadata where the event has no transaction: not documented',
    'there is one then',
    async () => {
      const { outcome } = await outcomeOf(
        (api, event) => {
          api.transaction.setMetadata('a', 1)
          return event.transaction
        },
        { event: onApi({ transaction: undefined }) },
      )
      expect(outcome).toEqual({ metadata: { a: 1 } })
    },
  ),
  agree(
    'T: FX',
    'refreshToken.setMetadata before a token exists does not make event.refresh_token',
    answers((api, event) => {
      api.refreshToken.setMetadata('a', 'b')
      return 'refresh_token' in event
    }, false),
  ),
  agree(
    'D: RTM; T: FX',
    'refreshToken.setMetadata on a refresh keeps what was there',
    answers(
      (api, event) => {
        api.refreshToken.setMetadata('b', 'c')
        return event.refresh_token.metadata
      },
      { a: 'b', b: 'c' },
      { event: situation('refresh', { refresh_token: { metadata: { a: 'b' } } }) },
    ),
  ),
  agree('D: RTC; T: FX', 'the change of refresh_token.metadata is answered for the next Action', async () => {
    const { state, next } = await outcomeOf((api) => api.refreshToken.setMetadata('a', 'b'), refresh)
    expect(state).toEqual({ refreshToken: { metadata: { a: 'b' } } })
    expect(next.refresh_token?.metadata).toEqual({ a: 'b' })
  }),
]
