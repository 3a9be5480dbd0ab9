import { answerTo } from './answer.ts'
import type { ServerRequest } from './credentials.ts'
import { assertVerifier, fixedNames, fixedNeeds } from './needs.ts'
import type { AccessTokenClaims, Needs, Verifier } from './types.ts'
import { verifiedOnce } from './verified-once.ts'

export type { ServerRequest }

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
 * Reads the `Authorization` header only.
 *
 * @throws {ToolkitError} `ERR_USAGE` for what is no verifier, and for needs that are none; so do the others.
 */
export function requireAuth<Claims>(verifier: Verifier<Claims>, needs: Needs = {}): Middleware {
  assertVerifier(verifier, 'requireAuth')
  const own = fixedNeeds(needs, 'requireAuth')
  return guard<Claims>(async (request) => {
    request.auth = await verifiedOnce(verifier, request, own)
  })
}

/** After {@link requireAuth}: all of these scopes. */
export function requireScopes<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Middleware {
  assertVerifier(verifier, 'requireScopes')
  return afterAuth(verifier, fixedNames('scopes', scopes, 'requireScopes'))
}

/** After {@link requireAuth}: all of these in the `permissions` claim. */
export function requirePermissions<Claims>(verifier: Verifier<Claims>, ...permissions: string[]): Middleware {
  assertVerifier(verifier, 'requirePermissions')
  return afterAuth(verifier, fixedNames('permissions', permissions, 'requirePermissions'))
}

function afterAuth<Claims>(verifier: Verifier<Claims>, needs: Needs): Middleware {
  return guard<Claims>(async (request) => {
    // Without requireAuth in front the request counts as one without a token.
    if (request.auth === undefined) await verifier.verify({ headers: {} }, needs)
    else verifier.authorize(request.auth, needs)
  })
}

function guard<Claims>(check: (request: AuthRequest<Claims>) => Promise<void>): Middleware {
  return async (request, response, next) => {
    try {
      await check(request)
    } catch (error) {
      try {
        const { status, headers, body } = answerTo(error)
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
