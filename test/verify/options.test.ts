import { generateKeyPairSync } from 'node:crypto'
import { generate } from 'selfsigned'
import { describe, expect, test } from 'vitest'
import * as express from '../../lib/verify/express.ts'
import * as fastify from '../../lib/verify/fastify.ts'
import * as hono from '../../lib/verify/hono.ts'
import {
  createVerifier as createWebVerifier,
  explainToken,
  memoryStore,
  protectedResource,
} from '../../lib/verify/index.ts'
import { createVerifier as createNodeVerifier } from '../../lib/verify/node.ts'
import { serveTestIssuer } from '../../lib/verify/node-test-issuer.ts'
import { redisStore } from '../../lib/verify/redis.ts'
import { createTestIssuer } from '../../lib/verify/test-issuer.ts'
import { AUDIENCE, ISSUER, jwk, options, token } from './token-kit.ts'

const refused = (option: string) =>
  expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(option) })

/** What no option of some kind may be, plain JavaScript included. */
const NO_NUMBER = [Number.NaN, Number.POSITIVE_INFINITY, -1, '60', null, [], {}, true, 60n, () => 60]
const NO_TEXT = ['', ' ', 7, null, [], {}, true, Symbol('x')]
const NO_LIST = ['read:orders', '', 7, null, {}, true, [7], [null], [undefined], [''], [['x']]]
const NO_FUNCTION = ['x', 7, null, {}, [], true]
const NO_OBJECT = ['x', 7, null, [], () => undefined, Promise.resolve({}), new Map(), new Date()]

const WRONG: Record<string, readonly unknown[]> = {
  issuer: [
    ...NO_TEXT,
    'https://acme.eu.auth0.com',
    'acme.eu.auth0.com/',
    'http://acme.eu.auth0.com/',
    'http://localhost.evil.example/',
    'http://127.0.0.1.evil.example/',
    'http://10.0.0.1/',
    'https://u:p@acme.eu.auth0.com/',
    'https://acme.eu.auth0.com/?x=/',
    'https://acme.eu.auth0.com/#/',
    'https://acme eu/',
    ' https://acme.eu.auth0.com/',
    'ftp://acme.eu.auth0.com/',
    'https:///',
  ],
  issuers: [...NO_LIST, [], true, [ISSUER, 'http://acme.example/'], [ISSUER, 'https://login.acme.example']],
  domain: [
    ...NO_TEXT,
    'http://acme.eu.auth0.com',
    'http://localhost.acme.example:4000',
    'https://acme.eu.auth0.com/x',
    'https://u@acme.eu.auth0.com',
    'https://acme.eu.auth0.com?x',
    'https://acme.eu.auth0.com#x',
    'ftp://acme.eu.auth0.com',
    'https://',
    '//acme.eu.auth0.com',
    'a b',
    'acme..com',
    'u@acme.com',
    'acme.com:x',
    ['acme.eu.auth0.com'],
  ],
  audience: [...NO_TEXT, [''], [AUDIENCE, ''], [7], [[AUDIENCE]]],
  contract: [
    ...NO_OBJECT,
    {},
    { type: 'object', properties: {} },
    { $schema: 'https://json-schema.org/draft/2020-12/schema' },
    { validate: true },
    { default: { validate: () => [] } },
    { token: 'id_token', validate: () => [] },
  ],
  requiredScopes: [...NO_LIST, ['read:orders write:orders'], ['read:orders,write:orders'], ['a"b']],
  dialect: [...NO_TEXT, 'rfc9068', 'ACCESS_TOKEN', 'constructor'],
  algorithms: [...NO_LIST, [], ['none'], ['rs256'], ['RS256', 'none'], ['constructor'], ['ES256K']],
  clockTolerance: [...NO_NUMBER, 301],
  clients: [...NO_LIST, []],
  anonymousSessions: ['false', 0, 1, null, '', {}, []],
  jwks: [
    7,
    null,
    [],
    '',
    'keys.json',
    'http://acme.example/jwks.json',
    'file:///etc/passwd',
    {},
    { keys: [] },
    { keys: 'x' },
    { keys: [null] },
    { keys: [{ ...jwk, use: 'enc' }] },
    { keys: [{ ...jwk, e: 'AQ' }] },
    { keys: [{ kty: 'oct', k: 'AAAA' }] },
    jwk,
  ],
  fetch: NO_FUNCTION,
  apiClient: [...NO_OBJECT, {}, { verifyAccessToken: true }],
  dpop: [...NO_OBJECT, 'required'],
  getCertificate: NO_FUNCTION,
  keys: NO_OBJECT,
  cache: NO_OBJECT,
  maxTokenLength: [...NO_NUMBER, 0, 1.5, 2_000_000],
  realm: [...NO_TEXT, 'a"b', 'a\\b', 'a\r\nset-cookie: x', 'a\nb', 'é', '\x7f'],
  resourceMetadata: [
    ...NO_TEXT,
    '/.well-known/oauth-protected-resource',
    'http://api.example/x',
    'https://a/\r\nb',
  ],
  now: [...NO_FUNCTION, new Date()],
  'dpop.mode': [...NO_TEXT, 'disabled', 'Required'],
  'dpop.algorithms': [...NO_LIST, [], ['HS256'], ['HS512'], ['none']],
  'dpop.maxAgeSeconds': [...NO_NUMBER, 0, 3601],
  'dpop.leewaySeconds': [...NO_NUMBER, 301],
  'dpop.baseUrl': [
    ...NO_TEXT,
    'orders',
    '//orders.acme.example',
    'https://orders.acme.example/?a',
    'https://orders.acme.example/#a',
    'https://u@orders.acme.example',
    'https://orders.acme.example\\x',
    ['https://orders.acme.example', 'orders'],
    [''],
  ],
  'dpop.store': [...NO_OBJECT, {}, { get: async () => undefined }, new Map()],
  'dpop.nonce': [...NO_OBJECT, true],
  'dpop.nonce.secret': [...NO_TEXT, 'short', ' '.repeat(40), new Uint8Array(64)],
  'dpop.nonce.maxAgeSeconds': [...NO_NUMBER, 0],
  'keys.maxAgeSeconds': [...NO_NUMBER, 0],
  'keys.staleSeconds': NO_NUMBER,
  'keys.burst': [...NO_NUMBER, 1.5],
  'keys.cooldownSeconds': [...NO_NUMBER, 0],
  'keys.timeoutMilliseconds': [...NO_NUMBER, 0, 120_000],
  'keys.maxBytes': [...NO_NUMBER, 0],
  'cache.maxAgeSeconds': [...NO_NUMBER, 0],
  'cache.maxEntries': [...NO_NUMBER, 0, 1.5],
  'cache.store': [...NO_OBJECT, {}],
}

function withOption(path: string, value: unknown): object {
  const names = path.split('.')
  const base: Record<string, unknown> =
    names[1] === 'nonce' && names.length > 2 ? { secret: 'a-secret-of-at-least-32-characters' } : {}
  const inner = names
    .slice(1)
    .reduceRight<unknown>(
      (member, name, index) => ({ ...(index === names.length - 2 ? base : {}), [name]: member }),
      value,
    )
  const { issuer, ...rest } = options
  return {
    ...rest,
    ...(['issuer', 'issuers', 'domain'].includes(names[0]!) ? {} : { issuer }),
    ...(names[0] === 'issuers' || names[0] === 'apiClient' ? { jwks: undefined } : {}),
    [names[0]!]: inner,
  }
}

describe.each([
  ['WebCrypto', createWebVerifier],
  ["Node's crypto", createNodeVerifier],
] as const)('on %s', (_name, createVerifier) => {
  test.each(Object.entries(WRONG))(
    'the option %s is refused by its name when it is wrong',
    (path, values) => {
      for (const value of values) {
        const given = withOption(path, value) as never
        expect(
          () => createVerifier(given),
          String(
            typeof value === 'symbol'
              ? 'symbol'
              : JSON.stringify(value, (_k, v) => (typeof v === 'bigint' ? `${v}n` : v)),
          ),
        ).toThrow(refused(`"${path}`))
      }
    },
  )
})

test.each<[string, object]>([
  ['clockTolerance', { clockTolerance: 0 }],
  ['issuer', { issuer: 'http://localhost:4000/', jwks: undefined }],
  ['issuer', { issuer: 'http://127.0.0.1/', jwks: undefined }],
  ['issuer', { issuer: 'http://[::1]:4000/', jwks: undefined }],
  ['issuer', { issuer: 'http://tenant.localhost/', jwks: undefined }],
  ['jwks', { jwks: 'http://localhost:4000/keys' }],
  ['realm', { realm: 'Orders API' }],
  ['dpop.baseUrl', { dpop: { baseUrl: 'http://orders.internal:8080/v1/' } }],
  ['requiredScopes', { requiredScopes: [] }],
  [
    'everything undefined',
    Object.fromEntries(
      Object.keys(WRONG)
        .filter((name) => !name.includes('.') && !(name in options))
        .map((name) => [name, undefined]),
    ),
  ],
])('a good %s is taken', (_what, changes) => {
  expect(() => createNodeVerifier({ ...options, ...changes })).not.toThrow()
})

test.each([
  ['acme.eu.auth0.com', ISSUER],
  ['https://acme.eu.auth0.com', ISSUER],
  ['https://ACME.eu.auth0.com/', ISSUER],
  ['http://localhost:4000', 'http://localhost:4000/'],
  ['http://127.0.0.1:4000/', 'http://127.0.0.1:4000/'],
  ['http://[::1]:4000', 'http://[::1]:4000/'],
])('the domain %s has the issuer %s', async (domain, issuer) => {
  const { issuer: _, ...rest } = options
  const verifier = createNodeVerifier({ ...rest, domain })
  await expect(verifier.verify(await token({ iss: issuer }))).resolves.toBeDefined()
  await expect(verifier.verify(await token({ iss: `${issuer}x` }))).rejects.toMatchObject({
    code: 'wrong_issuer',
  })
})

test.each<[string, object]>([
  ['domain', { domain: undefined }],
  ['audience', { domain: 'acme.eu.auth0.com', audience: undefined }],
])('a %s of a variable that is not set is refused, and the hint says where to look', (name, changes) => {
  const { issuer: _, ...rest } = options
  expect(() => createNodeVerifier({ ...rest, ...changes })).toThrow(
    expect.objectContaining({
      code: 'ERR_USAGE',
      message: expect.stringContaining(`"${name}"`),
      hint: expect.stringContaining('environment'),
    }),
  )
})

test('a domain is the same in capitals', async () => {
  const { issuer: _, ...rest } = options
  await expect(
    createNodeVerifier({ ...rest, domain: 'ACME.eu.Auth0.com' }).verify(await token()),
  ).resolves.toBeDefined()
})

test.each<[string, object, string]>([
  ['audience', { audiance: AUDIENCE }, 'Did you mean "audience"?'],
  ['clockTolerance', { clock_tolerance: 5 }, 'Did you mean "clockTolerance"?'],
  ['requiredScopes', { requiredScope: ['x'] }, 'Did you mean "requiredScopes"?'],
  ['maxAgeSeconds', { dpop: { maxAgeSecond: 5 } }, 'Did you mean "dpop.maxAgeSeconds"?'],
  ['what is like nothing', { qqqqqqq: 1 }, 'Its options: issuer,'],
])('an unknown option is named: %s', (_what, changes, hint) => {
  expect(() => createNodeVerifier({ ...options, ...changes })).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE', hint: expect.stringContaining(hint) }),
  )
})

test.each<[string, object]>([
  ['two kinds of issuer', { domain: 'acme.eu.auth0.com' }],
  ['issuers beside an issuer', { issuers: [ISSUER] }],
  ['no issuer', { issuer: undefined }],
  ['no audience', { audience: undefined }],
  ['one key set for two issuers', { issuer: undefined, issuers: [ISSUER, 'https://login.acme.example/'] }],
  [
    'one address of keys for two issuers',
    { issuer: undefined, issuers: [ISSUER, 'https://b.example/'], jwks: `${ISSUER}jwks` },
  ],
  ['keys beside a client', { apiClient: { verifyAccessToken: async () => ({}) } }],
  [
    'a cache beside a client',
    { jwks: undefined, apiClient: { verifyAccessToken: async () => ({}) }, cache: true },
  ],
  [
    'key options beside a client',
    { jwks: undefined, apiClient: { verifyAccessToken: async () => ({}) }, keys: { burst: 1 } },
  ],
  [
    'a proof that the client does not take',
    {
      jwks: undefined,
      apiClient: { verifyAccessToken: async () => ({}) },
      dpop: { algorithms: ['ES256', 'RS256'] },
    },
  ],
  ['a nonce without its secret', { dpop: { nonce: {} } }],
])('%s is refused', (_what, changes) => {
  expect(() => createNodeVerifier({ ...options, ...changes } as never)).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE' }),
  )
})

test.each([undefined, null, 7, 'x', [], [options], () => options, Promise.resolve(options)])(
  'options that are %s are refused',
  (given) => {
    expect(() => createNodeVerifier(given as never)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }))
    expect(() => explainToken('x', given as never)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }))
  },
)

test('one issuer that is named twice has its keys', async () => {
  const { issuer: _, ...rest } = options
  const verifier = createNodeVerifier({ ...rest, issuers: [ISSUER, ISSUER] })
  await expect(verifier.verify(await token())).resolves.toBeDefined()
})

test('a JSON Schema as contract is answered with the command that compiles it', () => {
  const contract = { type: 'object' } as never
  expect(() => createNodeVerifier({ ...options, contract })).toThrow(/claims types --validators/)
})

test('options that change later change nothing', async () => {
  const algorithms: string[] = ['RS256']
  const jwks = { keys: [{ ...jwk }] }
  const given = { ...options, jwks, algorithms: algorithms as unknown as ['RS256'] }
  const verifier = createNodeVerifier(given)
  algorithms.push('HS256')
  ;(given as { audience: string }).audience = 'https://other.example/'
  ;(jwks.keys[0] as { n: string }).n = 'AQAB'
  await expect(verifier.verify(await token())).resolves.toBeDefined()
})

test.each<[string, (members: object) => object]>([
  ['an instance has from its class', (members) => Object.create(withAccessors({}, members))],
  ['are inherited', (members) => Object.create(members)],
  ['are not enumerable', (members) => withAccessors({}, members)],
])('options and needs that %s count', async (_what, as) => {
  const text = await token()
  const strict = createNodeVerifier(as({ ...options, requiredScopes: ['write:orders'] }) as typeof options)
  await expect(strict.verify(text)).rejects.toMatchObject({ code: 'insufficient_scope' })
  const bound = createNodeVerifier({ ...options, dpop: as({ mode: 'required' }) })
  await expect(bound.verify(text)).rejects.toMatchObject({ code: 'token_not_bound' })
  await expect(
    createNodeVerifier(options).verify(text, as({ scopes: ['write:orders'] })),
  ).rejects.toMatchObject({ code: 'insufficient_scope' })
})

test('what was written to Object.prototype chooses no option', async () => {
  const { issuer: _, ...rest } = options
  Object.defineProperty(Object.prototype, 'issuer', { value: ISSUER, configurable: true })
  try {
    expect(() => createNodeVerifier(rest)).toThrow(refused('"issuer"'))
  } finally {
    delete (Object.prototype as { issuer?: string }).issuer
  }
})

function withAccessors(on: object, members: object): object {
  for (const [name, value] of Object.entries(members)) Object.defineProperty(on, name, { get: () => value })
  return on
}

const { cert: certificate } = await generate([{ name: 'commonName', value: 'client' }])

describe('a secret', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
  const pem = rsa.export({ type: 'spki', format: 'pem' }).toString()
  const spki = rsa.export({ type: 'spki', format: 'der' })
  const json = JSON.stringify(rsa.export({ format: 'jwk' }))
  const KEYS: [string, unknown][] = [
    ['empty', ''],
    ['of blanks', ' '.repeat(64)],
    ['short', 'a'.repeat(31)],
    ['of 31 bytes', `${'é'.repeat(15)}a`],
    ['bytes', new Uint8Array(64)],
    ['a number', 12345678901234567890123456789012n],
    ['a PEM', pem],
    ['a PEM in one line', pem.replaceAll('\n', '\\n')],
    ['a PEM with blanks in front', `  ${pem}`],
    ['a PEM of PKCS #1', rsa.export({ type: 'pkcs1', format: 'pem' }).toString()],
    ['the base64 of a PEM', Buffer.from(pem).toString('base64')],
    ['a certificate', certificate],
    ['the base64 of a certificate', certificate.replaceAll(/-----[^-]+-----|\n/g, '')],
    ['a JWK', json],
    ['a JWK with blanks', ` ${JSON.stringify(JSON.parse(json), null, 2)}\n`],
    ['a JWK in a text', JSON.stringify(json)],
    ['the base64url of a JWK', Buffer.from(json).toString('base64url')],
    ['a JWKS', JSON.stringify({ keys: [jwk] })],
    ['SPKI in base64', spki.toString('base64')],
    ['SPKI in base64url', spki.toString('base64url')],
    ['SPKI in base64 with line breaks', spki.toString('base64').replaceAll(/.{64}/g, '$&\n')],
    ['SPKI in hexadecimal', spki.toString('hex')],
    ['SPKI as characters', spki.toString('latin1')],
    ['SPKI of a curve', ec.export({ type: 'spki', format: 'der' }).toString('base64')],
    ['an SSH key', `ssh-rsa ${spki.toString('base64')}`],
  ]
  test.each(KEYS)('that is %s is refused, and not shown', (_what, secret) => {
    const { jwks: _, ...rest } = options
    const given = { ...rest, algorithms: ['HS256'], secret } as never
    let fault: unknown
    try {
      createNodeVerifier(given)
    } catch (error) {
      fault = error
    }
    expect(fault).toMatchObject({ code: 'ERR_USAGE', message: expect.stringContaining('"secret"') })
    if (typeof secret === 'string' && secret.trim().length > 20) {
      expect(JSON.stringify(fault) + (fault as Error).message).not.toContain(secret.slice(0, 20))
    }
  })

  test.each([
    ['HS256', 32],
    ['HS384', 48],
    ['HS512', 64],
  ] as const)('for %s has at least %i bytes', (algorithm, bytes) => {
    const { jwks: _, ...rest } = options
    const secret = 'k'.repeat(bytes)
    const make = (text: string) => createNodeVerifier({ ...rest, algorithms: [algorithm], secret: text })
    expect(() => make(secret)).not.toThrow()
    expect(() => make(secret.slice(1))).toThrow(refused('"secret"'))
    expect(() => make(Buffer.from(secret).toString('base64'))).not.toThrow()
    expect(() => make(`${'é'.repeat(bytes / 2)}`)).not.toThrow()
  })

  test.each<[string, object]>([
    ['without an algorithm', {}],
    ['with an asymmetric one', { algorithms: ['RS256'] }],
    ['with several kinds', { algorithms: ['HS256', 'RS256'] }],
    ['with keys', { algorithms: ['HS256'], jwks: { keys: [jwk] } }],
    [
      'for two issuers',
      { algorithms: ['HS256'], issuer: undefined, issuers: [ISSUER, 'https://b.example/'] },
    ],
    ['that is missing', { algorithms: ['HS384'], secret: undefined }],
  ])('%s is refused', (_what, changes) => {
    const given = { ...options, jwks: undefined, secret: 'k'.repeat(64), ...changes } as never
    expect(() => createNodeVerifier(given)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }))
  })
})

describe('what a request needs', () => {
  const verifier = createNodeVerifier(options)
  const WRONG_NEEDS: [string, unknown][] = [
    ['null', null],
    ['text', 'read:orders'],
    ['a list', ['read:orders']],
    ['misspelt', { scope: 'read:orders' }],
    ['misspelt as a list', { permission: ['x'] }],
    ['scopes in one text', { scopes: 'read:orders' }],
    ['an empty text of scopes', { scopes: '' }],
    ['two scopes in one', { scopes: ['read:orders write:orders'] }],
    ['scopes with a comma', { scopes: ['read:orders,write:orders'] }],
    ['an empty scope', { scopes: [''] }],
    ['a scope that is undefined', { scopes: [undefined] }],
    ['scopes that are undefined', { scopes: undefined }],
    ['an organization that is undefined', { organization: undefined }],
    ['an empty organization', { organization: '' }],
    ['an organization that is a list', { organization: ['org_1'] }],
    ['permissions in one text', { permissions: 'x' }],
    ['permissions that are null', { permissions: null }],
    ['a promise', Promise.resolve({ scopes: ['write:orders'] })],
    ['a map', new Map([['scopes', ['write:orders']]])],
    ['an inherited text of scopes', Object.create({ scopes: 'read:orders' })],
    ['an instance that names none', new (class {})()],
    ['any of one text of scopes', { anyScope: 'read:orders' }],
    ['any of no scopes', { anyScope: [] }],
    ['any of an empty scope', { anyScope: [''] }],
    ['any of undefined', { anyScope: undefined }],
    ['no checks', { checks: {} }],
    ['a check without a name', { checks: { '': () => true } }],
    ['a check whose name breaks a header', { checks: { 'a\r\nb': () => true } }],
    ['a check that is true', { checks: { paid: true } }],
    ['a check that is undefined', { checks: { paid: undefined } }],
    ['a list of checks', { checks: [() => true] }],
    ['a check alone', { checks: () => true }],
    ['checks that are a map', { checks: new Map([['paid', () => true]]) }],
  ]
  test.each(WRONG_NEEDS)('is refused when it is %s', async (_what, needs) => {
    const text = await token()
    await expect(verifier.verify(text, needs as never)).rejects.toMatchObject({ code: 'ERR_USAGE' })
    const claims = await verifier.verify(text)
    expect(() => verifier.authorize(claims, needs as never)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE' }),
    )
    await expect(explainToken(text, options, needs as never)).rejects.toMatchObject({ code: 'ERR_USAGE' })
    for (const { requireAuth } of [express, fastify, hono]) {
      expect(() => requireAuth(verifier, needs as never)).toThrow(
        expect.objectContaining({ code: 'ERR_USAGE' }),
      )
    }
    expect(() => hono.withAuth(verifier, () => new Response(), needs as never)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE' }),
    )
  })

  test('does not change after it was given to an adapter', async () => {
    const scopes = ['write:orders']
    const handler = hono.withAuth(verifier, () => new Response('in'), { scopes })
    scopes.length = 0
    const request = new Request(AUDIENCE, { headers: { authorization: `Bearer ${await token()}` } })
    expect((await handler(request)).status).toBe(403)
  })
})

describe.each([
  ['Express', express],
  ['Fastify', fastify],
  ['Hono', hono],
] as const)('the adapter for %s', (_name, adapter) => {
  const verifier = createNodeVerifier(options)
  const NAMES: unknown[][] = [
    [],
    [undefined],
    [null],
    [''],
    [' '],
    ['a b'],
    ['a,b'],
    [['a', 'b']],
    ['a', ''],
    [7],
    [{}],
  ]
  test.each(NAMES.map((names) => [JSON.stringify(names), names] as const))(
    'refuses the names %s',
    (_shown, names) => {
      expect(() => adapter.requireScopes(verifier, ...(names as string[]))).toThrow(
        expect.objectContaining({ code: 'ERR_USAGE' }),
      )
      expect(() => adapter.requireAnyScope(verifier, ...(names as string[]))).toThrow(
        expect.objectContaining({ code: 'ERR_USAGE' }),
      )
      if (names.some((name) => name === 'a b' || name === 'a,b')) return
      expect(() => adapter.requirePermissions(verifier, ...(names as string[]))).toThrow(
        expect.objectContaining({ code: 'ERR_USAGE' }),
      )
    },
  )

  test.each([undefined, null, 'read:orders', {}, options, { verify: 1 }, () => undefined])(
    'refuses %s in place of a verifier',
    (given) => {
      for (const call of [
        () => adapter.requireAuth(given as never),
        () => adapter.requireScopes(given as never, 'read:orders'),
        () => adapter.requirePermissions(given as never, 'read:orders'),
        () => adapter.optionalAuth(given as never),
        () => adapter.requireAnyScope(given as never, 'read:orders'),
        () => adapter.requireChecks(given as never, { paid: () => true }),
      ]) {
        expect(call).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }))
      }
    },
  )
})

test.each<[string, unknown]>([
  ['text', 'optional'],
  ['null', null],
  ['a function', () => undefined],
  ['misspelt', { onRefuse: () => undefined }],
  ['onRefused that is none', { onRefused: true }],
  ['passErrors as text', { passErrors: 'false' }],
  ['preflight as text', { preflight: 'true' }],
  ['preflight as a number', { preflight: 1 }],
])('options of an adapter that are wrong are refused: %s', (_what, given) => {
  const verifier = createNodeVerifier(options)
  for (const { requireAuth, optionalAuth } of [express, fastify, hono]) {
    for (const make of [requireAuth, optionalAuth]) {
      expect(() => make(verifier, {}, given as never)).toThrow(expect.objectContaining({ code: 'ERR_USAGE' }))
    }
  }
  for (const make of [hono.withAuth, hono.withOptionalAuth]) {
    expect(() => make(verifier, () => new Response(), {}, given as never)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE' }),
    )
  }
})

test('a preflight request of a web-standard handler is answered by a function', () => {
  expect(() =>
    hono.withAuth(createNodeVerifier(options), () => new Response(), {}, { preflight: true as never }),
  ).toThrow(refused('"preflight"'))
})

test('withAuth without a handler is refused', () => {
  expect(() => hono.withAuth(createNodeVerifier(options), undefined as never)).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE' }),
  )
})

describe('what the callers own functions answer', () => {
  test.each([
    Number.NaN,
    undefined,
    null,
    '1800000000000',
    1n,
    new Date(),
    Number.POSITIVE_INFINITY,
    Promise.resolve(1),
  ])('the time %s lets nobody in', async (time) => {
    for (const createVerifier of [createNodeVerifier, createWebVerifier]) {
      for (const cache of [false, true]) {
        const verifier = createVerifier({ ...options, cache, now: () => time as never })
        await expect(verifier.verify(await token())).rejects.toMatchObject({ code: 'ERR_USAGE' })
      }
    }
  })

  test.each<[string, () => unknown]>([
    ['nothing', () => undefined],
    ['null', () => null],
    ['true', () => true],
    ['false', () => false],
    ['an empty text', () => ''],
    ['an empty map', () => new Map()],
    ['an object', () => ({})],
    ['a promise', async () => []],
    ['a promise of true', async () => true],
    ['an iterator', () => [][Symbol.iterator]()],
    ['a list with nothing in it', () => [undefined]],
    [
      'an error',
      () => {
        throw new Error('x')
      },
    ],
  ])('a contract whose validate answers %s lets nobody in', async (_what, validate) => {
    const verifier = createNodeVerifier({ ...options, contract: { validate } as never })
    await expect(verifier.verify(await token())).rejects.toBeInstanceOf(Error)
  })
})

test.each<[unknown, string]>([
  [undefined, 'no_token'],
  [null, 'no_token'],
  [{}, 'no_token'],
  [{ headers: {} }, 'no_token'],
  [{ headers: null }, 'no_token'],
  [{ headers: { authorization: null } }, 'no_token'],
  [{ headers: { authorization: [] } }, 'no_token'],
  [{ headers: { authorization: ['Bearer a', 'Bearer b'] } }, 'malformed_request'],
  [7, 'ERR_USAGE'],
  [true, 'ERR_USAGE'],
  [Symbol('x'), 'ERR_USAGE'],
])('the source %o is answered with %s', async (source, code) => {
  await expect(createNodeVerifier(options).verify(source as never)).rejects.toMatchObject({ code })
})

test.each<[string, () => unknown, string]>([
  ['entries that are NaN', () => memoryStore({ maxEntries: Number.NaN }), '"maxEntries"'],
  ['entries that are text', () => memoryStore({ maxEntries: '5' as never }), '"maxEntries"'],
  ['a clock that is none', () => memoryStore({ now: 7 as never }), '"now"'],
  ['an unknown option', () => memoryStore({ maxEntrys: 7 } as never), '"maxEntrys"'],
  ['a client that is none', () => redisStore({} as never), 'client'],
  ['no client', () => redisStore(undefined as never), 'client'],
  ['a prefix that is none', () => redisStore(redis(), { prefix: 7 as never }), '"prefix"'],
  [
    'a time that is NaN',
    () => redisStore(redis(), { timeoutMilliseconds: Number.NaN }),
    '"timeoutMilliseconds"',
  ],
  [
    'a time that is text',
    () => redisStore(redis(), { timeoutMilliseconds: '5' as never }),
    '"timeoutMilliseconds"',
  ],
])('a store with %s is refused', (_what, make, name) => {
  expect(make).toThrow(refused(name))
})

test('a store whose clock answers no time takes nothing', async () => {
  const store = memoryStore({ now: () => Number.NaN })
  await expect(store.setIfAbsent('a', '1', 60)).rejects.toMatchObject({ code: 'ERR_USAGE' })
})

function redis() {
  return { get: async () => null, set: async () => 'OK' }
}

test.each<[string, object]>([
  ['resource', { resource: undefined }],
  ['resource', { resource: 'https://u:p@orders.acme.example/' }],
  ['resource', { resource: 'https://orders.acme.example/ x' }],
  ['authorizationServers', { authorizationServers: 'https://acme.eu.auth0.com/' }],
  ['authorizationServers', { authorizationServers: ['http://acme.eu.auth0.com/'] }],
  ['authorizationServers', { authorizationServers: ['javascript:alert(1)'] }],
  ['authorizationServers', { authorizationServers: undefined }],
  ['scopes', { scopes: ['a b'] }],
  ['scopes', { scopes: 'a' }],
  ['documentation', { documentation: 'javascript:alert(1)' }],
  ['policy', { policy: 'x' }],
  ['termsOfService', { termsOfService: 7 }],
  ['dpopAlgorithms', { dpopAlgorithms: ['HS256'] }],
  ['dpopRequired', { dpopRequired: 'true' }],
  ['signingAlgorithms', { signingAlgorithms: ['none'] }],
  ['name', { name: '' }],
  ['scope', { scope: ['a'] }],
])('protected resource metadata with a wrong %s is refused by its name', (name, changes) => {
  const given = { resource: AUDIENCE, authorizationServers: [ISSUER], ...changes }
  expect(() => protectedResource(given as never)).toThrow(refused(`"${name}`))
})

test.each<[string, object]>([
  ['issuer', { issuer: 'acme' }],
  ['issuer', { issuer: 7 }],
  ['audience', { audience: '' }],
  ['contract', { contract: { type: 'object' } }],
  ['now', { now: 7 }],
  ['key', { key: 'x' }],
  ['audiance', { audiance: 'x' }],
  ['port', { port: '80' }],
  ['port', { port: 70_000 }],
  ['port', { port: Number.NaN }],
])('a test issuer with a wrong %s is refused by its name', async (name, changes) => {
  const given = { audience: AUDIENCE, ...changes }
  await expect(serveTestIssuer(given as never)).rejects.toEqual(refused(`"${name}`))
  if (name !== 'port') await expect(createTestIssuer(given as never)).rejects.toEqual(refused(`"${name}`))
})

test('options of test tokens are looked at as well', async () => {
  const issuer = await createTestIssuer({ audience: AUDIENCE })
  for (const wrong of [{ scopes: ['x'] }, { scope: ['x'] }, { user: 7 }, { claims: 'x' }, 'x', null]) {
    await expect(issuer.issueTestToken(wrong as never)).rejects.toMatchObject({ code: 'ERR_USAGE' })
    await expect(issuer.badTokens(wrong as never)).rejects.toMatchObject({ code: 'ERR_USAGE' })
  }
  for (const wrong of [{ needs: { scope: 'x' } }, { request: 'x' }, { request: { method: 'GET' } }]) {
    await expect(issuer.badTokens(wrong as never)).rejects.toMatchObject({ code: 'ERR_USAGE' })
  }
})
