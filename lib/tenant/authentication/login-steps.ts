import { asksBeforeLogin, isThirdParty, organizationAfterLogin, userRefusal } from '../../policy/index.ts'
import type { Client } from '../entities.ts'
import { LOGIN_PAGES, type LoginPageName, pageAddress } from '../pages/login-pages.ts'
import { isNonVerifiable } from './callbacks.ts'
import { markBrowser } from './cookies.ts'
import { assertAllowed, CallbackError, refusedAtCallback } from './errors.ts'
import type { Authentication, Http } from './http.ts'
import { issueCode } from './issue-code.ts'
import { leave, runLoginActions } from './login-actions.ts'
import { consentKey, continuedOf, scopesOf, userOf } from './login-facts.ts'
import { wantsSecondFactor } from './multifactor.ts'
import { assertMembership, membershipsOf } from './organizations.ts'
import { redirect } from './responses.ts'
import { findApi } from './scopes.ts'
import { usableSession } from './sessions.ts'
import type { Transaction } from './store.ts'
import { keepTransaction } from './transactions.ts'

/** A login on its way, and the request that brought it here. */
export interface Progress {
  auth: Authentication
  c: Http
  transaction: Transaction
  client: Client
  /** Fields of the form that was sent. */
  body: Record<string, string>
}

/** Returns where the login has to stop; nothing where it goes on. */
type Step = (progress: Progress) => Promise<Response | undefined> | Response | undefined

/** What a login goes through, in this order, from the start each time that the browser comes back. */
export const LOGIN_STEPS: readonly Step[] = [
  askForOrganizationFirst,
  authenticate,
  enterOrganization,
  runActions,
  askForSecondFactor,
  askForConsent,
  askForConfirmation,
  ({ auth, c, transaction }) => issueCode(auth, c, transaction, transaction.pipeline!),
]

function askForOrganizationFirst(progress: Progress): Response | undefined {
  const { transaction, client } = progress
  return transaction.organization === undefined && asksBeforeLogin(client)
    ? stopAt('organization', progress)
    : undefined
}

/** By the browser's session, else at a page. */
function authenticate(progress: Progress): Response | undefined {
  const { auth, c, transaction } = progress
  const session = transaction.session_id === undefined ? usableSession(auth, c, transaction) : undefined
  if (session !== undefined) {
    transaction.session_id = session.id
    transaction.user_id = session.user_id
  }
  if (!auth.context.state.users.has(transaction.user_id ?? '')) {
    return stopAt(transaction.request.screen_hint === 'signup' ? 'signup' : 'login', progress)
  }
  assertAllowed(userRefusal(userOf(auth.context, transaction)))
  return undefined
}

function enterOrganization(progress: Progress): Response | undefined {
  const { transaction, client } = progress
  const { context, store } = progress.auth
  const user = userOf(context, transaction)
  if (transaction.organization !== undefined) {
    const ticket = transaction.invited ? undefined : transaction.request.invitation
    const invitation = ticket === undefined ? undefined : store.invitations.get(ticket)
    assertMembership(context.state, user, transaction.organization, invitation, ticket)
    transaction.invited = true
    return undefined
  }
  const next = organizationAfterLogin(client, membershipsOf(context.state, user))
  if (next === 'ask') return stopAt('organization', progress)
  if ('refused' in next) throw refusedAtCallback(next.refused)
  if (next.organization !== undefined) transaction.organization = next.organization.id
  return undefined
}

async function runActions({ auth, c, transaction, body }: Progress): Promise<Response | undefined> {
  if (transaction.pipeline !== undefined) return undefined
  const pipeline = await runLoginActions(auth, c, transaction, body)
  if (pipeline.outcome === 'redirect') {
    if (isSilent(transaction)) throw refusedAtCallback(LOGIN_PAGES.form.instead)
    transaction.interacted = true
    return leave(auth, c, transaction, pipeline)
  }
  if (pipeline.outcome !== 'allowed') {
    throw new CallbackError('access_denied', pipeline.reason ?? 'Access denied')
  }
  transaction.pipeline = pipeline
  return undefined
}

function askForSecondFactor(progress: Progress): Response | undefined {
  const { auth, transaction } = progress
  const session = auth.store.sessions.get(transaction.session_id ?? '')
  return !transaction.challenged && wantsSecondFactor(transaction.pipeline!, session)
    ? stopAt('mfa', progress)
    : undefined
}

function askForConsent(progress: Progress): Response | undefined {
  continuedOf(progress.auth.context, progress.transaction)
  return needsConsent(progress) ? stopAt('consent', progress) : undefined
}

function needsConsent({ auth: { context, store }, transaction, client }: Progress): boolean {
  const { request } = transaction
  if (transaction.consented) return false
  if (request.prompt.includes('consent')) return true
  const api = findApi(context.state, request.audience)
  if (!isThirdParty(client)) {
    if (api === undefined || api.skip_consent_for_verifiable_first_party_clients !== false) return false
  }
  const given = store.consents.get(consentKey(transaction))
  const asked = scopesOf(context, transaction).filter((name) => name !== 'openid')
  return given === undefined || asked.some((name) => !given.has(name))
}

function askForConfirmation(progress: Progress): Response | undefined {
  const { transaction, client } = progress
  return !transaction.interacted &&
    !transaction.confirmed &&
    client['skip_non_verifiable_callback_uri_confirmation_prompt'] === false &&
    isNonVerifiable(transaction.request.redirect_uri)
    ? stopAt('confirm', progress)
    : undefined
}

/** @throws {CallbackError} with what the application gets instead where nobody may be asked. */
function stopAt(page: LoginPageName, { auth, c, transaction }: Progress): Response {
  if (isSilent(transaction)) throw refusedAtCallback(LOGIN_PAGES[page].instead)
  transaction.interacted = true
  transaction.step = LOGIN_PAGES[page].step
  keepTransaction(auth, transaction)
  markBrowser(auth, c, transaction)
  return redirect(pageAddress(page, transaction.id))
}

function isSilent({ request }: Transaction): boolean {
  return request.prompt.includes('none')
}
