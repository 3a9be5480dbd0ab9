import type { PlanChange } from '../types.ts'
import { type Difference, differenceOf } from './differences.ts'
import { type Digest, matchesDigest } from './digests.ts'
import { type Call, type Document, memberKey } from './documents.ts'
import { type Entry, isEntry } from './json.ts'
import type { Overlay } from './overlay.ts'
import { fits, isBindings, parentOf, partOf } from './paths.ts'

/** A document that differs, under the name that a plan gives it. */
export interface Changed {
  document: Document
  difference: Difference
  type: string
  name: string
}

/**
 * What the writes of an overlay come to, in their order.
 *
 * @param secrets By Action, names of those whose value is known to be another.
 * @param sent By path, of what cannot be read: what was sent last.
 */
export function changedDocuments(
  overlay: Overlay,
  secrets: ReadonlyMap<string, readonly string[]> = new Map(),
  sent: ReadonlyMap<string, Digest> = new Map(),
): Changed[] {
  return [...overlay.documents.values()].flatMap((document) => {
    const { type, name } = titleOf(overlay, document)
    const values = type === 'actions' ? (secrets.get(name) ?? []) : []
    const difference = differenceOf(document, document.before, values)
    if (difference === undefined) return []
    const known = difference.change === 'uncompared' ? sent.get(document.path) : undefined
    if (known !== undefined && matchesDigest(known, JSON.stringify(document.now))) return []
    return [{ document, difference, type, name }]
  })
}

/** One change for each entity: what is part of another one is a field of it. */
export function planChanges(changed: readonly Changed[]): PlanChange[] {
  const found = new Map<string, PlanChange>()
  for (const { document, difference, type, name } of changed) {
    const part = partOf(document.path)
    const change = part === undefined ? difference.change : 'update'
    const bound = document.kind === 'bindings' && (document.before as unknown[] | undefined)?.length === 0
    const fields = part === undefined ? difference.fields : [part.field]
    const key = JSON.stringify([type, name])
    const known = found.get(key)
    if (known === undefined)
      found.set(key, { type, name, change: bound ? 'create' : change, fields: [...fields] })
    else if (known.change === 'update') known.fields = [...new Set([...known.fields, ...fields])]
  }
  return [...found.values()]
}

/**
 * The calls that are needed, in order: those to documents that differ in the end, and of a set only the members that
 * come or go. With `all`, every call.
 */
export function neededCalls(overlay: Overlay, changed: readonly Changed[], all = false): Call[] {
  if (all) return [...overlay.calls]
  const differences = new Map(changed.map(({ document, difference }) => [document.path, difference]))
  return overlay.calls.flatMap((call): Call[] => {
    const difference = differences.get(call.document)
    if (difference === undefined) return []
    if (call.purpose === 'publish' ? !difference.publishes : !difference.changes) return []
    const document = overlay.documents.get(call.document)!
    if (document.kind !== 'members' || document.before === undefined) return [call]
    const body = neededMembers(document, call)
    return body === undefined ? [] : [{ ...call, body }]
  })
}

function neededMembers({ before, now }: Document, { body, method }: Call): unknown {
  const keys = (list: unknown) => new Set(((list ?? []) as Entry[]).map(memberKey))
  const [was, is] = [keys(before), keys(now)]
  const list = (Array.isArray(body) ? body : ((body as Entry)['permissions'] ?? [])) as Entry[]
  const needed = list.filter((member) => {
    const key = memberKey(member)
    const removes = method === 'DELETE' || member['status'] === false
    return removes ? was.has(key) && !is.has(key) : is.has(key) && !was.has(key)
  })
  if (needed.length === 0) return undefined
  return Array.isArray(body) ? needed : { ...(body as Entry), permissions: needed }
}

/** What a plan calls a document. */
export function titleOf(overlay: Overlay, document: Document): { type: string; name: string } {
  const { path } = document
  const part = partOf(path)
  const whole = part === undefined ? document : overlay.documents.get(part.whole)
  const entry = {
    ...overlay.reads.listed(part?.whole ?? path),
    ...(isEntry(whole?.before) ? whole.before : {}),
    ...(isEntry(whole?.now) ? whole.now : {}),
  }
  const type =
    path === '/tenants/settings'
      ? 'tenant'
      : document.type === ''
        ? (parentOf(part?.whole ?? path)[0].split('/')[1] ?? '')
        : (TYPES[document.type] ?? document.type)
  return { type, name: nameOf(overlay, type, part?.whole ?? path, entry) }
}

/** Steps of the deploy CLI that are no key of tenant.yaml. */
const TYPES: Readonly<Record<string, string>> = {
  clientAuthCredentials: 'clients',
  clientAuthCredentialsPre: 'clients',
}

function nameOf(overlay: Overlay, type: string, path: string, entry: Entry): string {
  if (path.startsWith('/resource-servers/')) return String(entry['identifier'] ?? entry['name'])
  if (path.startsWith('/client-grants/')) {
    const { client_id, audience, subject_type } = entry
    return `${clientName(overlay, String(client_id))} ${String(audience)} ${String(subject_type ?? 'client')}`
  }
  if (isBindings(path)) return path.split('/')[3]!
  for (const member of ['name', 'displayName', 'domain', 'description']) {
    if (typeof entry[member] === 'string' && parentOf(path)[0].split('/').length > 1 && isListed(path)) {
      return entry[member]
    }
  }
  if (path.startsWith('/guardian/') && !isFactor(path)) return type
  // Settings of which there is one.
  const common = ['settings', 'provider', 'templates']
  const rest = path
    .split('/')
    .slice(2)
    .filter((part) => !common.includes(part))
  return rest.length === 0 ? type : rest.join('/')
}

/** A factor of its own, not what it is set to. */
function isFactor(path: string): boolean {
  return fits(path, '/guardian/factors/*')
}

/** Settings, of which there is one of each. */
const SETTINGS = ['tenants', 'prompts', 'attack-protection', 'emails', 'risk-assessments']

function isListed(path: string): boolean {
  return !SETTINGS.includes(path.split('/')[1]!) && path !== '/guardian/policies'
}

function clientName(overlay: Overlay, id: string): string {
  const path = `/clients/${id}`
  const entry = (overlay.documents.get(path)?.now ?? overlay.reads.listed(path)) as Entry | undefined
  return String(entry?.['name'] ?? id)
}
