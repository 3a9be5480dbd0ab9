import { createHash } from 'node:crypto'
import { ToolkitError } from '../errors.ts'
import { cookieName } from './authentication/cookies.ts'
import { newSession, SESSION_COOKIE, storeSession } from './authentication/sessions.ts'
import { type Store, secret } from './authentication/store.ts'
import type { TenantContext } from './context.ts'
import type { Handler } from './server.ts'
import { findUser } from './users.ts'

export interface IssueTokensOptions {
  /** Client id or name. @defaultValue the first client that may use the code flow */
  client?: string
  /** Identifier of the API. Without one the access token is opaque. */
  audience?: string
  /** Space separated. @defaultValue `openid profile email` */
  scope?: string
  /** Organization id. */
  organization?: string
  nonce?: string
}

export interface IssuedTokens {
  access_token: string
  id_token?: string
  refresh_token?: string
  scope?: string
  /** Seconds. */
  expires_in: number
  token_type: 'Bearer'
}

/**
 * Tokens for a user without browser and password, for tests: the user has a session, and the request takes the
 * same way through `/authorize`, the Actions and `/oauth/token` as any other.
 *
 * @throws {ToolkitError} `ERR_USAGE` for an unknown user or client, `ERR_OAUTH` with the tenant's own words when
 * the login is refused or needs the user.
 */
export async function issueTokens(
  {
    context,
    store,
    handler,
    origin,
  }: { context: TenantContext; store: Store; handler: Handler; origin: string },
  identifier: string,
  options: IssueTokensOptions = {},
): Promise<IssuedTokens> {
  const { state, clock } = context
  if (typeof identifier !== 'string' || typeof options !== 'object' || options === null) {
    throw new ToolkitError('ERR_USAGE', 'issueTokens takes the name of a user, and an object of options')
  }
  const user = findUser(state, identifier) ?? state.users.get(identifier)
  if (user === undefined) throw unknown('user', identifier)
  const client = [...state.clients.values()].find(({ client_id, name, grant_types }) =>
    options.client === undefined
      ? grant_types?.includes('authorization_code') === true
      : client_id === options.client || name === options.client,
  )
  if (client === undefined) throw unknown('client', options.client ?? 'with the code flow')
  const redirect_uri = client.callbacks?.find((callback) => !/[*{]/.test(callback))
  if (redirect_uri === undefined) throw unknown('callback of the client', client.name)

  const { session, cookie } = newSession(context, user.user_id)
  session.absolute_expiry = clock().getTime() + 60_000
  storeSession(store, session, session.absolute_expiry)

  const code_verifier = secret(32)
  const authorize = new URL('/authorize', origin)
  const parameters = {
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri,
    scope: options.scope ?? 'openid profile email',
    code_challenge: createHash('sha256').update(code_verifier).digest('base64url'),
    code_challenge_method: 'S256',
    audience: options.audience,
    organization: options.organization,
    nonce: options.nonce,
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) authorize.searchParams.set(name, value)
  }
  const env = { ip: '127.0.0.1' }
  const headers = { cookie: `${cookieName(origin, SESSION_COOKIE)}=${cookie}` }
  const response = await handler(new Request(authorize, { headers }), env)
  const location = response.headers.get('location')
  if (location === null)
    throw refused(response.status === 302 ? 'it needs the user' : 'the request is not acceptable')
  const answer = new URL(location, origin)
  const code = answer.searchParams.get('code')
  if (code === null) {
    const { error, error_description = '' } = Object.fromEntries(answer.searchParams)
    throw refused(error === undefined ? 'it needs the user' : `${error} (${error_description})`)
  }
  const exchanged = await handler(
    new Request(new URL('/oauth/token', origin), {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        client_id: client.client_id,
        code,
        code_verifier,
        redirect_uri,
        ...(client.client_secret !== undefined &&
          client.token_endpoint_auth_method !== 'none' && { client_secret: client.client_secret }),
      }),
    }),
    env,
  )
  const body = (await exchanged.json()) as Record<string, unknown>
  if (!exchanged.ok) throw refused(`${body['error']} (${body['error_description']})`)
  return body as unknown as IssuedTokens
}

function unknown(what: string, name: string): ToolkitError {
  return new ToolkitError('ERR_USAGE', `the tenant has no ${what} "${name}"`)
}

function refused(reason: string): ToolkitError {
  return new ToolkitError('ERR_OAUTH', `the tenant refused the login: ${reason}`)
}
