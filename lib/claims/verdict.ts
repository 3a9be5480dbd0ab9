import type { Evidence, Severity, TokenKind } from '../finding.ts'

/**
 * What becomes of a claim's name in a token.
 * - `kept`: it is in the token
 * - `dropped`: the login succeeds and the claim is not in the token
 * - `refused`: the call to `setCustomClaim` throws, so an uncaught write fails the login
 */
export type NameVerdict = 'kept' | 'dropped' | 'refused'

/** What the rule table says of one claim name on one token. */
export interface ClaimNameVerdict {
  verdict: NameVerdict
  /** Rule id; `claims/namespaced` when nothing speaks against the name. */
  rule: string
  /** `undefined` when there is nothing to report. */
  severity?: Severity
  reason: string
  hint: string
  evidence: Evidence
  source: string
}

export interface ClaimNameContext {
  token: TokenKind
  /** Audience of the access token, when known. Auth0's own APIs take no private names. */
  audience?: string
  /** Granted scopes, when known: they decide about the OIDC profile claims. Unknown: reported as a warning, kept. */
  scopes?: readonly string[]
  /** The token is one of the password grant. @defaultValue false */
  passwordGrant?: boolean
  /** Whom the token is about. The token of an application itself comes without an ID token. @defaultValue user */
  subject?: 'user' | 'application'
}
