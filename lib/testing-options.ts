import { ToolkitError } from './errors.ts'
import type { LoginOptions } from './simulator/login-options.ts'
import { postLogin } from './triggers/index.ts'
import { TRANSACTION_PROTOCOLS } from './triggers/post-login/event-shape.ts'
import {
  checkedOptions,
  type MustBe,
  mustBeBoolean,
  mustBeListOf,
  mustBeNumber,
  mustBeObject,
  mustBeOneOf,
  mustBeText,
  type OptionTable,
} from './verify/must-be.ts'

const mustBeAction: MustBe = (value) =>
  (typeof value === 'string' && value !== '') || (typeof value === 'object' && value !== null)
    ? undefined
    : `the exports of a module, such as { ${postLogin.handlers.execute} }, or the path of its file`

const mustBeSuspension: MustBe = (value) => {
  const { actionIndex, commands, event } = (value ?? {}) as Record<string, unknown>
  const is = Number.isInteger(actionIndex) && Array.isArray(commands) && mustBeObject(event) === undefined
  return is ? undefined : 'the suspension of an earlier result'
}

/** Each member of an object. */
const mustBeMapOf =
  (each: MustBe): MustBe =>
  (value) => {
    const fault =
      mustBeObject(value) ??
      Object.values(value as object)
        .map(each)
        .find((one) => one !== undefined)
    return fault === undefined || fault === mustBeObject(value)
      ? fault
      : `an object of which each member is ${fault}`
  }

const mustBeModule: MustBe = (value) => {
  const file = typeof value === 'string' ? value : (value as { file?: unknown } | null)?.file
  const secrets = typeof value === 'object' && value !== null && 'secrets' in value ? value.secrets : {}
  return mustBeText(file) === undefined && mustBeObject(secrets) === undefined
    ? undefined
    : 'the path of its file, or { file, secrets }'
}

// The modules that read `network` and `event` check what is in them.
const anything: MustBe = () => undefined

type Name =
  | 'actions'
  | 'event'
  | 'context'
  | 'facts'
  | 'network'
  | 'modules'
  | 'resume'
  | 'timeoutMilliseconds'
  | 'root'

const OPTIONS: OptionTable<Record<Name, unknown>> = {
  actions: mustBeListOf(mustBeAction, { empty: true }),
  event: (value) =>
    value instanceof Promise ? 'an event; this is a promise of one, to await' : mustBeObject(value),
  context: mustBeObject,
  facts: mustBeObject,
  network: anything,
  modules: mustBeMapOf(mustBeModule),
  resume: mustBeSuspension,
  timeoutMilliseconds: mustBeNumber(1, 3_600_000, 'milliseconds'),
  root: mustBeText,
}

type FactName = 'state' | 'executedRules' | 'groups' | 'roles' | 'targetScopes' | 'cache' | 'now'

const FACTS: OptionTable<Record<FactName, unknown>> = {
  state: mustBeText,
  executedRules: mustBeListOf(mustBeText, { empty: true }),
  groups: mustBeListOf(mustBeObject, { empty: true }),
  roles: mustBeListOf(mustBeObject, { empty: true }),
  targetScopes: mustBeBoolean,
  cache: mustBeMapOf((record) => {
    const { value, expires_at } = (record ?? {}) as Record<string, unknown>
    return typeof value === 'string' && typeof expires_at === 'number' ? undefined : '{ value, expires_at }'
  }),
  now: mustBeNumber(0, 8.64e15, 'milliseconds'),
}

const LOGIN: OptionTable<LoginOptions> = {
  user: mustBeText,
  client: mustBeText,
  audience: (value) => (typeof value === 'string' ? undefined : 'a text'),
  scope: (value) => (typeof value === 'string' ? undefined : 'a text of scopes with blanks between them'),
  organization: mustBeText,
  domain: mustBeText,
  protocol: mustBeOneOf(...TRANSACTION_PROTOCOLS),
}

interface Given {
  readonly actions: readonly unknown[]
  readonly event: object
  readonly facts?: object
  readonly resume?: { readonly actionIndex: number }
}

/** @throws ToolkitError `ERR_USAGE` with the name of the option at fault */
export function assertSimulateOptions(options: Given): void {
  checkedOptions('simulatePostLogin', options as Record<Name, unknown>, OPTIONS)
  for (const name of ['actions', 'event'] as const) {
    if (options[name] !== undefined) continue
    throw new ToolkitError('ERR_USAGE', `simulatePostLogin needs "${name}"`, {
      hint: 'For example: simulatePostLogin({ actions: [enrichClaims], event: postLoginEvent() }).',
    })
  }
  const { facts, event, resume, actions } = options
  if (facts !== undefined)
    checkedOptions('simulatePostLogin', facts as Record<FactName, unknown>, FACTS, 'facts.')
  const { secrets } = event as { secrets?: unknown }
  if (secrets !== undefined && mustBeObject(secrets) !== undefined) {
    throw new ToolkitError('ERR_USAGE', '"event.secrets" must be an object', {
      hint: 'Give each secret by name: { secrets: { API_KEY: "…" } }.',
    })
  }
  if (resume !== undefined && resume.actionIndex >= actions.length) {
    throw new ToolkitError(
      'ERR_USAGE',
      `resume continues in Action ${resume.actionIndex + 1} of ${actions.length}`,
      {
        hint: 'Give the same Actions, in the same order, as to the run before.',
      },
    )
  }
}

/** @throws ToolkitError `ERR_USAGE` with the name of the option at fault */
export function assertLoginOptions(login: LoginOptions): void {
  checkedOptions('eventFor', login, LOGIN)
}
