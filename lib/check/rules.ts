import type { RuleDescription } from '../claims/index.ts'

const API = 'https://auth0.com/docs/actions/reference/post-login/post-login-api-object'
const EVENT = 'https://auth0.com/docs/actions/reference/post-login/post-login-event-object'
const LOADER =
  'https://github.com/auth0/auth0-actions/blob/77685d16bc5abb218a21e11804a5743e0913c772/src/_shared/_XK5Fidc.js'
const API_CODE =
  'https://github.com/auth0/auth0-actions/blob/09eb3b6e2e81f2bcbf7a2791969a9a30cb186751/src/_shared/DvTaCl9e.js'
const HARNESS =
  'https://github.com/auth0/auth0-actions/blob/52e2a1709337a74414f31a2111f9952aa1f82325/src/post-login/v3/test/index.js'
const CREATE = 'https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims'

const table: readonly (readonly [
  id: string,
  severity: RuleDescription['severity'],
  evidence: RuleDescription['evidence'],
  source: string,
  summary: string,
  why: string,
  before: string,
  after: string,
])[] = [
  [
    'claims/dynamic-name',
    'info',
    'inference',
    CREATE,
    'A claim name can be read from the source.',
    'The name is put together at run time. If what is known of it decides, the finding says so.',
    'api.idToken.setCustomClaim(name, value)',
    'api.idToken.setCustomClaim(`https://acme.example/${name}`, value)',
  ],
  [
    'claims/overwritten',
    'warning',
    'support',
    'https://community.auth0.com/t/multiple-actions-setting-the-same-custom-claim/119013',
    'One bound Action owns a claim.',
    'A later Action sets the claim again, and the last write wins.',
    '// two Actions set https://acme.example/plan',
    '// one Action sets https://acme.example/plan',
  ],
  [
    'claims/ignore-without-reason',
    'warning',
    'inference',
    CREATE,
    'A comment that switches a rule off says why.',
    'Without a reason the comment switches nothing off.',
    '// claims-ignore claims/private-name',
    '// claims-ignore claims/private-name -- only our own API reads it',
  ],
  [
    'api/unknown-method',
    'error',
    'documentation',
    API,
    'Only methods of the post-login api are called.',
    'A method that does not exist throws; uncaught, that fails the login.',
    "api.setAppMetadata('plan', 'free')",
    "api.user.setAppMetadata('plan', 'free')",
  ],
  [
    'api/refused-claim',
    'error',
    'code',
    API_CODE,
    'setCustomClaim is not called with "scope".',
    'It is the one name that makes the call throw.',
    "api.accessToken.setCustomClaim('scope', 'read:orders')",
    "api.accessToken.addScope('read:orders')",
  ],
  [
    'api/invalid-scope',
    'error',
    'code',
    API_CODE,
    'A scope is one text without spaces.',
    'Other values throw at the call.',
    "api.accessToken.addScope('read:orders write:orders')",
    "api.accessToken.addScope('read:orders')",
  ],
  [
    'api/invalid-url',
    'error',
    'code',
    HARNESS,
    'sendUserTo gets an absolute address.',
    'A relative address throws at the call.',
    "api.redirect.sendUserTo('/terms')",
    "api.redirect.sendUserTo('https://acme.example/terms')",
  ],
  [
    'api/chained-on-nothing',
    'error',
    'code',
    HARNESS,
    'Nothing is read from a method that returns nothing.',
    'Older documentation said that most methods return api; addScope and others do not.',
    "api.accessToken.addScope('a').addScope('b')",
    "api.accessToken.addScope('a'); api.accessToken.addScope('b')",
  ],
  [
    'api/detached-method',
    'warning',
    'inference',
    HARNESS,
    'Methods are called on their object.',
    "Auth0's test harness throws on a method that was taken off its object; whether a tenant does is not documented.",
    'const { setCustomClaim } = api.idToken',
    'const { idToken } = api',
  ],
  [
    'api/write-after-deny',
    'warning',
    'documentation',
    API,
    'The handler ends where it denies.',
    'access.deny does not stop the handler: metadata that is written after it is saved.',
    "api.access.deny('blocked')",
    "return api.access.deny('blocked')",
  ],
  [
    'event/possibly-absent',
    'warning',
    'documentation',
    EVENT,
    'Parts of the event that may be missing are tested first.',
    'Reading a member of undefined throws; uncaught, that fails the login of everyone who lacks it.',
    'event.authorization.roles',
    'event.authorization?.roles ?? []',
  ],
  [
    'event/unknown-property',
    'warning',
    'documentation',
    EVENT,
    'Only properties of the post-login event are read.',
    'Others are undefined; reading a member of one throws.',
    'event.refreshToken',
    'event.refresh_token',
  ],
  [
    'handler/not-async',
    'error',
    'code',
    LOADER,
    'A handler is a native async function.',
    'The loader looks at the kind of function and refuses others.',
    'exports.onExecutePostLogin = (event, api) => {}',
    'exports.onExecutePostLogin = async (event, api) => {}',
  ],
  [
    'handler/not-exported',
    'error',
    'code',
    LOADER,
    'An Action exports a handler of its trigger.',
    'Without one the Action cannot run.',
    'async function onExecutePostLogin(event, api) {}',
    'exports.onExecutePostLogin = async (event, api) => {}',
  ],
]

/** The rules of the check beyond names: what `claims explain` says about each. */
export const checkRules: Readonly<Record<string, RuleDescription>> = Object.fromEntries(
  table.map(([id, severity, evidence, source, summary, why, before, after]) => [
    id,
    { id, summary, severity, evidence, source, why, example: { before, after } },
  ]),
)
