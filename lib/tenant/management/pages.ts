import { badRequest } from './errors.ts'

/** How a list wants to be cut, as its query says. */
export interface ListQuery {
  page?: number
  per_page: number
  include_totals: boolean
  /** Checkpoint form: an entry count, and where to go on. */
  take?: number
  from?: string
}

const MAX_PER_PAGE = 100

/** @throws {ManagementError} 400 when a number is none, or larger than Auth0 takes. */
function listQuery(query: URLSearchParams): ListQuery {
  const take = count(query, 'take', MAX_PER_PAGE)
  // The next page would be the same one.
  if (take === 0)
    throw badRequest("Query validation error: 'take' must be at least 1.", 'invalid_query_string')
  const page = count(query, 'page', Number.MAX_SAFE_INTEGER)
  const from = query.get('from')
  return {
    per_page: count(query, 'per_page', MAX_PER_PAGE) ?? 50,
    include_totals: query.get('include_totals') === 'true',
    ...(page === undefined ? {} : { page }),
    ...(take === undefined ? {} : { take }),
    ...(from === null ? {} : { from }),
  }
}

function count(query: URLSearchParams, name: string, max: number): number | undefined {
  const text = query.get(name)
  if (text === null || text === '') return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0 || value > max) {
    throw badRequest(
      `Query validation error: '${name}' must be a whole number of at most ${max}.`,
      'invalid_query_string',
    )
  }
  return value
}

/** The response for a list: checkpoint form when asked with `take` or `from`, else pages, else the bare array. */
export function listAnswer(key: string, items: readonly unknown[], query: URLSearchParams): unknown {
  const { page, per_page, include_totals, take, from } = listQuery(query)
  if (take !== undefined || from !== undefined) {
    const start = from === undefined ? 0 : Number(Buffer.from(from, 'base64url').toString())
    if (!Number.isInteger(start) || start < 0) throw badRequest('The checkpoint in "from" is not valid.')
    const end = start + (take ?? 50)
    const next = end < items.length ? { next: Buffer.from(String(end)).toString('base64url') } : {}
    return { [key]: items.slice(start, end), ...next }
  }
  const start = (page ?? 0) * per_page
  const slice =
    page === undefined && !query.has('per_page') ? items.slice(0, 50) : items.slice(start, start + per_page)
  if (!include_totals) return slice
  return { [key]: slice, start, limit: per_page, length: slice.length, total: items.length }
}

/** The list of Actions, versions or bindings: without a total where it is empty, and never with its page. */
export function envelope(key: string, items: readonly unknown[], query: URLSearchParams): object {
  const { page = 0, per_page } = listQuery(query)
  const total = items.length === 0 ? {} : { total: items.length }
  return { [key]: items.slice(page * per_page, (page + 1) * per_page), ...total, per_page }
}

/** The list of modules, which says where it is in any case. */
export function moduleEnvelope(key: string, items: readonly unknown[], query: URLSearchParams): object {
  const { page = 0 } = listQuery(query)
  return { ...envelope(key, items, query), total: items.length, page }
}

/** A list that always comes in the checkpoint form, also when nothing asks for it. */
export function checkpointAnswer(key: string, items: readonly unknown[], query: URLSearchParams): object {
  const asked = new URLSearchParams(query)
  if (!['take', 'from'].some((name) => asked.has(name))) asked.set('take', '50')
  return listAnswer(key, items, asked) as object
}
