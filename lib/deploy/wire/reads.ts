import { type Entry, isEntry } from './json.ts'
import { idMember, isReplaced, parentOf, targetOf } from './paths.ts'

export interface WireRequest {
  method: string
  /** Below `/api/v2`, with the query. */
  path: string
  body?: unknown
  /** Key of tenant.yaml that the deploy CLI works on. */
  type?: string
}

export interface WireAnswer {
  status: number
  /** `undefined` for a response without a body. */
  json?: unknown
  /** Whether an earlier try of the same call failed, and so may have been done. */
  failedBefore?: true
}

/** Sends one call to the tenant. Rejects when it cannot be reached. */
export type Upstream = (request: WireRequest) => Promise<WireAnswer>

/** A response of the tenant; a list has all its pages. */
export interface Read {
  path: string
  /** Of the query what chooses, such as `strategy=auth0`; not what cuts into pages. */
  filter: URLSearchParams
  answer: WireAnswer
  /** Of a list: its key in the response, empty for a bare array, and the resources on all pages. */
  list?: { key: string; items: readonly Entry[] }
}

/** What was read of a tenant: each once. */
export interface Reads {
  read(path: string): Promise<Read>
  /** The resource as the lists show it that were read so far. */
  listed(path: string): Entry | undefined
  /** The response to a plain GET of this path, if it was read. */
  known(path: string): Read | undefined
  /** Paths of the lists that were read, with their queries. */
  lists(): string[]
}

const PAGING = ['page', 'per_page', 'take', 'from', 'include_totals']
/** What a response has beside its list. */
const BESIDE = new Set(['start', 'limit', 'length', 'total', 'page', 'per_page', 'next'])

export function readsOf(upstream: Upstream): Reads {
  const asked = new Map<string, Promise<Read>>()
  const done = new Map<string, Read>()
  const items = new Map<string, Entry>()
  const listed: string[] = []

  function read(text: string): Promise<Read> {
    const { path, query } = targetOf(text)
    const filter = new URLSearchParams([...query].filter(([name]) => !PAGING.includes(name)))
    filter.sort()
    const key = `${path}?${filter}`
    const known = asked.get(key)
    if (known !== undefined) return known
    const promise = readAll(upstream, path, query, filter).then((result) => {
      done.set(key, result)
      if (result.list !== undefined) listed.push(text)
      const member = idMember(path)
      for (const item of result.list?.items ?? []) {
        const id = item[member]
        if (typeof id === 'string') items.set(`${path}/${id}`, { ...items.get(`${path}/${id}`), ...item })
      }
      return result
    })
    // A read that failed is tried again.
    promise.catch(() => asked.delete(key))
    asked.set(key, promise)
    return promise
  }

  return {
    read,
    listed(path) {
      const [list, id] = parentOf(path)
      return items.get(`${list}/${id}`)
    },
    known: (path) => done.get(`${path}?`),
    lists: () => [...listed],
  }
}

async function readAll(
  upstream: Upstream,
  path: string,
  asked: URLSearchParams,
  filter: URLSearchParams,
): Promise<Read> {
  const query = new URLSearchParams(asked)
  query.delete('from')
  if (query.has('page')) query.set('page', '0')
  const text = () => (query.size === 0 ? path : `${path}?${query}`)
  const answer = await upstream({ method: 'GET', path: text() })
  const paged = ['page', 'per_page', 'take'].some((name) => query.has(name))
  const key = answer.status === 200 ? keyOf(answer.json, paged, path) : undefined
  if (key === undefined) return { path, filter, answer }
  let batch = itemsOf(answer.json, key)
  const items = [...batch]
  for (let page = 1, last = answer; paged && batch.length > 0; page++) {
    const next = isEntry(last.json) ? last.json['next'] : undefined
    if (query.has('take')) {
      if (typeof next !== 'string' || next === '') break
      query.set('from', next)
    } else {
      const total = isEntry(last.json) ? last.json['total'] : undefined
      if (typeof total === 'number' ? items.length >= total : batch.length < perPage(query)) break
      query.set('page', String(page))
    }
    last = await upstream({ method: 'GET', path: text() })
    if (last.status !== 200) return { path, filter, answer: last }
    const following = itemsOf(last.json, key)
    // A tenant that does not know pages gives the same one for ever.
    if (JSON.stringify(following) === JSON.stringify(batch)) break
    batch = following
    items.push(...batch)
  }
  return { path, filter, answer, list: { key, items } }
}

function perPage(query: URLSearchParams): number {
  return Number(query.get('per_page') ?? 50)
}

/** The key of the list in a response that is one: other responses may have a list as a member. */
function keyOf(json: unknown, paged: boolean, path: string): string | undefined {
  if (isReplaced(path)) return undefined
  if (Array.isArray(json)) return json.every(isEntry) ? '' : undefined
  if (!isEntry(json)) return undefined
  const arrays = Object.keys(json).filter((name) => Array.isArray(json[name]))
  const [key] = arrays
  if (arrays.length !== 1 || key === undefined) return undefined
  const items = json[key] as unknown[]
  if (!items.every(isEntry)) return undefined
  const others = Object.keys(json).filter((name) => name !== key)
  if (paged || (others.length > 0 && others.every((name) => BESIDE.has(name)))) return key
  return others.length === 0 && items.every((item) => typeof item['id'] === 'string') ? key : undefined
}

function itemsOf(json: unknown, key: string): Entry[] {
  if (Array.isArray(json)) return json as Entry[]
  return ((json as Entry)[key] ?? []) as Entry[]
}

/** One page of a list, in the envelope of the response that it came in. */
export function pageOf(read: Read, items: readonly unknown[], asked: URLSearchParams): WireAnswer {
  const { json } = read.answer
  const key = read.list?.key ?? ''
  const status = 200
  const take = asked.get('take')
  if (take !== null || asked.has('from')) {
    const start = Number(asked.get('from') ?? 0)
    const end = start + Number(take ?? 50)
    const slice = items.slice(start, end)
    if (key === '') return { status, json: slice }
    const { next: _next, ...rest } = json as Entry
    return { status, json: { ...rest, [key]: slice, ...(end < items.length && { next: String(end) }) } }
  }
  const page = Number(asked.get('page') ?? 0)
  const per = perPage(asked)
  const cut = asked.has('page') || asked.has('per_page')
  const slice = cut ? items.slice(page * per, (page + 1) * per) : items
  if (key === '') return { status, json: slice }
  const { total: _total, ...rest } = json as Entry
  const counted = cut && (items.length > 0 || asked.get('include_totals') === 'true')
  return {
    status,
    json: {
      ...rest,
      ...('start' in rest && { start: page * per }),
      ...('page' in rest && { page }),
      [key]: slice,
      ...(counted && { total: items.length }),
    },
  }
}
