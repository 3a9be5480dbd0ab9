import { exportJWK, generateKeyPair } from 'jose'
import { candidates } from '../contract/candidates.ts'
import type { Contract } from '../contract/types.ts'
import { ToolkitError } from '../errors.ts'
import { type BadToken, badTokens } from './bad-tokens.ts'
import { base64url, encoded } from './encoding.ts'
import type { JsonWebKeyLike, JsonWebKeySet, VerifierOptions } from './types.ts'

export interface TestIssuerOptions {
  /** @defaultValue `https://test-tenant.example/` */
  issuer?: string
  /** Identifier of the API. @defaultValue that of the contract */
  audience?: string
  /** Custom claims are made up from it, so that tokens fit. */
  contract?: Contract
  /** Milliseconds. @defaultValue `Date.now` */
  now?: () => number
}

export interface TestTokenOptions {
  /** The `sub`. @defaultValue `auth0|test-user` */
  user?: string
  /** Added to the payload, or in place of what is there; `undefined` takes a claim away. */
  claims?: Readonly<Record<string, unknown>>
  /** @defaultValue none */
  scope?: string
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
  badTokens(options?: TestTokenOptions): Promise<BadToken[]>
}

/**
 * A stand-in for a tenant in an API's test suite: keys of its own, made anew each time. Serves nothing by
 * itself: hand `jwks` to the verifier, or serve it.
 *
 * @throws {ToolkitError} `ERR_USAGE` without an audience, `ERR_CONTRACT` when no values for the contract
 *   are found: then `claims` must name them.
 */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const { issuer = 'https://test-tenant.example/', contract, now = Date.now } = options
  const audience = options.audience ?? contract?.audience
  if (audience === undefined) {
    throw new ToolkitError('ERR_USAGE', 'the test issuer needs an audience', {
      hint: 'Name "audience", or a contract for access tokens.',
    })
  }
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const jwk: JsonWebKeyLike = {
    ...(await exportJWK(publicKey)),
    kid: 'test-key',
    alg: 'RS256',
    use: 'sig',
  } as JsonWebKeyLike
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
      const input = [{ alg: 'RS256', typ: 'JWT', kid: 'test-key' }, payloadOf(token)].map(encoded).join('.')
      return `${input}.${base64url(await sign(input))}`
    },
    badTokens: async (token = {}) =>
      badTokens({ payload: payloadOf(token), jwk, kid: 'test-key', sign, ...(contract ? { contract } : {}) }),
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
