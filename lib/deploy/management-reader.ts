import { ToolkitError } from '../errors.ts'
import { withoutQuoted } from './quoted-secrets.ts'
import { hintFor, sendPatiently, tokenSource } from './transport.ts'
import type { TenantAccess } from './types.ts'

/** Reads of the Management API. There is no method that writes. */
export interface ManagementReader {
  /** `path` below `/api/v2`, e.g. `/actions/actions`. */
  get(path: string): Promise<unknown>
  /** All pages of a list whose response is `{ [key]: [...], total }`. */
  list(path: string, key: string): Promise<Record<string, unknown>[]>
  /** The same of a list that goes on from a checkpoint: `path` has `take`. */
  listFrom(path: string, key: string): Promise<Record<string, unknown>[]>
}

const PER_PAGE = 50

/**
 * A client of a tenant's Management API that can only read. Gets a token with the credentials at the first call.
 *
 * @throws {ToolkitError} from its methods: `ERR_ENVIRONMENT` when the tenant is not reachable, `ERR_DEPLOY` when it
 * refuses, with its message. Never with the token or the secret.
 */
export function managementReader(access: TenantAccess): ManagementReader {
  const { domain } = access
  const accessToken = tokenSource(access)
  async function get(path: string): Promise<unknown> {
    const token = await accessToken()
    const headers = { authorization: `Bearer ${token}` }
    const { status, json } = await sendPatiently(access, 'GET', `/api/v2${path}`, { headers })
    if (status === 200) return json
    const { message = 'no reason' } = json as Record<string, unknown>
    const { credentials, secrets = [] } = access
    const own = 'clientSecret' in credentials ? [token, credentials.clientSecret] : [token]
    throw new ToolkitError(
      'ERR_DEPLOY',
      `"${domain}" answered ${status} to GET ${path.split('?')[0]}: ${withoutQuoted(String(message), [...own, ...secrets])}`,
      { hint: hintFor(status) },
    )
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
    async listFrom(path, key) {
      const items: Record<string, unknown>[] = []
      for (let next: unknown = ''; typeof next === 'string'; ) {
        const from = next === '' ? '' : `&from=${encodeURIComponent(next)}`
        const answer = (await get(`${path}${from}`)) as Record<string, unknown>
        items.push(...((answer[key] ?? []) as Record<string, unknown>[]))
        next = answer['next'] === '' ? undefined : answer['next']
      }
      return items
    },
  }
}
