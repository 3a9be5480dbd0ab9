import { signatureBy } from './api-client.ts'
import { bindingOf, certificateThumbprint } from './certificate.ts'
import { challenge } from './challenge.ts'
import { failedCheck } from './checks.ts'
import {
  type CompactJws,
  headerPrefix,
  isRefusal,
  type JsonObject,
  type KnownHeader,
  parseCompactJws,
} from './compact-jws.ts'
import { header, type Presented, presentedIn, type RequestLike, type Scheme } from './credentials.ts'
import { DpopCheck, type ProofRefusal, type ProofRequest } from './dpop.ts'
import { AccessTokenError, type Refusal, Refused, refuse } from './errors.ts'
import { issuersBy } from './issuers.ts'
import type { FoundKey } from './key-set.ts'
import { after, type Maybe } from './maybe.ts'
import { usage } from './must-be.ts'
import { assertNeeds } from './needs.ts'
import { checkedVerifierOptions } from './options.ts'
import type { Platform } from './platform.ts'
import { addressOfRequest, type BaseUrl, baseUrlOf } from './request-address.ts'
import { checkContract, checkHeader, checkNeeds, checkPayload, type Report, type Rules } from './rules.ts'
import { Signatures, WRONG_ISSUER } from './signatures.ts'
import { TokenCache } from './token-cache.ts'
import type {
  AccessTokenClaims,
  Needs,
  RegisteredClaims,
  TokenSource,
  Verifier,
  VerifierOptions,
  VerifyAlgorithm,
} from './types.ts'

const NONE: Needs<never> = {}
const KNOWN_HEADERS = 4

/** A verifier on a given runtime; `createVerifier` binds it. */
export class TokenVerifier<Claims, Key> implements Verifier<Claims> {
  readonly #platform: Platform<Key>
  readonly #rules: Rules
  readonly #options: VerifierOptions
  readonly #maxLength: number
  readonly #now: () => number
  readonly #signatures: Signatures<Key>
  readonly #cache: TokenCache<Key> | undefined
  readonly #dpop: DpopCheck<Key> | undefined
  readonly #bases: readonly BaseUrl[]
  /** Headers of tokens that had a good signature, newest first: few, since an issuer has few keys. */
  #known: readonly KnownHeader[] = []

  constructor(given: VerifierOptions, platform: Platform<Key>) {
    const { options, rules, dpop, cache, now } = checkedVerifierOptions(given)
    this.#platform = platform
    this.#options = options
    this.#rules = rules
    this.#maxLength = options.maxTokenLength ?? 16_384
    this.#now = now
    this.#signatures = new Signatures(options, rules, platform, now)
    this.#cache = cache === undefined ? undefined : new TokenCache(cache, rules, platform)
    this.#dpop = dpop === undefined ? undefined : new DpopCheck(dpop, platform, now)
    this.#bases = [dpop?.baseUrl ?? []].flat().map(baseUrlOf)
  }

  async verify(source: TokenSource, needs: Needs<Claims> = NONE): Promise<AccessTokenClaims<Claims>> {
    if (needs !== NONE) assertNeeds(needs, 'verify')
    const presented = typeof source === 'string' ? bearer(source) : this.#presentedIn(source, needs)
    try {
      const found = this.#goodPayload(presented)
      const payload = found instanceof Promise ? await found : found
      const bound = this.#checkBinding(payload, presented)
      const refusal = bound instanceof Promise ? await bound : bound
      if (refusal !== undefined) refuse(refusal)
      checkNeeds(payload, this.#rules, needs, refuse)
      const claims = payload as AccessTokenClaims<Claims>
      if (needs.checks !== undefined) {
        const failed = await failedCheck(claims, needs.checks, presented.request)
        if (failed !== undefined) refuse(failed)
      }
      return claims
    } catch (error) {
      throw error instanceof Refused ? this.#error(error.refusal, needs, presented.scheme) : error
    }
  }

  authorize(claims: AccessTokenClaims<Claims>, needs: Needs<Claims>): void {
    assertNeeds(needs, 'authorize')
    if (needs.checks !== undefined) {
      throw usage('authorize', 'authorize does not wait for "checks"', {
        hint: 'Use await verifier.check(claims, needs, request).',
      })
    }
    this.#checkNeeds('authorize', claims, needs)
  }

  async check(claims: AccessTokenClaims<Claims>, needs: Needs<Claims>, request?: RequestLike): Promise<void> {
    assertNeeds(needs, 'check')
    this.#checkNeeds('check', claims, needs)
    if (needs.checks === undefined) return
    const failed = await failedCheck(claims, needs.checks, request)
    if (failed !== undefined) throw this.#error(failed, needs, schemeFor(claims))
  }

  #checkNeeds(of: string, claims: AccessTokenClaims<Claims>, needs: Needs<Claims>): void {
    if (typeof claims !== 'object' || claims === null) {
      throw usage(of, `${of} needs the claims that verify has answered`)
    }
    checkNeeds(claims as Record<string, unknown>, this.#rules, needs, (refusal) => {
      throw this.#error(refusal, needs, schemeFor(claims))
    })
  }

  /**
   * All reasons against a token, for a person who wants to know why; empty when it is good. Looks at the
   * claims even when the signature is wrong, so its answer must never let a request in.
   */
  async explain(
    token: string,
    needs: Needs<Claims> = NONE,
  ): Promise<{ reasons: Refusal[]; payload?: Record<string, unknown> }> {
    assertNeeds(needs, 'explainToken')
    const reasons: Refusal[] = []
    const report: Report = (refusal) => {
      reasons.push(refusal)
    }
    const jws = parseCompactJws(token, this.#platform, this.#maxLength)
    if (isRefusal(jws)) return { reasons: [jws] }
    checkHeader(jws.header, this.#rules, report)
    const claims: Refusal[] = []
    const rules = await this.#rulesFor(jws.payload, undefined)
    checkPayload(jws.header, jws.payload, rules, this.#now() / 1000, (refusal) => claims.push(refusal))
    if (this.#rules.algorithms.includes(jws.header['alg'] as VerifyAlgorithm)) {
      const signer = await this.#signerOf(jws, bearer(token), rules)
      const isFault = signer !== undefined && isRefusal(signer)
      // A foreign issuer is reported once, among the claims.
      if (isFault && !claims.some(({ code }) => code === signer.code)) reasons.push(signer)
    }
    reasons.push(...claims)
    checkContract(jws.payload, this.#rules, report)
    const { cnf } = jws.payload
    const unchecked = cnf === undefined ? undefined : this.#uncheckedBinding(cnf)
    if (unchecked !== undefined) report(unchecked)
    checkNeeds(jws.payload, this.#rules, needs, report)
    if (needs.checks !== undefined) {
      const failed = await failedCheck(jws.payload as AccessTokenClaims<Claims>, needs.checks, undefined)
      if (failed !== undefined) report(failed)
    }
    return { reasons, payload: jws.payload }
  }

  /** The payload of a token that is good for this API, whoever sends it and for whatever. */
  #goodPayload(presented: Presented): Maybe<JsonObject> {
    const { token } = presented
    const cache = this.#cache
    if (cache === undefined || token.length > this.#maxLength) return this.#checked(presented)
    return after(this.#platform.sha256(token), (digest) => {
      const found = cache.find(digest, this.#now() / 1000)
      return found === undefined ? this.#checked(presented, digest) : this.#checkIssuer(found, presented)
    })
  }

  /** The rules for one request: a function may name its issuers. */
  #rulesFor(payload: JsonObject, request: RequestLike | undefined): Maybe<Rules> {
    const { issuersFor } = this.#rules
    if (issuersFor === undefined) return this.#rules
    const { iss } = payload
    if (typeof iss !== 'string') return this.#rules
    const issuers = issuersBy(issuersFor, request === undefined ? { iss } : { iss, request })
    return issuers.then((named) => ({ ...this.#rules, issuers: named }))
  }

  /** A remembered token must be from an issuer that this request may bring. */
  #checkIssuer(payload: JsonObject, { request }: Presented): Maybe<JsonObject> {
    if (this.#rules.issuersFor === undefined) return payload
    return after(this.#rulesFor(payload, request), ({ issuers }) =>
      issuers.includes(payload['iss'] as string) ? payload : refuse(WRONG_ISSUER),
    )
  }

  /** @param digest Of the token, to keep under it what was found. */
  #checked(presented: Presented, digest?: string): Maybe<JsonObject> {
    const jws = parseCompactJws(presented.token, this.#platform, this.#maxLength, this.#known)
    if (isRefusal(jws)) return refuse(jws)
    const { payload, isKnown } = jws
    if (!isKnown) checkHeader(jws.header, this.#rules, refuse)
    return after(this.#rulesFor(payload, presented.request), (rules) =>
      this.#checkedBy(rules, jws, presented, digest),
    )
  }

  #checkedBy(rules: Rules, jws: CompactJws, presented: Presented, digest?: string): Maybe<JsonObject> {
    const { payload, isKnown } = jws
    // The client has no tolerance and one code for all faults, so everything else is checked first.
    if (this.#options.apiClient !== undefined) {
      checkPayload(jws.header, payload, rules, this.#now() / 1000, refuse)
    }
    return after(this.#signerOf(jws, presented, rules, digest), (signer) => {
      if (signer !== undefined && isRefusal(signer)) return refuse(signer)
      if (!isKnown) this.#know(presented.token, jws.header)
      const nowSeconds = this.#now() / 1000
      checkPayload(jws.header, payload, rules, nowSeconds, refuse)
      checkContract(payload, this.#rules, refuse)
      if (digest !== undefined && signer !== undefined) this.#cache?.keep(digest, payload, signer, nowSeconds)
      return payload
    })
  }

  /** The key that has signed the token; `undefined` when `apiClient` says that it is signed. */
  #signerOf(
    jws: CompactJws,
    presented: Presented,
    { issuers }: Rules,
    digest?: string,
  ): Maybe<FoundKey<Key> | Refusal | undefined> {
    const { apiClient } = this.#options
    if (apiClient !== undefined) {
      const target =
        presented.scheme === 'DPoP' ? this.#proofRequest(presented) : this.#addressIfKnown(presented)
      if (typeof target === 'object' && isRefusal(target)) return target
      return signatureBy(apiClient, presented, jws, target)
    }
    return after(this.#signatures.keyOf(jws, issuers), (key) => {
      if (isRefusal(key)) return key
      const known = digest === undefined ? false : (this.#cache?.wasSigned(digest, key) ?? false)
      return after(known, (is) =>
        is ? key : after(this.#signatures.isGood(jws, key), (good) => (good ? key : BAD_SIGNATURE)),
      )
    })
  }

  #know(token: string, known: JsonObject): void {
    this.#known = [{ prefix: headerPrefix(token), header: known }, ...this.#known].slice(0, KNOWN_HEADERS)
  }

  /** Checks that a bound token is sent with a proof, and another one without (RFC 9449 section 7.2). */
  #checkBinding({ cnf }: JsonObject, presented: Presented): Maybe<ProofRefusal | undefined> {
    if (cnf === undefined) {
      if (presented.scheme === 'DPoP') return NOT_BOUND
      return this.#dpop?.required === true ? DPOP_REQUIRED : undefined
    }
    const unchecked = this.#uncheckedBinding(cnf)
    if (unchecked !== undefined) return unchecked
    const { jkt, x5t } = bindingOf(cnf)!
    if (jkt === undefined) {
      if (presented.scheme === 'DPoP') return NOT_BOUND
      return this.#dpop?.required === true ? DPOP_REQUIRED : this.#checkCertificate(x5t!, presented)
    }
    if (presented.scheme === 'Bearer') return PROOF_NEEDED
    if (x5t === undefined) return this.#checkProof(jkt, presented)
    return this.#checkCertificate(x5t, presented).then((wrong) => wrong ?? this.#checkProof(jkt, presented))
  }

  /** Why a binding cannot be checked here at all. */
  #uncheckedBinding(cnf: unknown): Refusal | undefined {
    const binding = bindingOf(cnf)
    if (binding === undefined) return SENDER_CONSTRAINED
    if (binding.jkt !== undefined && this.#dpop === undefined) return SENDER_CONSTRAINED
    return binding.x5t !== undefined && this.#options.getCertificate === undefined
      ? CERTIFICATE_UNCHECKED
      : undefined
  }

  async #checkCertificate(x5t: string, { request }: Presented): Promise<Refusal | undefined> {
    const certificate = request === undefined ? undefined : await this.#options.getCertificate?.(request)
    return (await certificateThumbprint(certificate)) === x5t ? undefined : CERTIFICATE_NEEDED
  }

  #checkProof(jkt: string, presented: Presented): Maybe<ProofRefusal | undefined> {
    const request = this.#proofRequest(presented)
    return isRefusal(request) ? request : this.#dpop!.check(presented.token, jkt, request)
  }

  #proofRequest({ request }: Presented): ProofRequest | Refusal {
    const url = addressOfRequest(request?.method === undefined ? undefined : request, this.#bases)
    if (typeof url !== 'string') return url
    const { headers, method } = request!
    return { proof: header(headers, 'dpop'), method: method!, url }
  }

  /** The address, for uses on which no decision depends. */
  #addressIfKnown({ request }: Presented): string | undefined {
    try {
      const url = request === undefined ? undefined : addressOfRequest(request, this.#bases)
      return typeof url === 'string' ? url : undefined
    } catch {
      return undefined
    }
  }

  #presentedIn(source: Exclude<TokenSource, string>, needs: Needs<Claims>): Presented {
    if (source === undefined || source === null) throw this.#error(NO_TOKEN, needs)
    if (typeof source !== 'object') {
      throw usage('verify', 'verify needs a token as text, or a request', {
        hint: 'E.g. verifier.verify(request), or verifier.verify(bearerToken(request.headers) ?? "").',
      })
    }
    const presented = presentedIn(source)
    if (presented === undefined) throw this.#error(NO_TOKEN, needs)
    if (presented === 'malformed') throw this.#error(MALFORMED, needs)
    if (presented.scheme === 'DPoP' && this.#dpop === undefined) throw this.#error(SENDER_CONSTRAINED, needs)
    return presented
  }

  /** @param scheme The one that was used; left out when it was none of ours. */
  #error(refusal: ProofRefusal, needs: Needs<Claims>, scheme: Scheme = 'Bearer'): AccessTokenError {
    const { realm = 'api', resourceMetadata } = this.#options
    const { code, message, claim, check, nonce, retryAfterSeconds, cause } = refusal
    const first = NEEDS_PROOF.has(code) && !OF_CERTIFICATES.has(refusal) ? 'DPoP' : scheme
    return new AccessTokenError(code, message, {
      ...(claim === undefined ? {} : { claim }),
      ...(check === undefined ? {} : { check }),
      ...(nonce === undefined ? {} : { headers: { 'dpop-nonce': nonce } }),
      ...(retryAfterSeconds === undefined ? {} : { headers: { 'retry-after': String(retryAfterSeconds) } }),
      ...(cause === undefined ? {} : { cause }),
      wwwAuthenticate: challenge({
        realm,
        schemes: this.#schemes(first),
        algorithms: this.#dpop?.algorithms ?? [],
        code,
        description: message,
        // Of those of which one is enough, the first: with it a client has what it needs.
        scope: [
          ...new Set([
            ...this.#rules.requiredScopes,
            ...(needs.scopes ?? []),
            ...(needs.anyScope?.slice(0, 1) ?? []),
          ]),
        ],
        ...(resourceMetadata === undefined ? {} : { resourceMetadata }),
      }),
    })
  }

  #schemes(first: Scheme): Scheme[] {
    if (this.#dpop === undefined) return ['Bearer']
    if (this.#dpop.required) return ['DPoP']
    return first === 'DPoP' ? ['DPoP', 'Bearer'] : ['Bearer', 'DPoP']
  }
}

/** The scheme that a token with these claims came with. */
function schemeFor({ cnf }: Pick<RegisteredClaims, 'cnf'>): Scheme {
  return cnf?.jkt === undefined ? 'Bearer' : 'DPoP'
}

function bearer(token: string): Presented {
  return { token, scheme: 'Bearer' }
}

const NEEDS_PROOF = new Set(['sender_constrained', 'invalid_dpop_proof', 'use_dpop_nonce'])

const NO_TOKEN: Refusal = { code: 'no_token', message: 'The request has no access token.' }
const MALFORMED: Refusal = {
  code: 'malformed_request',
  message: 'The request must have one token: an Authorization header with a scheme, a blank and the token.',
}
const BAD_SIGNATURE: Refusal = { code: 'bad_signature', message: 'The signature is not that of the issuer.' }
const SENDER_CONSTRAINED: Refusal = {
  code: 'sender_constrained',
  message: 'The token is bound to a key, and this API does not check such proofs.',
  claim: 'cnf',
}
const CERTIFICATE_UNCHECKED: Refusal = {
  code: 'sender_constrained',
  message: 'The token is bound to a certificate, and this API does not look at certificates.',
  claim: 'cnf',
}
const CERTIFICATE_NEEDED: Refusal = {
  code: 'sender_constrained',
  message: 'The token is bound to a certificate that the client did not show.',
  claim: 'cnf',
}
const OF_CERTIFICATES = new Set<Refusal>([CERTIFICATE_UNCHECKED, CERTIFICATE_NEEDED])
const PROOF_NEEDED: Refusal = {
  code: 'sender_constrained',
  message: 'The token is bound to a key: it needs the scheme DPoP and a proof.',
  claim: 'cnf',
}
const NOT_BOUND: Refusal = {
  code: 'token_not_bound',
  message: 'The token is not bound to a key: it needs the scheme Bearer.',
  claim: 'cnf',
}
const DPOP_REQUIRED: Refusal = {
  code: 'token_not_bound',
  message: 'This API takes tokens only that are bound to a key.',
  claim: 'cnf',
}
