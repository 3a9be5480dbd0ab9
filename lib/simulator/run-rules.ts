import type { RuleDescription } from '../finding.ts'

const LIMITS = 'https://auth0.com/docs/customize/actions/limitations'
const GUIDE = 'https://auth0.com/docs/customize/actions/action-coding-guidelines'
const REDIRECT = 'https://auth0.com/docs/customize/actions/redirect-with-actions'
const REFRESH = 'https://auth0.com/docs/secure/tokens/refresh-tokens/use-refresh-tokens'

const SCOPES = 'https://auth0.com/docs/customize/actions/handling-scopes-in-actions'

type Rule = Omit<RuleDescription, 'id' | 'severity'>

const NO_TOKEN = {
  'claims/opaque-access-token': {
    severity: 'none',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/secure/tokens/access-tokens',
    summary: 'There is an access token to carry the claim.',
    why: 'No API was asked for: the access token is opaque and carries no claims.',
    example: {
      before: '/authorize?scope=openid',
      after: '/authorize?scope=openid&audience=https://orders.acme.example/',
    },
  },
  'claims/no-id-token': {
    severity: 'none',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/get-started/apis/scopes/openid-connect-scopes',
    summary: 'There is an ID token to carry the claim.',
    why: 'The scope openid is not granted: there is no ID token, and /userinfo has nothing to say.',
    example: { before: '/authorize?scope=read:orders', after: '/authorize?scope=openid read:orders' },
  },
} as const satisfies Record<string, Rule & { severity: 'none' }>

const GRANTS = 'https://auth0.com/docs/get-started/applications/application-access-to-apis-client-grants'
const RBAC = 'https://auth0.com/docs/get-started/apis/enable-role-based-access-control-for-apis'

/**
 * Why policy does not grant a scope. A trace says it; no finding does, since an application may ask for more than it
 * gets.
 */
const NOT_GRANTED = {
  'scopes/not-defined': {
    severity: 'none',
    evidence: 'documentation',
    source: SCOPES,
    summary: 'The API that is asked for defines the scope.',
    why: 'Scopes that the API does not define are dropped without a word, and without an API there are only those of OpenID Connect.',
    example: {
      before: "api.transaction.addTargetScope('reed:orders')",
      after: "api.transaction.addTargetScope('read:orders')",
    },
  },
  'scopes/no-client-grant': {
    severity: 'none',
    evidence: 'documentation',
    source: GRANTS,
    summary: 'The application may ask for the scope.',
    why: 'A grant for users bounds what an application gets in their name, and the scope is not in it.',
    example: { before: 'scope: [read:orders]', after: 'scope: [read:orders, write:orders]' },
  },
  'scopes/not-permitted': {
    severity: 'none',
    evidence: 'documentation',
    source: RBAC,
    summary: 'A role of the user has the permission.',
    why: 'With RBAC (enforce_policies) the API gives a user the scopes that roles permit; in an organization those of the member.',
    example: { before: 'permissions: []', after: 'permissions: [{ permission_name: read:orders, … }]' },
  },
  'scopes/no-refresh': {
    severity: 'none',
    evidence: 'documentation',
    source: REFRESH,
    summary: 'Application and API allow a refresh token.',
    why: 'offline_access takes the grant refresh_token of the application and allow_offline_access of the API.',
    example: { before: 'allow_offline_access: false', after: 'allow_offline_access: true' },
  },
  'scopes/third-party': {
    severity: 'none',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/get-started/applications/third-party-applications/security-controls',
    summary: 'Scopes of OpenID Connect are for applications of your own.',
    why: 'Applications of somebody else (third-party) get none of them.',
    example: { before: 'is_first_party: false', after: 'is_first_party: true' },
  },
  'scopes/no-target-scopes': {
    severity: 'none',
    evidence: 'documentation',
    source: SCOPES,
    summary: 'The flow has target scopes.',
    why: 'SAML, WS-Fed, CIBA by push and the legacy flows ignore changes of the target scopes without a word.',
    example: {
      before: "api.transaction.addTargetScope('read:orders')",
      after: "if (event.transaction?.protocol !== 'samlp') api.transaction.addTargetScope('read:orders')",
    },
  },
} as const satisfies Record<string, Rule & { severity: 'none' }>

const rules = {
  ...NO_TOKEN,
  ...NOT_GRANTED,
  'runtime/threw': {
    evidence: 'support',
    source: GUIDE,
    summary: 'An Action does not throw.',
    why: 'An uncaught throw ends the login with access_denied and the message of the error, and all that the Actions asked for is discarded. To refuse a login on purpose, deny it.',
    example: { before: "throw new Error('closed')", after: "return api.access.deny('closed')" },
  },
  'runtime/timeout': {
    evidence: 'documentation',
    source: LIMITS,
    summary: 'All bound Actions together take at most 20 seconds.',
    why: 'The time counts for one execution of the trigger, and anew after a redirect. Past it the login fails.',
    example: {
      before: "await fetch('https://api.acme.example/')",
      after: "await fetch('https://api.acme.example/', { signal: AbortSignal.timeout(5000) })",
    },
  },
  'runtime/exited': {
    evidence: 'inference',
    source: GUIDE,
    summary: 'An Action does not end the process it runs in.',
    why: 'What Auth0 does then is not documented. Here the run fails and the next one works.',
    example: { before: 'process.exit(1)', after: "return api.access.deny('closed')" },
  },
  'runtime/out-of-memory': {
    evidence: 'inference',
    source: GUIDE,
    summary: 'An Action stays within the memory it has.',
    why: 'How much Auth0 gives is not documented. What a module keeps grows with every login.',
    example: { before: 'seen.push(event)', after: 'seen = event.user.user_id' },
  },
  'runtime/load': {
    evidence: 'code',
    source: GUIDE,
    summary: 'An Action loads as CommonJS and exports an object.',
    why: 'What throws while the module is loaded fails every login.',
    example: {
      before: "throw new Error('at load')",
      after: 'exports.onExecutePostLogin = async (event, api) => {}',
    },
  },
  'runtime/signature': {
    evidence: 'code',
    source: GUIDE,
    summary: 'The handler that is called is an exported async function.',
    why: 'The loader refuses others, also an Action that redirects and does not export onContinuePostLogin.',
    example: {
      before: 'exports.onContinuePostLogin = () => {}',
      after: 'exports.onContinuePostLogin = async () => {}',
    },
  },
  'runtime/unhandled': {
    evidence: 'inference',
    source: GUIDE,
    summary: 'Every promise of an Action is awaited.',
    why: 'A rejection that nobody waits for, or a throw in a timer, fails the run that caused it.',
    example: { before: 'notify(event)', after: 'await notify(event)' },
  },
  'runtime/interaction-required': {
    evidence: 'documentation',
    source: REDIRECT,
    summary: 'An Action redirects only where a browser can be sent away.',
    why: 'A silent login (prompt=none), a refresh and a password grant cannot be redirected: the application gets interaction_required. A redirect is no gate by itself, since the session exists already.',
    example: {
      before: 'api.redirect.sendUserTo(url)',
      after: 'if (api.redirect.canRedirect()) api.redirect.sendUserTo(url)',
    },
  },
  'runtime/mfa-required': {
    evidence: 'documentation',
    source: REFRESH,
    summary: 'An Action demands a second factor only where somebody can be asked.',
    why: 'At a refresh or a password grant the token endpoint answers mfa_required instead of tokens, and a silent login answers login_required.',
    example: {
      before: "api.multifactor.enable('any')",
      after: "if (event.transaction?.protocol !== 'oauth2-refresh-token') api.multifactor.enable('any')",
    },
  },
  'scopes/ignored': {
    severity: 'warning',
    evidence: 'support',
    source: SCOPES,
    summary: 'An Action changes scopes where Auth0 takes the change.',
    why: "Access tokens for Auth0's own APIs keep the scopes that policy grants, and applications of somebody else get none on top. The login goes on, without a word.",
    example: {
      before: "api.accessToken.addScope('read:users')",
      after: "if (event.resource_server?.identifier === API) api.accessToken.addScope('read:orders')",
    },
  },
} as const satisfies Record<string, Rule & { severity?: 'warning' | 'none' }>

export type RunRuleId = keyof typeof rules

/** Rules about what happens when Actions run, and which a check of the code cannot know; by id. */
export const runRules = Object.fromEntries(
  Object.entries(rules).map(([id, rule]) => [id, { id, severity: 'error', ...rule }]),
) as Record<RunRuleId, RuleDescription>
