import { textPattern } from './pattern-cost.ts'
import type { Contract } from './types.ts'

/**
 * Names that Auth0 or a standard puts into a token: everything else in a payload is custom.
 *
 * @see https://auth0.com/docs/secure/tokens/json-web-tokens/create-custom-claims
 * @see https://auth0.com/docs/secure/tokens/access-tokens/access-token-profiles
 */
const ISSUED_CLAIMS = new Set(
  // Issued by Auth0 as protocol claims, or restricted for Actions.
  (
    'iss sub aud exp nbf iat jti azp nonce auth_time acr amr at_hash c_hash s_hash sid client_id cnf act ' +
    'may_act authorization_details typ cty roles groups permissions entitlements org_id org_name scope gty ' +
    'internalService object_id uuid active events orig dest ath htm htu x5t#S256 jku jwe jwk kid sub_jwk mky ' +
    'attest origid rph jcard toe txn vot vtm sip_callid sip_cseq_num sip_date sip_from_tag sip_via_branch ' +
    'sub_profile client_profile ' +
    // OpenID Connect Core section 5.1, filled from the user's profile.
    'name family_name given_name middle_name nickname picture updated_at email email_verified ' +
    'preferred_username profile website gender birthdate zoneinfo locale address phone_number ' +
    'phone_number_verified'
  ).split(' '),
)

/** Whether a token may carry this name without any Action having set it. */
export function isIssuedClaim(name: string): boolean {
  return ISSUED_CLAIMS.has(name)
}

/**
 * The part of a token's payload that a contract is about: custom claims, and standard ones that the
 * contract describes by name. Values are not copied.
 */
export function customClaimsOf(
  payload: Readonly<Record<string, unknown>>,
  contract?: Pick<Contract, 'claims'>,
): Record<string, unknown> {
  const declared = new Set(contract?.claims)
  return Object.fromEntries(
    Object.entries(payload).filter(([name]) => declared.has(name) || !ISSUED_CLAIMS.has(name)),
  )
}

/**
 * Custom claims in the payload that the contract does not describe, sorted. A fault for those who write
 * claims; those who read them ignore what they do not know.
 */
export function undeclaredClaims(
  contract: Pick<Contract, 'claims' | 'schema'>,
  payload: Readonly<Record<string, unknown>>,
): string[] {
  const patterns = Object.keys(contract.schema.patternProperties ?? {}).map(textPattern)
  const declared = new Set(contract.claims)
  return Object.keys(payload)
    .filter(
      (name) =>
        !ISSUED_CLAIMS.has(name) && !declared.has(name) && !patterns.some((pattern) => pattern.test(name)),
    )
    .sort()
}
