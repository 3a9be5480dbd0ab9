import { expect } from 'vitest'
import { createInProcessRuntime } from '../../../lib/runtime/index.ts'
import { loginFor, refreshOf, runTrigger, settleTokens, situation } from '../../../lib/simulator/index.ts'
import { postLogin } from '../../../lib/triggers/index.ts'
import type { Workspace } from '../../../lib/workspace/index.ts'
import {
  API,
  agree,
  answers,
  type Call,
  chosen,
  login,
  onApi,
  outcomeOf,
  type Row,
  withProtocol,
} from './row.ts'

const REQUESTED = ['openid', 'profile', 'email']

/** A login of somebody else's application to our API. */
const partnerWith = (scopes: string[]) =>
  situation('thirdParty', {
    resource_server: { identifier: API },
    transaction: { requested_scopes: scopes },
  })

const add =
  (scope: string): Call =>
  (api) =>
    api.accessToken.addScope(scope)
const remove =
  (scope: string): Call =>
  (api) =>
    api.accessToken.removeScope(scope)

/** The scopes of the access token after these Actions. */
async function scopesAfter(bodies: Call[], options: Parameters<typeof login>[1] = {}): Promise<string[]> {
  return (await login(bodies, options)).tokens.scopes
}

/** What `event.transaction.target_scopes` is after the call. */
const targets =
  (call: Call): Call =>
  async (api, event) => {
    await call(api, event)
    return event.transaction.target_scopes
  }

const TARGET_CALLS: [method: string, call: Call][] = [
  ['addTargetScope', (api) => api.transaction.addTargetScope('a')],
  ['removeTargetScope', (api) => api.transaction.removeTargetScope('email')],
  ['setTargetScopes', (api) => api.transaction.setTargetScopes(['a'])],
  ['clearTargetScopes', (api) => api.transaction.clearTargetScopes()],
]

const AUTH0_APIS = [
  ...['https://acme.auth0.com/api', 'https://acme.auth0.com/api/v2', 'https://acme.auth0.com/api/v2/'],
  ...['https://acme.auth0.com/mfa', 'https://acme.auth0app.com/api/v2'],
]

/** A tenant with an API of three scopes, RBAC on, and a user who may read. */
const workspace = {
  tenant: {
    clients: [{ name: 'Shop', client_id: 'shop' }],
    resourceServers: [
      {
        identifier: API,
        enforce_policies: true,
        scopes: [{ value: 'read:orders' }, { value: 'write:orders' }, { value: 'delete:orders' }],
      },
    ],
    roles: [
      {
        name: 'reader',
        permissions: [
          { permission_name: 'read:orders', resource_server_identifier: API },
          { permission_name: 'write:orders', resource_server_identifier: API },
        ],
      },
    ],
  },
  keywords: {},
  local: { users: [{ email: 'ada@acme.example', password: 'x', roles: ['reader'] }] },
} as unknown as Workspace

/** A login of that tenant, through policy. */
async function throughPolicy(body: Call, scope = 'openid read:orders') {
  const { event, contextAfter } = loginFor(workspace, { scope })
  const pipeline = await runTrigger(postLogin, {
    actions: [{ name: 'a', code: '', file: 'a.js', secrets: {} }],
    event,
    runtime: createInProcessRuntime({
      a: { onExecutePostLogin: async (own: unknown, api: unknown) => body(api, own) },
    }),
  })
  return settleTokens(pipeline, contextAfter(pipeline))
}

const api = {
  identifier: API,
  token_dialect: 'access_token',
  signing_alg: 'RS256',
  token_lifetime: 60,
} as const
const refreshed = { ...api, scopes: ['read:orders'] }

/** Target scopes, forced scopes, and which of them the token has. */
export const scopes: Row[] = [
  agree('D: SC, RBAC; T: HLP', 'addScope forces a scope onto the access token', async () => {
    expect(await scopesAfter([add('a')])).toEqual([...REQUESTED, 'a'])
  }),
  agree('D: SC', 'removeScope takes a scope from the access token', async () => {
    expect(await scopesAfter([remove('email')])).toEqual(['openid', 'profile'])
  }),
  agree('D: SC', 'the scope claim of the token has what came of both', async () => {
    const { tokens } = await login([add('a'), remove('email')])
    expect(tokens.accessToken?.['scope']).toBe('openid profile a')
  }),
  agree('T: HLP', 'a scope is trimmed', async () => {
    expect(await scopesAfter([add('  a\n')])).toEqual([...REQUESTED, 'a'])
  }),
  agree('T: HLP', 'a scope that is there already is not there twice', async () => {
    expect(await scopesAfter([add('email'), add('a'), add('a')])).toEqual([...REQUESTED, 'a'])
  }),
  agree('T: HLP', 'one operation for each scope: add, then remove', async () => {
    expect(await scopesAfter([(own, event) => [add('a')(own, event), remove('a')(own, event)]])).toEqual(
      REQUESTED,
    )
  }),
  agree('T: HLP', 'one operation for each scope: remove, then add', async () => {
    const body: Call = (own, event) => [remove('email')(own, event), add('email')(own, event)]
    expect(await scopesAfter([body])).toEqual(REQUESTED)
  }),
  chosen(
    'I',
    'whether the last operation decides across Actions too: not documented',
    'it does',
    async () => {
      expect(await scopesAfter([add('a'), remove('a')])).toEqual(REQUESTED)
      expect(await scopesAfter([remove('a'), add('a')])).toEqual([...REQUESTED, 'a'])
    },
  ),
  agree('D: SC', 'removing a scope that is not there does nothing', async () => {
    expect(await scopesAfter([remove('a')])).toEqual(REQUESTED)
  }),
  agree('D: SC', 'addScope goes past RBAC and the scopes of the API', async () => {
    const { scopes: own } = await throughPolicy(add('delete:orders'))
    expect(own).toEqual(['openid', 'read:orders', 'delete:orders'])
  }),
  agree(
    'D: SC',
    'addTargetScope is filtered: a scope that the user has no permission for is dropped',
    async () => {
      const { scopes: own } = await throughPolicy((own) => own.transaction.addTargetScope('delete:orders'))
      expect(own).toEqual(['openid', 'read:orders'])
    },
  ),
  agree('D: SC', 'addTargetScope is filtered: a scope that the API does not define is dropped', async () => {
    const { scopes: own } = await throughPolicy((own) => own.transaction.addTargetScope('fly'))
    expect(own).toEqual(['openid', 'read:orders'])
  }),
  agree('D: SC', 'addTargetScope is filtered: a scope that policy grants is in the token', async () => {
    const { scopes: own } = await throughPolicy((own) => own.transaction.addTargetScope('write:orders'))
    expect(own).toEqual(['openid', 'read:orders', 'write:orders'])
  }),
  agree('D: RBAC', 'with RBAC a requested scope without the permission is not granted', async () => {
    const { scopes: own } = await throughPolicy(() => undefined, 'openid read:orders delete:orders')
    expect(own).toEqual(['openid', 'read:orders'])
  }),
  agree('D: SC', 'removeTargetScope takes a scope from the token', async () => {
    const { scopes: own } = await throughPolicy((own) => own.transaction.removeTargetScope('read:orders'))
    expect(own).toEqual(['openid'])
  }),
  agree(
    'D: SC',
    'accessToken scopes reach the access token alone: profile claims stay in the ID token',
    async () => {
      const { tokens } = await login([remove('profile')])
      expect(tokens.scopes).not.toContain('profile')
      expect(tokens.idToken).toHaveProperty('name')
    },
  ),
  agree(
    'D: SC',
    'target scopes reach OIDC scopes: without profile the ID token has no profile claims',
    async () => {
      const { tokens } = await login([(own) => own.transaction.removeTargetScope('profile')])
      expect(tokens.idToken).not.toHaveProperty('name')
      expect(tokens.idToken).toHaveProperty('email')
    },
  ),
  chosen(
    'D: SC',
    'dropping openid can stop the ID token; whether it does is not said',
    'it does: there is none, and claims on it are dropped',
    async () => {
      const { tokens } = await login([
        (own) => {
          own.transaction.clearTargetScopes()
          own.idToken.setCustomClaim('https://acme.example/a', 1)
        },
      ])
      expect(tokens.scopes).toEqual([])
      expect(tokens.idToken).toBeUndefined()
      expect(tokens.writes).toMatchObject([{ verdict: 'dropped', rule: 'claims/no-id-token' }])
      expect(tokens.accessToken?.['aud']).toBe(API)
    },
  ),
  agree('D: SC', 'addScope is not in target_scopes', answers(targets(add('a')), REQUESTED)),
  agree('D: SC', 'removeScope is not in target_scopes', answers(targets(remove('email')), REQUESTED)),
  ...TARGET_CALLS.map(([method, call]) =>
    agree('D: SC', `${method} never changes requested_scopes`, async () => {
      const { outcome } = await outcomeOf(async (own, event) => {
        await call(own, event)
        return event.transaction.requested_scopes
      })
      expect(outcome).toEqual(REQUESTED)
    }),
  ),
  agree(
    'D: SC; T: TGT, FX',
    'addTargetScope adds',
    answers(
      targets((own) => own.transaction.addTargetScope(' a ')),
      [...REQUESTED, 'a'],
    ),
  ),
  agree(
    'D: SC; T: TGT, FX',
    'addTargetScope of a scope that is there is a no-op',
    answers(
      targets((own) => own.transaction.addTargetScope('email')),
      REQUESTED,
    ),
  ),
  agree(
    'D: SC; T: TGT, FX',
    'removeTargetScope removes',
    answers(
      targets((own) => own.transaction.removeTargetScope(' email ')),
      ['openid', 'profile'],
    ),
  ),
  agree(
    'D: SC; T: TGT, FX',
    'removeTargetScope of a scope that is not there is a no-op',
    answers(
      targets((own) => own.transaction.removeTargetScope('a')),
      REQUESTED,
    ),
  ),
  agree(
    'D: SC; T: TGT, FX',
    'setTargetScopes replaces the set, trims and drops doubles',
    answers(
      targets((own) => own.transaction.setTargetScopes([' a ', 'b', 'a'])),
      ['a', 'b'],
    ),
  ),
  agree(
    'D: SC; T: TGT, FX',
    'setTargetScopes of an empty list clears',
    answers(
      targets((own) => own.transaction.setTargetScopes([])),
      [],
    ),
  ),
  agree(
    'D: SC; T: TGT, FX',
    'clearTargetScopes clears',
    answers(
      targets((own) => own.transaction.clearTargetScopes()),
      [],
    ),
  ),
  agree('D: SC', 'target_scopes add up across Actions', async () => {
    let seen: unknown
    const { pipeline } = await login([
      (own) => own.transaction.addTargetScope('a'),
      (own) => own.transaction.removeTargetScope('email'),
      (_own, event) => {
        seen = event.transaction.target_scopes
      },
    ])
    expect(seen).toEqual(['openid', 'profile', 'a'])
    expect(pipeline.targetScopes).toEqual(['openid', 'profile', 'a'])
  }),
  ...TARGET_CALLS.filter(([method]) => method !== 'addTargetScope').map(([method, call]) =>
    agree('D: SC', `${method} cannot cancel a scope that is forced, in any order or Action`, async () => {
      const target: Call = (own, event) => [call(own, event), own.transaction.removeTargetScope('forced')]
      for (const bodies of [
        [add('forced'), target],
        [target, add('forced')],
        [((own, event) => [add('forced')(own, event), target(own, event)]) as Call],
      ]) {
        expect(await scopesAfter(bodies)).toContain('forced')
      }
    }),
  ),
  agree(
    'D: SC',
    'the first set is what was requested',
    answers((_own, event) => event.transaction.target_scopes, REQUESTED),
  ),
  agree('D: SC', 'on a refresh the first set is what was granted', async () => {
    const event = refreshOf(onApi(), ['openid', 'read:orders'])
    const { outcome } = await outcomeOf((_own, given) => given.transaction.target_scopes, { event })
    expect(outcome).toEqual(['openid', 'read:orders'])
  }),
  chosen(
    'D: SC; T: FX',
    'an event without target_scopes, as older tenants give it',
    'the first call starts from requested_scopes',
    answers(
      targets((own) => own.transaction.addTargetScope('a')),
      ['openid', 'a'],
      {
        event: onApi({ transaction: { target_scopes: undefined, requested_scopes: ['openid'] } }),
      },
    ),
  ),
  chosen(
    'D: API, SC; T: FX',
    'the four target-scope methods: in a guide and behind a flag of the code, not on the reference page',
    'there, unless the facts of a run say that the tenant lacks them',
    answers(
      (own) => TARGET_CALLS.map(([method]) => typeof own.transaction[method]),
      Array(TARGET_CALLS.length).fill('function'),
    ),
  ),
  agree('D: SC', 'a run that changes no target scope answers none', async () => {
    expect((await login([add('a')])).pipeline).not.toHaveProperty('targetScopes')
  }),

  ...['oidc-ciba', 'samlp', 'wsfed', 'wstrust-usernamemixed'].map((protocol) =>
    agree(
      'D: SC',
      `target scopes are silently ignored in ${protocol}`,
      answers(
        targets((own) => own.transaction.setTargetScopes(['a'])),
        REQUESTED,
        withProtocol(protocol),
      ),
    ),
  ),
  ...['oauth2-resource-owner', 'oauth2-resource-owner-jwt-bearer', 'oauth2-access-token']
    .map((protocol) =>
      chosen(
        'D: SC, OLD',
        `target scopes are silently ignored at legacy endpoints, which are not listed`,
        `${protocol} is one`,
        answers(
          targets((own) => own.transaction.setTargetScopes(['a'])),
          REQUESTED,
          withProtocol(protocol),
        ),
      ),
    )
    .map((row) => ({ ...row, fact: `${row.fact}: ${row.choice}` })),
  ...[
    ...['oidc-basic-profile', 'oidc-implicit-profile', 'oidc-hybrid-profile', 'oidc-ciba-web-link'],
    ...['oauth2-device-code', 'oauth2-refresh-token', 'oauth2-password', 'oauth2-webauthn'],
    'oauth2-token-exchange',
  ].map((protocol) =>
    agree(
      'D: SC',
      `target scopes are supported in ${protocol}`,
      answers(
        targets((own) => own.transaction.setTargetScopes(['a'])),
        ['a'],
        withProtocol(protocol),
      ),
    ),
  ),
  ...TARGET_CALLS.map(([method, call]) =>
    agree('D: SC', `${method} is an error in a federated connection exchange`, async () => {
      const { outcome } = await outcomeOf(call, withProtocol('oauth2-token-exchange-federated-connection'))
      expect(outcome).toBeInstanceOf(Error)
    }),
  ),

  ...AUTH0_APIS.flatMap((identifier) => [
    agree('S: MSC, C-SCOPE', `addScope is ignored for ${identifier}`, async () => {
      const event = onApi({ resource_server: { identifier } })
      expect(await scopesAfter([add('read:users')], { event })).toEqual(REQUESTED)
    }),
    agree('S: MSC, C-SCOPE', `removeScope is ignored for ${identifier}`, async () => {
      const event = onApi({ resource_server: { identifier } })
      expect(await scopesAfter([remove('email')], { event })).toEqual(REQUESTED)
    }),
  ]),
  agree('D: SC', 'addScope is not supported for third-party applications', async () => {
    const event = partnerWith(['read:orders'])
    expect(await scopesAfter([add('a')], { event })).toEqual(['read:orders'])
  }),
  agree(
    'D: SC; S: C-SCOPE',
    'a call for a scope that is ignored is a finding, one that counts is none',
    async () => {
      const own = onApi({ resource_server: { identifier: AUTH0_APIS[0]! } })
      const partner = situation('thirdParty', { resource_server: { identifier: API } })
      const found = async (event: typeof own) =>
        (await login([add('a'), remove('email')], { event })).tokens.findings.map(({ rule }) => rule)
      expect(await found(own)).toEqual(['scopes/ignored', 'scopes/ignored'])
      expect(await found(partner)).toEqual(['scopes/ignored'])
      expect(await found(onApi({}))).toEqual([])
    },
  ),
  agree('D: SC', 'removeScope is supported for third-party applications', async () => {
    const event = partnerWith(['read:orders', 'write:orders'])
    expect(await scopesAfter([remove('write:orders')], { event })).toEqual(['read:orders'])
  }),
  agree('D: SC', 'target scopes are supported for third-party applications', async () => {
    const event = partnerWith(['read:orders'])
    expect(await scopesAfter([(own) => own.transaction.addTargetScope('a')], { event })).toEqual([
      'read:orders',
      'a',
    ])
  }),
  agree('D: TPA', 'a third-party application is granted no scope of OpenID Connect', async () => {
    expect(await scopesAfter([], { event: partnerWith([...REQUESTED, 'read:orders']) })).toEqual([
      'read:orders',
    ])
  }),
  chosen(
    'D: SC',
    'what addScope does for a third-party application is not documented',
    'the call goes through and changes nothing',
    async () => {
      const event = situation('thirdParty', { resource_server: { identifier: API } })
      const { pipeline } = await login([add('a')], { event })
      expect(pipeline).toMatchObject({ outcome: 'allowed', scopes: { add: ['a'] } })
    },
  ),
  chosen(
    'D: SC',
    'an event does not tell whether the application is a third party',
    'a client id that starts with tpc_, or is_first_party: false in tenant.yaml',
    async () => {
      const own = structuredClone({
        tenant: workspace.tenant,
        local: workspace.local,
        keywords: {},
      }) as Workspace
      own.tenant.clients![0]!['is_first_party'] = false
      const { contextAfter } = loginFor(own)
      expect(contextAfter({}).client.thirdParty).toBe(true)
      expect(loginFor(workspace).contextAfter({}).client.thirdParty).toBe(false)
    },
  ),
  agree('D: PAST', 'a refresh fails when an Action adds a scope that the API does not define', async () => {
    const { tokens } = await login([add('fly')], {
      event: refreshOf(onApi(), ['openid']),
      context: { api: refreshed },
    })
    expect(tokens.failure).toMatch(/"fly".*does not define/)
  }),
  agree('D: PAST', 'then no claim is kept either', async () => {
    const { tokens } = await login(
      [add('fly'), (own) => own.idToken.setCustomClaim('https://acme.example/a', 1)],
      { event: refreshOf(onApi(), ['openid']), context: { api: refreshed } },
    )
    expect(tokens.writes).toMatchObject([{ verdict: 'discarded', reason: tokens.failure }])
  }),
  agree('D: PAST', 'a refresh goes on when an Action adds a scope that the API defines', async () => {
    const { tokens } = await login([add('read:orders')], {
      event: refreshOf(onApi(), ['openid']),
      context: { api: refreshed },
    })
    expect(tokens.failure).toBeUndefined()
    expect(tokens.scopes).toEqual(['openid', 'read:orders'])
  }),
  agree('D: PAST', 'at login nothing stops a scope that the API does not define', async () => {
    const { tokens } = await login([add('fly')], { context: { api: refreshed } })
    expect(tokens.failure).toBeUndefined()
    expect(tokens.scopes).toContain('fly')
  }),
  chosen(
    'D: PAST',
    'whether an OIDC scope that an Action adds on a refresh counts as registered: not documented',
    'it does',
    async () => {
      const { tokens } = await login([add('phone')], {
        event: refreshOf(onApi(), ['openid']),
        context: { api: refreshed },
      })
      expect(tokens.failure).toBeUndefined()
    },
  ),
  chosen('D: PAST', 'a refresh for an API whose scopes are not known here', 'not checked', async () => {
    const { tokens } = await login([add('fly')], { event: refreshOf(onApi(), ['openid']) })
    expect(tokens.failure).toBeUndefined()
  }),
]
