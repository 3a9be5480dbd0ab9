import type { PipelineResult } from '../../simulator/types.ts'
import { keepNewest } from '../log.ts'
import { LOGIN_PAGES, pageAddress } from '../pages/login-pages.ts'
import { keepMetadata, runBoundActions } from './actions.ts'
import { markBrowser } from './cookies.ts'
import { postLoginEvent } from './event.ts'
import { type Authentication, type Http, requestFacts } from './http.ts'
import { organizationOf, userOf } from './login-facts.ts'
import { carryOutForSession } from './orders.ts'
import { redirect } from './responses.ts'
import { forgetSession } from './sessions.ts'
import type { Transaction } from './store.ts'
import { clientOf, keepTransaction } from './transactions.ts'

/** Runs the Actions of a login, or goes on with them after a pause, and does what they order. */
export async function runLoginActions(
  auth: Authentication,
  c: Http,
  transaction: Transaction,
  body: Record<string, string>,
): Promise<PipelineResult> {
  const { context, store } = auth
  const user = userOf(context, transaction)
  const client = clientOf(context, transaction)
  const organization = organizationOf(context, transaction)
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
export function leave(
  auth: Authentication,
  c: Http,
  transaction: Transaction,
  pipeline: PipelineResult,
): Response {
  transaction.suspension = pipeline.suspension!
  const form = pipeline.state.suspension?.form
  if (form !== undefined) {
    transaction.form = form
    transaction.step = LOGIN_PAGES.form.step
  }
  keepTransaction(auth, transaction)
  markBrowser(auth, c, transaction)
  if (form !== undefined) return redirect(pageAddress('form', transaction.id))
  const url = new URL(pipeline.redirect!.url)
  url.searchParams.set('state', transaction.id)
  return redirect(url.href)
}
