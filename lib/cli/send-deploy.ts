import {
  closeJournal,
  type Deletion,
  type DeployJournal,
  type DeployReport,
  deleteNamed,
  deployChanges,
  driftSince,
  newJournal,
  readBack,
  writeFingerprints,
} from '../deploy/index.ts'
import type { Terminal } from './command.ts'
import { gitCommit } from './git-commit.ts'
import type { IntendedDeploy } from './intended-deploy.ts'
import { keepRecord } from './masked.ts'

export interface SendOptions {
  /** The login of `--canary`: what it has to say. */
  canary?: (() => Promise<string[]>) | undefined
  /** Keep hashes of the secrets that were sent. They are kept anyway where the workspace has some. */
  fingerprints: boolean
}

/** What a deploy has done. */
export interface SentDeploy {
  /** What the tenant runs after it; absent where nothing but deletions had to be sent. */
  deployed?: DeployReport | undefined
  /** What the canary login said; absent without one. */
  tried?: readonly string[] | undefined
}

/**
 * Carries out what was intended: sends the changes, logs the canary in, deletes, closes the journals of deploys that
 * were cut off, and keeps the record that `claims rollback` reads. A rehearsal keeps nothing.
 *
 * @throws what `deployChanges`, `deleteNamed` and the canary throw
 */
export async function sendDeploy(
  terminal: Terminal,
  intended: IntendedDeploy,
  { canary, fingerprints }: SendOptions,
): Promise<SentDeploy> {
  const { workspace, target, plan, deletions, cutOff } = intended
  const { root } = workspace
  const interrupted = new AbortController()
  if (intended.hasWork) void terminal.stopped.then(() => interrupted.abort())
  let tried: string[] | undefined
  const trial = async () => {
    tried = await canary?.()
  }
  const journal = newJournal(root, target.markers, {
    domain: plan.domain,
    state: plan.before,
    finishes: cutOff.filter(({ rollback }) => rollback !== true).map(({ number }) => number),
  })
  const { deployed } = await deployChanges({
    ...intended.options,
    agreed: plan,
    signal: interrupted.signal,
    canary: trial,
    ...(!target.rehearsal && { journal: withDeletions(journal, deletions) }),
  })
  // Also of what was there already.
  if (deployed === undefined) await trial()
  for (const line of tried ?? []) terminal.err(line)
  if (deployed === undefined && deletions.length > 0 && !target.rehearsal) {
    await withDeletions(journal, deletions).begin([], [])
    await journal.end('deployed')
  }
  await deleteNamed(target.access, deletions)
  for (const { number, rollback } of cutOff)
    await closeJournal(root, number, rollback === true ? 'undone' : 'deployed')
  if (!target.rehearsal) await record(terminal, intended, { deployed, journal, fingerprints })
  return { deployed, tried }
}

/** Keeps what the tenant has now, if that is news to this workspace. */
async function record(
  terminal: Terminal,
  intended: IntendedDeploy,
  {
    deployed,
    journal,
    fingerprints,
  }: { deployed: DeployReport | undefined; journal: ReturnType<typeof newJournal>; fingerprints: boolean },
): Promise<void> {
  const { workspace, target, plan, deletions, last, cutOff, options } = intended
  const wrote = deployed !== undefined || deletions.length > 0
  // What somebody else has made equal to the workspace is from now on what the next deploy expects.
  const taken = last !== undefined && driftSince(last.after, plan.before).length > 0
  if (!wrote && !taken && cutOff.length === 0) return
  const after = !wrote
    ? plan.before
    : deployed !== undefined && deletions.length === 0
      ? deployed
      : await readBack(target.access, Object.keys(plan.before.bindings))
  const { number } = await keepRecord(
    workspace,
    target,
    {
      domain: plan.domain,
      date: new Date().toISOString(),
      ...(await gitCommit(workspace.root)),
      changes: [
        ...plan.changes,
        ...deletions.map(({ type, name }) => ({ type, name, change: 'delete' as const, fields: [] })),
      ],
      before: plan.before,
      after: { actions: after.actions, bindings: after.bindings },
    },
    wrote ? journal.number() : undefined,
  )
  if (fingerprints || intended.keepsFingerprints) {
    const sent = options.all ? workspace.actions : plan.changes.filter(({ type }) => type === 'actions')
    await writeFingerprints(
      { ...options, domain: target.access.domain },
      sent.map(({ name }) => name),
    )
  }
  if (wrote) terminal.err(`this is deploy ${number}: claims rollback undoes it`)
  else terminal.err(`recorded what the tenant has as deploy ${number}: it is what the workspace says`)
}

/** The journal of the deploy, with the deletions that follow it. */
function withDeletions(journal: DeployJournal, deletions: readonly Deletion[]): DeployJournal {
  const steps = deletions.map(({ type, name, id }): Parameters<DeployJournal['begin']>[0][number] => ({
    path: `deleted/${type}/${id}`,
    kind: 'document',
    method: 'PATCH',
    type,
    name,
    change: 'delete',
    before: {},
    after: null,
    published: false,
  }))
  return { ...journal, begin: (others, calls) => journal.begin([...others, ...steps], calls) }
}
