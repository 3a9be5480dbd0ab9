import {
  asksBeforeLogin,
  isThirdParty,
  ORGANIZATION_REQUIRED,
  organizationAfterLogin,
  type Refusal,
  UNKNOWN_PRIMARY_USER,
  userRefusal,
} from '../../policy/index.ts'
import { settleTokens } from '../../simulator/settle-tokens.ts'
import type { PipelineResult } from '../../simulator/types.ts'
import type { Client, Organization, User } from '../entities.ts'
import { keepNewest } from '../log.ts'
import { keepMetadata, primaryUserOf, runBoundActions } from './actions.ts'
import { isNonVerifiable } from './callbacks.ts'
import { markBrowser, unmarkBrowser } from './cookies.ts'
import { assertAllowed, CallbackError, PageError, refusedAtCallback } from './errors.ts'
import { postLoginEvent } from './event.ts'
import { type Authentication, type Http, requestFacts, withCookies } from './http.ts'
import { MFA_REQUIRED, wantsSecondFactor } from './multifactor.ts'
import { carryOutForSession } from './orders.ts'
import { assertMembership, membershipsOf } from './organizations.ts'
import { callbackResponse, redirect } from './responses.ts'
import { findApi, grantedScopes } from './scopes.ts'
import { forgetSession, keepSession, sessionOf, usableSession } from './sessions.ts'
import { secret, type Transaction } from './store.ts'
import { tokenContext } from './tokens.ts'

const HOUR = 60 * 60 * 1000
/** Auth0 does not say; RFC 6749 section 4.1.2 advises ten minutes at most. */
const CODE_LIFETIME = 10 * 60 * 1000

const LOGIN_REQUIRED: Refusal = { error: 'login_required', description: 'Login required' }
const CONSENT_REQUIRED: Refusal = { error: 'consent_required', description: 'Consent required' }
const INTERACTION_REQUIRED: Refusal = { error: 'interaction_required', description: 'Interaction required' }

/** Keeps a login while the user is at one of the pages. */
export function keepTransaction({ context, store }: Authentication, transaction: Transaction): void {
  store.transactions.set(transaction.id, transaction, context.clock().getTime() + HOUR)
}

/**
 * Takes a login as far as it goes without the user: to a page, to another site, or to the app's callback with
 * a code or an error. Every page comes back here.
 */
export async function advance(
  auth: Authentication,
  c: Http,
  transaction: Transaction,
  body: Record<string, string> = {},
): Promise<Response> {
  const { request } = transaction
  auth.store.transactions.delete(transaction.id)
  delete transaction.step
  const client = auth.context.state.clients.get(request.client_id)
  if (client === undefined)
    throw new PageError(400, 'invalid_request', `Unknown client: ${request.client_id}`)
  try {
    return withCookies(c, await nextStep(auth, c, transaction, client, body))
  } catch (error) {
    if (!(error instanceof CallbackError)) throw error
    return withCookies(c, await refuse(auth, c, transaction, error))
  }
}

/** Where in a login a page stands: the user goes from login to signup and back as they like. */
export function stepOf(page: string): string {
  return page === 'signup' ? 'login' : page
}

/**
 * Sends an error to the callback and writes it down.
 *
 * @throws {PageError} for a third-party app whose `redirection_policy` does not allow that.
 */
export async function refuse(
  { context, store }: Authentication,
  c: Http,
  { id, request }: Pick<Transaction, 'id' | 'request'>,
  error: CallbackError,
): Promise<Response> {
  store.transactions.delete(id)
  unmarkBrowser(c, { id })
  context.record({
    type: request.prompt?.includes('none') ? 'fsa' : 'f',
    description: error.message,
    client_id: request.client_id,
    ip: c.env?.ip ?? '127.0.0.1',
    details: { error: error.error },
  })
  const client = context.state.clients.get(request.client_id)
  // Somebody else's app could register any address: an error must not send the user there unseen.
  if (client !== undefined && isThirdParty(client) && client['redirection_policy'] !== 'allow_always') {
    throw new PageError(400, error.error, error.message)
  }
  return callbackResponse(request, { error: error.error, error_description: error.message })
}

async function nextStep(
  auth: Authentication,
  c: Http,
  transaction: Transaction,
  client: Client,
  body: Record<string, string>,
): Promise<Response> {
  const { context, store } = auth
  const { request } = transaction
  const silent = request.prompt.includes('none')

  const toPage = (name: string, refusal: Refusal): Response => {
    if (silent) throw refusedAtCallback(refusal)
    transaction.interacted = true
    transaction.step = stepOf(name)
    keepTransaction(auth, transaction)
    markBrowser(auth, c, transaction)
    return redirect(`/u/${name}?state=${encodeURIComponent(transaction.id)}`)
  }

  if (transaction.organization === undefined && asksBeforeLogin(client)) {
    return toPage('organization', ORGANIZATION_REQUIRED)
  }

  const session = transaction.session_id === undefined ? usableSession(auth, c, transaction) : undefined
  if (session !== undefined) {
    transaction.session_id = session.id
    transaction.user_id = session.user_id
  }
  const user = context.state.users.get(transaction.user_id ?? '')
  if (user === undefined) {
    const page = request.screen_hint === 'signup' ? 'signup' : 'login'
    return toPage(page, LOGIN_REQUIRED)
  }
  assertAllowed(userRefusal(user))

  if (transaction.organization !== undefined) {
    const ticket = transaction.invited ? undefined : request.invitation
    const invitation = ticket === undefined ? undefined : store.invitations.get(ticket)
    assertMembership(context.state, user, transaction.organization, invitation, ticket)
    transaction.invited = true
  } else {
    const next = organizationAfterLogin(client, membershipsOf(context.state, user))
    if (next === 'ask') return toPage('organization', ORGANIZATION_REQUIRED)
    if ('refused' in next) throw refusedAtCallback(next.refused)
    if (next.organization !== undefined) transaction.organization = next.organization.id
  }
  const organization =
    transaction.organization === undefined
      ? undefined
      : context.state.organizations.get(transaction.organization)

  if (transaction.pipeline === undefined) {
    const pipeline = await runActions(auth, c, transaction, { user, client, organization, body })
    if (pipeline.outcome === 'redirect') {
      if (silent) throw refusedAtCallback(INTERACTION_REQUIRED)
      transaction.interacted = true
      return leave(auth, c, transaction, pipeline)
    }
    if (pipeline.outcome !== 'allowed') {
      throw new CallbackError('access_denied', pipeline.reason ?? 'Access denied')
    }
    transaction.pipeline = pipeline
  }

  const current = store.sessions.get(transaction.session_id ?? '')
  if (!transaction.challenged && wantsSecondFactor(transaction.pipeline, current)) {
    return toPage('mfa', { error: 'login_required', description: MFA_REQUIRED })
  }

  const continued = primaryUserOf(context.state, user, transaction.pipeline)
  if (continued === undefined) throw new CallbackError('access_denied', UNKNOWN_PRIMARY_USER)
  const scopes = grantedScopes(
    context.state,
    { client, user: continued, audience: request.audience, organization: organization?.name },
    transaction.pipeline.targetScopes ?? request.requested_scopes,
  )
  if (needsConsent(auth, transaction, client, user, scopes)) {
    return toPage('consent', CONSENT_REQUIRED)
  }
  if (
    !transaction.interacted &&
    !transaction.confirmed &&
    client['skip_non_verifiable_callback_uri_confirmation_prompt'] === false &&
    isNonVerifiable(request.redirect_uri)
  ) {
    return toPage('confirm', INTERACTION_REQUIRED)
  }
  return issueCode(auth, c, transaction, { client, user, continued, organization, scopes })
}

interface Parties {
  user: User
  client: Client
  organization: Organization | undefined
}

async function runActions(
  auth: Authentication,
  c: Http,
  transaction: Transaction,
  { user, client, organization, body }: Parties & { body: Record<string, string> },
): Promise<PipelineResult> {
  const { context, store } = auth
  const { request, suspension, form } = transaction
  const now = context.clock()
  const session = store.sessions.get(transaction.session_id ?? '')
  if (suspension === undefined) {
    user.logins_count++
    user.last_login = now.toISOString()
  }
  const facts = {
    protocol: 'oidc-basic-profile' as const,
    user,
    client,
    organization,
    session,
    audience: request.audience,
    authorization: { request, transactionId: transaction.id },
  }
  const http = requestFacts(c, body)
  const event = postLoginEvent(context, {
    ...facts,
    // The query of the authorization request, also when a form post brought the login here.
    request: { ...http, query: suspension === undefined ? request.query : http.query },
  })
  delete transaction.suspension
  delete transaction.form
  const pipeline = await runBoundActions(context, event, {
    ...(suspension !== undefined && {
      resume: {
        ...suspension,
        // A new request object after each pause, and what was written to the profile before it.
        event: {
          ...suspension.event,
          request: event['request'],
          user: event['user'],
          ...(form !== undefined && { prompt: form }),
        },
      },
    }),
    facts: { canRedirect: !request.prompt.includes('none'), state: transaction.id },
  })
  keepMetadata(context.state, user, pipeline, context.clock())
  carryOutForSession(auth, session, pipeline)
  if (pipeline.state.session?.revoked !== undefined) forgetSession(c)
  if (pipeline.outcome !== 'allowed') {
    keepNewest(context.executions, {
      when: now,
      user_id: user.user_id,
      client_id: client.client_id,
      ...(organization !== undefined && { organization: organization.id }),
      protocol: 'oidc-basic-profile',
      pipeline,
    })
  }
  return pipeline
}

/** Sends the browser to where an Action wants it, with the state that `/continue` asks for; or shows its form. */
function leave(auth: Authentication, c: Http, transaction: Transaction, pipeline: PipelineResult): Response {
  transaction.suspension = pipeline.suspension!
  const form = pipeline.state.suspension?.form
  if (form !== undefined) {
    transaction.form = form
    transaction.step = 'form'
  }
  keepTransaction(auth, transaction)
  markBrowser(auth, c, transaction)
  const state = encodeURIComponent(transaction.id)
  if (form !== undefined) return redirect(`/u/form?state=${state}`)
  const url = new URL(pipeline.redirect!.url)
  url.searchParams.set('state', transaction.id)
  return redirect(url.href)
}

/** Where a user's consent is kept: one grant for each app, API and organization. */
export function consentKey(user: User, client: Client, audience?: string, organization?: string): string {
  return JSON.stringify([user.user_id, client.client_id, audience ?? null, organization ?? null])
}

function needsConsent(
  { context, store }: Authentication,
  transaction: Transaction,
  client: Client,
  user: User,
  scopes: readonly string[],
): boolean {
  const { request } = transaction
  if (transaction.consented) return false
  if (request.prompt.includes('consent')) return true
  const api = findApi(context.state, request.audience)
  if (!isThirdParty(client)) {
    if (api === undefined || api.skip_consent_for_verifiable_first_party_clients !== false) return false
  }
  const given = store.consents.get(consentKey(user, client, request.audience, transaction.organization))
  const asked = scopes.filter((name) => name !== 'openid')
  return given === undefined || asked.some((name) => !given.has(name))
}

async function issueCode(
  auth: Authentication,
  c: Http,
  transaction: Transaction,
  { client, user, continued, organization, scopes }: Parties & { continued: User; scopes: string[] },
): Promise<Response> {
  const { context, store } = auth
  const { request } = transaction
  const session = store.sessions.get(transaction.session_id ?? '')
  // It ended while the user was at a page, or is no longer the one of this browser.
  if (session === undefined || sessionOf(auth, c) !== session) throw refusedAtCallback(LOGIN_REQUIRED)
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
  const tokens = settleTokens(transaction.pipeline!, facts)
  keepNewest(context.executions, {
    when: context.clock(),
    user_id: user.user_id,
    client_id: client.client_id,
    ...(organization !== undefined && { organization: organization.id }),
    protocol: 'oidc-basic-profile',
    pipeline: transaction.pipeline!,
    tokens,
  })
  if (tokens.failure !== undefined) throw new CallbackError('access_denied', tokens.failure)
  continued.id_token_claims[client.client_id] = tokens.idTokenClaims
  if (!session.clients.includes(client.client_id)) session.clients.push(client.client_id)
  keepSession(auth, c, session, transaction.pipeline!.state.session)

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
      ...(transaction.pipeline!.state.refreshToken !== undefined && {
        refreshToken: transaction.pipeline!.state.refreshToken,
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
    ip: c.env?.ip ?? '127.0.0.1',
    ...(request.audience !== undefined && { audience: request.audience }),
    scope: scopes.join(' '),
  })
  return callbackResponse(request, { code })
}
