import type { RequestLike } from './credentials.ts'
import type { Refusal } from './errors.ts'
import { usage } from './must-be.ts'
import type { AccessTokenClaims, Needs } from './types.ts'

/**
 * The first check of the caller's own that does not hold. Only `true` lets a request in: another result, such as
 * nothing or a truthy value, is a fault of the server.
 *
 * @throws {ToolkitError} `ERR_USAGE`; and what a check throws.
 */
export async function failedCheck<Claims>(
  claims: AccessTokenClaims<Claims>,
  checks: NonNullable<Needs<Claims>['checks']>,
  request: RequestLike | undefined,
): Promise<Refusal | undefined> {
  for (const [name, check] of Object.entries(checks)) {
    const answer: unknown = await check(claims, request)
    if (answer === false) {
      return {
        code: 'check_failed',
        message: `The check "${name}" does not hold for the token.`,
        check: name,
      }
    }
    if (answer !== true)
      throw usage('verify', `the check "${name}" must answer true or false`, { hint: HINT })
  }
  return undefined
}

const HINT = 'Compare in the check, e.g. (claims) => claims["https://acme.example/plan"] === "team".'
