/**
 * Permanent codes of {@link ToolkitError}. Compare on the code, never on the message.
 *
 * - `ERR_USAGE`: a wrong flag, argument or option
 * - `ERR_INPUT`: a file that is missing, unreadable or malformed
 * - `ERR_ENVIRONMENT`: a port in use, a missing program, an unreachable host
 * - `ERR_BUNDLE`: an Action that cannot be bundled
 * - `ERR_CONTRACT`: a contract that is not usable
 * - `ERR_DEPLOY`: a deploy that failed, or was refused
 * - `ERR_OAUTH`: an OAuth endpoint answered with an error
 */
export type ErrorCode =
  | 'ERR_USAGE'
  | 'ERR_INPUT'
  | 'ERR_ENVIRONMENT'
  | 'ERR_BUNDLE'
  | 'ERR_CONTRACT'
  | 'ERR_DEPLOY'
  | 'ERR_OAUTH'

export interface ToolkitErrorOptions {
  /** What the reader should do. */
  hint?: string
  /** Path of the file at fault, relative to the workspace where possible. */
  file?: string
  /** Counted from 1. */
  line?: number
  /** Counted from 1. */
  column?: number
  cause?: unknown
}

/** The cause of one of our errors; left out where its message quotes the text that was read, as `JSON.parse` does. */
export function quietCause(error: unknown): { cause?: unknown } {
  return error instanceof SyntaxError ? {} : { cause: error }
}

/**
 * Our caller, or the environment, is wrong. What is wrong in the user's files and can be listed is a
 * Finding instead; anything else that is thrown is a bug of ours.
 *
 * The message never holds a token, a secret, a password or a claim value.
 */
export class ToolkitError extends Error {
  override readonly name: string = 'ToolkitError'
  readonly code: ErrorCode
  readonly hint?: string
  readonly file?: string
  readonly line?: number
  readonly column?: number

  constructor(code: ErrorCode, message: string, options: ToolkitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    if (options.hint !== undefined) this.hint = options.hint
    if (options.file !== undefined) this.file = options.file
    if (options.line !== undefined) this.line = options.line
    if (options.column !== undefined) this.column = options.column
  }
}
