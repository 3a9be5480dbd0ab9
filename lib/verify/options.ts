import { ALL_ALGORITHMS, fits, isSymmetric } from './algorithms.ts'
import { keysIn } from './key-set.ts'
import {
  checkedClock,
  checkedOptions,
  issuerOfDomain,
  type MustBe,
  mustBeAddress,
  mustBeBoolean,
  mustBeEither,
  mustBeFunction,
  mustBeHeaderText,
  mustBeIssuer,
  mustBeListOf,
  mustBeNumber,
  mustBeObject,
  mustBeOneOf,
  mustBeScope,
  mustBeText,
  mustBeWhole,
  mustHave,
  type OptionTable,
  usage,
  webAddressOf,
} from './must-be.ts'
import type { Rules } from './rules.ts'
import { secretFault } from './secret.ts'
import { answeringStore } from './store.ts'
import type {
  DpopOptions,
  KeySetOptions,
  TokenCacheOptions,
  VerifierOptions,
  VerifyAlgorithm,
} from './types.ts'

const CALLER = 'createVerifier'
const DAY = 86_400

const mustBeDomain: MustBe = (value) =>
  issuerOfDomain(value) === undefined
    ? 'a host name, or its address without a path (http for this machine only)'
    : undefined

const mustBeStore = mustHave('a store, with "get" and "setIfAbsent"', 'get', 'setIfAbsent')

const mustBeContract: MustBe = (value) => {
  if (mustHave('', 'validate')(value) === undefined) {
    return (value as { token?: unknown }).token === 'id_token'
      ? 'a contract for access tokens, not for ID tokens'
      : undefined
  }
  return 'a contract that was compiled, or the module of its validator: "claims types --validators" writes one from a JSON Schema'
}

const mustBeBaseUrl: MustBe = (value) =>
  webAddressOf(value) !== undefined && !(value as string).includes('?')
    ? undefined
    : 'an address without user, query and fragment, e.g. https://orders.acme.example'

const VERIFIER: OptionTable<VerifierOptions> = {
  issuer: mustBeIssuer,
  issuers: mustBeEither(mustBeListOf(mustBeIssuer), mustBeFunction),
  domain: mustBeDomain,
  audience: mustBeEither(mustBeText, mustBeListOf(mustBeText)),
  contract: mustBeContract,
  requiredScopes: mustBeListOf(mustBeScope, { empty: true }),
  dialect: mustBeOneOf('access_token', 'access_token_authz', 'rfc9068_profile', 'rfc9068_profile_authz'),
  algorithms: mustBeListOf(mustBeOneOf(...ALL_ALGORITHMS)),
  secret: (value) => (typeof value === 'string' ? undefined : 'text'),
  clockTolerance: mustBeNumber(0, 300, 'seconds'),
  clients: mustBeListOf(mustBeText),
  anonymousSessions: mustBeBoolean,
  jwks: mustBeEither(mustBeAddress, mustBeObject),
  fetch: mustBeFunction,
  apiClient: mustHave('an ApiClient, with "verifyAccessToken"', 'verifyAccessToken'),
  dpop: mustBeEither(mustBeBoolean, mustBeObject),
  getCertificate: mustBeFunction,
  keys: mustBeObject,
  cache: mustBeEither(mustBeBoolean, mustBeObject),
  maxTokenLength: mustBeWhole(1, 1_048_576, 'characters'),
  realm: mustBeHeaderText,
  resourceMetadata: mustBeAddress,
  now: mustBeFunction,
}

const DPOP: OptionTable<DpopOptions> = {
  mode: mustBeOneOf('allowed', 'required'),
  algorithms: mustBeListOf(mustBeOneOf(...ALL_ALGORITHMS.filter((name) => !isSymmetric(name)))),
  maxAgeSeconds: mustBeNumber(1, 3600, 'seconds'),
  leewaySeconds: mustBeNumber(0, 300, 'seconds'),
  baseUrl: mustBeEither(mustBeBaseUrl, mustBeListOf(mustBeBaseUrl)),
  store: mustBeStore,
  nonce: mustBeObject,
}

const NONCE: OptionTable<NonNullable<DpopOptions['nonce']>> = {
  secret: (value) =>
    typeof value === 'string' && value.length >= 32 && value.trim() !== ''
      ? undefined
      : 'text of at least 32 characters',
  maxAgeSeconds: mustBeNumber(1, 3600, 'seconds'),
}

const KEYS: OptionTable<KeySetOptions> = {
  maxAgeSeconds: mustBeNumber(1, DAY, 'seconds'),
  staleSeconds: mustBeNumber(0, 7 * DAY, 'seconds'),
  burst: mustBeWhole(0, 1000, 'fetches'),
  cooldownSeconds: mustBeNumber(1, DAY, 'seconds'),
  timeoutMilliseconds: mustBeWhole(1, 60_000, 'milliseconds'),
  maxBytes: mustBeWhole(1, 16_777_216, 'bytes'),
}

const CACHE: OptionTable<TokenCacheOptions> = {
  maxAgeSeconds: mustBeNumber(1, 365 * DAY, 'seconds'),
  maxEntries: mustBeWhole(1, 10_000_000, 'entries'),
  store: mustBeStore,
}

/** The options of a verifier, checked and copied, with the values that depend on several of them. */
export interface CheckedOptions {
  options: VerifierOptions
  rules: Rules
  /** `undefined`: tokens that are bound to a key are refused. */
  dpop: DpopOptions | undefined
  /** `undefined`: nothing is remembered. */
  cache: TokenCacheOptions | undefined
  /** Milliseconds. */
  now: () => number
}

/** @throws {ToolkitError} `ERR_USAGE` with the name of the option that is wrong. */
export function checkedVerifierOptions(given: VerifierOptions): CheckedOptions {
  const options = checkedOptions(CALLER, given, VERIFIER)
  if (options.keys !== undefined) options.keys = part('keys', options.keys, KEYS)
  if (typeof options.jwks === 'object')
    options.jwks = { keys: keysIn(options.jwks).map((jwk) => ({ ...jwk })) }
  const rules = rulesOf(options)
  return {
    options,
    rules,
    dpop: dpopOf(options),
    cache: cacheOf(options),
    now: options.now === undefined ? Date.now : checkedClock(CALLER, options.now),
  }
}

function rulesOf(options: VerifierOptions): Rules {
  const { issuer, issuers, domain, audience, algorithms = ['RS256', 'PS256'], contract, jwks } = options
  if ([issuer, issuers, domain].filter((value) => value !== undefined).length !== 1) {
    fault(
      'exactly one of "issuer", "issuers" and "domain" is needed',
      'A domain that comes from the environment may not be set there.',
    )
  }
  const isFunction = typeof issuers === 'function'
  const all = isFunction ? [] : [...new Set(issuers ?? [issuer ?? issuerOfDomain(domain)!])]
  if (audience === undefined) {
    fault(
      '"audience" is needed: the identifier of this API',
      'An audience that comes from the environment may not be set there.',
    )
  }
  checkKeys(options, isFunction ? undefined : all.length, algorithms)
  if (typeof jwks === 'object' && !keysIn(jwks).some((jwk) => algorithms.some((name) => fits(jwk, name)))) {
    fault(`"jwks" must be a JWKS document with a public key for ${algorithms.join(' or ')}, or its address`)
  }
  return {
    issuers: all,
    ...(isFunction ? { issuersFor: issuers } : {}),
    audiences: typeof audience === 'string' ? [audience] : [...audience],
    algorithms,
    requiredScopes: options.requiredScopes ?? [],
    clockTolerance: options.clockTolerance ?? 5,
    ...(options.dialect === undefined ? {} : { dialect: options.dialect }),
    ...(contract === undefined ? {} : { contract }),
    ...(options.clients === undefined ? {} : { clients: options.clients }),
    ...(options.anonymousSessions === false ? { refusesAnonymous: true } : {}),
  }
}

/** Checks that each issuer has its own keys, and that nothing public is taken for a secret. */
function checkKeys(
  { secret, jwks, apiClient, keys, fetch: fetchOption }: VerifierOptions,
  /** `undefined`: nobody knows how many. */
  issuers: number | undefined,
  algorithms: readonly VerifyAlgorithm[],
): void {
  const symmetric = algorithms.filter(isSymmetric)
  if (symmetric.length > 0 !== (secret !== undefined)) {
    fault(
      `"secret" goes with "algorithms" of ${ALL_ALGORITHMS.filter(isSymmetric).join(', ')}, and these with it`,
    )
  }
  if (symmetric.length > 0 && symmetric.length < algorithms.length) {
    fault(
      `"algorithms" must not name ${symmetric.join(', ')} beside others: a public key must never be taken for a secret`,
    )
  }
  if (secret !== undefined) {
    const wrong = secretFault(secret, symmetric)
    if (wrong !== undefined) fault(`"secret" ${wrong}`)
    if (jwks !== undefined) fault('"secret" does not go with "jwks": public keys are no secrets')
  }
  const own = Object.entries({ jwks, secret, keys, fetch: fetchOption }).find(
    ([, value]) => value !== undefined,
  )
  if (apiClient !== undefined && own !== undefined) {
    fault(`"${own[0]}" does not go with "apiClient", which has its own keys`)
  }
  if (issuers !== 1 && (jwks !== undefined || secret !== undefined)) {
    fault(
      `"issuers" does not go with one "${jwks === undefined ? 'secret' : 'jwks'}": one issuer could sign for the others`,
      'Leave "jwks" out: the keys of each issuer are fetched from it. Or make a verifier for each issuer.',
    )
  }
}

function dpopOf({ dpop, apiClient }: VerifierOptions): DpopOptions | undefined {
  if (dpop === false || (dpop === undefined && apiClient === undefined)) return undefined
  if (dpop === undefined || dpop === true) return {}
  const checked = part('dpop', dpop, DPOP)
  if (apiClient !== undefined && checked.algorithms?.some((name) => name !== 'ES256') === true) {
    fault('"dpop.algorithms" does not go with "apiClient", which takes proofs by ES256 only')
  }
  return checked.nonce === undefined ? checked : { ...checked, nonce: nonceOf(checked.nonce) }
}

function nonceOf(given: NonNullable<DpopOptions['nonce']>): NonNullable<DpopOptions['nonce']> {
  const nonce = part('dpop.nonce', given, NONCE)
  if (nonce.secret === undefined) fault('"dpop.nonce.secret" is needed')
  return nonce
}

function cacheOf({ cache, apiClient, secret }: VerifierOptions): TokenCacheOptions | undefined {
  if (cache === undefined || cache === false) return undefined
  if (apiClient !== undefined) {
    fault('"cache" does not go with "apiClient": when the client changes its keys is not known here')
  }
  const checked = cache === true ? {} : part('cache', cache, CACHE)
  if (checked.store !== undefined && secret !== undefined) {
    fault('"cache.store" does not go with "secret": only public keys have a name that may be shared')
  }
  if (checked.store !== undefined) checked.store = answeringStore(checked.store)
  return checked
}

function part<Options extends object>(name: string, given: Options, table: OptionTable<Options>): Options {
  return checkedOptions(CALLER, given, table, `${name}.`)
}

function fault(message: string, hint?: string): never {
  throw usage(CALLER, message, hint === undefined ? {} : { hint })
}
