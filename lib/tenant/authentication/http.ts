import type { Context } from 'hono'
import { boundedText, repeatedName } from '../bounds.ts'
import type { TenantContext } from '../context.ts'
import { PAGE_HEADERS } from '../pages/layout.ts'
import { OAuthError, PageError } from './errors.ts'
import type { RequestFacts } from './event.ts'
import type { Store } from './store.ts'

/** What an HTTP listener tells the app about a request. */
export interface ListenerBindings {
  /** Address of the peer. */
  ip?: string
}

export type Http = Context<{ Bindings: ListenerBindings }>

/** What all endpoints of the Authentication API share. */
export interface Authentication {
  context: TenantContext
  store: Store
}

/** By scheme and host of the request, as with Auth0's custom domains; with the final slash. */
export function issuerOf(c: Http): string {
  return `${new URL(c.req.url).origin}/`
}

/** Whether a page of another origin has sent this, as a browser says it; programs without pages say nothing. */
export function isFromElsewhere(c: Http): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  const origin = c.req.header('origin')
  return origin !== undefined && origin !== new URL(c.req.url).origin
}

/**
 * A form of one of the tenant's own pages was sent from there. Beside the form's own secret: what comes from another
 * page is refused even if that one were known.
 *
 * @throws {PageError}
 */
export function assertOwnPage(c: Http): void {
  if (isFromElsewhere(c)) throw new PageError(403, 'invalid_request', 'The form was sent from another site')
}

/** Address of the peer; this machine's where the app is called inside the process. */
export function addressOf(c: Http): string {
  return c.env?.ip ?? '127.0.0.1'
}

/** What an Action may see of the request. */
export function requestFacts(c: Http, body: Record<string, string> = {}): RequestFacts {
  const url = new URL(c.req.url)
  const agent = c.req.header('user-agent')
  const language = c.req.header('accept-language')?.split(/[,;]/)[0]
  return {
    ip: addressOf(c),
    method: c.req.method,
    hostname: url.host,
    query: Object.fromEntries(url.searchParams),
    body,
    ...(agent !== undefined && { user_agent: agent }),
    ...(language ? { language } : {}),
  }
}

const MAX_BODY_BYTES = 64 * 1024

/** The body as text, which is never large here. @throws {OAuthError} 413 */
export async function bodyText(c: Http): Promise<string> {
  const text = await boundedText(c.req.raw, MAX_BODY_BYTES)
  if (text === undefined) throw new OAuthError(413, 'invalid_request', 'The request is too large')
  return text
}

/** Fields of a form or of a JSON object, as one list of names and values: no name twice. RFC 6749 section 3.2. */
export async function bodyParams(c: Http): Promise<URLSearchParams> {
  return (await bodyMembers(c, [])).params
}

/** A body some of whose members are objects, in JSON. */
export interface BodyMembers {
  params: URLSearchParams
  objects: Map<string, Record<string, unknown>>
}

/** As {@link bodyParams}, and the members of `objectNames` as what they are. */
export async function bodyMembers(c: Http, objectNames: readonly string[]): Promise<BodyMembers> {
  const members = await anyMembers(c, objectNames)
  const twice = repeatedName(members.params)
  if (twice !== undefined) {
    throw new OAuthError(400, 'invalid_request', `Parameter '${twice}' must not be sent more than once`)
  }
  const text = objectNames.find((name) => members.params.has(name))
  if (text !== undefined)
    throw new OAuthError(400, 'invalid_request', `Parameter '${text}' must be an object`)
  return members
}

async function anyMembers(c: Http, objectNames: readonly string[]): Promise<BodyMembers> {
  const objects: BodyMembers['objects'] = new Map()
  const type = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  const text = await bodyText(c)
  if (type === 'application/json') {
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch {
      throw new OAuthError(400, 'invalid_request', 'Invalid JSON body')
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new OAuthError(400, 'invalid_request', 'Invalid JSON body')
    }
    const params = new URLSearchParams()
    for (const [name, field] of Object.entries(value)) {
      if (field === null || field === undefined) continue
      if (objectNames.includes(name) && typeof field === 'object' && !Array.isArray(field)) {
        objects.set(name, field as Record<string, unknown>)
        continue
      }
      if (typeof field === 'object')
        throw new OAuthError(400, 'invalid_request', `Parameter '${name}' must be a string`)
      params.append(name, String(field))
    }
    return { params, objects }
  }
  if (type === 'application/x-www-form-urlencoded' || (type === '' && text === ''))
    return { params: new URLSearchParams(text), objects }
  throw new OAuthError(
    415,
    'invalid_request',
    'Content-Type must be application/x-www-form-urlencoded or application/json',
  )
}

/** The form of one of the tenant's own pages. */
export async function formFields(c: Http): Promise<Record<string, string>> {
  const type = (c.req.header('content-type') ?? '').split(';')[0]!.trim().toLowerCase()
  if (type !== 'application/x-www-form-urlencoded') {
    throw new PageError(400, 'invalid_request', 'A form was expected')
  }
  return Object.fromEntries(new URLSearchParams(await bodyText(c)))
}

/** A page with a form. */
export function htmlResponse(c: Http, text: string, status: 200 | 400 | 403 | 429 = 200): Response {
  // With `no-referrer` a browser would not name the origin of the form either, which is checked.
  return c.body(text, status, { ...PAGE_HEADERS, 'referrer-policy': 'same-origin' })
}

/** A page without a form. */
export function messageResponse(c: Http, text: string, status: 200 | 400 | 403 = 200): Response {
  return c.body(text, status, { ...PAGE_HEADERS })
}

/** A response that was built without the context, with the cookies that the context has collected. */
export function withCookies(c: Http, response: Response): Response {
  const answer = new Response(response.body, response)
  for (const cookie of c.res.headers.getSetCookie()) answer.headers.append('set-cookie', cookie)
  return answer
}
