import type { CompactJws } from './compact-jws.ts'
import type { HeadersLike, Presented } from './credentials.ts'
import { NO_PROOF, type ProofRequest } from './dpop.ts'
import type { AccessTokenErrorCode, Refusal } from './errors.ts'
import { inTime } from './fetch-key-set.ts'
import { usage } from './must-be.ts'
import { keysUnavailable } from './signatures.ts'
import type { ApiClientLike } from './types.ts'

/**
 * Milliseconds for the whole call of the client, which may ask the issuer twice and has no limit of its own for the
 * first time.
 */
const TIMEOUT = 10_000

/**
 * Leaves the signature, and the proof if there is one, to `@auth0/auth0-api-js`. Its messages stay inside.
 *
 * @param target What a proof is held against, or the address alone: its list of domains may depend on it.
 * @returns `undefined` when the token is signed. Its registered claims have to be checked before.
 */
export async function signatureBy(
  client: ApiClientLike,
  { token, scheme, request }: Presented,
  { payload }: CompactJws,
  target: ProofRequest | string | undefined,
  timeoutMilliseconds = TIMEOUT,
): Promise<Refusal | undefined> {
  const common = {
    accessToken: token,
    ...(request === undefined ? {} : { headers: plain(request.headers), scheme: scheme.toLowerCase() }),
  }
  let answer: unknown
  try {
    if (typeof target !== 'object') {
      const call = { ...common, ...(target === undefined ? {} : { httpUrl: target }) }
      answer = await inTime(timeoutMilliseconds, async () => client.verifyAccessToken(call))
    } else {
      const { proof, method, url } = target
      if (proof === undefined) return NO_PROOF
      const call = { ...common, scheme: 'dpop', dpopProof: proof, httpMethod: method, httpUrl: url }
      answer = await inTime(timeoutMilliseconds, async () => client.verifyAccessToken(call))
    }
  } catch (error) {
    return refusalFor(error, token, scheme)
  }
  const { iss, sub } = (answer ?? {}) as Record<string, unknown>
  if (iss !== payload['iss'] || sub !== payload['sub']) {
    throw usage('createVerifier', '"apiClient" must answer the payload of the token that it verifies')
  }
  return undefined
}

interface ClientError {
  code?: unknown
  message?: unknown
  cause?: { code?: unknown; message?: unknown }
}

function refusalFor(error: unknown, token: string, scheme: Presented['scheme']): Refusal | undefined {
  const { code, message, cause } = (error ?? {}) as ClientError
  switch (code) {
    case 'invalid_dpop_proof':
      return BAD_PROOF
    case 'invalid_request':
      // Its mode is not the one of `dpop` here: it takes no proofs, or nothing else.
      if (cause?.code === 'invalid_auth_scheme') return scheme === 'DPoP' ? NO_PROOFS_TAKEN : PROOF_REQUIRED
      return scheme === 'DPoP' ? BAD_PROOF : NOT_UNDERSTOOD
    case 'verify_access_token_error': {
      // It has one code for both: a token that is refused, and an issuer that cannot be reached.
      const inner = [cause?.code, cause?.message, message].filter((text) => typeof text === 'string')
      for (const text of inner) {
        // The times were checked before, with a tolerance that the client lacks; it checks them after the signature.
        if (text === 'ERR_JWT_EXPIRED' || /^"(?:exp|nbf)" claim timestamp check failed$/.test(text)) {
          return undefined
        }
        for (const [pattern, found, claim] of MEANINGS) {
          if (pattern.test(text)) return { ...refusals[found], ...(claim === undefined ? {} : { claim }) }
        }
      }
      break
    }
  }
  const quotes = typeof message === 'string' && message.includes(token)
  return keysUnavailable(quotes ? undefined : error)
}

type Meaning = [pattern: RegExp, code: keyof typeof refusals, claim?: string]

const refusals = {
  bad_signature: { code: 'bad_signature', message: 'The signature is not that of the issuer.' },
  unknown_key: {
    code: 'unknown_key',
    message: 'The issuer has no key with this id that fits the algorithm.',
  },
  algorithm_not_allowed: {
    code: 'algorithm_not_allowed',
    message: 'The signature algorithm is none that the ApiClient takes.',
  },
  wrong_issuer: { code: 'wrong_issuer', message: 'The token is from another issuer.' },
  wrong_audience: { code: 'wrong_audience', message: 'The token is for another audience.' },
  invalid_claim: { code: 'invalid_claim', message: 'A claim that the ApiClient needs is missing or wrong.' },
  sender_constrained: {
    code: 'sender_constrained',
    message: 'The token is bound to another key, or needs a proof.',
  },
  token_not_bound: {
    code: 'token_not_bound',
    message: 'The token is not bound to a key: it needs the scheme Bearer.',
  },
} as const satisfies Partial<Record<AccessTokenErrorCode, Refusal>>

/** Messages of jose and of the client, and codes of jose, that are about the token for certain. All else is an outage. */
const MEANINGS: readonly Meaning[] = [
  [/^(?:signature verification failed|ERR_JWS_SIGNATURE_VERIFICATION_FAILED)$/, 'bad_signature'],
  [/^(?:no applicable|multiple matching) keys? found in the JSON Web Key Set$/, 'unknown_key', 'kid'],
  [/^ERR_JWKS_(?:NO|MULTIPLE)_MATCHING_KEYS?$/, 'unknown_key', 'kid'],
  [/^"alg" \(Algorithm\) Header Parameter value not allowed$/, 'algorithm_not_allowed', 'alg'],
  [/^unsupported algorithm \(symmetric/, 'algorithm_not_allowed', 'alg'],
  [/^ERR_JOSE_ALG_NOT_ALLOWED$/, 'algorithm_not_allowed', 'alg'],
  [/^unexpected "iss" claim value/, 'wrong_issuer', 'iss'],
  [/^unexpected "aud" claim value$/, 'wrong_audience', 'aud'],
  [/^missing required "[\w-]{1,40}" claim$/, 'invalid_claim'],
  [/^"(?:iat|exp|nbf)" claim must be a number$/, 'invalid_claim'],
  [/^JWT Access Token confirmation mismatch$/, 'sender_constrained', 'cnf'],
  [/^DPoP-bound token requires the DPoP authentication scheme/, 'sender_constrained', 'cnf'],
  [/^JWT Access Token has no jkt confirmation claim$/, 'token_not_bound', 'cnf'],
]

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
const NO_PROOFS_TAKEN: Refusal = {
  code: 'sender_constrained',
  message: 'The token is bound to a key, and this API does not check such proofs.',
  claim: 'cnf',
}
const PROOF_REQUIRED: Refusal = {
  code: 'token_not_bound',
  message: 'This API takes tokens only that are bound to a key.',
  claim: 'cnf',
}
const NOT_UNDERSTOOD: Refusal = {
  code: 'malformed_request',
  message: 'The request must have one token, and a proof only with the scheme DPoP.',
}
