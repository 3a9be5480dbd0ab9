import { type Binding, type Document, memberKey, sentMembers } from './documents.ts'
import { coversValue, type Entry, isEntry, sameValue } from './json.ts'

/** How a tenant differs from what was written over it. */
export interface Difference {
  change: 'create' | 'update' | 'delete' | 'uncompared'
  fields: string[]
  /** Whether the calls that change it are needed. */
  changes: boolean
  /** Whether a version has to be made. */
  publishes: boolean
}

/**
 * What is left of all writes to a document, compared with what the tenant has; `undefined` when nothing is.
 *
 * @param secrets Names of secrets whose value is known to be another.
 */
export function differenceOf(
  document: Document,
  before: unknown = document.before,
  secrets: readonly string[] = [],
): Difference | undefined {
  const { now, kind, published } = document
  const update = (fields: string[]): Difference | undefined =>
    fields.length === 0 ? undefined : { change: 'update', fields, changes: true, publishes: published }
  if (before === undefined) return { change: 'uncompared', fields: [], changes: true, publishes: published }
  if (now === null) {
    return before === null ? undefined : { change: 'delete', fields: [], changes: true, publishes: false }
  }
  if (before === null) return { change: 'create', fields: [], changes: true, publishes: published }
  if (kind === 'members') return update(sameMembers(before as Entry[], now as Entry[]) ? [] : ['members'])
  if (kind === 'bindings') return update(bindingFields(before as Binding[], now as Binding[]))
  if (!isEntry(now) || !isEntry(before)) return update(sameValue(before, now) ? [] : ['value'])
  if (kind === 'replaced') {
    return update(Object.keys({ ...before, ...now }).filter((name) => !sameValue(before[name], now[name])))
  }
  if (document.path.startsWith('/actions/actions/')) return actionDifference(document, before, now, secrets)
  const fields = sentMembers(document).filter((name) => !sameField(name, before, now))
  if (document.path.startsWith('/actions/modules/')) {
    const stale = published && before['all_changes_published'] === false
    // Equal to the one before, and yet named by an Action. It is made of a draft, so that has to be written.
    const wanted = (document.namedVersion ?? 0) > Number(before['latest_version_number'] ?? 0)
    if (fields.length === 0 && !stale && !wanted) return undefined
    return {
      change: 'update',
      fields: fields.length > 0 ? fields : [stale ? 'draft' : 'version'],
      changes: fields.length > 0 || wanted,
      publishes: published,
    }
  }
  return update([...fields, ...lostOptions(before['options'], now['options'])])
}

/** How a field begins that says which option a connection would lose: those that are not sent are taken away. */
export const LOSS = 'without options.'

function lostOptions(before: unknown, now: unknown): string[] {
  if (!isEntry(before) || !isEntry(now)) return []
  const lost = Object.keys(before).filter((name) => !(name in now) && !sameValue(before[name], undefined))
  return lost.map((name) => `${LOSS}${name}`)
}

/** What a version keeps. */
const CONTENT = ['code', 'runtime', 'secrets', 'dependencies', 'modules'] as const

function actionDifference(
  document: Document,
  before: Entry,
  now: Entry,
  secrets: readonly string[],
): Difference | undefined {
  const { published } = document
  const sent = sentMembers(document)
  const inDraft = sent.filter((name) => !sameField(name, before, now))
  const values = secrets.map((name) => `value of ${name}`)
  const changes = inDraft.length > 0 || values.length > 0
  if (!published) {
    return changes
      ? { change: 'update', fields: [...inDraft, ...values], changes, publishes: false }
      : undefined
  }
  const version = isEntry(before['deployed_version']) ? before['deployed_version'] : undefined
  const fields =
    version === undefined
      ? inDraft
      : [
          // In the order of the table, then what is no part of a version.
          ...CONTENT.filter(
            (name) => sent.includes(name) && name in version && !sameField(name, version, now),
          ),
          ...inDraft.filter((name) => !CONTENT.some((part) => part === name) || !(name in version)),
        ]
  const all = [...fields, ...values]
  if (version === undefined) all.push('deployed')
  const stale = before['all_changes_deployed'] === false
  if (all.length === 0 && (changes || stale)) all.push('draft')
  return all.length === 0 ? undefined : { change: 'update', fields: all, changes, publishes: true }
}

function sameField(name: string, before: Entry, now: Entry): boolean {
  if (name === 'secrets') return sameSecrets(listOf(before[name]), listOf(now[name]))
  if (name === 'dependencies') return samePackages(listOf(before[name]), listOf(now[name]))
  // With its name: a secret that is not shown is known by it.
  // To the items of these a tenant adds what it knows of them.
  if (name === 'supported_triggers' || name === 'modules') return coversValue(before[name], now[name])
  return sameValue({ [name]: before[name] }, { [name]: now[name] })
}

function listOf(value: unknown): Entry[] {
  return Array.isArray(value) ? (value as Entry[]) : []
}

function sameSecrets(before: readonly Entry[], now: readonly Entry[]): boolean {
  const names = (list: readonly Entry[]) => JSON.stringify(list.map(({ name }) => name).sort())
  return names(before) === names(now)
}

/** In any order; `latest` has become some version in the tenant. */
function samePackages(before: readonly Entry[], now: readonly Entry[]): boolean {
  const left = [...before]
  const found = now.every(({ name, version }) => {
    const at = left.findIndex(
      (has) => has['name'] === name && (version === 'latest' || has['version'] === version),
    )
    if (at !== -1) left.splice(at, 1)
    return at !== -1
  })
  return found && left.length === 0
}

function sameMembers(before: readonly Entry[], now: readonly Entry[]): boolean {
  return JSON.stringify(before.map(memberKey).sort()) === JSON.stringify(now.map(memberKey).sort())
}

// The order is the order of execution: the deploy CLI's own preview sorts here, and misses a reorder.
function bindingFields(before: readonly Binding[], now: readonly Binding[]): string[] {
  const names = (list: readonly Binding[]) => list.map(({ action_name }) => action_name)
  const same = (a: readonly string[], b: readonly string[]) => JSON.stringify(a) === JSON.stringify(b)
  const [was, is] = [names(before), names(now)]
  if (!same(was, is)) return [same([...was].sort(), [...is].sort()) ? 'order' : 'bindings']
  return now.every(({ display_name }, index) => display_name === before[index]?.display_name)
    ? []
    : ['display_name']
}
