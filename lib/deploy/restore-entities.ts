import type { TenantFile } from '../workspace/types.ts'
import { covers, isOnTheWay } from './covers.ts'
import { entityName } from './entities.ts'
import { managementReader } from './management-reader.ts'
import { type ManagementWriter, managementWriter } from './management-writer.ts'
import type { Restored } from './restore.ts'
import {
  CLIENT_IDS,
  comparedFields,
  ENTITY_TYPES,
  hasSecrets,
  isConnection,
  readEntities,
  type TenantEntity,
  wantedValue,
} from './tenant-entities.ts'
import type { TenantAccess } from './types.ts'

type Entry = Record<string, unknown>

/** What the API serves beside the entity, or refuses in a change. */
const NOT_PATCHED: Readonly<Record<string, readonly string[]>> = {
  resourceServers: ['identifier'],
  clients: ['client_id'],
  clientGrants: ['client_id', 'audience', 'subject_type'],
  roles: ['permissions'],
  actionModules: ['name'],
  databases: ['name', 'strategy', 'enabled_clients'],
  connections: ['name', 'strategy', 'enabled_clients'],
  organizations: ['connections', 'client_grants'],
}

/**
 * Brings applications, APIs, modules, connections, grants, roles and organizations that a tenant file names back to what they were, and
 * deletes those that did not exist. Touches only fields that the file names, and leaves alone what somebody else
 * wrote meanwhile. Does not restore an organization's grants, nor types that a plan does not compare.
 *
 * @throws {ToolkitError} `ERR_DEPLOY` or `ERR_ENVIRONMENT` when the tenant refuses or is gone.
 */
export async function restoreEntities(
  access: TenantAccess,
  before: readonly TenantEntity[],
  sent: TenantFile,
): Promise<Restored> {
  const now = await readEntities(managementReader(access), sent)
  const write = managementWriter(access)
  const restored: Restored = { done: [], left: [] }
  const oldOf = ({ type, name }: TenantEntity) => before.find((old) => old.type === type && old.name === name)
  for (const entity of now) {
    const old = oldOf(entity)
    const wanted = entryOf(sent, entity)
    const fields = comparedFields(entity.type, wanted)
    const changed = fields.filter((field) => !isSame(entity.fields[field], old?.fields[field]))
    if (old !== undefined && changed.length === 0) continue
    const foreign = changed.find(
      (field) =>
        !isOnTheWay(entity.fields[field], old?.fields[field], wantedValue(entity.type, field, wanted)),
    )
    if (foreign !== undefined) {
      restored.left.push(
        `${entity.type} "${entity.name}": "${foreign}" was changed by somebody else meanwhile`,
      )
    } else if (
      old !== undefined &&
      isConnection(entity.type) &&
      changed.includes('options') &&
      hasSecrets(wanted['options'])
    ) {
      restored.left.push(
        `${entity.type} "${entity.name}": its old secrets cannot be read, so its options stay`,
      )
    } else if (old !== undefined) {
      await putBack(write, entity, old, changed)
      restored.done.push(`${entity.type} "${entity.name}" has its old ${changed.join(', ')} again`)
    }
  }
  // What others refer to goes last.
  for (const entity of now.reverse()) {
    if (oldOf(entity) !== undefined) continue
    if (restored.left.some((line) => line.startsWith(`${entity.type} "${entity.name}":`))) continue
    await write('DELETE', `${ENTITY_TYPES[entity.type]!.path}/${entity.id}`)
    restored.done.push(`${entity.type} "${entity.name}" is deleted again`)
  }
  return restored
}

function entryOf(sent: TenantFile, { type, name }: TenantEntity): Entry {
  return ((sent[type] ?? []) as Entry[]).find((entry) => entityName(type, entry) === name) ?? {}
}

function isSame(now: unknown, old: unknown): boolean {
  return covers(now, old) && covers(old, now)
}

async function putBack(
  write: ManagementWriter,
  now: TenantEntity,
  old: TenantEntity,
  changed: readonly string[],
): Promise<void> {
  const { type, id } = now
  const path = `${ENTITY_TYPES[type]!.path}/${id}`
  const fields = changed.filter((field) => !NOT_PATCHED[type]!.includes(field))
  if (fields.length > 0) {
    const body = Object.fromEntries(
      fields.map((field) => [field, oldValue(field, now.fields[field], old.fields[field])]),
    )
    await write('PATCH', path, body)
  }
  // What Actions get is a version, not the draft.
  if (type === 'actionModules' && fields.length > 0) await write('POST', `${path}/versions`)
  if (isConnection(type) && changed.includes('enabled_clients')) {
    const ids = (now.fields as { [CLIENT_IDS]?: Record<string, string> })[CLIENT_IDS] ?? {}
    const [is, was] = [now, old].map(({ fields }) => (fields['enabled_clients'] ?? []) as string[])
    const status = (names: string[], enabled: boolean) =>
      names.map((name) => ({ client_id: ids[name] ?? name, status: enabled }))
    await write('PATCH', `${path}/clients`, [
      ...status(
        was!.filter((name) => !is!.includes(name)),
        true,
      ),
      ...status(
        is!.filter((name) => !was!.includes(name)),
        false,
      ),
    ])
  }
  if (type === 'roles' && changed.includes('permissions')) {
    const { gone, extra } = difference(now.fields['permissions'], old.fields['permissions'])
    if (extra.length > 0) await write('DELETE', `${path}/permissions`, { permissions: extra.map(permission) })
    if (gone.length > 0) await write('POST', `${path}/permissions`, { permissions: gone.map(permission) })
  }
  if (type === 'organizations' && changed.includes('connections')) {
    const { gone, extra } = difference(now.fields['connections'], old.fields['connections'])
    for (const { connection_id } of extra) await write('DELETE', `${path}/connections/${connection_id}`)
    for (const { connection_id, assign_membership_on_login, show_as_button } of gone) {
      await write('POST', `${path}/connections`, {
        connection_id,
        ...(assign_membership_on_login === undefined ? {} : { assign_membership_on_login }),
        ...(show_as_button === undefined ? {} : { show_as_button }),
      })
    }
  }
}

/** Metadata is merged key by key, so that a key that was added has to be taken away by name. */
function oldValue(field: string, now: unknown, old: unknown): unknown {
  if (field !== 'client_metadata') return old ?? null
  const added = Object.keys((now ?? {}) as object).map((key) => [key, null])
  return { ...Object.fromEntries(added), ...(old as object | undefined) }
}

function difference(now: unknown, old: unknown): { gone: Entry[]; extra: Entry[] } {
  const [a, b] = [(now ?? []) as Entry[], (old ?? []) as Entry[]]
  const without = (list: Entry[], other: Entry[]) =>
    list.filter((item) => !other.some((known) => isSame(item, known)))
  return { gone: without(b, a), extra: without(a, b) }
}

function permission({ permission_name, resource_server_identifier }: Entry): Entry {
  return { permission_name, resource_server_identifier }
}
