import { ToolkitError } from '../errors.ts'
import { signatureBy } from './api-client.ts'
import { challenge } from './challenge.ts'
import {
  type CompactJws,
  headerPrefix,
  isRefusal,
  type JsonObject,
  type KnownHeader,
  parseCompactJws,
} from './compact-jws.ts'
import { header, type Presented, presentedIn, type RequestLike, type Scheme } from './credentials.ts'
import { DpopCheck, jktOf, type ProofRefusal, type ProofRequest } from './dpop.ts'
import { AccessTokenError, type Refusal, Refused, refuse } from './errors.ts'
import type { FoundKey } from './key-set.ts'
import { after, type Maybe } from './maybe.ts'
import { cacheOf, dpopOf, rulesOf } from './options.ts'
import type { Platform } from './platform.ts'
import { checkHeader, checkNeeds, checkPayload, type Report, type Rules } from './rules.ts'
import { Signatures } from './signatures.ts'
import { TokenCache } from './token-cache.ts'
import type {
  AccessTokenClaims,
  Needs,
  TokenSource,
  Verifier,
  VerifierOptions,
  VerifyAlgorithm,
} from './types.ts'

const NONE: Needs = {}
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
  /** Headers of tokens that had a good signature, newest first: few, since an issuer has few keys. */
  #known: readonly KnownHeader[] = []

  constructor(options: VerifierOptions, platform: Platform<Key>) {
    this.#platform = platform
    this.#options = options
    this.#rules = rulesOf(options)
    this.#maxLength = options.maxTokenLength ?? 16_384
    this.#now = options.now ?? Date.now
    this.#signatures = new Signatures(options, this.#rules, platform, this.#now)
    const cache = cacheOf(options)
    this.#cache = cache === undefined ? undefined : new TokenCache(cache, this.#rules, platform)
    const dpop = dpopOf(options)
    this.#dpop = dpop === undefined ? undefined : new DpopCheck(dpop, platform, this.#now)
  }

  async verify(source: TokenSource, needs: Needs = NONE): Promise<AccessTokenClaims<Claims>> {
    const presented = typeof source === 'string' ? bearer(source) : this.#presentedIn(source, needs)
    try {
      const found = this.#goodPayload(presented)
      const payload = found instanceof Promise ? await found : found
      const bound = this.#checkBinding(payload, presented)
      const refusal = bound instanceof Promise ? await bound : bound
      if (refusal !== undefined) refuse(refusal)
      checkNeeds(payload, this.#rules, needs, refuse)
      return payload as AccessTokenClaims<Claims>
    } catch (error) {
      throw error instanceof Refused ? this.#error(error.refusal, needs, presented.scheme) : error
    }
  }

  authorize(claims: AccessTokenClaims<Claims>, needs: Needs): void {
    checkNeeds(claims as Record<string, unknown>, this.#rules, needs, (refusal) => {
      throw this.#error(refusal, needs, claims.cnf === undefined ? 'Bearer' : 'DPoP')
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
      const signer = await this.#signerOf(jws, bearer(token))
      // A foreign issuer is reported once, among the claims.
      if (signer !== undefined && isRefusal(signer) && signer.code !== 'wrong_issuer') reasons.push(signer)
    }
    checkPayload(jws.header, jws.payload, this.#rules, this.#now() / 1000, report)
    const { cnf } = jws.payload
    if (cnf !== undefined && (this.#dpop === undefined || jktOf(cnf) === undefined))
      report(SENDER_CONSTRAINED)
    checkNeeds(jws.payload, this.#rules, needs, report)
    return { reasons, payload: jws.payload }
  }

  /** The payload of a token that is good for this API, whoever sends it and for whatever. */
  #goodPayload(presented: Presented): Maybe<JsonObject> {
    const { token } = presented
    const cache = this.#cache
    if (cache === undefined || token.length > this.#maxLength) return this.#checked(presented)
    return after(
      this.#platform.sha256(token),
      (digest) => cache.find(digest, this.#now() / 1000) ?? this.#checked(presented, digest),
    )
  }

  /** @param digest Of the token, to keep under it what was found. */
  #checked(presented: Presented, digest?: string): Maybe<JsonObject> {
    const jws = parseCompactJws(presented.token, this.#platform, this.#maxLength, this.#known)
    if (isRefusal(jws)) return refuse(jws)
    const { payload, isKnown } = jws
    if (!isKnown) checkHeader(jws.header, this.#rules, refuse)
    return after(this.#signerOf(jws, presented, digest), (signer) => {
      if (signer !== undefined && isRefusal(signer)) return refuse(signer)
      if (!isKnown) this.#know(presented.token, jws.header)
      const nowSeconds = this.#now() / 1000
      checkPayload(jws.header, payload, this.#rules, nowSeconds, refuse)
      if (digest !== undefined && signer !== undefined) this.#cache?.keep(digest, payload, signer, nowSeconds)
      return payload
    })
  }

  /** The key that has signed the token; `undefined` when `apiClient` says that it is signed. */
  #signerOf(
    jws: CompactJws,
    presented: Presented,
    digest?: string,
  ): Maybe<FoundKey<Key> | Refusal | undefined> {
    const { apiClient } = this.#options
    if (apiClient !== undefined) {
      const { scheme, request } = presented
      const url = request?.url === undefined ? undefined : this.#publicUrl(request.url)
      return signatureBy(apiClient, presented, scheme === 'DPoP' ? this.#proofRequest(request) : url)
    }
    return after(this.#signatures.keyOf(jws), (key) => {
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

  /** That a token is sent as it must be: bound ones with a proof, others without (RFC 9449 section 7.2). */
  #checkBinding({ cnf }: JsonObject, { token, scheme, request }: Presented): Maybe<ProofRefusal | undefined> {
    if (cnf === undefined) {
      if (scheme === 'DPoP') return NOT_BOUND
      return this.#dpop?.required === true ? DPOP_REQUIRED : undefined
    }
    const jkt = jktOf(cnf)
    if (this.#dpop === undefined || jkt === undefined) return SENDER_CONSTRAINED
    if (scheme === 'Bearer') return PROOF_NEEDED
    return this.#dpop.check(token, jkt, this.#proofRequest(request))
  }

  #proofRequest({ headers, method, url }: RequestLike = { headers: {} }): ProofRequest {
    if (method === undefined || url === undefined) {
      throw new ToolkitError('ERR_USAGE', 'a DPoP proof is for a method and an address, and none are known', {
        hint: 'Call verify with the request, or with { headers, method, url }; the address is absolute.',
      })
    }
    return { proof: header(headers, 'dpop'), method, url: this.#publicUrl(url) }
  }

  #publicUrl(url: string): string {
    return this.#dpop?.publicUrl(url) ?? url
  }

  #presentedIn(source: Exclude<TokenSource, string>, needs: Needs): Presented {
    const presented = presentedIn(source)
    if (presented === undefined) throw this.#error(NO_TOKEN, needs)
    if (presented === 'malformed') throw this.#error(MALFORMED, needs)
    if (presented.scheme === 'DPoP' && this.#dpop === undefined) throw this.#error(SENDER_CONSTRAINED, needs)
    return presented
  }

  /** @param scheme The one that was used; left out when it was none of ours. */
  #error(refusal: ProofRefusal, needs: Needs, scheme: Scheme = 'Bearer'): AccessTokenError {
    const { realm = 'api', resourceMetadata } = this.#options
    const first = NEEDS_PROOF.has(refusal.code) ? 'DPoP' : scheme
    return new AccessTokenError(refusal.code, refusal.message, {
      ...(refusal.claim === undefined ? {} : { claim: refusal.claim }),
      ...(refusal.nonce === undefined ? {} : { headers: { 'dpop-nonce': refusal.nonce } }),
      wwwAuthenticate: challenge({
        realm,
        schemes: this.#schemes(first),
        algorithms: this.#dpop?.algorithms ?? [],
        code: refusal.code,
        description: refusal.message,
        scope: [...new Set([...this.#rules.requiredScopes, ...(needs.scopes ?? [])])],
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

function bearer(token: string): Presented {
  return { token, scheme: 'Bearer' }
}

const NEEDS_PROOF = new Set(['sender_constrained', 'invalid_dpop_proof', 'use_dpop_nonce'])

const NO_TOKEN: Refusal = { code: 'no_token', message: 'The request has no access token.' }
const MALFORMED: Refusal = {
  code: 'malformed_request',
  message: 'The Authorization header must be a scheme, a blank and one token.',
}
const BAD_SIGNATURE: Refusal = { code: 'bad_signature', message: 'The signature is not that of the issuer.' }
const SENDER_CONSTRAINED: Refusal = {
  code: 'sender_constrained',
  message: 'The token is bound to a key, and this API does not check such proofs.',
  claim: 'cnf',
}
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
