import { isObject } from '../../json.ts'
import type { Contract, JsonSchema, JsonSchemaObject } from '../types.ts'
import { localTarget } from '../types-of.ts'
import type { Demand, Way } from './demand.ts'
import { MadeValues } from './made-values.ts'
import { Proof } from './proof.ts'
import { Shape } from './shape.ts'
import { waysAround } from './ways.ts'

/** What became of one way in which a token could be refused by those who read the old contract. */
export interface Escape {
  /** What of the old contract would refuse: a claim's value, that it is missing, or a condition on the whole. */
  kind: 'value' | 'required' | 'condition'
  /** Absent for conditions. */
  claim?: string
  /**
   * `none`: it is proven that the new contract allows no such token. `found`: there is one, judged by ajv. `unknown`:
   * neither.
   */
  outcome: 'none' | 'found' | 'unknown'
  /** A payload that the new contract accepts and the old one refuses. */
  witness?: Record<string, unknown>
}

/** Steps for one way. Ordinary ones take some dozens. */
const STEPS_OF_ONE = 30_000
/** Steps for all ways of a contract. */
const STEPS = 600_000
/** Payloads of one way that ajv judges. */
const MOST_PAYLOADS = 40

/** What Auth0 itself puts into tokens, for conditions that ask about it. */
const ISSUED: JsonSchemaObject = {
  type: 'object',
  properties: {
    ...Object.fromEntries(
      [
        'iss',
        'sub',
        'azp',
        'client_id',
        'scope',
        'gty',
        'jti',
        'sid',
        'org_id',
        'org_name',
        'nonce',
        'acr',
      ].map((name) => [name, { type: 'string' }]),
    ),
    ...Object.fromEntries(['iat', 'exp', 'auth_time'].map((name) => [name, { type: 'integer', minimum: 0 }])),
    ...Object.fromEntries(
      ['permissions', 'amr'].map((name) => [name, { type: 'array', items: { type: 'string' } }]),
    ),
    aud: { anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
  },
}

interface NamedWay {
  kind: Escape['kind']
  claim?: string
  way: Way
}

/**
 * Every way in which a token of the new contract could be refused by the old one, with what is known about it. Claims
 * that the new contract does not name do not come: that nobody writes them is another check's matter.
 */
export function escapes(old: Contract, now: Contract): Escape[] {
  const declared = new Set(now.claims)
  const gone = old.claims.filter((claim) => !declared.has(claim))
  const absent: JsonSchemaObject = { properties: Object.fromEntries(gone.map((claim) => [claim, false])) }
  const fixed: Demand[] = [
    { schema: now.schema, root: now.schema, fits: true },
    { schema: ISSUED, root: ISSUED, fits: true },
    { schema: absent, root: absent, fits: true },
  ]
  let left = STEPS
  const proof = new Proof(0)
  const made = new MadeValues(proof)
  return waysOf(old.schema, old.schema).map(({ kind, claim, way }) => {
    const given = Math.min(left, STEPS_OF_ONE)
    proof.give(given)
    const found = judgeWay(proof, made, fixed, way, old, now)
    left -= given - proof.left
    return { kind, ...(claim === undefined ? {} : { claim }), ...found }
  })
}

function judgeWay(
  proof: Proof,
  made: MadeValues,
  fixed: readonly Demand[],
  way: Way,
  old: Contract,
  now: Contract,
): Pick<Escape, 'outcome' | 'witness'> {
  let isProven = true
  let judged = 0
  for (const shape of proof.shapes(new Shape().take({ demands: fixed }).take(way))) {
    if (proof.isOut) break
    if (proof.isEmptyShape(shape)) continue
    isProven = false
    for (const payload of made.valuesOf(shape)) {
      if (judged++ > MOST_PAYLOADS) return { outcome: 'unknown' }
      if (!isObject(payload) || !isSmall(payload)) continue
      if (now.validate(payload).length === 0 && old.validate(payload).length > 0) {
        return { outcome: 'found', witness: payload }
      }
    }
  }
  return { outcome: isProven && !proof.isOut ? 'none' : 'unknown' }
}

/** The ways of a root, with the claim that each is about; those of `allOf` and of a `$ref` as if they stood there. */
function waysOf(schema: JsonSchema, root: JsonSchemaObject): NamedWay[] {
  if (typeof schema === 'boolean') return schema ? [] : [{ kind: 'condition', way: {} }]
  const { properties = {}, required = [], allOf = [], $ref, ...rest } = schema
  const target = $ref === undefined ? undefined : localTarget($ref, root)
  // What stands beside `properties` has a say on which members are additional.
  const others = { ...rest, ...($ref !== undefined && target === undefined ? { $ref } : {}) }
  const isAside = (keyword: string) =>
    keyword === 'additionalProperties' ||
    keyword === 'unevaluatedProperties' ||
    keyword === 'patternProperties'
  const plain = Object.fromEntries(Object.entries(others).filter(([keyword]) => !isAside(keyword)))
  const aside = Object.entries(others).some(([keyword]) => isAside(keyword))
  return [
    ...Object.entries(properties).flatMap(([claim, part]) =>
      waysAround({ properties: { [claim]: part } }, root).map(
        (way): NamedWay => ({ kind: 'value', claim, way }),
      ),
    ),
    ...[...new Set(required)].flatMap((claim) =>
      waysAround({ required: [claim] }, root).map((way): NamedWay => ({ kind: 'required', claim, way })),
    ),
    ...[...allOf, ...(target === undefined ? [] : [target])].flatMap((part) => waysOf(part, root)),
    ...waysAround(plain, root).map((way): NamedWay => ({ kind: 'condition', way })),
    ...(aside ? asideWays(schema, root).map((way): NamedWay => ({ kind: 'condition', way })) : []),
  ]
}

/** Ways around what judges the members that are not named. */
function asideWays(schema: JsonSchemaObject, root: JsonSchemaObject): Way[] {
  const { required: _required, $defs: _defs, ...rest } = schema
  const named = Object.fromEntries(Object.keys(schema.properties ?? {}).map((name) => [name, true]))
  const open: JsonSchemaObject = { ...rest, properties: named }
  for (const keyword of Object.keys(open)) {
    const stays = [
      'properties',
      'patternProperties',
      'additionalProperties',
      'unevaluatedProperties',
      'allOf',
    ]
    if (!stays.includes(keyword)) delete open[keyword]
  }
  const around = waysAround(open, root)
  // Not those of `allOf`: they stand for themselves.
  return around.filter(({ demands }) => demands === undefined)
}

/** No claim of a login has longer JSON. */
const MOST_CHARACTERS = 400_000

function isSmall(value: unknown): boolean {
  try {
    return JSON.stringify(value).length <= MOST_CHARACTERS
  } catch {
    return false
  }
}

/** Whether there is a value that fits one schema and not the other; `undefined` where neither is known. */
export function differs(
  schema: JsonSchema,
  root: JsonSchemaObject,
  other: JsonSchema,
  otherRoot: JsonSchemaObject,
): boolean | undefined {
  const proof = new Proof(STEPS_OF_ONE)
  const demands: Demand[] = [
    { schema, root, fits: true },
    { schema: other, root: otherRoot, fits: false },
  ]
  if (proof.isEmpty(demands)) return false
  return new MadeValues(proof).values(demands).next().done === true ? undefined : true
}
