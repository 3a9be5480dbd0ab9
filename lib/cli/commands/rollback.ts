import {
  closeJournal,
  deploysToUndo,
  driftSince,
  type Journal,
  journalsSince,
  readBack,
  rollBack,
} from '../../deploy/index.ts'
import { ToolkitError } from '../../errors.ts'
import { readWorkspace } from '../../workspace/index.ts'
import { defineCommand } from '../command.ts'
import { confirmed } from '../confirmed.ts'
import { TARGET_FLAGS } from '../deploy-target.ts'
import { EXIT } from '../exit-codes.ts'
import { JSON_FLAG } from '../flags.ts'
import { gitCommit } from '../git-commit.ts'
import { jsonDocument } from '../json-document.ts'
import { cutOffIn, cutOffText, journalsOf, keepRecord, lastDeploy, withTarget } from '../masked.ts'
import { workspaceFolder } from '../workspace-folder.ts'
import { lockedInWorkspace } from '../workspace-lock.ts'

const unlocked = defineCommand({
  name: 'rollback',
  summary: 'Bring a tenant back to what it was before a deploy',
  flags: {
    ...TARGET_FLAGS,
    to: {
      value: '<n>',
      help: 'the state that deploy n left, 0 for that before the first; without it the newest one, which may be a rollback, is undone',
    },
    yes: { help: 'do not ask; needed for a real tenant where nobody can be asked' },
    overwrite: {
      help: 'roll back over what somebody else changed in the tenant since the last deploy from here',
    },
    ...JSON_FLAG,
  },
  async run(caller, values) {
    const { to } = values
    if (to !== undefined && !/^\d{1,9}$/.test(String(to))) {
      throw new ToolkitError('ERR_USAGE', `--to takes the number of a deploy, not "${String(to)}"`, {
        hint: 'Leave it out for the newest deploy.',
      })
    }
    const workspace = await readWorkspace(await workspaceFolder(caller))
    return withTarget(caller, values, { workspace }, async (target, terminal) => {
      if (target.rehearsal) {
        throw new ToolkitError('ERR_USAGE', 'there is nothing to roll back in a tenant of this run', {
          hint: 'Name the tenant with --url, --tenant or --env.',
        })
      }
      const { domain, local } = target.access
      const overwrite = values['overwrite'] === true
      const options = {
        ...target.access,
        root: workspace.root,
        markers: target.markers,
        overwrite,
        ...(to !== undefined && { to: Number(to) }),
      }
      const journals = await journalsOf(workspace, target)
      const cutOff = cutOffIn(journals)
      for (const journal of cutOff) terminal.err(cutOffText(journal))
      const deploys = await deploysToUndo(options)
      const newest = await lastDeploy(workspace, target)
      const triggers = [...new Set(deploys.flatMap(({ state }) => Object.keys(state.bindings)))]
      const before = await readBack(target.access, triggers)
      const drift =
        overwrite || newest === undefined
          ? []
          : driftSince(newest.after, before, journalsSince(newest.number, journals))
      if (drift.length > 0) {
        throw new ToolkitError('ERR_DEPLOY', `"${domain}" was changed since: ${drift.join('; ')}`, {
          hint: 'Nothing was written. Take the change over with claims pull, or use --overwrite.',
        })
      }
      const numbers = deploys.map(({ number }) => number)
      const which = `${numbers.length === 1 ? 'deploy' : 'deploys'} ${numbers.join(', ')}`
      if (!local && deploys.length > 0) {
        await confirmed(terminal, values, domain, [
          `To be undone: ${deploys.map(({ number, date }) => `deploy ${number} of ${date}`).join(', ')}.`,
        ])
      }
      const { done, left, number: written } = await rollBack(options, before)
      const number = written ?? (await closedAsIs(workspace.root, cutOff, deploys, left))
      const state = await readBack(target.access, triggers)
      if (number !== undefined) {
        // What the tenant has now is ours: the next deploy must not take it for somebody else's change.
        await keepRecord(
          workspace,
          target,
          {
            domain,
            date: new Date().toISOString(),
            ...(await gitCommit(workspace.root)),
            changes: deploys.flatMap(({ steps }) =>
              steps.map(({ type, name, change }) => ({ type, name, change, fields: [] })),
            ),
            before,
            after: state,
          },
          number,
        )
      }
      if (values['json'] === true) {
        terminal.out(jsonDocument('rollback', { domain, undone: numbers, done, left, ...state }))
      } else {
        for (const line of [...done, ...left]) terminal.out(line)
        const [is, stays] = numbers.length === 1 ? ['is', 'stays'] : ['are', 'stay']
        terminal.out(
          done.length > 0
            ? `${which} ${is} undone${left.length > 0 ? ', but for what is named above' : ''}`
            : left.length > 0
              ? `nothing was undone: ${which} ${stays}, for what is named above`
              : 'nothing to undo',
        )
      }
      return left.length > 0 ? EXIT.findings : EXIT.clean
    })
  },
})

/** `claims rollback`: a tenant as it was before a deploy. */
export const rollbackCommand = lockedInWorkspace(unlocked, workspaceFolder)

/**
 * Ends what was cut off where nothing more had to be written: a rollback had done all, a deploy nothing.
 *
 * @returns the number of the rollback
 */
async function closedAsIs(
  root: string,
  cutOff: readonly Journal[],
  deploys: readonly Journal[],
  left: readonly string[],
): Promise<number | undefined> {
  if (deploys.length === 0) return undefined
  const whole = cutOff.findLast(({ rollback }) => rollback === true)?.number
  if (whole !== undefined) {
    await closeJournal(root, whole, 'deployed')
    return whole
  }
  const undone = new Set(deploys.map(({ number }) => number))
  for (const { number } of cutOff)
    if (undone.has(number)) await closeJournal(root, number, left.length > 0 ? 'left' : 'undone')
  return undefined
}
