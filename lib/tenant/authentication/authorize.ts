import type { Client } from '../entities.ts'
import { challengePage, confirmPage, consentPage } from '../pages/consent-page.ts'
import { loginPage } from '../pages/login-page.ts'
import { organizationPage } from '../pages/organization-page.ts'
import { findUser, signupIsOpen, verifyPassword } from '../users.ts'
import { primaryUserOf } from './actions.ts'
import { authorizationRequest, callbackTarget, single } from './authorization-request.ts'
import { isOwnBrowser } from './cookies.ts'
import { CallbackError, LOST_TRANSACTION, PageError } from './errors.ts'
import {
  type Authentication,
  assertOwnPage,
  bodyText,
  formFields,
  type Http,
  htmlResponse,
  isFromElsewhere,
  issuerOf,
  withCookies,
} from './http.ts'
import { advance, consentKey, keepTransaction, refuse, stepOf } from './login-flow.ts'
import { membershipsOf } from './organizations.ts'
import { postAgain } from './responses.ts'
import { findApi, grantedScopes } from './scopes.ts'
import { provedAgain, provedBy } from './sessions.ts'
import { secret, type Transaction } from './store.ts'

/** `GET` and `POST /authorize`. */
export async function authorize(auth: Authentication, c: Http): Promise<Response> {
  const { context, store } = auth
  const sent = c.req.method === 'POST' ? await formParams(c) : new URL(c.req.url).searchParams
  const { params, pushed } = resolvePushed(auth, sent)
  const target = callbackTarget(context.state, params)
  const id = secret()
  try {
    const request = authorizationRequest(context, params, target, issuerOf(c), pushed)
    const transaction: Transaction = {
      id,
      request,
      browser: secret(),
      csrf: secret(),
      loggedIn: false,
      consented: false,
      confirmed: false,
      challenged: false,
      invited: false,
      interacted: false,
      ...(request.organization !== undefined && { organization: request.organization }),
    }
    if (request.invitation !== undefined && store.invitations.get(request.invitation)?.used === true) {
      throw new CallbackError(
        'invalid_request',
        'invalid_user_invitation_ticket: ticket has already been used',
      )
    }
    return await advance(auth, c, transaction)
  } catch (error) {
    if (!(error instanceof CallbackError)) throw error
    const { client: _, ...where } = target
    const prompt = (params.get('prompt') ?? '').split(' ')
    return refuse(auth, c, { id, request: { ...where, prompt } as Transaction['request'] }, error)
  }
}

async function formParams(c: Http): Promise<URLSearchParams> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') {
    throw new PageError(400, 'invalid_request', 'A form was expected')
  }
  return new URLSearchParams(await bodyText(c))
}

/** Puts in what was pushed to `/oauth/par`; the address works once. */
function resolvePushed(
  { store }: Authentication,
  sent: URLSearchParams,
): { params: URLSearchParams; pushed: boolean } {
  const address = single(sent, 'request_uri')
  if (address === undefined) return { params: sent, pushed: false }
  const entry = store.pushedRequests.get(address)
  if (entry === undefined || entry.client_id !== single(sent, 'client_id')) {
    throw new PageError(400, 'invalid_request', 'Invalid or expired request_uri')
  }
  store.pushedRequests.delete(address)
  return { params: new URLSearchParams(entry.params), pushed: true }
}

/** The login that a page belongs to, if this browser began it. */
export function transactionOf({ store }: Authentication, c: Http, id: string | undefined): Transaction {
  const transaction = id === undefined ? undefined : store.transactions.get(id)
  if (transaction === undefined || !isOwnBrowser(c, transaction)) {
    throw new PageError(400, 'invalid_request', LOST_TRANSACTION)
  }
  return transaction
}

/** The login that a posted form belongs to, and its fields. */
export async function postedTransaction(
  auth: Authentication,
  c: Http,
): Promise<{ transaction: Transaction; fields: Record<string, string> }> {
  assertOwnPage(c)
  const fields = await formFields(c)
  const transaction = transactionOf(auth, c, fields['state'])
  if (fields['csrf'] !== transaction.csrf) throw new PageError(400, 'invalid_request', LOST_TRANSACTION)
  assertCurrent(auth, c, transaction)
  return { transaction, fields }
}

/**
 * The login is at the page that is answered. Who logs in and for which organization is settled before the Actions
 * run: an earlier page that is answered again would take their decision over to somebody else.
 *
 * @throws {PageError}
 */
export function assertCurrent({ store }: Authentication, c: Http, { id }: Transaction): void {
  const step = stepOf(c.req.path.slice('/u/'.length))
  if (store.transactions.get(id)?.step !== step) throw new PageError(400, 'invalid_request', LOST_TRANSACTION)
}

export function clientOf({ context }: Authentication, { request }: Transaction): Client {
  const client = context.state.clients.get(request.client_id)
  if (client === undefined)
    throw new PageError(400, 'invalid_request', `Unknown client: ${request.client_id}`)
  return client
}

export async function showLogin(auth: Authentication, c: Http): Promise<Response> {
  const transaction = transactionOf(auth, c, c.req.query('state'))
  return htmlResponse(c, await loginForm(auth, transaction, transaction.request.login_hint))
}

function loginForm(
  auth: Authentication,
  transaction: Transaction,
  username?: string,
  error?: string,
): Promise<string> {
  const organization = auth.context.state.organizations.get(transaction.organization ?? '')
  return loginPage({
    state: transaction.id,
    csrf: transaction.csrf,
    client: clientOf(auth, transaction).name,
    organization: organization === undefined ? undefined : (organization.display_name ?? organization.name),
    username,
    signup: signupIsOpen(auth.context.state),
    error,
  })
}

export async function postLogin(auth: Authentication, c: Http): Promise<Response> {
  const { context } = auth
  const { transaction, fields } = await postedTransaction(auth, c)
  const username = fields['username'] ?? ''
  const user = findUser(context.state, username)
  const ip = c.env?.ip ?? '127.0.0.1'
  const attempt = { identifier: username, user, ip }
  const refused = async (type: string, description: string, error: string, status: 400 | 429) => {
    const { client_id } = transaction.request
    context.record({ type, description, client_id, ...(user && { user_id: user.user_id }), ip })
    return htmlResponse(c, await loginForm(auth, transaction, username, error), status)
  }
  const blocked = () => refused('limit_wc', 'Blocked Account', TOO_MANY_ATTEMPTS, 429)
  if (context.loginAttempts.isBlocked(attempt)) return blocked()
  const fits = await verifyPassword(user, fields['password'] ?? '')
  // Of many guesses at once those after the tenth learn nothing.
  if (context.loginAttempts.isBlocked(attempt)) return blocked()
  if (!fits || user === undefined) {
    context.loginAttempts.failed(attempt)
    return refused(
      user === undefined ? 'fu' : 'fp',
      'Wrong email or password.',
      'Wrong email or password',
      400,
    )
  }
  context.loginAttempts.succeeded(attempt)
  // The same form may have come twice, and the other one is on its way already.
  assertCurrent(auth, c, transaction)
  provedBy(auth, c, transaction, user)
  return advance(auth, c, transaction, fields)
}

const TOO_MANY_ATTEMPTS =
  'Your account has been blocked after multiple consecutive login attempts (too_many_attempts). The local tenant sends no mail: restart it, or remove the block with the Management API.'

export async function showOrganization(auth: Authentication, c: Http): Promise<Response> {
  const transaction = transactionOf(auth, c, c.req.query('state'))
  return htmlResponse(c, await organizationForm(auth, transaction))
}

function organizationForm(auth: Authentication, transaction: Transaction, error?: string): Promise<string> {
  const { state } = auth.context
  const user = state.users.get(transaction.user_id ?? '')
  const choices = user === undefined ? undefined : membershipsOf(state, user)
  return organizationPage({
    state: transaction.id,
    csrf: transaction.csrf,
    client: clientOf(auth, transaction).name,
    choices: choices?.map(({ name, display_name }) => ({ name, display_name: display_name ?? name })),
    error,
  })
}

export async function postOrganization(auth: Authentication, c: Http): Promise<Response> {
  const { transaction, fields } = await postedTransaction(auth, c)
  const name = (fields['organizationName'] ?? '').trim().toLowerCase()
  const organization = [...auth.context.state.organizations.values()].find((one) => one.name === name)
  if (organization === undefined) {
    const text = await organizationForm(auth, transaction, "The organization you've entered doesn't exist")
    return htmlResponse(c, text, 400)
  }
  transaction.organization = organization.id
  return advance(auth, c, transaction)
}

export async function showConsent(auth: Authentication, c: Http): Promise<Response> {
  const transaction = transactionOf(auth, c, c.req.query('state'))
  const { scopes, user, api, client } = asked(auth, transaction)
  const described = new Map((api?.scopes ?? []).map(({ value, description }) => [value, description]))
  return htmlResponse(
    c,
    await consentPage({
      state: transaction.id,
      csrf: transaction.csrf,
      client: client.name,
      user: user.email,
      api: api?.name,
      scopes: scopes.map((value) => {
        const description = described.get(value)
        return description === undefined ? { value } : { value, description }
      }),
    }),
  )
}

export async function postConsent(auth: Authentication, c: Http): Promise<Response> {
  const { transaction, fields } = await postedTransaction(auth, c)
  if (fields['action'] !== 'accept') return declined(auth, c, transaction)
  const { scopes, user, client } = asked(auth, transaction)
  const key = consentKey(user, client, transaction.request.audience, transaction.organization)
  auth.store.consents.set(key, new Set([...(auth.store.consents.get(key) ?? []), ...scopes]))
  transaction.consented = true
  return advance(auth, c, transaction)
}

export async function showConfirm(auth: Authentication, c: Http): Promise<Response> {
  const transaction = transactionOf(auth, c, c.req.query('state'))
  const { name } = clientOf(auth, transaction)
  return htmlResponse(
    c,
    await confirmPage(transaction.id, transaction.csrf, name, transaction.request.redirect_uri),
  )
}

export async function postConfirm(auth: Authentication, c: Http): Promise<Response> {
  const { transaction, fields } = await postedTransaction(auth, c)
  if (fields['action'] !== 'accept') return declined(auth, c, transaction)
  transaction.confirmed = true
  return advance(auth, c, transaction)
}

export async function showChallenge(auth: Authentication, c: Http): Promise<Response> {
  const transaction = transactionOf(auth, c, c.req.query('state'))
  const { name } = clientOf(auth, transaction)
  return htmlResponse(c, await challengePage(transaction.id, transaction.csrf, name))
}

export async function postChallenge(auth: Authentication, c: Http): Promise<Response> {
  const { transaction, fields } = await postedTransaction(auth, c)
  if (fields['action'] !== 'accept') return declined(auth, c, transaction)
  if (!provedAgain(auth, c, transaction)) {
    const error = new CallbackError('login_required', 'Login required')
    return withCookies(c, await refuse(auth, c, transaction, error))
  }
  transaction.challenged = true
  return advance(auth, c, transaction)
}

async function declined(auth: Authentication, c: Http, transaction: Transaction): Promise<Response> {
  const error = new CallbackError('access_denied', 'User did not authorize the request')
  return withCookies(c, await refuse(auth, c, transaction, error))
}

function asked(auth: Authentication, transaction: Transaction) {
  const { state } = auth.context
  const client = clientOf(auth, transaction)
  const user = state.users.get(transaction.user_id ?? '')
  if (user === undefined) throw new PageError(400, 'invalid_request', LOST_TRANSACTION)
  const { audience, requested_scopes } = transaction.request
  const api = findApi(state, audience)
  const organization = state.organizations.get(transaction.organization ?? '')?.name
  const { pipeline } = transaction
  const continued = pipeline === undefined ? user : (primaryUserOf(state, user, pipeline) ?? user)
  const requested = pipeline?.targetScopes ?? requested_scopes
  const asking = { client, user: continued, audience, organization }
  return { client, user, api, scopes: grantedScopes(state, asking, requested) }
}

/** `GET` and `POST /continue`: back from the site that an Action had sent the browser to. */
export async function continueLogin(auth: Authentication, c: Http): Promise<Response> {
  const fields = c.req.method === 'POST' ? await formFields(c) : {}
  const id = c.req.query('state') ?? fields['state']
  const begun = auth.store.transactions.get(id ?? '')
  if (begun !== undefined && !isOwnBrowser(c, begun) && isFromElsewhere(c)) {
    return postAgain(`/continue?state=${encodeURIComponent(begun.id)}`, fields)
  }
  const transaction = transactionOf(auth, c, id)
  if (transaction.suspension === undefined || transaction.form !== undefined)
    throw new PageError(400, 'invalid_request', LOST_TRANSACTION)
  keepTransaction(auth, transaction)
  return advance(auth, c, transaction, fields)
}
