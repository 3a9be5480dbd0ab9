import { ToolkitError } from '../../errors.ts'
import { hintFor, isFailure } from '../transport.ts'
import { baseOf } from './base.ts'
import { type Binding, memberKey, memberOf } from './documents.ts'
import { coversValue, type Entry, isEntry, sameValue } from './json.ts'
import { hasDigest, isOurs, revealed } from './kept-values.ts'
import { addedByOthers, attachedByOthers, peopleOf } from './made-by-others.ts'
import { pathByName } from './path-by-name.ts'
import { idMember, parentOf, partOf, wholeMembers } from './paths.ts'
import { type Reads, readsOf, type Upstream } from './reads.ts'
import type { Step } from './steps.ts'
import { codeUndoing, isVersioned } from './undo-code.ts'

/** One line each. */
export interface Undone {
  done: string[]
  /** What stays as it is, and why. */
  left: string[]
  /** Paths of the steps of which nothing at all is undone, parts included. */
  untouched: Set<string>
  /** The first failure of the tenant, or what ended it; what was not tried then is among what is left. */
  fault?: ToolkitError
}

export interface UndoOptions {
  domain: string
  /** Whether it is a tenant on this machine: it knows users and members by names, and loses none with a resource. */
  local: boolean
  /** Goes over what somebody else wrote meanwhile. @defaultValue false */
  overwrite?: boolean
  /** Whether an id was made up for a plan, so that the resource is not known by it. */
  isNew: (text: string) => boolean
}

/**
 * Takes back the steps of deploys, field by field where the tenant still has what they wrote. What was created is
 * deleted at the end, in reverse: others may refer to it. A failure of the tenant (5xx) leaves that step; refused
 * credentials (401) and a tenant that cannot be reached leave all steps from there on.
 */
export async function undoSteps(
  upstream: Upstream,
  steps: readonly Step[],
  options: UndoOptions,
): Promise<Undone> {
  const sound = failing(upstream, options.domain)
  const result: Undone = { done: [], left: [], untouched: new Set() }
  const created = new Set(steps.filter(({ change }) => change === 'create').map(({ path }) => path))
  let written = 0
  const counting: Upstream = async (request) => {
    const answer = await sound(request)
    if (request.method !== 'GET' && answer.status >= 200 && answer.status < 300) written++
    return answer
  }
  const undo = undoing(counting, readsOf(counting), result, options, steps)
  const goesWithWhole = ({ path }: Step) => created.has(partOf(path)?.whole ?? '')
  const own = steps.filter((step) => !goesWithWhole(step))
  const isCreate = ({ change }: Step) => change === 'create'
  let ended = false
  for (const step of [...own.filter((step) => !isCreate(step)), ...own.filter(isCreate).reverse()]) {
    const [was, said] = [written, result.left.length]
    if (ended) {
      result.left.push(`${title(step)} was not looked at any more`)
      continue
    }
    try {
      await undo(step)
    } catch (error) {
      if (!(error instanceof ToolkitError)) throw error
      result.fault ??= error
      ended = !(error.cause instanceof Failure)
      result.left.push(`${title(step)}: ${error.message}`)
    }
    if (written === was && result.left.length > said) result.untouched.add(step.path)
  }
  for (const { path } of steps.filter(goesWithWhole))
    if (result.untouched.has(partOf(path)!.whole)) result.untouched.add(path)
  return result
}

/** A tenant that failed one call, and may take others. */
class Failure extends Error {}

/** Calls whose failures are thrown: a read that failed must not count as "nothing there". */
function failing(upstream: Upstream, domain: string): Upstream {
  return async (request) => {
    const answer = await upstream(request)
    const { status, json } = answer
    if (status !== 401 && status !== 429 && !isFailure(status)) return answer
    const message = isEntry(json) ? String(json['message'] ?? 'no reason') : 'no reason'
    const told = `"${domain}" answered ${status} to ${request.method} ${request.path.split('?')[0]}: ${message}`
    throw new ToolkitError('ERR_DEPLOY', told, {
      hint: hintFor(status),
      ...(status !== 401 && { cause: new Failure() }),
    })
  }
}

function undoing(
  upstream: Upstream,
  reads: Reads,
  { done, left }: Undone,
  options: UndoOptions,
  steps: readonly Step[],
) {
  const { overwrite = false, isNew } = options

  /** Whether the tenant took it. What it refuses is left, and said. */
  async function write(step: Step, method: string, path: string, body?: unknown): Promise<boolean> {
    const { status, json } = await upstream({ method, path, ...(body !== undefined && { body }) })
    if (status >= 200 && status < 300) return true
    const message = isEntry(json) ? String(json['message'] ?? 'no reason') : 'no reason'
    left.push(`${title(step)}: the tenant refused to take it back, ${status} ${message}`)
    return false
  }

  /** Writes the first body, which says more, or the second where the tenant refuses the first. */
  async function writeEither(step: Step, first: unknown, second: unknown): Promise<boolean> {
    if (JSON.stringify(first) !== JSON.stringify(second)) {
      const { status } = await upstream({ method: step.method, path: step.path, body: first })
      if (status >= 200 && status < 300) return true
    }
    return write(step, step.method, step.path, second)
  }

  function foreign(step: Step, what: string): void {
    left.push(`${title(step)}${what} was changed by somebody else meanwhile`)
  }

  async function undoFields(step: Step, now: Entry): Promise<void> {
    const [was, ours] = [(step.before ?? {}) as Entry, (step.after ?? {}) as Entry]
    const names: string[] = []
    const credentials = revealed(was['credentials'], now['credentials'])
    // Another provider's settings are of no use with the credentials of this one.
    if (hasDigest(credentials)) {
      left.push(`${title(step)}: its old secrets cannot be read, so it stays`)
      return
    }
    for (const name of Object.keys({ ...was, ...ours })) {
      const old = revealed(was[name], now[name])
      const same = sameValue(now[name], old)
      if (same && (hasDigest(old) || !showsMore(now[name], old, ours[name]))) continue
      if (!overwrite && !isOurs(now[name], old, revealed(ours[name], now[name]))) {
        foreign(step, `: "${name}"`)
        continue
      }
      if (hasDigest(old)) {
        left.push(`${title(step)}: its old secrets cannot be read, so its ${name} stay`)
        continue
      }
      names.push(name)
    }
    if (names.length === 0) return
    const whole = step.kind === 'replaced' ? revealed(was, now) : undefined
    if (hasDigest(whole)) {
      left.push(`${title(step)}: its old secrets cannot be read, so it stays`)
      return
    }
    const body = (absent: Absent) =>
      whole ??
      Object.fromEntries(
        names.map((name) => {
          const value = revealed(was[name], now[name])
          const replaces = wholeMembers(step.path).includes(name)
          return [name, replaces ? (value ?? null) : restoring(now[name], value, absent)]
        }),
      )
    if (await writeEither(step, body('removed'), body('nothing')))
      done.push(`${title(step)} has its old ${names.join(', ')} again`)
  }

  async function undoMembers(step: Step, now: readonly Entry[]): Promise<void> {
    const [was, ours] = [step.before, step.after].map(
      (list) => new Set(((list ?? []) as Entry[]).map(memberKey)),
    )
    const is = new Set(now.map(memberKey))
    const extra = now.filter((one) => !was!.has(memberKey(one)) && (overwrite || ours!.has(memberKey(one))))
    const gone = ((step.before ?? []) as Entry[]).filter(
      (one) => !is.has(memberKey(one)) && (overwrite || !ours!.has(memberKey(one))),
    )
    if (extra.length + gone.length === 0) return
    const field = partOf(step.path)?.field ?? 'members'
    let taken = true
    if (field === 'permissions') {
      const permissions = (list: readonly Entry[]) => ({ permissions: list.map(memberOf) })
      if (extra.length > 0) taken &&= await write(step, 'DELETE', step.path, permissions(extra))
      if (gone.length > 0) taken &&= await write(step, 'POST', step.path, permissions(gone))
    } else {
      const status = (list: readonly Entry[], on: boolean) =>
        list.map((one) => ({ ...memberOf(one), status: on }))
      taken = await write(step, 'PATCH', step.path, [...status(gone, true), ...status(extra, false)])
    }
    if (taken) done.push(`${title(step)} has its old ${field} again`)
  }

  async function undoBindings(step: Step, now: readonly Binding[]): Promise<void> {
    const was = (step.before ?? []) as Binding[]
    if (JSON.stringify(was) === JSON.stringify(now)) return
    const names = (list: readonly Binding[]) =>
      list.map(({ action_name }) => action_name).join(', ') || 'nothing'
    if (!overwrite && JSON.stringify(step.after) !== JSON.stringify(now)) {
      left.push(`${step.name} was bound by somebody else meanwhile to ${names(now)}`)
      return
    }
    const bindings = was.map(({ action_name, display_name }) => ({
      ref: { type: 'action_name', value: action_name },
      display_name,
    }))
    if (await write(step, 'PATCH', step.path, { bindings }))
      done.push(`${step.name} runs ${names(was)} again`)
  }

  async function undoCreate(step: Step): Promise<void> {
    const path = isNew(step.path) ? await pathByName(reads, step) : step.path
    if (path === null) {
      left.push(`${title(step)}: the tenant does not say whether it is there`)
      return
    }
    const there = path === undefined ? null : await baseOf(reads, path, isNew)
    if (path === undefined || there === null) return
    const now = isEntry(there) ? there : {}
    const ours = revealed(step.after ?? {}, now) as Entry
    const other = Object.keys(ours).find(
      (name) =>
        !/secrets|_(id|count)$|^id$|modules/.test(name) && name in now && !coversValue(now[name], ours[name]),
    )
    if (other !== undefined && !overwrite && !isNew(JSON.stringify(ours[other] ?? null))) {
      foreign(step, step.type === 'actions' ? '' : `: "${other}"`)
      return
    }
    if (!overwrite && isEntry(there) && (await hasMore(step, path, there))) return
    if (!(await write(step, 'DELETE', `${path}${path.startsWith('/actions/actions/') ? '?force=true' : ''}`)))
      return
    const part = partOf(step.path)
    done.push(`${title(step)} ${part === undefined ? 'is deleted again' : `has its old ${part.field} again`}`)
  }

  /** Whether others have added to what we made, so that it stays; says so. */
  async function hasMore(step: Step, path: string, now: Entry): Promise<boolean> {
    if (step.kind !== 'document' || partOf(path) !== undefined) return false
    const added = addedByOthers(step, now)
    const attached =
      added === undefined
        ? ((await attachedByOthers(upstream, path, now, steps)) ??
          (options.local ? undefined : await peopleOf(upstream, path, now)))
        : { what: `"${added}"` }
    if (attached === undefined) return false
    const { what, needs } = attached
    if (needs === undefined) left.push(`${title(step)} stays: somebody else has added to it: ${what}`)
    // Nobody can have come in the seconds that a failed deploy takes.
    else if (step.shown === undefined) return false
    else
      left.push(
        `${title(step)} stays: it may have ${what}, and only the scope ${needs} lets us see (--overwrite deletes it with them)`,
      )
    return true
  }

  async function undoDelete(step: Step): Promise<void> {
    const [list, id] = parentOf(step.path)
    const part = partOf(step.path)
    const was = (step.before ?? {}) as Entry
    // Named by --delete, and not of the wire.
    if (!step.path.startsWith('/')) {
      left.push(
        `${title(step)} was deleted, and no rollback makes it again: claims deploy does, where tenant.yaml has it`,
      )
      return
    }
    if (isEntry(await baseOf(reads, step.path, isNew))) return
    const member = part?.field === 'client_grants' ? 'grant_id' : idMember(list)
    const grant = [
      'client_id',
      'audience',
      'scope',
      'subject_type',
      'allow_any_organization',
      'organization_usage',
    ]
    const body =
      part?.field === 'client_grants'
        ? { grant_id: id }
        : part !== undefined
          ? without({ ...was, [member]: id }, 'connection')
          : list === '/client-grants'
            ? Object.fromEntries(
                grant.filter((name) => was[name] !== undefined).map((name) => [name, was[name]]),
              )
            : undefined
    if (body === undefined) {
      left.push(
        `${title(step)} was deleted, and no rollback makes it again: claims deploy does, where tenant.yaml has it`,
      )
      return
    }
    if (await write(step, 'POST', list, body)) {
      done.push(`${title(step)} ${part === undefined ? 'is made again' : `has its old ${part.field} again`}`)
    }
  }

  const undoCode = codeUndoing({ upstream, write, foreign, title, done, left, overwrite })
  return async (step: Step): Promise<void> => {
    if (step.change === 'uncompared') {
      left.push(`${title(step)} was sent without being read, and stays`)
      return
    }
    if (step.change === 'create') return undoCreate(step)
    if (step.change === 'delete') return undoDelete(step)
    const now = await baseOf(reads, step.path, isNew)
    if (now === null || now === undefined) {
      left.push(`${title(step)} ${now === null ? 'is gone' : 'cannot be read'}`)
      return
    }
    if (step.kind === 'members') return undoMembers(step, now as Entry[])
    if (step.kind === 'bindings') return undoBindings(step, now as Binding[])
    if (isVersioned(step.path)) return undoCode(step, now as Entry)
    if (isEntry(now)) return undoFields(step, now)
    if (!sameValue(now, step.before) && (await write(step, step.method, step.path, step.before))) {
      done.push(`${title(step)} is what it was again`)
    }
  }
}

function title({ type, name }: Step): string {
  return type === 'actions' ? `"${name}"` : `${type} "${name}"`
}

function without(entry: Entry, name: string): Entry {
  const { [name]: _left, ...rest } = entry
  return rest
}

/**
 * How a member that did not exist is removed: by `null`, which not all members take, or by a value that counts as
 * nothing.
 */
type Absent = 'removed' | 'nothing'

/** The PATCH that restores a value: objects are merged, so what was added is removed by name. */
function restoring(now: unknown, was: unknown, absent: Absent): unknown {
  if (was === undefined || was === null) {
    if (absent === 'removed') return null
    return isEntry(now)
      ? restoring(now, {}, absent)
      : typeof now === 'boolean'
        ? false
        : typeof now === 'string'
          ? ''
          : null
  }
  if (!isEntry(was) || !isEntry(now)) return was
  return Object.fromEntries(
    Object.keys({ ...was, ...now }).map((name) => [name, restoring(now[name], was[name], absent)]),
  )
}

/** Whether a tenant shows members as `false` or empty that we sent, and that it did not show before. */
function showsMore(now: unknown, was: unknown, ours: unknown): boolean {
  if (now === undefined || now === null || ours === undefined) return false
  if (was === undefined || was === null) return true
  if (!isEntry(now) || !isEntry(was) || !isEntry(ours)) return false
  return Object.keys(ours).some((name) => showsMore(now[name], was[name], ours[name]))
}
