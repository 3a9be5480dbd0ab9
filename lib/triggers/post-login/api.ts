import type { CacheApi, TargetScopesApi, TokenApi } from '../shared/api.ts'
import type { SamlResponseApi } from './saml-response-api.ts'

/**
 * The `api` that Auth0 hands to `onExecutePostLogin` and `onContinuePostLogin`, trigger version v3.
 * With the types that a contract yields, a misspelt claim name or a wrong value type does not compile:
 * `PostLoginApi<OrdersAccessToken, IdToken>`. Without them every name and value is accepted, as in
 * Auth0's own types. A type only: it knows neither the scopes of the login nor the size limit.
 *
 * @see https://auth0.com/docs/actions/reference/post-login/post-login-api-object
 */
export interface PostLoginApi<
  AccessTokenClaims extends object = Record<string, unknown>,
  IdTokenClaims extends object = Record<string, unknown>,
> {
  readonly access: AccessApi<this>
  readonly accessToken: TokenApi<AccessTokenClaims, this> & {
    /** Forces a scope onto the access token, past RBAC, client grants and consent. At most 280 characters. */
    addScope(scope: string): void
    /** Takes a scope from the access token; consent is not changed. */
    removeScope(scope: string): void
  }
  readonly idToken: TokenApi<IdTokenClaims, this>
  readonly authentication: AuthenticationApi<this>
  readonly cache: CacheApi
  readonly groups: GroupsApi
  readonly multifactor: MultifactorApi<this>
  readonly prompt: PromptApi
  readonly redirect: RedirectApi<this>
  readonly refreshToken: RefreshTokenApi
  readonly roles: RolesApi
  readonly rules: RulesApi
  readonly samlResponse: SamlResponseApi
  readonly session: SessionApi
  readonly transaction: TransactionApi
  readonly user: UserApi<this>
  readonly validation: ValidationApi<this>
}

export interface AccessApi<Api = unknown> {
  /** Denies the login with `access_denied`. Does not end the function: `return` after it. */
  deny(reason: string): Api
}

export type EnrollFactor =
  | { type: 'otp' | 'webauthn-roaming' | 'webauthn-platform' | 'recovery-code' }
  | { type: 'push-notification'; options?: { otpFallback?: boolean } }
  | { type: 'phone'; options?: { preferredMethod?: 'sms' | 'voice' | 'both' } }

export type ChallengeFactor = EnrollFactor | { type: 'email' }

export interface AuthenticationApi<Api = unknown> {
  challengeWith(factor: ChallengeFactor, options?: { additionalFactors?: ChallengeFactor[] }): void
  challengeWithAny(factors: ChallengeFactor[]): void
  enrollWith(factor: EnrollFactor, options?: { additionalFactors?: EnrollFactor[] }): void
  enrollWithAny(factors: EnrollFactor[]): void
  /** An http(s) URL. Only in `onContinuePostLogin`. */
  recordMethod(provider_url: string): Api
  /** Continue as another, linked user. Once per transaction. */
  setPrimaryUser(primary_user_id: string): void
}

export interface Group {
  id: string
  name: string
  external_id?: string
  connection_id?: string
  tenant_name: string
  created_at: string
  updated_at: string
  membership_created_at: string
  assignment: unknown
}

export interface GroupsApi {
  getUserGroups(options?: { take?: number; from?: string }): Promise<{ groups: Group[]; next?: string }>
  /** Ids or names. */
  hasGroupMembership(groups: string[]): Promise<{
    memberships: Record<
      string,
      { is_member: boolean; matches?: { id: string; name: string; group_type: string }[] }
    >
    errors?: Record<string, string>
  }>
}

export interface Role {
  id: string
  name: string
  type: string
}

export interface RolesApi {
  /** Direct roles and those through groups; the organization's in an organization login. `take` up to 100. */
  getUserEffectiveRoles(options?: { take?: number; from?: string }): Promise<{ roles: Role[]; next?: string }>
  /** Up to 100 ids. */
  getUserEffectiveRolesByIds(ids: string[]): Promise<{ roles: Role[] }>
  /** Up to 50 names. */
  getUserEffectiveRolesByNames(names: string[]): Promise<{ roles: Role[] }>
}

export interface MultifactorOptions {
  /** @defaultValue false */
  allowRememberBrowser?: boolean
  /** Only for `duo`. */
  providerOptions?: { host: string; ikey: string; skey: string; username?: string }
}

export interface MultifactorApi<Api = unknown> {
  /** Demands a second factor at the end of the flow. `none` suppresses it. */
  enable(
    provider: 'any' | 'guardian' | 'google-authenticator' | 'duo' | 'none',
    options?: MultifactorOptions,
  ): Api
}

export interface PromptApi {
  /** Shows a form and resumes in this Action's `onContinuePostLogin`. Once per Action. */
  render(
    promptId: string,
    options?: { fields?: Record<string, unknown>; vars?: Record<string, unknown> },
  ): void
}

export interface RedirectApi<Api = unknown> {
  /** @deprecated Handle `interaction_required` in the app instead. */
  canRedirect(): boolean
  /** A signed, not encrypted, HS256 JWT. Keys of `payload` override Auth0's own. */
  encodeToken(options: { secret: string; payload: object; expiresInSeconds?: number }): string
  /** Sends the browser away and resumes in this Action's `onContinuePostLogin`. */
  sendUserTo(url: string, options?: { query?: Record<string, string> }): Api
  /** Only of use in `onContinuePostLogin`. Throws when the token is missing or not good. */
  validateToken(options: { secret: string; tokenParameterName?: string }): Record<string, unknown>
}

export interface RefreshTokenApi {
  revoke(reason: string): void
  /** Milliseconds since the epoch. */
  setExpiresAt(absolute: number): void
  /** Milliseconds since the epoch. */
  setIdleExpiresAt(idle: number): void
  setMetadata(key: string, value: string | null): void
  deleteMetadata(key: string): void
  evictMetadata(): void
}

export interface SessionApi {
  revoke(reason: string, options?: { preserveRefreshTokens?: boolean }): void
  /** Milliseconds since the epoch. */
  setExpiresAt(absolute: number): void
  /** Milliseconds since the epoch. */
  setIdleExpiresAt(idle: number): void
  setCookieMode(mode: 'persistent' | 'non-persistent'): void
  setMetadata(key: string, value: string | null): void
  deleteMetadata(key: string): void
  evictMetadata(): void
}

export interface RulesApi {
  wasExecuted(ruleId: string): boolean
}

export interface TransactionApi extends TargetScopesApi {
  /** Key up to 64 characters, value up to 8 KB, all together up to 16 KB. `null` removes. */
  setMetadata(key: string, value: string | number | boolean | null): void
}

export interface UserApi<Api = unknown> {
  /** Saved at the end of the trigger; `null` removes the key. */
  setAppMetadata(key: string, value: unknown): Api
  /** Saved at the end of the trigger; `null` removes the key. */
  setUserMetadata(key: string, value: unknown): Api
}

export interface ValidationApi<Api = unknown> {
  /** Ends the login with a code and a message of up to 100 characters each. */
  error(errorCode: string, errorMessage: string): Api
}
