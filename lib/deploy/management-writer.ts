import { ToolkitError } from '../errors.ts'
import { sendPatiently, tokenSource } from './transport.ts'
import type { TenantAccess } from './types.ts'

export type ManagementWriter = (
  method: 'POST' | 'PATCH' | 'DELETE',
  path: string,
  body?: object,
) => Promise<void>

/** The few writes that undoing needs, and that the deploy CLI does not have. */
export function managementWriter(access: TenantAccess): ManagementWriter {
  const accessToken = tokenSource(access)
  return async (method, path, body) => {
    const { status, json } = await sendPatiently(access, method, `/api/v2${path}`, {
      headers: { authorization: `Bearer ${await accessToken()}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    if (status >= 200 && status < 300) return
    const { message } = json as Record<string, unknown>
    throw new ToolkitError(
      'ERR_DEPLOY',
      `"${access.domain}" answered ${status} to ${method} ${path.split('?')[0]}: ${String(message ?? 'no reason')}`,
      { hint: 'Look at the tenant in the dashboard; nothing more was written.' },
    )
  }
}
