import type { Entry } from './json.ts'
import { childOf, idMember, parentOf } from './paths.ts'
import type { Reads } from './reads.ts'
import type { Step } from './steps.ts'

/** Where a resource is whose answer was lost: the one of that name in its list. */
export async function pathByName(reads: Reads, { path, after, name }: Step): Promise<string | undefined> {
  const [list] = parentOf(path)
  const { list: found } = await reads.read(
    `${list}${QUERIES[list] ?? '?page=0&per_page=50&include_totals=true'}`,
  )
  const sent = (after ?? {}) as Entry
  const there = found?.items.find((item) =>
    ['identifier', 'name', 'audience', 'domain'].some((member) => member in sent)
      ? ['identifier', 'name', 'audience', 'client_id', 'domain'].every(
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
