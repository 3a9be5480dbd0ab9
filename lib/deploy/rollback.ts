import { join } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { isFile } from '../files/index.ts'
import { DEPLOYS, type Journal, newJournal, readJournals } from './journal.ts'
import type { Markers } from './markers.ts'
import { type DeployRecord, recordsOf } from './records.ts'
import type { ReadBack, TenantAccess } from './types.ts'
import { inverse, stepsTogether } from './undo-deploys.ts'
import { baseOf } from './wire/base.ts'
import { isMadeUp } from './wire/overlay.ts'
import { readsOf } from './wire/reads.ts'
import { versionOf } from './wire/steps.ts'
import { type Undone, undoSteps } from './wire/undo.ts'
import { isVersioned } from './wire/undo-code.ts'
import { upstreamOf } from './wire/upstream.ts'

export interface RollbackOptions extends TenantAccess {
  /** Folder of the workspace, where the journals are. */
  root: string
  markers: Markers
  /** The deploy whose state is to be there again, 0 for that before the first. @defaultValue that before the newest */
  to?: number
  /** Goes over what somebody else wrote meanwhile. @defaultValue false */
  overwrite?: boolean
}

export interface RolledBack extends Undone {
  /** Numbers of the deploys that are undone, from the oldest. */
  undone: number[]
  /** Number of the journal of this rollback; absent when there was nothing to do. */
  number?: number
}

/**
 * The deploys that a rollback takes back, from the oldest.
 *
 * @throws {ToolkitError} `ERR_INPUT` when there is none, or none with the number.
 */
export async function deploysToUndo({
  root,
  domain,
  to,
  markers,
}: Pick<RollbackOptions, 'root' | 'domain' | 'to' | 'markers'>): Promise<Journal[]> {
  const all = await readJournals(root, domain, markers)
  const journals = all.filter(
    // A rollback that was cut off is done again, not undone.
    ({ end, rollback }) => end !== 'undone' && !(rollback === true && end === undefined),
  )
  const newest = journals.at(-1)
  const records = await recordsOf(root, domain)
  await refuseMissing({ root, domain, records }, all, to ?? all.at(-1)?.number ?? 0)
  const known = [...new Set([...all, ...records].map(({ number }) => number))].sort((a, b) => a - b)
  if (to !== undefined && to !== 0 && known.length > 0 && !known.includes(to)) {
    throw new ToolkitError('ERR_INPUT', `there was no deploy ${to} to "${domain}" from here`, {
      hint: `Deploys and rollbacks are ${known.join(', ')}; 0 is the state before the first.`,
    })
  }
  if (newest === undefined && known.length > 0) {
    throw new ToolkitError('ERR_INPUT', `every deploy to "${domain}" from here is undone already`, {
      hint: 'Nothing was written. claims deploy brings back what the workspace says.',
    })
  }
  if (newest === undefined) {
    throw new ToolkitError('ERR_INPUT', `there is no record of a deploy to "${domain}"`, {
      hint: 'Records are written by claims deploy, to .auth0-claims/deploys in the workspace.',
    })
  }
  if (to === undefined) {
    return journals.filter(({ number }) => number === newest.number || newest.finishes.includes(number))
  }
  if (to !== 0 && ![...journals, ...records].some(({ number }) => number === to)) {
    throw new ToolkitError('ERR_INPUT', `deploy ${to} did not go to "${domain}", or was undone by itself`, {
      hint: `Deploys are ${journals.map(({ number }) => number).join(', ')}; 0 is the state before the first.`,
    })
  }
  return journals.filter(({ number }) => number > to)
}

/**
 * A deploy of which only the record is left: to undo an older one instead would be wrong.
 *
 * @param since What is newer than this number counts.
 */
async function refuseMissing(
  { root, domain, records }: { root: string; domain: string; records: readonly DeployRecord[] },
  journals: readonly Journal[],
  since: number,
): Promise<void> {
  const there = new Set(journals.map(({ number }) => number))
  const missing = records.findLast(
    // One that changed nothing has no journal.
    ({ number, changes }) => number > since && changes.length > 0 && !there.has(number),
  )
  if (missing === undefined) return
  const file = join(DEPLOYS, `${missing.number}.journal`)
  const how = (await isFile(join(root, file))) ? 'is cut short' : 'is missing'
  throw new ToolkitError(
    'ERR_INPUT',
    `deploy ${missing.number} to "${domain}" cannot be undone: "${file}" ${how}`,
    {
      hint: 'Nothing was written. Its record is there, but only the journal tells what was before: bring it back from a backup, or deploy an earlier commit.',
      file,
    },
  )
}

/**
 * Brings a tenant back to what it was before its newest deploys, by their journals: of every type, field by field where
 * the tenant still has what they wrote.
 *
 * @throws {ToolkitError} as {@link deploysToUndo}; `ERR_ENVIRONMENT` and `ERR_DEPLOY` when the tenant is gone or refuses.
 */
export async function rollBack(options: RollbackOptions, state: ReadBack): Promise<RolledBack> {
  const { root, domain } = options
  const journals = await deploysToUndo(options)
  const steps = stepsTogether(journals)
  const undone = journals.map(({ number }) => number)
  if (steps.length === 0) return { undone, done: [], left: [], untouched: new Set() }
  const upstream = upstreamOf(options)
  const isNew = isMadeUp
  const reads = readsOf(upstream)
  const versions = new Map<string, ReturnType<typeof versionOf>>()
  for (const { path } of steps) {
    if (isVersioned(path) && !isNew(path)) {
      versions.set(path, versionOf(await baseOf(reads, path, isNew)))
    }
  }
  const journal = newJournal(root, options.markers, { domain, state, rollback: true })
  const back = inverse(steps, versions)
  await journal.begin(
    back,
    back.map(({ path }) => ({ method: 'PATCH', path, document: path, purpose: 'change' })),
  )
  for (const index of back.keys()) await journal.call({ index })
  const { done, left, untouched, fault } = await undoSteps(upstream, steps, { ...options, isNew })
  if (fault !== undefined) {
    await journal.stop()
    const undoneSoFar = done.length === 0 ? 'Nothing is undone' : `Undone: ${done.join('; ')}`
    throw new ToolkitError(
      fault.code,
      `the rollback did not come to its end. ${undoneSoFar}. Left as it is: ${left.join('; ')}`,
      { hint: `${fault.hint ?? ''} Then run claims rollback again: it does the rest.`.trim(), cause: fault },
    )
  }
  // What stayed is still there to be undone: this journal must not say that it is gone.
  for (const [index, { path }] of back.entries())
    if (untouched.has(path)) await journal.call({ index, refused: true })
  await journal.end(done.length === 0 ? 'undone' : 'deployed')
  return { undone, done, left, untouched, ...(done.length > 0 && { number: journal.number() }) }
}
