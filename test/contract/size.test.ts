import { expect, test } from 'vitest'
import { compileContracts, type JsonSchema, worstCaseSize } from '../../lib/contract/index.ts'
import { patternSize } from '../../lib/contract/pattern-size.ts'
import fc from '../helpers/fast-check.ts'

const CLAIM = 'https://acme.example/claim'
/** A keyword that a linter takes for a promise's method. */
const THEN = 'then'

/** A schema, and a value of it that is as large as we know how to make one. */
interface Sample {
  schema: JsonSchema
  largest: unknown
}

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))
const larger = (a: unknown, b: unknown) => (bytesOf(a) >= bytesOf(b) ? a : b)

/** Parts of patterns with the largest text of one. */
const PARTS: readonly (readonly [source: string, text: string])[] = [
  ['[a-z]', 'q'],
  ['\\d', '7'],
  ['[A-Z_-]', '-'],
  ['[é-ü]', 'é'],
  ['(?:ab|c)', 'ab'],
  ['x\\.', 'x.'],
  ['[^x]', '\u0001'],
  ['[\\p{L}]', '\u{20000}'],
  ['"', '"'],
]
const patterned = fc
  .array(fc.tuple(fc.constantFrom(...PARTS), fc.integer({ min: 1, max: 6 })), { minLength: 1, maxLength: 4 })
  .map((parts): Sample => {
    const pattern = `^${parts.map(([[source], most]) => `(?:${source}){0,${most}}`).join('')}$`
    return {
      schema: { type: 'string', pattern },
      largest: parts.map(([[, text], most]) => text.repeat(most)).join(''),
    }
  })

const leaf: fc.Arbitrary<Sample> = fc.oneof(
  fc.nat({ max: 40 }).map((n) => ({ schema: { type: 'string', maxLength: n }, largest: '\u0001'.repeat(n) })),
  patterned,
  fc.nat({ max: 30 }).map((n) => ({
    schema: { type: 'string', pattern: '^[a-z]+@acme\\.example$', maxLength: n + 20 },
    largest: `${'a'.repeat(n + 20 - '@acme.example'.length)}@acme.example`,
  })),
  fc.uniqueArray(fc.string({ maxLength: 12 }), { minLength: 1, maxLength: 5 }).map((texts) => ({
    schema: { enum: texts },
    largest: texts.reduce((a, b) => String(larger(a, b))),
  })),
  fc.tuple(fc.integer(), fc.integer()).map(([a, b]) => ({
    schema: { type: 'integer', minimum: Math.min(a, b), maximum: Math.max(a, b) },
    largest: larger(a, b),
  })),
  fc.constant({ schema: { type: 'number' }, largest: -Number.MAX_VALUE }),
  fc.constant({ schema: { type: 'boolean' }, largest: false }),
  fc.constant({ schema: { type: 'string', format: 'date' }, largest: '2026-11-26' }),
  fc.constant({
    schema: { type: 'string', format: 'date-time' },
    largest: '2026-11-26T10:20:30.123456789+01:00',
  }),
  fc.constant({
    schema: { type: 'string', format: 'uuid' },
    largest: '00000000-0000-4000-8000-000000000000',
  }),
)

const names = fc.uniqueArray(fc.constantFrom('a', 'b"', 'é', 'long name', 'x'.repeat(20)), {
  minLength: 1,
  maxLength: 3,
})

const { any } = fc.letrec<{ any: Sample }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 3 },
    leaf,
    fc.tuple(tie('any'), fc.nat({ max: 4 })).map(([item, n]) => ({
      schema: { type: 'array', items: item.schema, maxItems: n },
      largest: Array.from({ length: n }, () => item.largest),
    })),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => ({
      schema: { type: 'array', prefixItems: [a.schema, b.schema], minItems: 2, maxItems: 2, items: false },
      largest: [a.largest, b.largest],
    })),
    fc.tuple(names, tie('any'), fc.boolean()).map(([own, member, evaluated]) => ({
      schema: {
        type: 'object',
        ...(evaluated
          ? {
              allOf: own.map((name) => ({ type: 'object', properties: { [name]: member.schema } })),
              unevaluatedProperties: false,
            }
          : {
              properties: Object.fromEntries(own.map((name) => [name, member.schema])),
              additionalProperties: false,
            }),
      },
      largest: Object.fromEntries(own.map((name) => [name, member.largest])),
    })),
    fc.tuple(tie('any'), tie('any')).map(([a, b]) => ({
      schema: { anyOf: [a.schema, b.schema] },
      largest: larger(a.largest, b.largest),
    })),
    fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 })).map(([a, b]) => ({
      schema: {
        allOf: [
          { type: 'string', maxLength: a },
          { type: 'string', maxLength: b },
        ],
      },
      largest: '\u0001'.repeat(Math.min(a, b)),
    })),
  ),
}))

test('the bound of any schema is that of its largest value, or little above', () => {
  let largest = 0
  fc.assert(
    fc.property(any, (sample) => {
      const { contracts, findings } = compileContracts([
        {
          file: 'claims.json',
          text: JSON.stringify({
            $schema: 'https://json-schema.org/draft/2020-12/schema',
            title: 'Claims',
            'x-auth0': { token: 'id_token' },
            type: 'object',
            properties: { [CLAIM]: sample.schema },
          }),
        },
      ])
      const [contract] = contracts
      if (contract === undefined) throw new Error(JSON.stringify(findings))
      const payload = { [CLAIM]: sample.largest }
      expect(contract.validate(payload)).toEqual([])
      const { bytes } = worstCaseSize(contract)
      const reached = bytesOf(payload)
      expect(bytes).toBeGreaterThanOrEqual(reached)
      expect(bytes).toBeLessThanOrEqual(Math.max(reached * 1.5, reached + 4))
      largest = Math.max(largest, reached)
    }),
    { numRuns: 200 },
  )
  expect(largest).toBeGreaterThan(300)
})

test.each([
  ['^[a-z-]{1,20}$', { bytes: 20, largest: 1 }],
  ['^https://[a-z.]{1,30}/(?:a|bcd)?$', { bytes: 42, largest: 1 }],
  ['^(?:a|b)+$', { bytes: Number.POSITIVE_INFINITY, largest: 1 }],
  ['^.{3}$', { bytes: 18, largest: 6 }],
  ['^[\u{1F600}]{2}$', { bytes: 8, largest: 4 }],
  ['^(?=.{1,5})[a-z]\\b$', { bytes: 1, largest: 1 }],
  ['^$', { bytes: 0, largest: 0 }],
  // An end is open, or it is not looked into.
  ['^a|b$', undefined],
  ['abc', undefined],
  ['^abc\\$', undefined],
  ['^(a)\\1$', undefined],
  ['^\\p{L}$', undefined],
  ['^(?<!a)b$', undefined],
])('the pattern %s', (pattern, size) => {
  expect(patternSize(pattern)).toEqual(size)
})

const ROOT = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Claims',
  'x-auth0': { token: 'id_token' },
  type: 'object',
}
const bounded = { properties: { [CLAIM]: { type: 'string', maxLength: 5 } } }
const bytesOfRoot = (root: object) => {
  const text = JSON.stringify({ ...ROOT, properties: {}, ...root })
  const { contracts, findings } = compileContracts([{ file: 'claims.json', text }])
  expect(findings).toEqual([])
  return worstCaseSize(contracts[0]!).bytes
}

test.each<[string, object]>([
  ['one of several variants', { anyOf: [bounded, { required: [CLAIM] }] }],
  ['a case', { if: { required: ['org_id'] }, [THEN]: bounded }],
  ['the presence of another claim', { dependentSchemas: { org_id: bounded } }],
  [
    'a pattern of names',
    { patternProperties: { '^https://acme\\.example/': { type: 'string', maxLength: 5 } } },
  ],
])('what bounds a claim in %s only does not bound it', (_what, root) => {
  expect(bytesOfRoot(root)).toBe(Number.POSITIVE_INFINITY)
})

test.each<[string, object]>([
  ['every variant', { anyOf: [bounded, { properties: { [CLAIM]: { type: 'boolean' } } }] }],
  ['both cases', { if: { required: ['org_id'] }, [THEN]: bounded, else: bounded }],
  ['a part that always holds', { allOf: [bounded] }],
  [
    'a reference that always holds',
    { properties: { [CLAIM]: true }, $ref: '#/$defs/all', $defs: { all: { type: 'object', ...bounded } } },
  ],
])('what bounds a claim in %s bounds it', (_what, root) => {
  expect(bytesOfRoot(root)).toBe(bytesOfRoot(bounded))
})

test('reads a definition once, however often it is named', () => {
  const $defs = Object.fromEntries(
    Array.from({ length: 14 }, (_, level) => [
      `level${level}`,
      level === 0
        ? { type: 'boolean' }
        : {
            type: 'object',
            additionalProperties: false,
            properties: Object.fromEntries(
              ['a', 'b'].map((name) => [name, { $ref: `#/$defs/level${level - 1}` }]),
            ),
          },
    ]),
  )
  // Each level has two of the one below, with their names around.
  const size = (level: number): number => (level === 0 ? 5 : 2 * size(level - 1) + 11)
  expect(bytesOfRoot({ properties: { [CLAIM]: { $ref: '#/$defs/level13' } }, $defs })).toBe(
    2 + bytesOf(CLAIM) + 1 + size(13),
  )
})
