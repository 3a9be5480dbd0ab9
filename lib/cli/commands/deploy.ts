import { deployChanges, newestRecord, planDeploy, writeRecord } from '../../deploy/index.ts'
import { ToolkitError } from '../../errors.ts'
import { countFindings, formatFindings, formatSummary } from '../../report/index.ts'
import type { Command } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { checkedWorkspace } from './checked-workspace.ts'
import { deployTarget, targetHelp, targetOptions, targetUsage } from './deploy-target.ts'
import { planText } from './plan.ts'

/** `claims deploy`: builds, sends what changed through the deploy CLI, reads back. */
export const deployCommand: Command = {
  name: 'deploy',
  summary: 'Send what changed to a tenant, and read back that it is there',
  usage: `${targetUsage} [--all] [--yes] [--overwrite] [--no-restore] [--json]`,
  options: {
    ...targetOptions,
    all: { type: 'boolean' },
    yes: { type: 'boolean' },
    overwrite: { type: 'boolean' },
    'no-restore': { type: 'boolean' },
    json: { type: 'boolean' },
  },
  help: [
    ...targetHelp,
    ['--all', 'send everything, changed or not; needed after a new value of a secret, which cannot be seen'],
    ['--yes', 'deploy to a real tenant; without it the plan is printed and nothing is written'],
    ['--overwrite', 'deploy over what somebody else changed in the tenant since the last deploy from here'],
    ['--no-restore', 'after a failure leave Actions and bindings as they are'],
    ['--json', 'print one JSON document'],
  ],
  async run(terminal, values) {
    const { workspace, findings, errors } = await checkedWorkspace(terminal.cwd)
    if (findings.length > 0) terminal.err(formatFindings(findings))
    if (errors > 0) {
      if (values['json'] === true) {
        const document = {
          version: 1,
          command: 'deploy',
          outcome: 'refused',
          summary: countFindings(findings),
          findings,
        }
        terminal.out(JSON.stringify(document))
      }
      terminal.err(`nothing was deployed: ${formatSummary(findings)}`)
      return EXIT.findings
    }
    const target = await deployTarget(terminal, values, workspace)
    try {
      const last = await newestRecord(workspace.root, target.access.domain)
      const options = {
        ...target.access,
        ...(last === undefined || values['overwrite'] === true ? {} : { expected: last.after }),
        workspace,
        keywords: target.keywords,
        all: values['all'] === true,
        restoreOnFailure: values['no-restore'] !== true,
        onLine: (line: string) => terminal.err(line.replace(/^\S+Z - /, '')),
      }
      if (!target.access.local && values['yes'] !== true) {
        const plan = await planDeploy(options)
        terminal.err(planText(plan))
        throw new ToolkitError(
          'ERR_USAGE',
          `"${target.access.domain}" is a real tenant, and --yes is not given`,
          {
            hint: 'Read the plan above; with --yes it is carried out.',
          },
        )
      }
      if (target.rehearsal) {
        terminal.err(
          'note: a rehearsal on a local tenant of this run; name a real one with --tenant or --env',
        )
      }
      const { plan, deployed } = await deployChanges(options)
      const { domain } = target.access
      if (deployed !== undefined && !target.rehearsal) {
        const { number } = await writeRecord(workspace.root, {
          domain,
          date: new Date().toISOString(),
          changes: plan.changes,
          before: plan.before,
          after: { actions: deployed.actions, bindings: deployed.bindings },
        })
        terminal.err(`this is deploy ${number}: claims rollback undoes it`)
      }
      if (values['json'] === true) {
        const { before: _before, ...shown } = plan
        const result = deployed === undefined ? {} : { deployed }
        terminal.out(
          JSON.stringify({
            version: 1,
            command: 'deploy',
            outcome: deployed === undefined ? 'unchanged' : 'deployed',
            rehearsal: target.rehearsal,
            ...shown,
            ...result,
          }),
        )
        return EXIT.clean
      }
      terminal.out(planText(plan))
      for (const action of deployed?.actions ?? []) {
        if (!workspace.actions.some(({ name }) => name === action.name)) continue
        terminal.out(
          `deployed "${action.name}" version ${action.version ?? 'none'}, code ${action.codeHash.slice(0, 12)}`,
        )
      }
      for (const [trigger, names] of Object.entries(deployed?.bindings ?? {})) {
        terminal.out(`${trigger} runs ${names.join(', ') || 'nothing'}`)
      }
      terminal.err(
        deployed === undefined ? `nothing was written to ${domain}` : `${domain} has what was sent`,
      )
      return EXIT.clean
    } finally {
      await target.stop()
    }
  },
}
