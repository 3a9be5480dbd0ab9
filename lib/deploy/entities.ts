import type { TenantFile } from '../workspace/types.ts'

type Entry = Record<string, unknown>

/** What tells two entities of a type apart: the name, an API's identifier, a grant's application and audience. */
export function entityName(type: string, entry: Entry): string {
  if (type === 'resourceServers') return String(entry['identifier'])
  if (type === 'clientGrants') {
    return `${String(entry['client_id'])} ${String(entry['audience'])} ${String(entry['subject_type'] ?? 'client')}`
  }
  return String(entry['name'])
}

/** The part of a tenant file that holds only these entities; bindings go by trigger. */
export function selectedEntities(
  tenant: TenantFile,
  only: Readonly<Record<string, readonly string[]>> | undefined,
): TenantFile {
  if (only === undefined) return tenant
  const part: TenantFile = {}
  for (const [type, names] of Object.entries(only)) {
    const value = tenant[type]
    if (type === 'triggers') {
      part.triggers = Object.fromEntries(
        Object.entries(tenant.triggers ?? {}).filter(([trigger]) => names.includes(trigger)),
      )
    } else if (Array.isArray(value)) {
      part[type] = (value as Entry[]).filter((entry) => names.includes(entityName(type, entry)))
    } else if (value !== undefined) {
      part[type] = value
    }
  }
  return part
}
