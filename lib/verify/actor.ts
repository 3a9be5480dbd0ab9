import type { ActClaim, Actor, RegisteredClaims } from './types.ts'

/**
 * Who acts for the user: the current actor first, then those before it. Empty when the user acts alone.
 *
 * Access may depend on the first only: RFC 8693 section 4.1 says that the others are for information.
 *
 * @param claims The claims that `verify` resolved to. It has checked that each actor has a `sub`.
 */
export function actor(claims: Pick<RegisteredClaims, 'act'>): Actor[] {
  const chain: Actor[] = []
  for (let current = claims.act; current !== undefined; ) {
    const { act, ...own } = current
    chain.push(own as Actor)
    current = act
  }
  return chain
}

/** Whether a value is an `act` claim: each actor an object with a `sub`. */
export function isActClaim(value: unknown): value is ActClaim {
  for (let current = value; ; ) {
    if (typeof current !== 'object' || current === null || Array.isArray(current)) return false
    const { sub, act } = current as Record<string, unknown>
    if (typeof sub !== 'string' || sub === '') return false
    if (!Object.hasOwn(current, 'act')) return true
    current = act
  }
}

/**
 * Whether a token is that of an anonymous session: of a visitor who has not logged in.
 *
 * @see https://auth0.com/docs/manage-users/sessions/anonymous-sessions
 */
export function isAnonymous({ sub }: Pick<RegisteredClaims, 'sub'>): boolean {
  return sub.startsWith('anon@')
}
