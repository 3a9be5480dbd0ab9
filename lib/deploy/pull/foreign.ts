import type { TenantFile } from '../../workspace/types.ts'
import type { TenantAccess } from '../types.ts'
import { type Entry, isEntry } from '../wire/json.ts'
import type { Reads } from '../wire/reads.ts'

/** Lists whose entries are told apart otherwise than by their name alone. */
const SHARED_NAMES: ReadonlySet<string> = new Set(['guardianFactorProviders', 'clientGrants', 'themes'])

/**
 * Leaves out what is not the owner's: the application whose credentials are in use, Auth0's own entities, and those of
 * the marketplace.
 */
export function withoutForeign(
  assets: TenantFile,
  { credentials }: TenantAccess,
  all: TenantFile,
  { reads, foreign }: { reads: Reads; foreign: Set<string> },
): TenantFile {
  const ownId = 'clientId' in credentials ? credentials.clientId : undefined
  const own = ownId === undefined ? undefined : reads.listed(`/clients/${ownId}`)?.['name']
  const result = { ...assets }
  const keep = (type: string, wanted: (entry: Entry) => boolean) => {
    const list = result[type]
    if (!Array.isArray(list)) return
    for (const entry of list as Entry[]) if (!wanted(entry)) foreign.add(foreignKey(type, entry))
    result[type] = (list as Entry[]).filter(wanted)
  }
  const isOwn = (name: unknown) => own !== undefined && name === own
  keep('clients', ({ name, client_id, global, is_global }) => {
    return !isOwn(name) && client_id !== ownId && global !== true && is_global !== true
  })
  keep('clientGrants', ({ client_id, is_system }) => is_system !== true && !isOwn(client_id))
  keep('resourceServers', ({ is_system }) => is_system !== true)
  const known = all.actions
  if (known !== undefined && isEntry(result.triggers)) {
    const names = new Set(known.map(({ name }) => name))
    result.triggers = Object.fromEntries(
      Object.entries(result.triggers).flatMap(([id, bindings]) => {
        const left = bindings.filter(({ action_name }) => names.has(action_name))
        return left.length === 0 ? [] : [[id, left]]
      }),
    )
  }
  return result
}

/** What tells an entry that is in no pull. */
export function foreignKey(type: string, entry: Entry): string {
  const key = type === 'clientGrants' ? 'client_id' : type === 'resourceServers' ? 'identifier' : 'name'
  return `${type} ${String(entry[key] ?? entry['name'] ?? '')}`
}

/** Takes out entries that share their name with others of their type: no deploy can tell them apart. */
export function takeDuplicates(assets: TenantFile, foreign: Set<string>): [type: string, names: string[]][] {
  const found: [string, string[]][] = []
  for (const [type, list] of Object.entries(assets)) {
    if (!Array.isArray(list) || SHARED_NAMES.has(type)) continue
    const counts = new Map<unknown, number>()
    for (const { name } of list as Entry[])
      if (typeof name === 'string') counts.set(name, (counts.get(name) ?? 0) + 1)
    const twice = [...counts].filter(([, count]) => count > 1).map(([name]) => name)
    if (twice.length === 0) continue
    for (const name of twice) foreign.add(foreignKey(type, { name }))
    assets[type] = (list as Entry[]).filter(({ name }) => !twice.includes(name))
    found.push([type, twice.map((name) => `"${String(name)}"`)])
  }
  return found
}
