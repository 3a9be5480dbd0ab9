import { ToolkitError } from '../errors.ts'
import { OAuthClientError } from './errors.ts'

/** Sends a request; replace it to trust a certificate or to look at the traffic. @defaultValue `fetch` */
export type Fetch = (url: string, init?: RequestInit) => Promise<Response>

/** Of a response. A key set or a page of Auth0 has a tenth of it. */
const MAX_BYTES = 1_000_000
/** Of one page: reading elements that are nested by the thousands takes the square of their number. */
const MAX_TAGS = 5000
const TIMEOUT_SECONDS = 30

export interface Answer {
  status: number
  ok: boolean
  headers: Headers
  text: string
}

/**
 * Sends one request, follows no redirect, and reads the whole response, within 30 seconds.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when there is no response in that time
 * @throws {OAuthClientError} `ERR_OAUTH`, `invalid_response`, for a response of more than 1 MB
 */
export async function send(
  fetch: Fetch = globalThis.fetch,
  url: string,
  init?: RequestInit,
): Promise<Answer> {
  const signal = AbortSignal.timeout(TIMEOUT_SECONDS * 1000)
  try {
    const response = await fetch(url, { redirect: 'manual', signal, ...init })
    const { status, ok, headers } = response
    return { status, ok, headers, text: await textOf(response) }
  } catch (cause) {
    if (cause instanceof OAuthClientError) throw cause
    const { origin } = new URL(url)
    const what = signal.aborted ? `did not answer within ${TIMEOUT_SECONDS} seconds` : 'cannot be reached'
    throw new ToolkitError('ERR_ENVIRONMENT', `"${origin}" ${what}`, {
      hint: 'Is the tenant running, and is the address right?',
      cause,
    })
  }
}

async function textOf(response: Response): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    bytes += chunk.byteLength
    if (bytes > MAX_BYTES) throw tooLarge(`has more than ${MAX_BYTES} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** @throws {OAuthClientError} for a page that would take long to read */
export function assertReadable(page: string): void {
  let tags = 0
  for (const _ of page.matchAll(/<[a-z!]/gi)) {
    if (++tags > MAX_TAGS) throw tooLarge(`has more than ${MAX_TAGS} elements`)
  }
}

function tooLarge(what: string): OAuthClientError {
  return new OAuthClientError(`the answer ${what}`, { error: 'invalid_response' })
}

const MAX_TEXT = 500

/** What the other side says, short enough for a message. */
export function shortened(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT)}…`
}
