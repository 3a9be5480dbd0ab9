import type { Finding } from '../../finding.ts'
import { postLogin } from '../../triggers/index.ts'
import { POST_LOGIN_API } from '../api-shape.ts'
import type { ApiCall, Observation } from '../flow/observation.ts'
import type { Value } from '../flow/values.ts'
import { nearest } from '../nearest.ts'
import type { Program } from '../program.ts'
import { type Detail, type RuleTable, reporter, SOURCES } from './rule.ts'

export const apiRules = {
  'api/unknown-method': {
    severity: 'error',
    evidence: 'documentation',
    source: SOURCES.api,
    summary: 'Only methods of the post-login api are called.',
    why: 'A method that does not exist throws; uncaught, that fails the login.',
    example: {
      before: "api.setAppMetadata('plan', 'free')",
      after: "api.user.setAppMetadata('plan', 'free')",
    },
  },
  'api/refused-claim': {
    severity: 'error',
    evidence: 'code',
    source: SOURCES.apiCode,
    summary: 'setCustomClaim is not called with "scope".',
    why: 'It is the one name that makes the call throw.',
    example: {
      before: "api.accessToken.setCustomClaim('scope', 'read:orders')",
      after: "api.accessToken.addScope('read:orders')",
    },
  },
  'api/invalid-scope': {
    severity: 'error',
    evidence: 'code',
    source: SOURCES.apiCode,
    summary: 'A scope is one text without spaces.',
    why: 'Other values throw at the call.',
    example: {
      before: "api.accessToken.addScope('read:orders write:orders')",
      after: "api.accessToken.addScope('read:orders')",
    },
  },
  'api/invalid-url': {
    severity: 'error',
    evidence: 'code',
    source: SOURCES.harness,
    summary: 'sendUserTo gets an absolute address.',
    why: 'A relative address throws at the call.',
    example: {
      before: "api.redirect.sendUserTo('/terms')",
      after: "api.redirect.sendUserTo('https://acme.example/terms')",
    },
  },
  'api/invalid-argument': {
    severity: 'error',
    evidence: 'code',
    source: SOURCES.harness,
    summary: 'Methods get the arguments that they take.',
    why: "Auth0's own api code throws on a cookie mode that does not exist, on metadata keys with other signs than letters, digits, - and _, on metadata that is no text, and on target scopes that are no list.",
    example: {
      before: "api.session.setCookieMode('nonpersistent')",
      after: "api.session.setCookieMode('non-persistent')",
    },
  },
  'api/chained-on-nothing': {
    severity: 'error',
    evidence: 'code',
    source: SOURCES.harness,
    summary: 'Nothing is read from a method that returns nothing.',
    why: 'Older documentation said that most methods return api; addScope and others do not.',
    example: {
      before: "api.accessToken.addScope('a').addScope('b')",
      after: "api.accessToken.addScope('a'); api.accessToken.addScope('b')",
    },
  },
  'api/detached-method': {
    severity: 'warning',
    evidence: 'inference',
    source: SOURCES.harness,
    summary: 'Methods are called on their object.',
    why: "Auth0's test harness throws on a method that was taken off its object; whether a tenant does is not documented.",
    example: {
      before: "const { setCustomClaim } = api.idToken; setCustomClaim('https://acme.example/plan', 'team')",
      after: "const { idToken } = api; idToken.setCustomClaim('https://acme.example/plan', 'team')",
    },
  },
  'api/write-after-deny': {
    severity: 'warning',
    evidence: 'documentation',
    source: SOURCES.api,
    summary: 'The handler ends where it denies.',
    why: 'access.deny does not stop the handler: metadata that is written after it is saved.',
    example: {
      before: "if (event.user.blocked) api.access.deny('blocked'); api.user.setAppMetadata('seen', true)",
      after:
        "if (event.user.blocked) return api.access.deny('blocked'); api.user.setAppMetadata('seen', true)",
    },
  },
  'api/metadata-every-login': {
    severity: 'info',
    evidence: 'documentation',
    source: 'https://auth0.com/docs/manage-users/user-accounts/metadata/manage-user-metadata',
    summary: 'Metadata is written when it changes, not at every login.',
    why: 'Each write is an update of the user, which counts against a rate limit and is repeated past it; a login that cannot finish it in time fails. A refresh counts as well.',
    example: {
      before: "api.user.setAppMetadata('plan', 'free')",
      after: "if (event.user.app_metadata.plan === undefined) api.user.setAppMetadata('plan', 'free')",
    },
  },
} as const satisfies RuleTable

const report = reporter(apiRules)

/** Uses of `api` that throw, and that most likely are not meant. */
export function* apiFindings({ walked, positionAt }: Program): Generator<Finding> {
  const said = new Set<string>()
  for (const observation of walked.observations) {
    if (observation.kind === 'api-call' && isPlainWrite(observation)) continue
    for (const [rule, detail] of detailsOf(observation)) {
      // One call with several names is one thing to mend.
      const key = `${observation.offset} ${rule} ${detail.claim ?? ''}`
      if (said.has(key)) continue
      said.add(key)
      yield report(rule, positionAt(observation.offset), detail)
    }
  }
}

/** A claim write of which nothing is to be said here: what most calls are. */
function isPlainWrite({ method, first, afterDeny }: ApiCall): boolean {
  return !afterDeny && method.endsWith('.setCustomClaim') && !first.values.includes('scope')
}

type Draft = readonly [rule: keyof typeof apiRules, detail: Detail]

function* detailsOf(observation: Observation): Generator<Draft> {
  const { caught } = observation
  switch (observation.kind) {
    case 'unknown-api':
      yield ['api/unknown-method', unknownMethod(observation.path, caught)]
      return
    case 'chained':
      if (caught) return
      yield [
        'api/chained-on-nothing',
        {
          message: `api.${observation.method}() returns nothing: reading ".${observation.member}" of it throws.`,
          hint: 'Write the calls as statements of their own.',
        },
      ]
      return
    case 'detached':
      yield [
        'api/detached-method',
        {
          message: `${observation.method} was taken off its object: in Auth0's own test harness the call throws.`,
          hint: `Call it as api.${observation.method}(...), or bind it to its object.`,
        },
      ]
      return
    case 'api-call':
      if (!caught) yield* throwingCall(observation)
      yield* unmeantCall(observation)
      return
    default:
  }
}

function* throwingCall({ method, args, first }: ApiCall): Generator<Draft> {
  const [argument] = args
  if (method.endsWith('.setCustomClaim') && first.complete && first.values.includes('scope')) {
    yield [
      'api/refused-claim',
      {
        message: 'setCustomClaim("scope") throws, and uncaught it fails the login.',
        hint: 'Use api.accessToken.addScope(...) or removeScope(...).',
        claim: 'scope',
        token: method.startsWith('idToken') ? 'id_token' : 'access_token',
      },
    ]
  }
  if (/^(?:accessToken\.(?:add|remove)Scope|transaction\.(?:add|remove)TargetScope)$/.test(method)) {
    const fault = argument?.kind === 'literal' ? scopeFault(argument.value) : undefined
    if (fault !== undefined) {
      yield [
        'api/invalid-scope',
        {
          message: `api.${method} throws: the scope ${fault}.`,
          hint: 'Pass one scope a call, as text without spaces.',
        },
      ]
    }
  }
  const fault = argumentFault(method, args)
  if (fault !== undefined) {
    yield [
      'api/invalid-argument',
      { message: `api.${method} throws: ${fault}.`, hint: 'See the reference of the method.' },
    ]
  }
  if (
    method === 'redirect.sendUserTo' &&
    argument?.kind === 'literal' &&
    !URL.canParse(String(argument.value))
  ) {
    yield [
      'api/invalid-url',
      {
        message: 'api.redirect.sendUserTo throws: its address is not absolute.',
        hint: 'Pass an address with scheme and host.',
      },
    ]
  }
}

/** Why a method throws on these arguments, for the few of which it is known. */
function argumentFault(method: string, [first, second]: readonly Value[]): string | undefined {
  switch (method) {
    case 'session.setCookieMode':
      return first?.kind === 'literal' && first.value !== 'persistent' && first.value !== 'non-persistent'
        ? 'the mode is "persistent" or "non-persistent"'
        : undefined
    case 'session.setMetadata':
    case 'refreshToken.setMetadata':
      if (first?.kind === 'literal' && !/^[\w-]{1,255}$/.test(String(first.value))) {
        return 'the key has letters, digits, "-" and "_" only'
      }
      return isObject(second) || (second?.kind === 'literal' && isNoText(second.value))
        ? 'the value is text'
        : undefined
    case 'transaction.setMetadata':
      return isObject(second) ? 'the value is text, a number, true, false or null' : undefined
    case 'transaction.setTargetScopes':
      return first?.kind === 'literal' && first.value !== undefined ? 'the scopes are a list' : undefined
    case 'authentication.setPrimaryUser':
      return first?.kind === 'literal' && (typeof first.value !== 'string' || first.value === '')
        ? 'the user id is text'
        : undefined
    default:
      return undefined
  }
}

function isObject(value: Value | undefined): boolean {
  return value?.kind === 'record' || value?.kind === 'list'
}

function isNoText(value: unknown): boolean {
  return typeof value === 'number' || typeof value === 'boolean'
}

function scopeFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be text'
  if (value.trim() === '') return 'is empty'
  if (/\s/.test(value.trim())) return 'must not have whitespace'
  return value.trim().length > 280 ? 'has more than 280 characters' : undefined
}

function* unmeantCall(call: ApiCall & { handler: string | undefined }): Generator<Draft> {
  const { method, afterDeny, always, handler } = call
  const claim = method.endsWith('.setCustomClaim')
  const metadata = method === 'user.setUserMetadata' || method === 'user.setAppMetadata'
  if (afterDeny && (claim || metadata)) {
    yield [
      'api/write-after-deny',
      {
        severity: claim ? 'info' : 'warning',
        message: claim
          ? 'This may run after api.access.deny(...), which does not end the handler; the claim is lost with the login.'
          : 'This may run after api.access.deny(...), which does not end the handler; metadata is still saved.',
        hint: 'Write "return api.access.deny(...)".',
      },
    ]
  }
  if (metadata && always && handler === postLogin.handlers.execute) {
    yield [
      'api/metadata-every-login',
      {
        message: `api.${method} runs at every login and every refresh: each is an update of the user.`,
        hint: 'Write metadata only when it changes.',
      },
    ]
  }
}

function unknownMethod(path: string, caught: boolean): Detail {
  const [area = '', method = ''] = path.split('.')
  const areas = Object.keys(POST_LOGIN_API)
  const known = Object.hasOwn(POST_LOGIN_API, area)
  const near = known
    ? nearestMethod(area, method)
    : (areaOf(area) ??
      (nearest(area, areas) && `api.${nearest(area, areas)}${method === '' ? '' : `.${method}`}`))
  const elsewhere = ELSEWHERE.find(([name]) => name.test(method || area))?.[1]
  return {
    severity: caught ? 'warning' : 'error',
    message: `api.${path} does not exist in post-login: the call throws${caught ? ', which the code catches' : ''}.`,
    hint: near
      ? `Did you mean ${near}?`
      : (elsewhere ??
        `There is ${known ? Object.keys(POST_LOGIN_API[area]!).join(', ') : areas.join(', ')}.`),
  }
}

/** What people look for in `api`, and where it is. */
const ELSEWHERE: readonly (readonly [name: RegExp, hint: string])[] = [
  [
    /roles?$/i,
    'No method assigns roles: read event.authorization?.roles, and change them with the Management API.',
  ],
  [
    /permissions?$/i,
    'No method sets permissions: they follow from roles, and scopes from api.accessToken.addScope(...).',
  ],
  [
    /^(?:remove|delete|unset|clear)\w*claims?$/i,
    'No method takes a claim back: set it only where it belongs.',
  ],
  [
    /claims?$/i,
    'Claims are set with api.idToken.setCustomClaim(...) and api.accessToken.setCustomClaim(...).',
  ],
  [/^(?:log|debug|info|warn|error)$/i, 'Write to the log with the console object.'],
  [/^(?:fetch|request|get|post|http)$/i, 'Call other systems with fetch(...), and a time limit.'],
]

function nearestMethod(area: string, method: string): string | undefined {
  const near = nearest(method, Object.keys(POST_LOGIN_API[area]!))
  return near === undefined ? areaOf(method) : `api.${area}.${near}`
}

/** `api.user.setAppMetadata`, for a method without its area, or with a wrong one. */
function areaOf(method: string): string | undefined {
  const area = Object.keys(POST_LOGIN_API).find((name) => Object.hasOwn(POST_LOGIN_API[name]!, method))
  return area === undefined ? undefined : `api.${area}.${method}`
}
