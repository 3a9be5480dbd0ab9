import { challengePage, confirmPage, consentPage } from '../pages/consent-page.ts'
import { loginPage } from '../pages/login-page.ts'
import { LOGIN_PAGES, type LoginPageName } from '../pages/login-pages.ts'
import { organizationPage } from '../pages/organization-page.ts'
import { findUser, signupIsOpen, verifyPassword } from '../users.ts'
import { CallbackError, refusedAtCallback } from './errors.ts'
import { postForm, showForm } from './forms.ts'
import { type Authentication, addressOf, type Http, htmlResponse, withCookies } from './http.ts'
import { consentKey, scopesOf, userOf } from './login-facts.ts'
import { advance, refuse } from './login-flow.ts'
import { membershipsOf } from './organizations.ts'
import { findApi } from './scopes.ts'
import { provedAgain, provedBy } from './sessions.ts'
import { postSignup, showSignup } from './signup.ts'
import type { Transaction } from './store.ts'
import { assertCurrent, clientOf, postedTransaction, transactionOf } from './transactions.ts'

async function showLogin(auth: Authentication, c: Http): Promise<Response> {
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
    client: clientOf(auth.context, transaction).name,
    organization: organization === undefined ? undefined : (organization.display_name ?? organization.name),
    username,
    signup: signupIsOpen(auth.context.state),
    error,
  })
}

async function postLogin(auth: Authentication, c: Http): Promise<Response> {
  const { context } = auth
  const { transaction, fields } = await postedTransaction(auth, c)
  const username = fields['username'] ?? ''
  const user = findUser(context.state, username)
  const ip = addressOf(c)
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

async function showOrganization(auth: Authentication, c: Http): Promise<Response> {
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
    client: clientOf(auth.context, transaction).name,
    choices: choices?.map(({ name, display_name }) => ({ name, display_name: display_name ?? name })),
    error,
  })
}

async function postOrganization(auth: Authentication, c: Http): Promise<Response> {
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

async function showConsent(auth: Authentication, c: Http): Promise<Response> {
  const transaction = transactionOf(auth, c, c.req.query('state'))
  const { context } = auth
  const user = userOf(context, transaction)
  const client = clientOf(context, transaction)
  const api = findApi(context.state, transaction.request.audience)
  const scopes = scopesOf(context, transaction)
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

async function postConsent(auth: Authentication, c: Http): Promise<Response> {
  const { transaction, fields } = await postedTransaction(auth, c)
  if (fields['action'] !== 'accept') return declined(auth, c, transaction)
  const key = consentKey(transaction)
  const scopes = scopesOf(auth.context, transaction)
  auth.store.consents.set(key, new Set([...(auth.store.consents.get(key) ?? []), ...scopes]))
  transaction.consented = true
  return advance(auth, c, transaction)
}

async function showConfirm(auth: Authentication, c: Http): Promise<Response> {
  const transaction = transactionOf(auth, c, c.req.query('state'))
  const { name } = clientOf(auth.context, transaction)
  return htmlResponse(
    c,
    await confirmPage(transaction.id, transaction.csrf, name, transaction.request.redirect_uri),
  )
}

async function postConfirm(auth: Authentication, c: Http): Promise<Response> {
  const { transaction, fields } = await postedTransaction(auth, c)
  if (fields['action'] !== 'accept') return declined(auth, c, transaction)
  transaction.confirmed = true
  return advance(auth, c, transaction)
}

async function showChallenge(auth: Authentication, c: Http): Promise<Response> {
  const transaction = transactionOf(auth, c, c.req.query('state'))
  const { name } = clientOf(auth.context, transaction)
  return htmlResponse(c, await challengePage(transaction.id, transaction.csrf, name))
}

async function postChallenge(auth: Authentication, c: Http): Promise<Response> {
  const { transaction, fields } = await postedTransaction(auth, c)
  if (fields['action'] !== 'accept') return declined(auth, c, transaction)
  if (!provedAgain(auth, c, transaction)) {
    const error = refusedAtCallback(LOGIN_PAGES.login.instead)
    return withCookies(c, await refuse(auth, c, transaction, error))
  }
  transaction.challenged = true
  return advance(auth, c, transaction)
}

async function declined(auth: Authentication, c: Http, transaction: Transaction): Promise<Response> {
  const error = new CallbackError('access_denied', 'User did not authorize the request')
  return withCookies(c, await refuse(auth, c, transaction, error))
}

/** What each page shows, and what takes its form. */
export const PAGE_HANDLERS: Readonly<
  Record<LoginPageName, Record<'show' | 'submit', (auth: Authentication, c: Http) => Promise<Response>>>
> = {
  login: { show: showLogin, submit: postLogin },
  signup: { show: showSignup, submit: postSignup },
  organization: { show: showOrganization, submit: postOrganization },
  mfa: { show: showChallenge, submit: postChallenge },
  form: { show: showForm, submit: postForm },
  consent: { show: showConsent, submit: postConsent },
  confirm: { show: showConfirm, submit: postConfirm },
}
