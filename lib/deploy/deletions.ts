import { ToolkitError } from '../errors.ts'
import type { TenantFile } from '../workspace/types.ts'
import { managementReader } from './management-reader.ts'
import { hintFor } from './transport.ts'
import type { TenantAccess } from './types.ts'
import { upstreamOf } from './wire/upstream.ts'

/** Something of the tenant that is to be deleted. */
export interface Deletion {
  /** Key of tenant.yaml. */
  type: string
  name: string
  id: string
}

/** What can be deleted by name: where it is listed, under which key, and what tells it apart. */
const TYPES: Readonly<
  Record<string, { path: string; query?: string; key: string; name?: string; id?: string }>
> = {
  actions: { path: '/actions/actions', key: 'actions' },
  resourceServers: {
    path: '/resource-servers',
    query: '?include_totals=true',
    key: 'resource_servers',
    name: 'identifier',
  },
  clients: {
    path: '/clients',
    query: '?include_totals=true&is_global=false',
    key: 'clients',
    id: 'client_id',
  },
  actionModules: { path: '/actions/modules', key: 'modules' },
  databases: { path: '/connections', query: '?include_totals=true&strategy=auth0', key: 'connections' },
  connections: { path: '/connections', query: '?include_totals=true', key: 'connections' },
  roles: { path: '/roles', query: '?include_totals=true', key: 'roles' },
  organizations: { path: '/organizations', query: '?include_totals=true', key: 'organizations' },
}

/**
 * Finds what `<type>:<name>` names, such as `actions:legacy` or `resourceServers:https://old.example/`. Reads only.
 *
 * @throws {ToolkitError} `ERR_USAGE` for another form, something that tenant.yaml has or the tenant has not, and the
 * application whose credentials are in use.
 */
export async function findDeletions(
  access: TenantAccess,
  tenant: TenantFile,
  names: readonly string[],
): Promise<Deletion[]> {
  const reader = managementReader(access)
  const found: Deletion[] = []
  for (const text of names) {
    const [, type = '', name = ''] = /^(\w+):(.+)$/.exec(text) ?? []
    const listed = TYPES[type]
    if (listed === undefined) {
      throw new ToolkitError('ERR_USAGE', `"${text}" does not say what to delete`, {
        hint: `Write <type>:<name>; types are ${Object.keys(TYPES).join(', ')}.`,
      })
    }
    const { path, query = '', key, name: told = 'name' } = listed
    const entries = (tenant[type] ?? []) as Record<string, unknown>[]
    if (entries.some((entry) => entry[told] === name)) {
      throw new ToolkitError('ERR_USAGE', `"${name}" of ${type} is in tenant.yaml, and would be made again`, {
        hint: 'Take it out there first.',
      })
    }
    const there = (await reader.list(`${path}${query}`, key)).find((entry) => entry[told] === name)
    const id = there === undefined ? undefined : String(there[listed.id ?? 'id'])
    if (id === undefined) {
      throw new ToolkitError('ERR_USAGE', `"${access.domain}" has no "${name}" of ${type}`, {
        hint: 'Look at its spelling.',
      })
    }
    if ('clientId' in access.credentials && id === access.credentials.clientId) {
      throw new ToolkitError('ERR_USAGE', `"${name}" is the application that deploys`, {
        hint: 'It cannot delete itself.',
      })
    }
    found.push({ type, name, id })
  }
  return found
}

/**
 * Deletes what was found; an Action only once no trigger runs it. Nothing of it can be brought back.
 *
 * @throws {ToolkitError} `ERR_DEPLOY` when the tenant refuses, with what was deleted by then.
 */
export async function deleteNamed(access: TenantAccess, deletions: readonly Deletion[]): Promise<void> {
  const upstream = upstreamOf(access)
  const done: string[] = []
  for (const { type, name, id } of deletions) {
    const path = `${TYPES[type]!.path}/${encodeURIComponent(id)}`
    const { status, json } = await upstream({ method: 'DELETE', path })
    if (status < 200 || status > 299) {
      const { message = 'no reason' } = (json ?? {}) as Record<string, unknown>
      throw new ToolkitError(
        'ERR_DEPLOY',
        `"${access.domain}" answered ${status} to the deletion of ${type} "${name}": ${String(message)}; deleted before that: ${done.join(', ') || 'nothing'}`,
        { hint: `All else is deployed. ${hintFor(status)}` },
      )
    }
    done.push(`${type} "${name}"`)
  }
}
