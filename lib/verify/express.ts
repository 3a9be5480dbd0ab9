import { answerTo } from './answer.ts'
import { requestOf, type ServerRequest } from './credentials.ts'
import type { AccessTokenClaims, Needs, Verifier } from './types.ts'

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
 */
export function requireAuth<Claims>(verifier: Verifier<Claims>, needs: Needs = {}): Middleware {
  return guard<Claims>(async (request) => {
    request.auth = await verifier.verify(requestOf(request), needs)
  })
}

/** After {@link requireAuth}: all of these scopes. */
export function requireScopes<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Middleware {
  return afterAuth(verifier, { scopes })
}

/** After {@link requireAuth}: all of these in the `permissions` claim. */
export function requirePermissions<Claims>(verifier: Verifier<Claims>, ...permissions: string[]): Middleware {
  return afterAuth(verifier, { permissions })
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
