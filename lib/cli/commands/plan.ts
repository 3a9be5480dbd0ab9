import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { breakingChanges, type ContractChange, readContracts } from '../../contract/index.ts'
import {
  changedSecrets,
  type DeployRecord,
  driftSince,
  type Plan,
  planDeploy,
  type StartedCli,
  sentBefore,
} from '../../deploy/index.ts'
import { ToolkitError } from '../../errors.ts'
import { countFindings, formatFindings, formatSummary } from '../../report/index.ts'
import type { Workspace } from '../../workspace/index.ts'
import type { OptionValues, Terminal } from '../command.ts'
import { withDeployCli } from '../deploy-cli.ts'
import { EXIT } from '../exit-codes.ts'
import { cutOffDeploys, cutOffText, journalsOf, lastDeploy, withTarget } from '../masked.ts'
import { mayRunForeign, RUN_TENANT_ACTIONS, type TokenEffects, tokenEffects } from '../token-effects.ts'
import { workspaceFolder } from '../workspace-folder.ts'
import { contractChangeLines, olderContracts } from './breaking.ts'
import { type CheckedWorkspace, checkedWorkspace } from './checked-workspace.ts'
import { TARGET_FLAGS } from './deploy-target.ts'
import { noPlanMarkdown, planDocument, planLines, planMarkdown } from './plan-text.ts'

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
        terminal.out(JSON.stringify({ ...document, outcome, drift, contracts, findings }))
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
      const document = { version: 1, command: 'plan', outcome: 'refused', findings }
      if (values['json'] === true) caller.out(JSON.stringify(document))
      else if (values['markdown'] === true) caller.document(noPlanMarkdown(findings))
    })
    caller.err(`a deploy would be refused: ${formatSummary(findings)}`)
    return EXIT.findings
  },
})

/** A plan, and what the command tells beside it. */
interface FullPlan {
  plan: Plan
  effects: TokenEffects | undefined
  drift: string[]
  contracts: ContractChange[]
}

/** Prints the findings, and whether errors among them are no reason to refuse a deploy. */
export function tellFindings(
  caller: Pick<Terminal, 'err'>,
  { findings, refusing }: Pick<CheckedWorkspace, 'findings' | 'refusing'>,
): void {
  if (findings.length > 0) caller.err(formatFindings(findings).split('\n'))
  const passed = countFindings(findings).errors - refusing.length
  if (passed === 0) return
  caller.err(
    `note: ${passed} of the errors ${passed === 1 ? 'does' : 'do'} not stop a deploy: an Action that no login runs, or a client without callbacks`,
  )
}

/**
 * Awaits the plan of a workspace with errors; where none could be made, a note says why, and `instead` tells the
 * findings alone. Wrong use, such as a tenant without credentials, stays an error after that.
 *
 * @throws what `made` throws that is no {@link ToolkitError} about the workspace or the tenant
 */
export async function planned(
  made: Promise<void>,
  caller: Pick<Terminal, 'err'>,
  instead: () => void,
): Promise<void> {
  try {
    await made
  } catch (error) {
    if (!(error instanceof ToolkitError)) throw error
    instead()
    if (error.code === 'ERR_USAGE') throw error
    caller.err(`note: there is no plan: ${error.message}`)
  }
}

/** Plans, and gives all that a plan says to `use`, with a terminal that shows no value. */
export async function withPlan(
  caller: Terminal,
  values: OptionValues,
  { workspace, built, refusing, cli }: CheckedWorkspace & { cli: StartedCli },
  use: (full: FullPlan, terminal: Terminal) => Promise<void>,
): Promise<void> {
  const codes = built.map(({ code }) => code)
  await withTarget(caller, values, { workspace, codes }, async (target, terminal) => {
    const options = { ...target.access, workspace, built, keywords: target.keywords, config: target.config }
    const journals = await journalsOf(workspace, target)
    const plan = await planDeploy({
      ...options,
      changedSecrets: await changedSecrets(options),
      sent: sentBefore(journals),
      cli,
    })
    const last = await lastDeploy(workspace, target)
    const cutOff = cutOffDeploys(journals)
    for (const journal of cutOff) terminal.err(cutOffText(journal))
    const drift =
      last === undefined || cutOff.length > 0
        ? []
        : driftSince(last.after, plan.before).map(target.markers.masked)
    // What has errors may not be readable, or not be runnable: the rest of the plan is told all the same.
    const ifSound = <T, U>(made: Promise<T>, instead: U): Promise<T | U> =>
      made.catch((error: unknown) => {
        if (refusing.length > 0 && error instanceof ToolkitError) return instead
        throw error
      })
    const contracts = await ifSound(contractChanges(terminal.cwd, workspace, values['against'], last), [])
    const effects =
      plan.unplanned.length > 0
        ? undefined
        : await ifSound(
            tokenEffects(workspace, plan, target.markers, built, {
              mayRun: mayRunForeign(terminal, values, plan.domain),
              terminal,
            }),
            undefined,
          )
    if (target.rehearsal) terminal.err('note: compared with a new, empty local tenant')
    await use({ plan, effects, drift, contracts }, terminal)
    return EXIT.clean
  })
}

/** What an API will see of changed contracts; compatible changes left out. */
async function contractChanges(
  cwd: string,
  workspace: Workspace,
  against: unknown,
  last: DeployRecord | undefined,
): Promise<ContractChange[]> {
  const named = typeof against === 'string' ? against : undefined
  const ref = named ?? last?.commit?.id
  if (ref === undefined) return []
  const older = olderContracts(workspace.root, resolve(cwd, ref), ref)
  // The commit of the last deploy may be gone, or from before the first contract.
  const old = named === undefined ? await older.catch(() => []) : await older
  const now = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
    root: workspace.root,
  })
  return breakingChanges(old, now).filter(({ verdict }) => verdict !== 'compatible')
}
