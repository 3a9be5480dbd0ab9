import type { Contract } from '../contract/index.ts'
import type { Finding } from '../finding.ts'
import type { Position } from '../runtime/types.ts'
import type { FoundWrite } from './claim-writes.ts'
import { nearest } from './nearest.ts'

export interface PlacedWrite extends FoundWrite {
  action: string
  at: Position
}

const CONTRACT = 'https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims'

/** Claims that no contract declares, and required ones that no Action sets. */
export function* contractFindings(
  contracts: readonly Contract[],
  writes: readonly PlacedWrite[],
): Generator<Finding> {
  for (const write of writes) {
    const declared = contracts.filter(({ token }) => token === write.token).flatMap(({ claims }) => claims)
    if (declared.length === 0) continue
    for (const claim of write.names.values) {
      if (declared.includes(claim) || !claim.includes(':')) continue
      const near = similarClaim(claim, declared)
      yield {
        rule: 'contract/undeclared-claim',
        severity: 'error',
        message: `No contract declares the claim "${claim}" for the ${tokenName(write)}.`,
        hint: near === undefined ? 'Declare it in a contract in schemas/claims/.' : `Did you mean "${near}"?`,
        ...write.at,
        claim,
        token: write.token,
        source: CONTRACT,
      }
    }
  }
  for (const contract of contracts) {
    const own = writes.filter(({ token }) => token === contract.token)
    // A name known at run time only may be any of them.
    if (own.some(({ names }) => !names.complete)) continue
    const set = new Set(own.flatMap(({ names }) => names.values))
    for (const claim of contract.schema.required ?? []) {
      if (set.has(claim) || !contract.claims.includes(claim)) continue
      yield {
        rule: 'contract/never-set',
        severity: 'error',
        message: `The contract requires "${claim}", and no bound Action sets it.`,
        hint: 'Set it in an Action, or take it out of "required".',
        file: contract.file,
        ...contract.placeOf(['properties', claim]),
        claim,
        token: contract.token,
        source: CONTRACT,
      }
    }
  }
}

function tokenName({ token }: FoundWrite): string {
  return token === 'id_token' ? 'ID token' : 'access token'
}

/** The declared claim that is most likely meant: one of the same namespace with a similar end. */
function similarClaim(claim: string, declared: readonly string[]): string | undefined {
  const cut = claim.lastIndexOf('/') + 1
  const namespace = claim.slice(0, cut)
  const names = declared.filter((name) => name.lastIndexOf('/') + 1 === cut && name.startsWith(namespace))
  const near = nearest(
    claim.slice(cut),
    names.map((name) => name.slice(cut)),
  )
  return near === undefined ? undefined : namespace + near
}
