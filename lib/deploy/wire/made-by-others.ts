import { bindingsOf, memberKey } from './documents.ts'
import { coversValue, type Entry, isEntry, isSecretName } from './json.ts'
import { fits, idMember, isMembers, parentOf, partLists, partOf } from './paths.ts'
import { readsOf, type Upstream } from './reads.ts'
import type { Step } from './steps.ts'

/** What a tenant changes by itself, or nobody sets: ids, times, states, versions. */
const OWN =
  /(^|_)(ids?|count|total|at)$|^(status|tenant|global|realms|enabled_clients|certificate|verification|integration)$|version|modules|^all_changes/

/** What a tenant shows of a resource besides what was sent, without secrets and what it changes by itself. */
export function besideSent(shown: Entry, sent: Entry): Entry {
  const result: Entry = {}
  for (const [name, value] of Object.entries(shown)) {
    if (OWN.test(name) || isSecretName(name)) continue
    if (!Object.hasOwn(sent, name)) {
      const clear = withoutSecretMembers(value)
      if (!coversValue(undefined, clear)) result[name] = clear
    } else if (isEntry(value) && isEntry(sent[name])) {
      const more = besideSent(value, sent[name])
      if (Object.keys(more).length > 0) result[name] = more
    }
  }
  return result
}

function withoutSecretMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecretMembers)
  if (!isEntry(value)) return value
  const clear = Object.entries(value).filter(([name]) => !isSecretName(name))
  return Object.fromEntries(clear.map(([name, item]) => [name, withoutSecretMembers(item)]))
}

/** What holds members for the user alone: a tenant adds nothing to it. */
const FREE = /metadata$/

/** The field of something that we made to which somebody else has added. */
export function addedByOthers(step: Step, now: Entry): string | undefined {
  const ours = (step.after ?? {}) as Entry
  const names = (list: unknown) => (Array.isArray(list) ? list.map(({ name }: Entry) => String(name)) : [])
  const known = names(ours['secrets'])
  if (fits(step.path, '/actions/*/*') && names(now['secrets']).some((name) => !known.includes(name)))
    return 'secrets'
  const { shown } = step
  return Object.entries(besideSent(now, ours)).find(([name, value]) =>
    // Of a deploy that did not come to its end nobody knows what the tenant has added.
    shown === undefined ? FREE.test(name) : !coversValue(shown[name], value),
  )?.[0]
}

/** What others have made that would go with something of ours, or that nobody lets us see. */
export interface Attached {
  what: string
  /** The scope of the Management API that is missing to see it. */
  needs?: string
}

/**
 * What others have attached to something that we made, such as a permission to a role: a delete would take it away.
 *
 * @param now What the tenant shows of it.
 * @param steps What we did, parts included.
 */
export async function attachedByOthers(
  upstream: Upstream,
  path: string,
  now: Entry,
  steps: readonly Step[],
): Promise<Attached | undefined> {
  // As it is now, not as it was before other steps were undone.
  const reads = readsOf(upstream)
  for (const list of partLists(path)) {
    const { list: found } = await reads.read(`${list}?${list.endsWith('/clients') ? 'take=100' : PAGES}`)
    const ours = steps.flatMap((step) =>
      step.path === list
        ? ((step.after ?? []) as Entry[]).map(memberKey)
        : parentOf(step.path)[0] === list
          ? [parentOf(step.path)[1]]
          : [],
    )
    const key = (item: Entry) => (isMembers(list) ? memberKey(item) : String(item[idMember(list)]))
    if (found?.items.some((item) => !ours.includes(key(item))) === true)
      return { what: partOf(`${list}/x`)?.field ?? 'members' }
  }
  const granted = Object.entries(GRANTED).find(([form]) => fits(path, form))?.[1]
  if (granted !== undefined) {
    const value = encodeURIComponent(String(now[granted.member]))
    const { list: found } = await reads.read(`/client-grants?${granted.query}=${value}&take=50`)
    const ours = new Set(steps.map((step) => step.path))
    if (found?.items.some(({ id }) => !ours.has(`/client-grants/${String(id)}`)) === true)
      return { what: 'clientGrants' }
  }
  if (fits(path, '/actions/actions/*')) {
    for (const { id } of (now['supported_triggers'] ?? []) as Entry[]) {
      const { list: bound } = await reads.read(`/actions/triggers/${String(id)}/bindings?page=0&per_page=50`)
      if (bindingsOf(bound?.items ?? []).some(({ action_name }) => action_name === now['name']))
        return { what: `triggers "${String(id)}"` }
    }
  }
  return undefined
}

/** How grants are found of an API and of an application: they go with it. */
const GRANTED: Readonly<Record<string, { query: string; member: string }>> = {
  '/resource-servers/*': { query: 'audience', member: 'identifier' },
  '/clients/*': { query: 'client_id', member: 'client_id' },
}

/** Users and members that go with a resource: no deploy writes them. */
export async function peopleOf(upstream: Upstream, path: string, now: Entry): Promise<Attached | undefined> {
  const people = Object.entries(PEOPLE).find(([form]) => fits(path, form))?.[1]
  if (people === undefined) return undefined
  const { what, needs } = people
  const { status, json } = await upstream({ method: 'GET', path: people.list(path, String(now['name'])) })
  if (status === 403) return { what, needs }
  const list = isEntry(json) ? json[what] : json
  return status === 200 && Array.isArray(list) && list.length > 0 ? { what } : undefined
}

const PEOPLE: Readonly<
  Record<string, { what: string; needs: string; list: (path: string, name: string) => string }>
> = {
  '/roles/*': {
    what: 'users',
    needs: 'read:users',
    list: (path) => `${path}/users?page=0&per_page=1`,
  },
  '/organizations/*': {
    what: 'members',
    needs: 'read:organization_members',
    list: (path) => `${path}/members?page=0&per_page=1`,
  },
  '/connections/*': {
    what: 'users',
    needs: 'read:users',
    list: (_path, name) =>
      `/users?search_engine=v3&page=0&per_page=1&q=${encodeURIComponent(`identities.connection:"${name}"`)}`,
  },
}

const PAGES = 'page=0&per_page=50&include_totals=true'
