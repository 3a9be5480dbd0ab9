import { describe, expect, test } from 'vitest'
import { parseJson } from '../../lib/contract/json-text.ts'
import { ALL_ALGORITHMS } from '../../lib/verify/algorithms.ts'
import { parseCompactJws } from '../../lib/verify/compact-jws.ts'
import { credentialsOf } from '../../lib/verify/credentials.ts'
import { fixedKeySet } from '../../lib/verify/key-set.ts'
import { nodePlatform } from '../../lib/verify/node-platform.ts'
import { addressOfRequest, isForAddress } from '../../lib/verify/request-address.ts'
import { strictObject } from '../../lib/verify/strict-json.ts'
import { webPlatform } from '../../lib/verify/web-platform.ts'
import seeds from '../fixtures/verify/seeds.json' with { type: 'json' }
import fc from '../helpers/fast-check.ts'

/** The seeds that are kept, and that of this run: keep it when it finds something. */
const SEEDS = [...seeds.seeds, Number(process.env['SEED'])]
const encoded = (text: string) => Buffer.from(text).toString('base64url')

/** JSON with blanks, escapes, repeated keys and broken ends, as well as what is none. */
const jsonText = fc
  .tuple(
    fc.array(
      fc.tuple(
        fc.constantFrom('a', 'b', '\\u0061', '__proto__', '\\u005f_proto__', '\\":', 'é', '\u{1F600}', ''),
        fc.constantFrom('', ' ', '\n', '\t ', '\u00a0'),
        fc.oneof(
          fc.constantFrom(
            '1',
            '1e999',
            '-0',
            '"x"',
            '"\\":1"',
            '" :"',
            '[]',
            '{}',
            '{"a":1,"a":2}',
            '[{"b" :1}]',
            'null',
          ),
          fc.constantFrom(
            '[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]',
            '01',
            "'x'",
            'NaN',
            '',
          ),
          fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.stringify(value)),
        ),
      ),
      { maxLength: 4 },
    ),
    fc.constantFrom('{', '{', '{', '[', '\uFEFF{', ' {'),
    fc.constantFrom('}', '}', '}', ']', '}}', ',}', ''),
  )
  .map(
    ([members, open, close]) =>
      open + members.map(([key, blank, value]) => `"${key}"${blank}:${value}`).join(',') + close,
  )

const segment = fc.oneof(
  jsonText.map(encoded),
  fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString('base64url')),
  fc.string({ unit: fc.constantFrom(...'ABab01-_+/=. \n\0é\u0141\u{1F600}'), maxLength: 12 }),
)
const token = fc.oneof(
  fc.tuple(segment, segment, segment).map((parts) => parts.join('.')),
  fc.array(segment, { maxLength: 6 }).map((parts) => parts.join('.')),
  fc.string({ unit: 'binary', maxLength: 60 }),
)

const word = fc.oneof(
  fc.constantFrom(
    'api.example',
    'evil.example',
    '127.0.0.1',
    '[::1]',
    'public',
    'orders',
    '..',
    '%2e%2e',
    '%2F',
  ),
  fc.string({ unit: fc.constantFrom(...'/?#@:\\%.,; \t\0é[]%2fX&=-_~a1'), maxLength: 4 }),
)
const words = fc.array(word, { maxLength: 6 }).map((parts) => parts.join(''))
const target = fc
  .tuple(fc.constantFrom('/', '/', '/', 'http://', 'https://', '//', ''), words)
  .map((parts) => parts.join(''))

/** Keys as an issuer may publish them, with members of any kind. */
const odd = fc.oneof(
  fc.constantFrom(null, 7, '', 'x', true, [], {}, ['verify'], 'verify', 'A'.repeat(43)),
  fc.jsonValue(),
)
const jwk = fc
  .tuple(
    fc.constantFrom(
      { kty: 'RSA', n: 'x'.repeat(342), e: 'AQAB' },
      { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) },
      { kty: 'EC', crv: 'P-521', x: 'A'.repeat(88), y: 'A'.repeat(88) },
      { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
      { kty: 'oct', k: 'AAAA' },
    ),
    fc.dictionary(
      fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'k', 'd', 'alg', 'use', 'key_ops', 'kid', 'x5c'),
      odd,
      {
        maxKeys: 3,
      },
    ),
  )
  .map(([good, changes]) => ({ kid: 'k1', ...good, ...changes }))

/** Whether the slow reader, which sees each key, takes the text as an object that the verifier may read. */
function isStrictObject(text: string): boolean {
  let value: unknown
  try {
    value = parseJson(text, 'text', { endless: true }).value
    JSON.parse(text)
  } catch {
    return false
  }
  const isPlain = (part: unknown, depth: number): boolean =>
    typeof part !== 'object' ||
    part === null ||
    (depth <= 32 &&
      Object.entries(part).every(([key, member]) => key !== '__proto__' && isPlain(member, depth + 1)))
  return typeof value === 'object' && value !== null && !Array.isArray(value) && isPlain(value, 0)
}

describe.each(SEEDS)('with the seed %i', (seed) => {
  test('both platforms read the same in every text, and neither throws', () => {
    fc.assert(
      fc.property(token, (text) => {
        const [node, web] = [nodePlatform, webPlatform].map((platform) =>
          parseCompactJws(text, platform as typeof nodePlatform, 10_000),
        )
        expect(plain(node)).toEqual(plain(web))
      }),
      { seed, numRuns: 2000, examples: seeds.tokens.map((text): [string] => [text]) },
    )
  })

  test('the fast reader of JSON takes what the slow one takes', () => {
    fc.assert(
      fc.property(jsonText, (text) => {
        expect(strictObject(text) !== undefined).toBe(isStrictObject(text))
      }),
      { seed, numRuns: 3000, examples: seeds.json.map((text): [string] => [text]) },
    )
  })

  test('an address of a request has the host of the API, or exactly one that the request names', () => {
    fc.assert(
      fc.property(
        target,
        words,
        fc.constantFrom('http', 'https', 'https,http', 'http://x'),
        (url, host, protocol) => {
          const request = { headers: { host }, method: 'GET', originalUrl: url, protocol }
          const based = addressOfRequest(request, [{ origin: 'https://api.example', path: '/v1' }])
          if (typeof based === 'string') expect(based.startsWith('https://api.example/v1/')).toBe(true)
          const named = addressOfRequest(request, [])
          if (typeof named !== 'string') return
          const authority = /^https?:\/\/([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?\//.exec(named)
          expect(authority, named).not.toBeNull()
          expect(host.toLowerCase()).toContain(authority![1]!.startsWith('[') ? '[' : authority![1])
        },
      ),
      { seed, numRuns: 3000 },
    )
  })

  test('a proof is for the address that it names, in its host and in what is left of its path', () => {
    fc.assert(
      fc.property(target, target, (htu, path) => {
        const address = `https://api.example${path.startsWith('/') ? path : '/'}`
        if (!isForAddress(htu, address)) return
        const url = new URL(htu)
        expect([url.protocol, url.host, url.username]).toEqual(['https:', 'api.example', ''])
      }),
      { seed, numRuns: 3000 },
    )
  })

  test('both platforms take the same keys of any set, and neither throws', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(jwk, odd), { maxLength: 3 }),
        fc.constantFrom(...ALL_ALGORITHMS),
        async (keys, alg) => {
          const found = await Promise.all(
            [nodePlatform, webPlatform].map(async (platform) => {
              const set = fixedKeySet({ keys } as never, platform as typeof nodePlatform, [alg])
              return [
                (await set.find('k1', alg)) !== undefined,
                (await set.find(undefined, alg)) !== undefined,
              ]
            }),
          )
          expect(found[0]).toEqual(found[1])
        },
      ),
      { seed, numRuns: 300 },
    )
  })

  test('a header gives one token, or none', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: fc.constantFrom(...'BbearerDPoP ,=.\t"aé\n'), maxLength: 20 }),
          fc
            .tuple(fc.constantFrom('Bearer', 'DPoP', 'bearer ', 'Basic'), token)
            .map((parts) => parts.join(' ')),
        ),
        (authorization) => {
          const found = credentialsOf({ authorization })
          if (typeof found !== 'object') return
          expect(found.token).toMatch(/^[A-Za-z0-9\-._~+/]+=*$/)
          expect(authorization.toLowerCase().startsWith(found.scheme.toLowerCase())).toBe(true)
          expect(authorization.endsWith(` ${found.token}`)).toBe(true)
        },
      ),
      { seed, numRuns: 2000 },
    )
  })
})

function plain(value: object | undefined): unknown {
  if (value === undefined || !('signature' in value)) return value
  return { ...value, signature: [...(value.signature as Uint8Array)] }
}
