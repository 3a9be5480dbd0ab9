import { type Finding, reporter } from '../finding.ts'
import type { RunError } from '../runtime/types.ts'
import { methodsWith, postLogin } from '../triggers/index.ts'
import { runRules } from './run-rules.ts'
import type { PipelineResult } from './types.ts'

const LIMITS = 'https://auth0.com/docs/customize/actions/limitations'
const GUIDE = 'https://auth0.com/docs/customize/actions/action-coding-guidelines'
const RULES = 'https://auth0.com/docs/customize/actions/migrate/migrate-from-rules-to-actions'
const API = postLogin.pages.api
const DENY = methodsWith(postLogin, ({ denies }) => denies === true)[0]!
const CAN_REDIRECT = methodsWith(postLogin, ({ atRefresh }) => atRefresh === false)[0]!
const SET_CLAIM = methodsWith(postLogin, ({ claim }) => claim === 'access_token')[0]!

const report = reporter(runRules)

const ADVICE: Record<RunError['kind'], readonly [hint: string, source: string]> = {
  threw: [
    `Guard what may be missing, catch errors of calls to other systems, and deny with api.${DENY}.`,
    GUIDE,
  ],
  timeout: [
    'All Actions together have 20 seconds: give every outgoing call a limit under 10 seconds.',
    LIMITS,
  ],
  exited: ['Return from the handler instead of ending the process.', GUIDE],
  'out-of-memory': [
    'Keep less in memory, and nothing in module variables that grows with every login.',
    GUIDE,
  ],
  load: ['The file must load as CommonJS and export an object: build it with claims build.', GUIDE],
  signature: ['Export the handler as an async function, compiled for ES2017 or later.', GUIDE],
  unhandled: ['Await every promise, and catch errors in callbacks and timers.', GUIDE],
}

/** One finding for each run that failed, and for what the flow cannot do; with what to do about it. */
export function runFindings({ runs, refused }: Pick<PipelineResult, 'runs' | 'refused'>): Finding[] {
  const findings = runs.flatMap(({ action, error }) => {
    if (error === undefined) return []
    const [hint, source] = adviceOn(error)
    const message = `"${action}" failed the login: ${error.message}`
    return [report(`runtime/${error.kind}`, error.at, { message, hint, source })]
  })
  if (refused === undefined) return findings
  const { action, method, at } = refused.command
  const redirects = refused.error === 'interaction_required'
  const rule = redirects ? 'runtime/interaction-required' : 'runtime/mfa-required'
  const asked = redirects
    ? 'Nobody can be redirected in this flow'
    : 'Nobody can be asked for a second factor in this flow'
  const hint = redirects
    ? `Ask api.${CAN_REDIRECT}() first.`
    : 'Look at event.transaction.protocol and event.transaction.prompt first.'
  const message = `"${action}" calls ${method}. ${asked}: the application gets ${refused.error}.`
  return [...findings, report(rule, at, { message, hint })]
}

/** Characters: what tells errors apart is at the start of their message. */
const TOLD = 2000

/** What the message of an error gives away; the first that fits. */
const BY_MESSAGE: readonly [RegExp, hint: string, source: string][] = [
  [
    /(?<![\w.])api\.[\w.]+ is not a function/,
    `The api of ${postLogin.id} ${postLogin.version} has no such method: look for its name in the reference.`,
    API,
  ],
  [
    /private member #\w+|reading '#\w+'/,
    `Call a method on its object, as in api.${SET_CLAIM}(…): taken off it, it fails.`,
    API,
  ],
  [
    /^(?:context|callback|configuration|global|auth0) is not defined/,
    'This is how Rules were written: in an Action everything is in event and api.',
    RULES,
  ],
  [/ is not defined$/, 'Declare the variable, or require the module that it comes from.', GUIDE],
  [
    /^The "secret" parameter must be a string/,
    'The secret has no value here: set it in tenant.local.yaml, or as event.secrets in a test.',
    GUIDE,
  ],
  [
    /^Cannot find module 'actions:/,
    'Name the module under the modules of the Action; it must be published. In a test, give its file as modules.',
    GUIDE,
  ],
  [
    /^Cannot find module '(?:@[^/']+\/)?[^@'/]+@/,
    'Leave the version out of require: it stands beside the name, under the dependencies of the Action.',
    GUIDE,
  ],
  [
    /^Cannot find module '[^']+', which is not installed here/,
    'The Action declares it: install it beside tenant.yaml, with npm install.',
    GUIDE,
  ],
  [
    /^Cannot find module '/,
    'Declare the package under the dependencies of the Action in tenant.yaml.',
    GUIDE,
  ],
  [
    /The network is refused in this run/,
    'Allow the network (claims simulate --allow-network), or give responses in the test.',
    GUIDE,
  ],
  [
    /^Access to this API has been restricted/,
    'An Action can neither write files nor start processes or workers.',
    GUIDE,
  ],
]

function adviceOn({ kind, message }: RunError): readonly [hint: string, source: string] {
  const head = message.slice(0, TOLD)
  const found = BY_MESSAGE.find(([pattern]) => pattern.test(head))
  return found === undefined ? ADVICE[kind] : [found[1], found[2]]
}
