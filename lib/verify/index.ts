import type { CryptoKey } from 'jose'
import type { Refusal } from './errors.ts'
import type { Needs, Verifier, VerifierOptions } from './types.ts'
import { TokenVerifier } from './verifier.ts'
import { webPlatform } from './web-platform.ts'

export * from './public.ts'

/**
 * Makes a verifier of Auth0 access tokens for one API. `Claims` is the contract's type. Fetches nothing
 * until the first token.
 *
 * @throws {ToolkitError} `ERR_USAGE` with the name of an option that is wrong, or that contradicts another.
 * @see https://auth0.com/docs/secure/tokens/access-tokens/validate-access-tokens
 */
export function createVerifier<Claims = Record<string, unknown>>(options: VerifierOptions): Verifier<Claims> {
  return new TokenVerifier<Claims, CryptoKey>(options, webPlatform)
}

/**
 * All reasons why a token would be refused, for a person; the token's payload beside them. The answer must
 * never let a request in: use {@link createVerifier} for that.
 */
export function explainToken(
  token: string,
  options: VerifierOptions,
  needs?: Needs,
): Promise<{ reasons: Refusal[]; payload?: Record<string, unknown> }> {
  return new TokenVerifier(options, webPlatform).explain(token, needs)
}
