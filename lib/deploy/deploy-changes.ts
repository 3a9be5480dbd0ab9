import { ToolkitError } from '../errors.ts'
import { deployWithCli } from './deploy-with-cli.ts'
import { driftSince } from './drift.ts'
import { type Plan, planDeploy } from './plan.ts'
import { restore } from './restore.ts'
import type { DeployOptions, DeployReport, ReadBack } from './types.ts'

export interface DeployChangesOptions extends Omit<DeployOptions, 'only'> {
  /** Sends everything, changed or not: a new value of a secret cannot be seen from outside. @defaultValue false */
  all?: boolean
  /** Whether a failure half-way brings Actions and bindings back. @defaultValue true */
  restoreOnFailure?: boolean
  /** The state that the last deploy left: what differs from it was changed by somebody else, and stops the deploy. */
  expected?: ReadBack
}

export interface ChangesReport {
  plan: Plan
  /** Absent when nothing had to be written. */
  deployed?: DeployReport
}

/**
 * Plans, sends only what changed, and reads back. When the deploy fails half-way, Actions and bindings are brought
 * back to what they were; clients, APIs, grants, roles and organizations that were written by then stay, and the
 * error names them.
 *
 * @throws {ToolkitError} as {@link deployWithCli} and {@link planDeploy}
 */
export async function deployChanges(options: DeployChangesOptions): Promise<ChangesReport> {
  const plan = await planDeploy(options)
  const drift = options.expected === undefined ? [] : driftSince(options.expected, plan.before)
  if (drift.length > 0) {
    throw new ToolkitError(
      'ERR_DEPLOY',
      `"${options.domain}" was changed since the last deploy: ${drift.join('; ')}`,
      {
        hint: 'Take the change over with claims pull, or deploy over it with --overwrite.',
      },
    )
  }
  if (plan.changes.length === 0 && options.all !== true) return { plan }
  const only: Record<string, string[]> = {}
  for (const { type, name } of plan.changes) only[type] = [...(only[type] ?? []), name]
  try {
    return { plan, deployed: await deployWithCli(options.all === true ? options : { ...options, only }) }
  } catch (error) {
    if (!(error instanceof ToolkitError) || error.code === 'ERR_INPUT' || options.restoreOnFailure === false)
      throw error
    throw await afterRestore(options, plan, error)
  }
}

async function afterRestore(
  options: DeployChangesOptions,
  plan: Plan,
  error: ToolkitError,
): Promise<ToolkitError> {
  const names = options.workspace.actions.map(({ name }) => name)
  const others = [...new Set(plan.changes.map(({ type }) => type))].filter(
    (t) => t !== 'actions' && t !== 'triggers',
  )
  const rest = others.length === 0 ? '' : ` Possibly written, and not undone: ${others.join(', ')}.`
  let undone: string
  try {
    const done = await restore(options, plan.before, names)
    undone = done.length === 0 ? 'No Action and no binding had changed.' : `Undone: ${done.join('; ')}.`
  } catch (second) {
    undone = `Undoing failed as well: ${(second as Error).message}.`
  }
  return new ToolkitError(error.code, `${error.message}. ${undone}${rest}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  })
}
