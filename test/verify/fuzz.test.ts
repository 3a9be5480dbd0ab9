import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseJson } from '../../lib/contract/json-text.ts'
import { parseCompactJws } from '../../lib/verify/compact-jws.ts'
import { credentialsOf } from '../../lib/verify/credentials.ts'
import { nodePlatform } from '../../lib/verify/node-platform.ts'
import { strictObject } from '../../lib/verify/strict-json.ts'
import { webPlatform } from '../../lib/verify/web-platform.ts'
import seeds from '../fixtures/verify/seeds.json' with { type: 'json' }

/** The seeds that are kept, and a new one each time: fast-check prints it when it finds something; keep it then. */
const SEEDS = [...seeds.seeds, Date.now() % 2 ** 31]
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

/** Whether the slow reader, which sees each key, takes the text as an object that the verifier may read. */
function isStrictObject(text: string): boolean {
  let value: unknown
  try {
    value = parseJson(text, 'text').value
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
