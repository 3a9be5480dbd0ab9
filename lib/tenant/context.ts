import type { Runtime } from '../runtime/types.ts'
import type { PipelineResult, SettledTokens } from '../simulator/types.ts'
import type { KeyRing, OpaqueTokens } from '../tokens/index.ts'
import type { TenantLogEntry } from './log.ts'
import type { LoginAttempts } from './login-attempts.ts'
import type { TenantState } from './state.ts'

/** What the Actions did at one login, at one refresh, or at one request of an application for a token of its own. */
export interface Execution {
  when: Date
  /** Absent where the application asks for itself. */
  user_id?: string
  client_id: string
  organization?: string
  protocol: 'oidc-basic-profile' | 'oauth2-refresh-token' | 'client_credentials'
  pipeline: PipelineResult
  /** Absent when no tokens were built: denied, redirected, failed. */
  tokens?: SettledTokens
}

/** Client id and secret with which the deploy CLI gets its Management API token. */
export interface ManagementClient {
  client_id: string
  client_secret: string
}

/** What the tenant's endpoints share. */
export interface TenantContext {
  state: TenantState
  clock: () => Date
  /** Made in the background; await it where a signature is needed. */
  keys: Promise<KeyRing>
  opaque: OpaqueTokens
  managementClient: ManagementClient
  /** Started at the first Action. */
  runtime(): Promise<Runtime>
  /** Source map of a deployed code, where the caller knows one. */
  sourceMapFor(code: string): string | undefined
  /** Wrong passwords, and who is blocked for them. */
  loginAttempts: LoginAttempts
  log: TenantLogEntry[]
  executions: Execution[]
  record(entry: Omit<TenantLogEntry, 'date'>): void
  /**
   * Checks a `Bearer` header for the Management API: signature, expiry, issuer and audience.
   * Returns the scopes; `undefined` when the token is not acceptable. `origin` as in `https://localhost:4430`.
   */
  managementScopes(
    authorization: string | undefined,
    origin: string,
  ): Promise<ReadonlySet<string> | undefined>
}
