import { AccessTokenError } from './errors.ts'

/** What an adapter sends when a request is refused. */
export interface Answer {
  status: number
  /** Names in lower case. */
  headers: Readonly<Record<string, string>>
  body: { error: string; message: string }
}

/**
 * The answer for a refusal, `WWW-Authenticate` included. Anything else is a fault of the server and is
 * thrown again.
 */
export function answerTo(error: unknown): Answer {
  if (!(error instanceof AccessTokenError)) throw error
  return {
    status: error.status,
    headers: { ...error.headers, 'cache-control': 'no-store' },
    body: { error: error.code, message: error.message },
  }
}
