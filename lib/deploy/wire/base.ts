import { bindingsOf, type Document, kindOf, memberOf } from './documents.ts'
import { type Entry, isEntry } from './json.ts'
import { fits, isUnreadable, parentOf } from './paths.ts'
import type { Reads } from './reads.ts'

/** Lists that show little more than the names of their resources. */
const SUMMARIZED = ['/forms', '/flows']

/** What the tenant has at a path: `null` when nothing, `undefined` when it does not say. */
export async function baseOf(reads: Reads, path: string, isNew: (id: string) => boolean): Promise<unknown> {
  const kind = kindOf(path)
  if (isNew(path)) return kind === 'document' ? null : []
  if (kind === 'members') {
    const paging = path.startsWith('/roles/') ? 'per_page=100&page=0&include_totals=true' : 'take=100'
    const { list } = await reads.read(`${path}?${paging}`)
    return list?.items.map(memberOf)
  }
  if (kind === 'bindings') {
    const { list } = await reads.read(`${path}?page=0&per_page=50`)
    return list === undefined ? undefined : bindingsOf(list.items)
  }
  if (isUnreadable(path)) {
    const { list } = await reads.read(parentOf(path)[0])
    return list === undefined || reads.listed(path) !== undefined ? undefined : null
  }
  const listed = reads.listed(path)
  const known = reads.known(path)?.answer
  if (known?.status === 200)
    return asSent(path, isEntry(known.json) ? { ...listed, ...known.json } : known.json)
  if (listed !== undefined && !SUMMARIZED.includes(parentOf(path)[0])) return asSent(path, listed)
  const { answer, list } = await reads.read(path)
  if (answer.status === 200) {
    if (list !== undefined) return list.items
    return asSent(path, isEntry(answer.json) ? { ...listed, ...answer.json } : answer.json)
  }
  // Some are shown in a list only.
  const [parent] = parentOf(path)
  const { list: others } = await reads.read(parent)
  return (
    asSent(path, reads.listed(path)) ?? (answer.status === 404 || others !== undefined ? null : undefined)
  )
}

/** What a tenant shows under another name than the one that it is written by. */
function asSent(path: string, shown: unknown): unknown {
  if (!isEntry(shown)) return shown
  if (path === '/branding/templates/universal-login') return { template: shown['body'] }
  if (fits(path, '/organizations/*/client-grants/*')) return { ...shown, grant_id: shown['id'] }
  if (path !== '/tenants/settings') return shown
  const minutes = Object.entries(shown).flatMap(([name, hours]) =>
    name.endsWith('session_lifetime') && typeof hours === 'number'
      ? [[`${name}_in_minutes`, Math.round(hours * 60)]]
      : [],
  )
  return { ...Object.fromEntries(minutes), ...shown }
}

/** Lists that show all of a resource. */
const SHOWN_WHOLE = [
  '/clients',
  '/resource-servers',
  '/client-grants',
  '/roles',
  '/connections',
  '/organizations',
  '/actions/actions',
  '/actions/modules',
]

/** Reads the resource itself where its list shows less than what is written. */
export async function deepen(reads: Reads, document: Document, body: unknown): Promise<void> {
  const { path, before, bodies } = document
  if (bodies.length > 0 || !isEntry(before) || !isEntry(body) || SHOWN_WHOLE.includes(parentOf(path)[0]))
    return
  if (reads.known(path) !== undefined || Object.keys(body).every((name) => name in before)) return
  const { answer } = await reads.read(path)
  if (answer.status !== 200 || !isEntry(answer.json)) return
  document.before = { ...before, ...answer.json }
  document.now = { ...(document.now as Entry), ...answer.json }
}
