import type { BadToken } from './bad-tokens.ts'

export interface AttackOptions {
  url: string
  /** @defaultValue `GET` */
  method?: string
  kit: readonly BadToken[]
  /** Must be accepted before the kit is sent, and after it. */
  goodToken: string
  /** @defaultValue the global `fetch` */
  fetch?: typeof fetch
  /** Sends what `fetch` would mend. @defaultValue such tokens are not sent */
  raw?: (request: RawRequest) => Promise<RawAnswer>
  /** For one answer. @defaultValue 10 000 */
  timeoutMilliseconds?: number
}

/** A request as it is to be written. */
export interface RawRequest {
  /** Where to connect to. */
  url: string
  method: string
  target: string
  hosts: readonly string[]
  headers: readonly (readonly [name: string, value: string])[]
  /** A form. */
  body?: string
  timeoutMilliseconds: number
}

/** The status, or why there is none. */
export type RawAnswer = number | 'closed' | 'late' | 'not-sent'

/**
 * - `refused`: a status from 300 to 499, or the connection was closed
 * - `accepted`: a status below 300
 * - `failed`: a status from 500, or no answer in time: the API stumbled over it
 * - `not-sent`: it has characters that no HTTP header may hold, or needs `raw`
 */
export type Verdict = 'refused' | 'accepted' | 'failed' | 'not-sent'

export interface AttackResult {
  family: BadToken['family']
  name: string
  verdict: Verdict
  /** Of the answer; absent when there was none. */
  status?: number
}

/** Status of the answers to the good token; `undefined`: there was none. */
export interface Attack {
  before: number | undefined
  after: number | undefined
  results: AttackResult[]
}

/**
 * Sends each token of a kit to an endpoint of an API, one after the other, the good token first and last. Sends
 * no kit when the first one is not accepted: the API then refuses for another reason than the fault of a token.
 */
export async function attack(options: AttackOptions): Promise<Attack> {
  const send = (token: Sent) =>
    token.request === undefined ? answerOf(token, options) : rawAnswerOf(token, options)
  const before = (await send({ token: options.goodToken })).status
  if (!isAccepted(before)) return { before, after: undefined, results: [] }
  const results: AttackResult[] = []
  for (const { family, name, twice, ...token } of options.kit) {
    if (twice === true) await send(token)
    results.push({ family, name, ...(await send(token)) })
  }
  return { before, after: (await send({ token: options.goodToken })).status, results }
}

export function isAccepted(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300
}

type Sent = Pick<BadToken, 'token' | 'scheme' | 'proof' | 'request'>

async function rawAnswerOf(
  { token, scheme = 'Bearer', proof, request = {} }: Sent,
  { url, method = 'GET', raw, timeoutMilliseconds = 10_000 }: AttackOptions,
): Promise<{ verdict: Verdict; status?: number }> {
  const { pathname, search, host } = new URL(url)
  const authorizations = request.authorizations ?? (token === '' ? [] : [`${scheme} ${token}`])
  const answer = await raw?.({
    url,
    method,
    target: request.target ?? pathname + search,
    hosts: request.hosts ?? [host],
    headers: [
      ...authorizations.map((value) => ['authorization', value] as const),
      ...(proof === undefined ? [] : [['dpop', proof] as const]),
      ...(request.headers ?? []),
    ],
    ...(request.body === undefined ? {} : { body: request.body }),
    timeoutMilliseconds,
  })
  if (answer === undefined || answer === 'not-sent') return { verdict: 'not-sent' }
  if (answer === 'late') return { verdict: 'failed' }
  return answer === 'closed' ? { verdict: 'refused' } : { status: answer, verdict: verdictOn(answer) }
}

function verdictOn(status: number): Verdict {
  return isAccepted(status) ? 'accepted' : status >= 500 ? 'failed' : 'refused'
}

async function answerOf(
  { token, scheme = 'Bearer', proof }: Sent,
  { url, method = 'GET', fetch: fetchOption = fetch, timeoutMilliseconds = 10_000 }: AttackOptions,
): Promise<{ verdict: Verdict; status?: number }> {
  let headers: Headers
  try {
    headers = new Headers({
      authorization: `${scheme} ${token}`,
      ...(proof === undefined ? {} : { dpop: proof }),
    })
  } catch {
    return { verdict: 'not-sent' }
  }
  try {
    const answer = await fetchOption(url, {
      method,
      headers,
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMilliseconds),
    })
    await answer.body?.cancel()
    const { status } = answer
    return { status, verdict: verdictOn(status) }
  } catch (error) {
    return { verdict: (error as Error).name === 'TimeoutError' ? 'failed' : 'refused' }
  }
}
