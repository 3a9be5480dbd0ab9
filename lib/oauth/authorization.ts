import { shortened } from './bounded.ts'
import { OAuthClientError } from './errors.ts'

export interface AuthorizationParameters {
  /** The tenant's base URL, with or without the final slash. */
  issuer: string
  client_id: string
  redirect_uri: string
  /** Space separated. @defaultValue `openid profile email` */
  scope?: string
  /** Identifier of the API. Without one the access token is opaque. */
  audience?: string
  state?: string
  nonce?: string
  /** See {@link codeChallenge}; sent with the method S256. */
  code_challenge?: string
  organization?: string
  invitation?: string
  prompt?: string
  login_hint?: string
  screen_hint?: string
  connection?: string
  /** Seconds. */
  max_age?: number
  response_mode?: 'query' | 'fragment' | 'form_post' | 'web_message'
  acr_values?: string
  ui_locales?: string
}

/**
 * The address to send the user to. Does not contact the tenant and does not check the values.
 *
 * @see https://auth0.com/docs/get-started/authentication-and-authorization-flow/authorization-code-flow-with-pkce/call-your-api-using-the-authorization-code-flow-with-pkce
 */
export function authorizationUrl({ issuer, code_challenge, ...parameters }: AuthorizationParameters): URL {
  const url = new URL('authorize', withSlash(issuer))
  url.searchParams.set('response_type', 'code')
  if (code_challenge !== undefined) {
    url.searchParams.set('code_challenge', code_challenge)
    url.searchParams.set('code_challenge_method', 'S256')
  }
  for (const [name, value] of Object.entries({ scope: 'openid profile email', ...parameters })) {
    if (value !== undefined) url.searchParams.set(name, String(value))
  }
  return url
}

/**
 * Takes the code out of the address that the tenant sent the browser to.
 *
 * @throws {OAuthClientError} `ERR_OAUTH` with the tenant's `error`, or `invalid_response` when `state` is not the one
 * that was sent, or there is no code.
 * @see RFC 6749 section 4.1.2
 */
export function readCallback(callback: URL | string, expected: { state?: string } = {}): { code: string } {
  const url = new URL(callback)
  const values =
    url.searchParams.has('code') || url.searchParams.has('error') ? url.searchParams : fragment(url)
  // First of all: the response to somebody else's request must not even report its error.
  if (expected.state !== undefined && values.get('state') !== expected.state) {
    throw new OAuthClientError(
      'the callback does not carry the state that was sent',
      { error: 'invalid_response' },
      {
        hint: 'Start the login again; if it happens again, somebody else may have started it.',
      },
    )
  }
  const sent = values.get('error')
  if (sent !== null) {
    const error = shortened(sent)
    const description = values.get('error_description')
    const error_description = description === null ? undefined : shortened(description)
    throw new OAuthClientError(
      `the tenant refused the login: ${error}${error_description === undefined ? '' : ` (${error_description})`}`,
      { error, ...(error_description !== undefined && { error_description }) },
    )
  }
  const code = values.get('code')
  if (code === null || code === '') {
    throw new OAuthClientError('the callback carries no code', { error: 'invalid_response' })
  }
  return { code }
}

function fragment(url: URL): URLSearchParams {
  return new URLSearchParams(url.hash.slice(1))
}

export function withSlash(issuer: string): string {
  return issuer.endsWith('/') ? issuer : `${issuer}/`
}
