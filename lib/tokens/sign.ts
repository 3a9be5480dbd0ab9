import { CompactSign } from 'jose'
import { ToolkitError } from '../errors.ts'
import type { SigningKey } from './keys.ts'
import type { SigningAlgorithm } from './types.ts'

export interface SignTokenOptions {
  /** A key of the tenant, or the shared secret for HS256. */
  key: SigningKey | string
  alg: SigningAlgorithm
  /** `JWT`, or `at+jwt` for an access token of the RFC 9068 profile. @defaultValue `JWT` */
  typ?: string
}

const encoder = new TextEncoder()

/**
 * Signs a payload as it is: adds and checks no claim, and knows no clock.
 *
 * @throws {ToolkitError} `ERR_USAGE` when the key does not fit the algorithm.
 * @see RFC 7519 section 7.1
 */
export async function signToken(
  payload: Readonly<Record<string, unknown>>,
  { key, alg, typ = 'JWT' }: SignTokenOptions,
): Promise<string> {
  const signer = new CompactSign(encoder.encode(JSON.stringify(payload)))
  if (typeof key === 'string') {
    if (alg !== 'HS256') throw unfit(alg)
    return signer.setProtectedHeader({ alg, typ }).sign(encoder.encode(key))
  }
  if ((alg === 'ES256') !== (key.type === 'EC') || alg === 'HS256') throw unfit(alg)
  return signer.setProtectedHeader({ alg, typ, kid: key.kid }).sign(key.privateKey)
}

function unfit(alg: string): ToolkitError {
  return new ToolkitError('ERR_USAGE', `the key does not fit the algorithm "${alg}"`, {
    hint: 'RS256 and PS256 need an RSA key, ES256 an elliptic one, HS256 a secret.',
  })
}
