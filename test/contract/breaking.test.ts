import { expect, test } from 'vitest'
import { breakingChanges, type Contract, compileContracts } from '../../lib/contract/index.ts'
import { contractSchema, NS } from '../helpers/contract.ts'
import fc from '../helpers/fast-check.ts'

const CLAIM = `${NS}x`

function contract(claim: unknown, required = true, changes: Record<string, unknown> = {}): Contract {
  const { contracts, findings } = compileContracts([
    {
      file: 'orders.json',
      text: JSON.stringify(
        contractSchema({
          properties: { [CLAIM]: claim, [`${NS}other`]: { type: 'string' } },
          required: required ? [CLAIM] : [],
          ...changes,
        }),
      ),
    },
  ])
  expect(findings).toEqual([])
  return contracts[0]!
}

const enumAB = { enum: ['a', 'b'] }

test.each<[string, unknown, unknown, string, string, unknown]>([
  [
    'a text without a bound',
    { type: 'string', maxLength: 20 },
    { type: 'string' },
    'widened',
    'breaking',
    'a'.repeat(21),
  ],
  ['a new choice', enumAB, { enum: ['a', 'b', 'c'] }, 'widened', 'breaking', 'c'],
  ['a choice less', enumAB, { enum: ['a'] }, 'narrowed', 'compatible', undefined],
  [
    'a longer text',
    { type: 'string', maxLength: 20 },
    { type: 'string', maxLength: 21 },
    'widened',
    'breaking',
    'a'.repeat(21),
  ],
  [
    'a shorter text',
    { type: 'string', maxLength: 20 },
    { type: 'string', maxLength: 5 },
    'narrowed',
    'compatible',
    undefined,
  ],
  [
    'more items',
    { type: 'array', maxItems: 2 },
    { type: 'array', maxItems: 3 },
    'widened',
    'breaking',
    ['a', 'a', 'a'],
  ],
  [
    'other items',
    { type: 'array', items: { type: 'string' } },
    { type: 'array', items: { type: 'integer' } },
    'retyped',
    'breaking',
    undefined,
  ],
  ['a number for a text', { type: 'string' }, { type: 'integer' }, 'retyped', 'breaking', undefined],
  ['null beside the text', { type: 'string' }, { type: ['string', 'null'] }, 'widened', 'breaking', null],
  [
    'a larger number',
    { type: 'integer', maximum: 9 },
    { type: 'integer', maximum: 10 },
    'widened',
    'breaking',
    10,
  ],
  [
    'a list that was a set',
    { type: 'array', uniqueItems: true },
    { type: 'array' },
    'widened',
    'breaking',
    undefined,
  ],
  [
    'a member less required',
    { type: 'object', properties: { a: { const: 1 } }, required: ['a'] },
    { type: 'object', properties: { a: { const: 1 } } },
    'widened',
    'breaking',
    {},
  ],
  [
    'a pattern that differs',
    { type: 'string', pattern: '^zz+$' },
    { type: 'string', pattern: '^zzz+$' },
    'narrowed',
    'compatible',
    undefined,
  ],
])('%s', (_what, before, after, category, verdict, value) => {
  const [old, now] = [contract(before), contract(after)]
  const changes = breakingChanges([old], [now])
  expect(changes).toMatchObject([
    {
      category: category === 'retyped' && _what === 'other items' ? expect.any(String) : category,
      verdict,
      claim: CLAIM,
      file: 'orders.json',
    },
  ])
  const { witness } = changes[0]!
  expect(witness === undefined).toBe(verdict !== 'breaking')
  if (witness !== undefined) {
    expect(now.validate(witness)).toEqual([])
    expect(old.validate(witness)).not.toEqual([])
    expect(Object.keys(witness)).toEqual([CLAIM])
    if (value !== undefined) expect(witness[CLAIM]).toEqual(value)
  }
})

test('sees that a claim may be missing now, and that one is always there', () => {
  expect(breakingChanges([contract(enumAB)], [contract(enumAB, false)])).toMatchObject([
    { category: 'made-optional', verdict: 'breaking', witness: {} },
  ])
  expect(breakingChanges([contract(enumAB, false)], [contract(enumAB)])).toMatchObject([
    { category: 'made-required', verdict: 'compatible' },
  ])
})

test('finds both when a claim becomes optional and takes more', () => {
  const changes = breakingChanges([contract(enumAB)], [contract({ enum: ['a', 'b', 'c'] }, false)])
  expect(changes.map(({ category, verdict }) => [category, verdict])).toEqual([
    ['made-optional', 'breaking'],
    ['widened', 'breaking'],
  ])
})

test('sees a claim that is gone or was renamed, and one that is new', () => {
  const other = { [`${NS}other`]: { type: 'string' } }
  const gone = contract(enumAB, false, { properties: other })
  expect(breakingChanges([contract(enumAB)], [gone])).toMatchObject([
    { category: 'removed', verdict: 'breaking', witness: {} },
  ])
  expect(breakingChanges([contract(enumAB, false)], [gone])).toMatchObject([
    { category: 'removed', verdict: 'undecided' },
  ])
  expect(breakingChanges([gone], [contract(enumAB)])).toMatchObject([
    { category: 'added', verdict: 'compatible' },
  ])
  const renamed = contract(enumAB, false, { properties: { ...other, 'https://new.example/x': enumAB } })
  expect(breakingChanges([contract(enumAB)], [renamed])).toMatchObject([
    { category: 'renamed-namespace', verdict: 'breaking' },
    { category: 'added', claim: 'https://new.example/x' },
  ])
})

test('sees a contract that is gone, new, or for another API', () => {
  const old = contract(enumAB)
  expect(breakingChanges([old], [])).toMatchObject([{ category: 'contract-removed', verdict: 'breaking' }])
  expect(breakingChanges([], [old])).toMatchObject([{ category: 'contract-added', verdict: 'compatible' }])
  const moved = contract(enumAB, true, {
    'x-auth0': { token: 'access_token', audience: 'https://v2.acme.example/' },
  })
  expect(breakingChanges([old], [moved])).toMatchObject([
    { category: 'audience-changed', verdict: 'breaking' },
  ])
})

test('says nothing when only words change', () => {
  expect(
    breakingChanges([contract(enumAB)], [contract({ ...enumAB, description: 'x', examples: ['a'] })]),
  ).toEqual([])
})

const schema = fc.oneof(
  fc.subarray(['a', 'b', 'c', 'd'], { minLength: 1 }).map((values) => ({ enum: values })),
  fc.record({ type: fc.constant('string'), maxLength: fc.nat({ max: 5 }), minLength: fc.nat({ max: 2 }) }),
  fc.record({
    type: fc.constant('integer'),
    minimum: fc.integer({ min: -3, max: 0 }),
    maximum: fc.nat({ max: 3 }),
  }),
  fc.record({
    type: fc.constant('array'),
    items: fc.constantFrom({ type: 'string' }, { enum: ['a', 'b'] }, { enum: ['a'] }, { type: 'boolean' }),
    maxItems: fc.nat({ max: 3 }),
  }),
)
const value = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'd', null, true),
  fc.string({ maxLength: 6 }),
  fc.integer({ min: -4, max: 4 }),
  fc.array(fc.constantFrom('a', 'b', 'zz', true, false), { maxLength: 4 }),
)

test('breaks exactly where a random search of payloads finds a break', () => {
  fc.assert(
    fc.property(
      schema,
      schema,
      fc.boolean(),
      fc.boolean(),
      fc.array(value, { minLength: 60, maxLength: 60 }),
      (before, after, wasRequired, isRequired, values) => {
        fc.pre(!('minLength' in before && before.minLength > before.maxLength))
        fc.pre(!('minLength' in after && after.minLength > after.maxLength))
        const [old, now] = [contract(before, wasRequired), contract(after, isRequired)]
        const changes = breakingChanges([old], [now])
        const breaking = changes.filter(({ verdict }) => verdict === 'breaking')
        for (const { witness } of breaking) {
          expect(now.validate(witness!)).toEqual([])
          expect(old.validate(witness!)).not.toEqual([])
        }
        for (const payload of [{}, ...values.map((one) => ({ [CLAIM]: one }))]) {
          if (now.validate(payload).length > 0 || old.validate(payload).length === 0) continue
          expect(breaking).not.toEqual([])
          break
        }
      },
    ),
    { numRuns: 120 },
  )
})
