import { nearest } from '../../check/nearest.ts'
import { isIssuedClaim } from '../../contract/index.ts'
import { ToolkitError } from '../../errors.ts'

/** The claim that a user means, and a note where it is not what was typed. */
export interface MeantClaim {
  claim: string
  note?: string
}

/**
 * A claim by its name, or by the end of one: `roles` is `https://acme.example/roles` where nothing else ends so, and
 * nothing is called `roles`.
 *
 * @param known names in contracts and in Actions
 * @throws {ToolkitError} `ERR_USAGE` for an end that several names have.
 */
export function meantClaim(given: string, known: readonly string[]): MeantClaim {
  if (known.includes(given)) return { claim: given }
  const ending = known.filter((name) => name.endsWith(`/${given}`))
  if (ending.length > 1) {
    throw new ToolkitError('ERR_USAGE', `several claims end in "/${given}"`, {
      hint: `Name one of them: ${ending.join(', ')}.`,
    })
  }
  const [only] = ending
  if (only !== undefined) return { claim: only, note: `"${given}" is taken for ${only}.` }
  if (isIssuedClaim(given)) return { claim: given }
  const lastParts = new Map(known.map((name) => [name.slice(name.lastIndexOf('/') + 1), name]))
  const near = nearest(given, known) ?? lastParts.get(nearest(given, lastParts.keys()) ?? '')
  return {
    claim: given,
    ...(near !== undefined && { note: `Nothing here is called so. Did you mean ${near}?` }),
  }
}
