import type { KeyObject } from 'node:crypto'
import type { Refusal } from './errors.ts'
import { nodePlatform } from './node-platform.ts'
import type { Needs, Verifier, VerifierOptions } from './types.ts'
import { TokenVerifier } from './verifier.ts'

export * from './public.ts'

/**
 * The same as `createVerifier` of `index.ts`, on Node's own crypto. The package's `node` import condition
 * selects this file.
 *
 * @throws {ToolkitError} `ERR_USAGE` with the name of an option that is wrong, or that contradicts another.
 * @see https://auth0.com/docs/secure/tokens/access-tokens/validate-access-tokens
 */
export function createVerifier<Claims = Record<string, unknown>>(options: VerifierOptions): Verifier<Claims> {
  return new TokenVerifier<Claims, KeyObject>(options, nodePlatform)
}

/** The same as `explainToken` of `index.ts`, on Node's own crypto. */
export function explainToken(
  token: string,
  options: VerifierOptions,
  needs?: Needs,
): Promise<{ reasons: Refusal[]; payload?: Record<string, unknown> }> {
  return new TokenVerifier(options, nodePlatform).explain(token, needs)
}
