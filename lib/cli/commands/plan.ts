import { formatSummary } from '../../report/index.ts'
import { checkedWorkspace } from '../checked-workspace.ts'
import type { Terminal } from '../command.ts'
import { contractChangeLines } from '../contract-changes.ts'
import { withDeployCli } from '../deploy-cli.ts'
import { TARGET_FLAGS } from '../deploy-target.ts'
import { EXIT } from '../exit-codes.ts'
import { type FullPlan, planned, tellFindings, withPlan } from '../full-plan.ts'
import { jsonDocument } from '../json-document.ts'
import { noPlanMarkdown, planDocument, planLines, planMarkdown } from '../plan-text.ts'
import { RUN_TENANT_ACTIONS } from '../token-effects.ts'
import { workspaceFolder } from '../workspace-folder.ts'

/** `claims plan`: what a deploy would change. Cannot write to the tenant. */
export const planCommand = withDeployCli({
  name: 'plan',
  summary: 'Show what a deploy would change in a tenant, and change nothing',
  flags: {
    ...TARGET_FLAGS,
    against: {
      value: '<git-ref|folder>',
      help: 'also say whether the contracts break an API that relies on those of this git ref or folder; unless told, those of the commit of the last deploy',
    },
    ...RUN_TENANT_ACTIONS,
    markdown: { help: 'print Markdown for a comment on a pull request' },
    json: { insteadOf: 'markdown', help: 'print one JSON document' },
  },
  async run(caller, values, cli) {
    const checked = { ...(await checkedWorkspace(await workspaceFolder(caller))), cli }
    const { findings, refusing } = checked
    tellFindings(caller, checked)
    const shown = async ({ plan, effects, drift, contracts }: FullPlan, terminal: Terminal) => {
      const outcome = refusing.length > 0 ? 'refused' : 'planned'
      if (values['json'] === true) {
        const document = planDocument(plan, effects)
        terminal.out(jsonDocument('plan', { ...document, outcome, drift, contracts, findings }))
      } else if (values['markdown'] === true) {
        terminal.document(planMarkdown(plan, { outcome, effects, drift, contracts, findings }))
      } else {
        const lines = [...planLines(plan, effects), ...contracts.flatMap(contractChangeLines)]
        terminal.out([...lines, ...drift.map((line) => `since the last deploy: ${line}`)])
      }
    }
    if (refusing.length === 0) {
      await withPlan(caller, values, checked, shown)
      return EXIT.clean
    }
    await planned(withPlan(caller, values, checked, shown), caller, () => {
      if (values['json'] === true) caller.out(jsonDocument('plan', { outcome: 'refused', findings }))
      else if (values['markdown'] === true) caller.document(noPlanMarkdown(findings))
    })
    caller.err(`a deploy would be refused: ${formatSummary(findings)}`)
    return EXIT.findings
  },
})
