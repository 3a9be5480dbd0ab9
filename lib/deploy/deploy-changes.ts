import { bundleActions } from '../bundle/index.ts'
import { ToolkitError } from '../errors.ts'
import { deployWithCli } from './deploy-with-cli.ts'
import { driftSince } from './drift.ts'
import { codeToSend, resolvedTenant, withModuleCode } from './markers.ts'
import { type Plan, type PlanOptions, planDeploy } from './plan.ts'
import { codeHash } from './read-back.ts'
import { type Restored, restore } from './restore.ts'
import { restoreEntities } from './restore-entities.ts'
import type { DeployOptions, DeployReport, ReadBack } from './types.ts'

export interface DeployChangesOptions
  extends Omit<DeployOptions, 'only'>,
    Pick<PlanOptions, 'changedSecrets'> {
  /** Sends everything, changed or not: a new value of a secret cannot be seen from outside. @defaultValue false */
  all?: boolean
  /** Whether a failure half-way brings the tenant back. @defaultValue true */
  restoreOnFailure?: boolean
  /** The state that the last deploy left: what differs from it was changed by somebody else, and stops the deploy. */
  expected?: ReadBack
  /** The plan that was agreed to: a tenant that has changed since stops the deploy. */
  agreed?: Plan
  /** Tries what was deployed once it is read back; what it throws is a failure of the deploy. */
  canary?: () => Promise<void>
}

export interface ChangesReport {
  plan: Plan
  /** Absent when nothing had to be written. */
  deployed?: DeployReport
}

/**
 * Plans, sends only what changed, and reads back. When the deploy or its canary fails, Actions, bindings, modules,
 * applications, APIs, connections, grants, roles and organizations are brought back to what they were, except where somebody else has written
 * meanwhile; the error says what was undone and what was not.
 *
 * @throws {ToolkitError} as {@link deployWithCli} and {@link planDeploy}
 */
export async function deployChanges(given: DeployChangesOptions): Promise<ChangesReport> {
  // Once: the plan, what is sent and what is undone are about the same code, whatever is saved meanwhile.
  const built = given.built ?? (await bundleActions(given.workspace.actions, { root: given.workspace.root }))
  const options = { ...given, built }
  const plan = await planDeploy(options)
  const { domain, expected, agreed } = options
  const drift = expected === undefined ? [] : driftSince(expected, plan.before)
  if (drift.length > 0) {
    throw new ToolkitError(
      'ERR_DEPLOY',
      `"${domain}" was changed since the last deploy: ${drift.join('; ')}`,
      {
        hint: 'Take the change over with claims pull, or deploy over it with --overwrite.',
      },
    )
  }
  if (agreed !== undefined && !isSamePlan(agreed, plan)) {
    throw new ToolkitError('ERR_DEPLOY', `"${domain}" was changed since the plan was shown`, {
      hint: 'Nothing was written. Run the command again and look at the new plan.',
    })
  }
  if (plan.changes.length === 0 && options.all !== true) return { plan }
  const only: Record<string, string[]> = {}
  for (const { type, name } of plan.changes) only[type] = [...(only[type] ?? []), name]
  const sending: DeployOptions = options.all === true ? options : { ...options, only }
  try {
    const deployed = await deployWithCli(sending)
    await options.canary?.()
    return { plan, deployed }
  } catch (error) {
    if (!(error instanceof ToolkitError) || error.code === 'ERR_INPUT' || options.restoreOnFailure === false)
      throw error
    throw await afterRestore(sending, plan, error)
  }
}

/** Whether two plans change the same things of the same tenant. */
function isSamePlan(a: Plan, b: Plan): boolean {
  const text = ({ changes, before, snapshot }: Plan) =>
    JSON.stringify([changes, before, [...snapshot.drafts], snapshot.entities])
  return text(a) === text(b)
}

async function afterRestore(options: DeployOptions, plan: Plan, error: ToolkitError): Promise<ToolkitError> {
  const { workspace, keywords } = options
  const sent = await withModuleCode(
    resolvedTenant(workspace, keywords, options.only),
    workspace.root,
    keywords,
  )
  const codes = await codeToSend(options, keywords)
  const wanted = Object.entries(sent.triggers ?? {})
  const steps = [
    // Scopes and applications first: grants and roles refer to them.
    () => restoreEntities(options, plan.snapshot.entities, sent),
    () =>
      restore(options, plan.before, {
        names: (sent.actions ?? []).map(({ name }) => String(name)),
        ours: {
          hashes: new Map([...codes].map(([name, code]) => [name, codeHash(code)])),
          bindings: Object.fromEntries(
            wanted.map(([trigger, list]) => [trigger, list.map(({ action_name }) => action_name)]),
          ),
        },
        drafts: plan.snapshot.drafts,
      }),
  ]
  const lines: string[] = []
  for (const step of steps) {
    try {
      lines.push(...undone(await step()))
    } catch (second) {
      lines.push(`Undoing failed as well: ${(second as Error).message}.`)
    }
  }
  const outcome = lines.length === 0 ? 'Nothing in the tenant had changed.' : lines.join(' ')
  const others = plan.changes.filter(({ change }) => change === 'uncompared').map(({ type }) => type)
  const rest = others.length === 0 ? '' : ` Possibly written, and not undone: ${others.join(', ')}.`
  return new ToolkitError(error.code, `${error.message.replace(/\.$/, '')}. ${outcome}${rest}`, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    cause: error,
  })
}

function undone({ done, left }: Restored): string[] {
  return [
    ...(done.length === 0 ? [] : [`Undone: ${done.join('; ')}.`]),
    ...(left.length === 0 ? [] : [`Left as it is: ${left.join('; ')}.`]),
  ]
}
