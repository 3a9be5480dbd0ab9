import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { requireAuth, type ServerRequest } from '../../lib/verify/express.ts'
import { withAuth } from '../../lib/verify/hono.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import { rawRequest } from '../../lib/verify/node-raw-request.ts'
import { APPS, type App, type Claims, WRAPPED } from './apps.ts'
import { jkt, METHOD, proofFor } from './proof-kit.ts'
import { goodPayload, options, token } from './token-kit.ts'

const verifier = createVerifier<Claims>(options)

describe.each(APPS)('the adapter for %s', (_name, start) => {
  let app: App
  beforeEach(async () => {
    app = await start(verifier)
  })
  afterEach(() => app.stop())

  async function ask(path: string, authorization?: string) {
    const answer = await fetch(
      app.url + path,
      authorization === undefined ? {} : { headers: { authorization } },
    )
    const text = await answer.text()
    return {
      status: answer.status,
      challenge: answer.headers.get('www-authenticate'),
      body: text === '' ? undefined : (JSON.parse(text) as unknown),
    }
  }

  test('hands the claims of a good token to the handler', async () => {
    expect(await ask('/read', `Bearer ${await token()}`)).toEqual({
      status: 200,
      challenge: null,
      body: goodPayload,
    })
  })

  test('answers a request without a token with a bare challenge', async () => {
    expect(await ask('/read')).toMatchObject({
      status: 401,
      challenge: 'Bearer realm="api"',
      body: { error: 'no_token' },
    })
  })

  test('answers a bad token with 401, and a missing scope or permission with 403', async () => {
    const good = `Bearer ${await token()}`
    expect(await ask('/read', `${good}x`)).toMatchObject({ status: 401, body: { error: 'malformed_token' } })
    expect(await ask('/write', good)).toMatchObject({
      status: 403,
      challenge: expect.stringContaining('scope="write:orders"'),
      body: { error: 'insufficient_scope' },
    })
    expect(await ask('/admin', good)).toMatchObject({
      status: 403,
      body: { error: 'insufficient_permissions' },
    })
  })

  test('lets nobody in where the check for a token was forgotten', async () => {
    expect(await ask('/forgotten', `Bearer ${await token()}`)).toMatchObject({ status: 401 })
  })
})

describe.each(APPS)('the adapter for %s, with proofs of possession', (_name, start) => {
  test('holds a proof against the address that the client asked for', async () => {
    const app = await start(createVerifier<Claims>({ ...options, dpop: true }))
    const bound = await token({ cnf: { jkt } })
    const ask = async (proof: string, scheme = 'DPoP') =>
      (
        await fetch(`${app.url}/read?page=1`, {
          headers: { authorization: `${scheme} ${bound}`, dpop: proof },
        })
      ).status
    try {
      const proof = await proofFor(bound, { htu: `${app.origin ?? app.url}/read` })
      expect(await ask(proof)).toBe(200)
      expect(await ask(proof)).toBe(401)
      expect(await ask(await proofFor(bound, { htu: `${app.origin ?? app.url}/write` }))).toBe(401)
      expect(await ask(await proofFor(bound, { htu: `${app.origin ?? app.url}/read` }), 'Bearer')).toBe(401)
      expect(await ask(await proofFor(bound, { htu: `${app.origin ?? app.url}/read` }))).toBe(200)
    } finally {
      await app.stop()
    }
  })
})

describe.each(APPS.filter(([name]) => !WRAPPED.includes(name)))(
  'the adapter for %s, asked for more by an endpoint than by the app',
  (_name, start) => {
    test('takes a proof once for both, and not for a second request', async () => {
      const bound = await token({ cnf: { jkt } })
      const app = await start(createVerifier<Claims>({ ...options, dpop: true }))
      const ask = async (path: string, proof: string) =>
        (await fetch(app.url + path, { headers: { authorization: `DPoP ${bound}`, dpop: proof } })).status
      const proofAt = (path: string) => proofFor(bound, { htu: app.url + path })
      try {
        const proof = await proofAt('/read-more')
        expect(await ask('/read-more', proof)).toBe(200)
        expect(await ask('/read-more', proof)).toBe(401)
        expect(await ask('/write-more', await proofAt('/write-more'))).toBe(403)
        expect(await ask('/write-more', await proofAt('/read-more'))).toBe(401)
      } finally {
        await app.stop()
      }
    })
  },
)

test('what has changed in a request since it was verified is verified anew, and so is another verifier', async () => {
  const bound = await token({ cnf: { jkt } })
  const dpop = { baseUrl: 'https://orders.acme.example' }
  const [first, second] = [createVerifier({ ...options, dpop }), createVerifier({ ...options, dpop })]
  const asked = async () => ({
    headers: { authorization: `DPoP ${bound}`, dpop: await proofFor(bound) } as Record<string, string>,
    method: METHOD,
    originalUrl: '/orders',
  })
  const statuses: number[] = []
  const response = { status: (code: number) => statuses.push(code), set: () => {}, json: () => {} }
  const passes = async (request: ServerRequest, by: typeof first) => {
    let passed = false
    await requireAuth(by)(request, response, () => {
      passed = true
    })
    return passed
  }
  const request = await asked()
  expect(await passes(request, first)).toBe(true)
  expect(await passes(request, first)).toBe(true)
  expect(await passes({ ...request }, first)).toBe(false)
  expect(await passes(request, second)).toBe(true)
  request.headers['authorization'] = `DPoP ${await token({ cnf: { jkt }, sub: 'auth0|2' })}`
  expect(await passes(request, first)).toBe(false)
  request.headers['authorization'] = `DPoP ${bound}`
  expect(await passes(request, first)).toBe(true)
  request.method = 'DELETE'
  expect(await passes(request, first)).toBe(false)
  request.method = METHOD
  request.originalUrl = '/orders/1'
  expect(await passes(request, first)).toBe(false)
  request.originalUrl = '/orders'
  request.headers['dpop'] = 'x'
  expect(await passes(request, first)).toBe(false)
  expect(statuses).toEqual([401, 401, 401, 401, 401])
})

describe.each(APPS)('the adapter for %s, with several tokens in a request', (_name, start) => {
  let app: App
  beforeEach(async () => {
    app = await start(verifier)
  })
  afterEach(() => app.stop())

  test.each<[string, (good: string) => { target?: string; authorizations: string[] }]>([
    ['twice in one header', (good) => ({ authorizations: [`Bearer ${good}, Bearer ${good}`] })],
    ['in two headers', (good) => ({ authorizations: [`Bearer ${good}`, `Bearer ${good}`] })],
    [
      'in the query too',
      (good) => ({ target: `/read?access_token=${good}`, authorizations: [`Bearer ${good}`] }),
    ],
    [
      'in the query too, its name encoded',
      (good) => ({ target: `/read?a=b&%61ccess_token=x`, authorizations: [`Bearer ${good}`] }),
    ],
  ])('%s, it is refused as malformed', async (_what, make) => {
    const { target = '/read', authorizations } = make(await token())
    const answer = await rawRequest({
      url: app.url,
      method: 'GET',
      target,
      hosts: ['127.0.0.1'],
      headers: authorizations.map((value) => ['Authorization', value] as const),
      timeoutMilliseconds: 5000,
    })
    expect(answer).toBe(400)
  })

  test('a query that only looks like one is none', async () => {
    const headers = { authorization: `Bearer ${await token()}` }
    for (const query of ['?access_tokens=x', '?x=access_token', '?my_access_token=x', '?%zz', '?access']) {
      expect((await fetch(`${app.url}/read${query}`, { headers })).status, query).toBe(200)
    }
    expect((await fetch(`${app.url}/read?access_token=${await token()}`)).status).toBe(401)
  })
})

test('a form with a token that the framework has read is malformed beside another', async () => {
  const headers = {
    authorization: `Bearer ${await token()}`,
    'content-type': 'application/x-www-form-urlencoded; charset=utf-8',
  }
  const request = { headers, method: 'POST', originalUrl: '/', body: { access_token: 'x' } }
  await expect(verifier.verify(request)).rejects.toMatchObject({ code: 'malformed_request', status: 400 })
  const json = { ...request, headers: { ...headers, 'content-type': 'application/json' } }
  await expect(verifier.verify(json)).resolves.toBeDefined()
})

test('a handler for web-standard requests gets the claims, or is not called', async () => {
  const calls: unknown[] = []
  const handler = withAuth(verifier, (_request, claims) => {
    calls.push(claims.sub)
    return Response.json({ sub: claims.sub })
  })
  const good = new Request('https://orders.acme.example/', {
    headers: { authorization: `Bearer ${await token()}` },
  })
  expect((await handler(good)).status).toBe(200)
  expect((await handler(new Request('https://orders.acme.example/'))).status).toBe(401)
  expect(calls).toEqual(['auth0|1'])
})
