import { stepWithIds } from './deploy-changes.ts'
import type { Journal } from './journal.ts'
import { type Entry, isEntry } from './wire/json.ts'
import { partOf } from './wire/paths.ts'
import type { Step } from './wire/steps.ts'

/**
 * What several deploys did together, as one: what the oldest found, and what the newest left. What one of them took
 * away and a later one made again, under the same name and another id, is one thing that was changed.
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
      if (now.change === 'create') madeAgain(found, now)
      const older = found.get(now.path)
      found.set(now.path, older === undefined ? now : together(older, now))
    }
  }
  const isGone = (path: string | undefined) => {
    const whole = path === undefined ? undefined : found.get(path)
    return whole !== undefined && isNothing(whole)
  }
  return [...found.values()].filter((step) => !isNothing(step) && !isGone(partOf(step.path)?.whole))
}

/** Made and taken away again: nothing is left of it. */
function isNothing({ change, before, after }: Step): boolean {
  return change === 'delete' && before === undefined && after === null
}

/** Brings what was known of a deleted thing, and of its parts, to the id under which it was made again. */
function madeAgain(found: Map<string, Step>, { path, type, name }: Step): void {
  if (partOf(path) !== undefined || found.has(path)) return
  const old = [...found.values()].find(
    (step) =>
      step.change === 'delete' &&
      step.type === type &&
      step.name === name &&
      // Not a part of another thing, nor what is known by name alone.
      partOf(step.path) === undefined &&
      step.path.startsWith('/') &&
      !isNothing(step),
  )
  if (old === undefined) return
  const [was, is] = [old.path, path].map((text) => text.slice(text.lastIndexOf('/') + 1))
  const steps = [...found.values()]
  found.clear()
  for (const step of steps) {
    const moved = { ...(renamed(step, was!, is!) as Step), path: movedPath(step.path, old.path, path) }
    const other = found.get(moved.path)
    found.set(moved.path, other === undefined ? moved : together(other, moved))
  }
}

function movedPath(path: string, from: string, to: string): string {
  return path === from || path.startsWith(`${from}/`) ? to + path.slice(from.length) : path
}

function renamed(value: unknown, was: string, is: string): unknown {
  if (value === was) return is
  if (Array.isArray(value)) return value.map((item) => renamed(item, was, is))
  if (!isEntry(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, renamed(item, was, is)]))
}

function together(older: Step, newer: Step): Step {
  const wasThere = older.change !== 'create' && !isNothing(older)
  const isThere = newer.change !== 'delete'
  const { version: _newer, before: _before, after: _after, ...rest } = newer
  if (!wasThere && !isThere) return { ...rest, after: null }
  const before = wasThere ? firstOf(older, newer, 'before') : undefined
  const after = isThere ? firstOf(newer, older, 'after') : null
  return {
    ...rest,
    change: !isThere ? 'delete' : !wasThere ? 'create' : changeOf(older, newer),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...((older.shown ?? newer.shown) !== undefined && { shown: { ...older.shown, ...newer.shown } }),
    published: older.published || newer.published,
    ...(older.version !== undefined && { version: older.version }),
  }
}

function changeOf(older: Step, newer: Step): Step['change'] {
  return [older, newer].every(({ change }) => change === 'uncompared') ? 'uncompared' : 'update'
}

/** What the first says, and of members that it does not speak of what the second says. */
function firstOf(first: Step, second: Step, side: 'before' | 'after'): unknown {
  const [own, other] = [first[side], second[side]]
  if (isEntry(first.before) || isEntry(first.after)) {
    if (!isEntry(other)) return own
    const spoken = { ...(first.before as Entry), ...(first.after as Entry) }
    const rest = Object.entries(other).filter(([name]) => !(name in spoken))
    return { ...Object.fromEntries(rest), ...(own as Entry | undefined) }
  }
  return own === undefined ? other : own
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
