import { ToolkitError } from '../errors.ts'
import { header, isRepeated, type RequestLike } from './credentials.ts'
import type { Refusal } from './errors.ts'

/** The public address of an API, without a final slash. */
export interface BaseUrl {
  origin: string
  path: string
}

export function baseUrlOf(text: string): BaseUrl {
  const { origin, pathname } = new URL(text)
  let path = pathname
  while (path.endsWith('/')) path = path.slice(0, -1)
  return { origin, path }
}

/** What differs between requests, as far as it decides on their address. */
interface AnyRequest extends RequestLike {
  /** Of Express and Fastify: `url` may be a part of it. */
  originalUrl?: unknown
  /** Of Express and Fastify: behind a proxy what it says, when the framework is told to trust it. */
  protocol?: unknown
  /** Of Express 5 and Fastify 5: the same for the host, with its port. */
  host?: unknown
  /** Of Express 4, whose `host` has no port. */
  param?: unknown
  rawHeaders?: unknown
}

/**
 * The address of a request as its client sees it, query included: what a proof of possession is held against, for
 * every kind of request.
 *
 * With one base only path and query of the request count, whatever its target or headers name as the host. Of several
 * the request picks one by its host: `X-Forwarded-Host` counts where it names one of them. Without a base the host must be exactly a host and a port: anything else could turn the rest of the address into a query.
 *
 * @throws {ToolkitError} `ERR_USAGE` when nothing trustworthy says what the address is.
 * @see RFC 9449 section 4.3, RFC 9112 sections 3.2 and 3.3
 */
export function addressOfRequest(
  request: RequestLike | undefined,
  bases: readonly BaseUrl[],
): string | Refusal {
  const { originalUrl, url } = (request ?? {}) as AnyRequest
  const text = typeof originalUrl === 'string' ? originalUrl : url
  if (request === undefined || typeof text !== 'string') throw unknownAddress()
  const target = parsedTarget(text)
  if (target === undefined) return BAD_TARGET
  const [base, ...others] = bases
  if (base !== undefined) {
    const own = others.length === 0 ? base : baseNamedBy(request, target, bases)
    return own === undefined ? UNNAMED_HOST : own.origin + own.path + target.path + target.query
  }
  const hosts = isServerRequest(request) ? hostOfServer(request, target) : hostOfOther(request, target)
  return typeof hosts === 'string' ? hosts + target.path + target.query : hosts
}

/** Which of several public addresses a request is for. Its headers only pick from the list. */
function baseNamedBy(
  request: AnyRequest,
  { authority }: Target,
  bases: readonly BaseUrl[],
): BaseUrl | undefined {
  const { headers } = request
  if (isRepeated(request, 'host') || isRepeated(request, 'x-forwarded-host')) return undefined
  const forwarded = header(headers, 'x-forwarded-host')
  const own = header(headers, 'host') ?? header(headers, ':authority') ?? authority
  return baseOf(forwarded, bases) ?? baseOf(own, bases)
}

/** The scheme is that of the list: what is in front of a proxy is not what the proxy says. */
function baseOf(host: string | undefined, bases: readonly BaseUrl[]): BaseUrl | undefined {
  return bases.find(({ origin }) => {
    const { protocol, host: ownHost } = new URL(origin)
    return normalizedHost(protocol.slice(0, -1), host) === ownHost
  })
}

interface Target {
  /** Of an absolute address, in lower case. */
  scheme?: string
  authority?: string
  path: string
  /** With its question mark. */
  query: string
}

function parsedTarget(text: string): Target | undefined {
  const absolute = /^(https?):\/\/([^/?#]*)/i.exec(text)
  const rest = text.slice(absolute?.[0].length ?? 0).split('#', 1)[0]!
  const [path] = rest.split('?', 1) as [string]
  // A backslash is a slash to some readers of addresses, and none to others.
  if (!/^[\x21-\x7e]*$/.test(path) || path.includes('\\')) return undefined
  const query = rest.slice(path.length)
  if (absolute !== null) {
    return { scheme: absolute[1]!.toLowerCase(), authority: absolute[2]!, path: path || '/', query }
  }
  return path.startsWith('/') ? { path, query } : undefined
}

/** Whether the client has written the target itself: an address in it is the client's word. */
function isServerRequest(request: AnyRequest): boolean {
  return typeof request.originalUrl === 'string' || Array.isArray(request.rawHeaders)
}

function hostOfServer(request: AnyRequest, target: Target): string | Refusal {
  if (request.protocol === undefined) throw unknownAddress()
  const scheme = String(request.protocol).toLowerCase()
  const host = normalizedHost(scheme, hostIn(request))
  if (host === undefined || isRepeated(request, 'host')) return BAD_HOST
  // RFC 9112 section 3.2.2: both name the same host.
  if (target.authority !== undefined) {
    if (target.scheme !== scheme || normalizedHost(scheme, target.authority) !== host) return BAD_HOST
  }
  return `${scheme}://${host}`
}

function hostOfOther({ headers }: AnyRequest, { scheme, authority }: Target): string | Refusal {
  if (scheme === undefined || authority === undefined) throw unknownAddress()
  const host = normalizedHost(scheme, authority)
  const named = header(headers, 'host')
  // An absolute target of a request becomes the address of a web-standard request.
  if (host === undefined || (named !== undefined && normalizedHost(scheme, named) !== host)) return BAD_HOST
  return `${scheme}://${host}`
}

function hostIn(request: AnyRequest): string | undefined {
  const { headers } = request
  const own = header(headers, 'host')
  if (own === 'repeated') return undefined
  const authority = header(headers, ':authority')
  // RFC 9113 section 8.3.1.
  if (own !== undefined && authority !== undefined && own !== authority) return undefined
  // Express 4 warns of a deprecation when its `host` is read.
  const host = typeof request.param === 'function' ? undefined : request.host
  return typeof host === 'string' ? host : (own ?? authority)
}

/** A host and a port and nothing else, in lower case and without the port of the scheme. */
function normalizedHost(scheme: string, host: string | undefined): string | undefined {
  if (host === undefined || (scheme !== 'http' && scheme !== 'https')) return undefined
  const parts = /^([a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.exec(host)
  if (parts === null || !URL.canParse(`${scheme}://${host}/`)) return undefined
  const url = new URL(`${scheme}://${host}/`)
  const isSame = parts[1]!.startsWith('[') || url.hostname === parts[1]!.toLowerCase()
  return isSame ? url.host : undefined
}

/**
 * Whether a proof's `htu` is the address of the request. Both are compared without query and fragment, after the
 * normalizations of RFC 3986 sections 6.2.2 and 6.2.3; but dot segments of the request stay, since routers that see
 * them do not resolve them.
 */
export function isForAddress(htu: string, address: string): boolean {
  const asked = literalTarget(address)
  return asked !== undefined && (literalTarget(htu) === asked || normalizedTarget(htu) === asked)
}

/** All normalizations, dot segments included. `undefined` when it is no address that a request can have. */
export function normalizedTarget(url: string): string | undefined {
  if (literalTarget(url) === undefined || !URL.canParse(url)) return undefined
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${decodedUnreserved(pathname)}`
}

function literalTarget(url: string): string | undefined {
  if (!/^[\x21-\x7e]+$/.test(url)) return undefined
  const { scheme, authority, path } = parsedTarget(url) ?? {}
  const host = scheme === undefined ? undefined : normalizedHost(scheme, authority)
  return host === undefined ? undefined : `${scheme}://${host}${decodedUnreserved(path!)}`
}

function decodedUnreserved(path: string): string {
  return path.replaceAll(/%[0-9a-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase()
  })
}

function unknownAddress(): ToolkitError {
  return new ToolkitError('ERR_USAGE', 'a DPoP proof is for a method and an address, and none are known', {
    hint: 'Name "dpop.baseUrl", the public address of the API; or call verify with { headers, method, url }, the address absolute.',
  })
}

const BAD_HOST: Refusal = {
  code: 'malformed_request',
  message: 'The request must name its host once, as a host and a port.',
}
const UNNAMED_HOST: Refusal = {
  code: 'malformed_request',
  message: 'The request must be for one of the hosts of this API.',
}
const BAD_TARGET: Refusal = {
  code: 'malformed_request',
  message: 'The target of the request must be a path, or an http address.',
}
