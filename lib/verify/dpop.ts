import { fitsAlgorithm, publicPart } from './algorithms.ts'
import { isRefusal, type JsonObject, parseCompactJws } from './compact-jws.ts'
import { DpopNonces } from './dpop-nonce.ts'
import type { Refusal, Unavailable } from './errors.ts'

import type { Platform } from './platform.ts'
import { isForAddress } from './request-address.ts'
import { isSignedBy } from './signatures.ts'
import { answeringStore, memoryStore, type Store } from './store.ts'
import type { DpopAlgorithm, DpopOptions, JsonWebKeyLike } from './types.ts'

/** What a DPoP request brings beside its token. */
export interface ProofRequest {
  /** Value of the `DPoP` header. */
  proof: string | undefined
  method: string
  /** Absolute, as the client sees it. */
  url: string
}

/** A refusal, and the nonce to answer with, or what is known of an outage. */
export type ProofRefusal = Refusal & { nonce?: string } & Partial<Unavailable>

/** Longest accepted proof, in characters. A proof with an RSA key of 4,096 bits has about 2,000. */
const MAX_PROOF_LENGTH = 8192
const KEPT_KEYS = 1000
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/**
 * Checks the proof of a request whose token is bound to a key. Remembers proofs, so that each is taken once.
 *
 * @see RFC 9449 sections 4.3, 7.1, 9 and 11.1
 */
export class DpopCheck<Key> {
  readonly algorithms: readonly DpopAlgorithm[]
  readonly required: boolean
  readonly #platform: Platform<Key>
  readonly #now: () => number
  readonly #maxAge: number
  readonly #leeway: number
  readonly #store: Store
  readonly #nonces: DpopNonces | undefined
  /** By thumbprint: a client uses one key for many requests. */
  readonly #keys = new Map<string, Key>()

  constructor(options: DpopOptions, platform: Platform<Key>, now: () => number) {
    this.algorithms = options.algorithms ?? ['ES256']
    this.required = options.mode === 'required'
    this.#platform = platform
    this.#now = now
    this.#maxAge = options.maxAgeSeconds ?? 300
    this.#leeway = options.leewaySeconds ?? 30
    this.#store = options.store === undefined ? memoryStore({ now }) : answeringStore(options.store)
    const { nonce } = options
    this.#nonces = nonce === undefined ? undefined : new DpopNonces(nonce.secret, nonce.maxAgeSeconds ?? 300)
  }

  /** `undefined` when the proof is good for this request, this token and the key that the token is bound to. */
  async check(token: string, jkt: string, request: ProofRequest): Promise<ProofRefusal | undefined> {
    if (request.proof === undefined) return NO_PROOF
    const jws = parseCompactJws(request.proof, this.#platform, MAX_PROOF_LENGTH)
    if (isRefusal(jws))
      return bad('The DPoP header must hold one proof: a signed JWT in canonical base64url.')
    const { header, payload } = jws
    const found = await this.#keyOf(header, jkt)
    if (isRefusal(found)) return found
    if (!(await isSignedBy(this.#platform, jws, found.key))) {
      return bad('The signature of the proof is not that of its key.', 'jwk')
    }
    return (await this.#checkClaims(payload, token, request)) ?? this.#checkReplay(payload, jkt)
  }

  async #keyOf(header: JsonObject, jkt: string): Promise<{ key: Key } | ProofRefusal> {
    const { typ, alg, jwk } = header
    if (typ !== 'dpop+jwt') return bad('The type of the proof must be dpop+jwt.', 'typ')
    if (!this.algorithms.includes(alg as DpopAlgorithm)) {
      return bad(`The algorithm of the proof must be ${this.algorithms.join(' or ')}.`, 'alg')
    }
    if (Object.hasOwn(header, 'crit') || Object.hasOwn(header, 'b64')) {
      return bad('The proof needs an extension that is not known.', 'crit')
    }
    if (typeof jwk !== 'object' || jwk === null || PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) {
      return bad('The proof must hold its public key, and no part of the private one.', 'jwk')
    }
    const publicKey = publicPart(jwk as JsonWebKeyLike)
    const members = thumbprintMembers(publicKey)
    if (members === undefined || !fitsAlgorithm(publicKey, alg as DpopAlgorithm)) return UNUSABLE_KEY
    const thumbprint = await this.#platform.sha256(members)
    if (thumbprint !== jkt) {
      return { code: 'sender_constrained', message: 'The token is bound to another key.', claim: 'cnf' }
    }
    const known = this.#keys.get(`${alg} ${thumbprint}`)
    if (known !== undefined) return { key: known }
    let key: Key
    try {
      key = await this.#platform.importKey(publicKey, alg as DpopAlgorithm)
    } catch {
      return UNUSABLE_KEY
    }
    if (this.#keys.size >= KEPT_KEYS) this.#keys.delete(this.#keys.keys().next().value!)
    this.#keys.set(`${alg} ${thumbprint}`, key)
    return { key }
  }

  async #checkClaims(
    payload: JsonObject,
    token: string,
    request: ProofRequest,
  ): Promise<ProofRefusal | undefined> {
    const { jti, htm, htu, iat, ath, nonce } = payload
    const nowSeconds = this.#now() / 1000
    if (typeof jti !== 'string' || jti === '') return bad('The proof needs an id.', 'jti')
    if (htm !== request.method) return bad('The proof is for another HTTP method.', 'htm')
    if (typeof htu !== 'string' || !isForAddress(htu, request.url)) {
      return bad('The proof is for another address.', 'htu')
    }
    if (typeof iat !== 'number' || !Number.isFinite(iat)) return bad('The proof needs a time.', 'iat')
    if (iat < nowSeconds - this.#maxAge) return bad('The proof is too old.', 'iat')
    if (iat > nowSeconds + this.#leeway) return bad('The proof is from the future.', 'iat')
    const late = this.#checkOwnTimes(payload, nowSeconds)
    if (late !== undefined) return late
    if (ath !== (await this.#platform.sha256(token))) return bad('The proof is for another token.', 'ath')
    if (this.#nonces !== undefined && !(await this.#nonces.accepts(nonce, nowSeconds))) {
      return {
        code: 'use_dpop_nonce',
        message: 'The proof needs the nonce that this answer brings.',
        claim: 'nonce',
        nonce: await this.#nonces.issue(nowSeconds),
      }
    }
    return undefined
  }

  /** Checks `exp` and `nbf` of a proof that has them: RFC 7519 sections 4.1.4 and 4.1.5 hold for every JWT. */
  #checkOwnTimes({ exp, nbf }: JsonObject, nowSeconds: number): ProofRefusal | undefined {
    if (exp !== undefined) {
      if (typeof exp !== 'number') return bad('The end of the proof must be a number.', 'exp')
      if (exp <= nowSeconds - this.#leeway) return bad('The proof has expired.', 'exp')
    }
    if (nbf !== undefined) {
      if (typeof nbf !== 'number') return bad('The start of the proof must be a number.', 'nbf')
      if (nbf > nowSeconds + this.#leeway) return bad('The proof is not valid yet.', 'nbf')
    }
    return undefined
  }

  /** The last check, so that only proofs that pass all others take room in the store. */
  async #checkReplay(payload: JsonObject, jkt: string): Promise<ProofRefusal | undefined> {
    const id = await this.#platform.sha256(`${jkt} ${payload['jti']}`)
    const seconds = Math.ceil((payload['iat'] as number) + this.#maxAge - this.#now() / 1000) + 1
    let isNew: unknown
    try {
      isNew = await this.#store.setIfAbsent(`dpop:${id}`, '1', seconds)
    } catch (cause) {
      return storeUnavailable(cause)
    }
    if (isNew === true) return undefined
    if (isNew === false) return bad('The proof was used before.', 'jti')
    return storeUnavailable(new TypeError('setIfAbsent of the store must answer true or false'))
  }
}

/** RFC 7638 section 3.2, RFC 8037 section 2: what is hashed for a thumbprint. */
function thumbprintMembers({ kty, crv, x, y, e, n }: JsonWebKeyLike): string | undefined {
  const members = kty === 'EC' ? { crv, kty, x, y } : kty === 'OKP' ? { crv, kty, x } : { e, kty, n }
  return Object.values(members).every((value) => typeof value === 'string')
    ? JSON.stringify(members)
    : undefined
}

function bad(message: string, claim?: string): ProofRefusal {
  return { code: 'invalid_dpop_proof', message, ...(claim === undefined ? {} : { claim }) }
}

export const NO_PROOF = bad('The request has no DPoP header.')
const UNUSABLE_KEY = bad('The key of the proof does not fit its algorithm.', 'jwk')

function storeUnavailable(cause: unknown): Unavailable {
  return {
    code: 'store_unavailable',
    message: 'Whether the proof was used before cannot be told at the moment.',
    retryAfterSeconds: 1,
    cause,
  }
}
