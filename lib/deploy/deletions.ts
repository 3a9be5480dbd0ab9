import { ToolkitError } from '../errors.ts'
import type { TenantFile } from '../workspace/types.ts'
import { entityName } from './entities.ts'
import { managementReader } from './management-reader.ts'
import { managementWriter } from './management-writer.ts'
import { ENTITY_TYPES, readEntities } from './tenant-entities.ts'
import type { TenantAccess } from './types.ts'

/** Something of the tenant that is to be deleted. */
export interface Deletion {
  /** Key of tenant.yaml. */
  type: string
  name: string
  id: string
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
    const types = ['actions', ...Object.keys(ENTITY_TYPES).filter((known) => known !== 'clientGrants')]
    if (!types.includes(type)) {
      throw new ToolkitError('ERR_USAGE', `"${text}" does not say what to delete`, {
        hint: `Write <type>:<name>; types are ${types.join(', ')}.`,
      })
    }
    const entries = (tenant[type] ?? []) as Record<string, unknown>[]
    if (entries.some((entry) => entityName(type, entry) === name)) {
      throw new ToolkitError('ERR_USAGE', `"${name}" of ${type} is in tenant.yaml, and would be made again`, {
        hint: 'Take it out there first.',
      })
    }
    const named = type === 'resourceServers' ? { identifier: name } : { name }
    const ids =
      type === 'actions'
        ? (await reader.list('/actions/actions', 'actions'))
            .filter((action) => action['name'] === name)
            .map(({ id }) => String(id))
        : (await readEntities(reader, { [type]: [named] })).map(({ id }) => id)
    const [id] = ids
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
  const write = managementWriter(access)
  const done: string[] = []
  for (const { type, name, id } of deletions) {
    const path = type === 'actions' ? '/actions/actions' : ENTITY_TYPES[type]!.path
    try {
      await write('DELETE', `${path}/${id}`)
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error
      const before = done.length === 0 ? 'nothing' : done.join(', ')
      throw new ToolkitError(error.code, `${error.message}; deleted before that: ${before}`, {
        hint: 'All else is deployed. Correct what the message names and run the command again.',
        cause: error,
      })
    }
    done.push(`${type} "${name}"`)
  }
}
