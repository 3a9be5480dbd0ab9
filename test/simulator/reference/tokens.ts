import { expect } from 'vitest'
import { refreshOf, situation } from '../../../lib/simulator/index.ts'
import type { TokenContext, TokenDialect } from '../../../lib/tokens/types.ts'
import { API, agree, type Call, chosen, type Login, login, long, onApi, type Row } from './row.ts'

const NAME = 'https://acme.example/x'

const claim =
  (value: unknown, name = NAME): Call =>
  (api) => {
    api.idToken.setCustomClaim(name, value)
    api.accessToken.setCustomClaim(name, value)
  }

const api = (token_dialect: TokenDialect): NonNullable<TokenContext['api']> => ({
  identifier: API,
  token_dialect,
  signing_alg: 'RS256',
  token_lifetime: 86_400,
})

async function accessToken(options: Login = {}, body: Call = () => undefined) {
  return (await login([body], options)).tokens.accessToken!
}
async function idToken(options: Login = {}, body: Call = () => undefined) {
  return (await login([body], options)).tokens.idToken!
}

const dialects: TokenDialect[] = [
  'access_token',
  'access_token_authz',
  'rfc9068_profile',
  'rfc9068_profile_authz',
]
const organization = { id: 'org_1', name: 'acme', includeName: false }

/** A text value so that name and JSON value are exactly so many bytes. */
const filling = (bytes: number, name = NAME) => long(bytes - name.length - 2)

/** Values that a claim may have, and what comes of them in the token. */
const values: [what: string, value: unknown, kept: unknown][] = [
  ['a text', 'a', 'a'],
  ['an empty text', '', ''],
  ['a number', 1.5, 1.5],
  ['zero', 0, 0],
  ['false', false, false],
  ['a list', [1, 'a', null], [1, 'a', null]],
  ['an empty list', [], []],
  ['an object', { a: { b: [1] } }, { a: { b: [1] } }],
]
const silentValues: [what: string, value: unknown, choice: string, kept: unknown][] = [
  ['null', null, 'null is kept', null],
  ['a Date', new Date(0), 'its JSON text', '1970-01-01T00:00:00.000Z'],
  ['NaN', Number.NaN, 'null, as in JSON', null],
  ['Infinity', Number.POSITIVE_INFINITY, 'null, as in JSON', null],
  ['an object with undefined', { a: undefined, b: 1 }, 'the member is left out, as in JSON', { b: 1 }],
  ['a list with undefined', [undefined], 'null, as in JSON', [null]],
]
const left: [what: string, value: unknown][] = [
  ['undefined', undefined],
  ['a function', () => 1],
  ['a symbol', Symbol('a')],
]
const cycle: Record<string, unknown> = {}
cycle['self'] = cycle

/** What is in the two tokens. */
export const tokens: Row[] = [
  ...values.map(([what, value, kept]) =>
    agree('D: CLM', `a claim may be ${what}, on both tokens`, async () => {
      const { tokens: own } = await login([claim(value)])
      expect([own.idToken?.[NAME], own.accessToken?.[NAME]]).toEqual([kept, kept])
    }),
  ),
  ...silentValues.map(([what, value, choice, kept]) =>
    chosen('D: CLM', `a claim that is ${what}: not documented`, choice, async () => {
      const { tokens: own } = await login([claim(value)])
      expect([own.idToken?.[NAME], own.accessToken?.[NAME]]).toEqual([kept, kept])
    }),
  ),
  ...left.map(([what, value]) =>
    chosen('D: CLM, UC', `a claim that is ${what}: not documented`, 'left out, as JSON would', async () => {
      const { tokens: own } = await login([claim(value)])
      expect(own.idToken).not.toHaveProperty([NAME])
      expect(own.writes).toMatchObject(Array(2).fill({ verdict: 'dropped', rule: 'claims/undefined-value' }))
    }),
  ),
  chosen('D: CLM', 'a later undefined: not documented', 'the earlier value is gone too', async () => {
    const { tokens: own } = await login([claim(1), claim(undefined)])
    expect(own.idToken).not.toHaveProperty([NAME])
  }),
  ...(
    [
      ['a BigInt', 1n],
      ['a cycle', cycle],
    ] as const
  ).map(([what, value]) =>
    chosen('D: CLM', `a claim that is ${what}: not documented`, 'the call throws', async () => {
      const { pipeline } = await login([claim(value)])
      expect(pipeline).toMatchObject({ outcome: 'error', runs: [{ error: { name: 'TypeError' } }] })
    }),
  ),
  chosen(
    'D: CLM',
    'a value that changes after the call: not documented',
    'the value at the call',
    async () => {
      const { tokens: own } = await login([
        (own) => {
          const roles = ['a']
          own.idToken.setCustomClaim(NAME, roles)
          roles.push('b')
        },
      ])
      expect(own.idToken?.[NAME]).toEqual(['a'])
    },
  ),
  agree('D: APIO, MIGL', 'no method removes a claim, and none removes a standard one', async () => {
    const { tokens: own } = await login([(own) => own.idToken.setCustomClaim('sub', undefined)])
    expect(own.idToken).toHaveProperty('sub')
  }),

  chosen('D: CMIG', '100KB of custom claims, base not given', '100,000 bytes pass', async () => {
    const { tokens: own } = await login([(own) => own.accessToken.setCustomClaim(NAME, filling(100_000))])
    expect(own.failure).toBeUndefined()
    expect(own.accessToken).toHaveProperty([NAME])
  }),
  ...(['idToken', 'accessToken'] as const).map((token) =>
    agree('D: CMIG', `past 100KB on the ${token} the login fails`, async () => {
      const { tokens: own } = await login([(own) => own[token].setCustomClaim(NAME, filling(100_001))])
      expect(own.failure).toMatch(/100001 bytes/)
      expect(own.writes).toMatchObject([{ verdict: 'discarded', rule: 'claims/too-large' }])
    }),
  ),
  chosen('D: CMIG', 'how values are measured: not documented', 'UTF-8 of their JSON', async () => {
    const { tokens: own } = await login([(own) => own.idToken.setCustomClaim(NAME, '😀'.repeat(25_000))])
    expect(own.failure).toBeDefined()
  }),
  agree('D: CMIG', 'the size is per token: nearly 100KB on each of the two pass', async () => {
    const { tokens: own } = await login([claim(filling(100_000))])
    expect(own.failure).toBeUndefined()
  }),
  agree('D: CMIG', 'two values of 50KB on one token fail: names count', async () => {
    const half = long(50_000 - 2)
    const { tokens: own } = await login([
      claim(half, 'https://acme.example/a'),
      claim(half, 'https://acme.example/b'),
    ])
    expect(own.failure).toBeDefined()
  }),
  agree('D: CMIG', 'short names count as namespaced ones do', async () => {
    const { tokens: own } = await login([claim(filling(100_001, 'plan'), 'plan')])
    expect(own.failure).toBeDefined()
  }),
  chosen('D: CMIG', 'whether claims that are dropped count: not documented', 'they do not', async () => {
    const { tokens: own } = await login([claim(long(200_000), 'roles')])
    expect(own.failure).toBeUndefined()
  }),
  chosen('D: CMIG', 'whether a value that is overwritten counts: not documented', 'it does not', async () => {
    const { tokens: own } = await login([claim(long(99_000)), claim(long(99_000))])
    expect(own.failure).toBeUndefined()
  }),

  ...dialects.flatMap((dialect) => {
    const rfc = dialect.startsWith('rfc9068')
    const context = { api: api(dialect), permissions: ['read:orders'] }
    return [
      agree('D: ATP', `${dialect}: iss, sub, aud, iat, exp and scope`, async () => {
        const payload = await accessToken({ context })
        expect(payload).toMatchObject({
          iss: 'https://acme.example/',
          sub: 'auth0|65a4f0000000000000000001',
          aud: [API, 'https://acme.example/userinfo'],
          scope: 'openid profile email',
        })
        expect(Number(payload['exp']) - Number(payload['iat'])).toBe(86_400)
      }),
      agree('D: ATP', `${dialect}: ${rfc ? 'client_id, no azp' : 'azp, no client_id'}`, async () => {
        const payload = await accessToken({ context })
        expect([payload['azp'], payload['client_id']]).toEqual(
          rfc ? [undefined, expect.any(String)] : [expect.any(String), undefined],
        )
      }),
      agree('D: ATP', `${dialect}: ${rfc ? 'a jti' : 'no jti'}`, async () => {
        expect('jti' in (await accessToken({ context }))).toBe(rfc)
      }),
      agree('D: ATP, RBAC', `${dialect}: ${dialect.endsWith('_authz') ? '' : 'no '}permissions`, async () => {
        expect((await accessToken({ context }))['permissions']).toEqual(
          dialect.endsWith('_authz') ? ['read:orders'] : undefined,
        )
      }),
      agree('D: ATP', `${dialect}: ${rfc ? 'no gty' : 'gty refresh_token'} on a refresh`, async () => {
        const payload = await accessToken({
          event: refreshOf(onApi(), ['openid']),
          context: { api: api(dialect) },
        })
        expect(payload['gty']).toBe(rfc ? undefined : 'refresh_token')
      }),
      agree('D: ATP', `${dialect}: ${rfc ? 'no gty' : 'gty password'} in the password grant`, async () => {
        const event = situation('password', { resource_server: { identifier: API } })
        const payload = await accessToken({ event, context: { api: api(dialect) } })
        expect(payload['gty']).toBe(rfc ? undefined : 'password')
      }),
      agree('D: ATP', `${dialect}: no gty in a login`, async () => {
        expect(await accessToken({ context })).not.toHaveProperty('gty')
      }),
      agree('D: ATP, ORG', `${dialect}: org_id in an organization login`, async () => {
        const payload = await accessToken({ context: { ...context, organization } })
        expect([payload['org_id'], payload['org_name']]).toEqual(['org_1', undefined])
      }),
      agree('D: ATP, ORG', `${dialect}: org_name where the tenant has names enabled`, async () => {
        const named = { ...organization, includeName: true }
        expect((await accessToken({ context: { ...context, organization: named } }))['org_name']).toBe('acme')
      }),
      agree('D: ATP', `${dialect}: custom claims`, async () => {
        expect((await accessToken({ context }, claim('v')))[NAME]).toBe('v')
      }),
    ]
  }),
  agree('D: ATP', 'no gty of another grant', async () => {
    expect(await accessToken({ context: { gty: 'authorization_code' } })).not.toHaveProperty('gty')
  }),
  agree('D: ATP, AT', 'aud is the API alone without openid', async () => {
    const event = onApi({ transaction: { target_scopes: ['read:orders'] } })
    expect((await accessToken({ event }))['aud']).toBe(API)
  }),
  agree('D: CLM, AT', 'without an audience the access token is opaque', async () => {
    const event = onApi({ resource_server: undefined })
    const { tokens: own } = await login([claim(1)], { event })
    expect(own.accessToken).toBeUndefined()
    expect(own.idToken).toHaveProperty([NAME])
  }),
  agree('D: ATP', 'sub of a machine is CLIENT_ID@clients', async () => {
    const payload = await accessToken({ context: { gty: 'client-credentials' } })
    expect([payload['sub'], payload['gty']]).toEqual([
      'client00000000000000000000000001@clients',
      'client-credentials',
    ])
  }),

  agree('D: OSC, IDT', 'ID token: iss, sub, iat, exp, and the client as aud', async () => {
    const { iss, sub, aud, iat, exp } = await idToken()
    expect([iss, sub, aud]).toEqual([
      'https://acme.example/',
      'auth0|65a4f0000000000000000001',
      'client00000000000000000000000001',
    ])
    expect(Number(exp)).toBeGreaterThan(Number(iat))
  }),
  agree('D: IDT, ORG', 'ID token: org_id in an organization login', async () => {
    expect((await idToken({ context: { organization } }))['org_id']).toBe('org_1')
  }),
  agree('D: IDT', 'ID token: nonce where the app sent one', async () => {
    expect((await idToken({ context: { nonce: 'n' } }))['nonce']).toBe('n')
    expect(await idToken()).not.toHaveProperty('nonce')
  }),
  agree('N: OIDC', 'ID token: auth_time where it was asked for', async () => {
    expect((await idToken({ context: { authTime: 1 } }))['auth_time']).toBe(1)
    expect(await idToken()).not.toHaveProperty('auth_time')
  }),
  ...[
    ['profile', ['name', 'family_name', 'given_name', 'nickname', 'picture', 'updated_at']],
    ['email', ['email', 'email_verified']],
  ].map(([scope, names]) =>
    agree('D: OSC, UC', `ID token: profile claims by the scope ${scope}`, async () => {
      const event = onApi({ transaction: { target_scopes: ['openid', scope as string] } })
      const payload = await idToken({ event })
      const profile = [
        'name',
        'family_name',
        'given_name',
        'nickname',
        'picture',
        'updated_at',
        'email',
        'email_verified',
      ]
      expect(profile.filter((name) => name in payload)).toEqual(names)
    }),
  ),
  agree('D: OSC, UC', 'ID token: phone_number by the scope phone', async () => {
    const event = onApi({
      user: { phone_number: '+43', phone_verified: true },
      transaction: { target_scopes: ['openid', 'phone'] },
    })
    expect(await idToken({ event })).toMatchObject({ phone_number: '+43', phone_number_verified: true })
  }),
  agree('D: OSC, UC', 'ID token: no profile claim that the user lacks', async () => {
    const payload = await idToken({ event: situation('sparseSocial') })
    expect(payload).toHaveProperty('nickname')
    for (const name of ['name', 'given_name', 'family_name', 'email', 'phone_number'])
      expect(payload).not.toHaveProperty(name)
  }),
  agree('D: OSC', 'ID token: no profile claims by openid alone', async () => {
    const event = onApi({ transaction: { target_scopes: ['openid'] } })
    expect(Object.keys(await idToken({ event })).sort()).toEqual(['aud', 'exp', 'iat', 'iss', 'sid', 'sub'])
  }),
  agree('D: UC', 'access token: no profile claims of its own', async () => {
    const payload = await accessToken()
    expect(payload).not.toHaveProperty('name')
    expect(payload).not.toHaveProperty('email')
  }),
  agree('D: PIC', 'the Action wins over the profile for the same claim', async () => {
    const payload = await idToken({}, (own) =>
      own.idToken.setCustomClaim('picture', 'https://x.example/p.png'),
    )
    expect(payload['picture']).toBe('https://x.example/p.png')
  }),
  agree(
    'D: UI, CMIG',
    '/userinfo has the custom claims of the ID token, not those of the access token',
    async () => {
      const { tokens: own } = await login([
        (own) => {
          own.idToken.setCustomClaim(NAME, 1)
          own.idToken.setCustomClaim('plan', 'team')
          own.idToken.setCustomClaim('https://x.auth0.com/a', 1)
          own.idToken.setCustomClaim('roles', ['a'])
          own.accessToken.setCustomClaim('https://acme.example/y', 1)
        },
      ])
      expect(own.idTokenClaims).toEqual({ [NAME]: 1, plan: 'team' })
    },
  ),
  agree('D: CLM', 'a collision with a claim of Auth0: not added, and the login succeeds', async () => {
    const { pipeline, tokens: own } = await login([claim('https://evil.example/', 'iss')])
    expect(pipeline.outcome).toBe('allowed')
    expect([own.idToken?.['iss'], own.accessToken?.['iss']]).toEqual(Array(2).fill('https://acme.example/'))
  }),
]
