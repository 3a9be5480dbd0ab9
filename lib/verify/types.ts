import type { TokenDialect } from '../tokens/types.ts'
import type { ClientCertificate } from './certificate.ts'
import type { HeadersLike, RequestLike } from './credentials.ts'
import type { Store } from './store.ts'

/** `EdDSA` and `Ed25519` are two names of one algorithm (RFC 9864); a token has to use one that is named. */
export type VerifyAlgorithm = `${'RS' | 'PS' | 'ES' | 'HS'}${256 | 384 | 512}` | 'EdDSA' | 'Ed25519'

/** Those with a pair of keys. */
export type SignatureAlgorithm = Exclude<VerifyAlgorithm, `HS${number}`>

/** Algorithms of DPoP proofs: asymmetric ones only. Auth0's own proofs are ES256. */
export type DpopAlgorithm = SignatureAlgorithm

/** How proofs of possession are checked (RFC 9449). */
export interface DpopOptions {
  /** `allowed`: tokens may be bound to a key or not; `required`: no others are taken. @defaultValue `'allowed'` */
  mode?: 'allowed' | 'required'
  /** @defaultValue `['ES256']` */
  algorithms?: readonly DpopAlgorithm[]
  /** How old a proof may be, and so how long it is remembered, in seconds. @defaultValue 300 */
  maxAgeSeconds?: number
  /** How far in the future a proof may be, in seconds. @defaultValue 30 */
  leewaySeconds?: number
  /**
   * Public address of the API, e.g. `https://orders.acme.example`: only path and query of a request count then. A path
   * in it is put in front of them: name one when a proxy takes it away from what the API sees.
   * Several addresses: the request picks one of them by its `X-Forwarded-Host`, else by its `Host`; one that picks none
   * is refused (400).
   * Needed with `node:http`, behind a proxy, and wherever nobody checks that the `Host` of a request is the API's:
   * a proof that was made for another server can be sent here with that server's name. @defaultValue the address
   * that the request names
   */
  baseUrl?: string | readonly string[]
  /** Where proofs are remembered: instances of one API share it. @defaultValue the memory of this instance */
  store?: Store
  /**
   * Proofs must carry a nonce of this API, at most `maxAgeSeconds` old. Instances share the secret, which has at
   * least 32 characters. @defaultValue no nonce; `maxAgeSeconds` 300
   */
  nonce?: { secret: string; maxAgeSeconds?: number }
}

/**
 * Who acts for the user of a token (RFC 8693 section 4.1): an actor, and in its `act` the one that acted before it.
 */
export interface ActClaim extends Actor {
  act?: ActClaim
}

/** One actor of a delegation, with the members that an Action or Auth0 gave it. */
export interface Actor {
  sub: string
  [member: string]: unknown
}

/** Registered claims of an access token; see `schemas/` for the custom ones. */
export interface RegisteredClaims {
  iss: string
  sub: string
  aud: string | string[]
  /** Seconds since the epoch. */
  exp: number
  /** Seconds since the epoch. */
  iat: number
  nbf?: number
  /** Client id, in Auth0's own profile. */
  azp?: string
  /** Client id, in the RFC 9068 profile. */
  client_id?: string
  jti?: string
  /** Granted scopes, separated by blanks. */
  scope?: string
  permissions?: string[]
  org_id?: string
  org_name?: string
  gty?: string | string[]
  cnf?: { jkt?: string; 'x5t#S256'?: string }
  /** Who acts for the user, the current actor outermost: see {@link actor}. */
  act?: ActClaim
}

/** What {@link Verifier.verify} resolves to: registered claims and those of the contract. */
export type AccessTokenClaims<Claims> = RegisteredClaims & Claims

/**
 * Judges the custom claims of a payload: a contract of `auth0-claims`, or the module that
 * `standaloneValidator` wrote. No fault: the payload is as the contract says.
 */
export interface ClaimsContract {
  validate(
    payload: Readonly<Record<string, unknown>>,
  ): readonly { path: string; claim?: string; keyword: string; message: string }[]
}

export interface JsonWebKeySet {
  keys: readonly JsonWebKeyLike[]
}

/** RFC 7517. */
export interface JsonWebKeyLike {
  kty?: string
  kid?: string
  use?: string
  alg?: string
  key_ops?: readonly string[]
  [parameter: string]: unknown
}

export interface KeySetOptions {
  /** How long fetched keys are used, in seconds. @defaultValue 600 */
  maxAgeSeconds?: number
  /**
   * How long keys are still used when fetching anew fails, in seconds after `maxAgeSeconds`: as long a key that the
   * issuer withdrew may still be taken. @defaultValue 3 600
   */
  staleSeconds?: number
  /** At most this many fetches for unknown `kid`s in a row; then one every `cooldownSeconds`. @defaultValue 3 */
  burst?: number
  /** Also the longest wait after failed fetches, which begins at 100 ms and doubles. @defaultValue 30 */
  cooldownSeconds?: number
  /** For the whole answer. @defaultValue 5 000 */
  timeoutMilliseconds?: number
  /** Larger documents are refused. @defaultValue 131 072 */
  maxBytes?: number
}

/** How the tokens that were verified are kept. */
export interface TokenCacheOptions {
  /** How long a result is used, in seconds; never past the token's `exp` or the age of the keys. @defaultValue 600 */
  maxAgeSeconds?: number
  /** Of about 800 bytes each. @defaultValue 10 000 */
  maxEntries?: number
  /**
   * Instances tell each other which signatures they have checked: digests only. Whoever can write to the store
   * can forge tokens. Pays only where a signature costs more than asking. @defaultValue none
   */
  store?: Store
}

/** What is used of the `ApiClient` of `@auth0/auth0-api-js`; the package itself is not needed. */
export interface ApiClientLike {
  verifyAccessToken(options: BearerCall | DpopCall): Promise<Readonly<Record<string, unknown>>>
}

interface BearerCall {
  accessToken: string
  headers?: Record<string, string | string[] | undefined>
  scheme?: string
  httpUrl?: string
}

interface DpopCall extends BearerCall {
  scheme: string
  dpopProof: string
  httpMethod: string
  httpUrl: string
}

export interface VerifierOptions {
  /**
   * Exact issuer, final slash included, e.g. `https://acme.eu.auth0.com/`; http for this machine only. One of
   * `issuer`, `issuers`, `domain`.
   */
  issuer?: string
  /**
   * Several exact issuers (custom domains), each with the keys that are fetched from it, or a function that names
   * them for a request. The token cannot choose another.
   */
  issuers?: readonly string[] | IssuersFor
  /**
   * Short for the issuer `https://<domain>/`: a host name, or its address as the local tenant prints it
   * (`http://localhost:4000`; http for this machine only). `undefined`, as of a variable that is not set, is refused.
   */
  domain?: string | undefined
  /**
   * Identifier of this API; several when it has several: a token must be for one of them. `undefined` is refused.
   */
  audience: string | readonly string[] | undefined
  /** What the custom claims must be. @defaultValue not checked */
  contract?: ClaimsContract
  /** Scopes that every request needs. @defaultValue none */
  requiredScopes?: readonly string[]
  /** The API's `token_dialect`: decides on `typ` and the required claims. @defaultValue either profile */
  dialect?: TokenDialect
  /** Accepted `alg`s. `HS256`, `HS384`, `HS512` only together with `secret`. @defaultValue `['RS256', 'PS256']` */
  algorithms?: readonly VerifyAlgorithm[]
  /** The API's signing secret, for `HS…` only: at least 32, 48 or 64 bytes (RFC 7518 section 3.2), and no key. */
  secret?: string
  /** Leeway for `exp`, `nbf` and `iat`, in seconds. @defaultValue 5 */
  clockTolerance?: number
  /** Client ids that may call this API. @defaultValue any */
  clients?: readonly string[]
  /**
   * Whether the token of an anonymous session is taken: one for a visitor who has not logged in, whose `sub` begins with
   * `anon@`. Auth0 issues them only for APIs that allow it. {@link isAnonymous} tells them apart.
   * @defaultValue `true`, as in Auth0's own SDKs
   */
  anonymousSessions?: boolean
  /**
   * Keys that are known already, or the address they are fetched from; of one issuer. Redirects are not followed.
   * @defaultValue `<issuer>.well-known/jwks.json`
   */
  jwks?: JsonWebKeySet | string
  /** Used to fetch keys. @defaultValue the global `fetch` */
  fetch?: typeof fetch
  /**
   * An `ApiClient` of `@auth0/auth0-api-js`: header and registered claims are read here first, then it checks the
   * signature with its own keys and options, then all else is checked here. It also gets DPoP proofs, which it does
   * not keep from being used twice: that, too, is done here. It has one code for whatever goes wrong: what its
   * message does not show to be the token's fault counts as an outage (503), and so does no answer within 10 s. Not together with `jwks`, `keys`,
   * `fetch`, `secret` or `cache`.
   */
  apiClient?: ApiClientLike
  /** Takes tokens that are bound to a DPoP key. @defaultValue they are refused; with `apiClient`: `true` */
  dpop?: boolean | DpopOptions
  /**
   * The certificate that the client of a request has shown in its TLS handshake, or has shown to a proxy that is
   * trusted: tokens that are bound to it (`cnf` with `x5t#S256`, RFC 8705) are then taken. Gets what `verify` was
   * given, with Express and Fastify their request: its parameter may have that type. What it throws is thrown on. Does not check the certificate.
   * @defaultValue such tokens are refused
   */
  getCertificate?(
    request: RequestLike,
  ): ClientCertificate | undefined | null | Promise<ClientCertificate | undefined | null>
  /** How keys are kept. */
  keys?: KeySetOptions
  /**
   * Remembers tokens that were verified: the same token again costs a digest. The claims that `verify` resolves to
   * are then frozen. Not together with `apiClient`. @defaultValue each token is verified each time
   */
  cache?: boolean | TokenCacheOptions
  /** Longest accepted token, in characters. @defaultValue 16 384 */
  maxTokenLength?: number
  /** Named in `WWW-Authenticate`. @defaultValue `api` */
  realm?: string
  /** Address of the RFC 9728 document, named in `WWW-Authenticate`. @defaultValue none */
  resourceMetadata?: string
  /** Where the time comes from, in milliseconds. @defaultValue `Date.now` */
  now?: () => number
}

/**
 * Names the issuers whose tokens a request may bring: exact ones, final slash included. Asked for each token, before
 * any key is fetched.
 *
 * `iss` is what the token says of itself; nobody has checked it, so it may only be looked up. `request` is what
 * `verify` was given, absent for a text. An empty list refuses the token; what is thrown is thrown on.
 */
export type IssuersFor = (asked: {
  iss: string
  request?: RequestLike
}) => readonly string[] | Promise<readonly string[]>

/**
 * Judges a token whose signature and claims are good. `true` lets the request in, `false` refuses it with 403 and the
 * name of the check; anything else is a fault of the server, and so is what it throws. `request` is what `verify` was
 * given, absent for a text: with Express and Fastify their request, and its parameter may have that type.
 */
export type Check<Claims = Record<string, unknown>> = {
  holds(claims: AccessTokenClaims<Claims>, request?: RequestLike): boolean | Promise<boolean>
}['holds']

/** What one request needs beyond a valid token. */
export interface Needs<Claims = Record<string, unknown>> {
  /** All of these scopes. */
  scopes?: readonly string[]
  /** One of these scopes at least. */
  anyScope?: readonly string[]
  /** All of these, in the `permissions` claim (APIs with RBAC). */
  permissions?: readonly string[]
  /** An id (`org_…`) or the name of the organization that the token must be for. */
  organization?: string
  /** Checks of your own by name, all of which must hold. The name is in the answer: printable ASCII. */
  checks?: Readonly<Record<string, Check<Claims>>>
}

/** A token, or what carries it in its `Authorization` header. */
export type TokenSource = string | HeadersLike | RequestLike

export interface Verifier<Claims> {
  /**
   * Resolves to the claims when the token is good for this API and this request.
   *
   * Does not check that the token was not revoked, nor that the user still exists.
   *
   * @throws {AccessTokenError} with a stable code and the answer to send.
   * @throws {ToolkitError} `ERR_USAGE` for needs that are none, for a source that is neither text nor a request, and
   *   for a proof whose address nobody knows.
   */
  verify(source: TokenSource, needs?: Needs<Claims>): Promise<AccessTokenClaims<Claims>>
  /**
   * Checks what a request needs against claims that {@link verify} has answered: for an endpoint behind a
   * check that all endpoints share. Does not look at the token again.
   *
   * @throws {AccessTokenError} `insufficient_scope`, `insufficient_permissions` or `wrong_organization`.
   * @throws {ToolkitError} `ERR_USAGE` for needs that are none, and for `checks`: they take {@link check}.
   */
  authorize(claims: AccessTokenClaims<Claims>, needs: Needs<Claims>): void
  /**
   * The same, and waits for the `checks` of the needs.
   *
   * @param request What the checks get beside the claims.
   * @throws {AccessTokenError} as {@link authorize}, and `check_failed`.
   */
  check(claims: AccessTokenClaims<Claims>, needs: Needs<Claims>, request?: RequestLike): Promise<void>
}
