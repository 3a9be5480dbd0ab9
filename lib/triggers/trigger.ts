import type { TokenKind } from '../finding.ts'
import type { LoginState } from './login-state.ts'
import type { Applied, Method, Methods } from './method.ts'
import type { Shape } from './shape.ts'

/**
 * A trigger of Auth0 whose Actions run here: everything that the check, the runtime and the simulator know of it.
 * Its event is `never` here, since each trigger has another one: a value of the right shape is the caller's to bring.
 */
export interface Trigger {
  /** As in tenant.yaml and in the Management API. */
  readonly id: string
  /** The newest version, which new Actions get. */
  readonly version: string
  /** Names under which an Action exports its handlers. */
  readonly handlers: {
    /** Starts each execution. */
    readonly execute: string
    /** Goes on after a redirect or a form; omitted where a trigger has neither. */
    readonly resume?: string
  }
  /** What its Actions run in, in a word for people: "login". */
  readonly execution: string
  /** Whom its tokens speak of. */
  readonly subject: 'user' | 'application'
  /** Tokens that its Actions can write to. */
  readonly tokens: readonly TokenKind[]
  /** Addresses of Auth0's reference. */
  readonly pages: { readonly api: string; readonly event: string }
  /** What its event holds. */
  readonly eventShape: Shape
  /** The `api` of its Actions. */
  readonly methods: Methods<never>
  /** What people look for in the api and do not find, by name, and where it is instead. */
  readonly elsewhere: readonly (readonly [name: RegExp, hint: string])[]
  /**
   * What people write that does not exist, such as `event.user.roles`, `api.redirect.to` and `context`, and what to
   * write instead.
   */
  readonly instead: Readonly<Record<string, string>>
  /** Parts of the event that a method changes, and how it is called. */
  readonly setters: readonly (readonly [path: string, call: string])[]
  /** Brings what has been asked for into the event. Replaces members of the event, and of `event.session` and `event.refresh_token`. */
  readonly show?: (event: never, state: LoginState) => void
  /** Why the execution fails although no Action threw: asked after each of them. `nameOf` gives the method of a call. */
  readonly fault?: (event: never, state: LoginState, nameOf: (call: number) => string) => string | undefined
  /** Whether the user cannot be sent away as the state wants, or cannot be asked at the end. */
  readonly refused?: (event: never, state: LoginState) => RefusedCall | undefined
  /** Whether the user has to show a second factor at the end, which this session has not shown. */
  readonly secondFactor?: (event: never, state: LoginState) => boolean
  /** Part of the event that only the resumed Action sees. */
  readonly answered?: string
  /** Its kinds of executions that the check tells apart, by paths of the event (`*` for every member); omitted where there is one kind. */
  readonly situations?: Readonly<Record<Situation, ReadonlyMap<string, KnownPart>>>
}

/** The token of a login itself, and the one of a later refresh. */
export type Situation = 'login' | 'refresh'

/** What is known of a part of an event: its value, that it is absent, or that it is present. */
export type KnownPart = { readonly value: string } | 'absent' | 'present'

/** A call that asks for what a flow cannot do, and the error that the application gets instead of tokens. */
export interface RefusedCall {
  error: InteractionError
  call: number
  /** Set when the execution fails for it. */
  reason?: string
}

export type InteractionError = 'interaction_required' | 'login_required' | 'mfa_required'

/** The names of a trigger's handlers, in the order in which they run. */
export function handlersOf({ handlers: { execute, resume } }: Pick<Trigger, 'handlers'>): string[] {
  return resume === undefined ? [execute] : [execute, resume]
}

const byPath = new WeakMap<Trigger['methods'], ReadonlyMap<string, Method<never>>>()

/** The methods of an api by path, such as `access.deny`. */
export function methodsByPath({ methods }: Pick<Trigger, 'methods'>): ReadonlyMap<string, Method<never>> {
  let paths = byPath.get(methods)
  if (paths === undefined) {
    paths = new Map(
      Object.entries(methods).flatMap(([area, named]) =>
        Object.entries(named).map(([name, method]) => [`${area}.${name}`, method] as const),
      ),
    )
    byPath.set(methods, paths)
  }
  return paths
}

/** A method by its path; `undefined` for what the api does not have. */
export function methodAt(trigger: Pick<Trigger, 'methods'>, path: string): Method<never> | undefined {
  return methodsByPath(trigger).get(path)
}

/** The last part of a method's path. */
export function nameOf(path: string): string {
  return path.slice(path.indexOf('.') + 1)
}

/** Paths of the methods of a kind, in the order of the api. */
export function methodsWith(
  trigger: Pick<Trigger, 'methods'>,
  is: (method: Method<never>) => boolean,
): string[] {
  return [...methodsByPath(trigger)].flatMap(([path, method]) => (is(method) ? [path] : []))
}

/**
 * Applies a call that did not throw to the state. A call with arguments that its method refuses does nothing: only a
 * hostile process writes such a call down.
 */
export function applyCall(
  method: Pick<Method<never>, 'apply'>,
  state: LoginState,
  args: readonly unknown[],
  applied: Applied<unknown>,
): void {
  try {
    method.apply?.(state, applied as Applied<never>, args[0], args[1], args[2])
  } catch {
    // The state is as it was: each effect writes last.
  }
}
