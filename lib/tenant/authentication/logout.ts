import { isThirdParty } from '../../policy/index.ts'
import { ownToken } from '../own-tokens.ts'
import { loggedOutPage, logoutPage, stillLoggedInPage } from '../pages/message-pages.ts'
import { appendParameters, matchesLogoutUrl } from './callbacks.ts'
import { LOST_TRANSACTION, PageError } from './errors.ts'
import {
  type Authentication,
  addressOf,
  assertOwnPage,
  formFields,
  type Http,
  htmlResponse,
  issuerOf,
  messageResponse,
  withCookies,
} from './http.ts'
import { redirect } from './responses.ts'
import { endSession, sessionOf } from './sessions.ts'
import { secret } from './store.ts'

const HOUR = 60 * 60 * 1000

/** An image, a frame or a script's request of another site: nobody has gone anywhere. */
function isEmbeddedElsewhere(c: Http): boolean {
  const destination = c.req.header('sec-fetch-dest')
  return (
    c.req.header('sec-fetch-site') === 'cross-site' && destination !== undefined && destination !== 'document'
  )
}

/**
 * `GET /v2/logout`. Ends the browser's session; refresh tokens live on. Asks nobody, as at Auth0: any link does it, but
 * nothing that a page of another site embeds.
 */
export async function logout(auth: Authentication, c: Http): Promise<Response> {
  const id = c.req.query('client_id')
  const returnTo = c.req.query('returnTo')
  if (isEmbeddedElsewhere(c)) throw new PageError(403, 'invalid_request', 'A logout is a page of its own')
  // Without a client the tenant's own list counts, and the local tenant has none.
  const allowed = logoutUrlsOf(auth, id)
  endSessionOf(auth, c)
  if (returnTo === undefined) {
    const first = allowed[0]
    if (first !== undefined && !first.includes('*'))
      return withCookies(c, redirect(appendParameters(first, {})))
    return messageResponse(c, await loggedOutPage())
  }
  if (!matchesLogoutUrl(returnTo, allowed)) {
    throw new PageError(
      400,
      'invalid_request',
      `The "returnTo" querystring parameter "${returnTo}" is not defined as a valid URL in "Allowed Logout URLs".`,
    )
  }
  return withCookies(c, redirect(appendParameters(returnTo, {})))
}

/**
 * `GET` and `POST /oidc/logout`. Asks the user when no hint names this browser's session.
 *
 * @see https://openid.net/specs/openid-connect-rpinitiated-1_0.html
 */
export async function oidcLogout(auth: Authentication, c: Http): Promise<Response> {
  const params = c.req.method === 'POST' ? await formFields(c) : c.req.query()
  const hint = params['id_token_hint'] ? await idTokenHint(auth, c, params['id_token_hint']) : undefined
  const clientId = params['client_id'] ?? hint?.aud
  if (hint !== undefined && params['client_id'] !== undefined && params['client_id'] !== hint.aud) {
    throw invalid('client_id does not match the audience of id_token_hint')
  }
  if (hint?.sid !== undefined && params['logout_hint'] !== undefined && params['logout_hint'] !== hint.sid) {
    throw invalid('logout_hint does not match the session of id_token_hint')
  }
  const allowed = logoutUrlsOf(auth, clientId)
  const target = params['post_logout_redirect_uri']
  // Exact, the query too, unlike /v2/logout.
  if (target !== undefined && !allowed.includes(target)) {
    throw invalid('post_logout_redirect_uri is not in the list of allowed logout URLs')
  }
  const registered = target ?? (params['client_id'] === undefined ? undefined : allowed[0])
  const where = registered && appendParameters(registered, { state: params['state'] })
  const session = sessionOf(auth, c)
  const { clock, state } = auth.context
  const proved = session === undefined || session.id === (hint?.sid ?? params['logout_hint'])
  if (!proved && state.settings.oidc_logout_prompt_enabled !== false) {
    const id = secret()
    const entry = { session_id: session.id, ...(where !== undefined && { where }) }
    auth.store.logouts.set(id, entry, clock().getTime() + HOUR)
    return htmlResponse(c, await logoutPage(id, state.users.get(session.user_id)?.email ?? ''))
  }
  return loggedOut(auth, c, where)
}

/** `POST /u/logout`: what the user says to a logout that any site could have asked for. */
export async function postLogout(auth: Authentication, c: Http): Promise<Response> {
  assertOwnPage(c)
  const fields = await formFields(c)
  const entry = auth.store.logouts.take(fields['state'] ?? '')
  if (entry === undefined || sessionOf(auth, c)?.id !== entry.session_id) {
    throw new PageError(400, 'invalid_request', LOST_TRANSACTION)
  }
  if (fields['action'] !== 'accept') return messageResponse(c, await stillLoggedInPage())
  return loggedOut(auth, c, entry.where)
}

async function loggedOut(auth: Authentication, c: Http, where: string | undefined): Promise<Response> {
  endSessionOf(auth, c)
  if (where === undefined) return messageResponse(c, await loggedOutPage())
  return withCookies(c, redirect(where))
}

/** None for somebody else's app: it has no logout. */
function logoutUrlsOf({ context }: Authentication, clientId: string | undefined): readonly string[] {
  const client = context.state.clients.get(clientId ?? '')
  return client !== undefined && !isThirdParty(client) ? (client.allowed_logout_urls ?? []) : []
}

function endSessionOf(auth: Authentication, c: Http): void {
  const session = endSession(auth, c)
  if (session === undefined) return
  auth.context.record({
    type: 'slo',
    description: 'User successfully logged out',
    user_id: session.user_id,
    ip: addressOf(c),
  })
}

/** The signature counts, the expiry does not: an app logs out long after it logged in. */
async function idTokenHint(
  { context }: Authentication,
  c: Http,
  token: string,
): Promise<{ aud: string; sid?: string }> {
  const payload = await ownToken(context, token, {
    issuer: issuerOf(c),
    algorithms: ['RS256', 'PS256'],
    clockTolerance: Number.MAX_SAFE_INTEGER,
  })
  if (payload === undefined) throw invalid('id_token_hint is not an ID token of this tenant')
  return {
    aud: String(payload.aud),
    ...(typeof payload['sid'] === 'string' && { sid: payload['sid'] }),
  }
}

function invalid(description: string): PageError {
  return new PageError(400, 'invalid_request', description)
}
