import type { Finding } from '../finding.ts'
import type { Position } from '../runtime/types.ts'
import { POST_LOGIN_API } from './api-shape.ts'
import type { FoundWrite } from './claim-writes.ts'
import { EVENT, shapeAt } from './event-shape.ts'
import { Interpreter, texts } from './flow/interpreter.ts'
import type { Observation } from './flow/observation.ts'
import { nearest } from './nearest.ts'
import type { Node } from './tree.ts'

const API = 'https://auth0.com/docs/actions/reference/post-login/post-login-api-object'
const EVENT_PAGE = 'https://auth0.com/docs/actions/reference/post-login/post-login-event-object'
const SCOPE_CODE =
  'https://github.com/auth0/auth0-actions/blob/09eb3b6e2e81f2bcbf7a2791969a9a30cb186751/src/_shared/DvTaCl9e.js'
const HARNESS =
  'https://github.com/auth0/auth0-actions/blob/52e2a1709337a74414f31a2111f9952aa1f82325/src/post-login/v3/test/index.js'

type Draft = Omit<Finding, 'file' | 'line' | 'column'> & { offset: number }

/** What walking the program shows: claim writes with their names, and uses of `event` and `api` that fail. */
export function flowOf(program: Node): { writes: FoundWrite[]; observations: readonly Observation[] } {
  const interpreter = new Interpreter()
  interpreter.run(program)
  const writes: FoundWrite[] = []
  for (const observation of interpreter.observations) {
    if (observation.kind !== 'api-call' || !observation.method.endsWith('.setCustomClaim')) continue
    writes.push({
      token: observation.method.startsWith('idToken') ? 'id_token' : 'access_token',
      names: texts(observation.args[0]),
      offset: observation.nameOffset,
    })
  }
  return { writes, observations: interpreter.observations }
}

/** Families `api` and `event`: what throws at run time, and what most likely is not meant. */
export function* flowFindings(
  observations: readonly Observation[],
  positionAt: (offset: number) => Position,
): Generator<Finding> {
  for (const observation of observations) {
    for (const { offset, ...draft } of draftsOf(observation)) yield { ...draft, ...positionAt(offset) }
  }
}

function* draftsOf(observation: Observation): Generator<Draft> {
  const { offset, caught } = observation
  switch (observation.kind) {
    case 'unknown-api':
      yield { ...unknownApi(observation.path, caught), offset }
      return
    case 'absent':
      if (!caught) yield { ...absent(observation.path, observation.unclear), offset }
      return
    case 'unknown-event':
      yield { ...unknownEvent(observation.path, observation.used && !caught), offset }
      return
    case 'chained':
      if (caught) return
      yield {
        rule: 'api/chained-on-nothing',
        severity: 'error',
        message: `api.${observation.method}() returns nothing: reading ".${observation.member}" of it throws.`,
        hint: 'Write the calls as statements of their own.',
        offset,
        source: API,
      }
      return
    case 'detached':
      yield {
        rule: 'api/detached-method',
        severity: 'warning',
        message: `${observation.method} was taken off its object: in Auth0's own test harness the call throws.`,
        hint: `Call it as api.${observation.method}(...), or bind it to its object.`,
        offset,
        source: HARNESS,
      }
      return
    case 'api-call':
      yield* apiCall(observation)
  }
}

function* apiCall(observation: Observation & { kind: 'api-call' }): Generator<Draft> {
  const { method, args, offset, caught, afterDeny } = observation
  const first = texts(args[0])
  const claim = method.endsWith('.setCustomClaim')
  if (claim && first.complete && first.values.includes('scope') && !caught) {
    yield {
      rule: 'api/refused-claim',
      severity: 'error',
      message: 'setCustomClaim("scope") throws, and uncaught it fails the login.',
      hint: 'Use api.accessToken.addScope(...) or removeScope(...).',
      offset,
      claim: 'scope',
      token: method.startsWith('idToken') ? 'id_token' : 'access_token',
      source: SCOPE_CODE,
    }
  }
  if (
    /^(?:accessToken\.(?:add|remove)Scope|transaction\.(?:add|remove)TargetScope)$/.test(method) &&
    !caught
  ) {
    const wrong = args[0]?.kind === 'literal' ? scopeFault(args[0].value) : undefined
    if (wrong !== undefined) {
      yield {
        rule: 'api/invalid-scope',
        severity: 'error',
        message: `api.${method} throws: the scope ${wrong}.`,
        hint: 'Pass one scope a call, as text without spaces.',
        offset,
        source: SCOPE_CODE,
      }
    }
  }
  if (method === 'redirect.sendUserTo' && args[0]?.kind === 'literal' && !caught) {
    if (!URL.canParse(String(args[0].value))) {
      yield {
        rule: 'api/invalid-url',
        severity: 'error',
        message: 'api.redirect.sendUserTo throws: its address is not absolute.',
        hint: 'Pass an address with scheme and host.',
        offset,
        source: API,
      }
    }
  }
  if (afterDeny && (claim || method.startsWith('user.'))) {
    yield {
      rule: 'api/write-after-deny',
      severity: claim ? 'info' : 'warning',
      message: claim
        ? 'This may run after api.access.deny(...), which does not end the handler; the claim is lost with the login.'
        : 'This may run after api.access.deny(...), which does not end the handler; metadata is still saved.',
      hint: 'Write "return api.access.deny(...)".',
      offset,
      source: API,
    }
  }
}

function scopeFault(value: unknown): string | undefined {
  if (typeof value !== 'string') return 'must be text'
  if (value.trim() === '') return 'is empty'
  if (/\s/.test(value.trim())) return 'must not have whitespace'
  return value.trim().length > 280 ? 'has more than 280 characters' : undefined
}

function unknownApi(path: string, caught: boolean): Omit<Draft, 'offset'> {
  const [area = '', method = ''] = path.split('.')
  const areas = Object.keys(POST_LOGIN_API)
  const known = Object.hasOwn(POST_LOGIN_API, area)
  const meant = known
    ? nearest(method, Object.keys(POST_LOGIN_API[area]!))
    : areas.find((name) => Object.hasOwn(POST_LOGIN_API[name]!, area))
  const near = known
    ? meant && `api.${area}.${meant}`
    : meant !== undefined
      ? `api.${meant}.${area}`
      : nearest(area, areas) && `api.${nearest(area, areas)}${method === '' ? '' : `.${method}`}`
  return {
    rule: 'api/unknown-method',
    severity: caught ? 'warning' : 'error',
    message: `api.${path} does not exist in post-login: the call throws${caught ? ', which the code catches' : ''}.`,
    hint: near
      ? `Did you mean ${near}?`
      : `There is ${known ? Object.keys(POST_LOGIN_API[area]!).join(', ') : areas.join(', ')}.`,
    source: API,
  }
}

function absent(path: string, unclear: boolean): Omit<Draft, 'offset'> {
  return {
    rule: 'event/possibly-absent',
    severity: unclear ? 'info' : 'warning',
    message: unclear
      ? `${path} is marked optional; a flow without it is not documented.`
      : `${path} may be missing, and reading a member of it then throws and fails the login.`,
    hint: `Use ${path}?. or test ${path} first.`,
    source: EVENT_PAGE,
  }
}

function unknownEvent(path: string, used: boolean): Omit<Draft, 'offset'> {
  const parts = path.split('.')
  const name = parts.at(-1)!
  const shape = shapeAt(parts.slice(1, -1)) ?? EVENT
  const near = nearest(name, Object.keys(shape.members ?? {}))
  return {
    rule: 'event/unknown-property',
    severity: used ? 'error' : 'warning',
    message: used
      ? `${path} does not exist: reading a member of it throws.`
      : `${path} is not in the post-login event: it is undefined.`,
    hint:
      near === undefined
        ? 'See the reference of the event.'
        : `Did you mean ${[...parts.slice(0, -1), near].join('.')}?`,
    source: EVENT_PAGE,
  }
}
