import { ToolkitError } from '../errors.ts'
import { challenge } from './challenge.ts'
import { type CompactJws, headerPrefix, isRefusal, type KnownHeader, parseCompactJws } from './compact-jws.ts'
import { credentialsOf, type HeadersLike } from './credentials.ts'
import { AccessTokenError, type Refusal } from './errors.ts'
import { fixedKeySet, isKeySet, type KeySet, KeysUnavailable, remoteKeySet } from './key-set.ts'
import type { Platform } from './platform.ts'
import { checkHeader, checkNeeds, checkPayload, type Report, type Rules } from './rules.ts'
import type {
  AccessTokenClaims,
  ApiClientLike,
  Needs,
  TokenSource,
  Verifier,
  VerifierOptions,
  VerifyAlgorithm,
} from './types.ts'

const ALGORITHMS: readonly VerifyAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256']
const NONE: Needs = {}
const KNOWN_HEADERS = 4

/** A verifier on a given runtime; `createVerifier` binds it. */
export class TokenVerifier<Claims, Key> implements Verifier<Claims> {
  readonly #platform: Platform<Key>
  readonly #rules: Rules
  readonly #options: VerifierOptions
  readonly #maxLength: number
  readonly #now: () => number
  readonly #keySets = new Map<string, KeySet<Key>>()
  /** Headers of tokens that had a good signature, newest first: few, since an issuer has few keys. */
  #known: readonly KnownHeader[] = []

  constructor(options: VerifierOptions, platform: Platform<Key>) {
    this.#platform = platform
    this.#options = options
    this.#rules = rulesOf(options)
    this.#maxLength = options.maxTokenLength ?? 16_384
    this.#now = options.now ?? Date.now
    for (const issuer of this.#rules.issuers) this.#keySets.set(issuer, this.#keySetOf(issuer))
  }

  async verify(source: TokenSource, needs: Needs = NONE): Promise<AccessTokenClaims<Claims>> {
    const token = typeof source === 'string' ? source : this.#tokenOf(source, needs)
    const fail: Report = (refusal) => {
      throw this.#error(refusal, needs)
    }
    const jws = parseCompactJws(token, this.#platform, this.#maxLength, this.#known)
    if (isRefusal(jws)) throw this.#error(jws, needs)
    const isKnown = this.#known.some(({ header }) => header === jws.header)
    if (!isKnown) checkHeader(jws.header, this.#rules, fail)
    const client = this.#options.apiClient
    const unsigned = client === undefined ? this.#checkSignature(jws) : signatureBy(client, token)
    // Not `instanceof Promise`: WebCrypto's promises may be of another realm.
    const refusal = unsigned === undefined ? undefined : await unsigned
    if (refusal !== undefined) throw this.#error(refusal, needs)
    if (!isKnown) {
      this.#known = [{ prefix: headerPrefix(token), header: jws.header }, ...this.#known].slice(
        0,
        KNOWN_HEADERS,
      )
    }
    checkPayload(jws.header, jws.payload, this.#rules, this.#now() / 1000, fail)
    if (jws.payload['cnf'] !== undefined) fail(SENDER_CONSTRAINED)
    checkNeeds(jws.payload, this.#rules, needs, fail)
    return jws.payload as AccessTokenClaims<Claims>
  }

  authorize(claims: AccessTokenClaims<Claims>, needs: Needs): void {
    checkNeeds(claims as Record<string, unknown>, this.#rules, needs, (refusal) => {
      throw this.#error(refusal, needs)
    })
  }

  /**
   * All reasons against a token, for a person who wants to know why; empty when it is good. Looks at the
   * claims even when the signature is wrong, so its answer must never let a request in.
   */
  async explain(
    token: string,
    needs: Needs = NONE,
  ): Promise<{ reasons: Refusal[]; payload?: Record<string, unknown> }> {
    const reasons: Refusal[] = []
    const report: Report = (refusal) => {
      reasons.push(refusal)
    }
    const jws = parseCompactJws(token, this.#platform, this.#maxLength)
    if (isRefusal(jws)) return { reasons: [jws] }
    checkHeader(jws.header, this.#rules, report)
    if (this.#rules.algorithms.includes(jws.header['alg'] as VerifyAlgorithm)) {
      const client = this.#options.apiClient
      const refusal = await (client === undefined ? this.#checkSignature(jws) : signatureBy(client, token))
      // A foreign issuer is reported once, among the claims.
      if (refusal !== undefined && refusal.code !== 'wrong_issuer') reasons.push(refusal)
    }
    checkPayload(jws.header, jws.payload, this.#rules, this.#now() / 1000, report)
    if (jws.payload['cnf'] !== undefined) report(SENDER_CONSTRAINED)
    checkNeeds(jws.payload, this.#rules, needs, report)
    return { reasons, payload: jws.payload }
  }

  #checkSignature(jws: CompactJws): Refusal | undefined | Promise<Refusal | undefined> {
    // The list of the API decides whose keys are asked for; the token only picks from it.
    const keys = this.#keySets.get(jws.payload['iss'] as string)
    if (keys === undefined) {
      const single = this.#rules.issuers.length === 1 ? this.#keySets.get(this.#rules.issuers[0]!) : undefined
      if (single === undefined || !this.#isOffline()) return WRONG_ISSUER
      return this.#withKeys(single, jws)
    }
    return this.#withKeys(keys, jws)
  }

  #withKeys(keys: KeySet<Key>, jws: CompactJws): Refusal | undefined | Promise<Refusal | undefined> {
    const algorithm = jws.header['alg'] as VerifyAlgorithm
    const key = keys.find(jws.header['kid'] as string | undefined, algorithm)
    if (!(key instanceof Promise)) return this.#verified(jws, algorithm, key)
    return key.then(
      (found) => this.#verified(jws, algorithm, found),
      (error: unknown) => {
        if (error instanceof KeysUnavailable) return KEYS_UNAVAILABLE
        throw error
      },
    )
  }

  #verified(
    { signingInput, signature }: CompactJws,
    algorithm: VerifyAlgorithm,
    key: Key | undefined,
  ): Refusal | undefined | Promise<Refusal | undefined> {
    if (key === undefined) return UNKNOWN_KEY
    const good = this.#platform.verify(algorithm, key, signingInput, signature)
    if (typeof good === 'boolean') return good ? undefined : BAD_SIGNATURE
    return good.then((is) => (is ? undefined : BAD_SIGNATURE))
  }

  #keySetOf(issuer: string): KeySet<Key> {
    const { jwks, secret, cache, fetch: fetchOption } = this.#options
    if (secret !== undefined && this.#rules.algorithms.includes('HS256')) {
      // A JWKS never holds a secret, and a secret never verifies another algorithm.
      let key: Key | undefined
      return {
        find: async (_kid, algorithm) => {
          if (algorithm !== 'HS256') return undefined
          key ??= await this.#platform.importSecret(secret)
          return key
        },
      }
    }
    if (typeof jwks === 'object') return fixedKeySet(jwks, this.#platform)
    return remoteKeySet(
      {
        ...cache,
        url: jwks ?? `${issuer}.well-known/jwks.json`,
        // Looked up late, so that a test or a runtime may replace the global one.
        fetch: fetchOption ?? ((input, init) => fetch(input, init)),
        now: this.#now,
      },
      this.#platform,
    )
  }

  /** With keys at hand a foreign issuer costs nothing, and the signature is judged for `explain`. */
  #isOffline(): boolean {
    return typeof this.#options.jwks === 'object' || this.#options.secret !== undefined
  }

  #tokenOf(source: Exclude<TokenSource, string>, needs: Needs): string {
    const headers: HeadersLike =
      'headers' in source && typeof source.headers === 'object' && source.headers !== null
        ? (source.headers as HeadersLike)
        : (source as HeadersLike)
    const credentials = credentialsOf(headers)
    if (credentials === undefined) throw this.#error(NO_TOKEN, needs)
    if (credentials === 'malformed') throw this.#error(MALFORMED, needs)
    if (credentials.scheme === 'DPoP') throw this.#error(SENDER_CONSTRAINED, needs)
    return credentials.token
  }

  #error(refusal: Refusal, needs: Needs): AccessTokenError {
    const { realm = 'api', resourceMetadata } = this.#options
    return new AccessTokenError(refusal.code, refusal.message, {
      ...(refusal.claim === undefined ? {} : { claim: refusal.claim }),
      wwwAuthenticate: challenge({
        realm,
        schemes: ['Bearer'],
        code: refusal.code,
        description: refusal.message,
        scope: [...new Set([...this.#rules.requiredScopes, ...(needs.scopes ?? [])])],
        ...(resourceMetadata === undefined ? {} : { resourceMetadata }),
      }),
    })
  }
}

/** Leaves the signature to `@auth0/auth0-api-js`. Its messages stay inside: they may quote the token. */
async function signatureBy(client: ApiClientLike, token: string): Promise<Refusal | undefined> {
  try {
    await client.verifyAccessToken({ accessToken: token })
    return undefined
  } catch (error) {
    const code = (error as { code?: unknown } | null)?.code
    // Its codes for a refused token; anything else is a failed fetch or a wrong set-up.
    return code === 'verify_access_token_error' || code === 'invalid_request'
      ? REFUSED_BY_CLIENT
      : KEYS_UNAVAILABLE
  }
}

const REFUSED_BY_CLIENT: Refusal = {
  code: 'bad_signature',
  message: 'The signature or a registered claim is not right.',
}
const NO_TOKEN: Refusal = { code: 'no_token', message: 'The request has no access token.' }
const MALFORMED: Refusal = {
  code: 'malformed_request',
  message: 'The Authorization header must be a scheme, a blank and one token.',
}
const WRONG_ISSUER: Refusal = {
  code: 'wrong_issuer',
  message: 'The token is from another issuer.',
  claim: 'iss',
}
const UNKNOWN_KEY: Refusal = {
  code: 'unknown_key',
  message: 'The issuer has no key with this id that fits the algorithm.',
  claim: 'kid',
}
const BAD_SIGNATURE: Refusal = { code: 'bad_signature', message: 'The signature is not that of the issuer.' }
const KEYS_UNAVAILABLE: Refusal = {
  code: 'keys_unavailable',
  message: 'The keys of the issuer cannot be fetched at the moment.',
}
const SENDER_CONSTRAINED: Refusal = {
  code: 'sender_constrained',
  message: 'The token is bound to a key, and this API does not check such proofs.',
  claim: 'cnf',
}

function rulesOf(options: VerifierOptions): Rules {
  const { issuer, issuers, domain, audience, algorithms = ['RS256', 'PS256'], secret } = options
  const named = [issuer, issuers, domain].filter((value) => value !== undefined)
  if (named.length !== 1) usage('exactly one of "issuer", "issuers" and "domain" is needed')
  if (domain !== undefined && !/^[A-Za-z0-9.-]+(:\d+)?$/.test(domain)) usage('"domain" must be a host name')
  const all = issuers ?? [issuer ?? `https://${domain}/`]
  if (all.length === 0) usage('"issuers" must not be empty')
  for (const one of all) {
    if (!URL.canParse(one) || !/^https?:\/\//.test(one)) usage(`the issuer "${one}" must be a URL`)
    if (!one.endsWith('/')) usage(`the issuer "${one}" must end with a slash, as Auth0 writes it`)
  }
  if (typeof audience !== 'string' || audience === '') usage('"audience" must be the identifier of this API')
  if (algorithms.length === 0 || algorithms.some((name) => !ALGORITHMS.includes(name))) {
    usage(`"algorithms" must name some of ${ALGORITHMS.join(', ')}`)
  }
  if (algorithms.includes('HS256') !== (secret !== undefined)) {
    usage('"HS256" and "secret" go together')
  }
  if (algorithms.includes('HS256') && algorithms.length > 1) {
    usage('"HS256" must be the only algorithm: a public key must never be taken for a secret')
  }
  if (options.apiClient !== undefined && (options.jwks !== undefined || secret !== undefined)) {
    usage('"apiClient" has its own keys: "jwks" and "secret" do not go with it')
  }
  if (typeof options.jwks === 'object' && !isKeySet(options.jwks))
    usage('"jwks" must be a JWKS document or its address')
  const clockTolerance = options.clockTolerance ?? 5
  if (!(clockTolerance >= 0 && clockTolerance <= 300)) {
    usage('"clockTolerance" must be between 0 and 300 seconds')
  }
  return {
    issuers: all,
    audience,
    algorithms,
    requiredScopes: options.requiredScopes ?? [],
    clockTolerance,
    ...(options.dialect === undefined ? {} : { dialect: options.dialect }),
    ...(options.contract === undefined ? {} : { contract: options.contract }),
    ...(options.clients === undefined ? {} : { clients: options.clients }),
  }
}

function usage(message: string): never {
  throw new ToolkitError('ERR_USAGE', message, {
    hint: 'E.g. createVerifier({ domain: "acme.eu.auth0.com", audience: "https://orders.acme.example/" }).',
  })
}
