import type { LoginState } from './login-state.ts'
import { applyCall, methodAt, type Trigger } from './trigger.ts'

/** A call of an Action to its `api`, as a run wrote it down. JSON. */
export interface RecordedCall {
  action: string
  /** Path below `api`. */
  method: string
  args: readonly unknown[]
  threw?: string
}

/**
 * The state after some more calls. Calls that threw ask for nothing, and neither do methods that the trigger does not have.
 *
 * @param event as the Action that made the calls got it
 * @param from place of the first call that is not in `state` yet
 */
export function reduceCalls(
  trigger: Trigger,
  event: object,
  calls: readonly RecordedCall[],
  state: LoginState = {},
  from = 0,
): LoginState {
  const next = copyOf(state)
  for (let call = from; call < calls.length; call++) {
    const { method: path, args, action, threw } = calls[call]!
    const method = threw === undefined ? methodAt(trigger, path) : undefined
    if (method !== undefined) applyCall(method, next, args, { event, action, call })
  }
  return next
}

/** The event with what has been asked for, as the next Action gets it. Changes nothing in the one that is given. */
export function shownEvent<Event extends object>({ show }: Trigger, event: Event, state: LoginState): Event {
  if (show === undefined) return event
  const next = { ...event } as Record<string, unknown>
  for (const part of ['session', 'refresh_token']) {
    if (typeof next[part] === 'object') next[part] = { ...next[part] }
  }
  show(next as never, state)
  return next as Event
}

/** Methods write into lists and maps of the state; what is in them they replace. */
function copyOf(state: LoginState): LoginState {
  const { claims, scopes, profile, factors, attributes } = state
  return {
    ...state,
    ...(claims !== undefined && {
      claims: Object.fromEntries(Object.entries(claims).map(([token, own]) => [token, { ...own }])),
    }),
    ...(scopes !== undefined && { scopes: scopes.map((one) => ({ ...one })) }),
    ...(profile !== undefined && { profile: [...profile] }),
    ...(factors !== undefined && { factors: [...factors] }),
    ...(attributes !== undefined && { attributes: { ...attributes } }),
  }
}
