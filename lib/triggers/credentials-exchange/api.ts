import type { CacheApi, TargetScopesApi, TokenApi } from '../shared/api.ts'

/**
 * The `api` that Auth0 hands to `onExecuteCredentialsExchange`, trigger version v2: access token only, no user and no
 * redirect. `CredentialsExchangeApi<OrdersAccessToken>` takes the claims of a contract only. A type only: it knows
 * neither the scopes of the grant nor the size limit.
 *
 * @see https://auth0.com/docs/actions/reference/credentials-exchange/credentials-exchange-api-object
 */
export interface CredentialsExchangeApi<AccessTokenClaims extends object = Record<string, unknown>> {
  readonly access: MachineAccessApi<this>
  readonly accessToken: TokenApi<AccessTokenClaims, this>
  /** Not shared with other triggers. */
  readonly cache: CacheApi
  /** The only way to change scopes here. What is outside of the client grant is dropped at the end. Early Access. */
  readonly transaction: TargetScopesApi
}

export interface MachineAccessApi<Api = unknown> {
  /** Refuses the token. Does not end the function: `return` after it. */
  deny(code: 'invalid_scope' | 'invalid_request' | 'server_error', reason?: string): Api
}
