import { type Entry, isEntry } from './json.ts'
import { childOf, idMember, parentOf } from './paths.ts'
import type { Reads } from './reads.ts'
import type { Step } from './steps.ts'

/** What tells resources of a list apart, besides their ids. */
const NAMING = ['identifier', 'name', 'audience', 'domain']

/** Whether a body says by what its resource can be found. */
export function hasNaming(body: unknown): boolean {
  return isEntry(body) && NAMING.some((member) => member in body)
}

/**
 * The path of a resource whose response was lost: the one of that name in its list. `undefined` when there is none,
 * `null` when the list cannot be read.
 */
export async function pathByName(
  reads: Reads,
  { path, after, name }: Pick<Step, 'path' | 'after' | 'name'>,
): Promise<string | null | undefined> {
  const [list] = parentOf(path)
  const { list: found } = await reads.read(
    `${list}${QUERIES[list] ?? '?page=0&per_page=50&include_totals=true'}`,
  )
  if (found === undefined) return null
  const sent = (after ?? {}) as Entry
  const there = found.items.find((item) =>
    hasNaming(sent)
      ? [...NAMING, 'client_id'].every(
          (member) =>
            sent[member] === undefined ||
            item[member] === sent[member] ||
            (member === 'client_id' && list === '/clients'),
        )
      : item['name'] === name,
  )
  const id = there?.[idMember(list)]
  return typeof id === 'string' ? childOf(list, id) : undefined
}

/** Lists that are read in another way. */
const QUERIES: Readonly<Record<string, string>> = {
  '/connections': '?take=50',
  '/client-grants': '?take=50',
  '/organizations': '?take=50',
  '/actions/actions': '?page=0&per_page=50',
  '/actions/modules': '?page=0&per_page=50',
}
