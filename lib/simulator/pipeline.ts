import { TRIGGER_TIMEOUT_MILLISECONDS } from '../runtime/limits.ts'
import type { Handler, RunResult } from '../runtime/types.ts'
import { postLogin } from '../triggers/index.ts'
import { claimWrites, effects } from './effects.ts'
import type { SimulatedEvent } from './event.ts'
import { factorFault, isBackChannel, refusedFactor, refusedRedirect } from './interaction.ts'
import { metadataChanges, metadataFault, withMetadata } from './metadata.ts'
import type { ActionRun, PipelineOptions, PipelineResult, RecordedCommand } from './types.ts'

const DENIALS = new Set(['access.deny', 'session.revoke', 'refreshToken.revoke', 'validation.error'])
const SUSPENSIONS = new Set(['redirect.sendUserTo', 'prompt.render'])

/**
 * Runs the bound Actions in order, as one execution of the post-login trigger: deny stops the Actions after the
 * one that called it, an uncaught throw discards every other command, a redirect suspends and is continued with
 * `resume` in the same Action. Limits the time of all Actions together.
 *
 * Builds no token: `settleTokens` does. Challenges and enrolments are recorded and count as done, where
 * the flow can ask for them at all: see `refused`.
 *
 * @see https://auth0.com/docs/customize/actions/explore-triggers/post-login
 */
export async function runPostLogin(options: PipelineOptions): Promise<PipelineResult> {
  const { actions, runtime, resume } = options
  const commands: RecordedCommand[] = [...(resume?.commands ?? [])]
  const runs: ActionRun[] = []
  let event = resume === undefined ? options.event : resume.event
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
    writes: claimWrites(commands),
    runs,
    ...effects(commands, event, outcome),
  })

  for (let index = resume?.actionIndex ?? 0; index < actions.length; index++) {
    const action = actions[index]!
    const handler: Handler =
      resume !== undefined && index === resume.actionIndex
        ? postLogin.handlers.resume
        : postLogin.handlers.execute
    const given = left
    const run: RunResult = await runtime.run({
      action,
      handler,
      event,
      timeoutMilliseconds: Math.max(1, Math.ceil(left)),
      ...(options.cold === true && { cold: true }),
      facts: { ...options.facts, before: counts(commands), ...(cache !== undefined && { cache }) },
    })
    left -= run.milliseconds
    cache = run.cache
    event = withChanges(event, run.event)
    // A form's answer is for the Action that rendered it.
    if (handler === postLogin.handlers.resume) event = without(event, 'prompt')
    const own = run.commands.map((command) => Object.assign(command, { action: action.name }))
    for (const command of own) commands.push(command)
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

    const effective = own.filter((command) => command.threw === undefined)
    const writesMetadata = effective.some(({ method }) => method.startsWith('user.'))
    const fault =
      factorFault(event, effective) ?? (writesMetadata ? metadataFault(metadataChanges(commands)) : undefined)
    if (fault !== undefined) return result('error', { reason: fault })
    const denial = effective.find(({ method }) => DENIALS.has(method))
    if (denial !== undefined) return result('denied', { reason: reasonOf(denial) })

    const suspension = effective.findLast(({ method }) => SUSPENSIONS.has(method))
    if (suspension !== undefined) {
      const refused = refusedRedirect(event, suspension)
      const rest = refused === undefined ? {} : { refused }
      if (isBackChannel(event)) {
        const { protocol } = (event as SimulatedEvent).transaction!
        return result('error', { ...rest, reason: `A redirect is not possible in the "${protocol}" flow.` })
      }
      const suspended = result('redirect', { ...rest, redirect: { url: urlOf(suspension) } })
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
  const refused = refusedFactor(event, commands)
  return result('allowed', refused === undefined ? {} : { refused })
}

function reasonOf({ method, args }: RecordedCommand): string {
  return String(method === 'validation.error' ? args[1] : args[0])
}

// A form is shown by the tenant; the address only names it.
function urlOf({ method, args }: RecordedCommand): string {
  return method === 'prompt.render' ? `prompt:${String(args[0])}` : String(args[0])
}

function counts(commands: readonly RecordedCommand[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { method, threw } of commands) {
    // Rendering is limited per Action, not per login.
    if (threw === undefined && method !== 'prompt.render') counts[method] = (counts[method] ?? 0) + 1
  }
  return counts
}

function without(event: object, part: string): object {
  return Object.fromEntries(Object.entries(event).filter(([name]) => name !== part))
}

/** The event for the next Action: two levels deep, as the live parts are. */
function withChanges(event: object, changes: object | undefined): object {
  if (changes === undefined) return event
  const next: Record<string, unknown> = { ...event }
  for (const [part, members] of Object.entries(changes)) {
    const current = next[part] as Record<string, unknown> | undefined
    const cookie =
      members.cookie === undefined
        ? {}
        : { cookie: { ...(current?.['cookie'] as object), ...members.cookie } }
    next[part] = { ...current, ...members, ...cookie }
  }
  return next
}
