import { ToolkitError, type ToolkitErrorOptions } from '../errors.ts'

export interface OAuthFacts {
  /** The code of RFC 6749, e.g. `invalid_grant`. */
  error: string
  error_description?: string
  /** HTTP status of the response; absent when the error came by the callback. */
  status?: number
}

/** An OAuth endpoint returned an error, or something that must not be accepted. Code `ERR_OAUTH`. */
export class OAuthClientError extends ToolkitError {
  override readonly name = 'OAuthClientError'
  readonly error: string
  readonly error_description?: string
  readonly status?: number

  constructor(message: string, facts: OAuthFacts, options: ToolkitErrorOptions = {}) {
    super('ERR_OAUTH', message, options)
    this.error = facts.error
    if (facts.error_description !== undefined) this.error_description = facts.error_description
    if (facts.status !== undefined) this.status = facts.status
  }
}
