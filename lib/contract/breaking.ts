import type { TokenKind } from '../finding.ts'
import { differs, type Escape, escapes } from './compare/escapes.ts'
import { meaningOf } from './compare/meaning.ts'
import { isDeepEqual } from './equal.ts'
import type { Contract, JsonSchema } from './types.ts'

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
   * the witness. `compatible`: it is proven that there is none. `undecided`: neither was found.
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
 * that the new contract accepts and the old one refuses, both judged by ajv; every `compatible` one is proven.
 * Claims that the new contract does not name are taken not to come. Does not look at sizes, and does not know
 * who reads what.
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
  const found = escapes(old, now)
  const [claimsBefore, claimsNow] = [new Set(old.claims), new Set(now.claims)]
  const added = now.claims.filter((claim) => !claimsBefore.has(claim))
  const changes: ContractChange[] = []
  for (const claim of old.claims) {
    const ofClaim = found.filter((one) => one.claim === claim)
    changes.push(
      ...(claimsNow.has(claim)
        ? changesOfClaim(claim, ofClaim, old, now)
        : [changeOfGone(claim, found, added, old, now, after)]),
    )
  }
  changes.push(...changesOfConditions(found, changes, old, now))
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

/** What is known of several ways together. */
function verdictOf(found: readonly Escape[]): Pick<ContractChange, 'verdict' | 'witness'> {
  const broken = found.find(({ witness }) => witness !== undefined)
  if (broken !== undefined) return { verdict: 'breaking', witness: broken.witness! }
  return { verdict: found.some(({ outcome }) => outcome === 'unknown') ? 'undecided' : 'compatible' }
}

function changeOfGone(
  claim: string,
  found: readonly Escape[],
  added: readonly string[],
  old: Contract,
  now: Contract,
  after: readonly Contract[],
): ContractChange {
  const renamed = added.find((name) => shortName(name) === shortName(claim))
  const moved = after.find(({ token, claims }) => token !== now.token && claims.includes(claim))
  const [category, message]: [ChangeCategory, string] =
    renamed !== undefined
      ? ['renamed-namespace', `"${claim}" is now called "${renamed}".`]
      : moved !== undefined
        ? ['moved', `"${claim}" is now in the ${moved.token === 'id_token' ? 'ID' : 'access'} token only.`]
        : ['removed', `"${claim}" is gone.`]
  const broken = found.find(({ witness }) => witness !== undefined && faultyClaims(old, witness).has(claim))
  return {
    category,
    message,
    // By the schema nobody breaks when an optional claim never comes again; in practice somebody may.
    verdict: broken === undefined ? 'undecided' : 'breaking',
    ...about(now, now, ['properties', claim]),
    claim,
    ...(broken === undefined ? {} : { witness: shrunk(broken.witness!, claim, old, now) }),
  }
}

function changesOfClaim(
  claim: string,
  found: readonly Escape[],
  old: Contract,
  now: Contract,
): ContractChange[] {
  const changes: ContractChange[] = []
  const place = { ...about(now, now, ['properties', claim]), claim }
  const shrunkTo = (proof: Pick<ContractChange, 'verdict' | 'witness'>, keepClaim: boolean) =>
    proof.witness === undefined
      ? proof
      : { ...proof, witness: shrunk(proof.witness, claim, old, now, keepClaim) }

  const missing = verdictOf(found.filter(({ kind }) => kind === 'required'))
  const wasRequired = old.schema.required?.includes(claim) ?? false
  const isRequired = now.schema.required?.includes(claim) ?? false
  if (missing.verdict !== 'compatible' || (wasRequired && !isRequired)) {
    const message = `"${claim}" may be missing now.`
    changes.push({ category: 'made-optional', message, ...shrunkTo(missing, false), ...place })
  } else if (!wasRequired && isRequired) {
    const message = `"${claim}" is in every token now.`
    changes.push({ category: 'made-required', message, verdict: 'compatible', ...place })
  }

  const value = verdictOf(found.filter(({ kind }) => kind === 'value'))
  const [a, b] = [schemaOf(old, claim), schemaOf(now, claim)]
  const isSame = meaningOf(a, old.schema) === meaningOf(b, now.schema)
  if (value.verdict === 'compatible' && isSame) return changes
  const loses = () => differs(a, old.schema, b, now.schema)
  const typesDiffer = !isDeepEqual(typesIn(a), typesIn(b))
  const [category, message]: [ChangeCategory, string] =
    value.verdict === 'breaking' && isSame
      ? ['changed', `The conditions for "${claim}" differ.`]
      : value.verdict === 'breaking' && typesDiffer && loses() === true
        ? ['retyped', `"${claim}" has another type now.`]
        : value.verdict === 'breaking'
          ? ['widened', `"${claim}" takes values that it did not take.`]
          : value.verdict === 'compatible' && loses() !== false
            ? ['narrowed', `"${claim}" takes fewer values now.`]
            : ['changed', `"${claim}" is described in another way.`]
  changes.push({ category, message, ...shrunkTo(value, true), ...place })
  return changes
}

/** What the old contract asks of the payload as a whole, where it is not said of a claim already. */
function changesOfConditions(
  found: readonly Escape[],
  changes: readonly ContractChange[],
  old: Contract,
  now: Contract,
): ContractChange[] {
  const said = new Set(changes.flatMap(({ claim, verdict }) => (verdict === 'breaking' ? [claim] : [])))
  const more: ContractChange[] = []
  const conditions = found.filter(({ kind }) => kind === 'condition')
  for (const { witness } of conditions) {
    if (witness === undefined) continue
    const faulty = [...faultyClaims(old, witness)]
    if (faulty.some((claim) => said.has(claim))) continue
    const claim = faulty.find((name) => name !== undefined)
    said.add(claim)
    more.push({
      category: 'changed',
      verdict: 'breaking',
      message:
        claim === undefined
          ? 'The conditions of the contract differ.'
          : `The conditions for "${claim}" differ.`,
      ...about(now, now, claim === undefined ? [] : ['properties', claim]),
      ...(claim === undefined ? {} : { claim }),
      witness: shrunk(witness, claim, old, now),
    })
  }
  const isOpen = conditions.some(({ outcome }) => outcome === 'unknown')
  if (isOpen && more.length === 0) {
    more.push({
      category: 'changed',
      verdict: 'undecided',
      message: 'The conditions of the contract differ.',
      ...about(now, now, []),
    })
  }
  return more
}

/** Leaves out all that the witness does not need. */
function shrunk(
  payload: Readonly<Record<string, unknown>>,
  claim: string | undefined,
  old: Contract,
  now: Contract,
  keepClaim = false,
): Record<string, unknown> {
  let current: Record<string, unknown> = { ...payload }
  const needed = new Set(now.schema.required)
  for (const name of Object.keys(payload)) {
    if (needed.has(name) || (keepClaim && name === claim)) continue
    const { [name]: _, ...rest } = current
    if (now.validate(rest).length === 0 && refuses(old, rest, claim)) current = rest
  }
  return current
}

function refuses(
  contract: Contract,
  payload: Readonly<Record<string, unknown>>,
  claim: string | undefined,
): boolean {
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

function typesIn(schema: JsonSchema): string[] {
  if (typeof schema !== 'object') return ['any']
  const values = 'const' in schema ? [schema.const] : schema.enum
  if (values !== undefined) return [...new Set(values.map(typeOf))].sort()
  return schema.type === undefined ? ['any'] : [schema.type].flat().sort()
}

function typeOf(value: unknown): string {
  return value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value
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
