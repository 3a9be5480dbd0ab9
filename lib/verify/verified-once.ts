import { header, type RequestLike, type ServerRequest } from './credentials.ts'
import type { AccessTokenClaims, Needs, Verifier } from './types.ts'

interface Verified {
  /** Token, proof, and what the proof is for. */
  presented: string
  claims: object
}

/** What each verifier has found in a request; gone with the request. */
const verified = new WeakMap<object, WeakMap<object, Verified>>()

/**
 * Verifies a request of a framework, whose requests are objects of their own. A request may pass the same verifier
 * several times, as when an endpoint needs more than the app: its proof of possession counts once for all of them. What
 * changes in the request, such as its method, is verified anew.
 */
export async function verifiedOnce<Claims>(
  verifier: Verifier<Claims>,
  request: RequestLike,
  needs: Needs<Claims>,
): Promise<AccessTokenClaims<Claims>> {
  const proof = header(request.headers, 'dpop')
  if (proof === undefined) return verifier.verify(request, needs)
  const { method, originalUrl, url } = request as RequestLike & ServerRequest
  const presented = JSON.stringify([
    header(request.headers, 'authorization'),
    proof,
    method,
    originalUrl ?? url,
  ])
  const before = verified.get(request)?.get(verifier)
  if (before?.presented === presented) {
    const claims = before.claims as AccessTokenClaims<Claims>
    await verifier.check(claims, needs, request)
    return claims
  }
  const claims = await verifier.verify(request, needs)
  const all = verified.get(request) ?? new WeakMap<object, Verified>()
  verified.set(request, all.set(verifier, { presented, claims }))
  return claims
}
