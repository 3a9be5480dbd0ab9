import { asJson } from '../json.ts'
import { bareState } from './login-state.ts'
import type { Call, Doubt, Method } from './method.ts'
import type { Trigger } from './trigger.ts'

/** An object that has all the members that it is asked for: those of `known`, and texts. */
export function withEveryMember(known: object): object {
  return new Proxy(known, {
    get: (target, name) =>
      typeof name === 'symbol' || Reflect.has(target, name) ? Reflect.get(target, name) : 'x',
  })
}

/** What stands for an argument that is not known: of each kind one that some method takes. */
export const ANYTHING: readonly unknown[] = [
  'x',
  'https://a.example/',
  1,
  true,
  undefined,
  {},
  ['x'],
  null,
  'any',
  'persistent',
  'invalid_request',
  { type: 'otp' },
  [{ type: 'otp' }],
  withEveryMember({}),
]

/** More ways of putting arguments together than this are not tried: the call may be good. */
const MOST_TRIES = 1000

/** An event with every part that a method may need. */
const EVENT = {
  accessToken: { scope: [], customClaims: {} },
  authorization: { roles: [] },
  client: { client_id: 'x', name: 'x', metadata: {} },
  refresh_token: { id: 'x', metadata: {} },
  request: { hostname: 'a.example', ip: '127.0.0.1', method: 'GET', query: {}, body: {}, geoip: {} },
  resource_server: { identifier: 'https://a.example/' },
  session: { id: 'x', metadata: {} },
  transaction: { protocol: 'oauth2-refresh-token', metadata: {}, requested_scopes: [] },
  user: { user_id: 'x', app_metadata: {}, user_metadata: {} },
}

const CALL: Omit<Call<never>, 'handler' | 'own' | 'before' | 'cache'> = {
  event: EVENT as never,
  facts: {},
  now: () => 1_700_000_000_000,
  sessionTokens: { sign: () => '', verify: () => ({}) },
}

/**
 * Why a call of a method throws whatever the login is: the message, in Auth0's words; `undefined` for a call that may be
 * good. `args` holds of each argument what it can be ({@link ANYTHING}, where that is not known). Asks the method itself, so that a
 * check of the source and a run say the same.
 */
export function refusal(
  { handlers }: Pick<Trigger, 'handlers'>,
  method: Method<never>,
  args: readonly (readonly unknown[])[],
): string | undefined {
  if (method.run === undefined) return undefined
  const possible = method.parameters.map((name, index) => {
    const given = args[index] ?? [undefined]
    return name.endsWith('?') ? given.map((one) => (one === undefined ? {} : one)) : given
  })
  let message: string | undefined
  let tries = 0
  for (const chosen of combinations(possible)) {
    if (++tries > MOST_TRIES) return undefined
    const call = {
      ...CALL,
      handler: handlers.resume ?? handlers.execute,
      before: bareState(),
      own: bareState(),
      cache: {},
    }
    try {
      method.run(call, ...chosen)
      if (method.record === undefined) chosen.map(asJson)
      return undefined
    } catch (error) {
      // Throwing is what it is for, save where it is called wrongly.
      if (method.checksToken === true && !isOfArgument(error)) return undefined
      message ??= error instanceof Error ? error.message : String(error)
    }
  }
  return message
}

function isOfArgument(error: unknown): boolean {
  return error instanceof Error && /^The "\w+" parameter must be /.test(error.message)
}

/** Why a call most likely does not do what is meant, whichever of the possible arguments it gets. */
export function doubted(
  { doubt, parameters }: Pick<Method<never>, 'doubt' | 'parameters'>,
  args: readonly (readonly unknown[])[],
): Doubt | undefined {
  if (doubt === undefined) return undefined
  let found: Doubt | undefined
  for (const chosen of combinations(parameters.map((_, index) => args[index] ?? [undefined]))) {
    const one = doubt(...chosen)
    if (one === undefined) return undefined
    found ??= one
  }
  return found
}

function* combinations(choices: readonly (readonly unknown[])[]): Generator<unknown[]> {
  const [first, ...rest] = choices
  if (first === undefined) {
    yield []
    return
  }
  for (const others of combinations(rest)) for (const one of first) yield [one, ...others]
}
