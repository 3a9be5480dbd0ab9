import { ToolkitError } from '../errors.ts'
import { conflictingDrift } from './drift.ts'
import type { DeployJournal, Journal } from './journal.ts'
import { markersOf } from './markers.ts'
import { type Plan, type PlanOptions, planDeploy } from './plan.ts'
import type { DeployStep } from './progress.ts'
import { readActions } from './read-back.ts'
import type { DeployOptions, DeployReport, ReadBack, TenantAccess } from './types.ts'
import { baseOf } from './wire/base.ts'
import { neededCalls, titleOf } from './wire/changes.ts'
import { differenceOf, LOSS } from './wire/differences.ts'
import { rebased } from './wire/documents.ts'
import { type Entry, isEntry, isSecretName } from './wire/json.ts'
import { besideSent } from './wire/made-by-others.ts'
import { type Reads, readsOf, type Upstream } from './wire/reads.ts'
import { sendCalls, withIds } from './wire/send.ts'
import { type Step, stepsOf } from './wire/steps.ts'
import { type Undone, undoSteps } from './wire/undo.ts'
import { upstreamOf } from './wire/upstream.ts'

export interface DeployChangesOptions
  extends DeployOptions,
    Pick<PlanOptions, 'changedSecrets' | 'config' | 'sent'> {
  /** Sends everything, changed or not: a new value of a secret cannot be seen from outside. @defaultValue false */
  all?: boolean
  /** Whether a failure half-way brings the tenant back. @defaultValue true */
  restoreOnFailure?: boolean
  /** The state that the last deploy left: what differs from it was changed by somebody else, and stops the deploy. */
  expected?: ReadBack
  /** What was done from here since that state. @defaultValue nothing */
  own?: readonly Journal[]
  /** The plan that was agreed to: a tenant that has changed since stops the deploy. @defaultValue a new one */
  agreed?: Plan
  /** Tries what was deployed once it is read back; what it throws is a failure of the deploy. */
  canary?: () => Promise<void>
  onStep?: (step: DeployStep) => void
  /** Whether a connection may lose a secret that tenant.yaml does not name. @defaultValue false */
  allowLoss?: boolean
  /** Keeps what is done, so that it can be undone later. @defaultValue nothing is kept */
  journal?: DeployJournal
}

export interface ChangesReport {
  plan: Plan
  /** Absent when nothing had to be written. */
  deployed?: DeployReport
}

/**
 * Plans, sends only what changed, and reads back. When the deploy or its canary fails, all that it wrote is taken
 * back, except where somebody else has written meanwhile; the error says what was undone and what was not.
 *
 * @throws {ToolkitError} as {@link planDeploy}; `ERR_BUNDLE` for an Action that is not among those built;
 * `ERR_DEPLOY` when the tenant refuses, was changed meanwhile, or does not have what was sent.
 */
export async function deployChanges(options: DeployChangesOptions): Promise<ChangesReport> {
  const { domain, expected, agreed, all = false } = options
  const plan = agreed ?? (await planDeploy(options))
  if (plan.unplanned.length > 0) {
    throw new ToolkitError('ERR_BUNDLE', `there is no bundle of "${plan.unplanned.join('", "')}"`, {
      hint: 'Nothing was written. Run claims check, and mend what stops the bundle from being made.',
    })
  }
  const drift = expected === undefined ? [] : conflictingDrift(expected, plan, options.own)
  if (drift.length > 0) {
    throw new ToolkitError(
      'ERR_DEPLOY',
      `"${domain}" was changed since the last deploy: ${drift.join('; ')}`,
      {
        hint: 'Take the change over with claims pull, or deploy over it with --overwrite.',
      },
    )
  }
  if (options.allowLoss !== true) refuseLoss(plan)
  const { masked } = markersOf(options.workspace, options.keywords, { plain: [domain] })
  const upstream = upstreamOf(options)
  if (agreed !== undefined && (await changedSince(agreed, upstream))) {
    throw new ToolkitError('ERR_DEPLOY', `"${domain}" was changed since the plan was shown`, {
      hint: 'Nothing was written. Run the command again and look at the new plan.',
    })
  }
  const { overlay, changed } = plan.wire
  const calls = neededCalls(overlay, changed, all)
  if (calls.length === 0) return { plan }
  const ids = new Map<string, string>()
  const steps = stepsOf(changed)
  let sent = 0
  await options.journal?.begin(steps, calls)
  try {
    const begin = performance.now()
    await sendCalls(upstream, calls, ids, {
      ...options,
      titleOf: ({ document }) => titleOf(overlay, overlay.documents.get(document)!),
      async onCall(event) {
        sent = event.refused === true ? event.index : event.index + 1
        await options.journal?.call(event)
      },
    })
    const milliseconds = Math.round(performance.now() - begin)
    const reads = readsOf(upstreamOf(options))
    const { state, shown } = await checkedState(plan, ids, reads, steps)
    await options.journal?.shown(shown)
    await options.canary?.()
    await options.journal?.end('deployed')
    return { plan, deployed: { domain, milliseconds, ...state } }
  } catch (error) {
    const touched = new Set(calls.slice(0, sent).map(({ document }) => document))
    const undo = steps.filter(({ path }) => touched.has(path)).map((step) => stepWithIds(step, ids))
    const { text, complete } =
      options.restoreOnFailure === false
        ? { text: `Written, at least in part, and left so: ${namesOf(undo)}.`, complete: false }
        : await taken(options, undo, overlay.isNew)
    await options.journal?.end(complete ? 'undone' : 'left')
    const { message } = error as Error
    const told = masked(`${message.replace(/\.$/, '')}. ${text}`)
    // Other failures, such as a full disk or a bug of ours, must leave nothing half done either.
    if (!(error instanceof ToolkitError)) throw Object.assign(error as Error, { message: told })
    const hint = [error.hint, ...(complete || options.journal === undefined ? [] : [GO_ON])].join(' ').trim()
    throw new ToolkitError(error.code, told, { ...(hint !== '' && { hint }), cause: error })
  }
}

/** A lost secret cannot be restored, since nobody can read it from the tenant. */
function refuseLoss({ changes }: Plan): void {
  for (const { type, name, fields } of changes) {
    const lost = fields.find((field) => field.startsWith(LOSS) && isSecretName(field.slice(LOSS.length)))
    if (lost === undefined) continue
    throw new ToolkitError('ERR_DEPLOY', `${type} "${name}" would be left ${lost}`, {
      hint: 'Nothing was written. Name it in tenant.yaml, with a marker for its value, or let it go with --allow-loss.',
    })
  }
}

/** A step as the tenant knows it. */
export function stepWithIds(step: Step, ids: ReadonlyMap<string, string>): Step {
  return withIds({ path: step.path, body: step }, ids).body as Step
}

/** Whether something that the deploy CLI would write is not as the plan has read it. */
async function changedSince(plan: Plan, upstream: Upstream): Promise<boolean> {
  const { overlay } = plan.wire
  const reads = readsOf(upstream)
  await readAgain(plan, reads)
  for (const { path, before } of overlay.documents.values()) {
    if (overlay.isNew(path) || before === undefined) continue
    const now = await baseOf(reads, path, overlay.isNew)
    if (JSON.stringify(now) !== JSON.stringify(before)) return true
  }
  return false
}

/** The lists that a plan has read: most resources are known by them. */
async function readAgain({ wire: { overlay } }: Plan, reads: Reads): Promise<void> {
  for (const path of overlay.reads.lists()) await reads.read(path)
}

/** What the tenant has of Actions, once it is certain that it has all that was sent. */
async function checkedState(
  plan: Plan,
  ids: ReadonlyMap<string, string>,
  reads: Reads,
  steps: readonly Step[],
): Promise<{ state: ReadBack; shown: Record<string, Entry> }> {
  const { overlay, changed } = plan.wire
  const sent = new Map(steps.map(({ path, after }) => [path, after]))
  const shown: Record<string, Entry> = {}
  await readAgain(plan, reads)
  const differences: string[] = []
  for (const { document, type, name } of changed) {
    if (document.before === undefined) continue
    const { path } = withIds({ path: document.path }, ids)
    const now = await baseOf(reads, path, overlay.isNew)
    const after = sent.get(document.path)
    if (document.kind === 'document' && isEntry(now) && isEntry(after)) {
      const filled = withIds({ path, body: after }, ids).body as Entry
      const { before } = document
      // What existed before the deploy was not made by it.
      shown[document.path] = besideSent(now, isEntry(before) ? { ...before, ...filled } : filled)
    }
    const is = withIds({ path, body: document.now }, ids).body
    const wanted = {
      ...document,
      path,
      now: is,
      bodies: withIds({ path, body: document.bodies }, ids).body as typeof document.bodies,
    }
    const difference = differenceOf(rebased(wanted, now), now)
    if (difference === undefined || difference.change === 'uncompared') continue
    const what =
      difference.change === 'create'
        ? 'is missing'
        : difference.change === 'delete'
          ? 'is there still'
          : `has another ${difference.fields.join(', ')}`
    differences.push(`${type} "${name}" ${what}`)
  }
  if (differences.length > 0) {
    throw new ToolkitError(
      'ERR_DEPLOY',
      `"${plan.domain}" does not have what was sent: ${differences.join('; ')}`,
      { hint: 'Somebody else may have written at the same time. Run the deploy again.' },
    )
  }
  const { state } = await readActions(reads, Object.keys(plan.before.bindings), plan.domain)
  return { state, shown }
}

async function taken(
  access: TenantAccess,
  steps: readonly Step[],
  isNew: (text: string) => boolean,
): Promise<{ text: string; complete: boolean }> {
  const undone = await undoSteps(upstreamOf(access), steps, { ...access, isNew }).catch(
    (error: unknown): Undone => ({
      untouched: new Set(),
      done: [],
      left: [`undoing failed as well (${(error as Error).message}), possibly written are ${namesOf(steps)}`],
    }),
  )
  return { text: undoneText(undone), complete: undone.left.length === 0 }
}

function namesOf(steps: readonly Step[]): string {
  return [...new Set(steps.map(({ type, name }) => `${type} "${name}"`))].join(', ') || 'nothing'
}

/** How to go on where a deploy has left something. */
const GO_ON = 'Then claims deploy finishes what is left, and claims rollback undoes it.'

function undoneText({ done, left }: Pick<Undone, 'done' | 'left'>): string {
  const lines = [
    ...(done.length === 0 ? [] : [`Undone: ${shortened(done)}.`]),
    // Of what stays nothing is left out.
    ...(left.length === 0 ? [] : [`Left as it is: ${left.join('; ')}.`]),
  ]
  return lines.length === 0 ? 'Nothing in the tenant had changed.' : lines.join(' ')
}

function shortened(lines: readonly string[]): string {
  const more = lines.length - MAX_LINES
  return [...lines.slice(0, MAX_LINES), ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

/** How many things that were undone are named. */
const MAX_LINES = 40
