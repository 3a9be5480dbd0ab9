import { settleTokens } from '../../simulator/settle-tokens.ts'
import type { PipelineResult } from '../../simulator/types.ts'
import { keepNewest } from '../log.ts'
import { LOGIN_PAGES } from '../pages/login-pages.ts'
import { unmarkBrowser } from './cookies.ts'
import { CallbackError, refusedAtCallback } from './errors.ts'
import { type Authentication, addressOf, type Http } from './http.ts'
import { continuedOf, organizationOf, scopesOf, userOf } from './login-facts.ts'
import { callbackResponse } from './responses.ts'
import { keepSession, sessionOf } from './sessions.ts'
import { secret, type Transaction } from './store.ts'
import { tokenContext } from './tokens.ts'
import { clientOf } from './transactions.ts'

/** Auth0 does not say; RFC 6749 section 4.1.2 advises ten minutes at most. */
const CODE_LIFETIME = 10 * 60 * 1000

/** Settles the tokens, and sends the browser to the callback with a code for them. */
export async function issueCode(
  auth: Authentication,
  c: Http,
  transaction: Transaction,
  pipeline: PipelineResult,
): Promise<Response> {
  const { context, store } = auth
  const { request } = transaction
  const user = userOf(context, transaction)
  const continued = continuedOf(context, transaction)
  const client = clientOf(context, transaction)
  const organization = organizationOf(context, transaction)
  const scopes = scopesOf(context, transaction)
  const session = store.sessions.get(transaction.session_id ?? '')
  // It ended while the user was at a page, or is no longer the one of this browser.
  if (session === undefined || sessionOf(auth, c) !== session)
    throw refusedAtCallback(LOGIN_PAGES.login.instead)
  const wantsTime = request.prompt.includes('login') || request.max_age !== undefined
  const facts = tokenContext(context, {
    issuer: request.issuer,
    user: continued,
    client,
    audience: request.audience,
    scopes,
    organization,
    sessionId: session.id,
    nonce: request.nonce,
    authTime: wantsTime ? Math.floor(session.authenticated_at / 1000) : undefined,
    secondFactor: transaction.challenged,
  })
  const tokens = settleTokens(pipeline, facts)
  keepNewest(context.executions, {
    when: context.clock(),
    user_id: user.user_id,
    client_id: client.client_id,
    ...(organization !== undefined && { organization: organization.id }),
    protocol: 'oidc-basic-profile',
    pipeline,
    tokens,
  })
  if (tokens.failure !== undefined) throw new CallbackError('access_denied', tokens.failure)
  continued.id_token_claims[client.client_id] = tokens.idTokenClaims
  if (!session.clients.includes(client.client_id)) session.clients.push(client.client_id)
  keepSession(auth, c, session, pipeline.state.session)

  unmarkBrowser(c, transaction)
  const code = secret(32)
  store.codes.set(
    code,
    {
      request,
      user_id: continued.user_id,
      session_id: session.id,
      context: facts,
      tokens,
      ...(pipeline.state.refreshToken !== undefined && {
        refreshToken: pipeline.state.refreshToken,
      }),
      ...(organization !== undefined && { organization: organization.id }),
    },
    context.clock().getTime() + CODE_LIFETIME,
  )
  context.record({
    type: request.prompt.includes('none') ? 'ssa' : 's',
    description: 'Successful login',
    client_id: client.client_id,
    client_name: client.name,
    user_id: user.user_id,
    user_name: user.email,
    ip: addressOf(c),
    ...(request.audience !== undefined && { audience: request.audience }),
    scope: scopes.join(' '),
  })
  return callbackResponse(request, { code })
}
