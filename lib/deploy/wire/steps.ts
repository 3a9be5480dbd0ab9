import type { Changed } from './changes.ts'
import { digestOf } from './digests.ts'
import { type Document, sentMembers } from './documents.ts'
import { type Entry, isEntry } from './json.ts'
import { isUnreadable, partOf } from './paths.ts'

/** What a deploy does to one resource, with all that undoing it needs. */
export interface Step {
  path: string
  kind: Document['kind']
  method: Document['method']
  /** What a plan calls it. */
  type: string
  name: string
  change: 'create' | 'update' | 'delete' | 'uncompared'
  /** Of an update: the fields that change, or the whole list. Of a delete: all that was shown. */
  before?: unknown
  after?: unknown
  /** What the tenant showed besides when all was sent: what it adds by itself. */
  shown?: Entry
  /** Whether a version is made of it. */
  published: boolean
  /** Of an Action or a module: the version that ran, and whether the draft was it. */
  version?: { id: string; number: number; code: string; clean: boolean }
}

/** Fields of an Action or a module that a version has as well. */
export const CONTENT = ['code', 'runtime', 'secrets', 'dependencies', 'modules']

/** The steps of a deploy, in the order of its writes. */
export function stepsOf(changed: readonly Changed[]): Step[] {
  return changed.map(({ document, difference, type, name }): Step => {
    const { path, kind, method, before, now } = document
    const { change } = difference
    const version = versionOf(before)
    return {
      path,
      kind,
      method,
      type,
      name,
      change,
      ...contentOf(document, change),
      published: difference.publishes,
      ...(version !== undefined && { version }),
      // The name that a part carries is that of the whole.
      ...(change === 'delete' && partOf(path) !== undefined && isEntry(before) && { before }),
      ...(now === null && { after: null }),
    }
  })
}

function contentOf(document: Document, change: Step['change']): Pick<Step, 'before' | 'after'> {
  const { before, now, kind, path } = document
  // Nobody can read it: whether it was sent already is told by this alone.
  if (change === 'uncompared' || isUnreadable(path)) return { after: digestOf(JSON.stringify(now)) }
  if (kind !== 'document' || !isEntry(now)) return { before, after: now }
  const names = path.startsWith('/actions/')
    ? [...new Set([...CONTENT, ...sentMembers(document)])]
    : sentMembers(document)
  const after = picked(now, names)
  return isEntry(before) ? { before: picked(before, names), after } : { after }
}

function picked(entry: Entry, names: readonly string[]): Entry {
  return Object.fromEntries(
    names.filter((name) => entry[name] !== undefined).map((name) => [name, entry[name]]),
  )
}

/** The version that runs of an Action, or that Actions get of a module. */
export function versionOf(resource: unknown): Step['version'] {
  if (!isEntry(resource)) return undefined
  const { deployed_version: deployed, latest_version: latest } = resource
  const version = isEntry(deployed) ? deployed : latest
  if (!isEntry(version) || typeof version['id'] !== 'string') return undefined
  return {
    id: version['id'],
    number: Number(version['number'] ?? version['version_number'] ?? 0),
    code: String(version['code'] ?? ''),
    clean: resource['all_changes_deployed'] !== false && resource['all_changes_published'] !== false,
  }
}
