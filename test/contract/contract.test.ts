import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  breakingChanges,
  type Contract,
  compileContracts,
  customClaimsOf,
  readContracts,
  sizeFindings,
  standaloneValidator,
  typesOf,
  undeclaredClaims,
  worstCaseSize,
} from '../../lib/contract/index.ts'
import { contractSchema, NS } from '../helpers/contract.ts'
import fc from '../helpers/fast-check.ts'

const schema = (changes: Record<string, unknown> = {}) =>
  contractSchema({ required: [`${NS}plan`], ...changes })

function compile(changes: Record<string, unknown> = {}) {
  return compileContracts([{ file: 'orders.json', text: JSON.stringify(schema(changes), null, 2) }])
}

function contract(changes: Record<string, unknown> = {}): Contract {
  const { contracts, findings } = compile(changes)
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  return contracts[0]!
}

describe('a contract', () => {
  test('judges the payload of a token, registered claims beside it', () => {
    const { validate } = contract()
    expect(validate({ iss: 'x', [`${NS}plan`]: 'team' })).toEqual([])
    expect(validate({ [`${NS}plan`]: 'secret-plan' })).toEqual([
      {
        path: '/https:~1~1acme.example~1plan',
        claim: `${NS}plan`,
        keyword: 'enum',
        message: 'must be one of "free", "team"',
      },
    ])
    expect(validate({})).toEqual([
      { path: '', claim: `${NS}plan`, keyword: 'required', message: `must have "${NS}plan"` },
    ])
  })

  test('may depend on the scope and on the organization', () => {
    const { validate } = contract({
      required: [],
      if: { required: ['org_id'] },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { required: [`${NS}plan`] },
    })
    expect(validate({})).toEqual([])
    expect(validate({ org_id: 'org_1' })).toMatchObject([{ keyword: 'required', claim: `${NS}plan` }])
  })

  test('refuses a list that ajv takes when it collects all faults: one "contains" within another', () => {
    const { validate } = contract({
      properties: {
        [`${NS}plan`]: {
          type: 'array',
          contains: {
            type: 'array',
            items: { type: 'number', exclusiveMinimum: 2, exclusiveMaximum: 2 },
            contains: { type: ['string', 'null'] },
          },
        },
      },
    })
    const list = [['b', { b: 0.5 }], [[null, 1], 3, 'a'], null, []]
    expect(validate({ [`${NS}plan`]: list })).toMatchObject([{ keyword: 'contains', claim: `${NS}plan` }])
  })

  test('tells custom claims from those that Auth0 issues', () => {
    const payload = { iss: 'i', sub: 's', email: 'e', scope: 'x', [`${NS}plan`]: 'free', extra: 1 }
    expect(customClaimsOf(payload)).toEqual({ [`${NS}plan`]: 'free', extra: 1 })
    expect(undeclaredClaims(contract(), payload)).toEqual(['extra'])
  })
})

describe('a contract is refused', () => {
  test.each<[string, Record<string, unknown>, string, number]>([
    ['without a token', { 'x-auth0': {} }, 'contract/not-a-contract', 4],
    ['without an audience', { 'x-auth0': { token: 'access_token' } }, 'contract/not-a-contract', 4],
    [
      'of another draft',
      { $schema: 'http://json-schema.org/draft-07/schema#' },
      'contract/not-a-contract',
      2,
    ],
    ['whose title is no name', { title: 'a b' }, 'contract/not-a-contract', 3],
    ['that is closed', { additionalProperties: false }, 'contract/not-a-contract', 20],
    [
      'whose claim says something else of refreshes',
      { properties: { [`${NS}plan`]: { type: 'string', 'x-auth0': { refresh: 'never' } } } },
      'contract/not-a-contract',
      12,
    ],
    ['with an unknown keyword', { maxlength: 3 }, 'contract/not-a-schema', 20],
    [
      'with an unknown format',
      { properties: { [`${NS}plan`]: { type: 'string', format: 'no-such' } } },
      'contract/not-a-schema',
      1,
    ],
    [
      'with a restricted name',
      { properties: { roles: { type: 'string' } }, required: [] },
      'claims/restricted-name',
      10,
    ],
    ['that requires what it does not describe', { required: ['sub'] }, 'contract/undeclared-required', 18],
  ])('%s, at its line', (_what, changes, rule, line) => {
    const { contracts, findings } = compile(changes)
    expect(contracts).toEqual([])
    expect(findings).toContainEqual(expect.objectContaining({ rule, severity: 'error', file: 'orders.json' }))
    expect(findings.find((finding) => finding.rule === rule)?.line).toBe(line)
  })

  test.each([
    ['{"a":1,}', 'a key in double quotes is missing here', 1, 8],
    ['{"a":1,\n "a":2}', 'the key "a" stands twice', 2, 2],
    ['[1', 'it ends too early', 1, 3],
    ['{} x', 'something follows the end of the document', 1, 4],
  ])('when it is not JSON: %j', (text, message, line, column) => {
    const { findings } = compileContracts([{ file: 'x.json', text }])
    expect(findings).toMatchObject([{ rule: 'contract/not-json', line, column }])
    expect(findings[0]!.message).toContain(message)
  })

  test('when another one is about the same tokens', () => {
    const text = JSON.stringify(schema())
    const { findings } = compileContracts([
      { file: 'a.json', text },
      { file: 'b.json', text },
    ])
    expect(findings).toMatchObject([{ rule: 'contract/twice' }, { rule: 'contract/twice' }])
  })

  test('and reading throws the first fault', async () => {
    await expect(readContracts(['/w/x.json'], async () => '{', { root: '/w' })).rejects.toMatchObject({
      code: 'ERR_CONTRACT',
      file: 'x.json',
      line: 1,
    })
  })

  test('reads JSON as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.nat({ max: 3 }), (value, indent) => {
        const text = JSON.stringify({ ...schema(), examples: [value] }, null, indent)
        const { contracts } = compileContracts([{ file: 'x.json', text }])
        expect(JSON.stringify(contracts[0]?.schema)).toBe(JSON.stringify(JSON.parse(text)))
      }),
      { numRuns: 100 },
    )
  })
})

describe('a vocabulary in a file of its own', () => {
  const common = {
    $defs: {
      plan: { enum: ['free', 'team'] },
      code: { type: 'string', maxLength: 4, pattern: '^[a-z]+$' },
      codes: { type: 'array', maxItems: 2, items: { $ref: '#/$defs/code' } },
      tree: { type: 'object', properties: { left: { $ref: '#/$defs/tree' } }, additionalProperties: false },
    },
  }
  const read = (properties: object, vocabulary: object = common) => {
    const { contracts, findings } = compileContracts([
      { file: 'c/orders.json', text: JSON.stringify(schema({ properties, required: [] })) },
      { file: 'c/common.json', text: JSON.stringify(vocabulary) },
    ])
    expect(findings).toEqual([])
    return contracts[0]!
  }
  const one = () =>
    read({
      [`${NS}plan`]: { $ref: 'common.json#/$defs/plan' },
      [`${NS}codes`]: { $ref: 'common.json#/$defs/codes' },
    })

  test('is what validators judge by, also the emitted one', () => {
    expect(one().validate({ [`${NS}plan`]: 'gold', [`${NS}codes`]: ['abc', 'abcde'] })).toHaveLength(2)
    expect(standaloneValidator(one())).not.toContain('common.json')
  })

  test('gives types', async () => {
    const text = await typesOf([one()])
    expect(text).toContain(`  '${NS}plan'?: 'free' | 'team'\n`)
    expect(text).toContain(`  '${NS}codes'?: string[]\n`)
    expect(await typesOf([read({ [`${NS}t`]: { $ref: 'common.json#/$defs/tree' } })])).toContain(
      'left?: unknown',
    )
  })

  test.each([
    ['without an address', {}],
    ['with an address', { $id: 'https://acme.example/common.json' }],
  ])('may refer to itself as a whole, %s', async (_what, identity) => {
    const path = {
      ...identity,
      anyOf: [
        { type: 'string', maxLength: 3 },
        { type: 'array', maxItems: 2, items: { $ref: '#' } },
      ],
    }
    for (const ref of ['common.json', 'common.json#']) {
      const address = '$id' in identity ? `https://acme.example/${ref}` : ref
      const { contracts } = compileContracts([
        {
          file: 'c/orders.json',
          text: JSON.stringify(schema({ properties: { [`${NS}path`]: { $ref: address } }, required: [] })),
        },
        { file: 'c/common.json', text: JSON.stringify(path) },
      ])
      const found = contracts.find(({ file }) => file.endsWith('orders.json'))!
      const code = standaloneValidator(found)
      const emitted = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
        validate(payload: unknown): unknown[]
      }
      for (const validate of [found.validate, emitted.validate]) {
        expect(validate({ [`${NS}path`]: ['abc', ['a', 'b']] })).toEqual([])
        expect(validate({ [`${NS}path`]: ['abc', ['abcd']] })).not.toEqual([])
        expect(validate({ [`${NS}path`]: ['abc', { id: 'a' }] })).not.toEqual([])
      }
      expect(await typesOf([found])).toContain(`'${NS}path'?: string | unknown[]`)
    }
  })

  test('gives sizes', () => {
    const { claims } = worstCaseSize(one())
    expect(claims[`${NS}codes`]! - `"${NS}codes":,`.length).toBe('["abcd","abcd"]'.length)
    expect(worstCaseSize(read({ [`${NS}t`]: { $ref: 'common.json#/$defs/tree' } })).bytes).toBe(Infinity)
  })

  test('breaks readers when it changes', () => {
    const wider = { $defs: { ...common.$defs, plan: { enum: ['free', 'team', 'gold'] } } }
    const after = read({ [`${NS}plan`]: { $ref: 'common.json#/$defs/plan' } }, wider)
    const before = read({ [`${NS}plan`]: { $ref: 'common.json#/$defs/plan' } })
    expect(breakingChanges([before], [after])).toMatchObject([
      { category: 'widened', verdict: 'breaking', witness: { [`${NS}plan`]: 'gold' } },
    ])
    // A definition that the claim does not use says nothing about it.
    const other = read(
      { [`${NS}plan`]: { $ref: 'common.json#/$defs/plan' } },
      { $defs: { plan: common.$defs.plan } },
    )
    expect(breakingChanges([before], [other])).toEqual([])
  })
})

describe('types', () => {
  test('of the example are those that are committed', async () => {
    const contracts = await readContracts(
      ['schemas/claims/id-token.json', 'schemas/claims/orders.access-token.json'],
      (file) => readFile(file, 'utf8'),
    )
    expect(await typesOf(contracts)).toBe(await readFile('schemas/claims/types.ts', 'utf8'))
  })

  test.each<[string, unknown, string]>([
    ['a union', { type: ['string', 'null'] }, 'string | null'],
    ['a list of a union', { type: 'array', items: { enum: ['a', 1] } }, "('a' | 1)[]"],
    ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }], items: false, minItems: 1 }, '[string]'],
    ['a map', { type: 'object', additionalProperties: { type: 'integer' } }, 'Record<string, number>'],
    [
      'a map by patterns of names',
      { type: 'object', patternProperties: { '^x-': { type: 'string' } }, additionalProperties: false },
      'Record<string, string>',
    ],
    [
      'a map whose names tell its values',
      {
        type: 'object',
        patternProperties: { '^x-': { type: 'string' } },
        additionalProperties: { type: 'integer' },
      },
      'Record<string, string | number>',
    ],
    ['an empty object', { type: 'object', additionalProperties: false }, 'Record<string, never>'],
    [
      'an object that a reference describes',
      { type: 'object', allOf: [{ $ref: '#/$defs/unit' }] },
      '{\n    id: string\n  }',
    ],
    [
      'an object whose parts describe it',
      {
        type: 'object',
        allOf: [{ type: 'object', properties: { id: { type: 'string' } }, required: ['id'] }],
      },
      '{\n    id: string\n  }',
    ],
    ['alternatives', { anyOf: [{ type: 'string' }, { const: 7 }] }, 'string | 7'],
    ['a quote in a value', { const: "it's" }, `"it's"`],
    ['a reference', { $ref: '#/$defs/x' }, 'boolean'],
  ])('of %s', async (_what, claim, text) => {
    const one = contract({
      properties: { [`${NS}x`]: claim },
      required: [],
      $defs: {
        x: { type: 'boolean' },
        unit: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
      },
    })
    expect(await typesOf([one])).toContain(`  '${NS}x'?: ${text}\n`)
  })
})

describe('the largest size', () => {
  test.each<[string, Record<string, unknown>, number]>([
    ['a text', { type: 'string', maxLength: 10 }, 62],
    ['a text of letters', { type: 'string', pattern: '^[a-z-]+$', maxLength: 10 }, 12],
    ['a text with a bounded pattern', { type: 'string', pattern: '^[a-z]{1,5}$' }, 7],
    ['a choice', { enum: ['a', 'é'] }, 4],
    ['a list', { type: 'array', maxItems: 2, items: { type: 'boolean' } }, 13],
    ['a set of choices', { type: 'array', uniqueItems: true, items: { enum: ['a', 'bb'] } }, 10],
    ['a whole number', { type: 'integer', minimum: -5, maximum: 100 }, 3],
    [
      'a closed object',
      { type: 'object', additionalProperties: false, properties: { a: { type: 'null' } } },
      10,
    ],
    [
      'a narrowed choice',
      {
        allOf: [
          { type: 'string', maxLength: 1 },
          { type: 'string', maxLength: 100 },
        ],
      },
      8,
    ],
    ['an open text', { type: 'string' }, Number.POSITIVE_INFINITY],
    ['an open list', { type: 'array', items: { type: 'null' } }, Number.POSITIVE_INFINITY],
  ])('of %s', (_what, claim, bytes) => {
    const { claims } = worstCaseSize(contract({ properties: { [`${NS}x`]: claim }, required: [] }))
    expect(claims[`${NS}x`]! - `"${NS}x":,`.length).toBe(bytes)
  })

  test('is never below that of a payload that the contract accepts, and is reached', () => {
    const one = contract({
      properties: {
        [`${NS}a`]: { type: 'array', maxItems: 3, items: { type: 'string', maxLength: 5 } },
        [`${NS}b`]: { type: 'integer', minimum: -1000, maximum: 1000 },
      },
      required: [],
    })
    const { bytes } = worstCaseSize(one)
    const text = fc.string({
      unit: fc.constantFrom('a', '\u0001', '"', 'é', '\u{1F600}', '\uD800'),
      maxLength: 8,
    })
    let largest = 0
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), fc.integer({ min: -1000, max: 1000 }), (a, b) => {
        const payload = { [`${NS}a`]: a, [`${NS}b`]: b }
        if (one.validate(payload).length > 0) return
        const size = Buffer.byteLength(JSON.stringify(payload))
        largest = Math.max(largest, size)
        expect(size).toBeLessThanOrEqual(bytes)
      }),
      { numRuns: 3000 },
    )
    expect(largest).toBeGreaterThan(bytes / 1.5)
  })

  test('is reported when there is none, and when it is above the budget', () => {
    expect(sizeFindings(contract({ properties: { [`${NS}plan`]: { type: 'string' } } }))).toMatchObject([
      { rule: 'contract/unbounded-claim', line: 10, claim: `${NS}plan` },
    ])
    expect(
      sizeFindings(
        contract({ 'x-auth0': { token: 'access_token', audience: 'https://x.example/', maxBytes: 20 } }),
      ),
    ).toMatchObject([{ rule: 'contract/over-budget', severity: 'error', line: 7 }])
    expect(sizeFindings(contract())).toEqual([])
  })

  test.each<[string, number, 'access_token' | 'id_token', string, string]>([
    ['what Auth0 puts into a token', 17_000, 'access_token', 'contract/above-auth0-limit', 'error'],
    ['what servers take as a header', 1_000, 'access_token', 'contract/above-header-limit', 'warning'],
    ['what browsers keep as a cookie', 400, 'id_token', 'contract/above-cookie-limit', 'info'],
  ])('is reported above %s', (_what, maxLength, token, rule, severity) => {
    const audience = token === 'id_token' ? {} : { audience: 'https://orders.acme.example/' }
    const large = (length: number) =>
      sizeFindings(
        contract({
          'x-auth0': { token, ...audience },
          properties: { [`${NS}plan`]: { type: 'string', maxLength: length } },
        }),
      )
    expect(large(maxLength)).toContainEqual(
      expect.objectContaining({ rule, severity, hint: expect.stringContaining(`"${NS}plan"`) as string }),
    )
    expect(large(20)).toEqual([])
  })
})

test('the emitted validator imports nothing, evaluates nothing, and agrees with the contract', async () => {
  const one = contract({
    properties: {
      [`${NS}plan`]: { enum: ['free', 'team'] },
      [`${NS}roles`]: {
        type: 'array',
        maxItems: 2,
        uniqueItems: true,
        items: { type: 'string', minLength: 1, maxLength: 3 },
      },
      [`${NS}since`]: { type: 'string', format: 'date' },
      [`${NS}seat`]: { const: { row: 1 } },
    },
  })
  const code = standaloneValidator(one)
  expect(code).not.toMatch(/require\(|\bimport\b|eval\(|new Function/)
  const file = join(await mkdtemp(join(tmpdir(), 'contract-')), 'validator.mjs')
  await writeFile(file, code)
  const { validate } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as Pick<
    Contract,
    'validate'
  >
  const payloads = fc.record(
    {
      [`${NS}plan`]: fc.constantFrom('free', 'team', 'other', null),
      [`${NS}roles`]: fc.array(fc.constantFrom('a', 'abc', 'abcd', '\u{1F600}'.repeat(3), '', 7), {
        maxLength: 3,
      }),
      [`${NS}since`]: fc.constantFrom('2026-01-01', '2026-13-01', 7),
      [`${NS}seat`]: fc.constantFrom({ row: 1 }, { row: 2 }, []),
    },
    { requiredKeys: [] },
  )
  let good = 0
  fc.assert(
    fc.property(payloads, (payload) => {
      const faults = validate(payload)
      if (faults.length === 0) good++
      expect(faults.length === 0).toBe(one.validate(payload).length === 0)
      if (faults.length > 0)
        expect(one.validate(payload).map(({ claim }) => claim)).toContain(faults[0]!.claim)
    }),
    { numRuns: 2000 },
  )
  expect(good).toBeGreaterThan(5)
})
