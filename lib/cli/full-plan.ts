import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { breakingChanges, type ContractChange, readContracts } from '../contract/index.ts'
import {
  changedSecrets,
  type DeployRecord,
  driftSince,
  journalsSince,
  type Plan,
  planDeploy,
  type StartedCli,
  sentBefore,
} from '../deploy/index.ts'
import { ToolkitError } from '../errors.ts'
import { countFindings, formatFindings } from '../report/index.ts'
import type { Workspace } from '../workspace/index.ts'
import type { CheckedWorkspace } from './checked-workspace.ts'
import type { OptionValues, Terminal } from './command.ts'
import { olderContracts } from './contract-changes.ts'
import { EXIT } from './exit-codes.ts'
import { cutOffIn, cutOffText, journalsOf, lastDeploy, withTarget } from './masked.ts'
import { mayRunForeign, type TokenEffects, tokenEffects } from './token-effects.ts'

/** A plan, and what the command tells beside it. */
export interface FullPlan {
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
    for (const journal of cutOffIn(journals)) terminal.err(cutOffText(journal))
    const drift =
      last === undefined
        ? []
        : driftSince(last.after, plan.before, journalsSince(last.number, journals)).map(target.markers.masked)
    // What has errors may not be readable or runnable: the rest of the plan is shown all the same.
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
