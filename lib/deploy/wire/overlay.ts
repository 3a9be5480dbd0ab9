import { randomBytes } from 'node:crypto'
import { baseOf, deepen } from './base.ts'
import { type Call, change, type Document, kindOf, publish } from './documents.ts'
import { type Entry, isEntry } from './json.ts'
import {
  childOf,
  fits,
  givenId,
  idMember,
  isMap,
  isSingle,
  listKey,
  parentOf,
  publishedBy,
  targetOf,
} from './paths.ts'
import {
  pageOf,
  type Read,
  type Reads,
  readsOf,
  type Upstream,
  type WireAnswer,
  type WireRequest,
} from './reads.ts'

/** What stands between the deploy CLI and a tenant. */
export interface Overlay {
  /** Returns the response that the tenant would give after the writes so far. Only reads go to the tenant. */
  handle(request: WireRequest): Promise<WireAnswer>
  /** The writes so far, in order. */
  readonly calls: readonly Call[]
  /** What they write, by path, in order of the first write. */
  readonly documents: ReadonlyMap<string, Document>
  readonly reads: Reads
  /** Whether an id was made up here. */
  isNew(text: string): boolean
}

/** How ids begin that are made up for what a tenant does not have yet. */
const MADE_UP = 'auth0-claims-new-'

/** Whether a path or an id is one that was made up. */
export function isMadeUp(text: string): boolean {
  return text.includes(MADE_UP)
}

/**
 * Copy-on-write over a tenant: reads pass through, each once; writes are recorded, and seen by the reads after them.
 *
 * Does not check what is written: what the tenant would refuse is found out when it is sent.
 */
export function overlayOf(upstream: Upstream): Overlay {
  const reads = readsOf(upstream)
  const calls: Call[] = []
  const opened = new Map<string, Promise<Document>>()
  const documents = new Map<string, Document>()
  const nonce = `${MADE_UP}${randomBytes(6).toString('hex')}`
  let made = 0
  const newId = () => `${nonce}-${++made}x`
  const isNew = isMadeUp

  function open(path: string, type: string, before: () => Promise<unknown>): Promise<Document> {
    let document = opened.get(path)
    if (document === undefined) {
      document = before().then((value) => {
        const opening: Document = {
          path,
          kind: kindOf(path),
          type,
          method: 'PATCH',
          before: value,
          now: structuredClone(value),
          bodies: [],
          published: false,
        }
        documents.set(path, opening)
        return opening
      })
      opened.set(path, document)
    }
    return document
  }

  /** The documents of a list that were created here. */
  function created(list: string, filter: URLSearchParams): Entry[] {
    return [...documents.values()].flatMap(({ path, before, now }) => {
      if (before !== null || !isEntry(now) || parentOf(path)[0] !== list || kindOf(path) !== 'document')
        return []
      const fits = [...new Set(filter.keys())].every(
        (name) => typeof now[name] !== 'string' || filter.getAll(name).includes(now[name]),
      )
      return fits ? [now] : []
    })
  }

  function viewed(read: Read): Entry[] {
    const { path, filter, list } = read
    const whole = documents.get(path)
    if (whole !== undefined && whole.kind !== 'document') return shownList(whole)
    const member = idMember(path)
    const items = (list?.items ?? []).flatMap((item) => {
      const document = documents.get(childOf(path, String(item[member])))
      if (document === undefined) return [item]
      return document.now === null ? [] : [{ ...item, ...(document.now as Entry) }]
    })
    return [...published(path), ...items, ...created(path, filter)]
  }

  /** The version that was made here of a module. */
  function published(path: string): Entry[] {
    const module = documents.get(parentOf(path)[0])
    if (!fits(path, '/actions/modules/*/versions') || module === undefined || !isEntry(module.now)) return []
    const { latest_version: latest } = module.now
    return module.published && isEntry(latest) ? [latest] : []
  }

  /** Notes which versions of modules that are made here an Action names: these are made, whatever is in them. */
  function needVersions(path: string, body: unknown): void {
    const modules = path.startsWith('/actions/actions') && isEntry(body) ? body['modules'] : undefined
    for (const { module_id, module_version_id, module_version_number } of (modules ?? []) as Entry[]) {
      const module = documents.get(childOf('/actions/modules', String(module_id)))
      if (module !== undefined && isNew(String(module_version_id)))
        module.namedVersion = Number(module_version_number)
    }
  }

  async function get({ path: text }: WireRequest): Promise<WireAnswer> {
    const { path, query } = targetOf(text)
    const document = documents.get(path)
    if (isNew(path)) return getNew(path, query, document)
    const read = await reads.read(text)
    if (read.list !== undefined) return pageOf(read, viewed(read), query)
    if (document === undefined || document.kind !== 'document') return read.answer
    if (document.now === null) return notFound(path)
    const { json } = read.answer
    return { status: 200, json: { ...(isEntry(json) ? json : {}), ...(document.now as Entry) } }
  }

  function getNew(path: string, query: URLSearchParams, document: Document | undefined): WireAnswer {
    const key = listKey(path)
    if (key === undefined) {
      if (isMap(path)) return { status: 200, json: document?.now ?? {} }
      return isEntry(document?.now) ? { status: 200, json: document.now } : notFound(path)
    }
    const filter = new URLSearchParams()
    const empty: Read = {
      path,
      filter,
      answer: { status: 200, json: key === '' ? [] : { [key]: [] } },
      list: { key, items: [] },
    }
    return pageOf(empty, viewed(empty), query)
  }

  async function post({ path: text, body, type = '' }: WireRequest): Promise<WireAnswer> {
    const { path } = targetOf(text)
    const publishing = publishedBy(path)
    if (publishing !== undefined) {
      const document = await open(publishing, type, () => baseOf(reads, publishing, isNew))
      const makes = newId()
      const version = publish(document, makes, versionOf(document) + 1)
      calls.push({ method: 'POST', path, document: document.path, purpose: 'publish', makes })
      return { status: 200, json: version }
    }
    if (kindOf(path) === 'members') {
      const document = await open(path, type, () => baseOf(reads, path, isNew))
      calls.push({ method: 'POST', path, body, document: path, purpose: change(document, 'POST', body) })
      return { status: 201, json: {} }
    }
    if (isMap(path)) {
      const document = await open(path, type, () => baseOf(reads, path, isNew))
      change(document, 'PATCH', body)
      calls.push({ method: 'POST', path, body, document: path, purpose: 'add' })
      return { status: 200, json: {} }
    }
    needVersions(path, body)
    const id = givenId(path, body as Entry) ?? newId()
    const own = isSingle(path) ? path : childOf(path, id)
    // What was deleted before exists again.
    const document = await open(own, type, async () => null)
    document.now = { ...structuredClone(body as Entry), ...(isSingle(path) ? {} : { [idMember(path)]: id }) }
    if (path === '/actions/actions')
      Object.assign(document.now as Entry, { status: 'built', all_changes_deployed: false })
    document.bodies.push(body as Entry)
    calls.push({
      method: 'POST',
      path,
      body,
      document: own,
      purpose: 'create',
      ...(isNew(id) && { makes: id }),
    })
    return { status: 201, json: document.now }
  }

  async function put({ method, path: text, body, type = '' }: WireRequest): Promise<WireAnswer> {
    const { path } = targetOf(text)
    const document = await open(path, type, () => baseOf(reads, path, isNew))
    needVersions(path, body)
    document.method = method === 'PUT' ? 'PUT' : 'PATCH'
    await deepen(reads, document, body)
    calls.push({ method, path: text, body, document: path, purpose: change(document, method, body) })
    return document.kind === 'members' ? { status: 204 } : { status: 200, json: shown(document) }
  }

  async function remove({ path: text, body, type = '' }: WireRequest): Promise<WireAnswer> {
    const { path } = targetOf(text)
    const document = await open(path, type, () => baseOf(reads, path, isNew))
    if (document.kind === 'members') {
      calls.push({ method: 'DELETE', path, body, document: path, purpose: change(document, 'DELETE', body) })
    } else if (isMap(path) && Array.isArray(body)) {
      change(document, 'PATCH', Object.fromEntries(body.map((name) => [String(name), null])))
      calls.push({ method: 'DELETE', path, body, document: path, purpose: 'remove' })
    } else {
      document.now = null
      calls.push({
        method: 'DELETE',
        path: text,
        ...(body !== undefined && { body }),
        document: path,
        purpose: 'delete',
      })
    }
    return { status: 204 }
  }

  return {
    handle(request) {
      if (request.method === 'GET') return get(request)
      if (request.method === 'POST') return post(request)
      return request.method === 'DELETE' ? remove(request) : put(request)
    },
    calls,
    documents,
    reads,
    isNew,
  }
}

/** Number of the newest version of an Action or a module. */
function versionOf({ now }: Document): number {
  if (!isEntry(now)) return 0
  const newest = isEntry(now['current_version']) ? now['current_version'] : now['deployed_version']
  return Number(now['latest_version_number'] ?? (isEntry(newest) ? newest['number'] : 0))
}

function shown({ now, kind }: Document): unknown {
  return kind === 'bindings' ? { bindings: shownList({ now, kind }) } : now
}

function shownList({ now, kind }: Pick<Document, 'now' | 'kind'>): Entry[] {
  if (kind !== 'bindings') return Array.isArray(now) ? (now as Entry[]) : []
  return (now as { action_name: string; display_name: string }[]).map(({ action_name, display_name }) => ({
    display_name,
    action: { name: action_name },
  }))
}

function notFound(path: string): WireAnswer {
  return {
    status: 404,
    json: { statusCode: 404, error: 'Not Found', message: `${path} does not exist`, errorCode: 'inexistent' },
  }
}
