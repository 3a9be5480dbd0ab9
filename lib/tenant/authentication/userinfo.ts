import { scopeNames } from '../../policy/index.ts'
import { profileClaims } from '../../tokens/index.ts'
import { ownToken } from '../own-tokens.ts'
import { OAuthError } from './errors.ts'
import { type Authentication, bodyParams, type Http, issuerOf } from './http.ts'

/** `GET` and `POST /userinfo`: the profile by the token's scopes, and what Actions put into the ID token. */
export async function userinfo(auth: Authentication, c: Http): Promise<Response> {
  const { state } = auth.context
  const bearer = await sentToken(c)
  const token = bearer === undefined ? undefined : await accessTokenFacts(auth, bearer, issuerOf(c))
  const user = token === undefined ? undefined : state.users.get(token.sub)
  if (token === undefined || user === undefined || user.blocked === true)
    return unauthorized(bearer !== undefined)
  const scopes = scopeNames(token.scope)
  if (!scopes.includes('openid')) return Response.json({}, { headers: NO_STORE })
  const claims: Record<string, unknown> = { sub: user.user_id, ...profileClaims(user, scopes) }
  if (token.org_id !== undefined) claims['org_id'] = token.org_id
  if (token.org_name !== undefined) claims['org_name'] = token.org_name
  return Response.json({ ...user.id_token_claims[token.client_id], ...claims }, { headers: NO_STORE })
}

const NO_STORE = { 'cache-control': 'no-store' }

/**
 * The token, by one of the three ways of RFC 6750 section 2. Auth0's documents know the header only; its own
 * `passport-auth0` sends the query parameter.
 *
 * @throws {OAuthError} when it is sent in two ways.
 */
async function sentToken(c: Http): Promise<string | undefined> {
  const isForm = /^application\/x-www-form-urlencoded\b/i.test(c.req.header('content-type') ?? '')
  const form = c.req.method === 'POST' && isForm ? await bodyParams(c) : new URLSearchParams()
  const header = c.req.header('authorization')
  const sent = [...form.getAll('access_token'), ...(c.req.queries('access_token') ?? [])]
  if (sent.length + (header === undefined ? 0 : 1) > 1) {
    throw new OAuthError(400, 'invalid_request', 'The access token must be sent in one way only')
  }
  return header === undefined ? sent[0] : /^Bearer +([^\s]+)$/i.exec(header)?.[1]
}

interface Facts {
  sub: string
  client_id: string
  scope: string
  org_id?: string
  org_name?: string
}

async function accessTokenFacts(
  { context }: Authentication,
  token: string,
  issuer: string,
): Promise<Facts | undefined> {
  const opaque = await context.opaque.open(token)
  if (opaque !== undefined) return opaque.exp * 1000 > context.clock().getTime() ? opaque : undefined
  const payload = await ownToken(context, token, {
    issuer,
    audience: `${issuer}userinfo`,
    requiredClaims: ['exp', 'sub'],
  })
  if (payload === undefined) return undefined
  return {
    sub: payload.sub!,
    client_id: String(payload['azp'] ?? payload['client_id'] ?? ''),
    scope: String(payload['scope'] ?? ''),
    ...(typeof payload['org_id'] === 'string' && { org_id: payload['org_id'] }),
    ...(typeof payload['org_name'] === 'string' && { org_name: payload['org_name'] }),
  }
}

/** Plain text, as tenants send it since 2023. */
function unauthorized(sent: boolean): Response {
  const challenge = sent
    ? 'Bearer realm="Users", error="invalid_token", error_description="The token is invalid or has expired"'
    : 'Bearer realm="Users"'
  return new Response('Unauthorized', {
    status: 401,
    headers: { ...NO_STORE, 'content-type': 'text/plain; charset=utf-8', 'www-authenticate': challenge },
  })
}
