import type { ReadBack } from './types.ts'

/**
 * What somebody else changed in a tenant since a state was recorded, one line each: code, runtime, secrets' names,
 * drafts and order of the Actions of that state. Empty for a tenant that has none of those Actions any more, such
 * as a local tenant that was started anew. Does not see values of secrets, nor other types.
 */
export function driftSince(recorded: ReadBack, now: ReadBack): string[] {
  const there = new Map(now.actions.map((action) => [action.name, action]))
  const known = recorded.actions.filter(({ name }) => there.has(name))
  if (known.length === 0) return []
  const drift: string[] = []
  for (const old of recorded.actions) {
    const action = there.get(old.name)
    if (action === undefined) drift.push(`"${old.name}" was deleted`)
    else if (action.codeHash !== old.codeHash) drift.push(`the code of "${old.name}" was changed`)
    else if (action.runtime !== old.runtime) drift.push(`the runtime of "${old.name}" was changed`)
    else if (action.secrets.join('\n') !== old.secrets.join('\n'))
      drift.push(`the secrets of "${old.name}" were changed`)
    else if (old.allChangesDeployed && !action.allChangesDeployed)
      drift.push(`"${old.name}" has a draft that is not deployed`)
  }
  for (const [trigger, names] of Object.entries(recorded.bindings)) {
    const order = now.bindings[trigger]
    if (order !== undefined && JSON.stringify(order) !== JSON.stringify(names)) {
      drift.push(`${trigger} was bound to ${order.join(', ') || 'nothing'}`)
    }
  }
  return drift
}
