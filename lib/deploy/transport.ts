import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import { ToolkitError } from '../errors.ts'
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
    const { status, json } = await send(access, 'POST', '/oauth/token', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
    const { access_token: value, error_description: reason } = json as Record<string, unknown>
    if (status === 200 && typeof value === 'string') return value
    throw new ToolkitError(
      'ERR_DEPLOY',
      `"${domain}" gave no token (${status}): ${String(reason ?? 'no reason')}`,
      {
        hint: 'Check AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET, and that the application may use the Management API.',
      },
    )
  }
  return () => {
    token ??= fetchToken()
    return token
  }
}

/** Reads go over connections that are kept. A write has one of its own: on one that breaks nobody knows what was done. */
const KEPT = new Agent({ keepAlive: true, maxSockets: 6 })

export type Method = 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'

export interface Answer {
  status: number
  json: unknown
  retryAfterSeconds: number
  /** Whether `Retry-After` was there. */
  asksToWait: boolean
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
          // Of a failure the status says enough. Taken for an answer, it would say that nothing is there.
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

/** How long a tenant asks to wait, by either of the headers that Auth0 sends. */
function waitOf(headers: IncomingHttpHeaders): Pick<Answer, 'retryAfterSeconds' | 'asksToWait'> {
  const { 'retry-after': after, 'x-ratelimit-reset': reset } = headers
  if (after !== undefined) {
    const seconds = Number(after) || (Date.parse(after) - Date.now()) / 1000
    return { retryAfterSeconds: Math.max(0, seconds || 1), asksToWait: true }
  }
  const left = Number(reset) - Date.now() / 1000
  return { retryAfterSeconds: left > 0 ? left : 1, asksToWait: false }
}

/** Longest wait for a tenant, in seconds. */
const PATIENCE = 10

/**
 * The same, again when the tenant asks to wait, for at most ten seconds, and three times at most. A failure of the
 * tenant (5xx) counts as asking when it says so itself; of a real one reads are tried again in any case.
 */
export async function sendPatiently(...call: Parameters<typeof send>): Promise<Answer> {
  const [{ local }, method] = call
  for (let attempt = 1; ; attempt++) {
    const answer = await send(...call)
    const { status, retryAfterSeconds, asksToWait } = answer
    const again = status === 429 || (status >= 500 && (asksToWait || (!local && method === 'GET')))
    if (!again || attempt > 3 || retryAfterSeconds > PATIENCE) return answer
    await new Promise((resolve) => setTimeout(resolve, retryAfterSeconds * 1000))
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

/** What keeps us from a tenant, said by its cause. */
export function unreachable(domain: string, cause: unknown): ToolkitError {
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
