import { grantTypeRefusal } from '../../policy/index.ts'
import { authenticateClient } from './client-authentication.ts'
import { clientCredentials } from './client-credentials-grant.ts'
import { exchangeCode } from './code-grant.ts'
import { OAuthError } from './errors.ts'
import { type Answer, type Exchange, required } from './exchange.ts'
import { type Authentication, bodyParams, type Http, issuerOf } from './http.ts'
import { refresh } from './refresh-grant.ts'

const GRANTS_PAGE = 'https://auth0.com/docs/clients/client-grant-types'

/** `POST /oauth/token`. */
export async function token(auth: Authentication, c: Http): Promise<Answer> {
  const params = await bodyParams(c)
  const issuer = issuerOf(c)
  const grant = required(params, 'grant_type')
  const client = await authenticateClient(auth, params, c.req.header('authorization'), issuer)
  const exchange = { auth, c, client, params, issuer }
  const handler = HANDLERS[grant]
  if (handler === undefined)
    throw new OAuthError(400, 'unsupported_grant_type', `Unsupported grant type: ${grant}`)
  const refusal = grantTypeRefusal(client, grant)
  if (refusal !== undefined) {
    throw new OAuthError(403, refusal.error, refusal.description, { error_uri: GRANTS_PAGE })
  }
  return handler(exchange)
}

const HANDLERS: Readonly<Record<string, (exchange: Exchange) => Promise<Answer>>> = Object.assign(
  Object.create(null),
  {
    authorization_code: exchangeCode,
    refresh_token: refresh,
    client_credentials: clientCredentials,
  },
)
