import { candidates } from '../contract/candidates.ts'
import type { Contract } from '../contract/types.ts'
import { ToolkitError } from '../errors.ts'
import type { TokenDialect } from '../tokens/types.ts'
import { ALL_ALGORITHMS, isSymmetric } from './algorithms.ts'
import type { Prover } from './bad-proofs.ts'
import { type BadToken, badTokens } from './bad-tokens.ts'
import { base64url, encoded } from './encoding.ts'
import { type GoodToken, goodTokens } from './good-tokens.ts'
import {
  checkedOptions,
  type MustBe,
  mustBeAddress,
  mustBeBoolean,
  mustBeFunction,
  mustBeListOf,
  mustBeObject,
  mustBeOneOf,
  mustBeText,
  mustHave,
  type OptionTable,
  usage,
} from './must-be.ts'
import { assertNeeds } from './needs.ts'
import { givenSigningKey, newSigningKey, type SigningKey } from './test-keys.ts'
import type { JsonWebKeyLike, JsonWebKeySet, Needs, SignatureAlgorithm, VerifierOptions } from './types.ts'

export interface TestIssuerOptions {
  /** @defaultValue `https://test-tenant.example/` */
  issuer?: string
  /** Identifier of the API. @defaultValue that of the contract */
  audience?: string
  /** Custom claims are made up from it, so that tokens fit. */
  contract?: Contract
  /** Milliseconds. @defaultValue `Date.now` */
  now?: () => number
  /**
   * A private key as JWK for the first of the algorithms, e.g. one that the API under test trusts already.
   * @defaultValue a new one
   */
  key?: JsonWebKeyLike
  /** Algorithms that there are keys for; tokens are signed by the first unless they name one. @defaultValue `['RS256']` */
  algorithms?: readonly SignatureAlgorithm[]
  /**
   * There are published keys for these too, and discovery does not name them: an API has to refuse what they sign.
   * @defaultValue none
   */
  otherAlgorithms?: readonly SignatureAlgorithm[]
  /** Profile of the tokens, unless they name one. @defaultValue `access_token`, Auth0's own */
  dialect?: TokenDialect
  /** Publishes the next key too, as Auth0 does: `rotateKey` then turns to it. @defaultValue `false` */
  nextKey?: boolean
}

export interface TestTokenOptions {
  /** The `sub`. @defaultValue `auth0|test-user` */
  user?: string
  /** Added to the payload, or in place of what is there; `undefined` takes a claim away. */
  claims?: Readonly<Record<string, unknown>>
  /** @defaultValue none */
  scope?: string
  /** One of the issuer's. */
  algorithm?: SignatureAlgorithm
  dialect?: TokenDialect
}

export interface BadTokenOptions extends TestTokenOptions {
  /** What the endpoint needs: tokens that lack it are then in the kit too. */
  needs?: Needs
  /** The request that the tokens are for: DPoP's replays and downgrades are then in the kit too. */
  request?: { method: string; url: string }
}

export interface TestIssuer {
  issuer: string
  audience: string
  /** What the issuer would serve at `/.well-known/jwks.json`: after `rotateKey` it has more. */
  jwks: JsonWebKeySet
  /** For `createVerifier`, of ours or as a start for another library's. */
  verifierOptions: VerifierOptions
  /** A signed access token that is valid for ten minutes and fits the contract. */
  issueTestToken(options?: TestTokenOptions): Promise<string>
  /** Tokens that an API must refuse, each with its name; signed where only its content is wrong. */
  badTokens(options?: BadTokenOptions): Promise<BadToken[]>
  /** Tokens that an API must let in, as they differ at Auth0, and ways to send them. */
  goodTokens(options?: GoodTokenOptions): Promise<GoodToken[]>
  /**
   * Signs with another key from now on; the former ones stay published. With `nextKey` that is the one that was
   * published beforehand, unless `announced` is `false`: then a new one comes, as after an emergency.
   */
  rotateKey(options?: {
    algorithm?: SignatureAlgorithm
    announced?: boolean
    published?: boolean
  }): Promise<void>
  /** Publishes keys that `rotateKey` was told to keep back. */
  publishKeys(): void
}

export interface GoodTokenOptions extends TestTokenOptions {
  /** Of an API that takes tokens that are bound to a key. */
  prover?: Prover
  /** It takes no others. */
  isBoundOnly?: boolean
}

const mustBeDialect = mustBeOneOf(
  'access_token',
  'access_token_authz',
  'rfc9068_profile',
  'rfc9068_profile_authz',
)

const TABLE: OptionTable<TestIssuerOptions> = {
  issuer: (value) =>
    mustBeAddress(value) ?? ((value as string).endsWith('/') ? undefined : 'a URL with a final slash'),
  audience: mustBeText,
  contract: (value) =>
    mustHave('', 'validate')(value) === undefined && Array.isArray((value as { claims?: unknown }).claims)
      ? undefined
      : 'a contract that readContracts or compileContracts of auth0-claims/contract has made',
  now: mustBeFunction,
  key: mustBeObject,
  algorithms: mustBeListOf(mustBeOneOf(...ALL_ALGORITHMS.filter((name) => !isSymmetric(name)))),
  otherAlgorithms: mustBeListOf(mustBeOneOf(...ALL_ALGORITHMS.filter((name) => !isSymmetric(name))), {
    empty: true,
  }),
  dialect: mustBeDialect,
  nextKey: mustBeBoolean,
}

const mustBeString: MustBe = (value) => (typeof value === 'string' ? undefined : 'text')
const TOKEN: OptionTable<TestTokenOptions> = {
  user: mustBeString,
  claims: mustBeObject,
  scope: mustBeString,
  algorithm: mustBeText,
  dialect: mustBeDialect,
}
const GOOD_TOKENS: OptionTable<GoodTokenOptions> = {
  ...TOKEN,
  prover: mustHave('a prover', 'proofFor'),
  isBoundOnly: mustBeBoolean,
}
const BAD_TOKENS: OptionTable<BadTokenOptions> = {
  ...TOKEN,
  needs: mustBeObject,
  request: (value) =>
    mustBeObject(value) ??
    ((mustBeText((value as { method?: unknown }).method) ??
    mustBeAddressText((value as { url?: unknown }).url))
      ? 'an object with a method and an address'
      : undefined),
}

/** Any: of an API on another machine too. */
function mustBeAddressText(value: unknown): string | undefined {
  return typeof value === 'string' && URL.canParse(value) ? undefined : 'an address'
}

/**
 * A stand-in for a tenant in an API's test suite: keys of its own, made anew each time. Serves nothing by
 * itself: hand `jwks` to the verifier, or serve it.
 *
 * @throws {ToolkitError} `ERR_USAGE` without an audience and for options that are wrong, `ERR_CONTRACT` when no values for the contract
 *   are found: then `claims` must name them.
 */
export async function createTestIssuer(given: TestIssuerOptions = {}): Promise<TestIssuer> {
  const options = checkedOptions('createTestIssuer', given, TABLE)
  const { issuer = 'https://test-tenant.example/', contract, now = Date.now } = options
  const audience = options.audience ?? contract?.audience
  if (audience === undefined) {
    throw usage('createTestIssuer', 'the test issuer needs an audience', {
      hint: 'Name "audience", or a contract for access tokens.',
    })
  }
  const { algorithms = ['RS256'], dialect: usual = 'access_token', nextKey = false } = options
  const ring = await keyRing([...algorithms, ...(options.otherAlgorithms ?? [])], options.key, nextKey)

  function payloadOf({ user = 'auth0|test-user', claims = {}, scope, dialect = usual }: TestTokenOptions) {
    const seconds = Math.floor(now() / 1000)
    const payload: Record<string, unknown> = {
      iss: issuer,
      sub: user,
      aud: [audience, `${issuer}userinfo`],
      iat: seconds,
      exp: seconds + 600,
      ...(isRfc9068(dialect)
        ? { client_id: 'test-client', jti: crypto.randomUUID() }
        : { azp: 'test-client' }),
      ...(scope === undefined ? {} : { scope }),
    }
    if (contract !== undefined) Object.assign(payload, claimsFor(contract, payload, claims))
    Object.assign(payload, claims)
    for (const [name, value] of Object.entries(claims)) if (value === undefined) delete payload[name]
    return payload
  }

  async function signed(
    { algorithm, dialect = usual }: TestTokenOptions,
    payload: object,
    parameters: object = {},
  ): Promise<string> {
    const key = ring.current(algorithm)
    const typ = isRfc9068(dialect) ? 'at+jwt' : 'JWT'
    const input = [{ alg: key.algorithm, typ, kid: key.kid, ...parameters }, payload].map(encoded).join('.')
    return `${input}.${base64url(await key.sign(input))}`
  }

  return {
    issuer,
    audience,
    jwks: ring.jwks,
    verifierOptions: {
      issuer,
      audience,
      jwks: ring.jwks,
      now,
      ...(contract === undefined ? {} : { contract }),
      ...(options.algorithms === undefined ? {} : { algorithms: options.algorithms }),
    },
    async issueTestToken(token = {}) {
      const wanted = checkedOptions('issueTestToken', token, TOKEN)
      return signed(wanted, payloadOf(wanted))
    },
    async badTokens(wanted = {}) {
      const { needs, request, ...token } = checkedOptions('badTokens', wanted, BAD_TOKENS)
      if (needs !== undefined) assertNeeds(needs, 'badTokens')
      return badTokens({
        payload: payloadOf(token),
        key: ring.current(token.algorithm),
        isRfc9068: isRfc9068(token.dialect ?? usual),
        ...(contract === undefined ? {} : { contract }),
        ...(needs === undefined ? {} : { needs }),
        ...(request === undefined ? {} : { request }),
      })
    },
    async goodTokens(wanted = {}) {
      const { prover, isBoundOnly, ...token } = checkedOptions('goodTokens', wanted, GOOD_TOKENS)
      const payload = payloadOf(token)
      return goodTokens({
        payload,
        issue: (changes, parameters) => signed(token, { ...payload, ...changes }, parameters),
        ...(prover === undefined ? {} : { prover }),
        ...(isBoundOnly === undefined ? {} : { isBoundOnly }),
      })
    },
    async rotateKey({ algorithm = algorithms[0]!, announced = true, published = true } = {}) {
      await ring.rotate(algorithm, { announced, published })
    },
    publishKeys: ring.publish,
  }
}

function isRfc9068(dialect: TokenDialect): boolean {
  return dialect.startsWith('rfc9068')
}

/** The keys of an issuer: of each algorithm the current one, and maybe the next. */
async function keyRing(
  algorithms: readonly SignatureAlgorithm[],
  given: JsonWebKeyLike | undefined,
  withNext: boolean,
) {
  const current = new Map<SignatureAlgorithm, SigningKey>()
  const next = new Map<SignatureAlgorithm, SigningKey>()
  const jwks: { keys: JsonWebKeyLike[] } = { keys: [] }
  const held: JsonWebKeyLike[] = []
  // An API that runs on may still have the keys of an earlier issuer.
  const newKey = (algorithm: SignatureAlgorithm) =>
    newSigningKey(algorithm, `test-key-${crypto.randomUUID().slice(0, 8)}`)
  async function addNext(algorithm: SignatureAlgorithm) {
    const key = await newKey(algorithm)
    next.set(algorithm, key)
    jwks.keys.push(key.jwk)
  }
  for (const [index, algorithm] of algorithms.entries()) {
    const own = given !== undefined && index === 0
    const key = own ? await givenSigningKey(given, algorithm) : await newKey(algorithm)
    if (key === undefined) {
      throw usage('createTestIssuer', `"key" must be a private key for ${algorithm} as JWK`, {
        hint: `Make one with generateKeyPair("${algorithm}") and exportJWK of jose.`,
      })
    }
    current.set(algorithm, key)
    jwks.keys.push(key.jwk)
    if (withNext) await addNext(algorithm)
  }
  function currentKey(algorithm: SignatureAlgorithm = algorithms[0]!): SigningKey {
    const key = current.get(algorithm)
    if (key !== undefined) return key
    throw usage('issueTestToken', `"algorithm" must be one of the issuer: ${algorithms.join(', ')}`, {
      hint: 'Name it among the "algorithms" of the test issuer.',
    })
  }
  return {
    jwks,
    current: currentKey,
    async rotate(
      algorithm: SignatureAlgorithm,
      { announced, published }: { announced: boolean; published: boolean },
    ) {
      currentKey(algorithm)
      const prepared = announced ? next.get(algorithm) : undefined
      if (prepared !== undefined) {
        current.set(algorithm, prepared)
        await addNext(algorithm)
        return
      }
      const key = await newKey(algorithm)
      current.set(algorithm, key)
      ;(published ? jwks.keys : held).push(key.jwk)
    },
    publish() {
      jwks.keys.push(...held.splice(0))
    },
  }
}

/** Values that the contract takes, found among its candidates. */
function claimsFor(
  contract: Contract,
  context: Readonly<Record<string, unknown>>,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const claims: Record<string, unknown> = {}
  for (const claim of contract.claims) {
    if (claim in given) continue
    const schema = contract.schema.properties?.[claim] ?? true
    const value = candidates(schema, contract.schema).find(
      (candidate) =>
        !contract.validate({ ...context, [claim]: candidate }).some((fault) => fault.claim === claim),
    )
    if (value !== undefined) claims[claim] = value
    else if (contract.schema.required?.includes(claim)) {
      throw new ToolkitError('ERR_CONTRACT', `no value for "${claim}" was found`, {
        file: contract.file,
        hint: 'Give the claim "examples" in the contract, or name it in "claims".',
      })
    }
  }
  return claims
}
