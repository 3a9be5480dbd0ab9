import { answerTo } from './answer.ts'
import type { HeadersLike } from './credentials.ts'
import type { AccessTokenClaims, Needs, Verifier } from './types.ts'

/** What is used of Express's request; `auth` is set by {@link requireAuth}. */
export interface AuthRequest<Claims = Record<string, unknown>> {
  headers: HeadersLike
  auth?: AccessTokenClaims<Claims>
}

/** What is used of Express's response. */
export interface AuthResponse {
  status(code: number): unknown
  set(headers: Record<string, string>): unknown
  json(body: unknown): unknown
}

export type Middleware<Claims> = (
  request: AuthRequest<Claims>,
  response: AuthResponse,
  next: (error?: unknown) => void,
) => Promise<void>

/**
 * Express middleware: answers 401 or 403 itself, or puts the claims into `request.auth` and goes on.
 * Reads the `Authorization` header only.
 */
export function requireAuth<Claims>(verifier: Verifier<Claims>, needs: Needs = {}): Middleware<Claims> {
  return guard(async (request) => {
    request.auth = await verifier.verify({ headers: request.headers }, needs)
  })
}

/** After {@link requireAuth}: all of these scopes. */
export function requireScopes<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Middleware<Claims> {
  return afterAuth(verifier, { scopes })
}

/** After {@link requireAuth}: all of these in the `permissions` claim. */
export function requirePermissions<Claims>(
  verifier: Verifier<Claims>,
  ...permissions: string[]
): Middleware<Claims> {
  return afterAuth(verifier, { permissions })
}

function afterAuth<Claims>(verifier: Verifier<Claims>, needs: Needs): Middleware<Claims> {
  return guard(async (request) => {
    // Without requireAuth in front the request counts as one without a token.
    if (request.auth === undefined) await verifier.verify({ headers: {} }, needs)
    else verifier.authorize(request.auth, needs)
  })
}

function guard<Claims>(check: (request: AuthRequest<Claims>) => Promise<void>): Middleware<Claims> {
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
