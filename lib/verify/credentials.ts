/** Headers as frameworks hand them over: web-standard, or Node's object with names in lower case. */
export type HeadersLike =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>

/** A request as far as tokens are concerned. DPoP needs its method and its absolute address. */
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

/** What Express's and Fastify's requests have in common, as far as it is used here. */
export interface ServerRequest {
  headers: HeadersLike
  method?: string
  /** `http` or `https`; behind a proxy only when the framework is told to trust it. */
  protocol?: string
  /** Path and query as the client sent them. */
  originalUrl?: string
}

/** The request with its absolute address, as its `Host` header has it; put together only when it is asked for. */
export function requestOf(request: ServerRequest): RequestLike {
  const { headers, method } = request
  return {
    headers,
    ...(method === undefined ? {} : { method }),
    get url() {
      const host = header(headers, 'host') ?? header(headers, ':authority') ?? ''
      return `${request.protocol ?? ''}://${host}${request.originalUrl ?? ''}`
    },
  }
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
  return { token: credentials.token, scheme: credentials.scheme, request }
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
  if (typeof value === 'object')
    return value.length === 1 ? value[0] : value.length === 0 ? undefined : 'repeated'
  return value
}
