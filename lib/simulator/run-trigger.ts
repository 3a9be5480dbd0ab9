import { TRIGGER_TIMEOUT_MILLISECONDS } from '../runtime/limits.ts'
import type { Handler, RunResult } from '../runtime/types.ts'
import { methodAt, type Trigger } from '../triggers/index.ts'
import { carriedState, type Expiry, type LoginState } from '../triggers/login-state.ts'
import { profileOf } from '../triggers/profile.ts'
import { reduceCalls, shownEvent } from '../triggers/reduce.ts'
import { claimWrites } from './claim-writes.ts'
import { withMetadata } from './metadata.ts'
import type { ActionRun, PipelineOptions, PipelineResult, RecordedCommand } from './types.ts'

/**
 * Runs the bound Actions in order, as one execution of a trigger: deny stops the Actions after the
 * one that called it, an uncaught throw discards every other command, a redirect suspends and is continued with
 * `resume` in the same Action. Limits the time of all Actions together.
 *
 * Builds no token: `settleTokens` does. Challenges and enrolments are recorded and count as done, where
 * the flow can ask for them at all: see `refused`.
 *
 * @see https://auth0.com/docs/customize/actions/explore-triggers
 */
export async function runTrigger(trigger: Trigger, options: PipelineOptions): Promise<PipelineResult> {
  const { actions, runtime, resume } = options
  const commands: RecordedCommand[] = [...(resume?.commands ?? [])]
  const runs: ActionRun[] = []
  let event = resume === undefined ? options.event : resume.event
  let state = reduceCalls(trigger, event, commands)
  const limit = options.timeoutMilliseconds ?? TRIGGER_TIMEOUT_MILLISECONDS
  let left = limit
  let cache = options.facts?.['cache']

  const result = (
    outcome: PipelineResult['outcome'],
    rest: Partial<PipelineResult> = {},
  ): PipelineResult => ({
    outcome,
    ...rest,
    commands,
    writes: claimWrites(trigger, commands),
    runs,
    ...asked(outcome === 'error' ? {} : state),
  })

  for (let index = resume?.actionIndex ?? 0; index < actions.length; index++) {
    const action = actions[index]!
    const { execute, resume: goOn } = trigger.handlers
    const handler = (resume !== undefined && index === resume.actionIndex ? goOn : execute) as Handler
    const given = left
    const before = carriedState(state)
    const run: RunResult = await runtime.run({
      action,
      handler,
      event,
      timeoutMilliseconds: Math.max(1, Math.ceil(left)),
      ...(options.cold === true && { cold: true }),
      facts: {
        ...options.facts,
        ...(before !== undefined && { before }),
        ...(cache !== undefined && { cache }),
      },
    })
    left -= run.milliseconds
    cache = run.cache
    const first = commands.length
    for (const command of run.commands) commands.push(Object.assign(command, { action: action.name }))
    // An earlier redirect, also one of this Action before the pause, is done.
    delete state.suspension
    state = reduceCalls(trigger, event, commands, state, first)
    if (run.commands.some(({ method }) => methodAt(trigger, method)?.changesEvent === true)) {
      event = shownEvent(trigger, event, state)
    }
    // A form's answer is for the Action that rendered it.
    if (handler === goOn && trigger.answered !== undefined) event = without(event, trigger.answered)
    runs.push({
      action: action.name,
      handler,
      milliseconds: run.milliseconds,
      logs: run.logs,
      ...(run.error !== undefined && { error: run.error }),
    })
    if (run.error?.kind === 'timeout' && given < limit) {
      run.error.message = `The Actions exceeded the allowed execution time of ${limit} ms together.`
    }
    if (run.error !== undefined) return result('error', { reason: run.error.message })

    const fault = trigger.fault?.(event as never, state, (call) => commands[call]!.method)
    if (fault !== undefined) return result('error', { reason: fault })
    if (state.denial !== undefined) return result('denied', { reason: state.denial.reason })

    if (state.suspension !== undefined) {
      const { url, form } = state.suspension
      const { rest, reason } = refusalOf(trigger, event, state, commands)
      if (reason !== undefined) return result('error', { ...rest, reason })
      // A form is shown by the tenant; the address only names it.
      const redirect = { url: form === undefined ? url : `prompt:${form.id}` }
      const suspended = result('redirect', { ...rest, redirect })
      return {
        ...suspended,
        suspension: {
          actionIndex: index,
          commands: commands.map((command) => ({ ...command })),
          // Metadata is saved before the browser leaves, and read anew when it is back.
          event: withMetadata(event, suspended),
        },
      }
    }
  }
  const { rest } = refusalOf(trigger, event, state, commands)
  if (rest.refused !== undefined) return result('allowed', rest)
  return result(
    'allowed',
    trigger.secondFactor?.(event as never, state) === true ? { secondFactor: true } : {},
  )
}

function refusalOf(
  trigger: Trigger,
  event: object,
  state: LoginState,
  commands: readonly RecordedCommand[],
): { rest: Pick<PipelineResult, 'refused'>; reason?: string } {
  const refusal = trigger.refused?.(event as never, state)
  if (refusal === undefined) return { rest: {} }
  const { error, call, reason } = refusal
  return { rest: { refused: { error, command: commands[call]! } }, ...(reason !== undefined && { reason }) }
}

/** The state, and the parts of it that callers ask for. */
function asked(
  state: LoginState,
): Pick<
  PipelineResult,
  | 'state'
  | 'scopes'
  | 'userMetadata'
  | 'appMetadata'
  | 'targetScopes'
  | 'session'
  | 'refreshToken'
  | 'primaryUser'
> {
  const scopes = (wanted: 'add' | 'remove') =>
    (state.scopes ?? []).filter(({ operation }) => operation === wanted).map(({ scope }) => scope)
  const [session, refreshToken] = [lifetimeOf(state.session), lifetimeOf(state.refreshToken)]
  return {
    state,
    scopes: { add: scopes('add'), remove: scopes('remove') },
    userMetadata: profileOf(state, 'user_metadata'),
    appMetadata: profileOf(state, 'app_metadata'),
    ...(session !== undefined && { session }),
    ...(refreshToken !== undefined && { refreshToken }),
    ...(state.primaryUser !== undefined && { primaryUser: state.primaryUser.user_id }),
    ...(state.targetScopes !== undefined && { targetScopes: [...state.targetScopes] }),
  }
}

function lifetimeOf({ expiresAt, idleExpiresAt }: Expiry = {}): Expiry | undefined {
  if (expiresAt === undefined && idleExpiresAt === undefined) return undefined
  return {
    ...(expiresAt !== undefined && { expiresAt }),
    ...(idleExpiresAt !== undefined && { idleExpiresAt }),
  }
}

function without(event: object, part: string): object {
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== part))
}
