import { request } from 'node:https'
import { ToolkitError } from '../errors.ts'
import type { TenantAccess } from './types.ts'

/** Reads of the Management API. There is no method that writes. */
export interface ManagementReader {
  /** `path` below `/api/v2`, e.g. `/actions/actions`. */
  get(path: string): Promise<unknown>
  /** All pages of a list whose answer is `{ [key]: [...], total }`. */
  list(path: string, key: string): Promise<Record<string, unknown>[]>
}

const TIMEOUT = 20_000
const PER_PAGE = 50

/**
 * A client of a tenant's Management API that can only read. Gets a token with the credentials at the first call.
 *
 * @throws {ToolkitError} from its methods: `ERR_ENVIRONMENT` when the tenant is not reachable, `ERR_DEPLOY` when it
 * refuses, with what it answered. Never with the token or the secret.
 */
export function managementReader(access: TenantAccess): ManagementReader {
  const { domain, credentials } = access
  let token: Promise<string> | undefined
  const accessToken = (): Promise<string> => {
    token ??= 'accessToken' in credentials ? Promise.resolve(credentials.accessToken) : fetchToken()
    return token
  }
  async function fetchToken(): Promise<string> {
    if (!('clientId' in credentials)) throw new TypeError('no client credentials')
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
  async function get(path: string): Promise<unknown> {
    const headers = { authorization: `Bearer ${await accessToken()}` }
    for (let attempt = 1; ; attempt++) {
      const { status, json, retryAfterSeconds } = await send(access, 'GET', `/api/v2${path}`, { headers })
      if (status === 200) return json
      if (status === 429 && attempt <= 3 && retryAfterSeconds <= 10) {
        await new Promise((resolve) => setTimeout(resolve, retryAfterSeconds * 1000))
        continue
      }
      const { message } = json as Record<string, unknown>
      throw new ToolkitError(
        'ERR_DEPLOY',
        `"${domain}" answered ${status} to GET ${path.split('?')[0]}: ${String(message ?? 'no reason')}`,
        {
          hint:
            status === 401
              ? 'The token is not acceptable: get a new one, or check the credentials.'
              : status === 403
                ? 'Give the application the scope that the message names.'
                : 'Try again; if it stays, look into the tenant’s logs.',
        },
      )
    }
  }
  return {
    get,
    async list(path, key) {
      const items: Record<string, unknown>[] = []
      for (let page = 0; ; page++) {
        const separator = path.includes('?') ? '&' : '?'
        const answer = (await get(`${path}${separator}page=${page}&per_page=${PER_PAGE}`)) as Record<
          string,
          unknown
        >
        const batch = (Array.isArray(answer) ? answer : (answer[key] ?? [])) as Record<string, unknown>[]
        items.push(...batch)
        if (batch.length < PER_PAGE) return items
      }
    },
  }
}

interface Answer {
  status: number
  json: unknown
  retryAfterSeconds: number
}

// Not `fetch`: it cannot be given a certificate.
function send(
  { domain, certificate }: TenantAccess,
  method: 'GET' | 'POST',
  path: string,
  { headers, body }: { headers: Record<string, string>; body?: string },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error) => reject(unreachable(domain, cause))
    const call = request(
      `https://${domain}${path}`,
      {
        method,
        headers,
        timeout: TIMEOUT,
        agent: false,
        ...(certificate === undefined ? {} : { ca: certificate }),
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () => {
          let json: unknown = {}
          try {
            json = JSON.parse(Buffer.concat(chunks).toString('utf8')) ?? {}
          } catch {
            // A proxy's page: the status says enough.
          }
          resolve({
            status: response.statusCode ?? 0,
            json,
            retryAfterSeconds: Number(response.headers['retry-after'] ?? 1) || 1,
          })
        })
      },
    )
    call.on('timeout', () => call.destroy(new Error('no answer in time')))
    call.on('error', fail)
    call.end(body)
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
