import { expect, test } from 'vitest'
import { breakingChanges, type Contract, compileContracts } from '../../lib/contract/index.ts'
import { contractSchema } from '../helpers/contract.ts'

const X = 'https://acme.example/x'
const Y = 'https://acme.example/y'

function contract(changes: Record<string, unknown>): Contract {
  const text = JSON.stringify(contractSchema({ properties: undefined, ...changes }))
  const { contracts, findings } = compileContracts([{ file: 'orders.json', text }])
  expect(findings).toEqual([])
  return contracts[0]!
}

const claim = (schema: unknown, more: Record<string, unknown> = {}) =>
  contract({ properties: { [X]: schema, [Y]: { type: 'string' } }, required: [X], ...more })
const objectOf = (properties: Record<string, unknown>, more: Record<string, unknown> = {}) => ({
  type: 'object',
  properties,
  ...more,
})
const deep = (schema: unknown, levels: number): unknown =>
  levels === 0 ? schema : objectOf({ inner: deep(schema, levels - 1) }, { required: ['inner'] })
const isB = { properties: { [X]: { const: 'b' } }, required: [X] }
const choices = (count: number) => ({ enum: Array.from({ length: count }, (_, index) => `choice ${index}`) })

/** What a reader relies on, and the same with less asked: the way there breaks, the way back does not. */
const KINDS: Record<string, [strict: Contract, loose: Contract]> = {
  'a bound in one of several variants': [
    claim({ anyOf: [{ type: 'string', maxLength: 8 }, { type: 'null' }] }),
    claim({ anyOf: [{ type: 'string', maxLength: 9 }, { type: 'null' }] }),
  ],
  'a bound in a part that always holds': [
    claim({ type: 'integer', allOf: [{ type: 'integer', minimum: 1 }] }),
    claim({ type: 'integer', allOf: [{ type: 'integer', minimum: 0 }] }),
  ],
  'one more variant of exactly one': [
    claim({ oneOf: [objectOf({ kind: { const: 'a' } }, { required: ['kind'] })] }),
    claim({
      oneOf: ['a', 'b'].map((kind) => objectOf({ kind: { const: kind } }, { required: ['kind'] })),
    }),
  ],
  'a definition of one name that says less': [
    claim({ $ref: '#/$defs/role' }, { $defs: { role: { type: 'string', pattern: '^[a-z]+$' } } }),
    claim({ $ref: '#/$defs/role' }, { $defs: { role: { type: 'string' } } }),
  ],
  'a definition that is reached through another one': [
    claim(
      { type: 'array', items: { $ref: '#/$defs/a' } },
      { $defs: { a: { $ref: '#/$defs/b' }, b: { enum: ['x'] } } },
    ),
    claim(
      { type: 'array', items: { $ref: '#/$defs/a' } },
      { $defs: { a: { $ref: '#/$defs/b' }, b: { enum: ['x', 'y'] } } },
    ),
  ],
  'a definition that refers to itself': [
    claim(
      { $ref: '#/$defs/unit' },
      {
        $defs: {
          unit: objectOf(
            { id: { type: 'string', maxLength: 4 }, parent: { $ref: '#/$defs/unit' } },
            { required: ['id'] },
          ),
        },
      },
    ),
    claim(
      { $ref: '#/$defs/unit' },
      {
        $defs: {
          unit: objectOf(
            { id: { type: 'string', maxLength: 5 }, parent: { $ref: '#/$defs/unit' } },
            { required: ['id'] },
          ),
        },
      },
    ),
  ],
  'values of a map': [
    claim(objectOf({}, { additionalProperties: { type: 'integer', maximum: 9 } })),
    claim(objectOf({}, { additionalProperties: { type: 'integer' } })),
  ],
  'values of members whose names match': [
    claim(objectOf({}, { patternProperties: { '^x-': { type: 'string' } } })),
    claim(objectOf({}, { patternProperties: { '^x-': { type: ['string', 'null'] } } })),
  ],
  'names of members': [
    claim(objectOf({}, { propertyNames: { maxLength: 3 } })),
    claim(objectOf({}, { propertyNames: { maxLength: 4 } })),
  ],
  'a closed object that opens': [
    claim(objectOf({ a: objectOf({ b: { type: 'string' } }, { additionalProperties: false }) })),
    claim(objectOf({ a: objectOf({ b: { type: 'string' } }) })),
  ],
  'an object closed over its parts that opens': [
    claim({
      type: 'object',
      allOf: [objectOf({ a: { type: 'string' } })],
      unevaluatedProperties: false,
    }),
    claim({ type: 'object', allOf: [objectOf({ a: { type: 'string' } })] }),
  ],
  'one more member': [claim(objectOf({}, { maxProperties: 2 })), claim(objectOf({}, { maxProperties: 3 }))],
  'one member fewer': [claim(objectOf({}, { minProperties: 2 })), claim(objectOf({}, { minProperties: 1 }))],
  'a member that another one needs': [
    claim(objectOf({ a: { type: 'string' } }, { dependentRequired: { a: ['b'] } })),
    claim(objectOf({ a: { type: 'string' } })),
  ],
  'the second item of a tuple': [
    claim({ type: 'array', prefixItems: [true, { enum: ['x'] }], items: false, minItems: 2 }),
    claim({ type: 'array', prefixItems: [true, { enum: ['x', 'y'] }], items: false, minItems: 2 }),
  ],
  'different items by their number': [
    claim({
      type: 'array',
      uniqueItems: true,
      maxItems: 3,
      items: { type: 'integer', minimum: 1, maximum: 9 },
    }),
    claim({
      type: 'array',
      uniqueItems: true,
      maxItems: 4,
      items: { type: 'integer', minimum: 1, maximum: 9 },
    }),
  ],
  'thousands of items': [
    claim({ type: 'array', maxItems: 2000, items: { type: 'boolean' } }),
    claim({ type: 'array', maxItems: 3000, items: { type: 'boolean' } }),
  ],
  'an item that the list must have': [
    claim({ type: 'array', items: { type: 'string' }, contains: { const: 'member' } }),
    claim({ type: 'array', items: { type: 'string' } }),
  ],
  'a choice past the two hundredth': [claim(choices(200)), claim(choices(201))],
  'a choice deep inside': [claim(deep({ enum: ['a'] }, 9)), claim(deep({ enum: ['a', 'b'] }, 9))],
  'the last of many members': [
    claim(objectOf(Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`m${at}`, { enum: ['a'] }])))),
    claim(
      objectOf(
        Object.fromEntries(
          Array.from({ length: 150 }, (_, at) => [`m${at}`, { enum: at === 149 ? ['a', 'b'] : ['a'] }]),
        ),
      ),
    ),
  ],
  'steps between numbers': [
    claim({ type: 'number', multipleOf: 0.5 }),
    claim({ type: 'number', multipleOf: 0.25 }),
  ],
  'a number at an open end': [
    claim({ type: 'number', exclusiveMaximum: 1 }),
    claim({ type: 'number', maximum: 1 }),
  ],
  'a pattern that takes more': [
    claim({ type: 'string', pattern: '^zzz+$' }),
    claim({ type: 'string', pattern: '^zz+$' }),
  ],
  'a format that is no longer asked for': [
    claim({ type: 'string', format: 'email' }),
    claim({ type: 'string' }),
  ],
  'a value that was ruled out': [
    claim({ type: 'string', not: { enum: ['root'] } }),
    claim({ type: 'string' }),
  ],
  'a constant object': [claim({ enum: [{ a: 1 }] }), claim({ enum: [{ a: 1 }, { a: 2 }] })],
  'a condition on the scope': [
    contract({
      properties: { [X]: { type: 'string' } },
      if: {
        properties: { scope: { type: 'string', pattern: '(^| )read:orders( |$)' } },
        required: ['scope'],
      },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: [X] },
    }),
    contract({ properties: { [X]: { type: 'string' } } }),
  ],
  'a condition on another claim': [
    contract({
      properties: { [X]: { enum: ['a', 'b'] }, [Y]: { type: 'string' } },
      if: isB,
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: [Y] },
    }),
    contract({ properties: { [X]: { enum: ['a', 'b'] }, [Y]: { type: 'string' } } }),
  ],
  'a value that depends on another claim': [
    contract({
      properties: { [X]: { enum: ['a', 'b'] }, [Y]: { type: 'integer' } },
      if: isB,
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { [Y]: { type: 'integer', minimum: 50 } } },
    }),
    contract({ properties: { [X]: { enum: ['a', 'b'] }, [Y]: { type: 'integer' } } }),
  ],
  'one of two claims that must be there': [
    contract({
      properties: { [X]: { type: 'string' }, [Y]: { type: 'string' } },
      anyOf: [{ required: [X] }, { required: [Y] }],
    }),
    contract({ properties: { [X]: { type: 'string' }, [Y]: { type: 'string' } } }),
  ],
  'two claims that exclude each other': [
    contract({
      properties: { [X]: { type: 'string' }, [Y]: { type: 'string' } },
      not: { required: [X, Y] },
    }),
    contract({ properties: { [X]: { type: 'string' }, [Y]: { type: 'string' } } }),
  ],
  'a claim that another one needs': [
    contract({
      properties: { [X]: { type: 'string' }, [Y]: { type: 'string' } },
      dependentRequired: { [X]: [Y] },
    }),
    contract({ properties: { [X]: { type: 'string' }, [Y]: { type: 'string' } } }),
  ],
}

test.each(Object.entries(KINDS))('%s: asking less breaks, asking more does not', (_what, [strict, loose]) => {
  const there = breakingChanges([strict], [loose])
  const [broken] = there.filter(({ verdict }) => verdict === 'breaking')
  expect(loose.validate(broken!.witness!)).toEqual([])
  expect(strict.validate(broken!.witness!)).not.toEqual([])

  const back = breakingChanges([loose], [strict])
  expect(back.filter(({ verdict }) => verdict !== 'compatible')).toEqual([])
})

test('resolves a reference in the document that it stands in', () => {
  const role = (maxLength: number) =>
    claim({ $ref: '#/$defs/role' }, { $defs: { role: { type: 'string', maxLength } } })
  expect(breakingChanges([role(8)], [role(8)])).toEqual([])
  expect(breakingChanges([role(8)], [role(9)])).toMatchObject([{ verdict: 'breaking', claim: X }])
  expect(breakingChanges([role(8)], [role(7)])).toMatchObject([{ verdict: 'compatible', claim: X }])
})

test('says nothing where one thing is written in two ways', () => {
  const ways = [
    claim({ enum: ['a', 'b'] }),
    claim({ enum: ['b', 'a'] }),
    claim({ anyOf: [{ const: 'a' }, { const: 'b' }] }),
    claim({ type: 'string', pattern: '^(a|b)$' }),
    claim({ type: 'string', pattern: '^[ab]$' }),
    claim({ $ref: '#/$defs/ab' }, { $defs: { ab: { enum: ['a', 'b'] } } }),
  ]
  for (const one of ways) {
    for (const other of ways) {
      const changes = breakingChanges([one], [other])
      expect(changes.filter(({ verdict }) => verdict !== 'compatible')).toEqual([])
    }
  }
})

test.each<[string, unknown, unknown]>([
  [
    'a pattern that no automaton has',
    { pattern: '^a(?!dmin)[a-z]+$' },
    { pattern: '^a(?!dmin)[a-z]+$', minLength: 1 },
  ],
])('%s is decided where the schemas still tell', (_what, before, after) => {
  const changes = breakingChanges(
    [claim({ type: 'string', ...(before as object) })],
    [claim({ type: 'string', ...(after as object) })],
  )
  expect(changes).toMatchObject([{ verdict: 'compatible' }])
})

test('looks into what a pattern forbids texts to begin with', () => {
  const admin = claim({ type: 'string', pattern: '^(?!admin)[a-z]+$' })
  const root = claim({ type: 'string', pattern: '^(?!admin|root)[a-z]+$' })
  expect(breakingChanges([admin], [root])).toMatchObject([{ verdict: 'compatible' }])
  expect(breakingChanges([root], [admin])).toMatchObject([{ verdict: 'breaking' }])
})

test('does not judge what it cannot look into', () => {
  const before = claim({ type: 'string', pattern: '^a(?!dmin)[a-z]+$' })
  const after = claim({ type: 'string', pattern: '^a(?!dmin|root)[a-z]+$' })
  expect(breakingChanges([before], [after])).toMatchObject([{ category: 'changed', verdict: 'undecided' }])
})

test('finds every break among hundreds of claims', () => {
  const many = (maxLength: (at: number) => number) => {
    const names = Array.from({ length: 500 }, (_, at) => `https://acme.example/claim${at}`)
    const properties = Object.fromEntries(
      names.map((name, at) => [name, { type: 'string', maxLength: maxLength(at) }]),
    )
    return contract({ properties, required: names })
  }
  const changes = breakingChanges([many(() => 20)], [many((at) => (at % 50 === 0 ? 21 : 20))])
  expect(changes).toHaveLength(10)
  expect(new Set(changes.map(({ verdict }) => verdict))).toEqual(new Set(['breaking']))
})
