import { type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose'
import { candidates } from '../contract/candidates.ts'
import type { Contract } from '../contract/types.ts'
import { ToolkitError } from '../errors.ts'
import { type BadToken, badTokens } from './bad-tokens.ts'
import { base64url, encoded } from './encoding.ts'
import {
  checkedOptions,
  type MustBe,
  mustBeAddress,
  mustBeFunction,
  mustBeObject,
  mustBeText,
  mustHave,
  type OptionTable,
  usage,
} from './must-be.ts'
import { assertNeeds } from './needs.ts'
import type { JsonWebKeyLike, JsonWebKeySet, Needs, VerifierOptions } from './types.ts'

export interface TestIssuerOptions {
  /** @defaultValue `https://test-tenant.example/` */
  issuer?: string
  /** Identifier of the API. @defaultValue that of the contract */
  audience?: string
  /** Custom claims are made up from it, so that tokens fit. */
  contract?: Contract
  /** Milliseconds. @defaultValue `Date.now` */
  now?: () => number
  /** A private RSA key as JWK, e.g. one that the API under test trusts already. @defaultValue a new one */
  key?: JsonWebKeyLike
}

export interface TestTokenOptions {
  /** The `sub`. @defaultValue `auth0|test-user` */
  user?: string
  /** Added to the payload, or in place of what is there; `undefined` takes a claim away. */
  claims?: Readonly<Record<string, unknown>>
  /** @defaultValue none */
  scope?: string
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
  /** What the issuer would serve at `/.well-known/jwks.json`. */
  jwks: JsonWebKeySet
  /** For `createVerifier`, of ours or as a start for another library's. */
  verifierOptions: VerifierOptions
  /** A signed access token that is valid for ten minutes and fits the contract. */
  issueTestToken(options?: TestTokenOptions): Promise<string>
  /** Tokens that an API must refuse, each with its name; signed where only its content is wrong. */
  badTokens(options?: BadTokenOptions): Promise<BadToken[]>
}

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
}

const mustBeString: MustBe = (value) => (typeof value === 'string' ? undefined : 'text')
const TOKEN: OptionTable<TestTokenOptions> = { user: mustBeString, claims: mustBeObject, scope: mustBeString }
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
  const { privateKey, jwk, kid } = await signingKey(options.key)
  const jwks = { keys: [jwk] }

  async function sign(input: string): Promise<Uint8Array> {
    const bytes = new TextEncoder().encode(input)
    return new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, bytes))
  }

  function payloadOf({ user = 'auth0|test-user', claims = {}, scope }: TestTokenOptions) {
    const seconds = Math.floor(now() / 1000)
    const payload: Record<string, unknown> = {
      iss: issuer,
      sub: user,
      aud: [audience, `${issuer}userinfo`],
      iat: seconds,
      exp: seconds + 600,
      azp: 'test-client',
      ...(scope === undefined ? {} : { scope }),
    }
    if (contract !== undefined) Object.assign(payload, claimsFor(contract, payload, claims))
    Object.assign(payload, claims)
    for (const [name, value] of Object.entries(claims)) if (value === undefined) delete payload[name]
    return payload
  }

  return {
    issuer,
    audience,
    jwks,
    verifierOptions: {
      issuer,
      audience,
      jwks,
      now,
      ...(contract === undefined ? {} : { contract }),
    },
    async issueTestToken(token = {}) {
      const wanted = checkedOptions('issueTestToken', token, TOKEN)
      const input = [{ alg: 'RS256', typ: 'JWT', kid }, payloadOf(wanted)].map(encoded).join('.')
      return `${input}.${base64url(await sign(input))}`
    },
    async badTokens(wanted = {}) {
      const { needs, request, ...token } = checkedOptions('badTokens', wanted, BAD_TOKENS)
      if (needs !== undefined) assertNeeds(needs, 'badTokens')
      return badTokens({
        payload: payloadOf(token),
        jwk,
        kid,
        sign,
        ...(contract === undefined ? {} : { contract }),
        ...(needs === undefined ? {} : { needs }),
        ...(request === undefined ? {} : { request }),
      })
    },
  }
}

async function signingKey(given: JsonWebKeyLike | undefined) {
  if (given !== undefined) {
    const { kty, n, e, kid = 'test-key' } = given
    const privateKey =
      kty === 'RSA' && typeof given['d'] === 'string' && typeof kid === 'string'
        ? await imported(given)
        : undefined
    if (privateKey === undefined) {
      throw usage('createTestIssuer', '"key" must be a private RSA key as JWK', {
        hint: 'Make one with generateKeyPair("RS256") and exportJWK of jose.',
      })
    }
    return {
      privateKey,
      jwk: { kty, n, e, kid, alg: 'RS256', use: 'sig' } as JsonWebKeyLike,
      kid,
    }
  }
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const kid = 'test-key'
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' } as JsonWebKeyLike
  return { privateKey, jwk, kid }
}

/** Without the reason: it may be about what is in a private key. */
async function imported(jwk: JsonWebKeyLike): Promise<CryptoKey | undefined> {
  try {
    return (await importJWK(jwk as Parameters<typeof importJWK>[0], 'RS256')) as CryptoKey
  } catch {
    return undefined
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
