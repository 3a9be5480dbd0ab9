import type { Contract } from '../../contract/index.ts'
import { type Finding, type RuleTable, reporter, type TokenKind, tokenName } from '../../finding.ts'
import { nearest } from '../nearest.ts'
import type { PlacedWrite } from './claims.ts'
import { SOURCES } from './sources.ts'

/** Rules on what Actions make of contracts; those on a contract alone are in `lib/contract`. */
export const contractFlowRules = {
  'contract/undeclared-claim': {
    severity: 'error',
    evidence: 'inference',
    source: SOURCES.claims,
    summary: 'A claim that an Action sets is declared in a contract.',
    why: 'An API reads what the contract promises; a claim outside it is unknown to everybody.',
    example: {
      before: "api.accessToken.setCustomClaim('https://acme.example/role', role)",
      after: '// "https://acme.example/role" among the properties in schemas/claims/',
    },
  },
  'contract/never-set': {
    severity: 'error',
    evidence: 'inference',
    source: SOURCES.claims,
    summary: 'A claim that a contract requires is set by a bound Action.',
    why: 'No token can fulfil the contract, so an API that holds to it refuses every one.',
    example: {
      before: '"required": ["https://acme.example/plan"]',
      after: '// an Action sets it, or it is not required',
    },
  },
} as const satisfies RuleTable

const report = reporter(contractFlowRules)

/** Names that are compared with all that are declared. */
const MOST_GUESSES = 200

/** Claims that no contract declares, and required ones that no Action sets. */
export function* contractFindings(
  contracts: readonly Contract[],
  writes: readonly PlacedWrite[],
): Generator<Finding> {
  const declaredFor = (token: TokenKind) =>
    new Set(contracts.filter((contract) => contract.token === token).flatMap(({ claims }) => claims))
  const declaredIn = { id_token: declaredFor('id_token'), access_token: declaredFor('access_token') }
  let guesses = 0
  for (const { token, names, at } of writes) {
    const declared = declaredIn[token]
    if (declared.size === 0) continue
    for (const claim of names.values) {
      if (declared.has(claim) || !claim.includes(':')) continue
      const near = ++guesses > MOST_GUESSES ? undefined : similarClaim(claim, [...declared])
      yield report('contract/undeclared-claim', at, {
        message: `No contract declares the claim "${claim}" for the ${tokenName(token)}.`,
        hint: near === undefined ? 'Declare it in a contract in schemas/claims/.' : `Did you mean "${near}"?`,
        claim,
        token,
      })
    }
  }
  for (const contract of contracts) {
    const own = writes.filter(({ token }) => token === contract.token)
    // A name known at run time only may be any of them.
    if (own.some(({ names }) => !names.complete)) continue
    const set = new Set(own.flatMap(({ names }) => names.values))
    for (const claim of contract.schema.required ?? []) {
      if (set.has(claim) || !contract.claims.includes(claim)) continue
      yield report(
        'contract/never-set',
        { file: contract.file, ...contract.placeOf(['properties', claim]) },
        {
          message: `The contract requires "${claim}", and no bound Action sets it.`,
          hint: elsewhere(claim, contract.token, writes),
          claim,
          token: contract.token,
        },
      )
    }
  }
}

/** What to do about a claim that is not set in a token: it may be set in the other one. */
function elsewhere(claim: string, token: TokenKind, writes: readonly PlacedWrite[]): string {
  const other = writes.find(({ names }) => names.values.includes(claim))
  return other === undefined
    ? 'Set it in an Action, or take it out of "required".'
    : `It is set in the ${tokenName(other.token)} only (${other.at.file}:${other.at.line}): set it in the ${tokenName(token)} too.`
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
