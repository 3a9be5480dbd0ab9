import { describe, expect, it } from 'vitest'
import {
  type AccessPolicy,
  type Api,
  type Application,
  apiRefusal,
  type ClientGrant,
  grantedScopes,
  membershipRefusal,
  organizationAfterLogin,
  organizationUseRefusal,
  refreshTarget,
  refreshTokenEnds,
  scopesRefusal,
  sessionEnds,
  tokenContext,
} from '../../lib/policy/index.ts'

const API = 'https://api.example/'
const api: Api = {
  identifier: API,
  allow_offline_access: true,
  scopes: ['read', 'write', 'drop'].map((value) => ({ value })),
}
const app: Application = {
  client_id: 'app',
  name: 'App',
  app_type: 'regular_web',
  grant_types: ['authorization_code', 'refresh_token'],
}
const reader = {
  name: 'reader',
  permissions: ['read', 'unknown'].map((permission_name) => ({
    permission_name,
    resource_server_identifier: API,
  })),
}
const grant: ClientGrant = { client_id: 'app', audience: API, scope: ['read', 'write'], subject_type: 'user' }
const ASKED = ['openid', 'nickname', 'offline_access', 'write', 'read', 'unknown']

describe('granted scopes', () => {
  const facts = { application: app, api, grants: [], roles: [reader] }
  it.each<[what: string, changes: Partial<Parameters<typeof grantedScopes>[0]>, expected: string]>([
    [
      'are those that the API defines, in the order of the request',
      {},
      'openid nickname offline_access write read',
    ],
    ['are OIDC scopes alone without an API', { api: undefined }, 'openid nickname offline_access'],
    [
      'are bounded by the roles with RBAC on',
      { api: { ...api, enforce_policies: true } },
      'openid nickname offline_access read',
    ],
    [
      'are bounded by the application’s grant for users',
      { grants: [{ ...grant, scope: ['write'] }] },
      'openid nickname offline_access write',
    ],
    [
      'are not bounded by a grant for machines, nor by one for all scopes',
      {
        grants: [
          { ...grant, scope: [], subject_type: 'client' },
          { ...grant, scope: [], allow_all_scopes: true },
        ],
      },
      'openid nickname offline_access write read',
    ],
    [
      'of somebody else’s application have no OIDC scope',
      { application: { ...app, is_first_party: false } },
      'offline_access write read',
    ],
    [
      'lack offline_access where the API does not allow it',
      { api: { ...api, allow_offline_access: false } },
      'openid nickname write read',
    ],
    [
      'lack offline_access where the application may not refresh',
      { application: { ...app, grant_types: ['authorization_code'] } },
      'openid nickname write read',
    ],
    [
      'lack offline_access for a single-page application that does not rotate',
      { application: { ...app, app_type: 'spa' } },
      'openid nickname write read',
    ],
  ])('%s', (_, changes, expected) => {
    expect(grantedScopes({ ...facts, ...changes }, ASKED).join(' ')).toBe(expected)
  })
})

describe('a login is refused', () => {
  const withPolicy = (policy: AccessPolicy) => ({ ...api, subject_type_authorization: { user: { policy } } })
  const acme = { id: 'org_1', name: 'acme' }
  it.each<[what: string, refusal: unknown, expected: string | undefined]>([
    [
      'for an API that nobody may ask for',
      apiRefusal(app, withPolicy('deny_all'), [grant]),
      'invalid_request',
    ],
    [
      'for an API that wants a grant',
      apiRefusal(app, withPolicy('require_client_grant'), []),
      'invalid_request',
    ],
    ['not with that grant', apiRefusal(app, withPolicy('require_client_grant'), [grant]), undefined],
    ['for both ways to refresh', scopesRefusal(['online_access', 'offline_access']), 'invalid_request'],
    [
      'in an organization that the application does not take',
      organizationUseRefusal(app, true),
      'invalid_request',
    ],
    [
      'without an organization that the application requires',
      organizationUseRefusal({ ...app, organization_usage: 'require' }, false),
      'invalid_request',
    ],
    [
      'not when it will be asked for',
      organizationUseRefusal(
        { ...app, organization_usage: 'require', organization_require_behavior: 'post_login_prompt' },
        false,
      ),
      undefined,
    ],
    [
      'to whoever is no member',
      membershipRefusal('auth0|1', acme, { isMember: false, assigned: false }),
      'access_denied',
    ],
    [
      'not where the connection makes members',
      membershipRefusal('auth0|1', acme, { isMember: false, assigned: true }),
      undefined,
    ],
  ])('%s', (_, refusal, expected) => {
    expect((refusal as { error?: string } | undefined)?.error).toBe(expected)
  })

  it('or continues in the only organization, or asks, where one is required after the login', () => {
    const asking: Application = {
      ...app,
      organization_usage: 'require',
      organization_require_behavior: 'post_login_prompt',
    }
    const other = { id: 'org_2', name: 'other' }
    expect(organizationAfterLogin(asking, [])).toMatchObject({ refused: { error: 'invalid_request' } })
    expect(organizationAfterLogin(asking, [acme])).toEqual({ organization: acme })
    expect(organizationAfterLogin(asking, [acme, other])).toBe('ask')
    expect(organizationAfterLogin(app, [acme, other])).toEqual({ organization: undefined })
  })
})

describe('ends of life', () => {
  const NOW = 1_000_000_000
  const settings = { session_lifetime: 1000, idle_session_lifetime: 100 }
  const session = { created_at: NOW, absolute_expiry: NOW + 1_000_000 }
  it.each<[what: string, asked: object, absolute: number, idle: number]>([
    ['are the tenant’s', {}, 1_000_000, 100_000],
    ['come closer', { expiresAt: NOW + 5, idleExpiresAt: NOW + 3 }, 5, 3],
    ['do not pass the tenant’s', { expiresAt: NOW + 1e9, idleExpiresAt: NOW + 1e9 }, 1_000_000, 100_000],
    ['of an idle session do not pass its end', { expiresAt: NOW + 50_000 }, 50_000, 50_000],
  ])('of a session %s', (_, asked, absolute, idle) => {
    expect(sessionEnds(settings, session, NOW, asked)).toEqual({
      expires_at: NOW + absolute,
      idle_expires_at: NOW + idle,
    })
  })

  it('of a session that an Action has shortened may be moved up to the tenant’s again', () => {
    const shortened = { ...session, absolute_expiry: NOW + 5 }
    expect(sessionEnds(settings, shortened, NOW, { expiresAt: NOW + 500_000 }).expires_at).toBe(NOW + 500_000)
    expect(sessionEnds(settings, shortened, NOW).expires_at).toBe(NOW + 5)
  })

  it.each<[what: string, settings: object, before: object, asked: object, expected: object]>([
    ['there are none unless set', {}, {}, {}, {}],
    [
      'are 30 days with rotation',
      { rotation_type: 'rotating' },
      {},
      {},
      { expires_at: 2_592_000, idle_expires_at: 2_592_000 },
    ],
    [
      'are never, where the application says so',
      { rotation_type: 'rotating', infinite_token_lifetime: true, infinite_idle_token_lifetime: true },
      {},
      {},
      {},
    ],
    [
      'are set by Actions where there are none',
      {},
      {},
      { expiresAt: 5, idleExpiresAt: 3 },
      { expires_at: 5, idle_expires_at: 3 },
    ],
    [
      'stay fixed, and come closer only',
      { token_lifetime: 60, expiration_type: 'expiring', infinite_idle_token_lifetime: true },
      { expires_at: 10 },
      { expiresAt: 20 },
      { expires_at: 10 },
    ],
    [
      'of an idle token start anew',
      { idle_token_lifetime: 7 },
      { idle_expires_at: 1 },
      {},
      { idle_expires_at: 7 },
    ],
  ])('of a refresh token %s', (_, own, before, asked, expected) => {
    const inMilliseconds = (ends: object) =>
      Object.fromEntries(Object.entries(ends).map(([name, seconds]) => [name, NOW + seconds * 1000]))
    expect(refreshTokenEnds(own, inMilliseconds(before), NOW, inMilliseconds(asked))).toEqual(
      inMilliseconds(expected),
    )
  })
})

describe('what a refresh asks for', () => {
  const granted = { audience: API, scopes: ['openid', 'read'] }
  const other = 'https://other.example/'
  const mrrt: Application = {
    ...app,
    refresh_token: {
      policies: [
        { audience: API, scope: ['write'] },
        { audience: other, scope: ['pay'] },
      ],
    },
  }
  it.each<[what: string, application: Application, asked: object, expected: object]>([
    ['is what was granted', app, {}, { audience: API, requested: ['openid', 'read'] }],
    [
      'is less where less is asked for',
      app,
      { scopes: ['read', 'drop'] },
      { audience: API, requested: ['read'] },
    ],
    [
      'is more where a policy gives more',
      mrrt,
      {},
      { audience: API, requested: ['openid', 'read', 'write'] },
    ],
    [
      'is another API by its policy',
      mrrt,
      { audience: other },
      { audience: other, requested: ['openid', 'pay'] },
    ],
    [
      'is refused for an API without a policy',
      app,
      { audience: other },
      { refused: { error: 'access_denied', description: `Service not found: ${other}` } },
    ],
  ])('%s', (_, application, asked, expected) => {
    expect(refreshTarget(application, granted, asked, () => true)).toEqual(expected)
  })
})

describe('the context of tokens', () => {
  const context = (application: Application, settings: Partial<Api> = {}) =>
    tokenContext({
      issuer: 'https://tenant/',
      user: { user_id: 'auth0|1' },
      application,
      api: { ...api, ...settings },
      scopes: [],
      roles: [reader],
      organizationNames: false,
      issuedAt: 0,
    })
  it('has the permissions that the API defines, in an _authz dialect only with RBAC on', () => {
    const dialect = 'access_token_authz' as const
    expect(context(app, { token_dialect: dialect })).toMatchObject({
      permissions: ['read'],
      api: { token_dialect: 'access_token' },
    })
    expect(context(app, { token_dialect: dialect, enforce_policies: true }).api!.token_dialect).toBe(dialect)
  })

  it.each<[what: string, application: Application, seconds: number]>([
    ['the API’s', app, 7200],
    ['an hour for somebody else’s application', { ...app, is_first_party: false }, 3600],
    [
      'the API’s where that is shorter',
      { ...app, client_id: 'tpc_1', jwt_configuration: { lifetime_in_seconds: 9000 } },
      7200,
    ],
  ])('has a lifetime of access tokens: %s', (_, application, seconds) => {
    expect(context(application, { token_lifetime: 7200 }).api!.token_lifetime).toBe(seconds)
  })
})
