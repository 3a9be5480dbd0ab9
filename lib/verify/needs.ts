import {
  type MustBe,
  membersOf,
  mustBeListOf,
  mustBeScope,
  mustBeText,
  type OptionTable,
  usage,
} from './must-be.ts'
import type { Needs, Verifier } from './types.ts'

const NEEDS: OptionTable<Needs> = {
  scopes: mustBeListOf(mustBeScope, { empty: true }),
  permissions: mustBeListOf(mustBeText, { empty: true }),
  organization: mustBeText,
}

/** Those that were looked at, and cannot change. */
const fixed = new WeakSet<Needs>()

/**
 * A need that is misspelt, or left out by mistake, must not come to be no need: what is there has to have a value.
 *
 * @throws {ToolkitError} `ERR_USAGE`
 */
export function assertNeeds(needs: Needs, of: string): void {
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
  'Needs are { scopes: ["read:orders"], permissions: ["read:orders"], organization: "org_1" }; leave out what is not needed.'

/** What an adapter is given once, for all requests. */
export function fixedNeeds(needs: Needs, of: string): Needs {
  assertNeeds(needs, of)
  const { scopes, permissions, organization } = needs
  const copy = Object.freeze({
    ...(scopes === undefined ? {} : { scopes: Object.freeze([...scopes]) }),
    ...(permissions === undefined ? {} : { permissions: Object.freeze([...permissions]) }),
    ...(organization === undefined ? {} : { organization }),
  })
  fixed.add(copy)
  return copy
}

/** The names that were given one after the other. */
export function fixedNames(kind: 'scopes' | 'permissions', names: readonly string[], of: string): Needs {
  if (names.length === 0) {
    throw usage(of, `${of} needs at least one of the ${kind}`, {
      hint: `E.g. ${of}(verifier, "read:orders").`,
    })
  }
  return fixedNeeds({ [kind]: names }, of)
}

/** @throws {ToolkitError} `ERR_USAGE` for what is no verifier, e.g. its options. */
export function assertVerifier<Claims>(verifier: Verifier<Claims>, of: string): void {
  const { verify, authorize } = (verifier ?? {}) as unknown as Record<string, unknown>
  if (typeof verify === 'function' && typeof authorize === 'function') return
  throw usage(of, `${of} needs a verifier first`, { hint: `E.g. ${of}(createVerifier({ … })).` })
}
