import { request } from 'node:https'
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

export interface Answer {
  status: number
  json: unknown
  retryAfterSeconds: number
}

// Not `fetch`: it cannot be given a certificate.
export function send(
  { domain, certificate }: TenantAccess,
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
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
