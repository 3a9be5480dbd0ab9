import type { TokenKind } from '../finding.ts'
import type { LoginState, ProfilePart } from './login-state.ts'

/** What a method gives back: the `api` object, nothing, a value; `unclear` where Auth0's types and code disagree (nothing, here). */
export type Returns = 'api' | 'nothing' | 'value' | 'unclear'

/** Facts beside the event that methods return values from. JSON only. */
export interface ApiFacts {
  /** State of the running login: what `validateToken` expects in the `state` parameter and in the token. */
  state?: string
  /** Ids of the Rules that ran. */
  executedRules?: string[]
  /** Groups of the user. */
  groups?: { id: string; name: string; [other: string]: unknown }[]
  /** Effective roles of the user. */
  roles?: { id: string; name: string; type?: string }[]
  /** False where the tenant lacks target scopes: the methods throw. @defaultValue true */
  targetScopes?: boolean
}

/** Records of the Actions' cache by key. JSON only, so that it travels between runs. */
export type CacheStore = Record<string, { value: string; expires_at: number }>

/** Session tokens (JWTs with HS256) of a redirect. */
export interface SessionTokens {
  sign(payload: object, secret: unknown): string
  /** The payload of a token with a good signature; throws what is wrong with it. Does not look at its claims. */
  verify(token: string, secret: unknown): Record<string, unknown>
}

/** What a method may look at while an Action calls it. */
export interface Call<Event> {
  /** The Action's own copy. */
  readonly event: Event
  /** Name of the handler that runs. */
  readonly handler: string
  /** What the Actions before this one have asked for: {@link carriedState}. */
  readonly before: LoginState
  /** What this Action has asked for before this call. */
  readonly own: LoginState
  readonly facts: ApiFacts
  readonly cache: CacheStore
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly sessionTokens: SessionTokens
}

/** What `apply` knows of the call whose effect it applies. */
export interface Applied<Event> {
  /** As it was before the call. */
  readonly event: Event
  /** Name of the Action. */
  readonly action: string
  /** Place among all calls of the execution. */
  readonly call: number
}

/** Arguments that Auth0 accepts and that are most likely wrong. */
export interface Doubt {
  /** Completes "In api.x.y …". */
  text: string
  hint: string
}

/** A part of the event that a call needs. */
export interface Need {
  /** Path below `event`. */
  readonly part: string
  /** Completes "throws …". */
  readonly lacking: string
  /** A situation in which the part may be missing. Code that does not run in it counts as guarded. */
  readonly situation: 'login' | 'refresh'
}

/**
 * One method of an `api`: the type-check, the check of an Action's code, the run and its effects read it here.
 * `run` and `apply` get whatever an Action passes.
 */
export interface Method<Event> {
  readonly returns: Returns
  /** At most three names, in order; one that ends with `?` is an object, empty when it is omitted. */
  readonly parameters: readonly string[]
  /** What is written down of the arguments; all of them when absent. Leaves out secrets. */
  readonly record?: (...args: unknown[]) => readonly unknown[]
  /** Checks the arguments, throws in Auth0's words, and returns the value of a method that has one. */
  readonly run?: (call: Call<Event>, ...args: unknown[]) => unknown
  /** What a call that did not throw does: writes into `state`. The arguments are those that were written down, as JSON. */
  readonly apply?: (state: LoginState, applied: Applied<Event>, ...args: unknown[]) => void
  /** The call changes what the event shows, for this Action and those after it. */
  readonly changesEvent?: true
  /** Why a call that does not throw may not do what is meant. */
  readonly doubt?: (...args: unknown[]) => Doubt | undefined
  /** What it returns, or throws, comes as a promise. */
  readonly later?: true
  /** It may return undefined. */
  readonly mayFindNothing?: true

  // What a method is about, for whoever needs the methods of a kind.
  /** Writes a claim, named by the first argument, to this token. */
  readonly claim?: TokenKind
  /** Adds or removes the scope of the first argument. */
  readonly scope?: { readonly set: 'forced' | 'target'; readonly operation: 'add' | 'remove' }
  /** Sets all target scopes, to these. */
  readonly targets?: (...args: readonly unknown[]) => readonly string[]
  /** Throws in executions that lack this part of the event. */
  readonly needs?: Need
  /** Name of the member of its options that is a secret. */
  readonly secret?: string
  /** Writes this part of the user's profile. */
  readonly profile?: ProfilePart
  /** Its purpose is to refuse the login. Does not end the handler. */
  readonly denies?: true
  /** Sends the user to another site, or to a form whose answers the resumed handler gets. */
  readonly suspends?: 'site' | 'form'
  /** Its purpose is to throw when the token that the user brought back is not valid. */
  readonly checksToken?: true
  /** Returns this at a refresh, whatever the arguments. */
  readonly atRefresh?: string | number | boolean
}

/** An area of an api, by the names of its methods. */
export type Area<Event> = Readonly<Record<string, Method<Event>>>

/** The methods of an api by area and name. */
export type Methods<Event> = Readonly<Record<string, Area<Event>>>
