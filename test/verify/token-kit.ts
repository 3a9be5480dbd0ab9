import { exportJWK, generateKeyPair, type JWTHeaderParameters, SignJWT } from 'jose'
import type { VerifierOptions } from '../../lib/verify/index.ts'

export const ISSUER = 'https://acme.eu.auth0.com/'
export const AUDIENCE = 'https://orders.acme.example/'
/** Seconds since the epoch at which the tests stand. */
export const NOW = 1_800_000_000

export const keys = await generateKeyPair('RS256', { extractable: true })
export const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'RS256', use: 'sig' }

export const options: VerifierOptions = {
  issuer: ISSUER,
  audience: AUDIENCE,
  jwks: { keys: [jwk] },
  now: () => NOW * 1000,
}

export const goodPayload = {
  iss: ISSUER,
  sub: 'auth0|1',
  aud: [AUDIENCE, `${ISSUER}userinfo`],
  iat: NOW - 10,
  exp: NOW + 3600,
  azp: 'client1',
  scope: 'openid read:orders',
}

/** A signed token: the good one, changed by what is given; `undefined` removes a claim. */
export async function token(
  changes: Record<string, unknown> = {},
  header: Partial<JWTHeaderParameters> = {},
): Promise<string> {
  const payload = Object.fromEntries(
    Object.entries({ ...goodPayload, ...changes }).filter(([, value]) => value !== undefined),
  )
  const full = Object.fromEntries(
    Object.entries({ alg: 'RS256', typ: 'JWT', kid: 'k1', ...header }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  return new SignJWT(payload).setProtectedHeader(full as JWTHeaderParameters).sign(keys.privateKey)
}

/** Signs any header and payload text, also such that a library would not make. */
export async function rawToken(header: string, payload: string): Promise<string> {
  const input = `${Buffer.from(header).toString('base64url')}.${Buffer.from(payload).toString('base64url')}`
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', keys.privateKey, Buffer.from(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
