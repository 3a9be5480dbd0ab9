import type { JWTPayload, JWTVerifyOptions } from 'jose'
import type { TenantContext } from './context.ts'

/**
 * The payload of a token that this tenant has signed with one of its RSA keys; `undefined` for any other, and for one
 * that does not meet `expected`. `currentDate` is by the tenant's clock unless it is given.
 */
export async function ownToken(
  { keys, clock }: Pick<TenantContext, 'keys' | 'clock'>,
  token: string,
  expected: JWTVerifyOptions & { issuer: string },
): Promise<JWTPayload | undefined> {
  // Loaded when first needed: a tenant is ready sooner without.
  const { jwtVerify } = await import('jose')
  const { current, next } = await keys
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => (kid === next.kid ? next.publicKey : current.publicKey),
      { algorithms: ['RS256'], currentDate: clock(), ...expected },
    )
    return payload
  } catch {
    return undefined
  }
}
