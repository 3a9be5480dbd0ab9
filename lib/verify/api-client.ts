import type { HeadersLike, Presented } from './credentials.ts'
import { NO_PROOF, type ProofRequest } from './dpop.ts'
import type { Refusal } from './errors.ts'
import { KEYS_UNAVAILABLE } from './signatures.ts'
import type { ApiClientLike } from './types.ts'

/**
 * Leaves the signature to `@auth0/auth0-api-js`. Its messages stay inside: they may quote the token.
 *
 * @param target What a proof is held against, or the address alone: its list of domains may depend on it.
 */
export async function signatureBy(
  client: ApiClientLike,
  { token, scheme, request }: Presented,
  target: ProofRequest | string | undefined,
): Promise<Refusal | undefined> {
  const common = {
    accessToken: token,
    ...(request === undefined ? {} : { headers: plain(request.headers), scheme: scheme.toLowerCase() }),
  }
  try {
    if (typeof target !== 'object') {
      await client.verifyAccessToken({ ...common, ...(target === undefined ? {} : { httpUrl: target }) })
    } else {
      const { proof, method, url } = target
      if (proof === undefined) return NO_PROOF
      await client.verifyAccessToken({
        ...common,
        scheme: 'dpop',
        dpopProof: proof,
        httpMethod: method,
        httpUrl: url,
      })
    }
    return undefined
  } catch (error) {
    // Its codes for what is refused; anything else is a failed fetch or a wrong set-up.
    switch ((error as { code?: unknown } | null)?.code) {
      case 'invalid_dpop_proof':
        return BAD_PROOF
      case 'verify_access_token_error':
        return REFUSED
      case 'invalid_request':
        return scheme === 'DPoP' ? BAD_PROOF : REFUSED
      default:
        return KEYS_UNAVAILABLE
    }
  }
}

function plain(headers: HeadersLike): Record<string, string | string[] | undefined> {
  const { entries } = headers as { entries?: () => Iterable<[string, string]> }
  return typeof entries === 'function'
    ? Object.fromEntries(entries.call(headers))
    : { ...(headers as Record<string, string | string[] | undefined>) }
}

const BAD_PROOF: Refusal = {
  code: 'invalid_dpop_proof',
  message: 'The proof does not fit the request, the token or the time.',
}
const REFUSED: Refusal = {
  code: 'bad_signature',
  message: 'The signature or a registered claim is not right.',
}
