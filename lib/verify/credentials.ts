/** Headers as frameworks hand them over: web-standard, or Node's object with names in lower case. */
export type HeadersLike =
  | { get(name: string): string | null | undefined }
  | Readonly<Record<string, string | readonly string[] | undefined>>

export interface Credentials {
  scheme: 'Bearer' | 'DPoP'
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
  if (typeof headers.get === 'function') return headers.get(name) ?? undefined
  const value = (headers as Record<string, string | readonly string[] | undefined>)[name]
  if (typeof value === 'object')
    return value.length === 1 ? value[0] : value.length === 0 ? undefined : 'repeated'
  return value
}
