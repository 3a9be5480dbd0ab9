import type { RequestLike } from './credentials.ts'
import { AccessTokenError, type Answer, answerOf } from './errors.ts'
import { checkedOptions, mustBeBoolean, mustBeFunction, type OptionTable } from './must-be.ts'

/** What an adapter does beside the check. */
export interface AuthOptions<Request = RequestLike> {
  /**
   * Called with each refusal, before it is answered, e.g. to count or to log it. Cannot change it: what it returns does
   * not count, and what it throws goes to the error handler in place of an answer. Neither the error nor its message
   * holds the token or a value of a claim.
   */
  onRefused?(error: AccessTokenError, request: Request): void | Promise<void>
  /**
   * Leaves the answer to the error handler of the framework: Express gets it by `next(error)`, for the others it is
   * thrown. `status` and `headers` of the error are what would have been sent. @defaultValue it is answered
   */
  passErrors?: boolean
  /**
   * Lets the preflight request of a browser through, which never has a token: what handles CORS must stand behind.
   * The claims are then absent. @defaultValue it is refused like any request without a token
   */
  preflight?: boolean
}

export const AUTH_OPTIONS: OptionTable<AuthOptions<never>> = {
  onRefused: mustBeFunction,
  passErrors: mustBeBoolean,
  preflight: mustBeBoolean,
}

/** @throws {ToolkitError} `ERR_USAGE` with the name of the option that is wrong. */
export function checkedAuthOptions<Request>(of: string, given: AuthOptions<Request>): AuthOptions<Request> {
  return checkedOptions(of, given, AUTH_OPTIONS as OptionTable<AuthOptions<Request>>)
}

/** The options of `requireAuth`, by request: they hold for the checks behind it. */
const optionsOf = new WeakMap<object, AuthOptions<never>>()

export function rememberOptions<Request>(request: object, options: AuthOptions<Request>): void {
  optionsOf.set(request, options as AuthOptions<never>)
}

export function rememberedOptions<Request>(request: object): AuthOptions<Request> {
  return (optionsOf.get(request) ?? {}) as AuthOptions<Request>
}

/**
 * The answer for a refusal. Anything else is a fault of the server and is thrown again, and so is a refusal that the
 * framework is to answer.
 */
export async function answerFor<Request>(
  error: unknown,
  request: Request,
  { onRefused, passErrors }: Pick<AuthOptions<Request>, 'onRefused' | 'passErrors'>,
): Promise<Answer> {
  if (!(error instanceof AccessTokenError)) throw error
  await onRefused?.(error, request)
  if (passErrors === true) throw error
  return answerOf(error)
}
