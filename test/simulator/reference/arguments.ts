import { expect } from 'vitest'
import { postLoginEvent, situation } from '../../../lib/simulator/index.ts'
import {
  agree,
  answers,
  type Call,
  chosen,
  edge,
  login,
  long,
  many,
  NOW,
  noSession,
  onApi,
  online,
  outcomeOf,
  type Row,
  refresh,
  resumed,
  throws,
} from './row.ts'

const scopeMethods: [
  method: string,
  call: (api: Parameters<Call>[0], scope: unknown) => unknown,
  source: string,
][] = [
  ['accessToken.addScope', (api, scope) => api.accessToken.addScope(scope), 'T: HLP'],
  ['accessToken.removeScope', (api, scope) => api.accessToken.removeScope(scope), 'T: HLP'],
  ['transaction.addTargetScope', (api, scope) => api.transaction.addTargetScope(scope), 'T: TGT, FX'],
  ['transaction.removeTargetScope', (api, scope) => api.transaction.removeTargetScope(scope), 'T: TGT, FX'],
  ['transaction.setTargetScopes', (api, scope) => api.transaction.setTargetScopes([scope]), 'T: TGT, FX'],
]

const TARGETS: [method: string, call: Call][] = [
  ['addTargetScope', (api) => api.transaction.addTargetScope('a')],
  ['removeTargetScope', (api) => api.transaction.removeTargetScope('a')],
  ['setTargetScopes', (api) => api.transaction.setTargetScopes(['a'])],
  ['clearTargetScopes', (api) => api.transaction.clearTargetScopes()],
]

const factorDemands: [method: string, call: Call][] = [
  ['challengeWith', (api) => api.authentication.challengeWith({ type: 'otp' })],
  ['challengeWithAny', (api) => api.authentication.challengeWithAny([{ type: 'otp' }])],
  ['enrollWith', (api) => api.authentication.enrollWith({ type: 'otp' })],
  ['enrollWithAny', (api) => api.authentication.enrollWithAny([{ type: 'otp' }])],
  ['multifactor.enable', (api) => api.multifactor.enable('any')],
]
const FACTORS = [
  'otp',
  'push-notification',
  'phone',
  'webauthn-roaming',
  'webauthn-platform',
  'recovery-code',
]

const odd = (part: 'app_metadata' | 'user_metadata', value: unknown) => ({
  event: postLoginEvent({ user: { [part]: value } }),
})

/** A value so that key and value as JSON take exactly so many bytes. */
const filling = (bytes: number, key = 'a') => long(bytes - JSON.stringify({ [key]: '' }).length)

const NO_EXPIRY = 'Either inactivity or absolute expiration time must be provided'

const expiries: [
  method: string,
  call: (api: Parameters<Call>[0], at?: unknown) => unknown,
  source: string,
][] = [
  ['session.setExpiresAt', (api, at) => api.session.setExpiresAt(at), 'D: SES; T: FX, HLP'],
  ['session.setIdleExpiresAt', (api, at) => api.session.setIdleExpiresAt(at), 'D: SES; T: FX, HLP'],
  ['refreshToken.setExpiresAt', (api, at) => api.refreshToken.setExpiresAt(at), 'D: RTA; T: FX'],
  ['refreshToken.setIdleExpiresAt', (api, at) => api.refreshToken.setIdleExpiresAt(at), 'D: RTA; T: FX'],
]

const metadataOf = [
  {
    area: 'session',
    source: 'D: SMD; T: FX',
    failed: 'Failed to set session metadata: Invalid metadata: ',
  },
  {
    area: 'refreshToken',
    source: 'D: RTC, RTM; T: FX',
    failed: 'Failed to set refresh token metadata: Invalid metadata: ',
  },
] as const

/** Arguments that a call refuses, with the exact words, and limits at their edge. */
export const argumentChecks: Row[] = [
  ...(['accessToken', 'idToken'] as const).map((token) =>
    agree(
      'T: HLP, FX',
      `${token}.setCustomClaim refuses the name scope`,
      throws((api) => api[token].setCustomClaim('scope', 'a'), 'The "scope" claim cannot be set.'),
    ),
  ),
  ...(['accessToken', 'idToken'] as const).flatMap((token) => [
    chosen(
      'T: HLP',
      `${token}.setCustomClaim with a name that is no string: not documented`,
      'a TypeError',
      throws(
        (api) => api[token].setCustomClaim(1, 1),
        'The "name" parameter must be a string.',
        {},
        TypeError,
      ),
    ),
    chosen(
      'T: HLP',
      `${token}.setCustomClaim with an empty name: not documented, no check in the code`,
      'taken',
      answers((api) => api[token].setCustomClaim('', 1), 'api'),
    ),
    chosen(
      'T: HLP',
      `${token}.setCustomClaim with a blank in the name: not documented, no check in the code`,
      'taken',
      answers((api) => api[token].setCustomClaim('a b', 1), 'api'),
    ),
  ]),
  chosen(
    'D: API',
    'access.deny without a reason: not documented',
    'a TypeError',
    throws((api) => api.access.deny(), 'The "reason" parameter must be a string.', {}, TypeError),
  ),

  ...scopeMethods.flatMap(([method, call, source]) => [
    agree(
      source,
      `${method}: a scope is a string`,
      throws((api) => call(api, 1), 'The value for the scope must be a string.', {}, TypeError),
    ),
    agree(
      source,
      `${method}: a scope is not empty`,
      throws((api) => call(api, ''), 'The value for the scope is required.'),
    ),
    agree(
      source,
      `${method}: a scope of blanks is empty`,
      throws((api) => call(api, ' \t '), 'The value for the scope is required.'),
    ),
    agree(
      source,
      `${method}: a scope of up to 280 characters`,
      edge(
        (api) => call(api, long(280)),
        (api) => call(api, long(281)),
        'The value for the scope exceeds the allowed maximum of 280 characters.',
      ),
    ),
    agree(
      source,
      `${method}: blanks around a scope do not count`,
      answers((api) => call(api, ` ${long(280)} `), undefined),
    ),
    agree(
      source,
      `${method}: no blank inside a scope`,
      throws((api) => call(api, 'a b'), 'The value for the scope must not have whitespace.'),
    ),
  ]),
  agree(
    'T: HLP',
    'accessToken.addScope: up to 1,000 scopes',
    edge(
      (api) => many(1000).forEach((scope) => void api.accessToken.addScope(scope)),
      (api) => many(1001).forEach((scope) => void api.accessToken.addScope(scope)),
      'The number of scopes exceeds the allowed maximum of 1000.',
    ),
  ),
  agree(
    'T: HLP',
    'accessToken.addScope: the same scope counts once',
    answers(
      (api) => [...many(1000), 's0', ' s1 '].forEach((scope) => void api.accessToken.addScope(scope)),
      undefined,
    ),
  ),
  chosen(
    'T: HLP',
    'whether the 1,000 added scopes are those of one Action or of all: not documented',
    'of one Action, as the harness counts',
    async () => {
      const bodies: Call[] = [0, 1000].map(
        (from) => (api) => many(1000, from).forEach((scope) => void api.accessToken.addScope(scope)),
      )
      expect((await login(bodies)).pipeline.scopes.add).toHaveLength(2000)
    },
  ),
  agree(
    'T: TGT, FX',
    'transaction.setTargetScopes: up to 1,000 scopes',
    edge(
      (api) => api.transaction.setTargetScopes(many(1000)),
      (api) => api.transaction.setTargetScopes(many(1001)),
      'The number of scopes exceeds the allowed maximum of 1000.',
    ),
  ),
  agree(
    'T: TGT, FX',
    'transaction.addTargetScope: up to 1,000 scopes',
    throws(
      (api) => [api.transaction.setTargetScopes(many(1000)), api.transaction.addTargetScope('one-more')],
      'The number of scopes exceeds the allowed maximum of 1000.',
    ),
  ),
  ...['a', undefined, null, { a: 1 }].map((value) =>
    agree(
      'T: TGT, FX',
      `transaction.setTargetScopes: ${JSON.stringify(value)} is no array`,
      throws(
        (api) => api.transaction.setTargetScopes(value),
        'The value for scopes must be an array.',
        {},
        TypeError,
      ),
    ),
  ),
  ...TARGETS.map(([method, call]) =>
    agree(
      'T: TGT, FX',
      `transaction.${method} where the tenant lacks the feature`,
      throws(call, 'Method not implemented.', { facts: { targetScopes: false } }),
    ),
  ),

  agree(
    'D: TXM, LIM',
    'transaction.setMetadata: keys of up to 64 characters',
    edge(
      (api) => api.transaction.setMetadata(long(64), 1),
      (api) => api.transaction.setMetadata(long(65), 1),
      /64 characters/,
    ),
  ),
  chosen(
    'D: TXM, LIM',
    'transaction.setMetadata: 8 KB for a value, base not given',
    '8,192 bytes of UTF-8',
    edge(
      (api) => api.transaction.setMetadata('a', long(8192)),
      (api) => api.transaction.setMetadata('a', long(8193)),
      /8 KB/,
    ),
  ),
  chosen(
    'D: TXM, LIM',
    'transaction.setMetadata: characters or bytes is not said',
    'bytes: an emoji counts four',
    edge(
      (api) => api.transaction.setMetadata('a', '😀'.repeat(2048)),
      (api) => api.transaction.setMetadata('a', '😀'.repeat(2049)),
      /8 KB/,
    ),
  ),
  chosen(
    'D: TXM, LIM',
    'transaction.setMetadata: 16 KB in all, base not given',
    '16,384 bytes of JSON',
    edge(
      (api) => {
        api.transaction.setMetadata('a', long(8192))
        api.transaction.setMetadata('b', long(16_384 - 8192 - '{"a":"","b":""}'.length))
      },
      (api) => {
        api.transaction.setMetadata('a', long(8192))
        api.transaction.setMetadata('b', long(16_385 - 8192 - '{"a":"","b":""}'.length))
      },
      /16 KB/,
    ),
  ),
  ...[{}, [], [1], () => 1, undefined].map((value) =>
    agree(
      'D: TXM',
      `transaction.setMetadata refuses ${typeof value === 'function' ? 'a function' : JSON.stringify(value)}`,
      throws((api) => api.transaction.setMetadata('a', value), /string, a number, a boolean or null/),
    ),
  ),
  agree(
    'D: TXM',
    'transaction.setMetadata: the largest safe integer passes, the next does not',
    edge(
      (api) => api.transaction.setMetadata('a', Number.MAX_SAFE_INTEGER),
      (api) => api.transaction.setMetadata('a', Number.MAX_SAFE_INTEGER + 1),
      /safe/,
    ),
  ),
  ...[Number.NaN, Number.POSITIVE_INFINITY].map((value) =>
    chosen(
      'D: TXM',
      `transaction.setMetadata with ${value}: not documented`,
      'refused, since JSON has no form for it',
      throws((api) => api.transaction.setMetadata('a', value), /finite/),
    ),
  ),
  ...['text', '', 0, -1.5, true, false].map((value) =>
    agree('D: TXM', `transaction.setMetadata takes ${JSON.stringify(value)}, seen at once`, async () => {
      const { outcome } = await outcomeOf((api, event) => {
        api.transaction.setMetadata('a', value)
        return event.transaction.metadata.a
      })
      expect(outcome).toBe(value)
    }),
  ),
  chosen(
    'D: TXM',
    'transaction.setMetadata with an empty key: not documented',
    'refused',
    throws((api) => api.transaction.setMetadata('', 1), /non-empty/),
  ),

  ...(['app_metadata', 'user_metadata'] as const).flatMap((part) => {
    const method = part === 'app_metadata' ? 'setAppMetadata' : 'setUserMetadata'
    const message = `Unexpected ${part} format. Must be a valid JSON object${part === 'user_metadata' ? '.' : ''}`
    return [
      ...['text', 1, null, ['a']].map((stored) =>
        agree(
          'T: FX',
          `user.${method} where ${JSON.stringify(stored)} is stored`,
          throws((api) => api.user[method]('a', 1), message, odd(part, stored)),
        ),
      ),
      ...['a.b', '.', '$a', 'a$b'].map((key) =>
        agree(
          'D: LIM',
          `user.${method}: no key ${key}`,
          throws((api) => api.user[method](key, 1), /must not contain/),
        ),
      ),
      chosen(
        'D: LIM',
        `user.${method}: 32 kB in a session, base not given`,
        '32,000 bytes of JSON',
        edge(
          (api) => api.user[method]('a', filling(32_000)),
          (api) => api.user[method]('a', filling(32_001)),
          /32 kB/,
        ),
      ),
      agree('D: LIM', `user.${method}: 32 kB are for all calls together`, async () => {
        await throws(
          (api) => [api.user[method]('a', long(20_000)), api.user[method]('b', long(20_000))],
          /32 kB/,
        )()
      }),
      agree('D: LIM', `user.${method}: a key that is written again counts once`, async () => {
        const { outcome } = await outcomeOf((api) => {
          api.user[method]('a', long(20_000))
          return api.user[method]('a', long(20_000))
        })
        expect(outcome).toBe('api')
      }),
      agree('D: LIM', `user.${method}: 32 kB are for all Actions of a login together`, async () => {
        const write =
          (key: string): Call =>
          (api) =>
            api.user[method](key, long(20_000))
        expect((await login([write('a')])).pipeline.outcome).toBe('allowed')
        const { pipeline } = await login([write('a'), write('b')])
        expect(pipeline).toMatchObject({ outcome: 'error', reason: expect.stringMatching(/32 kB/) })
      }),
      ...[{ deep: { er: [1, 'a', null] } }, ['a'], 'text', 0, false].map((value) =>
        agree('D: API', `user.${method} takes ${JSON.stringify(value)}`, async () => {
          const { pipeline } = await login([(api) => api.user[method]('a', value)])
          const changes = part === 'app_metadata' ? pipeline.appMetadata : pipeline.userMetadata
          expect(changes).toEqual({ a: value })
        }),
      ),
    ]
  }),
  agree('D: LIM', 'user and app metadata have 32 kB each', async () => {
    const { pipeline } = await login([
      (api) => {
        api.user.setAppMetadata('a', long(30_000))
        api.user.setUserMetadata('a', long(30_000))
      },
    ])
    expect(pipeline.outcome).toBe('allowed')
  }),

  agree(
    'T: HLP',
    'validation.error: a code of up to 100 characters',
    edge(
      (api) => api.validation.error(long(100), 'm'),
      (api) => api.validation.error(long(101), 'm'),
      'errorCode must NOT have more than 100 characters',
    ),
  ),
  agree(
    'T: HLP',
    'validation.error: a message of up to 100 characters',
    edge(
      (api) => api.validation.error('c', long(100)),
      (api) => api.validation.error('c', long(101)),
      'errorMessage must NOT have more than 100 characters',
    ),
  ),
  agree(
    'D: API',
    'validation.error: the code is a string',
    throws((api) => api.validation.error(1, 'm'), 'errorCode must be string'),
  ),
  agree(
    'D: API',
    'validation.error: the message is a string',
    throws((api) => api.validation.error('c', 1n), 'errorMessage must be string'),
  ),
  agree(
    'T: HLP',
    'validation.error: the message is required',
    throws((api) => api.validation.error('c'), " must have required property 'errorMessage'"),
  ),
  agree(
    'T: HLP',
    'validation.error: both are required, and told of together',
    throws(
      (api) => api.validation.error(),
      " must have required property 'errorCode', must have required property 'errorMessage'",
    ),
  ),
  agree(
    'T: HLP',
    'validation.error: both are told of together',
    throws(
      (api) => api.validation.error(long(101), null),
      'errorCode must NOT have more than 100 characters; errorMessage must be string',
    ),
  ),
  agree(
    'T: HLP',
    'validation.error: an emoji is one character',
    edge(
      (api) => api.validation.error('😀'.repeat(100), '😀'.repeat(100)),
      (api) => api.validation.error('😀'.repeat(101), 'm'),
      'errorCode must NOT have more than 100 characters',
    ),
  ),

  ...FACTORS.flatMap((type) => [
    agree(
      'D: API; T: TE',
      `challengeWith ${type}`,
      answers((api) => api.authentication.challengeWith({ type }), undefined),
    ),
    agree(
      'D: API; T: TE',
      `enrollWith ${type}`,
      answers((api) => api.authentication.enrollWith({ type }), undefined),
    ),
  ]),
  agree(
    'D: API; T: TE',
    'challengeWith email',
    answers((api) => api.authentication.challengeWith({ type: 'email' }), undefined),
  ),
  agree(
    'D: API; T: TE',
    'challengeWith push, the other name of push-notification',
    answers((api) => api.authentication.challengeWith({ type: 'push' }), undefined),
  ),
  agree(
    'D: API, MFAE',
    'enrollWith knows no e-mail',
    throws((api) => api.authentication.enrollWith({ type: 'email' }), /factor type/),
  ),
  agree(
    'D: API, MFAE',
    'enrollWithAny knows no e-mail',
    throws((api) => api.authentication.enrollWithAny([{ type: 'otp' }, { type: 'email' }]), /factor type/),
  ),
  chosen(
    'D: API',
    'challengeWith an unknown factor: not documented',
    'refused',
    throws((api) => api.authentication.challengeWith({ type: 'smoke-signal' }), /factor type/),
  ),
  chosen(
    'D: API',
    'challengeWithAny of an empty list: not documented',
    'refused',
    throws((api) => api.authentication.challengeWithAny([]), /non-empty/),
  ),
  ...['sms', 'voice', 'both'].map((preferredMethod) =>
    agree(
      'D: API; T: TE',
      `challengeWith phone by ${preferredMethod}`,
      answers(
        (api) => api.authentication.challengeWith({ type: 'phone', options: { preferredMethod } }),
        undefined,
      ),
    ),
  ),
  agree(
    'D: API; T: TE',
    'challengeWith push-notification without a fallback to OTP',
    answers(
      (api) =>
        api.authentication.challengeWith({ type: 'push-notification', options: { otpFallback: false } }),
      undefined,
    ),
  ),
  ...(['challengeWith', 'enrollWith'] as const).map((method) =>
    agree('D: API; T: TE', `${method} with additional factors`, async () => {
      const { outcome, commands } = await outcomeOf((api) =>
        api.authentication[method]({ type: 'otp' }, { additionalFactors: [{ type: 'phone' }] }),
      )
      expect(outcome).toBeUndefined()
      expect(commands[0]?.args).toEqual([{ type: 'otp' }, { additionalFactors: [{ type: 'phone' }] }])
    }),
  ),
  agree(
    'D: MFAS',
    'several challenges in one Action, up to four',
    edge(
      (api) => many(4).forEach(() => void api.authentication.challengeWith({ type: 'otp' })),
      (api) => many(5).forEach(() => void api.authentication.challengeWith({ type: 'otp' })),
      /At most 4/,
    ),
  ),
  agree('D: MFAS', 'the four commands count together, over all Actions of a login', async () => {
    const one: Call[] = [
      (api) => api.authentication.challengeWith({ type: 'otp' }),
      (api) => api.authentication.challengeWithAny([{ type: 'otp' }]),
      (api) => api.authentication.enrollWith({ type: 'otp' }),
      (api) => api.authentication.enrollWithAny([{ type: 'otp' }]),
    ]
    expect((await login(one)).pipeline.outcome).toBe('allowed')
    for (const fifth of one) expect((await login([...one, fifth])).pipeline.outcome).toBe('error')
  }),
  chosen(
    'D: MFAS',
    'the fifth command is an authentication error; whether an Action can catch it is not documented',
    'it throws at the call',
    async () => {
      const { pipeline } = await login([
        (api) => {
          for (const type of [...many(4), 'last']) {
            try {
              api.authentication.challengeWith({ type: type === 'last' ? 'phone' : 'otp' })
            } catch {}
          }
        },
      ])
      expect(pipeline.outcome).toBe('allowed')
      expect(pipeline.commands.filter(({ threw }) => threw === undefined)).toHaveLength(4)
    },
  ),

  chosen(
    'D: API',
    'factors that are disabled, not enrolled or satisfied are ignored, and the login fails when none is left; which are is not in the event',
    'every factor of a call counts as usable',
    async () => {
      const { pipeline } = await login([(api) => api.authentication.challengeWith({ type: 'otp' })], {
        event: onApi({ user: { enrolledFactors: [] } }),
      })
      expect(pipeline.outcome).toBe('allowed')
    },
  ),
  chosen(
    'D: API, MFAE',
    'enrolment where everything is enrolled: the login fails by one page, goes on by the other',
    'it goes on',
    async () => {
      const { pipeline } = await login([(api) => api.authentication.enrollWith({ type: 'otp' })], {
        event: onApi({ user: { enrolledFactors: [{ type: 'otp' }] } }),
      })
      expect(pipeline.outcome).toBe('allowed')
    },
  ),
  chosen(
    'D: MFAS',
    'the four commands need a switch of the tenant; what they do without it is not documented',
    'the switch is on',
    answers((api) => api.authentication.challengeWithAny([{ type: 'otp' }, { type: 'phone' }]), undefined),
  ),
  chosen(
    'D: MFAS',
    'a redirect in an MFA flow must be in an Action of its own and last; what else happens is not documented',
    'not checked: the redirect is followed',
    async () => {
      const { pipeline } = await login([
        (api) => {
          api.authentication.challengeWith({ type: 'otp' })
          api.redirect.sendUserTo('https://x.example/')
        },
      ])
      expect(pipeline.outcome).toBe('redirect')
    },
  ),
  chosen(
    'D: API, RED',
    'a recorded method is in authentication.methods of later logins, of which an event is one',
    'the call is on record; the events of later logins are the caller’s',
    async () => {
      const { commands, state } = await outcomeOf(
        (api) => api.authentication.recordMethod('https://x.example/mfa'),
        resumed,
      )
      expect(commands).toMatchObject([
        { method: 'authentication.recordMethod', args: ['https://x.example/mfa'] },
      ])
      expect(state).toEqual({ recordedMethods: ['https://x.example/mfa'] })
    },
  ),
  agree(
    'D: API, RED',
    'recordMethod only in onContinuePostLogin',
    throws((api) => api.authentication.recordMethod('https://x.example'), /onContinuePostLogin/),
  ),
  ...['https://x.example/mfa', 'http://x.example'].map((url) =>
    agree(
      'D: API',
      `recordMethod takes ${url}`,
      answers((api) => api.authentication.recordMethod(url), 'api', resumed),
    ),
  ),
  ...['ftp://x.example', 'urn:x', '/x', ''].map((url) =>
    agree(
      'D: API',
      `recordMethod refuses ${JSON.stringify(url)}`,
      throws((api) => api.authentication.recordMethod(url), /URL/, resumed),
    ),
  ),
  ...['', undefined, 1, null].map((value) =>
    agree(
      'T: FX, HLP',
      `setPrimaryUser refuses ${JSON.stringify(value)}`,
      throws(
        (api) => api.authentication.setPrimaryUser(value),
        'The provided primary_user_id must be a non-empty string',
      ),
    ),
  ),
  agree(
    'T: FX, HLP',
    'setPrimaryUser: an id of up to 128 characters',
    edge(
      (api) => api.authentication.setPrimaryUser(long(128)),
      (api) => api.authentication.setPrimaryUser(long(129)),
      'The provided primary_user_id exceeds the maximum length.',
    ),
  ),
  agree(
    'D: API; T: FX',
    'setPrimaryUser: once in an Action',
    throws(
      (api) => [api.authentication.setPrimaryUser('a|1'), api.authentication.setPrimaryUser('a|2')],
      'The primary user can only be altered once per transaction',
    ),
  ),
  agree('D: API, LIM', 'setPrimaryUser: once in a transaction, whichever Action calls', async () => {
    const change: Call = (api) => api.authentication.setPrimaryUser('auth0|2')
    const { pipeline } = await login([change, change])
    expect(pipeline.reason).toBe('The primary user can only be altered once per transaction')
  }),
  chosen(
    'D: API',
    'setPrimaryUser: the identity must be a secondary one of the primary user, which the event does not tell',
    'not checked',
    async () => {
      const { pipeline } = await login([(api) => api.authentication.setPrimaryUser('auth0|anybody')])
      expect(pipeline.outcome).toBe('allowed')
    },
  ),
  agree('D: API', 'setPrimaryUser: the login continues as that user', async () => {
    const { pipeline, tokens } = await login([(api) => api.authentication.setPrimaryUser('auth0|2')])
    expect(pipeline.primaryUser).toBe('auth0|2')
    expect([tokens.idToken?.['sub'], tokens.accessToken?.['sub']]).toEqual(['auth0|2', 'auth0|2'])
  }),
  ...['any', 'guardian', 'google-authenticator', 'duo', 'none'].map((provider) =>
    agree(
      'D: API, MFAC',
      `multifactor.enable ${provider}`,
      answers((api) => api.multifactor.enable(provider), 'api'),
    ),
  ),
  chosen(
    'D: API',
    'multifactor.enable with another provider: not documented',
    'refused',
    throws((api) => api.multifactor.enable('sms'), /provider/),
  ),
  agree(
    'D: API',
    'multifactor.enable: options of a provider for duo',
    answers(
      (api) => api.multifactor.enable('duo', { providerOptions: { host: 'h', ikey: 'i', skey: 's' } }),
      'api',
    ),
  ),
  chosen(
    'D: API',
    'multifactor.enable: options of a provider are for duo alone; others are not described',
    'refused',
    throws((api) => api.multifactor.enable('any', { providerOptions: {} }), /duo/),
  ),
  ...(['refresh', 'password'] as const).flatMap((name) =>
    factorDemands.map(([method, call]) =>
      agree('D: UPRT, MFAC', `${method} at a ${name}: mfa_required`, async () => {
        const { tokens } = await login([call], { event: situation(name) })
        expect(tokens).toMatchObject({
          error: 'mfa_required',
          failure: 'Multifactor authentication required',
        })
        expect(tokens.findings).toMatchObject([{ rule: 'runtime/mfa-required', severity: 'error' }])
      }),
    ),
  ),
  agree('D: MFAC', 'multifactor.enable none demands nothing at a refresh', async () => {
    const { tokens } = await login([(api) => api.multifactor.enable('none')], refresh)
    expect(tokens.error).toBeUndefined()
  }),
  chosen(
    'D: MFAC',
    'a second factor demanded with prompt=none',
    'login_required, and none where the session has shown one and may be remembered',
    async () => {
      const demand: Call = (api) => api.multifactor.enable('any', { allowRememberBrowser: true })
      const silent = { event: situation('silent') }
      expect((await login([demand], silent)).tokens.error).toBe('login_required')
      const methods = [{ name: 'mfa', timestamp: '2026-01-15T09:30:00.000Z' }]
      const shown = { event: situation('silent', { authentication: { methods } }) }
      expect((await login([demand], shown)).tokens.error).toBeUndefined()
    },
  ),
  ...[true, false].map((allowRememberBrowser) =>
    agree('D: API', `multifactor.enable notes allowRememberBrowser ${allowRememberBrowser}`, async () => {
      const { commands } = await outcomeOf((api) => api.multifactor.enable('any', { allowRememberBrowser }))
      expect(commands[0]?.args).toEqual(['any', { allowRememberBrowser }])
    }),
  ),

  agree(
    'D: API, SES; T: HLP',
    'session.revoke with preserveRefreshTokens',
    answers((api) => api.session.revoke('r', { preserveRefreshTokens: true }), undefined),
  ),
  agree(
    'T: HLP',
    'session.revoke refuses any other option',
    throws((api) => api.session.revoke('r', { other: 1 }), 'options must NOT have additional properties'),
  ),
  agree(
    'D: API, SES',
    'session.revoke needs a session',
    throws((api) => api.session.revoke('r'), /session that does not exist/, noSession),
  ),
  chosen(
    'D: API, SES',
    'session.revoke ends the session, logs out by back channel and deletes refresh tokens; a run has none of these',
    'the login is denied, and the call with its option is on record',
    async () => {
      const { pipeline } = await login([(api) => api.session.revoke('r', { preserveRefreshTokens: true })])
      expect(pipeline).toMatchObject({
        outcome: 'denied',
        commands: [{ method: 'session.revoke', args: ['r', { preserveRefreshTokens: true }] }],
      })
    },
  ),
  agree(
    'D: API',
    'session.revoke: the reason is a string',
    throws((api) => api.session.revoke(1), 'message must be string'),
  ),
  ...['x', 1, null, {}].map((value) =>
    agree(
      'T: HLP',
      `session.revoke: preserveRefreshTokens is no ${JSON.stringify(value)}`,
      throws(
        (api) => api.session.revoke('r', { preserveRefreshTokens: value }),
        'preserveRefreshTokens must be boolean',
      ),
    ),
  ),
  ...[null, 'x', ['a'], false].map((value) =>
    agree(
      'T: HLP',
      `session.revoke: ${JSON.stringify(value)} is no object of options`,
      throws((api) => api.session.revoke('r', value), 'options must be object'),
    ),
  ),
  agree(
    'T: HLP',
    'session.revoke: a reason of any length',
    answers((api) => api.session.revoke(long(100_000)), undefined),
  ),
  chosen(
    'T: HLP',
    'the code takes revoke without a reason; what the application is told is not documented',
    'an empty reason',
    async () => {
      for (const [area, setting] of [
        ['session', {}],
        ['refreshToken', refresh],
      ] as const) {
        const { pipeline } = await login([(api) => api[area].revoke(undefined)], setting)
        expect(pipeline).toMatchObject({ outcome: 'denied', reason: '' })
      }
    },
  ),
  ...expiries.flatMap(([method, call, source]) => [
    ...[0, undefined, Number.NaN, null, '', false].map((at) =>
      agree(
        source,
        `${method} refuses ${JSON.stringify(at) ?? String(at)}${Number.isNaN(at) ? ' (NaN)' : ''}`,
        throws((api) => call(api, at), NO_EXPIRY),
      ),
    ),
    ...['soon', Number.POSITIVE_INFINITY, true, new Date(NOW), { at: NOW }, 1n].map((at) =>
      agree(
        source,
        `${method} refuses ${typeof at} ${String(at)}`,
        throws(
          (api) => call(api, at),
          `${method.includes('Idle') ? 'inactivity' : 'absolute'} must be number`,
        ),
      ),
    ),
    agree(
      source,
      `${method} takes milliseconds since the epoch`,
      answers((api) => call(api, NOW), undefined),
    ),
    agree(source, `${method}: of several calls the earliest decides`, async () => {
      const [area, kind] = method.includes('Idle')
        ? [method.split('.')[0]!, 'idleExpiresAt']
        : [method.split('.')[0]!, 'expiresAt']
      const { pipeline } = await login([
        (api) => [call(api, NOW + 2000), call(api, NOW + 1000)],
        (api) => call(api, NOW + 3000),
      ])
      expect(pipeline[area as 'session']).toEqual({ [kind]: NOW + 1000 })
    }),
  ]),
  chosen(
    'D: SES, RTA',
    'an end of life past the limits of tenant or application is capped with a warning in the log',
    'answered as it was asked for: the result does not know those limits',
    async () => {
      const far = NOW + 1e12
      const { pipeline } = await login([(api) => api.session.setExpiresAt(far)])
      expect(pipeline.session).toEqual({ expiresAt: far })
    },
  ),
  ...(['setExpiresAt', 'setIdleExpiresAt'] as const).map((method) =>
    agree(
      'D: RTA',
      `refreshToken.${method} may be called before a token exists`,
      answers((api) => api.refreshToken[method](NOW), undefined),
    ),
  ),
  ...(['persistent', 'non-persistent'] as const).map((mode) =>
    agree('D: API, SES; T: FX', `session.setCookieMode ${mode} is in the event at once`, async () => {
      const { outcome } = await outcomeOf((api, event) => {
        api.session.setCookieMode(mode)
        return event.session.cookie.mode
      })
      expect(outcome).toBe(mode)
    }),
  ),
  agree('D: SES; T: FX', 'session.setCookieMode: the last call decides', async () => {
    const { state, next } = await outcomeOf((api) => [
      api.session.setCookieMode('persistent'),
      api.session.setCookieMode('non-persistent'),
    ])
    expect(state).toEqual({ session: { cookieMode: 'non-persistent' } })
    expect(next.session?.cookie).toEqual({ mode: 'non-persistent' })
  }),
  agree('T: FX', 'session.setCookieMode without a session silently does nothing', async () => {
    const { outcome, state, next } = await outcomeOf((api, own) => {
      api.session.setCookieMode('persistent')
      return own.session
    }, noSession)
    expect([outcome, state, next.session]).toEqual([undefined, {}, undefined])
  }),
  ...[undefined, '', null].map((mode) =>
    agree(
      'T: FX',
      `session.setCookieMode refuses ${JSON.stringify(mode)}`,
      throws((api) => api.session.setCookieMode(mode), 'Cookie mode must be provided'),
    ),
  ),
  agree(
    'T: FX',
    'session.setCookieMode refuses another mode',
    throws(
      (api) => api.session.setCookieMode('Persistent'),
      "Invalid cookie mode: Persistent. Valid values are 'persistent' and 'non-persistent'.",
    ),
  ),
  agree(
    'D: SMD; T: FX',
    'session.setMetadata without a session',
    throws(
      (api) => api.session.setMetadata('a', 'b'),
      'Failed to set session metadata: Cannot set metadata on a session that does not exist.',
      noSession,
    ),
  ),
  ...metadataOf.flatMap(({ area, source, failed }) => [
    ...['a', 'A-Z_0', '_', '-', '9', long(255)].map((key) =>
      agree(
        source,
        `${area}.setMetadata takes the key ${key.length > 20 ? 'of 255 characters' : key}`,
        answers((api) => api[area].setMetadata(key, 'v'), undefined),
      ),
    ),
    ...['', 'a b', 'a.b', 'é', '$', '😀'].map((key) =>
      agree(
        source,
        `${area}.setMetadata refuses the key ${JSON.stringify(key)}`,
        throws(
          (api) => api[area].setMetadata(key, 'v'),
          `${failed}Metadata keys may only include letters, numbers, underscores, or hyphens`,
        ),
      ),
    ),
    ...[1, null, undefined, {}, 1n, Symbol('a')].map((key) =>
      agree(
        source,
        `${area}.setMetadata refuses a key that is ${typeof key} ${String(key)}`,
        throws((api) => api[area].setMetadata(key, null), `${failed}Metadata key must be a string`),
      ),
    ),
    agree(
      source,
      `${area}.setMetadata refuses a key of 256 characters`,
      throws(
        (api) => api[area].setMetadata(long(256), 'v'),
        `${failed}All metadata keys must be at most 255 characters long`,
      ),
    ),
    agree(
      source,
      `${area}.setMetadata refuses a NUL in the key`,
      throws(
        (api) => api[area].setMetadata('a\0', 'v'),
        `${failed}Metadata keys must not contain null bytes (\0)`,
      ),
    ),
    ...['a b', '', 'é', long(300), 'a\0', 'toString', '__proto__'].flatMap((key) => [
      agree(
        source,
        `${area}.setMetadata with null takes any text as key, such as ${JSON.stringify(key.slice(0, 20))}`,
        answers((api) => api[area].setMetadata(key, null), undefined),
      ),
      agree(
        source,
        `${area}.deleteMetadata takes any text as key, such as ${JSON.stringify(key.slice(0, 20))}`,
        answers((api) => api[area].deleteMetadata(key), undefined),
      ),
    ]),
    ...[undefined, null, 1, {}, [], Number.NaN, true, 1n, Symbol('a')].map((key) =>
      agree(
        source,
        `${area}.deleteMetadata takes anything as key, such as ${typeof key} ${String(key)}`,
        answers((api) => api[area].deleteMetadata(key), undefined),
      ),
    ),
    agree(source, `${area}.deleteMetadata looks a number up as its text`, async () => {
      const { state } = await outcomeOf((api) => {
        api[area].setMetadata('1', 'v')
        api[area].deleteMetadata(1)
      })
      expect(state[area]?.metadata).toEqual({})
    }),
    chosen(
      source,
      `${area}.setMetadata('__proto__', …): the code sets the prototype of its copy, so that nothing is kept`,
      'a key like any other',
      async () => {
        const { state } = await outcomeOf((api) => api[area].setMetadata('__proto__', 'v'))
        expect(Object.entries(state[area]?.metadata ?? {})).toEqual([['__proto__', 'v']])
      },
    ),
    agree(
      source,
      `${area}.setMetadata: values of up to 255 characters`,
      edge(
        (api) => api[area].setMetadata('a', long(255)),
        (api) => api[area].setMetadata('a', long(256)),
        `${failed}All metadata values must be at most 255 characters long`,
      ),
    ),
    agree(
      source,
      `${area}.setMetadata counts UTF-16 units, of which an emoji has two`,
      edge(
        (api) => api[area].setMetadata('a', '😀'.repeat(127)),
        (api) => api[area].setMetadata('a', '😀'.repeat(128)),
        `${failed}All metadata values must be at most 255 characters long`,
      ),
    ),
    ...[1, true, {}, undefined, 1n, Symbol('a')].map((value) =>
      agree(
        source,
        `${area}.setMetadata refuses the value ${typeof value} ${String(value)}`,
        throws((api) => api[area].setMetadata('a', value), `${failed}Metadata value must be a string`),
      ),
    ),
    agree(
      source,
      `${area}.setMetadata refuses a NUL`,
      throws(
        (api) => api[area].setMetadata('a', 'b\0'),
        `${failed}Metadata values must not contain null bytes (\0)`,
      ),
    ),
    agree(
      source,
      `${area}.setMetadata: up to 25 entries`,
      edge(
        (api) => many(25).forEach((key) => void api[area].setMetadata(key, 'v')),
        (api) => many(26).forEach((key) => void api[area].setMetadata(key, 'v')),
        `${failed}Metadata must not contain more than 25 entries`,
      ),
    ),
    agree(
      source,
      `${area}.setMetadata: the same key is one entry, and a removed one none`,
      answers((api) => {
        many(25).forEach((key) => void api[area].setMetadata(key, 'v'))
        api[area].setMetadata('s0', 'w')
        api[area].deleteMetadata('s1')
        return api[area].setMetadata('another', 'v')
      }, undefined),
    ),
    agree(source, `${area}.setMetadata with null removes the entry`, async () => {
      const { outcome } = await outcomeOf(
        (api, event) => {
          const part = area === 'session' ? event.session : event.refresh_token
          api[area].setMetadata('a', 'b')
          api[area].setMetadata('a', null)
          return part.metadata
        },
        area === 'session' ? {} : refresh,
      )
      expect(outcome).toEqual({})
    }),
    agree(source, `${area}.deleteMetadata and evictMetadata remove one and all`, async () => {
      const { outcome } = await outcomeOf(
        (api, event) => {
          const part = area === 'session' ? event.session : event.refresh_token
          for (const key of ['a', 'b', 'c']) api[area].setMetadata(key, 'v')
          api[area].deleteMetadata('a')
          const rest = Object.keys(part.metadata)
          api[area].evictMetadata()
          return [rest, part.metadata]
        },
        area === 'session' ? {} : refresh,
      )
      expect(outcome).toEqual([['b', 'c'], {}])
    }),
    agree(source, `${area}: metadata that is refused fails the login with its message`, async () => {
      const { pipeline } = await login([(api) => api[area].setMetadata('a', 1)])
      expect(pipeline).toMatchObject({ outcome: 'error', reason: `${failed}Metadata value must be a string` })
    }),
    chosen(
      'T: FX',
      `${area}: the harness keeps an invalid key in its copy, so that later calls fail too`,
      'a caught error leaves nothing behind',
      answers((api) => {
        try {
          api[area].setMetadata('a b', 'v')
        } catch {}
        return api[area].setMetadata('a', 'v')
      }, undefined),
    ),
  ]),
  agree(
    'D: RTM; T: FX',
    'refreshToken.setMetadata may be called before a token exists',
    answers((api) => api.refreshToken.setMetadata('a', 'b'), undefined),
  ),
  agree(
    'T: FX',
    'refreshToken.setExpiresAt on an online token',
    throws(
      (api) => api.refreshToken.setExpiresAt(NOW),
      'Cannot call setExpiresAt on an online refresh token.',
      online,
    ),
  ),
  ...(
    [
      ['setIdleExpiresAt', (api) => api.refreshToken.setIdleExpiresAt(NOW)],
      ['deleteMetadata', (api) => api.refreshToken.deleteMetadata('a')],
      ['evictMetadata', (api) => api.refreshToken.evictMetadata()],
    ] as [string, Call][]
  ).map(([method, call]) =>
    agree(
      'T: FX',
      `refreshToken.${method} on an online token`,
      throws(call, `Cannot call ${method} on an online refresh token.`, online),
    ),
  ),
  agree(
    'T: FX',
    'refreshToken.setMetadata on an online token',
    throws(
      (api) => api.refreshToken.setMetadata('a', 'b'),
      'Failed to set refresh token metadata: Cannot call setMetadata on an online refresh token.',
      online,
    ),
  ),
  agree(
    'D: API; T: HLP',
    'refreshToken.revoke: a reason of up to 1,024 characters',
    edge(
      (api) => api.refreshToken.revoke(long(1024)),
      (api) => api.refreshToken.revoke(long(1025)),
      'message must NOT have more than 1024 characters',
      refresh,
    ),
  ),
  chosen(
    'D: API, RTA',
    'refreshToken.revoke is for the refresh exchange alone; what it does in a login is not documented',
    'it throws',
    throws((api) => api.refreshToken.revoke('r'), /refresh token exchange/, { event: onApi() }),
  ),

  ...[[], 'a', undefined, null, {}, 0].map((groups) =>
    agree(
      'T: FX',
      `groups.hasGroupMembership rejects ${JSON.stringify(groups)}`,
      throws(
        (api) => api.groups.hasGroupMembership(groups),
        'The "groups" parameter must be a non-empty array of strings.',
      ),
    ),
  ),
  ...[0, -1, 1.5, '5', Number.NaN].flatMap((take) => [
    agree(
      'T: FX',
      `groups.getUserGroups rejects take ${JSON.stringify(take)}`,
      throws(
        (api) => api.groups.getUserGroups({ take }),
        'The "take" parameter must be a positive integer if provided.',
      ),
    ),
    agree(
      'T: FX',
      `roles.getUserEffectiveRoles rejects take ${JSON.stringify(take)}`,
      throws(
        (api) => api.roles.getUserEffectiveRoles({ take }),
        'The "take" parameter must be a positive integer if provided.',
      ),
    ),
  ]),
  agree(
    'T: FX',
    'groups.hasGroupMembership looks at no item of its list: a number finds nothing',
    answers((api) => api.groups.hasGroupMembership([1, '__proto__']), {
      memberships: Object.fromEntries([
        ['1', { is_member: false }],
        ['__proto__', { is_member: false }],
      ]),
    }),
  ),
  ...(['groups.getUserGroups', 'roles.getUserEffectiveRoles'] as const).flatMap((path) => {
    const [area, method] = path.split('.') as [string, string]
    return [
      agree(
        'T: FX',
        `${path} rejects null`,
        throws((api) => api[area][method](null), /null/, {}, TypeError),
      ),
      agree(
        'T: FX',
        `${path} looks at from before take`,
        throws(
          (api) => api[area][method]({ from: 1, take: 0 }),
          'The "from" parameter must be a string if provided.',
        ),
      ),
    ]
  }),
  ...[null, 'x', 0, [], Object.freeze({ allowRememberBrowser: true })].map((options) =>
    agree(
      'T: FX',
      `multifactor.enable reads two members of its options: ${JSON.stringify(options)} will do`,
      answers((api) => api.multifactor.enable('any', options), 'api'),
    ),
  ),
  agree(
    'D: API',
    'roles.getUserEffectiveRoles: take up to 100',
    edge(
      (api) => api.roles.getUserEffectiveRoles({ take: 100 }),
      (api) => api.roles.getUserEffectiveRoles({ take: 101 }),
      /maximum of 100/,
    ),
  ),
  agree(
    'D: API',
    'roles.getUserEffectiveRolesByIds: up to 100 ids',
    edge(
      (api) => api.roles.getUserEffectiveRolesByIds(many(100)),
      (api) => api.roles.getUserEffectiveRolesByIds(many(101)),
      /maximum of 100/,
    ),
  ),
  agree(
    'D: API',
    'roles.getUserEffectiveRolesByNames: up to 50 names',
    edge(
      (api) => api.roles.getUserEffectiveRolesByNames(many(50)),
      (api) => api.roles.getUserEffectiveRolesByNames(many(51)),
      /maximum of 50/,
    ),
  ),
  agree('T: FX', 'bad arguments of groups and roles reject, they do not throw', async () => {
    const { outcome } = await outcomeOf((api) => {
      const promise = api.groups.hasGroupMembership([])
      return promise.then(
        () => 'resolved',
        () => 'rejected',
      )
    })
    expect(outcome).toBe('rejected')
  }),
  agree('D: API; T: TE', 'groups.getUserGroups answers pages with a cursor', async () => {
    const groups = ['a', 'b', 'c'].map((name) => ({ id: `grp_${name}`, name }))
    const { outcome } = await outcomeOf(
      async (api) => {
        const first = await api.groups.getUserGroups({ take: 2 })
        const second = await api.groups.getUserGroups({ take: 2, from: first.next })
        return [first.groups.length, second.groups, second.next]
      },
      { facts: { groups } },
    )
    expect(outcome).toEqual([2, [groups[2]], undefined])
  }),
  agree('T: TE', 'groups.hasGroupMembership takes ids and names', async () => {
    const { outcome } = await outcomeOf((api) => api.groups.hasGroupMembership(['grp_1', 'staff', 'other']), {
      facts: { groups: [{ id: 'grp_1', name: 'staff' }] },
    })
    const matches = [{ id: 'grp_1', name: 'staff', group_type: 'tenant' }]
    expect(outcome).toEqual({
      memberships: {
        grp_1: { is_member: true, matches },
        staff: { is_member: true, matches },
        other: { is_member: false },
      },
    })
  }),
  agree('D: API; T: TE', 'roles.getUserEffectiveRoles answers pages of id, name and type', async () => {
    const { outcome } = await outcomeOf(
      async (api) => {
        const first = await api.roles.getUserEffectiveRoles({ take: 1 })
        return [first.roles, await api.roles.getUserEffectiveRoles({ from: first.next })]
      },
      {
        facts: {
          roles: [
            { id: 'rol_1', name: 'a', type: 'tenant' },
            { id: 'rol_2', name: 'b', type: 'organization' },
          ],
        },
      },
    )
    expect(outcome).toEqual([
      [{ id: 'rol_1', name: 'a', type: 'tenant' }],
      { roles: [{ id: 'rol_2', name: 'b', type: 'organization' }] },
    ])
  }),
  ...(['Ids', 'Names'] as const).map((by) =>
    agree('D: API; T: TE', `roles.getUserEffectiveRolesBy${by} answers the user's among them`, async () => {
      const roles = [
        { id: 'rol_1', name: 'a', type: 'tenant' },
        { id: 'rol_2', name: 'b', type: 'tenant' },
      ]
      const asked = by === 'Ids' ? ['rol_2', 'rol_9'] : ['b', 'z']
      const { outcome } = await outcomeOf((api) => api.roles[`getUserEffectiveRolesBy${by}`](asked), {
        facts: { roles },
      })
      expect(outcome).toEqual({ roles: [roles[1]] })
    }),
  ),
  chosen(
    'D: API',
    'effective roles are those of the tenant, which an event does not tell in full',
    'without facts they are the names of event.authorization.roles',
    async () => {
      const event = postLoginEvent({ authorization: { roles: ['a'] } })
      const { outcome } = await outcomeOf((api) => api.roles.getUserEffectiveRoles(), { event })
      expect(outcome).toEqual({ roles: [{ id: 'rol_a', name: 'a', type: 'tenant' }] })
    },
  ),
  chosen(
    'D: EV',
    'roles where event.authorization is missing: not documented',
    'none',
    answers(
      (api) => api.roles.getUserEffectiveRoles(),
      { roles: [] },
      { event: situation('noAuthorization') },
    ),
  ),
]
