import fc from '../helpers/fast-check.ts'

type Schema = boolean | { [keyword: string]: unknown }

const names = fc.constantFrom('a', 'b', 'c', 'x-1')
const scalar = fc.constantFrom<unknown>('a', 'b', 'EU', '', 0, 1, 2, -1, 0.5, true, false, null)
const patterns = fc.constantFrom('^[a-z]+$', '^[a-z]{1,3}$', '^x-', '(^| )read( |$)', '^(a|b|EU)$', '\\d')

function bounds(low: string, high: string, most: number) {
  return fc
    .tuple(fc.nat({ max: most }), fc.nat({ max: most }), fc.integer({ min: 1, max: 3 }))
    .map(([one, other, which]) => ({
      ...(which & 1 ? { [low]: Math.min(one, other) } : {}),
      ...(which & 2 ? { [high]: Math.max(one, other) } : {}),
    }))
}

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })

function some(parts: readonly unknown[]): { [keyword: string]: unknown } {
  return Object.assign({}, ...parts.filter((part) => part !== undefined))
}

const texts = fc
  .tuple(
    optional(bounds('minLength', 'maxLength', 5)),
    optional(patterns.map((pattern) => ({ pattern }))),
    optional(fc.constantFrom('email', 'uuid', 'date').map((format) => ({ format }))),
  )
  .map((parts) => ({ type: 'string', ...some(parts) }))

const numbers = fc
  .tuple(
    fc.constantFrom('integer', 'number'),
    optional(bounds('minimum', 'maximum', 6)),
    optional(bounds('exclusiveMinimum', 'exclusiveMaximum', 6)),
    optional(fc.constantFrom(1, 2, 3, 0.5, 4).map((multipleOf) => ({ multipleOf }))),
  )
  .map(([type, ...parts]) => ({ type, ...some(parts) }))

/** Schemas of every keyword that contracts have, as strict mode takes them. */
export const schemas = fc.letrec<{ schema: Schema; list: Schema; object: Schema; combined: Schema }>(
  (tie) => ({
    schema: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.oneof(
        fc.uniqueArray(scalar, { minLength: 1, maxLength: 4 }).map((values) => ({ enum: values })),
        scalar.map((value) => ({ const: value })),
        texts,
        numbers,
        fc.constantFrom<Schema>(true, { type: 'boolean' }, { type: ['string', 'null'] }, { type: 'null' }),
      ),
      tie('list'),
      tie('object'),
      tie('combined'),
    ),
    list: fc
      .tuple(
        optional(bounds('minItems', 'maxItems', 4)),
        optional(tie('schema').map((items) => ({ items }))),
        optional(fc.constant({ uniqueItems: true })),
        optional(tie('schema').map((contains) => ({ contains }))),
      )
      .map((parts) => ({ type: 'array', ...some(parts) })),
    object: fc
      .tuple(
        optional(
          fc
            .dictionary(names, tie('schema'), { maxKeys: 3, noNullPrototype: true })
            .map((properties) => ({ properties })),
        ),
        optional(fc.subarray(['a', 'b', 'c'], { minLength: 1 }).map((required) => ({ required }))),
        optional(
          fc
            .oneof(fc.constant<Schema>(false), tie('schema'))
            .map((additionalProperties) => ({ additionalProperties })),
        ),
        optional(bounds('minProperties', 'maxProperties', 3)),
        fc.option(
          fc.oneof(
            fc
              .tuple(fc.constantFrom('^x-', '^[a-c]$'), tie('schema'))
              .map(([pattern, schema]) => ({ patternProperties: { [pattern]: schema } })),
            patterns.map((pattern) => ({ propertyNames: { pattern } })),
            fc.tuple(names, names).map(([name, other]) => ({ dependentRequired: { [name]: [other] } })),
          ),
          { nil: undefined, freq: 3 },
        ),
      )
      .map((parts) => ({ type: 'object', ...some(parts) })),
    combined: fc.oneof(
      fc.array(tie('schema'), { minLength: 1, maxLength: 3 }).map((anyOf) => ({ anyOf })),
      fc.array(tie('schema'), { minLength: 1, maxLength: 2 }).map((oneOf) => ({ oneOf })),
      fc.array(tie('schema'), { minLength: 1, maxLength: 2 }).map((allOf) => ({ allOf })),
      tie('schema').map((not) => ({ not })),
      fc
        .tuple(tie('schema'), tie('schema'), tie('schema'))
        // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
        .map(([condition, yes, no]) => ({ if: condition, then: yes, else: no })),
    ),
  }),
).schema

/** Values that fit such schemas now and then. */
export const values = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    scalar,
    fc.oneof(
      fc.constantFrom('abc', 'aaaaa', 'read', 'x-1', 'ada@acme.example', '2026-01-31', 'a1', 'abcdef'),
      fc.integer({ min: -2, max: 8 }),
      fc.integer({ min: -4, max: 16 }).map((number) => number / 4),
    ),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(fc.oneof(names, fc.constantFrom('x-2', 'zz')), tie('value'), {
      maxKeys: 4,
      noNullPrototype: true,
    }),
  ),
})).value

/** A schema and what somebody makes of it: a keyword dropped, a number moved, a part replaced. */
export function changed(schema: Schema, other: Schema, at: number): Schema {
  const places: ((replacement: unknown) => void)[] = []
  const copy = structuredClone(schema)
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [key, part] of Object.entries(value)) {
      const holder = value as Record<string, unknown>
      if (typeof part === 'number' && key !== 'const' && !Array.isArray(value)) {
        places.push(() => {
          holder[key] = part + (at % 2 === 0 || part === 0 ? 1 : -1) || 1
        })
      }
      if (!Array.isArray(value) && !['type', 'const'].includes(key)) {
        if (key !== 'if' && key !== 'then' && key !== 'else') places.push(() => delete holder[key])
      }
      visit(part)
    }
  }
  visit(copy)
  if (typeof copy === 'boolean' || places.length === 0 || at % 7 === 0) return other
  places[at % places.length]!(undefined)
  return copy
}
