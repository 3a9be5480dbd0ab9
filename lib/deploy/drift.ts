import type { Plan } from './plan.ts'
import type { ReadBack } from './types.ts'

/**
 * What somebody else changed in a tenant since a state was recorded, one line each: code, runtime, secrets' names,
 * drafts and order of the Actions of that state. Empty for a tenant that has none of those Actions any more, such
 * as a local tenant that was started anew. Does not see values of secrets, nor other types.
 */
export function driftSince(recorded: ReadBack, now: ReadBack): string[] {
  return drifted(recorded, now).map(({ line }) => line)
}

/** The part of the drift that is not what the workspace has as well: a deploy would go over it, or would not see it. */
export function conflictingDrift(
  recorded: ReadBack,
  { before, changes, managed }: Pick<Plan, 'before' | 'changes' | 'managed'>,
): string[] {
  return drifted(recorded, before)
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

function drifted(recorded: ReadBack, now: ReadBack): Drift[] {
  const there = new Map(now.actions.map((action) => [action.name, action]))
  const known = recorded.actions.filter(({ name }) => there.has(name))
  if (known.length === 0) return []
  const drift: Drift[] = []
  for (const old of recorded.actions) {
    const action = there.get(old.name)
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
    if (order !== undefined && JSON.stringify(order) !== JSON.stringify(names)) {
      drift.push({
        type: 'triggers',
        name: trigger,
        line: `${trigger} was bound to ${order.join(', ') || 'nothing'}`,
      })
    }
  }
  return drift
}
