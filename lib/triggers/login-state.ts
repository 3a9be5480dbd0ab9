import type { TokenKind } from '../finding.ts'

/**
 * What the Actions of one execution have asked for so far, of any trigger: a reduction of their calls, one after another.
 * JSON only. What nobody has asked for is absent. `call` is the place of a call among all calls of the execution.
 */
export interface LoginState {
  /** Custom claims by token; the last write of a name decides. Whether they reach the token is decided when it is built. */
  claims?: Partial<Record<TokenKind, Record<string, unknown>>>
  /** Scopes forced onto, or taken from, the access token, in the order in which they were first named; the last call decides. */
  scopes?: { scope: string; operation: 'add' | 'remove' }[]
  /** The working set of scopes, once a call has changed it. */
  targetScopes?: string[]
  transactionMetadata?: Record<string, string | number | boolean>
  /** Metadata of the user, saved at the end; `null` removes a key. */
  profile?: { part: ProfilePart; key: string; value: unknown; action: string }[]
  session?: SessionChanges
  refreshToken?: RefreshTokenChanges
  /** Attributes of the SAML response; `null` removes one. */
  attributes?: Record<string, unknown>
  /** The first call that ends the login without tokens. */
  denial?: { call: number; reason: string; code?: string }
  /** The last call of the Action that ran last, if it sends the user away. */
  suspension?: Suspended
  /** Calls that want a second factor, in order. */
  factors?: FactorDemand[]
  /** Addresses of what the user went through elsewhere, in order. */
  recordedMethods?: string[]
  /** The user that the login continues as. */
  primaryUser?: { user_id: string; action: string }
}

export type ProfilePart = 'user_metadata' | 'app_metadata'

/** Milliseconds since the epoch; of several calls the earliest. */
export interface Expiry {
  expiresAt?: number
  idleExpiresAt?: number
}

export interface SessionChanges extends Expiry {
  /** All of it, after the change. */
  metadata?: Record<string, string>
  cookieMode?: 'persistent' | 'non-persistent'
  revoked?: { reason: string; preserveRefreshTokens: boolean }
}

export interface RefreshTokenChanges extends Expiry {
  /** All of it, after the change; also of a token that is not issued yet. */
  metadata?: Record<string, string>
  revoked?: { reason: string }
}

/** To another site, or to a form of the tenant. */
export type Suspended =
  | { call: number; url: string; form?: never }
  | { call: number; form: { id: string; [option: string]: unknown }; url?: never }

/** A challenge or an enrolment, or the policy that `provider` names: `none` takes back the policies before it. */
export type FactorDemand =
  | { call: number; kind: 'challenge' }
  | { call: number; kind: 'policy'; provider: string; allowRememberBrowser?: boolean }

/** A state in which nothing has been asked for, whatever stands on the prototype of objects. */
export function bareState(): LoginState {
  const state: Record<keyof LoginState, undefined> = {
    claims: undefined,
    scopes: undefined,
    targetScopes: undefined,
    transactionMetadata: undefined,
    profile: undefined,
    session: undefined,
    refreshToken: undefined,
    attributes: undefined,
    denial: undefined,
    suspension: undefined,
    factors: undefined,
    recordedMethods: undefined,
    primaryUser: undefined,
  }
  return state as unknown as LoginState
}

/** The part of the state that the calls of a later Action are checked against. */
export function carriedState({ factors, primaryUser, refreshToken }: LoginState): LoginState | undefined {
  if (factors === undefined && primaryUser === undefined && refreshToken === undefined) return undefined
  return {
    ...(factors !== undefined && { factors }),
    ...(primaryUser !== undefined && { primaryUser }),
    ...(refreshToken !== undefined && { refreshToken }),
  }
}
