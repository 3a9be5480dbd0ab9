import { ToolkitError } from '../errors.ts'
import { isKeySet } from './key-set.ts'
import type { Rules } from './rules.ts'
import type { DpopOptions, TokenCacheOptions, VerifierOptions, VerifyAlgorithm } from './types.ts'

const ALGORITHMS: readonly VerifyAlgorithm[] = ['RS256', 'PS256', 'ES256', 'EdDSA', 'HS256']

/**
 * The options after their defaults.
 *
 * @throws {ToolkitError} `ERR_USAGE` when they contradict each other.
 */
export function rulesOf(options: VerifierOptions): Rules {
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

/**
 * How proofs of possession are checked; `undefined`: tokens that are bound to a key are refused.
 *
 * @throws {ToolkitError} `ERR_USAGE`
 */
export function dpopOf({ dpop, apiClient }: VerifierOptions): DpopOptions | undefined {
  if (dpop === false || (dpop === undefined && apiClient === undefined)) return undefined
  if (dpop === undefined || dpop === true) return {}
  const { mode, algorithms, maxAgeSeconds = 300, leewaySeconds = 30, baseUrl, nonce } = dpop
  if (mode !== undefined && mode !== 'allowed' && mode !== 'required') {
    usage('"dpop.mode" must be "allowed" or "required"')
  }
  const known = ALGORITHMS.filter((name) => name !== 'HS256')
  if (
    algorithms !== undefined &&
    !(algorithms.length > 0 && algorithms.every((name) => known.includes(name)))
  ) {
    usage(`"dpop.algorithms" must name some of ${known.join(', ')}`)
  }
  if (!(maxAgeSeconds > 0 && maxAgeSeconds <= 3600)) usage('"dpop.maxAgeSeconds" must be between 1 and 3,600')
  if (!(leewaySeconds >= 0 && leewaySeconds <= 300)) usage('"dpop.leewaySeconds" must be between 0 and 300')
  if (baseUrl !== undefined && !(URL.canParse(baseUrl) && /^https?:\/\/[^?#]+$/i.test(baseUrl))) {
    usage('"dpop.baseUrl" must be an address without a query, e.g. https://orders.acme.example')
  }
  if (nonce !== undefined && !(typeof nonce.secret === 'string' && nonce.secret.length >= 32)) {
    usage('"dpop.nonce.secret" must have at least 32 characters')
  }
  return dpop
}

/**
 * How verified tokens are kept; `undefined`: not at all.
 *
 * @throws {ToolkitError} `ERR_USAGE`
 */
export function cacheOf({ cache, apiClient, secret }: VerifierOptions): TokenCacheOptions | undefined {
  if (cache === undefined || cache === false) return undefined
  if (apiClient !== undefined) {
    usage('"cache" does not go with "apiClient": when the client changes its keys is not known here')
  }
  if (cache === true) return {}
  const { maxAgeSeconds = 600, maxEntries = 10_000, store } = cache
  if (!(maxAgeSeconds > 0)) usage('"cache.maxAgeSeconds" must be more than 0')
  if (!(Number.isInteger(maxEntries) && maxEntries > 0))
    usage('"cache.maxEntries" must be a whole number from 1')
  if (store !== undefined && secret !== undefined) {
    usage('"cache.store" does not go with "secret": only public keys have a name that may be shared')
  }
  return cache
}

function usage(message: string): never {
  throw new ToolkitError('ERR_USAGE', message, {
    hint: 'E.g. createVerifier({ domain: "acme.eu.auth0.com", audience: "https://orders.acme.example/" }).',
  })
}
