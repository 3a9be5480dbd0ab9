/** Fetching failed and no keys are left that may still be used. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable'
  /** When it is worth asking again. */
  readonly retryAfterSeconds: number

  constructor(message: string, options: { cause: unknown; retryAfterSeconds: number }) {
    super(message, { cause: options.cause })
    this.retryAfterSeconds = options.retryAfterSeconds
  }
}

export interface FetchOptions {
  url: string
  fetch: typeof fetch
  timeoutMilliseconds?: number
  maxBytes?: number
}

/**
 * The text of a JWKS document, in time and not too long. Its media type is not looked at.
 *
 * @throws any error of the fetch: to be shown to people only, since its text may come from elsewhere.
 */
export function fetchKeySet(options: FetchOptions): Promise<string> {
  // Also for a `fetch` that does not listen to the signal.
  return inTime(options.timeoutMilliseconds ?? 5000, (signal) => fetched(options, signal))
}

/** Resolves to the result of `ask`, or rejects when it takes too long. */
export async function inTime<T>(milliseconds: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(milliseconds)
  let stop = () => {}
  const late = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([ask(signal), late])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

async function fetched(options: FetchOptions, signal: AbortSignal): Promise<string> {
  const response = await options.fetch(options.url, {
    headers: { accept: 'application/json, application/jwk-set+json' },
    // A redirect would let somebody else name the keys. Workers know no 'error', so it is looked at below.
    redirect: 'manual',
    signal,
  })
  if (response.status !== 200 || response.redirected) {
    await response.body?.cancel()
    throw new Error(
      response.redirected ||
        response.type === 'opaqueredirect' ||
        (response.status >= 300 && response.status < 400)
        ? 'the JWKS endpoint answered a redirect, which is not followed'
        : `the JWKS endpoint answered ${response.status}`,
    )
  }
  return limitedText(response, options.maxBytes ?? 131_072)
}

async function limitedText(response: Response, maxBytes: number): Promise<string> {
  const reader = response.body?.getReader()
  if (reader === undefined) return ''
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > maxBytes) {
      await reader.cancel()
      throw new Error('the JWKS document is too large')
    }
    text += decoder.decode(value, { stream: true })
  }
}
