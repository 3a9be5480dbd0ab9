import { type HeadersLike, header, type Presented } from './credentials.ts'
import type { Refusal } from './errors.ts'
import { KEYS_UNAVAILABLE } from './signatures.ts'
import type { ApiClientLike } from './types.ts'

/**
 * Leaves the signature to `@auth0/auth0-api-js`. Its messages stay inside: they may quote the token.
 *
 * @param publicUrl The address of a request as its client sees it.
 */
export async function signatureBy(
  client: ApiClientLike,
  { token, scheme, request }: Presented,
  publicUrl: (url: string) => string,
): Promise<Refusal | undefined> {
  const { headers, method, url } = request ?? {}
  // A proof beside a free token is none of its business: the scheme decides.
  const proof = headers === undefined || scheme === 'Bearer' ? undefined : header(headers, 'dpop')
  try {
    await client.verifyAccessToken({
      accessToken: token,
      // Its list of domains may depend on the request.
      ...(headers === undefined ? {} : { headers: plain(headers), scheme: scheme.toLowerCase() }),
      ...(url === undefined ? {} : { httpUrl: publicUrl(url) }),
      ...(method === undefined ? {} : { httpMethod: method }),
      ...(proof === undefined ? {} : { dpopProof: proof }),
    })
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
