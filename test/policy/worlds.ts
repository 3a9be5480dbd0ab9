/** Generated workspaces and logins for the parity of simulator and tenant. */
import fc from 'fast-check'
import { stringify } from 'yaml'

export const ACTION = `
const own = (name) => 'https://acme.example/' + name
const BETWEEN = {
  addScope: (api, scope) => api.accessToken.addScope(scope),
  removeScope: (api, scope) => api.accessToken.removeScope(scope),
  addTargetScope: (api, scope) => api.transaction.addTargetScope(scope),
  removeTargetScope: (api, scope) => api.transaction.removeTargetScope(scope),
  setTargetScopes: (api, scopes) => api.transaction.setTargetScopes(scopes.split(' ')),
  appMetadata: (api, value) => api.user.setAppMetadata('seen', value),
  userMetadata: (api, value) => api.user.setUserMetadata('seen', value),
  deny: (api, reason) => api.access.deny(reason),
  throw: (api, message) => { throw new Error(message) },
  primary: (api, user) => api.authentication.setPrimaryUser(user),
  mfa: (api, provider) => api.multifactor.enable(provider),
  claim: (api, name) => { api.idToken.setCustomClaim(name, 'own'); api.accessToken.setCustomClaim(name, 'own') },
  large: (api) => api.idToken.setCustomClaim(own('large'), 'x'.repeat(100_001)),
  sessionMetadata: (api, value) => api.session.setMetadata('seen', value),
  refreshMetadata: (api, value) => api.refreshToken.setMetadata('seen', value),
  forget: (api) => { api.refreshToken.evictMetadata(); api.session.deleteMetadata('seen') },
  sessionEnd: (api, at) => api.session.setExpiresAt(Number(at)),
  sessionIdle: (api, at) => api.session.setIdleExpiresAt(Number(at)),
  refreshEnd: (api, at) => api.refreshToken.setExpiresAt(Number(at)),
  refreshIdle: (api, at) => api.refreshToken.setIdleExpiresAt(Number(at)),
  cookie: (api, mode) => api.session.setCookieMode(mode),
  redirect: (api, url) => api.redirect.sendUserTo(url),
  revoke: (api, reason) => api.refreshToken.revoke(reason),
  revokeSession: (api, keep) => api.session.revoke('revoked', { preserveRefreshTokens: keep === 'keep' }),
}
exports.onExecutePostLogin = async (event, api) => {
  const refresh = event.transaction.protocol === 'oauth2-refresh-token'
  const { transaction, user, client, organization, session, refresh_token } = event
  const seen = {
    roles: event.authorization?.roles,
    organization: organization && { ...organization },
    api: event.resource_server?.identifier,
    protocol: transaction.protocol,
    requested: transaction.requested_scopes,
    targets: transaction.target_scopes,
    user: { ...user, created_at: undefined },
    client,
    connection: event.connection.name,
    methods: event.authentication?.methods,
    session: session && { ...session, id: undefined, device: undefined },
    refresh_token: refresh_token && { ...refresh_token, id: undefined, session_id: undefined },
    refresh_session: refresh_token && refresh_token.session_id === event.session?.id,
    logins: event.stats.logins_count,
  }
  api.accessToken.setCustomClaim(own('seen'), seen)
  api.idToken.setCustomClaim(own('seen'), seen)
  for (const [when, what, value] of user.user_metadata.does ?? []) {
    if (when !== 'both' && (when === 'refresh') !== refresh) continue
    BETWEEN[what](api, value)
    if (what === 'deny') return
  }
}
`

/** 2026-01-15T09:30:00Z: when every simulated login is. */
export const NOW = Date.parse('2026-01-15T09:30:00.000Z')

const SCOPES = ['read:a', 'write:a', 'delete:a', 'unknown:a']
const CLAIMS = [
  'openid',
  'profile',
  'email',
  'offline_access',
  'online_access',
  'phone',
  'address',
  'nickname',
  'picture',
]
const APIS = ['https://one.example/', 'https://two.example/', 'https://three.example/']
const CLIENTS = ['Shop', 'Web', 'Partner', 'Phone', 'Machine']
const ROLES = ['reader', 'writer', 'keeper']
const USERS = ['ada', 'grace', 'joan', 'blocked'].map((name) => `${name}@acme.example`)
const ORGANIZATIONS = ['acme', 'globex']

/** Mostly the first: what refuses everything else must not be in every world. */
const mostly = <T>(first: T, ...others: T[]): fc.Arbitrary<T> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(first) }, { weight: 1, arbitrary: fc.constantFrom(...others) })
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const flag = fc.boolean()

const api = fc.record({
  enforce_policies: flag,
  allow_offline_access: mostly(true, false),
  token_dialect: optional(
    fc.constantFrom('access_token', 'access_token_authz', 'rfc9068_profile', 'rfc9068_profile_authz'),
  ),
  signing_alg: optional(fc.constantFrom('RS256', 'PS256', 'HS256')),
  token_lifetime: optional(fc.constantFrom(60, 7200)),
  scopes: optional(fc.subarray(SCOPES.slice(0, 3)).map((all) => all.map((value) => ({ value })))),
  skip_consent_for_verifiable_first_party_clients: flag,
  subject_type_authorization: mostly<string | undefined>(
    undefined,
    'allow_all',
    'require_client_grant',
    'deny_all',
  ).map((policy) => policy && { user: { policy } }),
})

const refreshToken = fc.record({
  rotation_type: mostly('rotating', 'non-rotating'),
  expiration_type: fc.constant('expiring'),
  token_lifetime: optional(fc.constantFrom(3600, 86_400)),
  idle_token_lifetime: optional(fc.constantFrom(600, 1800)),
  policies: optional(
    fc.subarray(APIS).map((all) => all.map((audience) => ({ audience, scope: SCOPES.slice(0, 2) }))),
  ),
})

const client = fc.record({
  refresh_token: fc.option(refreshToken, { nil: undefined, freq: 5 }),
  grant_types: mostly<string[] | undefined>(
    undefined,
    ['authorization_code'],
    ['authorization_code', 'refresh_token'],
    ['refresh_token'],
  ),
  organization_usage: mostly<string | undefined>('allow', 'deny', 'require', undefined),
  organization_require_behavior: optional(
    fc.constantFrom('no_prompt', 'pre_login_prompt', 'post_login_prompt'),
  ),
  client_metadata: optional(fc.constant({ tier: 'gold' })),
  jwt_configuration: optional(fc.constantFrom({ alg: 'RS256' }, { alg: 'PS256', lifetime_in_seconds: 120 })),
})

const grant = fc.record({
  client_id: fc.constantFrom(...CLIENTS),
  audience: fc.constantFrom(...APIS),
  scope: fc.subarray(SCOPES.slice(0, 3)),
  subject_type: fc.constantFrom('user', 'client'),
})

const person = fc.record({
  roles: optional(fc.subarray([...ROLES, 'no such role'])),
  given_name: optional(fc.constant('Given')),
  nickname: optional(fc.constant('nick')),
  phone_number: optional(fc.constant('+43111')),
  phone_verified: optional(flag),
  picture: optional(fc.constant('https://cdn.example/p.png')),
  email_verified: optional(flag),
  app_metadata: optional(fc.constant({ plan: 'team' })),
})

export const world = fc.record({
  apis: fc.array(api, { minLength: APIS.length, maxLength: APIS.length }),
  clients: fc.array(client, { minLength: CLIENTS.length, maxLength: CLIENTS.length }),
  grants: fc.uniqueArray(grant, {
    maxLength: 6,
    selector: ({ client_id, audience, subject_type }) => `${client_id} ${audience} ${subject_type}`,
  }),
  permissions: fc.array(fc.tuple(fc.constantFrom(...APIS), fc.subarray(SCOPES, { minLength: 1 })), {
    minLength: ROLES.length,
    maxLength: ROLES.length,
  }),
  people: fc.array(person, { minLength: USERS.length, maxLength: USERS.length }),
  members: fc.array(fc.tuple(fc.subarray(USERS), optional(fc.subarray(ROLES)), flag), {
    minLength: ORGANIZATIONS.length,
    maxLength: ORGANIZATIONS.length,
  }),
  names: flag,
  default_audience: optional(fc.constantFrom(...APIS)),
})

const TYPES = ['spa', 'regular_web', 'regular_web', 'native', 'non_interactive']

/** The two files of a workspace. */
export function filesOf(one: World): { 'tenant.yaml': string; 'tenant.local.yaml': string } {
  const tenant = {
    resourceServers: one.apis.map((settings, at) => ({
      name: `API ${at}`,
      identifier: at === 2 ? 'https://##HOST##/' : APIS[at],
      ...settings,
    })),
    clients: one.clients.map((settings, at) => ({
      name: CLIENTS[at],
      app_type: TYPES[at],
      ...(CLIENTS[at] === 'Partner' && { is_first_party: false, redirection_policy: 'allow_always' }),
      callbacks: ['http://localhost:5173/callback'],
      ...settings,
    })),
    clientGrants: one.grants.map(({ scope, ...rest }) => ({
      ...rest,
      scope: defined(one, rest.audience, scope),
    })),
    roles: one.permissions.map(([audience, names], at) => ({
      name: ROLES[at],
      permissions: defined(one, audience, names).map((permission_name) => ({
        permission_name,
        resource_server_identifier: audience,
      })),
    })),
    organizations: one.members.map(([, , assigns], at) => ({
      name: ORGANIZATIONS[at],
      connections: [{ name: 'Username-Password-Authentication', assign_membership_on_login: assigns }],
    })),
    actions: [
      {
        name: 'act',
        code: './actions/act.js',
        runtime: 'node22',
        deployed: true,
        supported_triggers: [{ id: 'post-login', version: 'v3' }],
      },
    ],
    triggers: { 'post-login': [{ action_name: 'act' }] },
  }
  const local = {
    users: one.people.map((settings, at) => ({
      email: USERS[at],
      password: 'local-password',
      user_id: `auth0|${at}`,
      ...(USERS[at]!.startsWith('blocked') && { blocked: true }),
      ...settings,
    })),
    organizations: one.members.map(([users, roles], at) => ({
      name: ORGANIZATIONS[at],
      members: users.map((user) => ({ user, ...(roles !== undefined && { roles }) })),
    })),
    keywords: { HOST: 'three.example' },
    settings: {
      allow_organization_name_in_authentication_api: one.names,
      ...(one.default_audience !== undefined && { default_audience: one.default_audience }),
    },
  }
  return { 'tenant.yaml': stringify(tenant), 'tenant.local.yaml': stringify(local) }
}

/** The tenant takes no grant and no permission for a scope that the API does not have. */
function defined({ apis }: World, audience: string, names: readonly string[]): string[] {
  const { scopes = [] } = apis[APIS.indexOf(audience)]!
  return names.filter((name) => scopes.some(({ value }) => value === name))
}

export type World = typeof world extends fc.Arbitrary<infer T> ? T : never

const time = fc.constantFrom(-1, 60, 7200, 10 * 86_400).map((seconds) => String(NOW + seconds * 1000))
const scope = fc.constantFrom(...SCOPES, ...CLAIMS)
const order = (name: string, value: fc.Arbitrary<string>) =>
  fc.tuple(fc.constantFrom('login', 'refresh', 'both'), fc.constant(name), value)

/** What the Action does in one login: when, what, with which value. */
const does = fc.array(
  fc.oneof(
    ...['addScope', 'removeScope', 'addTargetScope', 'removeTargetScope'].map((name) => order(name, scope)),
    order(
      'setTargetScopes',
      fc.subarray([...SCOPES, ...CLAIMS], { minLength: 1 }).map((all) => all.join(' ')),
    ),
    ...['appMetadata', 'userMetadata', 'sessionMetadata', 'refreshMetadata'].map((name) =>
      order(name, fc.constantFrom('one', 'two')),
    ),
    ...['sessionEnd', 'sessionIdle', 'refreshEnd', 'refreshIdle'].map((name) => order(name, time)),
    order('cookie', fc.constantFrom('persistent', 'non-persistent')),
    order('claim', fc.constantFrom('nickname', 'roles', 'aud', 'https://acme.example/own', 'email')),
    order('primary', fc.constantFrom('auth0|1', 'auth0|nobody')),
    order('mfa', fc.constantFrom('any', 'none')),
    ...['deny', 'throw', 'forget', 'large', 'revoke'].map((name) => order(name, fc.constant('no'))),
    // A redirect of a login in a browser is another test's affair.
    fc.constant(['refresh', 'redirect', 'https://elsewhere.example/'] as [string, string, string]),
    order('revokeSession', fc.constantFrom('keep', 'end')),
  ),
  { maxLength: 4 },
)

export const login = fc.record({
  user: fc.constantFrom(...USERS.slice(0, 3), ...USERS.slice(0, 3), ...USERS),
  client: fc.constantFrom(...CLIENTS.slice(0, 4), ...CLIENTS.slice(0, 4), ...CLIENTS),
  audience: fc.constantFrom(...APIS, ''),
  scope: fc
    .tuple(mostly(['openid', 'offline_access'], [], ['online_access']), fc.subarray([...SCOPES, ...CLAIMS]))
    .map(([first, rest]) => [...new Set([...first, ...rest])])
    .map((all) => (all[0] === 'online_access' ? all : all.filter((name) => name !== 'online_access'))),
  organization: fc.constantFrom(undefined, undefined, ...ORGANIZATIONS),
  does: fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: does }),
})

export type GeneratedLogin = typeof login extends fc.Arbitrary<infer T> ? T : never
