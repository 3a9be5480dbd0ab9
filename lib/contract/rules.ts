import type { RuleTable } from '../finding.ts'

const CLAIMS = 'https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims'
const SCHEMA = 'https://json-schema.org/draft/2020-12/json-schema-core'

/** Rules on a contract alone. */
export const contractRules = {
  'contract/not-json': {
    severity: 'error',
    evidence: 'standard',
    source: 'https://www.rfc-editor.org/rfc/rfc8259',
    summary: 'A contract is JSON.',
    why: 'It cannot be read otherwise.',
    example: { before: '{ "type": "object", }', after: '{ "type": "object" }' },
  },
  'contract/not-a-schema': {
    severity: 'error',
    evidence: 'standard',
    source: SCHEMA,
    summary: 'A contract is a JSON Schema of 2020-12.',
    why: 'The validator compiles it in strict mode, which refuses unknown words and types that do not fit.',
    example: { before: '{ "type": "text" }', after: '{ "type": "string" }' },
  },
  'contract/not-a-contract': {
    severity: 'error',
    evidence: 'inference',
    source: CLAIMS,
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
    source: CLAIMS,
    summary: 'One contract speaks of a token of an audience.',
    why: 'Two contracts may contradict each other, and a token would have to fulfil both.',
    example: { before: '# two files for one audience', after: '# one file' },
  },
  'contract/undeclared-required': {
    severity: 'error',
    evidence: 'standard',
    source: SCHEMA,
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
    source: CLAIMS,
    summary: 'Every claim has a largest size.',
    why: 'Without maxLength, maxItems or an enum the token can grow past every limit on its way.',
    example: { before: '{ "type": "string" }', after: '{ "type": "string", "maxLength": 40 }' },
  },
  'contract/over-budget': {
    severity: 'error',
    evidence: 'inference',
    source: CLAIMS,
    summary: 'The claims stay within maxBytes.',
    why: 'The largest token that the contract allows is larger than the contract says.',
    example: { before: '"maxBytes": 100', after: '"maxBytes": 1200' },
  },
  'contract/above-cookie-limit': {
    severity: 'info',
    evidence: 'inference',
    source: CLAIMS,
    summary: 'A token fits into a cookie.',
    why: 'Browsers drop cookies above about 4 KB, and session libraries keep tokens in them.',
    example: { before: '"maxItems": 500', after: '"maxItems": 20' },
  },
  'contract/above-header-limit': {
    severity: 'warning',
    evidence: 'inference',
    source: CLAIMS,
    summary: 'A token fits into a header.',
    why: 'Many servers and proxies refuse headers above about 8 KB.',
    example: { before: '"maxItems": 5000', after: '"maxItems": 50' },
  },
  'contract/above-auth0-limit': {
    severity: 'error',
    evidence: 'documentation',
    source: CLAIMS,
    summary: 'The claims stay below what Auth0 takes.',
    why: 'Past 100 KB of custom claims the login fails.',
    example: { before: '"maxItems": 100000', after: '"maxItems": 50' },
  },
} as const satisfies RuleTable
