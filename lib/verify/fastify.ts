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

export type { AuthOptions }

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
 * `request.auth`. Decorate the request once with `fastify.decorateRequest('auth', null)` for speed. What the options
 * say holds for the checks behind it too.
 */
export function requireAuth<Claims>(
  verifier: Verifier<Claims>,
  needs: Needs<Claims> = {},
  options: AuthOptions<ServerRequest> = {},
): Hook<Claims> {
  return authentication('requireAuth', verifier, needs, options, () => false)
}

/**
 * The same for an endpoint that also serves requests without any credentials: `request.auth` then stays as it was. A
 * request with a token that is bad, malformed or in the wrong place is refused, and so is one with another scheme.
 */
export function optionalAuth<Claims>(
  verifier: Verifier<Claims>,
  needs: Needs<Claims> = {},
  options: AuthOptions<ServerRequest> = {},
): Hook<Claims> {
  return authentication('optionalAuth', verifier, needs, options, (request) => !hasCredentials(request))
}

/** After {@link requireAuth}: all of these scopes. */
export function requireScopes<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Hook<Claims> {
  assertVerifier(verifier, 'requireScopes')
  return afterAuth(verifier, fixedNames('scopes', scopes, 'requireScopes'))
}

/** After {@link requireAuth}: one of these scopes at least. */
export function requireAnyScope<Claims>(verifier: Verifier<Claims>, ...scopes: string[]): Hook<Claims> {
  assertVerifier(verifier, 'requireAnyScope')
  return afterAuth(verifier, fixedNames('anyScope', scopes, 'requireAnyScope'))
}

/** After {@link requireAuth}: all of these in the `permissions` claim. */
export function requirePermissions<Claims>(
  verifier: Verifier<Claims>,
  ...permissions: string[]
): Hook<Claims> {
  assertVerifier(verifier, 'requirePermissions')
  return afterAuth(verifier, fixedNames('permissions', permissions, 'requirePermissions'))
}

/** After {@link requireAuth}: checks of your own by name. One that does not hold is answered with 403. */
export function requireChecks<Claims>(
  verifier: Verifier<Claims>,
  checks: NonNullable<Needs<Claims>['checks']>,
): Hook<Claims> {
  assertVerifier(verifier, 'requireChecks')
  return afterAuth(verifier, fixedNeeds({ checks }, 'requireChecks'))
}

function authentication<Claims>(
  of: string,
  verifier: Verifier<Claims>,
  needs: Needs<Claims>,
  given: AuthOptions<ServerRequest>,
  passes: (request: ServerRequest) => boolean,
): Hook<Claims> {
  assertVerifier(verifier, of)
  const own = fixedNeeds(needs, of)
  const options = checkedAuthOptions(of, given)
  return guard(async (request) => {
    rememberOptions(request, options)
    if (passes(request) || (options.preflight === true && isPreflight(request))) return
    request.auth = await verifiedOnce(verifier, request, own)
  })
}

function afterAuth<Claims>(verifier: Verifier<Claims>, needs: Needs<Claims>): Hook<Claims> {
  return guard(async (request) => {
    // Decorated requests begin with null. Either way the request counts as one without a token.
    if (request.auth == null) await verifier.verify({ headers: {} }, needs)
    else await verifier.check(request.auth, needs, request)
  })
}

function guard<Claims>(check: (request: AuthRequest<Claims>) => Promise<void>): Hook<Claims> {
  return async (request, reply) => {
    try {
      await check(request)
      return undefined
    } catch (error) {
      const { status, headers, body } = await answerFor(error, request, rememberedOptions(request))
      reply.code(status)
      reply.headers({ ...headers })
      reply.send(body)
      // Fastify stops here when a hook returns the reply it has sent.
      return reply
    }
  }
}
