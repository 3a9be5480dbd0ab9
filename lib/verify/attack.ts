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
  /** For one answer. @defaultValue 10 000 */
  timeoutMilliseconds?: number
}

/**
 * - `refused`: a status from 300 to 499, or the connection was closed
 * - `accepted`: a status below 300
 * - `failed`: a status from 500, or no answer in time: the API stumbled over it
 * - `not-sent`: it has characters that no HTTP header may hold
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
  const send = (token: Pick<BadToken, 'token' | 'scheme' | 'proof'>) => answerOf(token, options)
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

async function answerOf(
  { token, scheme = 'Bearer', proof }: Pick<BadToken, 'token' | 'scheme' | 'proof'>,
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
    return { status, verdict: isAccepted(status) ? 'accepted' : status >= 500 ? 'failed' : 'refused' }
  } catch (error) {
    return { verdict: (error as Error).name === 'TimeoutError' ? 'failed' : 'refused' }
  }
}
