import type { Contract } from '../../contract/index.ts'
import { type Finding, type TokenKind, tokenName } from '../../finding.ts'
import { nearest } from '../nearest.ts'
import type { PlacedWrite } from './claims.ts'
import { type RuleTable, reporter, SOURCES } from './rule.ts'

const CONTRACT = 'https://json-schema.org/draft/2020-12/json-schema-core'

/** Rules on contracts; those on the contract alone are found by `lib/contract`. */
export const contractRules = {
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
  'contract/not-json': {
    severity: 'error',
    evidence: 'standard',
    source: CONTRACT,
    summary: 'A contract is JSON.',
    why: 'It cannot be read otherwise.',
    example: { before: '{ "type": "object", }', after: '{ "type": "object" }' },
  },
  'contract/not-a-schema': {
    severity: 'error',
    evidence: 'standard',
    source: CONTRACT,
    summary: 'A contract is a JSON Schema of 2020-12.',
    why: 'The validator compiles it in strict mode, which refuses unknown words and types that do not fit.',
    example: { before: '{ "type": "text" }', after: '{ "type": "string" }' },
  },
  'contract/not-a-contract': {
    severity: 'error',
    evidence: 'inference',
    source: SOURCES.claims,
    summary: 'A contract says its token, its audience and its claims.',
    why: 'x-auth0 names the token and, for an access token, the audience; without them nobody knows which tokens it is about.',
    example: {
      before: '{ "type": "object" }',
      after: '{ "x-auth0": { "token": "id_token" }, "type": "object" }',
    },
  },
  'contract/twice': {
    severity: 'error',
    evidence: 'inference',
    source: SOURCES.claims,
    summary: 'One contract speaks of a token of an audience.',
    why: 'Two contracts may contradict each other, and a token would have to fulfil both.',
    example: { before: '# two files for one audience', after: '# one file' },
  },
  'contract/undeclared-required': {
    severity: 'error',
    evidence: 'standard',
    source: CONTRACT,
    summary: 'What a contract requires it describes.',
    why: 'A required claim without a description has any type.',
    example: {
      before: '"required": ["https://acme.example/pln"]',
      after: '"required": ["https://acme.example/plan"]',
    },
  },
  'contract/slow-pattern': {
    severity: 'error',
    evidence: 'inference',
    source: 'https://owasp.org/www-community/attacks/Regular_expression_Denial_of_Service_-_ReDoS',
    summary: 'A pattern takes a bounded time over every text.',
    why: 'A text that nearly fits makes some patterns try every way to read it: an API that checks a token stands still. An error where each character doubles the steps; a warning where they grow as a power of the length, unless maxLength beside the pattern keeps that small.',
    example: { before: '"pattern": "^([a-z]+)+$"', after: '"pattern": "^[a-z]+$", "maxLength": 40' },
  },
  'contract/unbounded-claim': {
    severity: 'warning',
    evidence: 'inference',
    source: SOURCES.claims,
    summary: 'Every claim has a largest size.',
    why: 'Without maxLength, maxItems or an enum the token can grow past every limit on its way.',
    example: { before: '{ "type": "string" }', after: '{ "type": "string", "maxLength": 40 }' },
  },
  'contract/over-budget': {
    severity: 'error',
    evidence: 'inference',
    source: SOURCES.claims,
    summary: 'The claims stay within maxBytes.',
    why: 'The largest token that the contract allows is larger than the contract says.',
    example: { before: '"maxBytes": 100', after: '"maxBytes": 1200' },
  },
  'contract/above-cookie-limit': {
    severity: 'info',
    evidence: 'inference',
    source: SOURCES.claims,
    summary: 'A token fits into a cookie.',
    why: 'Browsers drop cookies above about 4 KB, and session libraries keep tokens in them.',
    example: { before: '"maxItems": 500', after: '"maxItems": 20' },
  },
  'contract/above-header-limit': {
    severity: 'warning',
    evidence: 'inference',
    source: SOURCES.claims,
    summary: 'A token fits into a header.',
    why: 'Many servers and proxies refuse headers above about 8 KB.',
    example: { before: '"maxItems": 5000', after: '"maxItems": 50' },
  },
  'contract/above-auth0-limit': {
    severity: 'error',
    evidence: 'documentation',
    source: SOURCES.claims,
    summary: 'The claims stay below what Auth0 takes.',
    why: 'Past 100 KB of custom claims the login fails.',
    example: { before: '"maxItems": 100000', after: '"maxItems": 50' },
  },
} as const satisfies RuleTable

const report = reporter(contractRules)

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
          hint: 'Set it in an Action, or take it out of "required".',
          claim,
          token: contract.token,
        },
      )
    }
  }
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
