import type { Terminal } from './command.ts'
import type { IntendedDeploy } from './intended-deploy.ts'
import { jsonDocument } from './json-document.ts'
import { planDocument } from './plan-text.ts'
import type { SentDeploy } from './send-deploy.ts'

/** The document of `claims deploy --json`. */
export function deployDocument(intended: IntendedDeploy, { deployed, tried }: SentDeploy): string {
  const { plan, effects, target, deletions } = intended
  return jsonDocument('deploy', {
    ...planDocument(plan, effects),
    outcome: deployed === undefined && deletions.length === 0 ? 'unchanged' : 'deployed',
    rehearsal: target.rehearsal,
    deleted: deletions,
    ...(deployed === undefined ? {} : { deployed }),
    ...(tried === undefined ? {} : { canary: 'passed' }),
  })
}

/** Prints what was planned, and what the tenant runs now. */
export function tellDeploy(terminal: Terminal, intended: IntendedDeploy, { deployed }: SentDeploy): void {
  const { lines, workspace, plan, deletions } = intended
  for (const line of lines) terminal.out(line)
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
    deployed === undefined && deletions.length === 0
      ? `nothing was written to ${plan.domain}`
      : `${plan.domain} has what was sent`,
  )
}
