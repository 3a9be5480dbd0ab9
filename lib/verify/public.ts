/** What both entry points export, beside the verifier on their runtime. */
export { actor, isAnonymous } from './actor.ts'
export type { ClientCertificate } from './certificate.ts'
export { bearerToken, type HeadersLike, type RequestLike } from './credentials.ts'
export { AccessTokenError, type AccessTokenErrorCode, type Refusal } from './errors.ts'
export {
  type ProtectedResource,
  type ProtectedResourceOptions,
  protectedResource,
} from './protected-resource.ts'
export { type MemoryStoreOptions, memoryStore, type Store } from './store.ts'
export type {
  AccessTokenClaims,
  ActClaim,
  Actor,
  ApiClientLike,
  Check,
  ClaimsContract,
  DpopAlgorithm,
  DpopOptions,
  IssuersFor,
  JsonWebKeySet,
  KeySetOptions,
  Needs,
  RegisteredClaims,
  TokenCacheOptions,
  TokenSource,
  Verifier,
  VerifierOptions,
  VerifyAlgorithm,
} from './types.ts'
