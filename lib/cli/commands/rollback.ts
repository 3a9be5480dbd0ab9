import { driftSince, readBack, restore } from '../../deploy/index.ts'
import { ToolkitError } from '../../errors.ts'
import { readWorkspace } from '../../workspace/index.ts'
import type { Command } from '../command.ts'
import { confirmed } from '../confirmed.ts'
import { EXIT } from '../exit-codes.ts'
import { gitCommit } from '../git-commit.ts'
import { deployNumber, keepRecord, lastDeploy, withTarget } from '../masked.ts'
import { targetHelp, targetOptions, targetUsage } from './deploy-target.ts'

/** `claims rollback`: Actions and bindings as they were before a deploy. */
export const rollbackCommand: Command = {
  name: 'rollback',
  summary: 'Bring Actions and bindings back to what they were before a deploy',
  usage: `${targetUsage} [--to <n>] [--yes] [--overwrite] [--json]`,
  options: {
    ...targetOptions,
    to: { type: 'string' },
    yes: { type: 'boolean' },
    overwrite: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: [
    ...targetHelp,
    ['--to <n>', 'the state before deploy n; without it the newest one, which may be a rollback, is undone'],
    ['--yes', 'do not ask; needed for a real tenant where nobody can be asked'],
    [
      '--overwrite',
      'roll back over what somebody else changed in the tenant since the last deploy from here',
    ],
    ['--json', 'print one JSON document'],
  ],
  async run(caller, values) {
    const { to } = values
    if (to !== undefined && !/^[1-9]\d*$/.test(String(to))) {
      throw new ToolkitError('ERR_USAGE', `--to takes the number of a deploy, not "${String(to)}"`, {
        hint: 'Leave it away for the newest deploy.',
      })
    }
    const workspace = await readWorkspace(caller.cwd)
    return withTarget(caller, values, { workspace }, async (target, terminal) => {
      if (target.rehearsal) {
        throw new ToolkitError('ERR_USAGE', 'there is nothing to roll back in a tenant of this run', {
          hint: 'Name the tenant with --url, --tenant or --env.',
        })
      }
      const { domain, local } = target.access
      const record = await deployNumber(workspace, target, to === undefined ? undefined : Number(to))
      const newest = await lastDeploy(workspace, target)
      const now = await readBack(target.access, Object.keys(record.before.bindings))
      const drift = newest === undefined || values['overwrite'] === true ? [] : driftSince(newest.after, now)
      if (drift.length > 0) {
        throw new ToolkitError('ERR_DEPLOY', `"${domain}" was changed since: ${drift.join('; ')}`, {
          hint: 'Nothing was written. Take the change over with claims pull, or use --overwrite.',
        })
      }
      if (!local) {
        await confirmed(terminal, values, domain, [
          `Deploy ${record.number} of ${record.date} is to be undone.`,
        ])
      }
      const known = record.changes.filter(({ type }) => type === 'actions').map(({ name }) => name)
      const names = record.after.actions.map(({ name }) => name).filter((name) => known.includes(name))
      const { done, left } = await restore(target.access, record.before, { names })
      const state = await readBack(target.access, Object.keys(record.before.bindings))
      if (done.length > 0) {
        // What the tenant has now is ours: the next deploy must not take it for somebody else's change.
        const { changes, after: before } = record
        await keepRecord(workspace, target, {
          domain,
          date: new Date().toISOString(),
          ...(await gitCommit(workspace.root)),
          changes,
          before,
          after: state,
        })
      }
      if (values['json'] === true) {
        const document = {
          version: 1,
          command: 'rollback',
          domain,
          undone: record.number,
          done,
          left,
          ...state,
        }
        terminal.out(JSON.stringify(document))
      } else {
        for (const line of [...done, ...left]) terminal.out(line)
        terminal.out(done.length === 0 ? 'nothing to undo' : `deploy ${record.number} is undone`)
      }
      return EXIT.clean
    })
  },
}
