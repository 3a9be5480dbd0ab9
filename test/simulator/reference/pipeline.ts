import { expect } from 'vitest'
import { createInProcessRuntime } from '../../../lib/runtime/index.ts'
import type { Runtime } from '../../../lib/runtime/types.ts'
import { postLoginEvent, runTrigger, situation } from '../../../lib/simulator/index.ts'
import { postLogin } from '../../../lib/triggers/index.ts'
import {
  API,
  agree,
  type Body,
  type Call,
  chosen,
  login,
  onApi,
  type Row,
  refresh,
  withProtocol,
} from './row.ts'

const CLAIM = 'https://acme.example/a'
const setClaim =
  (value: unknown, token: 'idToken' | 'accessToken' = 'idToken'): Call =>
  (api) =>
    api[token].setCustomClaim(CLAIM, value)

const fails: Call = () => {
  throw new Error('upstream is down')
}

/** Runs Actions that take seven seconds each, over a redirect too: the time that each was given. */
async function timed(calls: Call[]): Promise<{ given: unknown[] }> {
  const handlers = Object.fromEntries(
    calls.map((call, index) => [
      `action-${index}`,
      {
        onExecutePostLogin: async (event: unknown, api: unknown) => call(api, event),
        onContinuePostLogin: async () => undefined,
      },
    ]),
  )
  const given: unknown[] = []
  const inProcess = createInProcessRuntime(handlers)
  const runtime: Runtime = {
    ...inProcess,
    async run(request) {
      given.push(request.timeoutMilliseconds)
      return { ...(await inProcess.run(request)), milliseconds: 7000 }
    },
  }
  const actions = Object.keys(handlers).map((name) => ({ name, code: '', file: name, secrets: {} }))
  const { suspension } = await runTrigger(postLogin, { actions, event: postLoginEvent(), runtime })
  if (suspension !== undefined) {
    await runTrigger(postLogin, { actions, event: postLoginEvent(), runtime, resume: suspension })
  }
  return { given }
}

const signature = (handler: string) =>
  `Invalid function signature for the "${handler}" handler. Use "exports.${handler} = async function(event, api) { }" as the signature.`

const denials: [method: string, call: Call, source: string][] = [
  ['access.deny', (api) => api.access.deny('why'), 'D: API, GUIDE; T: FX'],
  ['session.revoke', (api) => api.session.revoke('why'), 'D: API, SES; T: FX'],
  ['refreshToken.revoke', (api) => api.refreshToken.revoke('why'), 'D: API, RTA; T: FX'],
  ['validation.error', (api) => api.validation.error('code', 'why'), 'D: API'],
]
// Refreshes have a refresh token, and here a session too.
const everything = situation('refresh', {
  session: { id: 'session-1' },
  resource_server: { identifier: API },
})

const notAsync: [what: string, handler: unknown][] = [
  ['a plain function', () => undefined],
  ['a plain function that returns a promise', () => Promise.resolve()],
  ['an async generator', async function* () {}],
  ['a class', class {}],
  ['no function', 'text'],
  ['nothing', undefined],
]

/** Rules across the Actions of one binding. */
export const pipeline: Row[] = [
  agree('D: OVR, BIND', 'Actions run one after another, in the order of the bindings', async () => {
    const order: number[] = []
    const slow =
      (number: number, milliseconds: number): Call =>
      async () => {
        await new Promise((resolve) => setTimeout(resolve, milliseconds))
        order.push(number)
      }
    await login([slow(1, 20), slow(2, 5), slow(3, 0)])
    expect(order).toEqual([1, 2, 3])
  }),
  agree('D: PL', 'tokens are built after the last Action', async () => {
    const { tokens } = await login([setClaim(1), setClaim(2, 'accessToken')])
    expect(tokens.idToken).toMatchObject({ [CLAIM]: 1 })
    expect(tokens.accessToken).toMatchObject({ [CLAIM]: 2 })
  }),
  agree('D: MIG', 'Rules run before any Action, so every Action may ask for them', async () => {
    const seen: unknown[] = []
    const ask: Call = (api) => seen.push(api.rules.wasExecuted('rul_1'))
    await login([ask, ask], { facts: { executedRules: ['rul_1'] } })
    expect(seen).toEqual([true, true])
  }),
  ...notAsync.map(([what, handler]) =>
    agree('T: RUN', `a handler that is ${what} is refused`, async () => {
      const { pipeline: result } = await login([{ exports: { onExecutePostLogin: handler } }])
      expect(result).toMatchObject({ outcome: 'error', reason: signature('onExecutePostLogin') })
    }),
  ),
  ...[undefined, null, 'text', 1].map((exports) =>
    agree('T: RUN', `a module that exports ${JSON.stringify(exports)} is refused`, async () => {
      const { pipeline: result } = await login([{ exports }])
      expect(result).toMatchObject({ outcome: 'error', reason: 'The Action must export an object.' })
    }),
  ),
  agree('D: MIG, FIRST', 'each Action has its own secrets', async () => {
    const seen: unknown[] = []
    const note: Call = (_api, event) => seen.push(event.secrets)
    await login([note, note], { secrets: [{ A: '1' }, { B: '2' }] })
    expect(seen).toEqual([{ A: '1' }, { B: '2' }])
  }),
  agree('D: EV', 'event.secrets is an empty object for an Action without secrets', async () => {
    let seen: unknown
    await login([
      (_api, event) => {
        seen = event.secrets
      },
    ])
    expect(seen).toEqual({})
  }),
  agree('D: MIG', 'what an Action writes onto its event is invisible to the next', async () => {
    const seen: unknown[] = []
    const touch: Call = (_api, event) => {
      seen.push([event.user.app_metadata.touched, event.custom, event.user.name])
      event.user.app_metadata.touched = true
      event.custom = true
      event.user.name = 'changed'
    }
    await login([touch, touch])
    expect(seen).toEqual([
      [undefined, undefined, 'Ada Lovelace'],
      [undefined, undefined, 'Ada Lovelace'],
    ])
  }),
  agree('D: MIG', 'what an Action writes onto its event stays out of the tokens', async () => {
    const { tokens } = await login([
      (_api, event) => {
        event.user.name = 'changed'
      },
    ])
    expect(tokens.idToken).toMatchObject({ name: 'Ada Lovelace' })
  }),
  chosen(
    'T: FX',
    'whether the event is frozen: not documented; the harness does not',
    'not frozen',
    async () => {
      const { pipeline: result } = await login([
        (_api, event) => {
          event.user.name = 'changed'
          if (event.user.name !== 'changed') throw new Error('frozen')
        },
      ])
      expect(result.outcome).toBe('allowed')
    },
  ),
  agree('S: LWW', 'the same claim twice in an Action: the later call wins', async () => {
    const { tokens } = await login([(api, event) => [setClaim(1)(api, event), setClaim(2)(api, event)]])
    expect(tokens.idToken).toMatchObject({ [CLAIM]: 2 })
    expect(tokens.writes.map(({ verdict }) => verdict)).toEqual(['overwritten', 'kept'])
  }),
  agree('S: LWW', 'the same claim in two Actions: the later one wins', async () => {
    const { tokens } = await login([setClaim(1), setClaim(2)])
    expect(tokens.idToken).toMatchObject({ [CLAIM]: 2 })
  }),
  agree('D: APIO', 'the two tokens are independent: nothing is copied', async () => {
    const { tokens } = await login([setClaim(1, 'accessToken')])
    expect(tokens.idToken).not.toHaveProperty([CLAIM])
    expect(tokens.writes).toMatchObject([{ verdict: 'kept' }])
  }),

  ...denials.flatMap(([method, call, source]) => [
    agree(source, `${method} ends the login with its reason`, async () => {
      const { pipeline: result } = await login([call], { event: everything })
      expect(result).toMatchObject({ outcome: 'denied', reason: 'why' })
    }),
    agree(source, `${method} does not throw: the rest of the handler runs`, async () => {
      let ran = false
      await login(
        [
          (api, event) => {
            call(api, event)
            ran = true
          },
        ],
        { event: everything },
      )
      expect(ran).toBe(true)
    }),
    agree(source, `${method}: later Actions do not run`, async () => {
      const { pipeline: result } = await login([call, setClaim(1)], { event: everything })
      expect(result.runs).toHaveLength(1)
    }),
    agree(source, `${method}: there are no tokens, and every claim is discarded`, async () => {
      const { tokens } = await login([setClaim(1), call], { event: everything })
      expect(tokens.writes).toMatchObject([{ verdict: 'discarded' }])
      expect(tokens.idToken).not.toHaveProperty([CLAIM])
    }),
  ]),
  agree('D: API', 'after a deny the metadata requested so far is saved', async () => {
    const { pipeline: result } = await login([
      (api) => api.user.setUserMetadata('earlier', 1),
      (api) => {
        api.user.setAppMetadata('before', 1)
        api.access.deny('no')
        api.user.setAppMetadata('after', 1)
      },
    ])
    expect(result).toMatchObject({
      outcome: 'denied',
      userMetadata: { earlier: 1 },
      appMetadata: { before: 1, after: 1 },
    })
  }),
  chosen('D: API', 'two denies in one Action: not documented', 'the first one decides', async () => {
    const { pipeline: result } = await login([(api) => [api.access.deny('first'), api.access.deny('second')]])
    expect(result.reason).toBe('first')
  }),
  chosen('T: FX', 'a deny and then an uncaught throw: not documented', 'the throw decides', async () => {
    const { pipeline: result } = await login([
      (api, event) => {
        api.access.deny('no')
        return fails(api, event)
      },
    ])
    expect(result).toMatchObject({ outcome: 'error', reason: 'upstream is down' })
  }),
  chosen(
    'D: API',
    'what validation.error shows of its code in post-login: not documented',
    'the reason is the message; the code is in the record of the call',
    async () => {
      const { pipeline: result } = await login([(api) => api.validation.error('code', 'why')])
      expect(result.reason).toBe('why')
      expect(result.commands[0]?.args).toEqual(['code', 'why'])
    },
  ),

  agree('S: ACD; D: RTC, SMD', 'an uncaught throw fails the login with its message', async () => {
    const { pipeline: result } = await login([fails])
    expect(result).toMatchObject({ outcome: 'error', reason: 'upstream is down' })
  }),
  agree('S: ACD', 'a rejected promise fails the login with its message', async () => {
    const { pipeline: result } = await login([() => Promise.reject(new Error('rejected'))])
    expect(result).toMatchObject({ outcome: 'error', reason: 'rejected' })
  }),
  ...(['text', { code: 1 }, null, undefined] as const).map((thrown) =>
    chosen(
      'S: ACD',
      `an Action throws ${JSON.stringify(thrown)}, which has no message: not documented`,
      'its text',
      async () => {
        const { pipeline: result } = await login([
          () => {
            throw thrown
          },
        ])
        expect(result).toMatchObject({ outcome: 'error', reason: String(thrown) })
      },
    ),
  ),
  agree('T: FX', 'an uncaught throw discards claims', async () => {
    const { tokens } = await login([setClaim(1), fails])
    expect(tokens.writes).toMatchObject([{ verdict: 'discarded' }])
  }),
  agree('T: FX', 'an uncaught throw discards metadata, of earlier Actions too', async () => {
    const { pipeline: result } = await login([
      (api) => [api.user.setUserMetadata('a', 1), api.user.setAppMetadata('a', 1)],
      fails,
    ])
    expect(result).toMatchObject({ userMetadata: {}, appMetadata: {} })
  }),
  agree('T: FX', 'an uncaught throw discards scopes', async () => {
    const { pipeline: result } = await login([
      (api) => [api.accessToken.addScope('a'), api.accessToken.removeScope('b')],
      fails,
    ])
    expect(result.scopes).toEqual({ add: [], remove: [] })
  }),
  agree('T: FX', 'after an uncaught throw later Actions do not run', async () => {
    const { pipeline: result } = await login([fails, setClaim(1)])
    expect(result.runs).toHaveLength(1)
  }),
  agree('T: FX', 'a throw that the Action catches discards nothing', async () => {
    const { tokens } = await login([
      (api) => {
        try {
          api.idToken.setCustomClaim('scope', 1)
        } catch {}
        api.idToken.setCustomClaim(CLAIM, 1)
      },
    ])
    expect(tokens.writes.map(({ verdict }) => verdict)).toEqual(['refused', 'kept'])
  }),

  agree('D: PL, UMD', 'metadata of all Actions is merged, key by key, the later call wins', async () => {
    const { pipeline: result } = await login([
      (api) => [api.user.setUserMetadata('a', 1), api.user.setUserMetadata('b', 1)],
      (api) => api.user.setUserMetadata('b', 2),
    ])
    expect(result.userMetadata).toEqual({ a: 1, b: 2 })
  }),
  chosen(
    'D: API',
    'whether nested values are merged: not documented',
    'a key is written as a whole',
    async () => {
      const { pipeline: result } = await login([
        (api) => api.user.setUserMetadata('a', { b: 1 }),
        (api) => api.user.setUserMetadata('a', { c: 1 }),
      ])
      expect(result.userMetadata).toEqual({ a: { c: 1 } })
    },
  ),
  agree('D: API', 'null removes a key of the metadata', async () => {
    const { pipeline: result } = await login([(api) => api.user.setAppMetadata('a', null)])
    expect(result.appMetadata).toEqual({ a: null })
  }),
  chosen('D: API', 'metadata that is undefined: not documented', 'nothing is written', async () => {
    const { pipeline: result } = await login([(api) => api.user.setAppMetadata('a', undefined)])
    expect(result).toMatchObject({ outcome: 'allowed', appMetadata: {} })
  }),
  agree('D: API; T: FX', 'event.user metadata does not change inside the Action', async () => {
    let seen: unknown
    await login([
      (api, event) => {
        api.user.setAppMetadata('a', 1)
        api.user.setUserMetadata('a', 1)
        seen = [event.user.app_metadata, event.user.user_metadata]
      },
    ])
    expect(seen).toEqual([{}, {}])
  }),
  chosen(
    'D: API',
    'whether a later Action sees metadata that is yet to be saved: not documented',
    'it does not',
    async () => {
      let seen: unknown
      await login([
        (api) => api.user.setAppMetadata('a', 1),
        (_api, event) => {
          seen = event.user.app_metadata
        },
      ])
      expect(seen).toEqual({})
    },
  ),
  ...(
    [
      ['before', (api) => [api.user.setUserMetadata('a', 1), api.authentication.setPrimaryUser('auth0|2')]],
      ['after', (api) => [api.authentication.setPrimaryUser('auth0|2'), api.user.setUserMetadata('a', 1)]],
    ] as [string, Call][]
  ).map(([when, call]) =>
    agree('D: LIM', `user metadata set ${when} setPrimaryUser in the same Action is lost`, async () => {
      const { pipeline: result } = await login([call])
      expect(result).toMatchObject({ outcome: 'allowed', userMetadata: {} })
    }),
  ),
  agree('D: LIM', 'user metadata of other Actions than that of setPrimaryUser is kept', async () => {
    const { pipeline: result } = await login([
      (api) => api.user.setUserMetadata('a', 1),
      (api) => api.authentication.setPrimaryUser('auth0|2'),
      (api) => api.user.setUserMetadata('b', 1),
    ])
    expect(result.userMetadata).toEqual({ a: 1, b: 1 })
  }),
  chosen(
    'D: LIM',
    'app metadata set in the Action of setPrimaryUser: not named among what is lost',
    'kept',
    async () => {
      const { pipeline: result } = await login([
        (api) => [api.user.setAppMetadata('a', 1), api.authentication.setPrimaryUser('auth0|2')],
      ])
      expect(result.appMetadata).toEqual({ a: 1 })
    },
  ),

  agree('D: MFAS, MFAE', 'after a challenge or enrolment the next Action goes on', async () => {
    const demand: Call[] = [
      (api) => api.authentication.challengeWith({ type: 'otp' }),
      (api) => api.authentication.enrollWithAny([{ type: 'phone' }]),
    ]
    const { pipeline: result } = await login([...demand, setClaim(1)])
    expect(result.runs.map(({ handler }) => handler)).toEqual(Array(3).fill('onExecutePostLogin'))
  }),
  chosen(
    'D: MFAS, MFAE',
    'authentication.methods shows a challenge in the next Action; nobody answers challenges here',
    'they count as passed, and the event stays as it is',
    async () => {
      let seen: unknown
      const event = onApi()
      await login(
        [
          (api) => api.authentication.challengeWith({ type: 'otp' }),
          (_api, own) => {
            seen = own.authentication.methods
          },
        ],
        { event },
      )
      expect(seen).toEqual(event.authentication?.methods)
    },
  ),
  agree('D: API, MFAS', 'multifactor.enable does nothing until the end of the flow', async () => {
    const { pipeline: result } = await login([(api) => api.multifactor.enable('any'), setClaim(1)])
    expect(result.runs).toHaveLength(2)
    expect(result.outcome).toBe('allowed')
  }),
  chosen(
    'D: API',
    'multifactor.enable in several Actions: not documented',
    'all calls are on record, in order, and the last one decides',
    async () => {
      const any: Call = (api) => api.multifactor.enable('any')
      const none: Call = (api) => api.multifactor.enable('none')
      const { pipeline: result } = await login([any, none])
      expect(result.commands.map(({ args }) => args[0])).toEqual(['any', 'none'])
      const silent = { event: situation('silent') }
      expect((await login([any, none], silent)).tokens.error).toBeUndefined()
      expect((await login([none, any], silent)).tokens.error).toBe('login_required')
    },
  ),
  agree('D: MFAS', 'a challenge overrides multifactor.enable, none too', async () => {
    const challenge: Call = (api) => api.authentication.challengeWith({ type: 'otp' })
    const none: Call = (api) => api.multifactor.enable('none')
    const silent = { event: situation('silent') }
    expect((await login([challenge, none], silent)).tokens.error).toBe('login_required')
  }),
  ...(
    [
      ['challengeWith', (api) => api.authentication.challengeWith({ type: 'otp' })],
      ['challengeWithAny', (api) => api.authentication.challengeWithAny([{ type: 'otp' }])],
      ['enrollWith', (api) => api.authentication.enrollWith({ type: 'otp' })],
      ['enrollWithAny', (api) => api.authentication.enrollWithAny([{ type: 'otp' }])],
    ] as [string, Call][]
  ).map(([method, call]) =>
    agree('D: CTE, CTEM', `${method} fails a token exchange`, async () => {
      const { pipeline: result } = await login([call], withProtocol('oauth2-token-exchange'))
      expect(result.outcome).toBe('error')
    }),
  ),
  agree('D: CTE, CTEM', 'multifactor.enable works in a token exchange', async () => {
    const { pipeline: result } = await login([(api) => api.multifactor.enable('any')], {
      event: onApi({ transaction: { protocol: 'oauth2-token-exchange' } }),
    })
    expect(result.outcome).toBe('allowed')
  }),
  ...(
    [
      ['an actor', { transaction: { protocol: 'oauth2-token-exchange', actor: { sub: 'agent' } } }],
      [
        'an organization',
        {
          transaction: { protocol: 'oauth2-token-exchange' },
          organization: { id: 'org_1', name: 'a', display_name: 'A', metadata: {} },
        },
      ],
    ] as [string, Parameters<typeof onApi>[0]][]
  ).map(([what, overrides]) =>
    chosen(
      'D: CTE, CTEM',
      `multifactor.enable in a token exchange with ${what} does not work; how is not documented`,
      'the login fails',
      async () => {
        const { pipeline: result } = await login([(api) => api.multifactor.enable('any')], {
          event: onApi(overrides),
        })
        expect(result.outcome).toBe('error')
      },
    ),
  ),
  chosen(
    'D: UPRT, MFAC',
    'a demand for MFA in a refresh makes the token endpoint answer mfa_required',
    'the pipeline notes the demand; the endpoint of the local tenant answers',
    async () => {
      const { pipeline: result } = await login([(api) => api.multifactor.enable('any')], refresh)
      expect(result.outcome).toBe('allowed')
    },
  ),

  agree('D: LIM', 'one execution of all Actions has 20 seconds', async () => {
    const { given } = await timed([() => undefined])
    expect(given).toEqual([20_000])
  }),
  agree('D: LIM', 'past its time the login fails, and later Actions do not run', async () => {
    const forever: Call = () => new Promise(() => undefined)
    const { pipeline: result } = await login([setClaim(1), forever, setClaim(2)], {
      timeoutMilliseconds: 200,
    })
    expect(result).toMatchObject({ outcome: 'error', runs: [{}, { error: { kind: 'timeout' } }] })
    expect(result.runs).toHaveLength(2)
  }),
  agree('D: LIM', 'the time is for all Actions together: what one takes the next does not have', async () => {
    const { given } = await timed([() => undefined, () => undefined, () => undefined])
    expect(given).toEqual([20_000, 13_000, 6000])
  }),
  agree('D: LIM', 'after a redirect the time is counted anew', async () => {
    const away: Call = (api) => api.redirect.sendUserTo('https://x.example/')
    const { given } = await timed([() => undefined, away, () => undefined])
    expect(given).toEqual([20_000, 13_000, 20_000, 13_000])
  }),
  agree('D: LIM', 'after a resume there is a new event.request', async () => {
    let seen: unknown
    const body: Body = {
      execute: (api) => api.redirect.sendUserTo('https://x.example/'),
      resume: (_api, event) => {
        seen = event.request.query
      },
    }
    const first = await login([body])
    const suspension = first.pipeline.suspension!
    const request = { ...(suspension.event as { request: object }).request, query: { state: 's', a: '1' } }
    await login([body], { resume: { ...suspension, event: { ...suspension.event, request } } })
    expect(seen).toEqual({ state: 's', a: '1' })
  }),
  agree('D: GUIDE, PL', 'Actions run on silent logins too', async () => {
    const { pipeline: result } = await login([setClaim(1)], { event: situation('silent') })
    expect(result.writes).toHaveLength(1)
  }),
  agree('D: JWTC, PL', 'a refresh inherits no claim: the Actions run and set them again', async () => {
    const once: Call = (api, event) => {
      if (event.transaction.protocol !== 'oauth2-refresh-token') setClaim(1)(api, event)
    }
    const atLogin = await login([once])
    const atRefresh = await login([once], { event: situation('refresh') })
    expect(atLogin.tokens.idToken).toHaveProperty([CLAIM])
    expect(atRefresh.tokens.idToken).not.toHaveProperty([CLAIM])
  }),
]
