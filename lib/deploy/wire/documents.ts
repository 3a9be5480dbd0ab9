import { withDerived } from './connection-options.ts'
import { type Entry, isEntry, merged } from './json.ts'
import { isBindings, isMembers, isReplaced, wholeMembers } from './paths.ts'

/** A resource that the deploy CLI writes: what the tenant has, and what it would have afterwards. */
export interface Document {
  path: string
  /**
   * `members`: a set to which calls add and from which they take away. `bindings`: the ordered list of a trigger.
   * `replaced`: a PUT gives all of it.
   */
  kind: 'document' | 'members' | 'bindings' | 'replaced'
  /** Key of tenant.yaml. */
  type: string
  method: 'PATCH' | 'PUT'
  /** `null`: it does not exist. `undefined`: it cannot be read. */
  before: unknown
  /** `null` once it is deleted. */
  now: unknown
  /** What the writes name, as they name it. */
  bodies: Entry[]
  /** Whether a version is made of it: an Action is deployed, a module published. */
  published: boolean
  /** Number of the version that is made of a module, where an Action names it. */
  namedVersion?: number
}

/** A write that the deploy CLI would make, in order. */
export interface Call {
  method: string
  path: string
  body?: unknown
  /** Path of the {@link Document} that it writes. */
  document: string
  purpose: 'create' | 'change' | 'add' | 'remove' | 'delete' | 'publish'
  /** The id that was made up for what it creates. */
  makes?: string
}

export interface Binding {
  action_name: string
  display_name: string
}

export function kindOf(path: string): Document['kind'] {
  if (isMembers(path)) return 'members'
  if (isBindings(path)) return 'bindings'
  return isReplaced(path) ? 'replaced' : 'document'
}

/** What tells two members of a set apart. */
export function memberKey(member: Entry): string {
  return member['client_id'] === undefined
    ? JSON.stringify([member['resource_server_identifier'], member['permission_name']])
    : String(member['client_id'])
}

/** Of a member what a call has to name. */
export function memberOf(member: Entry): Entry {
  const { client_id, permission_name, resource_server_identifier } = member
  return client_id === undefined ? { permission_name, resource_server_identifier } : { client_id }
}

/** The bindings of a trigger, as the API shows them or as a call names them. */
export function bindingsOf(list: readonly Entry[]): Binding[] {
  return list.map(({ action, ref, display_name }) => {
    const named = isEntry(action) ? action['name'] : isEntry(ref) ? ref['value'] : undefined
    return { action_name: String(named ?? ''), display_name: String(display_name ?? named ?? '') }
  })
}

/** Changes a document as the API would; returns whether it takes away or adds, of a set. */
export function change(document: Document, method: string, body: unknown): Call['purpose'] {
  if (document.kind === 'members') return changeMembers(document, method, body)
  if (document.kind === 'bindings') {
    const { bindings } = body as { bindings: Entry[] }
    document.now = bindingsOf(bindings)
    return 'change'
  }
  if (isEntry(body)) document.bodies.push(body)
  if (document.kind === 'replaced' || !isEntry(body)) {
    document.now = structuredClone(body)
    return 'change'
  }
  const [, actions, stale] = document.path.split('/')
  const isActions = actions === 'actions'
  document.now = structuredClone({
    ...patched(document.path, isEntry(document.now) ? document.now : {}, body),
    ...('options' in body && { options: withDerived(document.now, body['options']) }),
    ...(isActions && stale === 'actions' && { all_changes_deployed: false }),
    ...(isActions && stale === 'modules' && { all_changes_published: false }),
  })
  return 'change'
}

/** What a PATCH makes of a resource. */
function patched(path: string, value: Entry, body: Entry): Entry {
  const whole = wholeMembers(path).filter((name) => isEntry(body[name]))
  return {
    ...(merged(value, body) as Entry),
    ...Object.fromEntries(whole.map((name) => [name, body[name]])),
  }
}

function changeMembers(document: Document, method: string, body: unknown): 'add' | 'remove' {
  const given = (Array.isArray(body) ? body : ((body as Entry)['permissions'] ?? [])) as Entry[]
  const members = new Map(((document.now ?? []) as Entry[]).map((member) => [memberKey(member), member]))
  let removes = method === 'DELETE'
  for (const member of given) {
    if (method === 'DELETE' || member['status'] === false) {
      members.delete(memberKey(member))
      removes = true
    } else members.set(memberKey(member), memberOf(member))
  }
  document.now = [...members.values()]
  return removes ? 'remove' : 'add'
}

/** Members that the writes to a document name. */
export function sentMembers({ bodies }: Document): string[] {
  return [...new Set(bodies.flatMap(Object.keys))]
}

/** The document as it would be, had its writes found `before`; the tenant may have added to what was written. */
export function rebased(document: Document, before: unknown): Document {
  if (document.kind !== 'document' || document.now === null || !isEntry(before))
    return { ...document, before }
  const now = document.bodies.reduce((value, body) => merged(value, body) as Entry, before)
  return { ...document, before, now: withAdded(now, before) }
}

/** What was sent, with the members that the tenant has added to the items of lists. */
function withAdded(sent: unknown, has: unknown): unknown {
  if (Array.isArray(sent) && Array.isArray(has) && sent.length === has.length) {
    return sent.map((item, i) =>
      isEntry(item) && isEntry(has[i])
        ? { ...has[i], ...(withAdded(item, has[i]) as Entry) }
        : withAdded(item, has[i]),
    )
  }
  if (!isEntry(sent) || !isEntry(has)) return sent
  return Object.fromEntries(Object.entries(sent).map(([key, value]) => [key, withAdded(value, has[key])]))
}

/** Makes a version of an Action or a module; returns it as the API shows it. */
export function publish(document: Document, id: string, number: number): Entry {
  const now = (document.now ?? {}) as Entry
  const { code, runtime, dependencies, secrets, modules, supported_triggers } = now
  const content = { code, runtime, dependencies, secrets, modules, supported_triggers }
  const isModule = document.path.startsWith('/actions/modules/')
  const version = isModule
    ? { id, version_number: number, code, dependencies, secrets }
    : { ...content, id, number, deployed: true, status: 'built' }
  document.published = true
  document.now = isModule
    ? { ...now, all_changes_published: true, latest_version_number: number, latest_version: version }
    : { ...now, all_changes_deployed: true, deployed_version: version, current_version: version }
  return version
}
