import { secretsOfCall, withoutQuoted } from '../quoted-secrets.ts'
import { type Method, sendPatiently, tokenSource } from '../transport.ts'
import type { TenantAccess } from '../types.ts'
import { isEntry } from './json.ts'
import type { Upstream } from './reads.ts'

/** Calls in flight at once: what the deploy CLI allows itself. */
const AT_ONCE = 3

/**
 * The Management API of a tenant. Gets a token with the credentials at the first call, waits when the tenant asks to,
 * and keeps to three calls at once. What a tenant refuses with has no secret in it, though it may quote a call, its
 * headers or an earlier call.
 */
export function upstreamOf(access: TenantAccess): Upstream {
  const accessToken = tokenSource(access)
  const secrets = new Set(access.secrets)
  if ('clientSecret' in access.credentials) secrets.add(access.credentials.clientSecret)
  const waiting: (() => void)[] = []
  let running = 0
  return async ({ method, path, body }) => {
    while (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    running++
    try {
      const token = await accessToken()
      secrets.add(token)
      for (const secret of secretsOfCall(path, body)) if (secret.length >= 4) secrets.add(secret)
      const { status, json, failedBefore } = await sendPatiently(access, method as Method, `/api/v2${path}`, {
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const beside = failedBefore === true ? { failedBefore } : {}
      if (status < 400 || !isEntry(json) || json['message'] === undefined) return { status, json, ...beside }
      return {
        status,
        ...beside,
        json: { ...json, message: withoutQuoted(String(json['message']), [...secrets]) },
      }
    } finally {
      running--
      waiting.shift()?.()
    }
  }
}
