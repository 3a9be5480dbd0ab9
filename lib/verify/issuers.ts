import { mustBeIssuer, mustBeListOf, usage } from './must-be.ts'
import type { IssuersFor } from './types.ts'

const mustBeIssuers = mustBeListOf(mustBeIssuer, { empty: true })

/**
 * The issuers that the caller's function names, checked: a text in place of a list, or an http issuer, lets nobody in.
 *
 * @throws {ToolkitError} `ERR_USAGE`; and what the function throws.
 */
export async function issuersBy(
  name: IssuersFor,
  asked: Parameters<IssuersFor>[0],
): Promise<readonly string[]> {
  const named: unknown = await name(asked)
  const fault = mustBeIssuers(named)
  if (fault !== undefined) throw usage('createVerifier', `what "issuers" answers must be ${fault}`)
  return named as readonly string[]
}
