import { isThirdParty } from '../../policy/index.ts'
import { unmarkBrowser } from './cookies.ts'
import { CallbackError, PageError } from './errors.ts'
import { type Authentication, addressOf, type Http, withCookies } from './http.ts'
import { LOGIN_STEPS } from './login-steps.ts'
import { callbackResponse } from './responses.ts'
import type { Transaction } from './store.ts'
import { clientOf } from './transactions.ts'

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
  auth.store.transactions.delete(transaction.id)
  delete transaction.step
  const client = clientOf(auth.context, transaction)
  try {
    for (const step of LOGIN_STEPS) {
      const stop = await step({ auth, c, transaction, client, body })
      if (stop !== undefined) return withCookies(c, stop)
    }
    throw new Error('the last step of a login gives a code')
  } catch (error) {
    if (!(error instanceof CallbackError)) throw error
    return withCookies(c, await refuse(auth, c, transaction, error))
  }
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
    ip: addressOf(c),
    details: { error: error.error },
  })
  const client = context.state.clients.get(request.client_id)
  // Somebody else's app could register any address: an error must not send the user there unseen.
  if (client !== undefined && isThirdParty(client) && client['redirection_policy'] !== 'allow_always') {
    throw new PageError(400, error.error, error.message)
  }
  return callbackResponse(request, { error: error.error, error_description: error.message })
}
