import { type Method, sendPatiently, tokenSource } from '../transport.ts'
import type { TenantAccess } from '../types.ts'
import type { Upstream } from './reads.ts'

/** Calls in flight at once: what the deploy CLI allows itself. */
const AT_ONCE = 3

/**
 * The Management API of a tenant. Gets a token with the credentials at the first call, waits when the tenant asks to,
 * and keeps to three calls at once.
 */
export function upstreamOf(access: TenantAccess): Upstream {
  const accessToken = tokenSource(access)
  const waiting: (() => void)[] = []
  let running = 0
  return async ({ method, path, body }) => {
    while (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
    running++
    try {
      const { status, json } = await sendPatiently(access, method as Method, `/api/v2${path}`, {
        headers: { authorization: `Bearer ${await accessToken()}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status, json }
    } finally {
      running--
      waiting.shift()?.()
    }
  }
}
