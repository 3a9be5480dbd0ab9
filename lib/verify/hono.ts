import { hasCredentials, isPreflight } from './credentials.ts'
import { checkedOptions, mustBeFunction, type OptionTable, usage } from './must-be.ts'
import { assertVerifier, fixedNames, fixedNeeds } from './needs.ts'
import {
  AUTH_OPTIONS,
  type AuthOptions,
  answerFor,
  checkedAuthOptions,
  rememberedOptions,
  rememberOptions,
} from './refusals.ts'
import type { AccessTokenClaims, Needs, Verifier } from './types.ts'
import { verifiedOnce } from './verified-once.ts'

export type { AuthOptions }

/** What is used of Hono's context. */
export interface AuthContext {
  req: { raw: Request }
  set(name: 'auth', claims: unknown): void
  get(name: 'auth'): unknown
}

export type Handler = (context: AuthContext, next: () => Promise<void>) => Promise<Response | undefined>

/** What {@link withAuth} does beside the check. */
export interface WebAuthOptions extends Omit<AuthOptions<Request>, 'preflight'> {
  /**
   * Answers the preflight request of a browser, which never has a token, in place of the handler.
   * @defaultValue it is refused like any request without a token
   */
  preflight?(request: Request): Response | Promise<Response>
}

/**
 * Hono middleware: answers 401 or 403 itself, or sets the variable `auth` to the claims. For its type:
 * `new Hono<{ Variables: { auth: AccessTokenClaims<OrdersAccessToken> } }>()`. What the options say holds for the
 * checks behind it too.
 */
export function requireAuth<Claims>(
  verifier: Verifier<Claims>,
  needs: Needs<Claims> = {},
  options: AuthOptions<Request> = {},
): Handler {
  return authentication('requireAuth', verifier, needs, options, () => false)
}

/**
 * The same for an endpoint that also serves requests without any credentials: the variable is then absent. A request
 * with a token that is bad, malformed or in the wrong place is refused, and so is one with another scheme.
 */
export function optionalAuth<Claims>(
  verifier: Verifier<Claims>,
  needs: Needs<Claims> = {},
  options: AuthOptions<Request> = {},
): Handler {
  return authentication('optionalAuth', verifier, needs, options, (request) => !hasCredentials(request))
}

/** After {@link requireAuth}: all of these scopes. */
export function requireScopes<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Handler {
  assertVerifier(verifier, 'requireScopes')
  return afterAuth(verifier, fixedNames('scopes', scopes, 'requireScopes'))
}

/** After {@link requireAuth}: one of these scopes at least. */
export function requireAnyScope<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Handler {
  assertVerifier(verifier, 'requireAnyScope')
  return afterAuth(verifier, fixedNames('anyScope', scopes, 'requireAnyScope'))
}

/** After {@link requireAuth}: all of these in the `permissions` claim. */
export function requirePermissions<Claims>(verifier: Verifier<Claims>, ...permissions: string[]): Handler {
  assertVerifier(verifier, 'requirePermissions')
  return afterAuth(verifier, fixedNames('permissions', permissions, 'requirePermissions'))
}

/** After {@link requireAuth}: checks of your own by name. One that does not hold is answered with 403. */
export function requireChecks<Claims>(
  verifier: Verifier<Claims>,
  checks: NonNullable<Needs<Claims>['checks']>,
): Handler {
  assertVerifier(verifier, 'requireChecks')
  return afterAuth(verifier, fixedNeeds({ checks }, 'requireChecks'))
}

/**
 * For runtimes whose handlers take a web-standard `Request` and return a `Response` (route handlers of Next.js,
 * Workers, Deno, Bun): wraps one so that it gets the claims, or is not called.
 */
export function withAuth<Claims, Rest extends unknown[]>(
  verifier: Verifier<Claims>,
  handler: (
    request: Request,
    claims: AccessTokenClaims<Claims>,
    ...rest: Rest
  ) => Response | Promise<Response>,
  needs: Needs<Claims> = {},
  options: WebAuthOptions = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  return wrapped('withAuth', verifier, handler as never, needs, options, () => false)
}

/**
 * The same for a handler that also serves requests without any credentials: it gets `undefined` for the claims. A
 * request with a token that is bad, malformed or in the wrong place is refused, and so is one with another scheme.
 */
export function withOptionalAuth<Claims, Rest extends unknown[]>(
  verifier: Verifier<Claims>,
  handler: (
    request: Request,
    claims: AccessTokenClaims<Claims> | undefined,
    ...rest: Rest
  ) => Response | Promise<Response>,
  needs: Needs<Claims> = {},
  options: WebAuthOptions = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  const passes = (request: Request) => !hasCredentials(request)
  return wrapped('withOptionalAuth', verifier, handler, needs, options, passes)
}

const WEB_OPTIONS: OptionTable<WebAuthOptions> = { ...AUTH_OPTIONS, preflight: mustBeFunction }

function wrapped<Claims, Rest extends unknown[]>(
  of: string,
  verifier: Verifier<Claims>,
  handler: (
    request: Request,
    claims: AccessTokenClaims<Claims> | undefined,
    ...rest: Rest
  ) => Response | Promise<Response>,
  needs: Needs<Claims>,
  given: WebAuthOptions,
  passes: (request: Request) => boolean,
): (request: Request, ...rest: Rest) => Promise<Response> {
  assertVerifier(verifier, of)
  if (typeof handler !== 'function') throw usage(of, `${of} needs a handler after the verifier`)
  const own = fixedNeeds(needs, of)
  const { preflight, ...options } = checkedOptions(of, given, WEB_OPTIONS)
  return async (request, ...rest) => {
    if (preflight !== undefined && isPreflight(request)) return preflight(request)
    let claims: AccessTokenClaims<Claims> | undefined
    try {
      claims = passes(request) ? undefined : await verifier.verify(request, own)
    } catch (error) {
      return response(error, request, options)
    }
    return handler(request, claims, ...rest)
  }
}

function authentication<Claims>(
  of: string,
  verifier: Verifier<Claims>,
  needs: Needs<Claims>,
  given: AuthOptions<Request>,
  passes: (request: Request) => boolean,
): Handler {
  assertVerifier(verifier, of)
  const own = fixedNeeds(needs, of)
  const options = checkedAuthOptions(of, given)
  return guard(async (context) => {
    const { raw } = context.req
    rememberOptions(raw, options)
    if (passes(raw) || (options.preflight === true && isPreflight(raw))) return
    context.set('auth', await verifiedOnce(verifier, raw, own))
  })
}

function afterAuth<Claims>(verifier: Verifier<Claims>, needs: Needs<Claims>): Handler {
  return guard(async (context) => {
    const claims = context.get('auth') as AccessTokenClaims<Claims> | undefined
    // Without requireAuth in front the request counts as one without a token.
    if (claims === undefined) await verifier.verify({ headers: {} }, needs)
    else await verifier.check(claims, needs, context.req.raw)
  })
}

function guard(check: (context: AuthContext) => Promise<void>): Handler {
  return async (context, next) => {
    try {
      await check(context)
    } catch (error) {
      return response(error, context.req.raw, rememberedOptions(context.req.raw))
    }
    await next()
    return undefined
  }
}

async function response(
  error: unknown,
  request: Request,
  options: Pick<AuthOptions<Request>, 'onRefused' | 'passErrors'>,
): Promise<Response> {
  const { status, headers, body } = await answerFor(error, request, options)
  return Response.json(body, { status, headers: { ...headers } })
}
