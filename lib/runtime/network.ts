/** What becomes of the requests that Actions send out: they go out, are refused, or a test answers them. */

/** One answer of a test to an outgoing request of an Action. */
export interface MockResponse {
  /** Start of the address that it answers. @defaultValue any address */
  url?: string
  /** @defaultValue 200 */
  status?: number
  headers?: Record<string, string>
  /** Text as it is, anything else as JSON. */
  body?: unknown
}

/** Answers a request, or refuses it with `undefined`. */
export type Answer = (
  request: Request,
) => Response | MockResponse | undefined | Promise<Response | MockResponse | undefined>

/**
 * - `'allow'`: requests go out
 * - `'refuse'`: they fail with `ERR_NETWORK_REFUSED`
 * - `responses`: each answers one request, in order; what none answers is refused
 * - a function answers each request
 *
 * The last two hold for `fetch` and for everything on `node:http` and `node:https`; other connections are refused.
 */
export type Network = 'allow' | 'refuse' | { responses: readonly MockResponse[] } | Answer

/** The function by which a test answers; `undefined` when it does not. */
export function answerOf(network: Network): Answer | undefined {
  if (typeof network === 'function') return network
  if (typeof network === 'string') return undefined
  return eachOnce(network.responses)
}

/** Answers from a list, each used once; knows which are left. */
export interface EachOnce extends Answer {
  readonly left: readonly MockResponse[]
}

/** Refuses a request that none of the remaining responses fits, and lists them: they are the test's own. */
export function eachOnce(responses: readonly MockResponse[]): EachOnce {
  const left = [...responses]
  const answer = (request: Request) => {
    const index = left.findIndex(({ url }) => url === undefined || request.url.startsWith(url))
    if (index !== -1) return left.splice(index, 1)[0]!
    const used = responses.filter((response) => !left.includes(response))
    const { origin, pathname } = new URL(request.url)
    const what = `${request.method} ${origin}${pathname}, which no response answers`
    throw refused(`${what} (left: ${addresses(left)}; used: ${addresses(used)})`)
  }
  return Object.assign(answer, { left })
}

function addresses(responses: readonly MockResponse[]): string {
  return responses.map(({ url = 'one for any address' }) => url).join(', ') || 'none'
}

export function responseOf(answer: Response | MockResponse): Response {
  if (answer instanceof Response) return answer
  const { status = 200, headers = {}, body } = answer
  if (body === undefined || body === null || typeof body === 'string') {
    return new Response(body ?? null, { status, headers })
  }
  return Response.json(body, { status, headers })
}

/** @param what of the request, without what it carries */
export function refused(what: string): Error {
  return refusal(`The network is refused in this run: ${what}. Allow it, or give the responses to use.`)
}

export function refusal(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_NETWORK_REFUSED' })
}

export function isRefused(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_NETWORK_REFUSED'
}

export function refusedRequest({ method, url }: Pick<Request, 'method' | 'url'>): Error {
  return refused(`${method} ${new URL(url).origin}`)
}
