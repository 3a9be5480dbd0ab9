import type { Finding, Position, TokenKind } from '../finding.ts'
import type { Command, Handler, LogLine, RunError, RunnableAction, Runtime } from '../runtime/types.ts'
import type { Expiry, LoginState } from '../triggers/login-state.ts'
import type { InteractionError } from '../triggers/trigger.ts'

export type { Expiry, LoginState } from '../triggers/login-state.ts'
export type { InteractionError } from '../triggers/trigger.ts'

/** A call of an Action to `setCustomClaim`. */
export interface ClaimWrite {
  action: string
  at: Position
  token: TokenKind
  claim: string
  /** `undefined` when JSON has no form for it. */
  value: unknown
  /** The call itself threw this. */
  threw?: string
}

/** A call to `api`, with the Action that made it. */
export type RecordedCommand = Command & { action: string }

/** What became of a write. Every write has exactly one verdict. */
export type WriteVerdict = 'kept' | 'overwritten' | 'dropped' | 'refused' | 'discarded'

export interface TracedWrite extends ClaimWrite {
  verdict: WriteVerdict
  /** Rule id behind `dropped` or `refused`. */
  rule?: string
  /** One sentence: which rule, or which Action overwrote it. */
  reason?: string
  hint?: string
  source?: string
}

/** A scope that was asked for, added or removed, and what became of it. */
export interface TracedScope {
  /** The request of the application, or the method of the api that an Action calls. */
  by: string
  /** Of a call. */
  action?: string
  at?: Position
  operation: 'add' | 'remove'
  scope: string
  verdict: WriteVerdict
  /** Rule id behind `dropped`. */
  rule?: string
  /** One sentence. */
  reason?: string
  hint?: string
  source?: string
}

export interface ActionRun {
  action: string
  handler: Handler
  milliseconds: number
  error?: RunError
  logs: LogLine[]
}

export interface PipelineOptions {
  /** In binding order. */
  actions: readonly RunnableAction[]
  /** A complete event of the trigger, without `secrets`. */
  event: object
  runtime: Runtime
  /** Milliseconds for all Actions together. @defaultValue 20 000 */
  timeoutMilliseconds?: number
  /** Continue after a redirect: in the resume handler of this Action, with what the Actions before it had written. */
  resume?: Suspension
  /** Results of api.groups, api.roles, api.cache and api.redirect; see `RunRequest.facts`. */
  facts?: Readonly<Record<string, unknown>>
  /** Load every module anew. @defaultValue false */
  cold?: boolean
}

/** What must be kept while the user is at another site. JSON only. */
export interface Suspension {
  actionIndex: number
  commands: (Command & { action: string })[]
  event: object
}

/**
 * What the bound Actions did, before any token is built.
 * - `allowed`: go on, build the tokens
 * - `denied`: `access_denied` with `reason`
 * - `redirect`: send the browser to `redirect.url`, keep `suspension`
 * - `error`: an uncaught throw, a time-out, …: `access_denied` with `reason`; all other commands are discarded
 */
export interface PipelineResult {
  outcome: 'allowed' | 'denied' | 'redirect' | 'error'
  reason?: string
  redirect?: { url: string }
  suspension?: Suspension
  /** All calls of all Actions, in order. */
  commands: (Command & { action: string })[]
  writes: ClaimWrite[]
  runs: ActionRun[]
  /** All that the Actions have asked for; nothing after an error. */
  state: LoginState
  /** Scopes that Actions force onto, or take from, the access token; the last call for a scope decides. */
  scopes: { add: string[]; remove: string[] }
  /** Target scopes after all Actions; absent when no Action changed them. */
  targetScopes?: string[]
  /** Changes to merge into the profile at the end; `null` removes a key. */
  userMetadata: Record<string, unknown>
  appMetadata: Record<string, unknown>
  /** Set when the flow cannot do what this call asks for: the error that the application gets instead of tokens. */
  refused?: { error: InteractionError; command: RecordedCommand }
  /** Id of the user that the login continues as; absent when no Action changed it. */
  primaryUser?: string
  /** Ends of life that Actions asked for; absent when none did. Not capped at the tenant's own limits. */
  session?: Expiry
  refreshToken?: Expiry
  /** The Actions demand a second factor, and the flow can ask for it. */
  secondFactor?: true
}

/** The tokens' payloads as Auth0 would build them, and what became of every write. */
export interface SettledTokens {
  /** `undefined` when the scope `openid` is not granted. */
  idToken?: Record<string, unknown>
  /** `undefined` when the access token is opaque (no API was asked for). */
  accessToken?: Record<string, unknown>
  /** Scopes of the access token, after the Actions' scope commands. */
  scopes: string[]
  writes: TracedWrite[]
  findings: Finding[]
  /** Custom claims that reach the ID token: what `/userinfo` answers later. */
  idTokenClaims: Record<string, unknown>
  accessTokenClaims: Record<string, unknown>
  /**
   * Set when the login fails with this message although every Action allowed it: the custom claims of a token are
   * too large, an Action added a scope on a refresh that the API does not define, one asked for what this flow
   * cannot do, or for a user who does not exist.
   */
  failure?: string
  /** The OAuth error that the application gets when there are no tokens and no redirect. */
  error?: string
}
