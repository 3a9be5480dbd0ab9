import { hasCredentials, isPreflight, type ServerRequest } from './credentials.ts'
import { assertVerifier, fixedNames, fixedNeeds } from './needs.ts'
import {
  type AuthOptions,
  answerFor,
  checkedAuthOptions,
  rememberedOptions,
  rememberOptions,
} from './refusals.ts'
import type { AccessTokenClaims, Needs, Verifier } from './types.ts'
import { verifiedOnce } from './verified-once.ts'

export type { AuthOptions, ServerRequest }

/**
 * What is used of Express's request; `auth` is set by {@link requireAuth}. A handler behind it is typed by
 * `(request: AuthRequest<OrdersAccessToken>, response) => …`.
 */
export interface AuthRequest<Claims = Record<string, unknown>> extends ServerRequest {
  auth?: AccessTokenClaims<Claims>
}

/** What is used of Express's response. */
export interface AuthResponse {
  status(code: number): unknown
  set(headers: Record<string, string>): unknown
  json(body: unknown): unknown
}

/** Takes any request, since other packages may have declared another `auth` for all of Express. */
export type Middleware = (
  request: ServerRequest,
  response: AuthResponse,
  next: (error?: unknown) => void,
) => Promise<void>

/**
 * Express middleware: answers 401 or 403 itself, or puts the claims into `request.auth` and goes on.
 * Reads the `Authorization` header only. What the options say holds for the checks behind it too.
 *
 * @throws {ToolkitError} `ERR_USAGE` when the verifier, the needs or an option are not valid; so do the others.
 */
export function requireAuth<Claims>(
  verifier: Verifier<Claims>,
  needs: Needs<Claims> = {},
  options: AuthOptions<ServerRequest> = {},
): Middleware {
  return authentication('requireAuth', verifier, needs, options, () => false)
}

/**
 * The same for an endpoint that also serves requests without any credentials: `request.auth` is then absent. A request
 * with a token that is bad, malformed or in the wrong place is refused, and so is one with another scheme.
 */
export function optionalAuth<Claims>(
  verifier: Verifier<Claims>,
  needs: Needs<Claims> = {},
  options: AuthOptions<ServerRequest> = {},
): Middleware {
  return authentication('optionalAuth', verifier, needs, options, (request) => !hasCredentials(request))
}

/** After {@link requireAuth}: all of these scopes. */
export function requireScopes<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Middleware {
  assertVerifier(verifier, 'requireScopes')
  return afterAuth(verifier, fixedNames('scopes', scopes, 'requireScopes'))
}

/** After {@link requireAuth}: one of these scopes at least. */
export function requireAnyScope<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Middleware {
  assertVerifier(verifier, 'requireAnyScope')
  return afterAuth(verifier, fixedNames('anyScope', scopes, 'requireAnyScope'))
}

/** After {@link requireAuth}: all of these in the `permissions` claim. */
export function requirePermissions<Claims>(verifier: Verifier<Claims>, ...permissions: string[]): Middleware {
  assertVerifier(verifier, 'requirePermissions')
  return afterAuth(verifier, fixedNames('permissions', permissions, 'requirePermissions'))
}

/** After {@link requireAuth}: checks of your own by name. One that does not hold is answered with 403. */
export function requireChecks<Claims>(
  verifier: Verifier<Claims>,
  checks: NonNullable<Needs<Claims>['checks']>,
): Middleware {
  assertVerifier(verifier, 'requireChecks')
  return afterAuth(verifier, fixedNeeds({ checks }, 'requireChecks'))
}

function authentication<Claims>(
  of: string,
  verifier: Verifier<Claims>,
  needs: Needs<Claims>,
  given: AuthOptions<ServerRequest>,
  passes: (request: ServerRequest) => boolean,
): Middleware {
  assertVerifier(verifier, of)
  const own = fixedNeeds(needs, of)
  const options = checkedAuthOptions(of, given)
  return guard<Claims>(async (request) => {
    rememberOptions(request, options)
    if (passes(request) || (options.preflight === true && isPreflight(request))) return
    request.auth = await verifiedOnce(verifier, request, own)
  })
}

function afterAuth<Claims>(verifier: Verifier<Claims>, needs: Needs<Claims>): Middleware {
  return guard<Claims>(async (request) => {
    // Without requireAuth in front the request counts as one without a token.
    if (request.auth === undefined) await verifier.verify({ headers: {} }, needs)
    else await verifier.check(request.auth, needs, request)
  })
}

function guard<Claims>(check: (request: AuthRequest<Claims>) => Promise<void>): Middleware {
  return async (request, response, next) => {
    try {
      await check(request)
    } catch (error) {
      try {
        const { status, headers, body } = await answerFor(error, request, rememberedOptions(request))
        response.status(status)
        response.set({ ...headers })
        response.json(body)
      } catch (fault) {
        next(fault)
      }
      return
    }
    next()
  }
}
