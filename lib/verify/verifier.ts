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
import { type Presented, presentedIn, type Scheme } from './credentials.ts'
import { DpopCheck, jktOf, type ProofRefusal } from './dpop.ts'
import { AccessTokenError, type Refusal } from './errors.ts'
import { dpopOf, rulesOf } from './options.ts'
import type { Platform } from './platform.ts'
import { checkHeader, checkNeeds, checkPayload, type Report, type Rules } from './rules.ts'
import { Signatures } from './signatures.ts'
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
    const dpop = dpopOf(options)
    this.#dpop = dpop === undefined ? undefined : new DpopCheck(dpop, platform, this.#now)
  }

  async verify(source: TokenSource, needs: Needs = NONE): Promise<AccessTokenClaims<Claims>> {
    const presented = typeof source === 'string' ? bearer(source) : this.#presentedIn(source, needs)
    const fail: Report = (refusal) => {
      throw this.#error(refusal, needs, presented.scheme)
    }
    const payload = await this.#checked(presented, fail)
    const unbound = this.#checkBinding(payload, presented)
    const refusal = unbound === undefined ? undefined : await unbound
    if (refusal !== undefined) fail(refusal)
    checkNeeds(payload, this.#rules, needs, fail)
    return payload as AccessTokenClaims<Claims>
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
      const refusal = await this.#checkSignature(jws, bearer(token))
      // A foreign issuer is reported once, among the claims.
      if (refusal !== undefined && refusal.code !== 'wrong_issuer') reasons.push(refusal)
    }
    checkPayload(jws.header, jws.payload, this.#rules, this.#now() / 1000, report)
    const { cnf } = jws.payload
    if (cnf !== undefined && (this.#dpop === undefined || jktOf(cnf) === undefined))
      report(SENDER_CONSTRAINED)
    checkNeeds(jws.payload, this.#rules, needs, report)
    return { reasons, payload: jws.payload }
  }

  /** The payload of a token that is good for this API, whoever sends it and for whatever. */
  async #checked(presented: Presented, fail: Report): Promise<JsonObject> {
    const { token } = presented
    const jws = parseCompactJws(token, this.#platform, this.#maxLength, this.#known)
    if (isRefusal(jws)) throw fail(jws)
    const isKnown = this.#known.some(({ header }) => header === jws.header)
    if (!isKnown) checkHeader(jws.header, this.#rules, fail)
    const unsigned = this.#checkSignature(jws, presented)
    // Not `instanceof Promise`: WebCrypto's promises may be of another realm.
    const refusal = unsigned === undefined ? undefined : await unsigned
    if (refusal !== undefined) fail(refusal)
    if (!isKnown) {
      const known = { prefix: headerPrefix(token), header: jws.header }
      this.#known = [known, ...this.#known].slice(0, KNOWN_HEADERS)
    }
    checkPayload(jws.header, jws.payload, this.#rules, this.#now() / 1000, fail)
    return jws.payload
  }

  #checkSignature(jws: CompactJws, presented: Presented): Refusal | undefined | Promise<Refusal | undefined> {
    const { apiClient } = this.#options
    if (apiClient !== undefined) return signatureBy(apiClient, presented)
    const found = this.#signatures.keyOf(jws)
    if (found instanceof Promise) {
      return found.then((key) => (isRefusal(key) ? key : refusalOf(this.#signatures.isGood(jws, key))))
    }
    return isRefusal(found) ? found : refusalOf(this.#signatures.isGood(jws, found))
  }

  /** That a token is sent as it must be: bound ones with a proof, others without (RFC 9449 section 7.2). */
  #checkBinding(
    { cnf }: JsonObject,
    { token, scheme, proof, method, url }: Presented,
  ): ProofRefusal | undefined | Promise<ProofRefusal | undefined> {
    if (cnf === undefined) {
      if (scheme === 'DPoP') return NOT_BOUND
      return this.#dpop?.required === true ? DPOP_REQUIRED : undefined
    }
    const jkt = jktOf(cnf)
    if (this.#dpop === undefined || jkt === undefined) return SENDER_CONSTRAINED
    if (scheme === 'Bearer') return PROOF_NEEDED
    if (method === undefined || url === undefined) {
      throw new ToolkitError('ERR_USAGE', 'a DPoP proof is for a method and an address, and none are known', {
        hint: 'Call verify with the request, or with { headers, method, url }; the address is absolute.',
      })
    }
    return this.#dpop.check(token, jkt, { proof, method, url })
  }

  #presentedIn(source: Exclude<TokenSource, string>, needs: Needs): Presented {
    const presented = presentedIn(source)
    if (presented === undefined) throw this.#error(NO_TOKEN, needs)
    if (presented === 'malformed') throw this.#error(MALFORMED, needs)
    if (presented.scheme === 'DPoP' && this.#dpop === undefined) throw this.#error(SENDER_CONSTRAINED, needs)
    if (presented.url === undefined || this.#dpop === undefined) return presented
    return { ...presented, url: this.#dpop.publicUrl(presented.url) }
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

function refusalOf(good: boolean | Promise<boolean>): Refusal | undefined | Promise<Refusal | undefined> {
  if (typeof good === 'boolean') return good ? undefined : BAD_SIGNATURE
  return good.then((is) => (is ? undefined : BAD_SIGNATURE))
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
