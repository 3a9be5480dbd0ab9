import type { RuleDescription } from '../finding.ts'

const CREATE = 'https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims'
const MIGRATION =
  'https://auth0.com/docs/troubleshoot/product-lifecycle/past-migrations/custom-claims-migration'
const PAST = 'https://auth0.com/docs/troubleshoot/product-lifecycle/past-migrations'
const SCOPES = 'https://auth0.com/docs/get-started/apis/scopes/openid-connect-scopes'
const API_CODE =
  'https://github.com/auth0/auth0-actions/blob/09eb3b6e2e81f2bcbf7a2791969a9a30cb186751/src/_shared/DvTaCl9e.js'
const IANA = 'https://www.iana.org/assignments/jwt/jwt.xhtml'

const set = (name: string, value: string, token = 'accessToken') =>
  `api.${token}.setCustomClaim('${name}', ${value})`
const GOOD_ROLES = set('https://acme.example/roles', 'event.authorization?.roles')

/**
 * The rules on names and sizes of custom claims: one table for the static check, the simulator, the local
 * tenant and the pages.
 */
export const claimRules = {
  'claims/reserved-scope': {
    id: 'claims/reserved-scope',
    summary: 'No claim is named "scope".',
    severity: 'error',
    evidence: 'code',
    source: API_CODE,
    why: 'The one name that setCustomClaim refuses: the call throws, and an uncaught throw fails the login. Scopes are changed with addScope and removeScope.',
    example: { before: set('scope', "'read:orders'"), after: "api.accessToken.addScope('read:orders')" },
  },
  'claims/restricted-name': {
    id: 'claims/restricted-name',
    summary: 'A custom claim does not use a name that Auth0 restricts.',
    severity: 'error',
    evidence: 'documentation',
    source: CREATE,
    why: 'Sixty names are restricted, "roles", "permissions" and "org_id" among them. The call succeeds, the login succeeds, and the claim is not in the token. Only the bare name is restricted: under a namespace it is fine. Names are compared exactly.',
    example: { before: set('roles', 'event.authorization?.roles'), after: GOOD_ROLES },
  },
  'claims/dollar-prefix': {
    id: 'claims/dollar-prefix',
    summary: 'A custom claim does not start with "$".',
    severity: 'error',
    evidence: 'documentation',
    source: PAST,
    why: 'One page says that such names are refused; no page says how. We take it as a silent drop.',
    example: { before: set('$plan', "'team'"), after: set('https://acme.example/plan', "'team'") },
  },
  'claims/auth0-namespace': {
    id: 'claims/auth0-namespace',
    summary: 'A namespace is not on a domain of Auth0.',
    severity: 'error',
    evidence: 'documentation',
    source: MIGRATION,
    why: 'Claims whose host is auth0.com, webtask.io or webtask.run, or a subdomain of one, are ignored in both tokens and at /userinfo. The host is compared by whole labels, so auth0.example.org is fine.',
    example: {
      before: set('https://acme.eu.auth0.com/roles', 'event.authorization?.roles'),
      after: GOOD_ROLES,
    },
  },
  'claims/urn-auth0': {
    id: 'claims/urn-auth0',
    summary: 'A claim name does not start with "urn:auth0".',
    severity: 'error',
    evidence: 'documentation',
    source: CREATE,
    why: 'The prefix is reserved. The page does not say what becomes of such a claim; we take it as a silent drop.',
    example: { before: set('urn:auth0:roles', "['admin']"), after: set('urn:acme:roles', "['admin']") },
  },
  'claims/urn': {
    id: 'claims/urn',
    summary: 'A URN names a claim of an access token for an API of your own.',
    severity: 'info',
    evidence: 'documentation',
    source: CREATE,
    why: 'URNs are allowed "if you use a custom API". For ID tokens no page says yes or no; we take it as kept.',
    example: {
      before: set('urn:acme:plan', "'team'", 'idToken'),
      after: set('https://acme.example/plan', "'team'", 'idToken'),
    },
  },
  'claims/private-name': {
    id: 'claims/private-name',
    summary: 'A custom claim has a namespace.',
    severity: 'warning',
    evidence: 'documentation',
    source: CREATE,
    why: 'A short name is kept in tokens for an API of your own, silently dropped in tokens for an API of Auth0, and lost on the day that Auth0 or a standard takes the name.',
    example: { before: set('plan', "'team'"), after: set('https://acme.example/plan', "'team'") },
  },
  'claims/malformed-namespace': {
    id: 'claims/malformed-namespace',
    summary: 'A name that starts like a web address is one.',
    severity: 'warning',
    evidence: 'inference',
    source: CREATE,
    why: 'The name starts with http:// or https:// and has no readable host. Whether Auth0 takes it for a namespace is not documented.',
    example: {
      before: set('https://acme example/plan', "'team'"),
      after: set('https://acme.example/plan', "'team'"),
    },
  },
  'claims/auth0-audience': {
    id: 'claims/auth0-audience',
    summary: 'Access tokens for an API of Auth0 carry no custom claims.',
    severity: 'warning',
    evidence: 'contradiction',
    source: MIGRATION,
    why: "Short names are dropped there. On names with a namespace Auth0's page contradicts itself: its text and sample keep them, a comment in its code and an answer of its support drop them.",
    example: {
      before: `${set('plan', "'team'")} // audience https://acme.eu.auth0.com/api/v2/`,
      after: `${set('https://acme.example/plan', "'team'")} // audience https://orders.acme.example/`,
    },
  },
  'claims/oidc-profile-scope': {
    id: 'claims/oidc-profile-scope',
    summary: 'An OIDC profile claim is set only where its scope is asked for.',
    severity: 'warning',
    evidence: 'documentation',
    source: SCOPES,
    why: 'The nineteen profile claims can be set, and Auth0 removes each again from both tokens when its scope (profile, email, phone, address) was not asked for. On access tokens its support advises a namespace.',
    example: {
      before: set('email', 'event.user.email'),
      after: set('https://acme.example/email', 'event.user.email'),
    },
  },
  'claims/standard-collision': {
    id: 'claims/standard-collision',
    summary: 'A short claim name has no other meaning in a standard.',
    severity: 'info',
    evidence: 'standard',
    source: IANA,
    why: 'The name works today, but a standard or Auth0 itself gives it a meaning, and a library may read yours as theirs.',
    example: { before: set('vc', '1'), after: set('https://acme.example/vc', '1') },
  },
  'claims/overwritten': {
    id: 'claims/overwritten',
    summary: 'One bound Action owns a claim.',
    severity: 'warning',
    evidence: 'support',
    source: 'https://community.auth0.com/t/multiple-actions-setting-the-same-custom-claim/119013',
    why: 'A later write sets the claim again, in the same Action or in one that runs later, and the last write wins.',
    example: {
      before: '// two Actions set https://acme.example/plan',
      after: '// one Action sets https://acme.example/plan',
    },
  },
  'claims/undefined-value': {
    id: 'claims/undefined-value',
    summary: 'A claim is set to a value that JSON has.',
    severity: 'warning',
    evidence: 'inference',
    source: CREATE,
    why: 'What becomes of undefined is not documented. JSON leaves it out, so we take the claim as left out, and an earlier write as overwritten all the same. null is kept.',
    example: {
      before: set('https://acme.example/plan', 'undefined'),
      after: set('https://acme.example/plan', "event.user.app_metadata.plan ?? 'free'"),
    },
  },
  'claims/argument': {
    id: 'claims/argument',
    summary: 'A claim has a name that is text.',
    severity: 'error',
    evidence: 'code',
    source: API_CODE,
    why: 'The call throws on another name, and uncaught that fails the login.',
    example: {
      before: 'api.accessToken.setCustomClaim({}, 1)',
      after: set('https://acme.example/plan', "'team'"),
    },
  },
  'claims/too-large': {
    id: 'claims/too-large',
    summary: 'The custom claims of one token are at most 100 000 bytes together.',
    severity: 'error',
    evidence: 'documentation',
    source: MIGRATION,
    why: 'Names and values count, each token for itself. Past the limit the login fails. The page says 100KB and not how it measures: we take 100 000 bytes of UTF-8 of names and JSON values.',
    example: {
      before: set('https://acme.example/profile', 'event.user'),
      after: set('https://acme.example/plan', 'event.user.app_metadata.plan'),
    },
  },
  'claims/namespaced': {
    id: 'claims/namespaced',
    summary: 'A claim name under a web address of your own is kept.',
    severity: 'none',
    evidence: 'documentation',
    source: CREATE,
    why: 'An http or https address of a host that you control; Auth0 never calls it.',
    example: { before: set('plan', "'team'"), after: set('https://acme.example/plan', "'team'") },
  },
} as const satisfies Record<string, RuleDescription>

export type ClaimRuleId = keyof typeof claimRules
