import type { TokenKind } from '../finding.ts'
import { LIMITS } from '../limits.ts'
import { candidates } from './candidates.ts'
import { isDeepEqual } from './equal.ts'
import type { Contract, JsonSchema } from './types.ts'
import { localTarget } from './types-of.ts'

/** In what way a contract differs, and what it means to those who read the claims. */
export const CHANGE_CATEGORIES = {
  'contract-removed': 'Nothing promises the claims of a token any more.',
  'contract-added': 'A token has a contract that had none.',
  'audience-changed': 'The claims are promised for another API.',
  removed: 'A claim is gone.',
  added: 'A claim is new.',
  'renamed-namespace': 'A claim is under another namespace.',
  moved: 'A claim is in the other token.',
  'made-optional': 'A claim may be missing.',
  'made-required': 'A claim is in every token.',
  retyped: 'A claim has another type.',
  widened: 'A claim takes values that it did not take.',
  narrowed: 'A claim takes fewer values.',
  changed: 'A claim is described in another way.',
} as const

export type ChangeCategory = keyof typeof CHANGE_CATEGORIES

/** One difference between two contracts, judged for those who read the claims. */
export interface ContractChange {
  category: ChangeCategory
  /**
   * `breaking`: there is a token that the new contract allows and that readers of the old one refuse; it is
   * the witness. `compatible`: readers of the old contract accept what the search found. `undecided`: the
   * schemas differ in a way that the search cannot judge.
   */
  verdict: 'breaking' | 'compatible' | 'undecided'
  message: string
  token: TokenKind
  audience?: string
  claim?: string
  /** Smallest payload found; registered claims left out. Made up from the schemas, not from any user. */
  witness?: Record<string, unknown>
  /** Where to look: in the new contract, or in the old one when it is gone. */
  file: string
  line: number
  column: number
}

/**
 * Compares contracts from the side of those who read the claims. Every `breaking` verdict has a witness
 * that the new contract accepts and the old one refuses, both judged by ajv. Does not look at sizes, and
 * does not know who reads what.
 */
export function breakingChanges(before: readonly Contract[], after: readonly Contract[]): ContractChange[] {
  const changes: ContractChange[] = []
  const rest = new Set(after)
  for (const old of before) {
    const same = after.find(({ token, audience }) => token === old.token && audience === old.audience)
    const found = same ?? after.find(({ title, token }) => title === old.title && token === old.token)
    if (found === undefined) {
      const facts = old.validate({}).length > 0
      changes.push({
        category: 'contract-removed',
        verdict: facts ? 'breaking' : 'undecided',
        message: `The contract ${old.title} is gone: nothing promises its claims any more.`,
        ...about(old, old, []),
        ...(facts ? { witness: {} } : {}),
      })
      continue
    }
    rest.delete(found)
    if (same === undefined) {
      changes.push({
        category: 'audience-changed',
        verdict: 'breaking',
        message: `The claims are promised for another API. The old one gets tokens without them.`,
        ...about(found, found, ['x-auth0', 'audience']),
        witness: {},
      })
      if (old.validate({}).length === 0) {
        changes[changes.length - 1]!.verdict = 'undecided'
        delete changes[changes.length - 1]!.witness
      }
    }
    changes.push(...changesOf(old, found, after))
  }
  for (const contract of rest) {
    changes.push({
      category: 'contract-added',
      verdict: 'compatible',
      message: `The contract ${contract.title} is new.`,
      ...about(contract, contract, []),
    })
  }
  return changes
}

function changesOf(old: Contract, now: Contract, after: readonly Contract[]): ContractChange[] {
  const payloads = payloadsOf(now, old)
  // Each is judged once, and not once more for every claim.
  const refused = new Map(payloads.map((payload) => [payload, faultyClaims(old, payload)]))
  const isRefused = (payload: Record<string, unknown>, claim: string) => refused.get(payload)!.has(claim)
  /** Smallest payload of the new contract that the old one refuses because of this claim. */
  const witnessFor = (claim: string): Record<string, unknown> | undefined => {
    for (const payload of payloads) {
      if (isRefused(payload, claim)) return shrunk(payload, claim, old, now)
    }
    return undefined
  }

  const changes: ContractChange[] = []
  const [claimsBefore, claimsNow] = [new Set(old.claims), new Set(now.claims)]
  const added = now.claims.filter((claim) => !claimsBefore.has(claim))
  for (const claim of old.claims) {
    const place = about(now, now, ['properties', claim])
    const witness = witnessFor(claim)
    const verdict = witness === undefined ? 'compatible' : 'breaking'
    const proof = witness === undefined ? {} : { witness }
    if (!claimsNow.has(claim)) {
      const renamed = added.find((name) => shortName(name) === shortName(claim))
      const moved = after.find(({ token, claims }) => token !== now.token && claims.includes(claim))
      const [category, message]: [ChangeCategory, string] =
        renamed !== undefined
          ? ['renamed-namespace', `"${claim}" is now called "${renamed}".`]
          : moved !== undefined
            ? [
                'moved',
                `"${claim}" is now in the ${moved.token === 'id_token' ? 'ID' : 'access'} token only.`,
              ]
            : ['removed', `"${claim}" is gone.`]
      // An optional claim that never comes again breaks nobody by the schema, and may well in fact.
      changes.push({
        category,
        message,
        verdict: witness === undefined ? 'undecided' : 'breaking',
        ...place,
        claim,
        ...proof,
      })
      continue
    }
    const [a, b] = [schemaOf(old, claim), schemaOf(now, claim)]
    const wasRequired = old.schema.required?.includes(claim) ?? false
    const isRequired = now.schema.required?.includes(claim) ?? false
    const sameSchema = isDeepEqual(meaning(a, old), meaning(b, now))
    if (sameSchema && wasRequired === isRequired && witness === undefined) continue
    if (wasRequired && !isRequired) {
      const without = payloads.find((payload) => !(claim in payload) && isRefused(payload, claim))
      changes.push({
        category: 'made-optional',
        message: `"${claim}" may be missing now.`,
        verdict: without === undefined ? 'undecided' : 'breaking',
        ...place,
        claim,
        ...(without === undefined ? {} : { witness: shrunk(without, claim, old, now, true) }),
      })
    } else if (!wasRequired && isRequired) {
      changes.push({
        category: 'made-required',
        message: `"${claim}" is in every token now.`,
        verdict: 'compatible',
        ...place,
        claim,
      })
    }
    if (sameSchema && wasRequired !== isRequired) continue
    const withValue = payloads.find((payload) => claim in payload && isRefused(payload, claim))
    if (withValue === undefined && sameSchema) {
      if (witness === undefined) continue
      changes.push({
        category: 'changed',
        message: `The conditions for "${claim}" differ.`,
        verdict,
        ...place,
        claim,
        ...proof,
      })
      continue
    }
    const typesDiffer = !isDeepEqual(typesIn(a), typesIn(b))
    const lost = onlyIn(old, now, claim)
    const category: ChangeCategory =
      withValue === undefined ? 'narrowed' : typesDiffer && lost ? 'retyped' : 'widened'
    // Where candidates cannot reach (a pattern, `not`, a foreign $ref) silence proves nothing.
    const blind = withValue === undefined && !isSearchable(b)
    changes.push({
      category: blind ? 'changed' : category,
      message:
        category === 'retyped'
          ? `"${claim}" has another type now.`
          : category === 'widened'
            ? `"${claim}" takes values that it did not take.`
            : blind
              ? `"${claim}" is described in another way.`
              : `"${claim}" takes fewer values now.`,
      verdict: withValue !== undefined ? 'breaking' : blind ? 'undecided' : 'compatible',
      ...place,
      claim,
      ...(withValue === undefined ? {} : { witness: shrunk(withValue, claim, old, now, true) }),
    })
  }
  for (const claim of added) {
    changes.push({
      category: 'added',
      verdict: 'compatible',
      message: `"${claim}" is new.`,
      ...about(now, now, ['properties', claim]),
      claim,
    })
  }
  return changes
}

/** Payloads that the new contract accepts: a full one, and every change of one claim. */
function payloadsOf(now: Contract, old: Contract): Record<string, unknown>[] {
  const options = now.claims.map(
    (claim) => [claim, candidates(schemaOf(now, claim), now.schema, schemaOf(old, claim))] as const,
  )
  const contexts: Record<string, unknown>[] = [{}, { org_id: 'org_1', org_name: 'acme' }, { scope: 'openid' }]
  const payloads: Record<string, unknown>[] = []
  for (const context of contexts) {
    // The first value of each claim that the contract takes.
    const full: Record<string, unknown> = { ...context }
    for (const [claim, values] of options) {
      const value = values.find(
        (candidate) => !now.validate({ ...full, [claim]: candidate }).some((fault) => fault.claim === claim),
      )
      if (value !== undefined) full[claim] = value
    }
    const found = [full]
    for (const [claim, values] of options) {
      const { [claim]: _, ...without } = full
      found.push(without)
      for (const value of values) found.push({ ...full, [claim]: value })
    }
    for (const payload of found) if (now.validate(payload).length === 0) payloads.push(payload)
  }
  return payloads
}

/** Leaves out all that the witness does not need. */
function shrunk(
  payload: Readonly<Record<string, unknown>>,
  claim: string,
  old: Contract,
  now: Contract,
  keepClaim = false,
): Record<string, unknown> {
  let current: Record<string, unknown> = { ...payload }
  for (const name of Object.keys(payload)) {
    if (keepClaim && name === claim) continue
    const { [name]: _, ...rest } = current
    if (now.validate(rest).length === 0 && refuses(old, rest, claim)) current = rest
  }
  return current
}

function refuses(contract: Contract, payload: Readonly<Record<string, unknown>>, claim: string): boolean {
  return faultyClaims(contract, payload).has(claim)
}

function faultyClaims(
  contract: Contract,
  payload: Readonly<Record<string, unknown>>,
): Set<string | undefined> {
  return new Set(contract.validate(payload).map(({ claim }) => claim))
}

function schemaOf(contract: Contract, claim: string): JsonSchema {
  return contract.schema.properties?.[claim] ?? true
}

/** Whether the old contract takes a value of the claim that the new one refuses. */
function onlyIn(old: Contract, now: Contract, claim: string): boolean {
  return candidates(schemaOf(old, claim), old.schema).some(
    (value) => !refuses(old, { [claim]: value }, claim) && refuses(now, { [claim]: value }, claim),
  )
}

/** What only people read, or only the search for counterexamples. */
const WORDS = new Set(['description', 'title', 'examples', 'default', 'deprecated', '$comment', 'x-auth0'])

/** The schema without words, and with what it refers to in place. */
function meaning(
  schema: unknown,
  contract: Contract,
  open: readonly string[] = [],
  budget = { steps: LIMITS.contractSteps },
): unknown {
  // Both contracts are cut at the same place.
  if (--budget.steps < 0) return 'beyond'
  if (Array.isArray(schema)) return schema.map((part) => meaning(part, contract, open, budget))
  if (typeof schema !== 'object' || schema === null) return schema
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
      // A claim may be called `title`: names of claims stand above objects.
      if (WORDS.has(key) && (key === 'x-auth0' || Array.isArray(value) || typeof value !== 'object'))
        return []
      if (key === 'enum' || key === 'const') return [[key, value]]
      const target =
        key === '$ref' && typeof value === 'string' ? localTarget(value, contract.schema) : undefined
      if (target === undefined || open.includes(value)) return [[key, meaning(value, contract, open, budget)]]
      return [[key, meaning(target, contract, [...open, value], budget)]]
    }),
  )
}

function typesIn(schema: JsonSchema): string[] {
  if (typeof schema !== 'object') return ['any']
  const values = 'const' in schema ? [schema.const] : schema.enum
  if (values !== undefined) return [...new Set(values.map(typeOf))].sort()
  return schema.type === undefined ? ['any'] : [schema.type].flat().sort()
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
}

/** Whether candidates cover the schema: nothing in it that they cannot see into. */
function isSearchable(schema: JsonSchema): boolean {
  return !/"(?:pattern|not|contains|format|patternProperties|propertyNames|dependentSchemas|if)":|"\$ref":"[^#]/.test(
    JSON.stringify(schema),
  )
}

function shortName(claim: string): string {
  return claim.slice(Math.max(claim.lastIndexOf('/'), claim.lastIndexOf(':')) + 1)
}

function about(contract: Contract, file: Contract, path: readonly string[]) {
  return {
    token: contract.token,
    ...(contract.audience === undefined ? {} : { audience: contract.audience }),
    file: file.file,
    ...file.placeOf(path),
  }
}
