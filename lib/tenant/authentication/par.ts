import { isPublic } from '../../policy/index.ts'
import { authorizationRequest, callbackTarget } from './authorization-request.ts'
import { authenticateClient } from './client-authentication.ts'
import { CallbackError, OAuthError, PageError } from './errors.ts'
import { type Authentication, bodyParams, type Http, issuerOf } from './http.ts'
import { secret } from './store.ts'

/** Seconds. */
const LIFETIME = 30
const CREDENTIALS = new Set(['client_secret', 'client_assertion', 'client_assertion_type'])

/**
 * `POST /oauth/par`: keeps an authorization request of a confidential app for half a minute.
 *
 * @see RFC 9126
 */
export async function pushRequest(
  auth: Authentication,
  c: Http,
): Promise<{ request_uri: string; expires_in: number }> {
  const params = await bodyParams(c)
  const issuer = issuerOf(c)
  const client = await authenticateClient(auth, params, c.req.header('authorization'), issuer)
  if (isPublic(client)) throw new OAuthError(401, 'access_denied', 'Unauthorized')
  if (params.has('request_uri'))
    throw new OAuthError(400, 'invalid_request', 'request_uri must not be pushed')
  const request = new URLSearchParams([...params].filter(([name]) => !CREDENTIALS.has(name)))
  request.set('client_id', client.client_id)
  try {
    const target = callbackTarget(auth.context.state, request)
    authorizationRequest(auth.context, request, target, issuer, true)
  } catch (error) {
    if (error instanceof PageError || error instanceof CallbackError) {
      throw new OAuthError(400, error.error, error.message)
    }
    throw error
  }
  const request_uri = `urn:ietf:params:oauth:request_uri:${secret()}`
  auth.store.pushedRequests.set(
    request_uri,
    { client_id: client.client_id, params: Object.fromEntries(request) },
    auth.context.clock().getTime() + LIFETIME * 1000,
  )
  return { request_uri, expires_in: LIFETIME }
}
