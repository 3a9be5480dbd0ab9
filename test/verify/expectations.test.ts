import type { Request as ExpressRequest } from 'express'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { requireAuth, requireChecks } from '../../lib/verify/express.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import { rawRequest } from '../../lib/verify/node-raw-request.ts'
import { APPS, type App, type AppOptions, type Claims, ODD_ANSWERS, WRAPPED } from './apps.ts'
import { jkt, METHOD, proofFor } from './proof-kit.ts'
import { goodPayload, options, token } from './token-kit.ts'

const PLAN = 'https://acme.example/plan'

describe.each(APPS)('the adapter for %s', (name, start) => {
  let app: App
  let seen: [string, boolean][]
  async function starts(given: AppOptions = {}, changes: object = {}) {
    await app?.stop()
    seen = []
    app = await start(createVerifier<Claims>({ ...options, ...changes }), {
      onRefused: (code, hasRequest) => {
        seen.push([code, hasRequest])
      },
      ...given,
    })
  }
  beforeEach(() => starts())
  afterEach(() => app.stop())

  async function ask(path: string, headers: Record<string, string> = {}, method = 'GET') {
    const answer = await fetch(app.url + path, { method, headers })
    const text = await answer.text()
    return {
      status: answer.status,
      challenge: answer.headers.get('www-authenticate'),
      handledBy: answer.headers.get('x-handled-by'),
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    }
  }

  async function asRaw(headers: [string, string][], target: string) {
    const asked = { url: app.url, method: 'GET', target, hosts: ['127.0.0.1'], headers }
    return rawRequest({ ...asked, timeoutMilliseconds: 5000 })
  }

  test('serves whoever has no credentials where they are optional, and knows those who have', async () => {
    expect(await ask('/optional')).toMatchObject({ status: 200, body: null })
    expect(await ask('/optional', { authorization: `Bearer ${await token()}` })).toMatchObject({
      status: 200,
      body: goodPayload,
    })
    expect(seen).toEqual([])
  })

  test('takes nobody with credentials that are no good for one without', async () => {
    const good = await token()
    const bad = `${good.slice(0, -8)}AAAAAAAA`
    const expired = await token({ exp: 1 })
    for (const [authorization, status] of [
      [`Bearer ${bad}`, 401],
      [`Bearer ${expired}`, 401],
      [`DPoP ${good}`, 401],
      ['DPoP x', 401],
      ['Bearer a b', 400],
      ['Bearer', 400],
      ['bearer ', 400],
      [`Bearer ${good}, Bearer ${good}`, 400],
      [`Basic ${good}`, 401],
      [good, 401],
      ['x', 401],
    ] as const) {
      expect((await ask('/optional', { authorization })).status, authorization.slice(0, 20)).toBe(status)
    }
    expect((await ask('/optional', { dpop: 'x' })).status).toBe(401)
    expect((await ask(`/optional?access_token=${good}`)).status).toBe(401)
    expect((await ask(`/optional?a=b&%61ccess_token=x`)).status).toBe(401)
    // An empty header is one.
    expect(await asRaw([['Authorization', '']], '/optional')).toBe(401)
    const twice = [`Bearer ${good}`, `Bearer ${bad}`].map((value): [string, string] => [
      'Authorization',
      value,
    ])
    expect(await asRaw(twice, '/optional')).toBe(400)
    expect(await asRaw([...twice].reverse(), '/optional')).toBe(400)
    expect(seen.length).toBe(17)
  })

  test('holds whoever is known to the needs of an optional endpoint', async () => {
    expect((await ask('/optional-write')).status).toBe(200)
    expect(await ask('/optional-write', { authorization: `Bearer ${await token()}` })).toMatchObject({
      status: 403,
      body: { error: 'insufficient_scope' },
    })
    if (WRAPPED.includes(name)) return
    expect((await ask('/optional-then-read')).status).toBe(401)
    expect((await ask('/optional-then-read', { authorization: `Bearer ${await token()}` })).status).toBe(200)
  })

  test('takes one of several scopes, and names the first where there is none', async () => {
    const asks = async (scope: string) => ask('/any', { authorization: `Bearer ${await token({ scope })}` })
    for (const scope of ['read:orders', 'write:orders', 'x read:orders y', 'write:orders read:orders']) {
      expect((await asks(scope)).status, scope).toBe(200)
    }
    for (const scope of ['', 'read:order', 'read:ordersx', 'READ:ORDERS', 'read:orders,write:orders']) {
      expect(await asks(scope), scope).toMatchObject({
        status: 403,
        challenge: expect.stringContaining('error="insufficient_scope"'),
        body: { message: 'The token lacks each of the scopes write:orders, read:orders.' },
      })
    }
    expect((await asks('x')).challenge).toContain('scope="write:orders"')
    expect((await ask('/any')).status).toBe(401)
  })

  test('answers 403 with the name of a check that does not hold', async () => {
    const asks = async (changes: object) =>
      ask('/checked', { authorization: `Bearer ${await token({ ...changes })}` })
    expect((await asks({ [PLAN]: 'team' })).status).toBe(200)
    expect(await asks({ [PLAN]: 'free' })).toMatchObject({
      status: 403,
      challenge: expect.stringContaining(
        `error="insufficient_scope", error_description="The check 'paid plan' does not hold for the token."`,
      ),
      body: { error: 'check_failed', message: 'The check "paid plan" does not hold for the token.' },
    })
    expect(await asks({ [PLAN]: 'team', sub: 'auth0|2' })).toMatchObject({
      status: 403,
      body: { message: 'The check "own name" does not hold for the token.' },
    })
    expect((await ask('/checked')).status).toBe(401)
    expect(seen.map(([code]) => code)).toEqual(['check_failed', 'check_failed', 'no_token'])
  })

  test('lets nobody in by a check that answers neither true nor false', async () => {
    const authorization = `Bearer ${await token()}`
    for (const index of ODD_ANSWERS.keys()) {
      expect((await fetch(`${app.url}/odd/${index}`, { headers: { authorization } })).status).toBe(500)
    }
  })

  test('tells of each refusal, those of the checks behind it too', async () => {
    await ask('/read')
    await ask('/read', { authorization: 'Bearer x' })
    await ask('/read', { authorization: `Bearer ${await token({ scope: 'x' })}` })
    await ask('/read', { authorization: `Bearer ${await token()}` })
    expect(seen).toEqual([
      ['no_token', true],
      ['opaque_token', true],
      ['insufficient_scope', true],
    ])
  })

  test('leaves the answer to the error handler of the framework when it is told to', async () => {
    await starts({ passErrors: true })
    for (const [path, headers, status] of [
      ['/read', {}, 401],
      ['/read', { authorization: 'Bearer a b' }, 400],
      ['/read', { authorization: `Bearer ${await token({ scope: '' })}` }, 403],
      ['/optional', { authorization: 'Bearer a b' }, 400],
    ] as const) {
      const answer = await fetch(app.url + path, { headers })
      expect([answer.status, answer.headers.get('x-handled-by')]).toEqual([status, 'the app'])
      expect(answer.headers.get('www-authenticate')).toContain('Bearer realm="api"')
    }
    expect(seen.length).toBe(4)
    expect((await ask('/read', { authorization: `Bearer ${await token()}` })).status).toBe(200)
  })

  test.each([
    () => {
      throw new Error('a fault of the app')
    },
    async () => {
      throw new Error('a fault of the app, later')
    },
  ])('refuses whoever a faulty onRefused was told of: %s', async (onRefused) => {
    await starts({ onRefused })
    expect((await fetch(`${app.url}/optional`, { headers: { authorization: 'Bearer x' } })).status).toBe(500)
  })

  test('lets a preflight request through when it is told to, and nothing that only looks like one', async () => {
    const preflight = { origin: 'https://app.acme.example', 'access-control-request-method': 'GET' }
    expect((await ask('/any', preflight, 'OPTIONS')).status).toBe(401)
    await starts({ preflight: true })
    expect((await ask('/optional', preflight, 'OPTIONS')).status).toBe(204)
    expect((await ask('/optional', { ...preflight, authorization: 'Bearer x' }, 'OPTIONS')).status).toBe(401)
    const any = await ask('/any', preflight, 'OPTIONS')
    // The check for scopes behind it sees no claims. A handler for web-standard requests is not called.
    expect(any.status).toBe(WRAPPED.includes(name) ? 204 : 401)
    expect((await ask('/any', preflight, 'GET')).status).toBe(401)
    for (const header of Object.keys(preflight)) {
      const { [header as 'origin']: _, ...rest } = preflight
      expect((await ask('/any', rest, 'OPTIONS')).status, header).toBe(401)
    }
  })

  test('takes a proof once where a token is optional', async () => {
    await starts({}, { dpop: true })
    const bound = await token({ cnf: { jkt } })
    const asks = async (headers: Record<string, string>) => (await ask('/optional', headers)).status
    const proof = await proofFor(bound, { htu: `${app.origin ?? app.url}/optional` })
    expect(await asks({ authorization: `DPoP ${bound}`, dpop: proof })).toBe(200)
    expect(await asks({ authorization: `DPoP ${bound}`, dpop: proof })).toBe(401)
    expect(await asks({ authorization: `DPoP ${bound}` })).toBe(401)
    expect(await asks({ authorization: `Bearer ${bound}` })).toBe(401)
    expect(await asks({ dpop: proof })).toBe(401)
    expect(await asks({})).toBe(200)
  })
})

describe('a token', () => {
  test('may be for one of several audiences', async () => {
    const verifier = createVerifier({ ...options, audience: ['https://a.example/', 'https://b.example/'] })
    for (const aud of ['https://a.example/', 'https://b.example/', ['x', 'https://b.example/']]) {
      await expect(verifier.verify(await token({ aud }))).resolves.toBeDefined()
    }
    for (const aud of ['https://c.example/', 'https://a.example/ https://b.example/', [], ['x']]) {
      await expect(verifier.verify(await token({ aud }))).rejects.toMatchObject({ code: 'wrong_audience' })
    }
  })

  test('of an anonymous session is refused when the API does not want any', async () => {
    const anonymous = await token({ sub: 'anon@0b1f' })
    await expect(createVerifier(options).verify(anonymous)).resolves.toMatchObject({ sub: 'anon@0b1f' })
    const strict = createVerifier({ ...options, anonymousSessions: false })
    await expect(strict.verify(anonymous)).rejects.toMatchObject({
      code: 'anonymous_session',
      status: 401,
      wwwAuthenticate: expect.stringContaining('error="invalid_token"'),
    })
    for (const sub of ['auth0|anon@x', 'anon|1', 'anonymous@clients', 'x@clients']) {
      await expect(strict.verify(await token({ sub }))).resolves.toBeDefined()
    }
  })

  test.each([
    7,
    'auth0|2',
    null,
    [],
    [{ sub: 'x' }],
    {},
    { sub: '' },
    { sub: 7 },
    { act: { sub: 'x' } },
    { sub: 'x', act: null },
    { sub: 'x', act: { act: { sub: 'y' } } },
    { sub: 'x', act: [] },
  ])('with the actor %j is refused', async (act) => {
    await expect(createVerifier(options).verify(await token({ act }))).rejects.toMatchObject({
      code: 'invalid_claim',
      claim: 'act',
    })
  })
})

test('the actors of a token are told, the current one first', async () => {
  const { actor } = await import('../../lib/verify/index.ts')
  const act = { sub: 'agent', kind: 'mcp', act: { sub: 'service', act: { sub: 'first' } } }
  const claims = await createVerifier(options).verify(await token({ act }))
  expect(actor(claims)).toEqual([{ sub: 'agent', kind: 'mcp' }, { sub: 'service' }, { sub: 'first' }])
  expect(actor(await createVerifier(options).verify(await token()))).toEqual([])
  expect(claims.act?.act?.sub).toBe('service')
})

describe('checks without an adapter', () => {
  const verifier = createVerifier<Claims>(options)

  test('get claims and request of verify, and of check', async () => {
    const seenBy: unknown[] = []
    const checks = {
      seen: (claims: { sub: string }, request?: object) => seenBy.push(claims.sub, request) > 0,
    }
    const request = { headers: { authorization: `Bearer ${await token()}` } }
    const claims = await verifier.verify(request, { checks })
    await verifier.verify(await token(), { checks })
    await verifier.check(claims, { checks }, request)
    expect(seenBy).toEqual(['auth0|1', request, 'auth0|1', undefined, 'auth0|1', request])
  })

  test('are run last, and end at the first that does not hold', async () => {
    const ran: string[] = []
    const checks = {
      first: () => ran.push('first') > 5,
      second: () => ran.push('second') > 0,
    }
    await expect(verifier.verify(await token(), { scopes: ['x'], checks })).rejects.toMatchObject({
      code: 'insufficient_scope',
    })
    await expect(verifier.verify(await token(), { checks })).rejects.toMatchObject({
      code: 'check_failed',
      check: 'first',
      status: 403,
    })
    expect(ran).toEqual(['first'])
  })

  test('are none that authorize could wait for', async () => {
    const claims = await verifier.verify(await token())
    expect(() => verifier.authorize(claims, { checks: { paid: () => false } })).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', hint: expect.stringContaining('verifier.check') }),
    )
  })
})

describe('a function for issuers', () => {
  const A = 'https://a.example/'
  const B = 'https://b.example/'
  const jwks = (options.jwks as { keys: object[] }).keys
  const { issuer: _, jwks: __, ...rest } = options
  function verifierFor(issuers: unknown, changes: object = {}) {
    const fetched: string[] = []
    const verifier = createVerifier({
      ...rest,
      issuers: issuers as never,
      fetch: (async (url: string) => {
        fetched.push(url)
        return Response.json({ keys: jwks })
      }) as never,
      ...changes,
    })
    return { verifier, fetched }
  }

  test.each([false, true])(
    'names those of a request, and keys come from no other (cache: %s)',
    async (cache) => {
      const asked: unknown[] = []
      const { verifier, fetched } = verifierFor(
        ({ iss, request }: { iss: string; request?: { headers: Record<string, string> } }) => {
          asked.push(iss)
          return request?.headers['x-tenant'] === 'a' ? [A] : [B]
        },
        { cache },
      )
      const ofA = await token({ iss: A })
      const by = (tenant: string) => ({ headers: { authorization: `Bearer ${ofA}`, 'x-tenant': tenant } })
      await expect(verifier.verify(by('a'))).resolves.toMatchObject({ iss: A })
      await expect(verifier.verify(by('b'))).rejects.toMatchObject({ code: 'wrong_issuer', status: 401 })
      await expect(verifier.verify(by('a'))).resolves.toMatchObject({ iss: A })
      await expect(verifier.verify(await token({ iss: 'https://evil.example/' }))).rejects.toMatchObject({
        code: 'wrong_issuer',
      })
      expect(fetched).toEqual([`${A}.well-known/jwks.json`])
      expect(asked.length).toBe(4)
    },
  )

  test('may ask elsewhere', async () => {
    const { verifier } = verifierFor(async ({ iss }: { iss: string }) => [A, B].filter((one) => one === iss))
    await expect(verifier.verify(await token({ iss: B }))).resolves.toMatchObject({ iss: B })
    await expect(verifier.verify(await token({ iss: undefined }))).rejects.toMatchObject({
      code: 'wrong_issuer',
    })
  })

  test.each<[string, () => unknown]>([
    ['the issuer in place of a list', () => A],
    ['true', () => true],
    ['nothing', () => undefined],
    ['a set', () => new Set([A])],
    ['an issuer without its slash', () => ['https://a.example']],
    ['an issuer by http', () => ['http://a.example/', A]],
    [
      'an error',
      () => {
        throw new Error('x')
      },
    ],
  ])('that answers %s lets nobody in', async (_what, issuers) => {
    const { verifier, fetched } = verifierFor(issuers)
    const failure = await verifier.verify(await token({ iss: A })).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(Error)
    expect((failure as { status?: number }).status).toBeUndefined()
    expect(fetched).toEqual([])
  })

  test('that answers no issuer refuses the token', async () => {
    const { verifier } = verifierFor(() => [])
    await expect(verifier.verify(await token({ iss: A }))).rejects.toMatchObject({ code: 'wrong_issuer' })
  })

  test('does not go with one key set or one secret', () => {
    for (const changes of [{ jwks: options.jwks }, { algorithms: ['HS256'], secret: 'k'.repeat(32) }]) {
      expect(() => verifierFor(() => [A], changes)).toThrow(
        expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining('"issuers"') }),
      )
    }
  })

  test('keeps the keys of a thousand issuers, those in use longest', async () => {
    const { verifier, fetched } = verifierFor(({ iss }: { iss: string }) => [iss])
    const verified = async (n: number) => verifier.verify(await token({ iss: `https://t${n}.example/` }))
    await verified(0)
    for (let n = 1; n < 1000; n++) await verified(n)
    await verified(0)
    await verified(1000)
    expect(fetched.length).toBe(1001)
    await verified(0)
    expect(fetched.length).toBe(1001)
    await verified(500)
    await verified(2)
    expect(fetched.length).toBe(1001)
    await verified(1)
    expect(fetched.length).toBe(1002)
  })
})

describe('several public addresses', () => {
  const bases = ['https://orders.acme.example', 'https://api.acme.example:8443/v1', 'http://orders.internal']
  const verifier = createVerifier({ ...options, dpop: { baseUrl: bases } })
  const good = token({ cnf: { jkt } })

  async function statusFor(htu: string, headers: Record<string, string>, more: object = {}) {
    const bound = await good
    const request = {
      headers: { authorization: `DPoP ${bound}`, dpop: await proofFor(bound, { htu }), ...headers },
      method: METHOD,
      originalUrl: '/orders?page=1',
      protocol: 'http',
      ...more,
    }
    return verifier.verify(request).then(
      () => 200,
      (error: { status: number }) => error.status,
    )
  }

  test.each<[string, string, Record<string, string>, number]>([
    ['a named host', 'https://orders.acme.example/orders', { host: 'orders.acme.example' }, 200],
    [
      'a named host with its port',
      'https://orders.acme.example/orders',
      { host: 'Orders.acme.example:443' },
      200,
    ],
    [
      'a named host and its path',
      'https://api.acme.example:8443/v1/orders',
      { host: 'api.acme.example:8443' },
      200,
    ],
    [
      'a named host that a proxy tells',
      'https://orders.acme.example/orders',
      { host: '10.0.0.7', 'x-forwarded-host': 'orders.acme.example' },
      200,
    ],
    [
      'another named host than the proof',
      'https://orders.acme.example/orders',
      { host: 'orders.internal' },
      401,
    ],
    ['another port', 'https://api.acme.example/v1/orders', { host: 'api.acme.example' }, 400],
    ['another host', 'https://evil.example/orders', { host: 'evil.example' }, 400],
    [
      'another host that a proxy tells',
      'https://evil.example/orders',
      { host: '10.0.0.7', 'x-forwarded-host': 'evil.example' },
      400,
    ],
    [
      'another host that the client says a proxy tells',
      'https://evil.example/orders',
      { host: 'orders.acme.example', 'x-forwarded-host': 'evil.example' },
      401,
    ],
    [
      'two hosts that proxies tell',
      'https://orders.acme.example/orders',
      { host: '10.0.0.7', 'x-forwarded-host': 'orders.acme.example, evil.example' },
      400,
    ],
    ['a path in a host', 'https://orders.acme.example/orders', { host: 'orders.acme.example/x' }, 400],
    ['no host', 'https://orders.acme.example/orders', {}, 400],
  ])('%s', async (_what, htu, headers, status) => {
    expect(await statusFor(htu, headers)).toBe(status)
  })

  test('a host that is told twice counts for none', async () => {
    const headers = { host: '10.0.0.7', 'x-forwarded-host': 'orders.acme.example' }
    const rawHeaders = ['X-Forwarded-Host', 'orders.acme.example', 'X-Forwarded-Host', 'orders.internal']
    expect(await statusFor('https://orders.acme.example/orders', headers, { rawHeaders })).toBe(400)
  })
})

test('checks know the claims of the contract by type, and the request of the framework', () => {
  const verifier = createVerifier<Claims>(options)
  const made = [
    requireAuth(verifier, { checks: { paid: (claims) => claims[PLAN] === 'team' } }),
    requireChecks(verifier, {
      paid: (claims) => claims[PLAN] === 'team',
      own: async (claims, request: ExpressRequest) => request.params['user'] === claims.sub,
    }),
    // @ts-expect-error A misspelt claim.
    requireChecks(verifier, { paid: (claims) => claims['https://acme.example/plam'] === 'team' }),
    // @ts-expect-error A check answers true or false.
    requireChecks(verifier, { paid: (claims) => claims[PLAN] }),
  ]
  expect(made.every((one) => typeof one === 'function')).toBe(true)
})
