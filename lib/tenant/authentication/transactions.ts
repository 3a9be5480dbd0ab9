/** Logins under way: kept between pages, and found again by the browser that began them. */
import type { TenantContext } from '../context.ts'
import type { Client } from '../entities.ts'
import { LOGIN_PAGES, pageAt } from '../pages/login-pages.ts'
import { isOwnBrowser } from './cookies.ts'
import { LOST_TRANSACTION, PageError } from './errors.ts'
import { type Authentication, assertOwnPage, formFields, type Http } from './http.ts'
import type { Transaction } from './store.ts'

const HOUR = 60 * 60 * 1000

/** Keeps a login while the user is at one of the pages. */
export function keepTransaction({ context, store }: Authentication, transaction: Transaction): void {
  store.transactions.set(transaction.id, transaction, context.clock().getTime() + HOUR)
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
 * Checks that the login is at the page whose form was sent. The user and the organization are settled before the
 * Actions run: the form of an earlier page, sent again, would apply their decision to somebody else.
 *
 * @throws {PageError}
 */
export function assertCurrent({ store }: Authentication, c: Http, { id }: Transaction): void {
  const page = pageAt(c.req.path)
  const step = page && LOGIN_PAGES[page].step
  if (step === undefined || store.transactions.get(id)?.step !== step)
    throw new PageError(400, 'invalid_request', LOST_TRANSACTION)
}

/** @throws {PageError} for one that is deleted meanwhile. */
export function clientOf({ state }: TenantContext, { request }: Pick<Transaction, 'request'>): Client {
  const client = state.clients.get(request.client_id)
  if (client === undefined)
    throw new PageError(400, 'invalid_request', `Unknown client: ${request.client_id}`)
  return client
}
