import { answerTo } from './answer.ts'
import { usage } from './must-be.ts'
import { assertVerifier, fixedNames, fixedNeeds } from './needs.ts'
import type { AccessTokenClaims, Needs, Verifier } from './types.ts'
import { verifiedOnce } from './verified-once.ts'

/** What is used of Hono's context. */
export interface AuthContext {
  req: { raw: Request }
  set(name: 'auth', claims: unknown): void
  get(name: 'auth'): unknown
}

export type Handler = (context: AuthContext, next: () => Promise<void>) => Promise<Response | undefined>

/**
 * Hono middleware: answers 401 or 403 itself, or sets the variable `auth` to the claims. For its type:
 * `new Hono<{ Variables: { auth: AccessTokenClaims<OrdersAccessToken> } }>()`.
 */
export function requireAuth<Claims>(verifier: Verifier<Claims>, needs: Needs = {}): Handler {
  assertVerifier(verifier, 'requireAuth')
  const own = fixedNeeds(needs, 'requireAuth')
  return guard(async (context) => {
    context.set('auth', await verifiedOnce(verifier, context.req.raw, own))
  })
}

/** After {@link requireAuth}: all of these scopes. */
export function requireScopes<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Handler {
  assertVerifier(verifier, 'requireScopes')
  return afterAuth(verifier, fixedNames('scopes', scopes, 'requireScopes'))
}

/** After {@link requireAuth}: all of these in the `permissions` claim. */
export function requirePermissions<Claims>(verifier: Verifier<Claims>, ...permissions: string[]): Handler {
  assertVerifier(verifier, 'requirePermissions')
  return afterAuth(verifier, fixedNames('permissions', permissions, 'requirePermissions'))
}

/**
 * For runtimes whose handlers take a web-standard `Request` and answer a `Response` (route handlers of
 * Next.js, Workers, Deno, Bun): wraps one so that it gets the claims, or is not called.
 */
export function withAuth<Claims, Rest extends unknown[]>(
  verifier: Verifier<Claims>,
  handler: (
    request: Request,
    claims: AccessTokenClaims<Claims>,
    ...rest: Rest
  ) => Response | Promise<Response>,
  needs: Needs = {},
): (request: Request, ...rest: Rest) => Promise<Response> {
  assertVerifier(verifier, 'withAuth')
  if (typeof handler !== 'function') throw usage('withAuth', 'withAuth needs a handler after the verifier')
  const own = fixedNeeds(needs, 'withAuth')
  return async (request, ...rest) => {
    let claims: AccessTokenClaims<Claims>
    try {
      claims = await verifier.verify(request, own)
    } catch (error) {
      return response(error)
    }
    return handler(request, claims, ...rest)
  }
}

function afterAuth<Claims>(verifier: Verifier<Claims>, needs: Needs): Handler {
  return guard(async (context) => {
    const claims = context.get('auth') as AccessTokenClaims<Claims> | undefined
    // Without requireAuth in front the request counts as one without a token.
    if (claims === undefined) await verifier.verify({ headers: {} }, needs)
    else verifier.authorize(claims, needs)
  })
}

function guard(check: (context: AuthContext) => Promise<void>): Handler {
  return async (context, next) => {
    try {
      await check(context)
    } catch (error) {
      return response(error)
    }
    await next()
    return undefined
  }
}

function response(error: unknown): Response {
  const { status, headers, body } = answerTo(error)
  return Response.json(body, { status, headers: { ...headers } })
}
