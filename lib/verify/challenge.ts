import type { Scheme } from './credentials.ts'
import type { AccessTokenErrorCode } from './errors.ts'

/** The `error` of RFC 6750 section 3.1 and RFC 9449 section 7.1; `undefined`: no error is named. */
const ERRORS: Record<AccessTokenErrorCode, string | undefined> = {
  no_token: undefined,
  keys_unavailable: undefined,
  store_unavailable: undefined,
  malformed_request: 'invalid_request',
  insufficient_scope: 'insufficient_scope',
  insufficient_permissions: 'insufficient_scope',
  check_failed: 'insufficient_scope',
  opaque_token: 'invalid_token',
  malformed_token: 'invalid_token',
  algorithm_not_allowed: 'invalid_token',
  critical_header: 'invalid_token',
  wrong_type: 'invalid_token',
  id_token: 'invalid_token',
  unknown_key: 'invalid_token',
  bad_signature: 'invalid_token',
  wrong_issuer: 'invalid_token',
  wrong_audience: 'invalid_token',
  expired: 'invalid_token',
  not_yet_valid: 'invalid_token',
  invalid_claim: 'invalid_token',
  wrong_client: 'invalid_token',
  anonymous_session: 'invalid_token',
  wrong_organization: 'invalid_token',
  contract_violation: 'invalid_token',
  sender_constrained: 'invalid_token',
  token_not_bound: 'invalid_token',
  invalid_dpop_proof: 'invalid_dpop_proof',
  use_dpop_nonce: 'use_dpop_nonce',
}

export interface ChallengeOptions {
  /** Name of the protected space. */
  realm: string
  /** Address of the RFC 9728 document. */
  resourceMetadata?: string
  /** Schemes that the API takes, the one that was used first. */
  schemes: readonly Scheme[]
  /** Algorithms of DPoP proofs. */
  algorithms?: readonly string[]
  /** Scopes that the endpoint needs. */
  scope?: readonly string[]
  code?: AccessTokenErrorCode
  description?: string
}

/**
 * The value of `WWW-Authenticate`: one challenge per scheme, the error in the challenge of the scheme
 * that was used (RFC 6750 section 3, RFC 9449 section 7.1, RFC 9728 section 5.1).
 */
export function challenge(options: ChallengeOptions): string {
  const error = options.code === undefined ? undefined : ERRORS[options.code]
  return options.schemes
    .map((scheme, index) => {
      const parameters: [string, string][] = [['realm', options.realm]]
      if (index === 0 && error !== undefined) {
        parameters.push(['error', error])
        if (options.description !== undefined) {
          parameters.push(['error_description', printable(options.description)])
        }
        if (error === 'insufficient_scope' && options.scope !== undefined && options.scope.length > 0) {
          parameters.push(['scope', printable(options.scope.join(' '))])
        }
      }
      if (scheme === 'DPoP') parameters.push(['algs', (options.algorithms ?? []).join(' ')])
      if (options.resourceMetadata !== undefined) {
        parameters.push(['resource_metadata', options.resourceMetadata])
      }
      return `${scheme} ${parameters.map(([name, value]) => `${name}=${quotedString(value)}`).join(', ')}`
    })
    .join(', ')
}

/** RFC 6750 section 3 lets error texts hold 0x20-21, 0x23-5B and 0x5D-7E only. */
function printable(text: string): string {
  return text.replaceAll('"', "'").replaceAll(/[^\x20-\x21\x23-\x5B\x5D-\x7E]/g, '?')
}

/** RFC 9110 section 5.6.4. */
function quotedString(text: string): string {
  return `"${text.replaceAll(/[^\x20-\x7E]/g, '?').replaceAll(/["\\]/g, '\\$&')}"`
}
