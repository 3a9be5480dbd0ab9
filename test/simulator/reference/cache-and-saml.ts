import { inspect } from 'node:util'
import { expect } from 'vitest'
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
  outcomeOf,
  type Row,
  throws,
} from './row.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const failure = (code: string) => ({ type: 'error', code })
const success = (value: string, expires_at: number) => ({ type: 'success', record: { value, expires_at } })

const setting =
  (options: object): Call =>
  (api) =>
    api.cache.set('k', 'v', options)

/** `cache.*`: records, codes, limits. */
export const cache: Row[] = [
  agree('D: API; T: RUN', 'cache.get answers a record', async () => {
    const { outcome } = await outcomeOf((api) => {
      api.cache.set('k', 'v', { ttl: 1000 })
      return api.cache.get('k')
    })
    expect(outcome).toEqual({ value: 'v', expires_at: NOW + 1000 })
  }),
  agree(
    'D: API; T: RUN',
    'cache.get answers undefined for an unknown key',
    answers((api) => api.cache.get('k'), undefined),
  ),
  agree(
    'T: RUN',
    'cache.get answers undefined for an expired record',
    answers((api) => api.cache.get('k'), undefined, {
      facts: { cache: { k: { value: 'v', expires_at: NOW } } },
    }),
  ),
  agree(
    'T: RUN',
    'cache.get answers a record to the last millisecond',
    answers(
      (api) => api.cache.get('k'),
      { value: 'v', expires_at: NOW + 1 },
      { facts: { cache: { k: { value: 'v', expires_at: NOW + 1 } } } },
    ),
  ),
  chosen(
    'D: API',
    'life of a record: 15 minutes, 24 hours in older copies of the page',
    '15 minutes',
    answers(setting({}), success('v', NOW + 15 * MINUTE)),
  ),
  agree('D: API', 'cache.set: ttl in milliseconds', answers(setting({ ttl: 1 }), success('v', NOW + 1))),
  agree(
    'D: API',
    'cache.set: expires_at in milliseconds since the epoch',
    answers(setting({ expires_at: NOW + 1 }), success('v', NOW + 1)),
  ),
  agree(
    'D: API',
    'cache.set: of ttl and expires_at the earlier decides (expires_at)',
    answers(setting({ ttl: 5000, expires_at: NOW + 1000 }), success('v', NOW + 1000)),
  ),
  agree(
    'D: API',
    'cache.set: of ttl and expires_at the earlier decides (ttl)',
    answers(setting({ ttl: 1000, expires_at: NOW + 5000 }), success('v', NOW + 1000)),
  ),
  agree(
    'D: API, LIM',
    'cache.set: 24 hours are possible',
    answers(setting({ ttl: DAY }), success('v', NOW + DAY)),
  ),
  chosen(
    'D: API, LIM',
    'cache.set past 24 hours: what the call answers is not documented',
    'success, with 24 hours',
    answers(setting({ ttl: DAY + 1 }), success('v', NOW + DAY)),
  ),
  agree('T: RUN', 'cache.set replaces a record', async () => {
    const { outcome } = await outcomeOf((api) => {
      api.cache.set('k', 'v')
      api.cache.set('k', 'w')
      return api.cache.get('k').value
    })
    expect(outcome).toBe('w')
  }),
  agree(
    'T: RUN',
    'cache.delete answers success, and the record is gone',
    answers(
      (api) => {
        api.cache.set('k', 'v')
        return [api.cache.delete('k'), api.cache.get('k')]
      },
      [{ type: 'success' }, undefined],
    ),
  ),
  agree(
    'T: RUN',
    'CacheKeyDoesNotExist: delete of an unknown key',
    answers((api) => api.cache.delete('k'), failure('CacheKeyDoesNotExist')),
  ),
  agree(
    'D: LIM; T: RUN',
    'CacheKeySizeExceeded: a key over 64 bytes',
    answers(
      (api) => [api.cache.set('é'.repeat(32), 'v').type, api.cache.set('é'.repeat(33), 'v')],
      ['success', failure('CacheKeySizeExceeded')],
    ),
  ),
  agree(
    'D: LIM; T: RUN',
    'CacheValueSizeExceeded: a value over 4,096 bytes',
    answers(
      (api) => [api.cache.set('k', long(4096)).type, api.cache.set('k', long(4097))],
      ['success', failure('CacheValueSizeExceeded')],
    ),
  ),
  agree(
    'D: LIM; T: RUN',
    'CacheValueSizeExceeded counts bytes, not characters',
    answers((api) => api.cache.set('k', 'é'.repeat(2049)), failure('CacheValueSizeExceeded')),
  ),
  chosen(
    'D: LIM; T: RUN',
    'CacheSizeExceeded: 8 kB by the page, 16 KiB and 256 bytes by the code',
    '8,000 bytes of keys and values',
    answers(
      (api) => {
        api.cache.set('a', long(4000))
        return [api.cache.set('b', long(3998)).type, api.cache.set('b', long(3999))]
      },
      ['success', failure('CacheSizeExceeded')],
    ),
  ),
  chosen(
    'D: LIM; T: RUN',
    'MaxSideEffectsExceeded: 20 entries by the page; whether calls or entries count is not said',
    'entries: the 21st is refused, writing one of the 20 anew is not',
    answers(
      (api) => {
        const types = many(20).map((key) => api.cache.set(key, 'v').type)
        return [new Set(types).size, api.cache.set('s0', 'w').type, api.cache.set('another', 'v')]
      },
      [1, 'success', failure('MaxSideEffectsExceeded')],
    ),
  ),
  agree(
    'T: RUN',
    'ItemAlreadyExpired: an end in the past',
    answers(setting({ expires_at: NOW - 1 }), failure('ItemAlreadyExpired')),
  ),
  ...[0, -1].map((ttl) =>
    agree(
      'T: RUN',
      `ItemAlreadyExpired: a ttl of ${ttl}`,
      answers(setting({ ttl }), failure('ItemAlreadyExpired')),
    ),
  ),
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53].flatMap((value) => [
    agree(
      'T: RUN',
      `InvalidExpiry: a ttl of ${value}`,
      answers(setting({ ttl: value }), failure('InvalidExpiry')),
    ),
    agree(
      'T: RUN',
      `InvalidExpiry: an expires_at of ${value}`,
      answers(setting({ expires_at: value }), failure('InvalidExpiry')),
    ),
  ]),
  ...['5000', null, new Date(NOW + 1000)].map((value) =>
    chosen(
      'T: RUN',
      `an expiry that is ${value instanceof Date ? 'a Date' : JSON.stringify(value)}: not documented`,
      'InvalidExpiry',
      answers(setting({ expires_at: value }), failure('InvalidExpiry')),
    ),
  ),
  ...[
    [{}, 'an instance of Object'],
    [1, 'type number (1)'],
    [1n, 'type bigint (1n)'],
    [true, 'type boolean (true)'],
    [undefined, 'undefined'],
    [null, 'null'],
    [[], 'an instance of Array'],
    [function f() {}, 'function f'],
  ].flatMap(([value, received]) =>
    (['key', 'value'] as const).map((part) =>
      agree(
        'T: RUN',
        `cache.set counts bytes with Buffer.byteLength, which throws on a ${part} that is ${received}`,
        throws(
          (api) => (part === 'key' ? api.cache.set(value, 'v') : api.cache.set('k', value)),
          `The "string" argument must be of type string or an instance of Buffer or ArrayBuffer. Received ${received}`,
          {},
          TypeError,
        ),
      ),
    ),
  ),
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''].map((key) =>
    agree('T: RUN', `cache: the key ${JSON.stringify(key)} is one like any other`, async () => {
      const { outcome } = await outcomeOf((api) => [
        api.cache.get(key),
        api.cache.delete(key),
        api.cache.set(key, 'v').type,
        api.cache.get(key)?.value,
        api.cache.delete(key),
        api.cache.get(key),
      ])
      expect(outcome).toEqual([
        undefined,
        failure('CacheKeyDoesNotExist'),
        'success',
        'v',
        { type: 'success' },
        undefined,
      ])
    }),
  ),
  agree('D: LIM; T: RUN', 'cache: the next Action finds what is kept under __proto__', async () => {
    let seen: unknown
    await login([
      (api) => api.cache.set('__proto__', 'v'),
      (api) => {
        seen = api.cache.get('__proto__')?.value
      },
    ])
    expect(seen).toBe('v')
  }),
  agree(
    'T: RUN',
    'cache: a key that is no text is found neither by get nor by delete',
    answers(
      (api) => [api.cache.set('1', 'v').type, api.cache.get(1), api.cache.delete(1)],
      ['success', undefined, failure('CacheKeyDoesNotExist')],
    ),
  ),
  agree(
    'T: RUN',
    'cache.set: sizes are looked at before the end',
    answers((api) => api.cache.set(long(65), 'v', { ttl: 'x' }), failure('CacheKeySizeExceeded')),
  ),
  agree(
    'T: RUN',
    'ItemAlreadyExpired: part of a millisecond does not count',
    answers(setting({ ttl: 0.9 }), failure('ItemAlreadyExpired')),
  ),
  chosen(
    'T: TE, RUN',
    'FailedToDeleteCacheRecord: when it comes is not documented',
    'never',
    answers(
      (api) => {
        api.cache.set('k', 'v')
        return [api.cache.delete('k').type, api.cache.delete('k')]
      },
      ['success', failure('CacheKeyDoesNotExist')],
    ),
  ),
  agree('D: LIM; T: RUN', 'Actions of one execution share the cache', async () => {
    let seen: unknown
    await login([
      (api) => api.cache.set('k', 'v'),
      (api) => {
        seen = api.cache.get('k')?.value
      },
    ])
    expect(seen).toBe('v')
  }),
  chosen(
    'D: LIM; T: RUN',
    'after a suspend the cache is best-effort',
    'it is empty, the worse of the two cases',
    async () => {
      let seen: unknown = 'not called'
      const body = {
        execute: (api: Parameters<Call>[0]) => {
          api.cache.set('k', 'v')
          api.redirect.sendUserTo('https://x.example/')
        },
        resume: (api: Parameters<Call>[0]) => {
          seen = api.cache.get('k')
        },
      }
      const first = await login([body])
      await login([body], { resume: first.pipeline.suspension! })
      expect(seen).toBeUndefined()
    },
  ),
  chosen(
    'D: LIM; T: RUN',
    'across executions the cache is best-effort',
    'a caller that wants a warm cache gives its records',
    answers((api) => api.cache.get('k')?.value, 'v', {
      facts: { cache: { k: { value: 'v', expires_at: NOW + MINUTE } } },
    }),
  ),
]

const TEXTS: Record<string, number> = {
  setAudience: 2048,
  setRecipient: 2048,
  setDestination: 2048,
  setIssuer: 512,
  setRelayState: 512,
  setAuthnContextClassRef: 512,
  setNameIdentifierFormat: 512,
  setCert: 4096,
  setKey: 4096,
  setSigningCert: 4096,
  setEncryptionCert: 4096,
  setEncryptionPublicKey: 4096,
}
const CHOICES: Record<string, string[]> = {
  setSignatureAlgorithm: ['rsa-sha256', 'rsa-sha1'],
  setDigestAlgorithm: ['sha256', 'sha1'],
  setEncryptionAlgorithm: ['aes256-gcm', 'aes256-cbc'],
}
const FLAGS = [
  ...['setCreateUpnClaim', 'setPassthroughClaimsWithNoMapping', 'setMapUnknownClaimsAsIs'],
  ...['setMapIdentities', 'setSignResponse', 'setIncludeAttributeNameFormat', 'setTypedAttributes'],
]
/** As Auth0's messages call what a setter sets. */
const configured = (method: string) =>
  method === 'setRelayState' ? 'RelayState' : `${method[3]!.toLowerCase()}${method.slice(4)}`
const shown = (value: unknown) =>
  typeof value === 'function'
    ? 'a function'
    : typeof value === 'string'
      ? JSON.stringify(value)
      : `${typeof value} ${inspect(value)}`
const SAML = 'D: API, LIM; T: HLP, FX'

/** `samlResponse.*`: values and limits. */
export const saml: Row[] = [
  ...Object.entries(TEXTS).flatMap(([method, max]) => [
    agree(
      SAML,
      `${method}: up to ${max} characters`,
      edge(
        (api) => api.samlResponse[method](long(max)),
        (api) => api.samlResponse[method](long(max + 1)),
        `${configured(method)} must NOT have more than ${max} characters`,
      ),
    ),
    agree(
      SAML,
      `${method}: an emoji is one character`,
      answers((api) => api.samlResponse[method]('😀'.repeat(max)), undefined),
    ),
    ...[1, null, ['a'], {}, 1n, Symbol('a')].map((value) =>
      agree(
        SAML,
        `${method} refuses ${shown(value)}`,
        throws((api) => api.samlResponse[method](value), `${configured(method)} must be string`),
      ),
    ),
  ]),
  ...['setCert', 'setKey', 'setSigningCert', 'setEncryptionCert', 'setEncryptionPublicKey'].map((method) =>
    chosen(
      SAML,
      `${method} takes PEM; whether a call checks the form is not documented`,
      'not checked',
      answers((api) => api.samlResponse[method]('no PEM'), undefined),
    ),
  ),
  ...Object.entries(CHOICES).flatMap(([method, allowed]) => [
    ...allowed.map((value) =>
      agree(
        SAML,
        `${method} takes ${value}`,
        answers((api) => api.samlResponse[method](value), undefined),
      ),
    ),
    ...['md5', '', null, allowed[0]!.toUpperCase()].map((value) =>
      agree(
        SAML,
        `${method} refuses ${JSON.stringify(value)}`,
        throws(
          (api) => api.samlResponse[method](value),
          `${configured(method)} must be equal to one of the allowed values`,
        ),
      ),
    ),
  ]),
  ...FLAGS.flatMap((method) => [
    ...[true, false].map((value) =>
      agree(
        SAML,
        `${method} takes ${value}`,
        answers((api) => api.samlResponse[method](value), undefined),
      ),
    ),
    ...['true', 1, null].map((value) =>
      agree(
        SAML,
        `${method} refuses ${JSON.stringify(value)}`,
        throws((api) => api.samlResponse[method](value), `${configured(method)} must be boolean`),
      ),
    ),
  ]),
  agree(
    SAML,
    'setLifetimeInSeconds takes a number',
    answers((api) => api.samlResponse.setLifetimeInSeconds(60), undefined),
  ),
  ...Object.keys({ ...TEXTS, ...CHOICES })
    .concat(FLAGS, 'setLifetimeInSeconds', 'setNameIdentifierProbes')
    .map((method) =>
      agree(
        SAML,
        `${method} takes undefined, and sets nothing`,
        answers((api) => api.samlResponse[method](undefined), undefined),
      ),
    ),
  agree(SAML, 'setNameIdentifierFormat without an argument means an unspecified format', async () => {
    const { commands } = await outcomeOf((api) => api.samlResponse.setNameIdentifierFormat())
    expect(commands[0]?.args).toEqual(['urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified'])
  }),
  ...['60', Number.NaN, Number.POSITIVE_INFINITY, null, 60n].map((value) =>
    agree(
      SAML,
      `setLifetimeInSeconds refuses ${shown(value)}`,
      throws((api) => api.samlResponse.setLifetimeInSeconds(value), 'lifetimeInSeconds must be number'),
    ),
  ),
  agree(
    SAML,
    'setNameIdentifierProbes: up to 10',
    edge(
      (api) => api.samlResponse.setNameIdentifierProbes(many(10)),
      (api) => api.samlResponse.setNameIdentifierProbes(many(11)),
      'nameIdentifierProbes must NOT have more than 10 items',
    ),
  ),
  agree(
    SAML,
    'setNameIdentifierProbes: of up to 512 characters each',
    edge(
      (api) => api.samlResponse.setNameIdentifierProbes([long(512)]),
      (api) => api.samlResponse.setNameIdentifierProbes([long(513)]),
      '0 must NOT have more than 512 characters',
    ),
  ),
  agree(
    SAML,
    'setNameIdentifierProbes takes strings alone',
    throws((api) => api.samlResponse.setNameIdentifierProbes(['a', 1]), '1 must be string'),
  ),
  agree(
    SAML,
    'setNameIdentifierProbes takes an array alone',
    throws((api) => api.samlResponse.setNameIdentifierProbes('a'), 'nameIdentifierProbes must be array'),
  ),
  ...['a', '', 1, 0, true, false, ['a', 1, true], [], null, undefined].map((value) =>
    agree(
      SAML,
      `setAttribute takes ${JSON.stringify(value)}`,
      answers((api) => api.samlResponse.setAttribute('name', value), undefined),
    ),
  ),
  ...[{}, () => 1, Number.NaN, Number.NEGATIVE_INFINITY, Symbol('a')].map((value) =>
    agree(
      SAML,
      `setAttribute refuses ${shown(value)}`,
      throws(
        (api) => api.samlResponse.setAttribute('name', value),
        'value must be string,number,boolean,null,array',
      ),
    ),
  ),
  ...[{}, ['a'], null, Number.NaN, undefined].map((item) =>
    agree(
      SAML,
      `setAttribute refuses a list with ${shown(item)}`,
      throws((api) => api.samlResponse.setAttribute('name', ['a', item]), '1 must be string,number,boolean'),
    ),
  ),
  agree(
    SAML,
    'setAttribute without a name',
    throws((api) => api.samlResponse.setAttribute(), " must have required property 'attribute'"),
  ),
  agree(
    SAML,
    'setAttribute: the name is a string',
    throws((api) => api.samlResponse.setAttribute(1, 'a'), 'attribute must be string'),
  ),
  agree(
    SAML,
    'setAttribute: names of up to 1,024 characters',
    edge(
      (api) => api.samlResponse.setAttribute(long(1024), 'a'),
      (api) => api.samlResponse.setAttribute(long(1025), 'a'),
      'attribute must NOT have more than 1024 characters',
    ),
  ),
  agree(
    SAML,
    'setAttribute: values of up to 2,048 characters',
    edge(
      (api) => api.samlResponse.setAttribute('a', long(2048)),
      (api) => api.samlResponse.setAttribute('a', long(2049)),
      'value must NOT have more than 2048 characters',
    ),
  ),
  agree(
    SAML,
    'setAttribute: values in a list of up to 2,048 characters each',
    edge(
      (api) => api.samlResponse.setAttribute('a', [long(2048), long(2048)]),
      (api) => api.samlResponse.setAttribute('a', [long(2048), long(2049)]),
      '1 must NOT have more than 2048 characters',
    ),
  ),
  agree(
    SAML,
    'setAttribute: up to 100 attributes',
    edge(
      (api) => many(100).forEach((name) => void api.samlResponse.setAttribute(name, 'a')),
      (api) => many(101).forEach((name) => void api.samlResponse.setAttribute(name, 'a')),
      /at most 100/,
    ),
  ),
  agree(
    SAML,
    'setAttribute: the same attribute counts once',
    answers((api) => many(101).forEach(() => void api.samlResponse.setAttribute('a', 'b')), undefined),
  ),
  chosen(
    SAML,
    'setAttribute: 10 kB in all by the page, 102,400 bytes by the code',
    '10,000 bytes of names and JSON values',
    edge(
      (api) =>
        ['a', 'b', 'c', 'd', 'e'].forEach((name) => void api.samlResponse.setAttribute(name, long(1997))),
      (api) =>
        ['a', 'b', 'c', 'd', 'ee'].forEach((name) => void api.samlResponse.setAttribute(name, long(1997))),
      'The total size of the SAML attributes exceeds the limit of 10000 bytes.',
    ),
  ),
  chosen(
    'D: API',
    'settings that no Action changes have defaults: 3600 seconds, aes256-cbc, and so on',
    'no SAML response is built here: what an Action changes is on record, and nothing else',
    async () => {
      const { commands } = await outcomeOf((api) => api.samlResponse.setLifetimeInSeconds(60))
      expect(commands).toMatchObject([{ method: 'samlResponse.setLifetimeInSeconds', args: [60] }])
    },
  ),
  agree(
    'D: API; T: FX',
    'an invalid value fails the whole execution, and discards the other commands',
    async () => {
      const { pipeline } = await login([
        (api) => api.user.setAppMetadata('a', 1),
        (api) => api.samlResponse.setSignResponse('yes'),
      ])
      expect(pipeline).toMatchObject({ outcome: 'error', appMetadata: {} })
    },
  ),
]
