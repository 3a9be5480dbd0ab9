import { describe, expect, test } from 'vitest'
import {
  type AuthorizerEvent,
  authorizer,
  claimsOf,
  withAuth,
  withOptionalAuth,
} from '../../lib/verify/lambda.ts'
import { createVerifier } from '../../lib/verify/node.ts'
import type { Claims } from './apps.ts'
import { jkt, proofFor } from './proof-kit.ts'
import { goodPayload, options, token } from './token-kit.ts'

const verifier = createVerifier<Claims>(options)
const REST = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef123/prod/GET/orders'
const STAGE = 'arn:aws:execute-api:eu-central-1:123456789012:abcdef123/prod/*'

/** As the pages of API Gateway show them. */
const EVENTS: Readonly<Record<string, (authorization: string) => AuthorizerEvent>> = {
  'TOKEN, of a REST API': (authorizationToken) => ({ type: 'TOKEN', authorizationToken, methodArn: REST }),
  'REQUEST, of a REST API': (authorization) => ({
    type: 'REQUEST',
    methodArn: REST,
    path: '/orders',
    httpMethod: 'GET',
    headers: { Authorization: authorization, Host: 'x' },
    multiValueHeaders: { Authorization: [authorization], Host: ['x'] },
    queryStringParameters: {},
    multiValueQueryStringParameters: {},
    requestContext: { path: '/prod/orders', httpMethod: 'GET', domainName: 'api.acme.example' },
  }),
  'format 1.0, of an HTTP API': (authorization) => ({
    version: '1.0',
    type: 'REQUEST',
    methodArn: REST,
    path: '/orders',
    httpMethod: 'GET',
    headers: { authorization },
    requestContext: { path: '/orders', httpMethod: 'GET', domainName: 'api.acme.example' },
  }),
  'format 2.0, of an HTTP API': (authorization) => ({
    version: '2.0',
    type: 'REQUEST',
    routeArn: REST,
    rawPath: '/orders',
    rawQueryString: '',
    headers: { authorization },
    requestContext: { domainName: 'api.acme.example', http: { method: 'GET', path: '/orders' } },
  }),
}

describe.each(Object.entries(EVENTS))('an authorizer for %s', (name, eventFor) => {
  const isV2 = name.startsWith('format 2.0')
  const allows = (resource: string) =>
    expect.objectContaining({
      principalId: 'auth0|1',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: 'Allow', Resource: resource }],
      },
    })

  test('allows the stage for a good token, and hands its claims on', async () => {
    const result = await authorizer(verifier)(eventFor(`Bearer ${await token()}`))
    if (isV2) expect(result).toMatchObject({ isAuthorized: true, context: { sub: 'auth0|1' } })
    else expect(result).toEqual(allows(STAGE))
    const { context } = result
    // Format 1.0 takes texts only.
    expect(Object.values(context!).every((value) => typeof value === 'string')).toBe(true)
    const behind = { requestContext: { authorizer: isV2 ? { lambda: context } : context } }
    expect(claimsOf(behind)).toEqual(goodPayload)
  })

  test('says 401 by the word that API Gateway knows', async () => {
    const seen: string[] = []
    const refuses = authorizer(verifier, {}, { onRefused: ({ code }) => void seen.push(code) })
    for (const text of ['', 'Bearer', 'Bearer a b', `Bearer ${await token({ exp: 1 })}`, 'Basic x']) {
      await expect(refuses(eventFor(text))).rejects.toThrow(/^Unauthorized$/)
    }
    expect(seen).toEqual(['no_token', 'malformed_request', 'malformed_request', 'expired', 'no_token'])
  })

  test('says 403 where the token lacks what is needed', async () => {
    const result = await authorizer(verifier, { scopes: ['write:orders'] })(
      eventFor(`Bearer ${await token()}`),
    )
    if (isV2) expect(result).toEqual({ isAuthorized: false })
    else {
      expect(result).toEqual({
        principalId: 'refused',
        policyDocument: {
          Version: '2012-10-17',
          Statement: [{ Action: 'execute-api:Invoke', Effect: 'Deny', Resource: REST }],
        },
      })
    }
  })

  test('allows the one method where a check has looked at the request', async () => {
    const checked = authorizer(verifier, { checks: { any: () => true } }, { answer: 'policy' })
    expect(await checked(eventFor(`Bearer ${await token()}`))).toEqual(allows(REST))
  })

  test('lets nobody in while the keys cannot be fetched', async () => {
    const { jwks: _, ...rest } = options
    const fetch = async () => new Response(null, { status: 500 })
    const out = createVerifier<Claims>({ ...rest, fetch: fetch as never })
    await expect(authorizer(out)(eventFor(`Bearer ${await token()}`))).rejects.toMatchObject({
      code: 'keys_unavailable',
    })
  })
})

test('an authorizer holds a proof to the address of the event, and allows one method', async () => {
  const bound = await token({ cnf: { jkt } })
  const allowed = authorizer(createVerifier<Claims>({ ...options, dpop: true }), {}, { answer: 'policy' })
  const eventFor = async (htu: string): Promise<AuthorizerEvent> => {
    const event = EVENTS['format 2.0, of an HTTP API']!(`DPoP ${bound}`)
    return { ...event, headers: { ...event.headers, dpop: await proofFor(bound, { htu, htm: 'GET' }) } }
  }
  expect(await allowed(await eventFor('https://api.acme.example/orders'))).toMatchObject({
    policyDocument: { Statement: [{ Effect: 'Allow', Resource: REST }] },
  })
  await expect(allowed(await eventFor('https://other.acme.example/orders'))).rejects.toThrow('Unauthorized')
})

test('headers that differ in the case of their names only are several', async () => {
  const handler = withAuth(verifier, () => ({ statusCode: 200 }))
  const good = `Bearer ${await token()}`
  const event = { httpMethod: 'GET', path: '/', headers: { Authorization: good, authorization: good } }
  expect(await handler(event, {})).toMatchObject({ statusCode: 400 })
  const list = { ...event, headers: null, multiValueHeaders: { authorization: [good, good] } }
  expect(await handler(list, {})).toMatchObject({ statusCode: 400 })
})

test('a check and getCertificate get the event', async () => {
  const seen: unknown[] = []
  const event = { version: '2.0', headers: { authorization: `Bearer ${await token()}` }, rawPath: '/' }
  const handler = withAuth(verifier, (_event, claims, context: string) => `${claims.sub} ${context}`, {
    checks: {
      seen: (_claims, request?: { headers: unknown; event?: unknown }) => seen.push(request?.event) > 0,
    },
  })
  expect(await handler(event, 'context')).toBe('auth0|1 context')
  expect(seen).toEqual([event])
})

test('a function without such an authorizer in front has no claims', () => {
  for (const requestContext of [
    undefined,
    null,
    {},
    { authorizer: {} },
    { authorizer: { claims: { sub: 'x' } } },
    { authorizer: { lambda: null } },
    { authorizer: { lambda: { auth0claims: { sub: 'x' } } } },
  ]) {
    expect(() => claimsOf({ requestContext } as never)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE' }),
    )
  }
})

test.each<[string, () => unknown]>([
  ['no verifier', () => withAuth({} as never, () => 1)],
  ['no handler', () => withAuth(verifier, undefined as never)],
  ['needs that are none', () => withOptionalAuth(verifier, () => 1, { scope: 'x' } as never)],
  ['an option that is none', () => withAuth(verifier, () => 1, {}, { passErrors: 'x' } as never)],
  ['a preflight that is no function', () => withAuth(verifier, () => 1, {}, { preflight: true } as never)],
  ['an authorizer without a verifier', () => authorizer(options as never)],
  ['an answer of another kind', () => authorizer(verifier, {}, { answer: 'Simple' as never })],
  ['an authorizer that passes errors on', () => authorizer(verifier, {}, { passErrors: true } as never)],
])('%s is refused', (_what, make) => {
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }))
})
