export {
  createKeyRing,
  type KeyRing,
  restoreKeyRing,
  type SigningKey,
  type StoredKeys,
  storeKeyRing,
} from './keys.ts'
export { type OpaqueToken, type OpaqueTokens, opaqueTokens } from './opaque.ts'
export { accessTokenPayload, idTokenPayload, profileClaims } from './payload.ts'
export { type SignTokenOptions, signToken } from './sign.ts'
export type { SigningAlgorithm, TokenContext, TokenDialect, TokenUser } from './types.ts'
