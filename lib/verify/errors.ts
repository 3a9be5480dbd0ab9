/**
 * Permanent codes of {@link AccessTokenError}. Compare on the code, never on the message.
 *
 * | code | status | what is wrong |
 * | --- | --- | --- |
 * | `no_token` | 401 | the request has no credentials that this API understands |
 * | `malformed_request` | 400 | an `Authorization` header that is not one scheme and one token |
 * | `opaque_token` | 401 | not a signed JWT: the client asked for no audience, or the token is encrypted |
 * | `malformed_token` | 401 | not the one canonical spelling of a compact JWS with JSON objects in it |
 * | `algorithm_not_allowed` | 401 | `alg` is not among those that the API accepts |
 * | `critical_header` | 401 | `crit` names an extension |
 * | `wrong_type` | 401 | `typ` is not that of the API's access tokens |
 * | `id_token` | 401 | an ID token |
 * | `unknown_key` | 401 | no key of the issuer has this `kid` and fits the algorithm |
 * | `bad_signature` | 401 | the signature is not the issuer's |
 * | `wrong_issuer`, `wrong_audience` | 401 | made by, or for, somebody else |
 * | `expired`, `not_yet_valid` | 401 | outside its time |
 * | `invalid_claim` | 401 | a registered claim that is missing or has a wrong type |
 * | `wrong_client` | 401 | issued to a client that is not among those accepted |
 * | `wrong_organization` | 401 | for another organization, or for none |
 * | `contract_violation` | 401 | custom claims that differ from the contract |
 * | `anonymous_session` | 401 | of a visitor who has not logged in |
 * | `insufficient_scope`, `insufficient_permissions` | 403 | valid, but not for this endpoint |
 * | `check_failed` | 403 | a check of the API's own does not hold: `check` is its name |
 * | `sender_constrained` | 401 | bound to a key, and sent without a proof of this key that the API can check |
 * | `token_not_bound` | 401 | not bound to a key, and sent as if it were, or to an API that takes no other |
 * | `invalid_dpop_proof` | 401 | the DPoP proof does not fit the request, the token or the time |
 * | `use_dpop_nonce` | 401 | the DPoP proof lacks the nonce that this API asks for |
 * | `keys_unavailable` | 503 | the issuer's keys cannot be fetched |
 * | `store_unavailable` | 503 | the store of the proofs that were seen does not answer |
 */
export type AccessTokenErrorCode =
  | 'no_token'
  | 'malformed_request'
  | 'opaque_token'
  | 'malformed_token'
  | 'algorithm_not_allowed'
  | 'critical_header'
  | 'wrong_type'
  | 'id_token'
  | 'unknown_key'
  | 'bad_signature'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'expired'
  | 'not_yet_valid'
  | 'invalid_claim'
  | 'wrong_client'
  | 'wrong_organization'
  | 'contract_violation'
  | 'anonymous_session'
  | 'insufficient_scope'
  | 'insufficient_permissions'
  | 'check_failed'
  | 'sender_constrained'
  | 'token_not_bound'
  | 'invalid_dpop_proof'
  | 'use_dpop_nonce'
  | 'keys_unavailable'
  | 'store_unavailable'

/** One reason why a token is refused. Never holds a token or the value of a claim. */
export interface Refusal {
  code: AccessTokenErrorCode
  message: string
  /** The claim or header parameter at fault. */
  claim?: string
  /** The name of the check that does not hold. */
  check?: string
}

/** A refusal for the time being. */
export interface Unavailable extends Refusal {
  retryAfterSeconds: number
  cause: unknown
}

/**
 * Thrown by the first check that fails; the response depends on the request too. Collects no stack, which would cost
 * time.
 */
export class Refused {
  readonly refusal: Refusal

  constructor(refusal: Refusal) {
    this.refusal = refusal
  }
}

/** A reporter for checks that end at the first reason. */
export function refuse(refusal: Refusal): never {
  throw new Refused(refusal)
}

export interface AccessTokenErrorOptions {
  claim?: string
  check?: string
  /** Value of `WWW-Authenticate`. */
  wwwAuthenticate: string
  /** More headers for the answer, e.g. `DPoP-Nonce`. */
  headers?: Readonly<Record<string, string>>
  cause?: unknown
}

const STATUS: Partial<Record<AccessTokenErrorCode, 400 | 403 | 503>> = {
  malformed_request: 400,
  insufficient_scope: 403,
  insufficient_permissions: 403,
  check_failed: 403,
  keys_unavailable: 503,
  store_unavailable: 503,
}

/**
 * The request is refused. Carries the answer of RFC 6750 section 3, ready to send. Message, `claim` and
 * `headers` never hold the token or the value of a claim. Of a 503 `cause` says why, and `retry-after` among the
 * headers when to ask again; `cause` may come from elsewhere and is not for the client.
 */
export class AccessTokenError extends Error {
  override readonly name: string = 'AccessTokenError'
  readonly code: AccessTokenErrorCode
  /** HTTP status of the answer. */
  readonly status: 400 | 401 | 403 | 503
  /** Value of the answer's `WWW-Authenticate` header. */
  readonly wwwAuthenticate: string
  /** All headers of the answer, `www-authenticate` included; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The claim or header parameter at fault. */
  readonly claim?: string
  /** Of `check_failed`: the name of the check. */
  readonly check?: string

  constructor(code: AccessTokenErrorCode, message: string, options: AccessTokenErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = STATUS[code] ?? 401
    this.wwwAuthenticate = options.wwwAuthenticate
    this.headers = { 'www-authenticate': options.wwwAuthenticate, ...options.headers }
    if (options.claim !== undefined) this.claim = options.claim
    if (options.check !== undefined) this.check = options.check
  }

  /** The answer, as the error handler that Hono has by default asks for it. */
  getResponse(): Response {
    const { status, headers, body } = answerOf(this)
    return Response.json(body, { status, headers: { ...headers } })
  }
}

/** What is sent when a request is refused. */
export interface Answer {
  status: number
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>
  body: { error: string; message: string }
}

/** The answer for a refusal, `WWW-Authenticate` included. */
export function answerOf(error: AccessTokenError): Answer {
  return {
    status: error.status,
    headers: { ...error.headers, 'cache-control': 'no-store' },
    body: { error: error.code, message: error.message },
  }
}
