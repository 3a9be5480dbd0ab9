import { constants, createHmac, type SignKeyObjectInput, sign } from 'node:crypto'
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
  if (typeof key === 'string') {
    if (alg !== 'HS256') throw unfit(alg)
    return compact({ alg, typ }, payload, (text) => createHmac('sha256', key).update(text).digest())
  }
  if ((alg === 'ES256') !== (key.type === 'EC') || alg === 'HS256') throw unfit(alg)
  // Not in the thread pool: for one signature the way there and back costs about as much as signing.
  return compact({ alg, typ, kid: key.kid }, payload, (text) =>
    sign('sha256', text, { key: key.privateKey, ...PARAMETERS[alg] }),
  )
}

/** @see RFC 7518 sections 3.4 and 3.5 */
const PARAMETERS: Readonly<Record<Exclude<SigningAlgorithm, 'HS256'>, Partial<SignKeyObjectInput>>> = {
  RS256: {},
  PS256: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
  ES256: { dsaEncoding: 'ieee-p1363' },
}

/** @see RFC 7515 section 7.1 */
function compact(header: object, payload: object, signature: (text: Buffer) => Buffer): string {
  const text = [header, payload]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${text}.${signature(Buffer.from(text)).toString('base64url')}`
}

function unfit(alg: string): ToolkitError {
  return new ToolkitError('ERR_USAGE', `the key does not fit the algorithm "${alg}"`, {
    hint: 'RS256 and PS256 need an RSA key, ES256 an elliptic one, HS256 a secret.',
  })
}
