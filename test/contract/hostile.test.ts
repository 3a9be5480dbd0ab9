import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse as parseHtml } from 'node-html-parser'
import { parseSync } from 'oxc-parser'
import ts from 'typescript-5'
import { describe, expect, test } from 'vitest'
import {
  breakingChanges,
  type Contract,
  compileContracts,
  docsOf,
  htmlDocsOf,
  impactOf,
  type JsonSchemaObject,
  readConsumers,
  sizeFindings,
  standaloneValidator,
  typesOf,
  undeclaredClaims,
} from '../../lib/contract/index.ts'
import { LIMITS } from '../../lib/limits.ts'
import { contractSchema, NS } from '../helpers/contract.ts'

const schema = (changes: Record<string, unknown> = {}) =>
  contractSchema({ properties: { [`${NS}plan`]: { type: 'string', maxLength: 40 } }, ...changes })

function compileText(text: string) {
  return compileContracts([{ file: 'orders.json', text }])
}

function compile(changes: Record<string, unknown> = {}) {
  return compileText(JSON.stringify(schema(changes), null, 2))
}

function contract(changes: Record<string, unknown> = {}): Contract {
  const { contracts, findings } = compile(changes)
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  return contracts[0]!
}

const text = (facts: Record<string, unknown>) => ({
  properties: { [`${NS}plan`]: { type: 'string', ...facts } },
})

/** Milliseconds of the best of three. */
function time(task: () => unknown): number {
  return Math.min(
    ...[1, 2, 3].map(() => {
      const start = performance.now()
      task()
      return performance.now() - start
    }),
  )
}

describe('a pattern', () => {
  test.each<[string, Record<string, unknown>]>([
    ['repeats what repeats itself', text({ pattern: '^([a-z]+)+$' })],
    ['repeats alternatives that are the same', text({ pattern: '^(a|a)*$' })],
    ['repeats alternatives that begin alike', text({ pattern: '^(a|aa)+$' })],
    ['counts rounds that may be empty', text({ pattern: '^(?:a?){30}$' })],
    ['counts alternatives that may be empty', text({ pattern: '^(?:b|(?<x>a*)){25}b' })],
    ['repeats a count of what may be empty', text({ pattern: '^(?:(?:a?){5}b)*$' })],
    ['nests counts', text({ pattern: '^(a{1,100}){1,100}$' })],
    ['looks ahead so', text({ pattern: '^(?=(a+)+$)a' })],
    ['is short of its maxLength', text({ pattern: '^(\\w+\\s?)*$', maxLength: 400 })],
    [
      'is behind a $ref',
      { ...text({ $ref: '#/$defs/slug' }), $defs: { slug: { type: 'string', pattern: '^(a*)*b$' } } },
    ],
    [
      'is one of anyOf',
      { properties: { [`${NS}plan`]: { anyOf: [{ type: 'string', pattern: '^(a*)*b$' }] } } },
    ],
    ['is of names', { patternProperties: { '^(x+x+)+y$': { type: 'string' } } }],
    [
      'stands under a claim that is called as a keyword',
      { ...text({}), $defs: { const: { type: 'string', pattern: '^(a*)*b$' } } },
    ],
  ])('that %s is an error at its line, and the contract is not used', (_what, changes) => {
    const { contracts, findings } = compile(changes)
    const found = findings.filter(({ rule }) => rule === 'contract/slow-pattern')
    expect(found).toMatchObject([{ severity: 'error', file: 'orders.json' }])
    const lines = JSON.stringify(schema(changes), null, 2).split('\n')
    expect(lines[found[0]!.line - 1]).toMatch(/"pattern": |\(x\+x\+\)/)
    expect(contracts).toEqual([])
  })

  test.each<[string, Record<string, unknown>, number]>([
    ['grows as a power, without a bound', { pattern: '^[^@]+@[^@]+\\.[^@]+$' }, 1],
    ['grows as a power, with a large bound', { pattern: '^[^@]+@[^@]+\\.[^@]+$', maxLength: 100_000 }, 1],
    ['grows as a power, with a small bound', { pattern: '^[^@]+@[^@]+\\.[^@]+$', maxLength: 254 }, 0],
    ['repeats what may be empty, with bounds', { pattern: '^(a?b?){4,64}$', maxLength: 64 }, 1],
    ['counts few rounds that may be empty', { pattern: '^(?:[0-9]?,){3}(?:a?){2}$' }, 0],
    ['counts rounds that take something', { pattern: '^(?:(?:[a-z]{2})?-[0-9]){12}$' }, 0],
    ['reads a text in one way', { pattern: '^(?:[a-z0-9]+-)*[a-z0-9]+$' }, 0],
    ['has bounds itself', { pattern: '^(?:[a-z0-9]{1,63}\\.){1,8}[a-z]{2,63}$' }, 0],
    ['is plain', { pattern: '^org_[A-Za-z0-9]{16}$' }, 0],
  ])('that %s', (_what, facts, warnings) => {
    const { contracts, findings } = compile(text(facts))
    expect(contracts).toHaveLength(1)
    expect(findings.map(({ rule, severity }) => `${rule} ${severity}`)).toEqual(
      Array(warnings).fill('contract/slow-pattern warning'),
    )
  })

  test('is not asked about a text that is longer than maxLength, here and in the emitted validator', async () => {
    const slow = contract(text({ pattern: '^[a-z]*[a-z]*[a-z]*[a-z]*[a-z]*$', maxLength: 10 }))
    const folder = await mkdtemp(join(tmpdir(), 'hostile-'))
    await writeFile(join(folder, 'validator.mjs'), standaloneValidator(slow))
    const emitted = (await import(pathToFileURL(join(folder, 'validator.mjs')).href)) as Pick<
      Contract,
      'validate'
    >
    for (const { validate } of [slow, emitted]) {
      const payload = { [`${NS}plan`]: `${'a'.repeat(100_000)}!` }
      expect(validate(payload)).toMatchObject([{ keyword: 'maxLength' }])
      expect(validate({ [`${NS}plan`]: 'a!' })).toMatchObject([{ keyword: 'pattern' }])
      expect(validate({ [`${NS}plan`]: 'abc' })).toEqual([])
      expect(time(() => validate(payload))).toBeLessThan(2000)
    }
  })

  test('without a bound takes texts up to one, here, in the emitted validator and for names', async () => {
    const pattern = '^[^@]+@[^@]+\\.[^@]+$'
    const unbounded = contract({ ...text({ pattern }), patternProperties: { [pattern]: { type: 'string' } } })
    const folder = await mkdtemp(join(tmpdir(), 'hostile-'))
    await writeFile(join(folder, 'validator.mjs'), standaloneValidator(unbounded))
    const emitted = (await import(pathToFileURL(join(folder, 'validator.mjs')).href)) as Pick<
      Contract,
      'validate'
    >
    const long = `a@${'a.'.repeat(100_000)}@`
    for (const { validate } of [unbounded, emitted]) {
      expect(validate({ [`${NS}plan`]: 'ada@acme.example' })).toEqual([])
      expect(validate({ [`${NS}plan`]: long })).toMatchObject([{ keyword: 'pattern' }])
      expect(time(() => validate({ [`${NS}plan`]: long, [long]: 1 }))).toBeLessThan(2000)
    }
    expect(time(() => undeclaredClaims(unbounded, { [long]: 1 }))).toBeLessThan(2000)
  })
})

describe('a contract that takes for ever', () => {
  const chain = (count: number) => ({
    ...text({ $ref: '#/$defs/a0' }),
    $defs: Object.fromEntries(
      Array.from({ length: count }, (_, index) => [
        `a${index}`,
        index === count - 1
          ? { type: 'string' }
          : { allOf: [{ $ref: `#/$defs/a${index + 1}` }, { $ref: `#/$defs/a${index + 1}` }] },
      ]),
    ),
  })
  const deep = (levels: number) => `${`{"a":`.repeat(levels)}1${'}'.repeat(levels)}`

  test.each<[string, string, string]>([
    ['has 30 000 levels', deep(30_000), 'contract/not-json'],
    ['has 30 000 lists', '['.repeat(30_000), 'contract/not-json'],
    ['is long', `"${'a'.repeat(LIMITS.contractLength)}"`, 'contract/not-json'],
    ['has a number that is none', JSON.stringify(schema()).replace('40', '1e999'), 'contract/not-json'],
    ['doubles with each of 40 references', JSON.stringify(schema(chain(40))), 'contract/not-a-schema'],
    [
      'has a row of 5000 references',
      JSON.stringify(
        schema({
          ...text({ $ref: '#/$defs/a0' }),
          $defs: Object.fromEntries(
            Array.from({ length: 5000 }, (_, index) => [
              `a${index}`,
              index === 4999 ? {} : { $ref: `#/$defs/a${index + 1}` },
            ]),
          ),
        }),
      ),
      'contract/not-a-schema',
    ],
    ['refers to itself', JSON.stringify(schema({ allOf: [{ $ref: '#' }] })), 'contract/not-a-schema'],
    [
      'refers to itself by way of another',
      JSON.stringify(
        schema({
          ...text({ $ref: '#/$defs/a' }),
          $defs: { a: { $ref: '#/$defs/b' }, b: { anyOf: [{ $ref: '#/$defs/a' }] } },
        }),
      ),
      'contract/not-a-schema',
    ],
    [
      'has an escape that is none in a $ref',
      JSON.stringify(schema(text({ $ref: '#/$defs/%E0%A4%A' }))),
      'contract/not-a-schema',
    ],
    [
      'has 3000 claims',
      JSON.stringify(
        schema({
          properties: Object.fromEntries(
            Array.from({ length: 3000 }, (_, index) => [`${NS}c${index}`, true]),
          ),
        }),
      ),
      'contract/not-a-contract',
    ],
  ])('because it %s is refused with a sentence', (_what, content, rule) => {
    const start = performance.now()
    const { contracts, findings } = compileText(content)
    expect(findings.map((finding) => finding.rule)).toContain(rule)
    expect(contracts).toEqual([])
    for (const { message } of findings) expect(message).not.toMatch(/call stack|string length/)
    expect(performance.now() - start).toBeLessThan(20_000)
  })

  test('only because its walkers would: definitions that all name each other, lists of lists, alternatives', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`)
    const mutual = {
      ...text({}),
      $defs: Object.fromEntries(
        names.map((name) => [
          name,
          {
            type: 'object',
            properties: Object.fromEntries(names.map((other) => [other, { $ref: `#/$defs/${other}` }])),
          },
        ]),
      ),
    }
    mutual.properties[`${NS}plan`] = { $ref: '#/$defs/d0' } as never
    const lists = (levels: number): object =>
      levels === 0
        ? { type: 'string', maxLength: 20_000 }
        : { type: 'array', maxItems: 1000, items: lists(levels - 1) }
    const wide = (levels: number): object =>
      levels === 0
        ? { type: 'boolean' }
        : {
            type: 'object',
            properties: Object.fromEntries(names.map((name) => [name, wide(levels - 1)])),
            anyOf: names.map(() => ({ minProperties: 0 })),
          }
    const values = { type: 'string', enum: Array.from({ length: 130_000 }, (_, index) => `v${index}`) }
    for (const changes of [
      mutual,
      { properties: { [`${NS}plan`]: lists(6) } },
      { properties: { [`${NS}plan`]: wide(3) } },
      { properties: { [`${NS}plan`]: values } },
    ]) {
      const one = compileText(JSON.stringify(schema(changes))).contracts[0]!
      const start = performance.now()
      expect(await typesOf([one])).toContain('OrdersAccessToken')
      docsOf([one])
      sizeFindings(one)
      breakingChanges([contract()], [one])
      breakingChanges([one], [contract()])
      impactOf([one], [])
      expect(performance.now() - start).toBeLessThan(30_000)
    }
  }, 120_000)

  test('a consumer file is held to the same', () => {
    expect(() => readConsumers([{ file: 'c.json', text: deep(30_000) }])).toThrow(/more than 200 levels/)
  })
})

const HOSTILE = [
  '*/ globalThis.broken = 1 /*',
  '`${globalThis.broken = 1}`',
  "'); globalThis.broken = 1; ('",
  '"); globalThis.broken = 1; ("',
  '\n globalThis.broken = 1 \n',
  '\u2028globalThis.broken = 1\u2029',
  '</script><script>globalThis.broken = 1</script><img src=x onerror=alert(1)>',
  '[x](javascript:alert(1)) ![y](https://evil.example/)',
  '```\n# heading\n- item\n<details open ontoggle=alert(1)>',
  '--> <b>x</b> <!--',
  '\\',
  '\\"',
  "\\'",
  'a|b',
  'constructor',
]

describe('a contract is not code', () => {
  const hostile = contract({
    description: HOSTILE.join(' '),
    $comment: HOSTILE.join(' '),
    properties: Object.fromEntries(
      HOSTILE.map((word) => [
        NS + word,
        {
          description: word,
          $comment: word,
          anyOf: [
            {
              type: 'object',
              properties: { [word]: { type: 'string', description: word } },
              additionalProperties: false,
            },
            { enum: [word, { [word]: word }] },
            { const: word },
          ],
        },
      ]),
    ),
  })

  test('and types show every sign of it', async () => {
    const odd = '\u001b[31m\u009b\u202e\u2028\u{e0041}'
    const source = await typesOf([
      contract({ ...text({ description: `x${odd}`, enum: [odd] }), description: `\t👩‍🚀${odd}` }),
    ])
    const shown = '\\u001b[31m\\u009b\\u202e\\u2028\\udb40\\udc41'
    expect(source).toContain(`/** \t👩‍🚀${shown} */`)
    expect(source).toContain(`/** x${shown} */`)
    const file = ts.createSourceFile('types.ts', source, ts.ScriptTarget.ES2022, true)
    const member = (file.statements[0] as ts.InterfaceDeclaration).members[0] as ts.PropertySignature
    expect(((member.type as ts.LiteralTypeNode).literal as ts.StringLiteral).text).toBe(odd)
  })

  test('in types', async () => {
    const source = await typesOf([hostile])
    const { program, errors } = parseSync('types.ts', source)
    expect(errors).toEqual([])
    expect(program.body.map(({ type }) => type)).toEqual(['ExportNamedDeclaration'])
    const file = ts.createSourceFile('types.ts', source, ts.ScriptTarget.ES2022, true)
    const names: string[] = []
    const declaration = file.statements[0] as ts.InterfaceDeclaration
    for (const member of declaration.members) names.push((member.name as ts.StringLiteral).text)
    expect(names).toEqual(HOSTILE.map((word) => NS + word))
    for (const [index, member] of declaration.members.entries()) {
      const union = (member as ts.PropertySignature).type as ts.UnionTypeNode
      const literals = union.types
        .filter(ts.isLiteralTypeNode)
        .map(({ literal }) => (literal as ts.StringLiteral).text)
      expect(literals).toContain(HOSTILE[index])
    }
  })

  test.each([
    'orders.json',
    'a\nglobalThis.broken = 1\n.json',
    'a\u2028globalThis.broken = 1.json',
    '*/x.json',
  ])('in validators, from the file %j', async (file) => {
    const code = standaloneValidator({ ...hostile, file })
    const { program, errors } = parseSync('v.mjs', code)
    expect(errors).toEqual([])
    const statements = program.body.map((node) => [node.type, code.slice(node.start, node.end)] as const)
    for (const [type, statement] of statements) {
      if (type !== 'ExpressionStatement') expect(type).toMatch(/^(?:Export|Function|Variable)/)
      else if (statement !== '"use strict";') {
        const [, json] = /^validate\d+\.evaluated = (\{.*\});$/.exec(statement) ?? []
        expect(JSON.parse(json!)).toHaveProperty('props')
      }
    }
    const folder = await mkdtemp(join(tmpdir(), 'hostile-'))
    await writeFile(join(folder, 'v.mjs'), code)
    const { validate } = (await import(pathToFileURL(join(folder, 'v.mjs')).href)) as Pick<
      Contract,
      'validate'
    >
    expect('broken' in globalThis).toBe(false)
    for (const word of HOSTILE) {
      expect(validate({ [NS + word]: word })).toEqual([])
      expect(validate({ [NS + word]: { [word]: word } })).toEqual([])
      expect(validate({ [NS + word]: 1 }).length).toBeGreaterThan(0)
    }
  })

  test('in pages', () => {
    const root = parseHtml(htmlDocsOf([hostile], () => HOSTILE))
    expect(root.querySelectorAll('script, img, details, a, b, iframe, [onerror], [ontoggle]')).toEqual([])
    const markdown = docsOf([hostile], () => HOSTILE)
    // Outside of code no element, link, picture, heading or fence of the contract's.
    const prose = markdown
      .replaceAll(/(`+)(?!`).*?(?<!`)\1(?!`)/g, 'CODE')
      .replace('<!-- Written by `claims docs`. Do not edit. -->', '')
      .replace('<!-- Written by CODE. Do not edit. -->', '')
    expect(prose).not.toMatch(/<[a-z/!]/i)
    expect(prose).not.toMatch(/(?<!\\)\[/)
    expect(prose.match(/^#+ .*/gm)).toEqual(['# Claims', '## OrdersAccessToken'])
    expect(prose).not.toMatch(/^\s*(?:```|~~~)/m)
  })

  test.each<[string, Record<string, unknown>]>([
    ['that ends a comment', { $id: 'https://acme.example/*/alert(1)/*/x' }],
    ['with a space', { $id: 'https://acme.example/ x' }],
    ['that is relative', { $id: 'orders.json' }],
    ['that is no text', { $id: 7 }],
    ['within', { $defs: { one: { $id: 'a*/;globalThis.broken=1/*', type: 'string' } } }],
  ])('an $id %s is refused', (_what, changes) => {
    const { contracts, findings } = compile(changes)
    expect(contracts).toEqual([])
    expect(findings).toContainEqual(
      expect.objectContaining({ rule: 'contract/not-a-schema', severity: 'error' }),
    )
    const own = { file: 'orders.json', title: 'X', schema: schema(changes) as JsonSchemaObject }
    expect(() => standaloneValidator(own)).toThrow(expect.objectContaining({ code: 'ERR_CONTRACT' }))
  })

  test('a member that is called __proto__ is refused, wherever it stands', () => {
    const places = [
      '"$defs":{"__proto__":true}',
      '"examples":[{"__proto__":1}]',
      '"enum":[{"a":{"__proto__":1}}]',
    ]
    for (const place of places) {
      const { findings } = compileText(JSON.stringify(schema()).replace('"type":', `${place},"type":`))
      expect(findings.map(({ message }) => message).join()).toContain('__proto__')
    }
  })
})
