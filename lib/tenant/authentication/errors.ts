import type { Refusal } from '../../policy/index.ts'
import { shortened } from '../bounds.ts'

/** An error that an endpoint returns as JSON: status and body as Auth0's tenants send them. */
export class OAuthError extends Error {
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 500
  readonly error: string
  readonly extra: Readonly<Record<string, string>>

  constructor(
    status: OAuthError['status'],
    error: string,
    description: string,
    extra: Readonly<Record<string, string>> = {},
  ) {
    super(shortened(description))
    this.status = status
    this.error = error
    this.extra = extra
  }

  body(): Record<string, string> {
    return {
      error: this.error,
      ...(this.message !== '' && { error_description: this.message }),
      ...this.extra,
    }
  }
}

/** Shown on a page of the tenant and never sent to a callback. */
export class PageError extends Error {
  readonly status: 400 | 403
  readonly error: string

  constructor(status: PageError['status'], error: string, description: string) {
    super(shortened(description))
    this.status = status
    this.error = error
  }
}

/** Sent to the app's callback in its response mode. */
export class CallbackError extends Error {
  readonly error: string

  constructor(error: string, description: string) {
    super(shortened(description))
    this.error = error
  }
}

export function refusedAtCallback({ error, description }: Refusal): CallbackError {
  return new CallbackError(error, description)
}

/** @throws {CallbackError} for what policy refuses. */
export function assertAllowed(refusal: Refusal | undefined): void {
  if (refusal !== undefined) throw refusedAtCallback(refusal)
}

/** The text of Auth0's page for a login transaction that is not, or no longer, known. */
export const LOST_TRANSACTION =
  "You may have pressed the back button, refreshed during login, opened too many login dialogs, or there is some issue with cookies, since we couldn't find your session. Try logging in again from the application and if the problem persists please contact the administrator."
