/** Parts of the `api` that several triggers have. */

export interface TokenApi<Known extends object, Api = unknown> {
  /** Sets a claim. Auth0 drops reserved names without a word when it builds the token. */
  setCustomClaim<Name extends keyof Known & string>(name: Name, value: Known[Name]): Api
}

/** The working set of scopes. Each call changes `event.transaction.target_scopes` at once. */
export interface TargetScopesApi {
  addTargetScope(scope: string): void
  removeTargetScope(scope: string): void
  setTargetScopes(scopes: string[]): void
  clearTargetScopes(): void
}

export type CacheErrorCode =
  | 'CacheKeyDoesNotExist'
  | 'CacheKeySizeExceeded'
  | 'CacheSizeExceeded'
  | 'CacheValueSizeExceeded'
  | 'FailedToDeleteCacheRecord'
  | 'FailedToSetCacheRecord'
  | 'InvalidExpiry'
  | 'ItemAlreadyExpired'
  | 'MaxSideEffectsExceeded'

export interface CacheRecord {
  value: string
  /** Milliseconds since the epoch. */
  expires_at: number
}

export interface CacheError {
  type: 'error'
  code: CacheErrorCode
}

export interface CacheSetOptions {
  /** Milliseconds from now. The earlier of the two decides. */
  ttl?: number
  /** Milliseconds since the epoch. */
  expires_at?: number
}

export interface CacheApi {
  get(key: string): CacheRecord | undefined
  /** Never throws. Lives 15 minutes unless told, 24 hours at most. */
  set(
    key: string,
    value: string,
    options?: CacheSetOptions,
  ): { type: 'success'; record: CacheRecord } | CacheError
  delete(key: string): { type: 'success' } | CacheError
}
