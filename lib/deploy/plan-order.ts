import type { TenantFile } from '../workspace/types.ts'
import type { Changed } from './wire/changes.ts'

/**
 * What a plan changes, in an order that does not depend on which response of the tenant came first: types as the deploy
 * CLI comes to them; entities in the order of tenant.yaml, the others by name; an entity before its parts.
 *
 * @param changed In the order of the writes: the deploy CLI ends one type before it begins the next.
 * @param tenant With the values of markers.
 */
export function inPlanOrder(changed: readonly Changed[], tenant: TenantFile): Changed[] {
  const types = new Map([...new Set(changed.map(({ type }) => type))].map((type, at) => [type, at]))
  const places = new Map([...types.keys()].map((type) => [type, placesOf(type, tenant[type])]))
  const placeOf = ({ type, name }: Changed) => places.get(type)!.get(name) ?? Number.POSITIVE_INFINITY
  const depth = ({ document }: Changed) => document.path.split('/').length
  return [...changed].sort(
    (a, b) =>
      types.get(a.type)! - types.get(b.type)! ||
      compared(placeOf(a), placeOf(b)) ||
      compared(a.name, b.name) ||
      depth(a) - depth(b) ||
      compared(a.document.path, b.document.path),
  )
}

/** What tells two entities of a type apart: the name, an API's identifier, a grant's application and audience. */
export function entityName(type: string, entry: Record<string, unknown>): string {
  if (type === 'resourceServers') return String(entry['identifier'])
  if (type === 'clientGrants') {
    return `${String(entry['client_id'])} ${String(entry['audience'])} ${String(entry['subject_type'] ?? 'client')}`
  }
  return String(entry['name'])
}

function placesOf(type: string, entries: unknown): Map<string, number> {
  const names = Array.isArray(entries)
    ? entries.map((entry: Record<string, unknown>) => entityName(type, entry))
    : Object.keys((entries as object | null | undefined) ?? {})
  // Of two of one name the first counts.
  return new Map(names.map((name, at) => [name, at] as const).reverse())
}

function compared<T extends string | number>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
