import { authenticateClient } from './client-authentication.ts'
import { OAuthError } from './errors.ts'
import { type Authentication, addressOf, bodyParams, type Http, issuerOf } from './http.ts'

/** `POST /oauth/revoke`: refresh tokens only. An unknown token is as good as a revoked one. */
export async function revoke(auth: Authentication, c: Http): Promise<void> {
  const params = await bodyParams(c)
  const client = await authenticateClient(auth, params, c.req.header('authorization'), issuerOf(c))
  const token = params.get('token')
  if (!token) throw new OAuthError(400, 'invalid_request', 'Missing required parameter: token')
  const { refreshTokens } = auth.store
  const family = refreshTokens.familyOf(token)
  // Another app's token: nothing happens, and nothing is told. RFC 7009 section 2.1 would refuse.
  if (family === undefined || family.client_id !== client.client_id) return
  refreshTokens.revoke(family.id)
  auth.context.record({
    type: 'srrt',
    description: 'Refresh token revoked',
    client_id: client.client_id,
    client_name: client.name,
    user_id: family.user_id,
    ip: addressOf(c),
  })
}
