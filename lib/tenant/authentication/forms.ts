import { isDeeperThan, MAX_DEPTH } from '../bounds.ts'
import { formPage } from '../pages/form-page.ts'
import { LOST_TRANSACTION, PageError } from './errors.ts'
import { type Authentication, type Http, htmlResponse } from './http.ts'
import { advance } from './login-flow.ts'
import type { Transaction } from './store.ts'
import { postedTransaction, transactionOf } from './transactions.ts'

/** `GET /u/form`: what `api.prompt.render` shows. */
export async function showForm(auth: Authentication, c: Http): Promise<Response> {
  const transaction = transactionOf(auth, c, c.req.query('state'))
  return htmlResponse(c, await form(transaction))
}

/** `POST /u/form`: the Action that rendered it goes on, with the fields in `event.prompt`. */
export async function postForm(auth: Authentication, c: Http): Promise<Response> {
  const { transaction, fields } = await postedTransaction(auth, c)
  const shown = shownForm(transaction)
  const text = fields['fields']
  if (text !== undefined) {
    const answer = objectOf(text)
    if (answer === undefined) {
      return htmlResponse(
        c,
        await form(transaction, text, 'That is not a JSON object, or is nested too deeply'),
        400,
      )
    }
    shown.fields = answer
  }
  return advance(auth, c, transaction)
}

function form(transaction: Transaction, text?: string, error?: string): Promise<string> {
  const { id, fields } = shownForm(transaction)
  return formPage({
    state: transaction.id,
    csrf: transaction.csrf,
    form: id,
    fields: text ?? JSON.stringify(fields ?? {}, null, 2),
    error,
  })
}

function shownForm({ form }: Transaction): NonNullable<Transaction['form']> {
  if (form === undefined) throw new PageError(400, 'invalid_request', LOST_TRANSACTION)
  return form
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' &&
      value !== null &&
      !Array.isArray(value) &&
      !isDeeperThan(value, MAX_DEPTH)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}
