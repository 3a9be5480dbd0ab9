import { coversValue, type Entry, isEntry } from './json.ts'
import { fits } from './paths.ts'
import type { Upstream } from './reads.ts'
import { CONTENT, type Step, versionOf } from './steps.ts'

/** What undoing a step of any type has at hand. */
export interface Tools {
  upstream: Upstream
  /** Whether the tenant took it. What it refuses is left, and said. */
  write(step: Step, method: string, path: string, body?: unknown): Promise<boolean>
  foreign(step: Step, what: string): void
  title(step: Step): string
  done: string[]
  left: string[]
  overwrite: boolean
}

/** Whether a resource has a draft and versions: an Action, a module of Actions. */
export function isVersioned(path: string): boolean {
  return fits(path, '/actions/actions/*') || fits(path, '/actions/modules/*')
}

/**
 * Undoing of Actions and modules: what ran before runs again, as a version of its own with the secrets that it had, and
 * the draft is what it was. Values of secrets that only a draft had cannot be read, and so not be put back.
 */
export function codeUndoing({ upstream, write, foreign, title, done, left, overwrite }: Tools) {
  /** Makes what ran before run again, also as the draft if it was that. Returns whether it was done. */
  async function runAgain(step: Step, was: Entry, now: Entry): Promise<boolean> {
    const { id, number, code, clean } = step.version!
    const isModule = step.path.startsWith('/actions/modules/')
    const [path, body] = isModule
      ? [`${step.path}/rollback`, { module_version_id: id }]
      : [`${step.path}/versions/${encodeURIComponent(id)}/deploy`, { update_draft: clean }]
    const publish = isModule ? `${step.path}/versions` : `${step.path}/deploy`
    const { status } = await upstream({ method: 'POST', path, body })
    if (status >= 200 && status < 300) {
      if (isModule && versionOf(now)?.id !== id && !(await write(step, 'POST', publish))) return false
      done.push(`${title(step)} runs the code of version ${number} again`)
      return true
    }
    if (status !== 404) {
      // Noted, and thrown where going on makes no sense.
      await write(step, 'POST', path, body)
      return false
    }
    // One of the 50 no longer.
    if (!(await write(step, 'PATCH', step.path, { ...without(was, 'secrets'), code }))) return false
    if (!(await write(step, 'POST', publish))) return false
    done.push(
      `${title(step)} runs the code of version ${number} again, deployed anew with the secrets of now`,
    )
    return true
  }

  return async (step: Step, now: Entry): Promise<void> => {
    const [was, ours] = [(step.before ?? {}) as Entry, (step.after ?? {}) as Entry]
    const { version } = step
    const running = versionOf(now)
    const known = [was['code'], ours['code'], version?.code]
    if (!overwrite && [now['code'], running?.code ?? now['code']].some((code) => !known.includes(code))) {
      foreign(step, '')
      return
    }
    const differing = (from: Entry) =>
      Object.keys({ ...was, ...ours }).filter((name) => !isSame(name, from[name], was[name]))
    let draft = now
    if (version === undefined) {
      if (running !== undefined) left.push(`${title(step)} has a version, and a version cannot be taken back`)
    } else if (
      running?.id !== version.id ||
      (version.clean && (!running.clean || differing(now).length > 0))
    ) {
      // No part of a version, and a change of the draft: it comes first.
      const others = differing(now).filter((name) => !CONTENT.includes(name))
      const restored = Object.fromEntries(others.map((name) => [name, was[name] ?? null]))
      if (others.length > 0 && !(await write(step, 'PATCH', step.path, restored))) return
      if (!(await runAgain(step, was, now))) return
      const { json } = await upstream({ method: 'GET', path: step.path })
      draft = isEntry(json) ? json : now
    }
    const body = Object.fromEntries(
      differing(draft).map((name) => [name, was[name] ?? (Array.isArray(draft[name]) ? [] : null)]),
    )
    if ('secrets' in body) {
      const there = namesOf(draft['secrets'])
      const [kept, lost] = [true, false].map((is) =>
        namesOf(was['secrets']).filter((name) => there.includes(name) === is),
      )
      if (lost!.length > 0) {
        left.push(
          `${title(step)}: the values of ${lost!.join(', ')} were in its draft only, and cannot be read`,
        )
      }
      // Without a value it keeps the one that it has.
      body['secrets'] = kept!.map((name) => ({ name }))
      if (kept!.length === there.length) delete body['secrets']
    }
    if (Object.keys(body).length === 0) return
    if (await write(step, 'PATCH', step.path, body)) done.push(`${title(step)} has its draft again`)
  }
}

function isSame(name: string, now: unknown, was: unknown): boolean {
  if (name !== 'secrets') return coversValue(now, was) && coversValue(was, now)
  return JSON.stringify(namesOf(now).sort()) === JSON.stringify(namesOf(was).sort())
}

function namesOf(list: unknown): string[] {
  return Array.isArray(list) ? list.map(({ name }: Entry) => String(name)) : []
}

function without(entry: Entry, name: string): Entry {
  const { [name]: _left, ...rest } = entry
  return rest
}
