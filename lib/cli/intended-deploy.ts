import type { BuiltAction } from '../bundle/index.ts'
import {
  changedSecrets,
  conflictingDrift,
  type Deletion,
  type DeployChangesOptions,
  type DeployRecord,
  type DeployStep,
  findDeletions,
  type Journal,
  journalsSince,
  type Plan,
  planDeploy,
  type StartedCli,
  sentBefore,
} from '../deploy/index.ts'
import type { Workspace } from '../workspace/index.ts'
import type { OptionValues, Terminal } from './command.ts'
import type { DeployTarget } from './deploy-target.ts'
import { cutOffIn, cutOffText, journalsOf, lastDeploy } from './masked.ts'
import { planLines } from './plan-text.ts'
import { mayRunForeign, type TokenEffects, tokenEffects } from './token-effects.ts'

/** What a deploy is about: built Actions of a workspace, and a tenant. */
export interface DeployParties {
  workspace: Workspace
  built: readonly BuiltAction[]
  target: DeployTarget
}

/** What a deploy is going to do, before it has written anything. */
export interface IntendedDeploy extends DeployParties {
  plan: Plan
  deletions: readonly Deletion[]
  effects: TokenEffects | undefined
  /** Whether anything is to be sent or deleted. Not where somebody else's change is in the way: sending refuses that. */
  hasWork: boolean
  /** Plan and deletions as they are shown. */
  lines: string[]
  /** What was planned with, and is sent with. */
  options: DeployChangesOptions
  /** The last deploy from this workspace to this tenant. */
  last?: DeployRecord
  /** Deploys and rollbacks that were killed: this deploy finishes them. */
  cutOff: readonly Journal[]
  /** Whether the workspace keeps fingerprints of secrets. */
  keepsFingerprints: boolean
}

/**
 * Plans a deploy, with the flags of `claims deploy`. Reads the tenant and writes nothing. Says on the terminal which
 * deploys were cut off.
 *
 * @throws what `planDeploy` and `findDeletions` throw
 */
export async function intendedDeploy(
  { workspace, built, target }: DeployParties,
  values: OptionValues,
  terminal: Terminal,
  cli: StartedCli,
): Promise<IntendedDeploy> {
  const last = await lastDeploy(workspace, target)
  const journals = await journalsOf(workspace, target)
  const cutOff = cutOffIn(journals)
  for (const journal of cutOff) terminal.err(cutOffText(journal))
  const base = { ...target.access, workspace, built, keywords: target.keywords, config: target.config }
  const changed = await changedSecrets(base)
  const options: DeployChangesOptions = {
    ...base,
    changedSecrets: changed,
    sent: sentBefore(journals),
    ...(last !== undefined &&
      values['overwrite'] !== true && {
        expected: last.after,
        // What a deploy wrote that was killed, or that failed, is no change by somebody else.
        own: journalsSince(last.number, journals),
      }),
    all: values['all'] === true,
    restoreOnFailure: values['no-restore'] !== true,
    allowLoss: values['allow-loss'] === true,
    onLine: warningsTo(terminal),
    onStep: ({ step, type, name }: DeployStep) => terminal.err(`${type} "${name}" ${STEPS[step]}`),
  }
  const plan = await planDeploy({ ...options, cli })
  const drift = options.expected === undefined ? [] : conflictingDrift(options.expected, plan, options.own)
  const named = [values['delete'] ?? []].flat().map(String)
  const deletions = await findDeletions(target.access, workspace.tenant, named)
  const effects = await tokenEffects(workspace, plan, target.markers, built, {
    mayRun: mayRunForeign(terminal, values, plan.domain),
    terminal,
  })
  return {
    workspace,
    built,
    target,
    plan,
    deletions,
    effects,
    hasWork: drift.length === 0 && (plan.changes.length > 0 || options.all || deletions.length > 0),
    lines: [...planLines(plan, effects), ...deletions.map(({ type, name }) => `delete  ${type} "${name}"`)],
    options,
    ...(last !== undefined && { last }),
    cutOff,
    keepsFingerprints: changed !== undefined,
  }
}

const STEPS: Readonly<Record<DeployStep['step'], string>> = {
  created: 'uploaded, new',
  updated: 'uploaded',
  deleted: 'deleted',
  building: 'building',
  deployed: 'deployed',
}

/**
 * Of what the deploy CLI says, its warnings. Not that it would delete what it was not given: nothing is deleted; nor
 * which scopes it misses, where it goes on without: it guesses.
 */
function warningsTo(terminal: Terminal): (line: string) => void {
  const told = new Set<string>()
  return (line) => {
    const at = line.indexOf('warn: ')
    const text = line.slice(at)
    const noise = ['Detected th', 'Insufficient scope'].some((words) => text.includes(words))
    if (at === -1 || noise || told.has(text)) return
    told.add(text)
    terminal.err(text)
  }
}
