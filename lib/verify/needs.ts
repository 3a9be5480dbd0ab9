import {
  type MustBe,
  membersOf,
  mustBeFunction,
  mustBeHeaderText,
  mustBeListOf,
  mustBeScope,
  mustBeText,
  type OptionTable,
  usage,
} from './must-be.ts'
import type { Needs, Verifier } from './types.ts'

const mustBeChecks: MustBe = (value) => {
  const members = membersOf(value, [])
  if (typeof members === 'string') return members
  if (members.length === 0) return 'an object that names at least one check'
  for (const [name, check] of members) {
    const fault = mustBeHeaderText(name)
    if (fault !== undefined) return `an object whose names are each ${fault}`
    if (mustBeFunction(check) !== undefined) return 'an object of functions'
  }
  return undefined
}

const NEEDS: OptionTable<Needs> = {
  scopes: mustBeListOf(mustBeScope, { empty: true }),
  // An empty list would be a need that nobody meets, or one that everybody meets.
  anyScope: mustBeListOf(mustBeScope),
  permissions: mustBeListOf(mustBeText, { empty: true }),
  organization: mustBeText,
  checks: mustBeChecks,
}

/** Needs that were checked and are frozen. */
const fixed = new WeakSet<object>()

/**
 * A misspelt or forgotten need must not count as none: each member must be known and have a value.
 *
 * @throws {ToolkitError} `ERR_USAGE`
 */
export function assertNeeds<Claims>(needs: Needs<Claims>, of: string): void {
  if (fixed.has(needs)) return
  const members = membersOf(needs, Object.keys(NEEDS))
  if (typeof members === 'string') throw usage(of, `the needs must be ${members}`, { hint: HINT })
  for (const [name, value] of members) {
    const mustBe: MustBe | undefined = Object.hasOwn(NEEDS, name) ? NEEDS[name as keyof Needs] : undefined
    if (mustBe === undefined) throw usage(of, `"${name}" is no need of a request`, { hint: HINT })
    const fault = mustBe(value)
    if (fault !== undefined) throw usage(of, `"${name}" must be ${fault}`, { hint: HINT })
  }
}

const HINT =
  'Needs are { scopes: ["read:orders"], anyScope: ["a", "b"], permissions: ["read:orders"], organization: "org_1", checks: { "paid plan": (claims) => … } }; leave out what is not needed.'

/** The needs that an adapter gets once for all requests, checked and frozen. */
export function fixedNeeds<Claims>(needs: Needs<Claims>, of: string): Needs<Claims> {
  assertNeeds(needs, of)
  const { scopes, anyScope, permissions, organization, checks } = needs
  const copy = Object.freeze({
    ...(scopes === undefined ? {} : { scopes: Object.freeze([...scopes]) }),
    ...(anyScope === undefined ? {} : { anyScope: Object.freeze([...anyScope]) }),
    ...(permissions === undefined ? {} : { permissions: Object.freeze([...permissions]) }),
    ...(organization === undefined ? {} : { organization }),
    ...(checks === undefined ? {} : { checks: Object.freeze(Object.fromEntries(entriesOf(checks))) }),
  })
  fixed.add(copy)
  return copy
}

function entriesOf<Value>(members: Readonly<Record<string, Value>>): [string, Value][] {
  return membersOf(members, []) as [string, Value][]
}

/** The names that were given as single arguments. */
export function fixedNames(
  kind: 'scopes' | 'anyScope' | 'permissions',
  names: readonly string[],
  of: string,
): Needs<never> {
  if (names.length === 0) {
    throw usage(of, `${of} needs at least one of the ${kind === 'anyScope' ? 'scopes' : kind}`, {
      hint: `E.g. ${of}(verifier, "read:orders").`,
    })
  }
  return fixedNeeds({ [kind]: names }, of)
}

/** @throws {ToolkitError} `ERR_USAGE` when the value is no verifier, e.g. its options. */
export function assertVerifier<Claims>(verifier: Verifier<Claims>, of: string): void {
  const { verify, authorize, check } = (verifier ?? {}) as unknown as Record<string, unknown>
  if ([verify, authorize, check].every((one) => typeof one === 'function')) return
  throw usage(of, `${of} needs a verifier first`, { hint: `E.g. ${of}(createVerifier({ … })).` })
}
