import { answerTo } from './answer.ts'
import type { ServerRequest } from './credentials.ts'
import { assertVerifier, fixedNames, fixedNeeds } from './needs.ts'
import type { AccessTokenClaims, Needs, Verifier } from './types.ts'
import { verifiedOnce } from './verified-once.ts'

/** What is used of Fastify's request; `auth` is set by {@link requireAuth}. */
export interface AuthRequest<Claims = Record<string, unknown>> extends ServerRequest {
  auth?: AccessTokenClaims<Claims>
}

/** What is used of Fastify's reply. */
export interface AuthReply {
  code(status: number): unknown
  headers(values: Record<string, string>): unknown
  send(body: unknown): unknown
}

export type Hook<Claims> = (request: AuthRequest<Claims>, reply: AuthReply) => Promise<unknown>

/**
 * A Fastify `preHandler` (or `onRequest`) hook: answers 401 or 403 itself, or puts the claims into
 * `request.auth`. Decorate the request once with `fastify.decorateRequest('auth', null)` for speed.
 */
export function requireAuth<Claims>(verifier: Verifier<Claims>, needs: Needs = {}): Hook<Claims> {
  assertVerifier(verifier, 'requireAuth')
  const own = fixedNeeds(needs, 'requireAuth')
  return guard(async (request) => {
    request.auth = await verifiedOnce(verifier, request, own)
  })
}

/** After {@link requireAuth}: all of these scopes. */
export function requireScopes<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Hook<Claims> {
  assertVerifier(verifier, 'requireScopes')
  return afterAuth(verifier, fixedNames('scopes', scopes, 'requireScopes'))
}

/** After {@link requireAuth}: all of these in the `permissions` claim. */
export function requirePermissions<Claims>(
  verifier: Verifier<Claims>,
  ...permissions: string[]
): Hook<Claims> {
  assertVerifier(verifier, 'requirePermissions')
  return afterAuth(verifier, fixedNames('permissions', permissions, 'requirePermissions'))
}

function afterAuth<Claims>(verifier: Verifier<Claims>, needs: Needs): Hook<Claims> {
  return guard(async (request) => {
    // Decorated requests begin with null. Either way the request counts as one without a token.
    if (request.auth == null) await verifier.verify({ headers: {} }, needs)
    else verifier.authorize(request.auth, needs)
  })
}

function guard<Claims>(check: (request: AuthRequest<Claims>) => Promise<void>): Hook<Claims> {
  return async (request, reply) => {
    try {
      await check(request)
      return undefined
    } catch (error) {
      const { status, headers, body } = answerTo(error)
      reply.code(status)
      reply.headers({ ...headers })
      reply.send(body)
      // Fastify stops here when a hook returns the reply it has sent.
      return reply
    }
  }
}
