import { readBack, readRecord, restore, writeRecord } from '../../deploy/index.ts'
import { ToolkitError } from '../../errors.ts'
import { readWorkspace } from '../../workspace/index.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { deployTarget, targetHelp, targetOptions, targetUsage } from './deploy-target.ts'

/** `claims rollback`: Actions and bindings as they were before a deploy. */
export const rollbackCommand: Command = {
  name: 'rollback',
  summary: 'Bring Actions and bindings back to what they were before a deploy',
  usage: `${targetUsage} [--to <n>] [--yes] [--json]`,
  options: {
    ...targetOptions,
    to: { type: 'string' },
    yes: { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: [
    ...targetHelp,
    ['--to <n>', 'the state before deploy n; without it the newest one, which may be a rollback, is undone'],
    ['--yes', 'needed for a real tenant'],
    ['--json', 'print one JSON document'],
  ],
  async run(terminal, values) {
    const { to } = values
    if (to !== undefined && !/^[1-9]\d*$/.test(String(to))) {
      throw new ToolkitError('ERR_USAGE', `--to takes the number of a deploy, not "${String(to)}"`, {
        hint: 'Leave it away for the newest deploy.',
      })
    }
    const workspace = await readWorkspace(terminal.cwd)
    const target = await deployTarget(terminal, values, workspace)
    try {
      if (target.rehearsal) {
        throw new ToolkitError('ERR_USAGE', 'there is nothing to roll back in a tenant of this run', {
          hint: 'Name the tenant with --url, --tenant or --env.',
        })
      }
      const { domain, local } = target.access
      const record = await readRecord(workspace.root, domain, to === undefined ? undefined : Number(to))
      if (!local && values['yes'] !== true) {
        throw new ToolkitError('ERR_USAGE', `"${domain}" is a real tenant, and --yes is not given`, {
          hint: `Deploy ${record.number} of ${record.date} would be undone.`,
        })
      }
      const names = record.after.actions.map(({ name }) => name)
      const known = record.changes.filter(({ type }) => type === 'actions').map(({ name }) => name)
      const done = await restore(
        target.access,
        record.before,
        names.filter((name) => known.includes(name)),
      )
      const state = await readBack(target.access, Object.keys(record.before.bindings))
      if (done.length > 0) {
        // What the tenant has now is ours: the next deploy must not take it for somebody else's change.
        const { changes, after: before } = record
        await writeRecord(workspace.root, {
          domain,
          date: new Date().toISOString(),
          changes,
          before,
          after: state,
        })
      }
      if (values['json'] === true) {
        const document = { version: 1, command: 'rollback', domain, undone: record.number, done, ...state }
        terminal.out(JSON.stringify(document))
      } else {
        for (const line of done) terminal.out(line)
        terminal.out(done.length === 0 ? 'nothing to undo' : `deploy ${record.number} is undone`)
      }
      return EXIT.clean
    } finally {
      await target.stop()
    }
  },
}
