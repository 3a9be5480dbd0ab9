/** Headers as frameworks hand them over: web-standard, or Node's object with names in lower case. */
export type HeadersLike =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * A request as far as tokens are concerned: of any framework, of `node:http`, web-standard, or put together. DPoP
 * needs its method and its address: absolute, or the target of a server's request together with `dpop.baseUrl`.
 */
export interface RequestLike {
  headers: HeadersLike
  method?: string
  url?: string
}

export type Scheme = 'Bearer' | 'DPoP'

export interface Credentials {
  scheme: Scheme
  token: string
}

/**
 * Reads `Authorization` (RFC 6750 section 2.1). The form body and the query, which RFC 6750 also knows, are
 * not read: RFC 9700 section 4.3.2 advises against them.
 *
 * @returns `undefined` without credentials of a scheme that is known here; `'malformed'` when the header
 *   names such a scheme and is not scheme, blank, token.
 */
export function credentialsOf(headers: HeadersLike): Credentials | 'malformed' | undefined {
  const value = header(headers, 'authorization')
  if (value === undefined) return undefined
  if (value === 'repeated') return 'malformed'
  const scheme = /^(?:(bearer)|(dpop))(?= |$)/i.exec(value)
  if (scheme === null) return undefined
  // The b64token of RFC 6750; blanks and commas are what a header sent twice leaves behind.
  const token = /^ +([A-Za-z0-9\-._~+/]+=*)$/.exec(value.slice(scheme[0].length))?.[1]
  if (token === undefined) return 'malformed'
  return { scheme: scheme[1] === undefined ? 'DPoP' : 'Bearer', token }
}

/** The members of Express's and Fastify's requests that are used here. */
export interface ServerRequest {
  headers: HeadersLike
  method?: string
  /** `http` or `https`; behind a proxy only when the framework is told to trust it. */
  protocol?: string
  /** Path and query as the client sent them. */
  originalUrl?: string
}

/** What a request presents. */
export interface Presented extends Credentials {
  /** What a proof of possession is held against. */
  request?: RequestLike
}

/** The credentials of a request. */
export function presentedIn(source: HeadersLike | RequestLike): Presented | 'malformed' | undefined {
  const request: RequestLike =
    'headers' in source && typeof source.headers === 'object' && source.headers !== null
      ? (source as RequestLike)
      : { headers: source as HeadersLike }
  const credentials = credentialsOf(request.headers)
  if (credentials === undefined || credentials === 'malformed') return credentials
  if (isRepeated(request, 'authorization') || hasOtherToken(request)) return 'malformed'
  return { token: credentials.token, scheme: credentials.scheme, request }
}

/**
 * Whether a request brings anything that is, or was meant to be, a token or a proof: an endpoint that is open to
 * requests without a token must not let in one with a broken token.
 */
export function hasCredentials(request: RequestLike): boolean {
  return (
    header(request.headers, 'authorization') !== undefined ||
    header(request.headers, 'dpop') !== undefined ||
    hasOtherToken(request)
  )
}

/**
 * Whether a request is a browser's preflight request (CORS). It never brings credentials.
 *
 * @see https://fetch.spec.whatwg.org/#cors-preflight-fetch
 */
export function isPreflight(request: RequestLike): boolean {
  return (
    request.method === 'OPTIONS' &&
    header(request.headers, 'origin') !== undefined &&
    header(request.headers, 'access-control-request-method') !== undefined &&
    !hasCredentials(request)
  )
}

/** Whether a request of Node has a header several times. Of some headers Node keeps only the first one in `headers`. */
export function isRepeated(request: RequestLike, name: string): boolean {
  const { rawHeaders, raw } = request as { rawHeaders?: unknown; raw?: { rawHeaders?: unknown } }
  const list = rawHeaders ?? raw?.rawHeaders
  if (!Array.isArray(list)) return false
  let count = 0
  for (let i = 0; i < list.length; i += 2) {
    const own = list[i] as string
    if (own.length === name.length && own.toLowerCase() === name) count++
  }
  return count > 1
}

/**
 * Whether a request carries a second token where RFC 6750 sections 2.2 and 2.3 know one; it is not read. The body is
 * looked at only where a server has parsed it already.
 */
function hasOtherToken(request: RequestLike): boolean {
  const { originalUrl } = request as ServerRequest
  const isOfServer = typeof originalUrl === 'string'
  const text = isOfServer ? originalUrl : request.url
  if (typeof text === 'string') {
    const at = text.indexOf('?')
    if (at !== -1 && /access|%/i.test(text) && new URLSearchParams(text.slice(at + 1)).has('access_token')) {
      return true
    }
  }
  if (!isOfServer) return false
  const { body } = request as { body?: unknown }
  return (
    typeof body === 'object' &&
    body !== null &&
    Object.hasOwn(body, 'access_token') &&
    isForm(request.headers)
  )
}

function isForm(headers: HeadersLike): boolean {
  return (header(headers, 'content-type') ?? '').toLowerCase().startsWith('application/x-www-form-urlencoded')
}

/**
 * The token of an `Authorization: Bearer` header, or `undefined` when there is none or the header is
 * malformed. Does not look at the token itself.
 */
export function bearerToken(headers: HeadersLike): string | undefined {
  const credentials = credentialsOf(headers)
  return typeof credentials === 'object' && credentials.scheme === 'Bearer' ? credentials.token : undefined
}

/** One header's value; `'repeated'` when Node kept several. */
export function header(headers: HeadersLike, name: string): string | undefined {
  // A Headers object takes no pseudo header of HTTP/2.
  if (typeof headers.get === 'function')
    return name.startsWith(':') ? undefined : (headers.get(name) ?? undefined)
  const value = (headers as Record<string, string | readonly string[] | undefined>)[name]
  if (value === null) return undefined
  if (typeof value === 'object')
    return value.length === 1 ? value[0] : value.length === 0 ? undefined : 'repeated'
  return value
}
