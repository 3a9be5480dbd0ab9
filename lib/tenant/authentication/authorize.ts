import { authorizationRequest, callbackTarget, single } from './authorization-request.ts'
import { isOwnBrowser } from './cookies.ts'
import { CallbackError, LOST_TRANSACTION, PageError } from './errors.ts'
import { type Authentication, bodyText, formFields, type Http, isFromElsewhere, issuerOf } from './http.ts'
import { advance, refuse } from './login-flow.ts'
import { postAgain } from './responses.ts'
import { secret, type Transaction } from './store.ts'
import { keepTransaction, transactionOf } from './transactions.ts'

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
