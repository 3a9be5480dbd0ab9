import { createHmac } from 'node:crypto'
import { expect } from 'vitest'
import { postLoginEvent, situation } from '../../../lib/simulator/index.ts'
import {
  agree,
  answers,
  type Body,
  type Call,
  chosen,
  edge,
  login,
  long,
  many,
  NOW,
  onApi,
  outcomeOf,
  type Row,
  throws,
  withProtocol,
} from './row.ts'

const SECRET = 'secret of the row'

function signed(payload: object, { secret = SECRET, alg = 'HS256' } = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const text = `${part({ alg, typ: 'JWT' })}.${part(payload)}`
  return `${text}.${createHmac('sha256', secret).update(text).digest('base64url')}`
}

function decoded(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1]!, 'base64url').toString())
}

const seconds = NOW / 1000
const { user, request } = postLoginEvent()
const good = { sub: user.user_id, iss: request.hostname, exp: seconds + 60, state: 'st', n: 1 }

const back = (query: Record<string, string>, body: Record<string, string> = {}) => ({
  event: postLoginEvent({ request: { method: 'POST', query, body } }),
  handler: 'onContinuePostLogin' as const,
})
const withToken = (payload: object, signing?: Parameters<typeof signed>[1]) =>
  back({ session_token: signed(payload, signing), state: 'st' })
const validate: Call = (api) => api.redirect.validateToken({ secret: SECRET })

const fields = (count: number) => Object.fromEntries(many(count).map((name) => [name, 1]))
/** A JSON object of exactly so many bytes as options of `prompt.render`. */
const options = (bytes: number) => ({
  vars: { a: long(bytes - JSON.stringify({ vars: { a: '' } }).length) },
})

/** Redirects, their tokens, and forms. */
export const redirect: Row[] = [
  agree('D: RED, API; T: FX', 'encodeToken signs HS256 with iat, iss, sub, exp and ip', async () => {
    const { outcome } = await outcomeOf((api) =>
      api.redirect.encodeToken({ secret: SECRET, payload: { n: 1 } }),
    )
    expect(decoded(outcome)).toEqual({
      iat: seconds,
      iss: request.hostname,
      sub: user.user_id,
      exp: seconds + 900,
      ip: request.ip,
      n: 1,
    })
    expect(outcome).toBe(signed(decoded(outcome)))
  }),
  agree('D: API; T: FX', 'encodeToken: exp follows expiresInSeconds', async () => {
    const { outcome } = await outcomeOf((api) =>
      api.redirect.encodeToken({ secret: SECRET, payload: {}, expiresInSeconds: 5 }),
    )
    expect(decoded(outcome)['exp']).toBe(seconds + 5)
  }),
  ...['iat', 'iss', 'sub', 'exp', 'ip'].map((name) =>
    agree('T: FX', `encodeToken: the payload may override ${name}`, async () => {
      const { outcome } = await outcomeOf((api) =>
        api.redirect.encodeToken({ secret: SECRET, payload: { [name]: 'own' } }),
      )
      expect(decoded(outcome)[name]).toBe('own')
    }),
  ),
  agree('D: GUIDE', 'encodeToken: the payload is signed, not encrypted', async () => {
    const { outcome } = await outcomeOf((api) =>
      api.redirect.encodeToken({ secret: SECRET, payload: { open: 'to read' } }),
    )
    expect(decoded(outcome)['open']).toBe('to read')
  }),
  agree('D: RED; T: FX', 'sendUserTo sets each query entry, in place of one of the same name', async () => {
    const { pipeline } = await login([
      (api) => api.redirect.sendUserTo('https://x.example/?a=1&b=2', { query: { a: '3', c: 'd e' } }),
    ])
    expect(pipeline.redirect?.url).toBe('https://x.example/?a=3&b=2&c=d+e')
  }),
  agree(
    'T: FX',
    'sendUserTo refuses a relative URL',
    throws((api) => api.redirect.sendUserTo('/here'), /Invalid URL/, undefined, TypeError),
  ),
  agree(
    'T: FX',
    'sendUserTo refuses an invalid URL',
    throws((api) => api.redirect.sendUserTo('https://'), /Invalid URL/, undefined, TypeError),
  ),
  agree('D: RED', 'sendUserTo redirects after the Action has ended', async () => {
    const { pipeline } = await login([
      (api) => {
        api.redirect.sendUserTo('https://x.example/')
        api.user.setUserMetadata('after', true)
      },
    ])
    expect(pipeline).toMatchObject({ outcome: 'redirect', userMetadata: { after: true } })
  }),
  chosen('D: API', 'two redirects in one Action: not documented', 'the last one', async () => {
    const { pipeline } = await login([
      (api) => {
        api.redirect.sendUserTo('https://x.example/')
        api.redirect.sendUserTo('https://y.example/')
      },
    ])
    expect(pipeline.redirect?.url).toBe('https://y.example/')
  }),
  agree(
    'D: FRM; T: FX',
    'a redirect and then a form in one Action is an error',
    throws(
      (api) => [api.redirect.sendUserTo('https://x.example'), api.prompt.render('p')],
      'Redirect and render commands cannot be used in the same action.',
    ),
  ),
  agree(
    'D: FRM; T: FX',
    'a form and then a redirect in one Action is an error',
    throws(
      (api) => [api.prompt.render('p'), api.redirect.sendUserTo('https://x.example')],
      'Redirect and render commands cannot be used in the same action.',
    ),
  ),
  agree('D: FRM', 'a form in one Action and a redirect in the next are fine', async () => {
    const form: Body = { execute: (api) => api.prompt.render('p'), resume: () => undefined }
    const away: Call = (api) => api.redirect.sendUserTo('https://x.example/')
    const first = await login([form, away])
    expect(first.pipeline.outcome).toBe('redirect')
    const second = await login([form, away], { resume: first.pipeline.suspension! })
    expect(second.pipeline).toMatchObject({ outcome: 'redirect', redirect: { url: 'https://x.example/' } })
  }),
  agree(
    'D: API; T: FX',
    'canRedirect: false for prompt=none',
    answers((api) => api.redirect.canRedirect(), false, { event: situation('silent') }),
  ),
  ...['oauth2-resource-owner', 'oauth2-refresh-token', 'oauth2-password', 'oauth2-webauthn'].map((protocol) =>
    agree(
      'D: API; T: FX, TE',
      `canRedirect: false for ${protocol}`,
      answers((api) => api.redirect.canRedirect(), false, withProtocol(protocol)),
    ),
  ),
  ...[
    ...['oidc-basic-profile', 'oidc-implicit-profile', 'oidc-hybrid-profile', 'oidc-ciba'],
    ...['oidc-ciba-web-link', 'oauth2-device-code', 'oauth2-resource-owner-jwt-bearer'],
    ...['oauth2-access-token', 'oauth2-token-exchange', 'samlp', 'wsfed', 'wstrust-usernamemixed'],
  ].map((protocol) =>
    agree(
      'T: FX, TE',
      `canRedirect: true for ${protocol}`,
      answers((api) => api.redirect.canRedirect(), true, withProtocol(protocol)),
    ),
  ),
  agree('T: FX', 'canRedirect looks at the query of the request, not at transaction.prompt', async () => {
    const event = postLoginEvent({
      transaction: { prompt: ['none'] },
      request: { query: { prompt: undefined } },
    })
    expect((await outcomeOf((api) => api.redirect.canRedirect(), { event })).outcome).toBe(true)
  }),

  agree(
    'D: RED, API',
    'a token of encodeToken with the state of the redirect passes validateToken',
    async () => {
      const { outcome: token } = await outcomeOf((api) =>
        api.redirect.encodeToken({ secret: SECRET, payload: { state: 'st', n: 1 } }),
      )
      const { outcome } = await outcomeOf(validate, back({ session_token: String(token), state: 'st' }))
      expect(outcome).toMatchObject({ n: 1, sub: user.user_id })
    },
  ),
  agree('D: RED, API; T: FX', 'validateToken answers the payload', async () => {
    expect((await outcomeOf(validate, withToken(good))).outcome).toEqual(good)
  }),
  agree('D: API', 'validateToken reads the POST body too', async () => {
    const { outcome } = await outcomeOf(validate, back({}, { session_token: signed(good), state: 'st' }))
    expect(outcome).toEqual(good)
  }),
  agree('T: FX', 'validateToken: the body wins over the query', async () => {
    const other = signed({ ...good, n: 2 })
    const { outcome } = await outcomeOf(
      validate,
      back({ session_token: signed(good), state: 'st' }, { session_token: other }),
    )
    expect(outcome).toMatchObject({ n: 2 })
  }),
  agree('D: API', 'validateToken: tokenParameterName names another parameter', async () => {
    const { outcome } = await outcomeOf(
      (api) => api.redirect.validateToken({ secret: SECRET, tokenParameterName: 'tok' }),
      back({ tok: signed(good), state: 'st' }),
    )
    expect(outcome).toEqual(good)
  }),
  agree(
    'T: FX',
    'validateToken without its parameter throws, and names session_token by default',
    throws(
      validate,
      "There is no parameter called 'session_token' available in either the POST body or query string.",
    ),
  ),
  agree(
    'T: FX',
    'validateToken without its parameter names the one that was asked for',
    throws(
      (api) => api.redirect.validateToken({ secret: SECRET, tokenParameterName: 'tok' }),
      "There is no parameter called 'tok' available in either the POST body or query string.",
    ),
  ),
  agree(
    'D: RED',
    'validateToken refuses a token signed with another secret',
    throws(validate, 'The session token is invalid: invalid signature', withToken(good, { secret: 'other' })),
  ),
  agree(
    'D: RED',
    'validateToken takes HS256 alone',
    throws(validate, 'The session token is invalid: invalid algorithm', withToken(good, { alg: 'none' })),
  ),
  agree(
    'D: RED',
    'validateToken refuses what is no token',
    throws(validate, 'The session token is invalid: jwt malformed', back({ session_token: 'a.b' })),
  ),
  agree(
    'D: RED',
    'validateToken refuses an expired token',
    throws(validate, 'The session token is invalid: jwt expired', withToken({ ...good, exp: seconds })),
  ),
  agree(
    'N: JWT',
    'validateToken refuses a token that is not valid yet',
    throws(
      validate,
      'The session token is invalid: jwt not active',
      withToken({ ...good, nbf: seconds + 1 }),
    ),
  ),
  agree('N: JWT', 'validateToken takes a token that is valid from now on', async () => {
    const token = { ...good, nbf: seconds }
    expect((await outcomeOf(validate, withToken(token))).outcome).toEqual(token)
  }),
  agree(
    'D: RED',
    'validateToken refuses a token with another state',
    throws(validate, /^The session token is invalid: .*state/, withToken({ ...good, state: 'other' })),
  ),
  agree(
    'T: FX',
    'validateToken refuses a token for another user',
    throws(validate, /^The session token is invalid: .*subject/, withToken({ ...good, sub: 'auth0|other' })),
  ),
  chosen(
    'D: RED; T: FX',
    'validateToken: the issuer is the application by the page, the tenant by the code',
    'a token that names an issuer must name the tenant',
    throws(validate, /^The session token is invalid: .*issuer/, withToken({ ...good, iss: 'app' })),
  ),
  chosen(
    'D: RED; T: FX',
    'validateToken: whether iss is enforced is unknown',
    'a token without an issuer passes',
    async () => {
      const { iss: _, ...anonymous } = good
      expect((await outcomeOf(validate, withToken(anonymous))).outcome).toEqual(anonymous)
    },
  ),
  chosen(
    'D: API',
    'validateToken is only of use in onContinuePostLogin; what it does elsewhere is not documented',
    'the same checks',
    async () => {
      const setting = { ...withToken(good), handler: 'onExecutePostLogin' as const }
      expect((await outcomeOf(validate, setting)).outcome).toEqual(good)
    },
  ),

  agree('D: RED, PL', 'a redirect suspends after its Action, and later Actions do not run', async () => {
    const { pipeline } = await login([
      (api) => api.redirect.sendUserTo('https://x.example/'),
      (api) => api.idToken.setCustomClaim('late', 1),
    ])
    expect(pipeline).toMatchObject({ outcome: 'redirect', suspension: { actionIndex: 0 }, writes: [] })
  }),
  agree(
    'D: RED, PL',
    'on return the same Action goes on in onContinuePostLogin, and the ones before do not run again',
    async () => {
      const bodies: Body[] = [
        () => undefined,
        {
          execute: (api) => api.redirect.sendUserTo('https://x.example/'),
          resume: (api) => api.idToken.setCustomClaim('back', 1),
        },
        (api) => api.idToken.setCustomClaim('last', 1),
      ]
      const first = await login(bodies)
      const { pipeline } = await login(bodies, { resume: first.pipeline.suspension! })
      expect(pipeline.runs.map(({ action, handler }) => `${action} ${handler}`)).toEqual([
        'action-2 onContinuePostLogin',
        'action-3 onExecutePostLogin',
      ])
      expect(pipeline).toMatchObject({ outcome: 'allowed', writes: [{ claim: 'back' }, { claim: 'last' }] })
    },
  ),
  chosen(
    'D: RED; T: RUN',
    'an Action that redirects and has no onContinuePostLogin: not documented',
    "the loader's error about the signature",
    async () => {
      const away: Call = (api) => api.redirect.sendUserTo('https://x.example/')
      const first = await login([away])
      const { pipeline } = await login([away], { resume: first.pipeline.suspension! })
      expect(pipeline).toMatchObject({
        outcome: 'error',
        reason:
          'Invalid function signature for the "onContinuePostLogin" handler. Use "exports.onContinuePostLogin = async function(event, api) { }" as the signature.',
      })
    },
  ),
  ...(['refresh', 'password'] as const).map((name) =>
    agree('D: RED', `a redirect fails in the ${name} flow`, async () => {
      const { pipeline } = await login([(api) => api.redirect.sendUserTo('https://x.example/')], {
        event: situation(name),
      })
      expect(pipeline.outcome).toBe('error')
    }),
  ),
  ...(['refresh', 'password'] as const).map((name) =>
    agree('D: RED', `a form fails in the ${name} flow`, async () => {
      const { pipeline } = await login([(api) => api.prompt.render('p')], { event: situation(name) })
      expect(pipeline.outcome).toBe('error')
    }),
  ),
  agree('D: RED', 'a redirect with prompt=none ends in interaction_required', async () => {
    const { tokens } = await login([(api) => api.redirect.sendUserTo('https://x.example/')], {
      event: situation('silent'),
    })
    expect(tokens).toMatchObject({ error: 'interaction_required', failure: 'Interaction required' })
    expect(tokens.findings).toMatchObject([{ rule: 'runtime/interaction-required', severity: 'error' }])
  }),
  ...(['refresh', 'password'] as const).map((name) =>
    agree('D: RED', `a redirect at a ${name} fails`, async () => {
      const { pipeline, tokens } = await login([(api) => api.redirect.sendUserTo('https://x.example/')], {
        event: situation(name),
      })
      expect(pipeline.outcome).toBe('error')
      expect(tokens.error).toBe('interaction_required')
      expect(tokens.findings).toMatchObject([{ rule: 'runtime/interaction-required' }])
    }),
  ),
  agree('D: PL, UMD', 'metadata is saved before the browser is sent away', async () => {
    const { pipeline } = await login([
      (api) => {
        api.user.setAppMetadata('step', 1)
        api.redirect.sendUserTo('https://x.example/')
      },
    ])
    expect(pipeline.appMetadata).toEqual({ step: 1 })
  }),
  agree('D: RED, UMD', 'after a redirect the metadata written before it is in the event', async () => {
    let seen: unknown
    const body: Body = {
      execute: (api) => {
        api.user.setAppMetadata('step', 1)
        api.user.setUserMetadata('gone', null)
        api.redirect.sendUserTo('https://x.example/')
      },
      resume: (_api, event) => {
        seen = [event.user.app_metadata, event.user.user_metadata]
      },
    }
    const first = await login([body], {
      event: onApi({ user: { app_metadata: { old: 1 }, user_metadata: { gone: 1, kept: 2 } } }),
    })
    await login([body], { resume: first.pipeline.suspension! })
    expect(seen).toEqual([{ old: 1, step: 1 }, { kept: 2 }])
  }),
  agree('D: TXM', 'transaction metadata survives a redirect', async () => {
    let seen: unknown
    const body: Body = {
      execute: (api) => {
        api.transaction.setMetadata('step', 1)
        api.redirect.sendUserTo('https://x.example/')
      },
      resume: (_api, event) => {
        seen = event.transaction.metadata
      },
    }
    const first = await login([body])
    await login([body], { resume: structuredClone(first.pipeline.suspension!) })
    expect(seen).toEqual({ step: 1 })
  }),
  chosen(
    'I',
    'whether a claim set in an Action that then redirects survives: not documented in words',
    'it does, since commands belong to the transaction',
    async () => {
      const body: Body = {
        execute: (api) => {
          api.idToken.setCustomClaim('https://acme.example/a', 1)
          api.redirect.sendUserTo('https://x.example/')
        },
        resume: () => undefined,
      }
      const first = await login([body])
      const { tokens } = await login([body], { resume: first.pipeline.suspension! })
      expect(tokens.idToken).toMatchObject({ 'https://acme.example/a': 1 })
    },
  ),
  chosen(
    'D: API',
    'deny and a redirect in one Action: not documented',
    'deny wins, in either order',
    async () => {
      const deny = (api: Parameters<Call>[0]) => api.access.deny('no')
      const away = (api: Parameters<Call>[0]) => api.redirect.sendUserTo('https://x.example/')
      for (const calls of [
        [deny, away],
        [away, deny],
      ]) {
        const { pipeline } = await login([
          (api) => {
            for (const call of calls) call(api)
          },
        ])
        expect(pipeline).toMatchObject({ outcome: 'denied', reason: 'no' })
      }
    },
  ),

  agree('D: FRM', 'render suspends like a redirect', async () => {
    const body: Body = {
      execute: (api) => api.prompt.render('ap_1'),
      resume: (api, event) => api.idToken.setCustomClaim('answer', event.prompt.fields.answer),
    }
    const first = await login([body])
    expect(first.pipeline).toMatchObject({ outcome: 'redirect', redirect: { url: 'prompt:ap_1' } })
    const { suspension } = first.pipeline
    const event = { ...suspension!.event, prompt: { id: 'ap_1', fields: { answer: 'yes' } } }
    const { pipeline } = await login([body], { resume: { ...suspension!, event } })
    expect(pipeline.writes).toMatchObject([{ claim: 'answer', value: 'yes' }])
  }),
  agree(
    'D: EV, FRM',
    "a form's answer is for the Action that rendered it, not for those after it",
    async () => {
      const form: Body = {
        execute: (api) => api.prompt.render('ap_1'),
        resume: (api, event) => api.idToken.setCustomClaim('own', event.prompt.id),
      }
      const after: Call = (api, event) => api.idToken.setCustomClaim('after', event.prompt ?? 'none')
      const { suspension } = (await login([form, after])).pipeline
      const event = { ...suspension!.event, prompt: { id: 'ap_1' } }
      const { pipeline } = await login([form, after], { resume: { ...suspension!, event } })
      expect(pipeline.writes.map(({ value }) => value)).toEqual(['ap_1', 'none'])
    },
  ),
  agree(
    'T: FX',
    'one render in an Action',
    throws(
      (api) => [api.prompt.render('p'), api.prompt.render('q')],
      'Only 1 render command per action is allowed.',
    ),
  ),
  agree(
    'T: HLP',
    'render: a prompt id of up to 48 characters',
    edge(
      (api) => api.prompt.render(long(48)),
      (api) => api.prompt.render(long(49)),
      'promptId must NOT have more than 48 characters',
    ),
  ),
  ...(['fields', 'vars'] as const).map((part) =>
    agree(
      'T: HLP',
      `render: up to 24 ${part}`,
      edge(
        (api) => api.prompt.render('p', { [part]: fields(24) }),
        (api) => api.prompt.render('p', { [part]: fields(25) }),
        `${part} must NOT have more than 24 properties`,
      ),
    ),
  ),
  ...(['fields', 'vars'] as const).map((part) =>
    agree(
      'T: HLP',
      `render: ${part} is an object`,
      throws((api) => api.prompt.render('p', { [part]: ['a'] }), `${part} must be object`),
    ),
  ),
  ...(['fields', 'vars'] as const).map((part) =>
    chosen(
      'T: HLP',
      `render: ${part} that is undefined: not documented`,
      'as if it were not given',
      answers((api) => api.prompt.render('p', { [part]: undefined }), undefined),
    ),
  ),
  agree(
    'T: HLP',
    'render: keys of fields of up to 50 characters',
    edge(
      (api) => api.prompt.render('p', { fields: { [`_${long(49)}`]: 1 } }),
      (api) => api.prompt.render('p', { fields: { [`_${long(50)}`]: 1 } }),
      /fields/,
    ),
  ),
  ...['a-b', '1a', 'é', ''].map((name) =>
    agree(
      'T: HLP',
      `render: a field is not called ${JSON.stringify(name)}`,
      throws(
        (api) => api.prompt.render('p', { fields: { [name]: 1 } }),
        'fields must NOT have additional properties',
      ),
    ),
  ),
  agree(
    'T: HLP',
    'render: vars may have any key',
    answers((api) => api.prompt.render('p', { vars: { 'a-b': 1 } }), undefined),
  ),
  agree(
    'T: HLP',
    'render: no other option',
    throws(
      (api) => api.prompt.render('p', { other: {} }),
      'promptOptions must NOT have additional properties',
    ),
  ),
  chosen(
    'D: FRM; T: HLP',
    'render: 24 KB for fields by the page, for all options as JSON by the code',
    '24 KiB of JSON for all options',
    edge(
      (api) => api.prompt.render('p', options(24 * 1024)),
      (api) => api.prompt.render('p', options(24 * 1024 + 1)),
      'The total size of the prompt options exceeds the limit of 24576 bytes.',
    ),
  ),
  agree(
    'T: HLP',
    'render: the prompt id is a string',
    throws((api) => api.prompt.render(1), 'promptId must be string'),
  ),
  agree(
    'T: HLP',
    'render: the prompt id is required',
    throws((api) => api.prompt.render(), " must have required property 'promptId'"),
  ),
  ...[null, false, 0, ''].map((value) =>
    agree('T: FX', `render: ${JSON.stringify(value)} counts as no options`, async () => {
      const { outcome, commands, state } = await outcomeOf((api) => api.prompt.render('p', value))
      expect([outcome, commands[0]?.args]).toEqual([undefined, ['p', {}]])
      expect(state.suspension?.form).toEqual({ id: 'p' })
    }),
  ),
  ...['x', ['a'], 1, true].map((value) =>
    agree(
      'T: HLP',
      `render: ${JSON.stringify(value)} is no object of options`,
      throws((api) => api.prompt.render('p', value), 'promptOptions must be object'),
    ),
  ),
  agree(
    'T: FX',
    'render: that there is one already is said first',
    throws(
      (api) => [api.prompt.render('p'), api.prompt.render(1)],
      'Only 1 render command per action is allowed.',
    ),
  ),
]
