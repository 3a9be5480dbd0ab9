import type { RuleTable } from '../finding.ts'

const SOURCE = 'https://json-schema.org/draft/2020-12/json-schema-core'

/** Rules of `claims impact`: what readers rely on. */
export const impactRules = {
  'impact/no-contract': {
    summary: 'A reader reads tokens that a contract describes.',
    severity: 'error',
    evidence: 'inference',
    source: SOURCE,
    why: 'The file names a token or an API for which the workspace has no contract, so nobody promises the claims.',
    example: {
      before: '{ "token": "access_token", "audience": "https://ordres.acme.example/", "claims": {} }',
      after: '{ "token": "access_token", "audience": "https://orders.acme.example/", "claims": {} }',
    },
  },
  'impact/unknown-claim': {
    summary: 'A reader reads claims that the contract describes.',
    severity: 'error',
    evidence: 'inference',
    source: SOURCE,
    why: 'The claim will not come, or may go at any time. An error where the reader fails without it, else a warning.',
    example: {
      before: '"claims": { "https://acme.example/role": "required" }',
      after: '"claims": { "https://acme.example/roles": "required" }',
    },
  },
  'impact/not-promised': {
    summary: 'A reader needs only claims that every token has.',
    severity: 'error',
    evidence: 'inference',
    source: SOURCE,
    why: 'The reader fails without the claim, and the contract lets a token come without it.',
    example: {
      before: '"claims": { "https://acme.example/organization": "required" }',
      after: '"claims": { "https://acme.example/organization": "optional" }',
    },
  },
} as const satisfies RuleTable
