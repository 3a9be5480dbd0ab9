import type { JSONWebKeySet } from 'jose'
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, jwtVerify } from 'jose'
import { withSlash } from './authorization.ts'
import { type Answer, type Fetch, send, shortened } from './bounded.ts'
import { OAuthClientError } from './errors.ts'

export type { Fetch } from './bounded.ts'

export interface TokenResponse {
  access_token: string
  /** Seconds. */
  expires_in: number
  token_type: string
  id_token?: string
  refresh_token?: string
  scope?: string
}

export interface EndpointOptions {
  /** The tenant's base URL, with or without the final slash. */
  issuer: string
  client_id: string
  /** Of a confidential app only; sent in the body. */
  client_secret?: string
  fetch?: Fetch
}

/**
 * The tenant's metadata. Checks that the document is about this issuer.
 *
 * @throws {OAuthClientError} `ERR_OAUTH`
 * @see OpenID Connect Discovery 1.0 section 4.3
 */
export async function discover(
  issuer: string,
  options: { fetch?: Fetch } = {},
): Promise<Record<string, unknown> & { issuer: string; jwks_uri: string }> {
  const url = new URL('.well-known/openid-configuration', withSlash(issuer)).href
  const document = json(await send(options.fetch, url), 'discovery')
  if (document['issuer'] !== withSlash(issuer)) {
    throw new OAuthClientError('the discovery document is about another issuer', {
      error: 'invalid_response',
    })
  }
  return document as Record<string, unknown> & { issuer: string; jwks_uri: string }
}

/**
 * Exchanges the code for tokens. Does not check the ID token: {@link verifyIdToken} does.
 *
 * @throws {OAuthClientError} `ERR_OAUTH` with `error`, `error_description` and `status`.
 * @see RFC 6749 section 4.1.3, RFC 7636 section 4.5
 */
export function exchangeCode(
  options: EndpointOptions & { code: string; code_verifier?: string; redirect_uri?: string },
): Promise<TokenResponse> {
  const { code, code_verifier, redirect_uri } = options
  return tokenRequest(options, { grant_type: 'authorization_code', code, code_verifier, redirect_uri })
}

/**
 * Exchanges a refresh token. With rotation the response has a new one, and the old one must not be used again.
 *
 * @throws {OAuthClientError} `ERR_OAUTH`
 * @see RFC 6749 section 6
 */
export function refresh(
  options: EndpointOptions & { refresh_token: string; scope?: string; audience?: string },
): Promise<TokenResponse> {
  const { refresh_token, scope, audience } = options
  return tokenRequest(options, { grant_type: 'refresh_token', refresh_token, scope, audience })
}

/** A token for a machine. @throws {OAuthClientError} `ERR_OAUTH` @see RFC 6749 section 4.4 */
export function clientCredentials(
  options: EndpointOptions & { audience: string; scope?: string; organization?: string },
): Promise<TokenResponse> {
  const { audience, scope, organization } = options
  return tokenRequest(options, { grant_type: 'client_credentials', audience, scope, organization })
}

/** The user's profile, by an access token whose audience holds `/userinfo`. @throws {OAuthClientError} `ERR_OAUTH` */
export async function userinfo(options: {
  issuer: string
  access_token: string
  fetch?: Fetch
}): Promise<Record<string, unknown> & { sub: string }> {
  const url = new URL('userinfo', withSlash(options.issuer)).href
  const response = await send(options.fetch, url, {
    headers: { authorization: `Bearer ${options.access_token}` },
  })
  return json(response, '/userinfo') as Record<string, unknown> & { sub: string }
}

/** Ends a refresh token and its family. An unknown one is no error. @throws {OAuthClientError} @see RFC 7009 */
export async function revoke(options: EndpointOptions & { token: string }): Promise<void> {
  const response = await post(options, 'oauth/revoke', { token: options.token })
  if (!response.ok) json(response, '/oauth/revoke')
}

export interface VerifyIdTokenOptions {
  issuer: string
  client_id: string
  /** Must be in the token when given. */
  nonce?: string
  /** @defaultValue the tenant's own, fetched */
  jwks?: JSONWebKeySet
  /** @defaultValue `() => new Date()` */
  now?: () => Date
  fetch?: Fetch
}

/**
 * Checks signature (RS256 or PS256), issuer, audience, expiry and nonce of an ID token, and returns its claims.
 * Does not check `at_hash`, `auth_time` or an organization.
 *
 * @throws {OAuthClientError} `ERR_OAUTH`, `error` is `invalid_id_token`.
 * @see OpenID Connect Core 1.0 section 3.1.3.7
 */
export async function verifyIdToken(
  idToken: string,
  options: VerifyIdTokenOptions,
): Promise<Record<string, unknown> & { sub: string }> {
  const issuer = withSlash(options.issuer)
  const keys =
    options.jwks === undefined
      ? createRemoteJWKSet(new URL('.well-known/jwks.json', issuer), {
          ...(options.fetch !== undefined && { [customFetch]: options.fetch }),
        })
      : createLocalJWKSet(options.jwks)
  try {
    const { payload } = await jwtVerify(idToken, keys, {
      issuer,
      audience: options.client_id,
      algorithms: ['RS256', 'PS256'],
      requiredClaims: ['sub', 'iat', 'exp'],
      ...(options.now !== undefined && { currentDate: options.now() }),
    })
    if (options.nonce !== undefined && payload['nonce'] !== options.nonce) {
      throw invalidIdToken('its nonce is not the one that was sent')
    }
    if (Array.isArray(payload.aud) && payload.aud.length > 1 && payload['azp'] !== options.client_id) {
      throw invalidIdToken('it has several audiences and another azp')
    }
    return payload as Record<string, unknown> & { sub: string }
  } catch (error) {
    if (error instanceof errors.JOSEError) throw invalidIdToken(reasonOf(error), error)
    throw error
  }
}

/** jose's messages name claims, never their values. */
function reasonOf(error: errors.JOSEError): string {
  return error instanceof errors.JWTClaimValidationFailed
    ? `the claim "${error.claim}" does not fit`
    : error.message
}

function invalidIdToken(reason: string, cause?: unknown): OAuthClientError {
  return new OAuthClientError(
    `the ID token is not acceptable: ${reason}`,
    { error: 'invalid_id_token' },
    { cause },
  )
}

async function tokenRequest(
  options: EndpointOptions,
  fields: Readonly<Record<string, string | undefined>>,
): Promise<TokenResponse> {
  const answer = json(await post(options, 'oauth/token', fields), '/oauth/token')
  if (typeof answer['access_token'] !== 'string' || typeof answer['token_type'] !== 'string') {
    throw new OAuthClientError('/oauth/token answered without an access token', { error: 'invalid_response' })
  }
  return answer as unknown as TokenResponse
}

function post(
  { issuer, client_id, client_secret, fetch }: EndpointOptions,
  path: string,
  fields: Readonly<Record<string, string | undefined>>,
): Promise<Answer> {
  const body = new URLSearchParams()
  for (const [name, value] of Object.entries({ ...fields, client_id, client_secret })) {
    if (value !== undefined) body.set(name, value)
  }
  return send(fetch, new URL(path, withSlash(issuer)).href, { method: 'POST', body })
}

function json(response: Answer, what: string): Record<string, unknown> {
  let body: unknown
  try {
    body = JSON.parse(response.text)
  } catch {}
  const object = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined
  if (response.ok && object !== undefined) return object
  const error = typeof object?.['error'] === 'string' ? shortened(object['error']) : 'invalid_response'
  const description = object?.['error_description']
  const error_description = typeof description === 'string' ? shortened(description) : undefined
  throw new OAuthClientError(
    `${what} answered ${response.status}: ${error}${error_description === undefined ? '' : ` (${error_description})`}`,
    { error, status: response.status, ...(error_description !== undefined && { error_description }) },
  )
}
