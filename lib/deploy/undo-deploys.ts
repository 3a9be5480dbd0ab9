import { stepWithIds } from './deploy-changes.ts'
import type { Journal } from './journal.ts'
import { type Entry, isEntry } from './wire/json.ts'
import type { Step } from './wire/steps.ts'

/**
 * What several deploys did together, as one: what the oldest found, and what the newest left.
 *
 * @param journals From the oldest.
 */
export function stepsTogether(journals: readonly Journal[]): Step[] {
  const found = new Map<string, Step>()
  for (const journal of journals) {
    if (journal.end === 'undone') continue
    // A deploy that did not come to its end touched only what it says, also where a later one has finished it.
    const whole = journal.end === 'deployed' && journal.calls.begun === journal.calls.total
    for (const step of journal.steps) {
      if (!whole && !journal.touched.has(step.path)) continue
      const now = stepWithIds(step, journal.ids)
      const older = found.get(now.path)
      found.set(now.path, older === undefined ? now : together(older, now))
    }
  }
  // Made and taken away again: nothing is left of it.
  return [...found.values()].filter(
    ({ before, after, change }) => change !== 'delete' || before !== undefined || after !== null,
  )
}

function together(older: Step, newer: Step): Step {
  if (older.change === 'create' && newer.change === 'delete')
    return { ...newer, before: undefined, after: null }
  const before = inBoth(newer.before, older.before)
  const after = newer.change === 'delete' ? null : inBoth(older.after, newer.after)
  const { version: _newer, ...rest } = newer
  return {
    ...rest,
    change: older.change === 'create' || newer.change === 'uncompared' ? older.change : newer.change,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    published: older.published || newer.published,
    ...(older.version !== undefined && { version: older.version }),
  }
}

/** Members of both, those of the second where both have one. */
function inBoth(first: unknown, second: unknown): unknown {
  if (isEntry(first) && isEntry(second)) return { ...first, ...second }
  return second === undefined ? first : second
}

/** What undoing steps does, as steps: so that it can be undone in turn. `versions`: what ran, by path of the Action. */
export function inverse(steps: readonly Step[], versions: ReadonlyMap<string, Step['version']>): Step[] {
  return steps.map(({ before, after, version: _old, ...step }): Step => {
    const version = versions.get(step.path)
    const change = step.change === 'create' ? 'delete' : step.change === 'delete' ? 'create' : step.change
    return {
      ...step,
      change,
      ...(after !== undefined && after !== null && { before: after as Entry }),
      ...(before !== undefined && { after: before as Entry }),
      ...(version !== undefined && { version }),
    }
  })
}
