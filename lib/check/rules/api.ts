import { type Detail, type Finding, type RuleTable, reporter } from '../../finding.ts'
import { methodsWith, type Situation, type Trigger } from '../../triggers/index.ts'
import { doubted, refusal } from '../../triggers/trial.ts'
import type { ApiCall, Observation } from '../flow/observation.ts'
import { walkFile } from '../flow/walk-file.ts'
import { nearest } from '../nearest.ts'
import { isKnown, mayBeText, possibleValues } from '../possible-values.ts'
import type { Program } from '../program.ts'
import { SOURCES } from './sources.ts'

export const apiRules = {
  'api/unknown-method': {
    severity: 'error',
    evidence: 'documentation',
    source: SOURCES.api,
    summary: 'Only methods are called that the api of the trigger has.',
    why: 'A method that does not exist throws; uncaught, that fails the login.',
    example: {
      before: "api.setAppMetadata('plan', 'free')",
      after: "api.user.setAppMetadata('plan', 'free')",
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
    why: "Auth0's own api code throws on a reason that is no text (an error that was caught, nothing at all), on an object in place of a key and a value, on a cookie mode or a factor that does not exist, on metadata keys with other signs than letters, digits, - and _, and on target scopes that are no list.",
    example: {
      before: "api.session.setCookieMode('nonpersistent')",
      after: "api.session.setCookieMode('non-persistent')",
    },
  },
  'api/assignment': {
    severity: 'error',
    evidence: 'documentation',
    source: SOURCES.api,
    summary: 'Nothing is assigned to a part of the api.',
    why: 'Claims, scopes and metadata are set by calls; what is assigned beside the methods nobody reads. Rules worked otherwise.',
    example: {
      before: "api.accessToken['https://acme.example/plan'] = 'team'",
      after: "api.accessToken.setCustomClaim('https://acme.example/plan', 'team')",
    },
  },
  'api/lost-argument': {
    severity: 'warning',
    evidence: 'documentation',
    source: SOURCES.api,
    summary: 'Methods get no more arguments than they take.',
    why: 'A denial of post-login takes the reason alone, which the application gets as error_description; that of other triggers takes a code and a text. What is passed beside it nobody sees.',
    example: {
      before: "api.access.deny('blocked', 'Your account is closed.')",
      after: "api.access.deny('Your account is closed.')",
    },
  },
  'api/not-in-every-flow': {
    severity: 'warning',
    evidence: 'code',
    source: SOURCES.harness,
    summary: 'Methods of the session, and of a refresh token that exists, are called where there is one.',
    why: 'The same handler runs for logins, refreshes and password grants. A method on something that the flow does not have throws, and that fails it.',
    example: {
      before: "api.session.setMetadata('team', 'a')",
      after: "if (event.session) api.session.setMetadata('team', 'a')",
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

/** Calls that need a part of the event, and that are reached where it may be missing. */
function* unguardedCalls({ walked, tree, positionAt }: Program): Generator<Finding> {
  const { trigger } = walked
  const reached = new Map<Situation, ReadonlySet<number>>()
  for (const one of walked.observations) {
    if (one.kind !== 'api-call' || !one.unguarded || one.caught || one.handler === undefined) continue
    const { part, lacking, situation } = one.entry.needs!
    // A user who comes back from a redirect is in a browser, at a login.
    if (one.handler === trigger.handlers.resume && situation === 'refresh') continue
    if (!reached.has(situation)) {
      const { observations } = walkFile(tree, trigger, situation)
      reached.set(
        situation,
        new Set(observations.flatMap(({ kind, offset }) => (kind === 'api-call' ? [offset] : []))),
      )
    }
    if (!reached.get(situation)!.has(one.offset)) continue
    yield report('api/not-in-every-flow', positionAt(one.offset), {
      message: `api.${one.method} throws ${lacking}.`,
      hint: `Test event.${part} first.`,
    })
  }
}

/** Uses of `api` that throw, and that most likely are not meant. */
export function* apiFindings(program: Program): Generator<Finding> {
  const { walked, positionAt } = program
  yield* unguardedCalls(program)
  const said = new Set<string>()
  for (const observation of walked.observations) {
    if (observation.kind === 'api-call' && isPlainWrite(observation)) continue
    for (const [rule, detail] of detailsOf(observation, walked.trigger)) {
      // One call with several names is one thing to mend.
      const key = `${observation.offset} ${rule} ${detail.claim ?? ''}`
      if (said.has(key)) continue
      said.add(key)
      yield report(rule, positionAt(observation.offset), detail)
    }
  }
}

/** A claim write that these rules say nothing of, as most are. */
function isPlainWrite({ entry, afterDeny, args }: ApiCall): boolean {
  return (
    !afterDeny && entry.claim !== undefined && args.length <= entry.parameters.length && mayBeText(args[0])
  )
}

type Draft = readonly [rule: keyof typeof apiRules, detail: Detail]

function* detailsOf(observation: Observation, trigger: Trigger): Generator<Draft> {
  const { caught } = observation
  switch (observation.kind) {
    case 'unknown-api':
      yield ['api/unknown-method', unknownMethod(trigger, observation.path, caught)]
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
    case 'api-write': {
      const area = observation.path.split('.')[0]!
      const claim = methodsWith(trigger, (method) => method.claim !== undefined)
      const call = claim.find((path) => path.startsWith(`${area}.`))
      yield [
        'api/assignment',
        {
          message:
            call === undefined
              ? `Assigning to api.${area} changes nothing: nobody reads what is put there.`
              : `Assigning to api.${area} sets no claim: nobody reads what is put there.`,
          hint:
            call === undefined
              ? `Call one of the methods of api.${area}.`
              : `Write api.${call}(name, value).`,
        },
      ]
      return
    }
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
      if (!caught) yield* throwingCall(observation, trigger)
      yield* lostArgument(observation)
      yield* unmeantCall(observation, trigger)
      return
    default:
  }
}

function* throwingCall({ method, entry, args, spread }: ApiCall, trigger: Trigger): Generator<Draft> {
  // Names of claims have rules of their own.
  if (spread || (entry.claim !== undefined && mayBeText(args[0]))) return
  if (args.length > 0 && !args.some(isKnown)) return
  const possible = args.map((arg) => possibleValues(arg))
  const doubt = doubted(entry, possible)
  if (doubt !== undefined) {
    yield [
      'api/invalid-argument',
      {
        severity: 'warning',
        evidence: 'documentation',
        message: `In api.${method} ${doubt.text}.`,
        hint: doubt.hint,
      },
    ]
  }
  const message = refusal(trigger, entry, possible)
  if (message === undefined) return
  const detail = { message: `api.${method} throws: ${message.replace(/\.$/, '')}.` }
  if (/^Invalid URL/.test(message)) {
    yield ['api/invalid-url', { ...detail, hint: 'Pass an address with scheme and host.' }]
  } else if (entry.scope !== undefined) {
    yield ['api/invalid-scope', { ...detail, hint: 'Pass one scope a call, as text without spaces.' }]
  } else yield ['api/invalid-argument', { ...detail, hint: usage(method, entry) }]
}

function usage(method: string, { parameters, denies, profile }: ApiCall['entry']): string {
  const takes = parameters.map((name) => (name.endsWith('?') ? `{ … }` : name)).join(', ')
  if (denies === true) return `Pass the reason as text, e.g. error.message: api.${method}(${takes}).`
  if (profile !== undefined) return `One member a call, its key as text: api.${method}(${takes}).`
  return `It takes api.${method}(${takes}): see the reference of the method.`
}

const ORDINALS = ['no argument', 'one argument', 'two arguments', 'three arguments']

/** Arguments that the method does not look at. */
function* lostArgument({ method, entry, args, spread }: ApiCall): Generator<Draft> {
  const { parameters, denies } = entry
  const extra = args[parameters.length]
  if (spread || extra === undefined || (extra.kind === 'literal' && extra.value === undefined)) return
  const names = parameters.map((name) => name.replace('?', '')).join(', ')
  yield [
    'api/lost-argument',
    denies === true
      ? {
          message: `api.${method} takes ${ORDINALS[parameters.length]} (${names}): the application gets the first one as error_description, and the text after it is lost.`,
          hint: 'Pass the text that the application is to get, and nothing else.',
        }
      : {
          message: `api.${method} takes ${ORDINALS[parameters.length]}${names === '' ? '' : ` (${names})`}: what comes after is lost.`,
          hint: 'Leave it out, or pass it in its place.',
        },
  ]
}

function* unmeantCall(call: ApiCall & { handler: string | undefined }, trigger: Trigger): Generator<Draft> {
  const { method, entry, afterDeny, always, handler } = call
  const claim = entry.claim !== undefined
  const metadata = entry.profile !== undefined
  if (afterDeny && (claim || metadata)) {
    const deny = methodsWith(trigger, ({ denies }) => denies === true)[0]!
    yield [
      'api/write-after-deny',
      {
        severity: claim ? 'info' : 'warning',
        message: claim
          ? `This may run after api.${deny}(...), which does not end the handler; the claim is lost with the ${trigger.execution}.`
          : `This may run after api.${deny}(...), which does not end the handler; metadata is still saved.`,
        hint: `Write "return api.${deny}(...)".`,
      },
    ]
  }
  if (metadata && always && handler === trigger.handlers.execute) {
    yield [
      'api/metadata-every-login',
      {
        message: `api.${method} runs at every login and every refresh: each is an update of the user.`,
        hint: 'Write metadata only when it changes.',
      },
    ]
  }
}

function unknownMethod(trigger: Trigger, path: string, caught: boolean): Detail {
  const [area = '', method = ''] = path.split('.')
  const { methods } = trigger
  const areas = Object.keys(methods)
  const known = Object.hasOwn(methods, area)
  const near = known
    ? nearestMethod(methods, area, method)
    : (areaOf(methods, area) ??
      (nearest(area, areas) && `api.${nearest(area, areas)}${method === '' ? '' : `.${method}`}`))
  const elsewhere = trigger.elsewhere.find(([name]) => name.test(method || area))?.[1]
  return {
    severity: caught ? 'warning' : 'error',
    source: trigger.pages.api,
    message: `api.${path} does not exist in ${trigger.id}: the call throws${caught ? ', which the code catches' : ''}.`,
    hint: Object.hasOwn(trigger.instead, `api.${path}`)
      ? trigger.instead[`api.${path}`]!
      : near
        ? `Did you mean ${near}?`
        : (elsewhere ?? `There is ${known ? Object.keys(methods[area]!).join(', ') : areas.join(', ')}.`),
  }
}

function nearestMethod(methods: Trigger['methods'], area: string, method: string): string | undefined {
  const near = nearest(method, Object.keys(methods[area]!))
  return near === undefined ? areaOf(methods, method) : `api.${area}.${near}`
}

/** A method without its area, or with a wrong one, as it is called. */
function areaOf(methods: Trigger['methods'], method: string): string | undefined {
  const area = Object.keys(methods).find((name) => Object.hasOwn(methods[name]!, method))
  return area === undefined ? undefined : `api.${area}.${method}`
}
