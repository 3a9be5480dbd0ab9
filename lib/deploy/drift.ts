import type { Journal } from './journal.ts'
import type { Plan } from './plan.ts'
import { codeHash } from './read-back.ts'
import type { DeployedAction, ReadBack } from './types.ts'
import { isDigest } from './wire/digests.ts'
import { type Entry, isEntry } from './wire/json.ts'
import { isBindings } from './wire/paths.ts'
import type { Step } from './wire/steps.ts'

/** Journals of what was done since a state was recorded: a deploy that was killed, failed, or kept no record. */
export function journalsSince(number: number, journals: readonly Journal[]): Journal[] {
  return journals.filter((journal) => journal.number > number && journal.end !== 'undone')
}

/**
 * What somebody else changed in a tenant since a state was recorded, one line each: code, runtime, secrets' names,
 * drafts and order of the Actions of that state. Empty for a tenant that has none of those Actions any more, such
 * as a local tenant that was started anew. Does not see values of secrets, nor other types.
 *
 * @param own What was done from here since then, which is nobody else's change. @defaultValue nothing
 */
export function driftSince(recorded: ReadBack, now: ReadBack, own: readonly Journal[] = []): string[] {
  return drifted(recorded, now, own).map(({ line }) => line)
}

/** The part of the drift that differs from the workspace too: a deploy would overwrite it, or would not see it. */
export function conflictingDrift(
  recorded: ReadBack,
  { before, changes, managed }: Pick<Plan, 'before' | 'changes' | 'managed'>,
  own: readonly Journal[] = [],
): string[] {
  return drifted(recorded, before, own)
    .filter(
      ({ type, name }) =>
        !managed.has(`${type}:${name}`) || changes.some((one) => one.type === type && one.name === name),
    )
    .map(({ line }) => line)
}

interface Drift {
  type: 'actions' | 'triggers'
  name: string
  line: string
}

function drifted(recorded: ReadBack, now: ReadBack, own: readonly Journal[]): Drift[] {
  const steps = own.flatMap((journal) => journal.steps)
  const there = new Map(now.actions.map((action) => [action.name, action]))
  const known = recorded.actions.filter(({ name }) => there.has(name))
  if (known.length === 0) return []
  const drift: Drift[] = []
  for (const old of recorded.actions) {
    const action = there.get(old.name)
    const ours = steps.filter(({ type, name }) => type === 'actions' && name === old.name)
    if (ours.some((step) => isOurs(step, action))) continue
    const add = (line: string) => drift.push({ type: 'actions', name: old.name, line })
    if (action === undefined) add(`"${old.name}" was deleted`)
    else if (action.codeHash !== old.codeHash) add(`the code of "${old.name}" was changed`)
    else if (action.runtime !== old.runtime) add(`the runtime of "${old.name}" was changed`)
    else if (action.secrets.join('\n') !== old.secrets.join('\n'))
      add(`the secrets of "${old.name}" were changed`)
    else if (old.allChangesDeployed && !action.allChangesDeployed)
      add(`"${old.name}" has a draft that is not deployed`)
  }
  for (const [trigger, names] of Object.entries(recorded.bindings)) {
    const order = now.bindings[trigger]
    const ours = steps.some((step) => isBoundBy(step, trigger, order ?? []))
    if (order !== undefined && !ours && JSON.stringify(order) !== JSON.stringify(names)) {
      drift.push({
        type: 'triggers',
        name: trigger,
        line: `${trigger} was bound to ${order.join(', ') || 'nothing'}`,
      })
    }
  }
  return drift
}

/** Whether an Action is as a step found it, as the step was to leave it, or between the two. */
function isOurs({ change, before, after, version }: Step, action: DeployedAction | undefined): boolean {
  if (action === undefined) return change === 'delete'
  const [was, is] = [before, after].map((one): Entry => (isEntry(one) ? one : {}))
  const codes = [was!['code'], is!['code'], version?.code]
  const isKnown = (name: string, now: string, shown: (value: unknown) => string) => {
    const known = [was![name], is![name]].filter((value) => value !== undefined)
    return known.length === 0 || known.some((value) => shown(value) === now)
  }
  return (
    codes.some(
      (code) => isDigest(code) || (typeof code === 'string' && codeHash(code) === action.codeHash),
    ) &&
    isKnown('runtime', action.runtime, String) &&
    isKnown('secrets', action.secrets.join('\n'), (list) =>
      (Array.isArray(list) ? list : [])
        .map(({ name }: Entry) => String(name))
        .sort()
        .join('\n'),
    )
  )
}

function isBoundBy({ path, before, after }: Step, trigger: string, order: readonly string[]): boolean {
  if (!isBindings(path) || !path.includes(`/${trigger}/`)) return false
  return [before, after].some(
    (list) =>
      Array.isArray(list) &&
      JSON.stringify(list.map(({ action_name }: Entry) => action_name)) === JSON.stringify(order),
  )
}
