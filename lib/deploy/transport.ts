import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { ToolkitError } from '../errors.ts'
import { withoutQuoted } from './quoted-secrets.ts'
import type { TenantAccess } from './types.ts'

const TIMEOUT = 20_000

/** A function that gives the access token, and gets it with the credentials at the first call. */
export function tokenSource(access: TenantAccess): () => Promise<string> {
  const { domain, credentials } = access
  let token: Promise<string> | undefined
  async function fetchToken(): Promise<string> {
    if ('accessToken' in credentials) return credentials.accessToken
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
      audience: `https://${domain}/api/v2/`,
    }).toString()
    const content = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body }
    // A token that nobody uses does no harm.
    const { status, json } = await sendPatiently(access, 'POST', '/oauth/token', content, {
      repeatable: true,
    })
    const { access_token: value, error_description: reason } = json as Record<string, unknown>
    if (status === 200 && typeof value === 'string') return value
    const said = withoutQuoted(String(reason ?? 'no reason'), [credentials.clientSecret])
    throw new ToolkitError('ERR_DEPLOY', `"${domain}" gave no token (${status}): ${said}`, {
      hint:
        status === 429 || isFailure(status)
          ? hintFor(status)
          : 'Check AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET, and that the application may use the Management API.',
    })
  }
  return () => {
    token ??= fetchToken()
    return token
  }
}

/**
 * Reads use connections that are kept open. A write has a connection of its own: when one breaks, nobody knows what was
 * done on it.
 */
const KEPT = new Agent({ keepAlive: true, maxSockets: 6 })

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

export interface Answer {
  status: number
  json: unknown
  /** From `Retry-After`. */
  retryAfterSeconds?: number
  /** Whether an earlier try of the same call failed, and so may have been done. */
  failedBefore?: true
  /** Until the time of `X-RateLimit-Reset`, which comes with every response. */
  resetSeconds?: number
}

// Not `fetch`: it cannot be given a certificate.
export function send(
  access: TenantAccess,
  method: Method,
  path: string,
  { headers, body }: { headers: Record<string, string>; body?: string },
): Promise<Answer> {
  const { domain, certificate } = access
  return new Promise((resolve, reject) => {
    const fail = (cause: NodeJS.ErrnoException) => {
      // The other side may close a kept connection at the moment that it is used.
      if (method === 'GET' && call.reusedSocket && cause.code === 'ECONNRESET') {
        resolve(send(access, method, path, { headers }))
      } else reject(unreachable(domain, cause))
    }
    const call = request(
      `https://${domain}${path}`,
      {
        method,
        // Node sends the body of a DELETE only when it knows its length.
        headers:
          body === undefined ? headers : { ...headers, 'content-length': String(Buffer.byteLength(body)) },
        timeout: TIMEOUT,
        agent: method === 'GET' ? KEPT : false,
        ...(certificate === undefined ? {} : { ca: certificate }),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () => {
          const { statusCode: status = 0 } = response
          const text = Buffer.concat(chunks).toString('utf8')
          const isEmpty = text.trim() === '' && (method !== 'GET' || status === 204)
          const json = isEmpty ? {} : jsonOf(text)
          // Of a failure only the status counts: its body, read as a result, would say that the tenant has nothing.
          if (json === undefined && status >= 200 && status < 400) reject(noJson(domain, method, path))
          else resolve({ status, json: json ?? {}, ...waitOf(response.headers) })
        })
      },
    )
    call.on('timeout', () => call.destroy(new Error('no answer in time')))
    call.on('error', fail)
    call.end(body)
  })
}

/** What a tenant says of when to come again. By its own clock where it tells the time: ours may be wrong. */
function waitOf({
  date,
  'retry-after': after,
  'x-ratelimit-reset': reset,
}: IncomingHttpHeaders): Pick<Answer, 'retryAfterSeconds' | 'resetSeconds'> {
  const now = (Date.parse(date ?? '') || Date.now()) / 1000
  // A number of seconds, or a date.
  const asked = after === undefined ? Number.NaN : Number(after)
  const retry = Number.isNaN(asked) ? Date.parse(after ?? '') / 1000 - now : asked
  const left = Number(reset ?? Number.NaN) - now
  return {
    ...(Number.isFinite(retry) && { retryAfterSeconds: Math.max(0, retry) }),
    ...(left > 0 && { resetSeconds: left }),
  }
}

/** Longest wait for a tenant by all tries of one call together, in seconds. */
const PATIENCE = 60
/** Most tries of a call that a tenant limits, and of one that fails without a response. */
const TRIES = { limited: 10, failed: 4 }

/** Whether a tenant failed, or what stands before it: the call may have been done, or not. */
export function isFailure(status: number): boolean {
  return status === 408 || (status >= 500 && status !== 501 && status !== 505)
}

export interface Patience {
  /** Whether the call may be sent again though it may have been done. @defaultValue unless it is a POST */
  repeatable?: boolean
}

/**
 * The same, again when the tenant limits the rate of calls (429) or fails (408, 5xx): after the time that it asks for
 * by `Retry-After`, of 429 also by `X-RateLimit-Reset`, else after 1, 2, 4, … seconds, for a minute at most. A call
 * that failed may have been done all the same: a POST is sent again only if the tenant says when. A DELETE that finds
 * nothing at its second try has been done.
 */
export async function sendPatiently(
  access: TenantAccess,
  method: Method,
  path: string,
  content: Parameters<typeof send>[3],
  { repeatable = method !== 'POST' }: Patience = {},
): Promise<Answer> {
  let waited = 0
  let failedBefore = false
  for (let attempt = 1; ; attempt++) {
    const answer = { ...(await send(access, method, path, content)), ...(failedBefore && FAILED_BEFORE) }
    failedBefore ||= isFailure(answer.status)
    const { status, retryAfterSeconds, resetSeconds } = answer
    const limited = status === 429
    if (method === 'DELETE' && attempt > 1 && status === 404) return { status: 204, json: {} }
    if (!limited && !(isFailure(status) && (repeatable || retryAfterSeconds !== undefined))) return answer
    const seconds =
      retryAfterSeconds ?? (limited ? resetSeconds : undefined) ?? pauseBefore(attempt, access.local)
    waited += seconds
    if (attempt >= TRIES[limited ? 'limited' : 'failed'] || waited > PATIENCE) return answer
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  }
}

/** `undefined` for what is no JSON, such as the page of a proxy. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) ?? {}
  } catch {
    return undefined
  }
}

function noJson(domain: string, method: string, path: string): ToolkitError {
  const name = path.split('?')[0]!.replace('/api/v2', '')
  return new ToolkitError('ERR_ENVIRONMENT', `"${domain}" answered ${method} ${name} with what is not JSON`, {
    hint: 'Something stands before the tenant, such as a proxy or a page to log in to a network. Try again without it.',
  })
}

const FAILED_BEFORE = { failedBefore: true } as const

/** Seconds before the next try of a call, where the tenant does not say: one on this machine needs no long ones. */
export function pauseBefore(attempt: number, local: boolean | undefined): number {
  return 2 ** (attempt - 1) / (local === true ? 20 : 1)
}

/** The error for a tenant that cannot be reached, worded by its cause. */
function unreachable(domain: string, cause: unknown): ToolkitError {
  const { code = '', message = '' } = cause as { code?: string; message?: string }
  const [why, hint] = reasonOf(code, message)
  return new ToolkitError('ERR_ENVIRONMENT', `"${domain}" cannot be reached: ${why}`, { hint, cause })
}

function reasonOf(code: string, message: string): [why: string, hint: string] {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return ['the name is not known', 'Check the domain.']
  if (code === 'ECONNREFUSED') return ['nothing listens there', 'Start the tenant, or correct the port.']
  if (/CERT|SIGNATURE|TLS|SSL/.test(code)) {
    return [
      `its certificate is not trusted (${code})`,
      'For the local tenant, name its certificate with --certificate <file>.',
    ]
  }
  if (code === 'ECONNRESET') return ['the connection was closed', 'Try again.']
  return [code === '' ? message : code, 'Check the network and the domain.']
}

/** What to do when a tenant refuses with a status. */
export function hintFor(status: number | undefined): string {
  if (status === 401)
    return 'The credentials are not acceptable to this tenant: check them, or get a new token.'
  if (status === 403) return 'Give the application the scope that the message names.'
  if (status === 429) return 'The tenant limits the rate of calls. Wait a minute and try again.'
  if (status !== undefined && status >= 500)
    return 'The tenant failed. Try again; if it stays, look into the tenant’s logs.'
  return 'Correct what the message names and try again.'
}
