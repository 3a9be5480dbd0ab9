import type { Position } from '../finding.ts'
import { asJson } from '../json.ts'
import { append, apply, table } from '../primordials.ts'
import type { LoginState } from '../triggers/login-state.ts'
import type { ApiFacts, CacheStore, Call, Method } from '../triggers/method.ts'
import { applyCall, type Trigger } from '../triggers/trigger.ts'
import { errorMessage } from './error-text.ts'
import { sessionTokens } from './session-tokens.ts'
import type { Command, Handler } from './types.ts'

export interface RecorderOptions {
  /** Brings what has been asked for into the event. */
  show: Trigger['show']
  handler: Handler
  /** The Action's own copy of the event. What a call changes of it is written to it. */
  event: object
  facts: ApiFacts
  cache: CacheStore
  /** What the Actions before have asked for, as far as calls are checked against it. */
  before: LoginState
  /** Milliseconds since the epoch. */
  now: () => number
  /** Where in the Action the running call stands; frames of `below` and those it called are left out. */
  locate: (below: (...args: never[]) => unknown) => Position
}

/** Keeps what an Action calls, in order. One for each run. */
export class Recorder {
  readonly commands: Command[] = []
  /** The `api` object, for methods that return it. */
  api: object | undefined
  readonly #options: RecorderOptions
  // Without a prototype: what an Action puts there has not been asked for.
  readonly #own = table() as LoginState
  readonly #call: Call<never>

  constructor(options: RecorderOptions) {
    this.#options = options
    const { handler, event, facts, cache, before, now } = options
    this.#call = { event: event as never, handler, before, own: this.#own, facts, cache, now, sessionTokens }
  }

  /** Writes the call down, then does what the method does; a throw is written down as well. */
  call(path: string, method: Method<never>, given: readonly unknown[]): unknown {
    const { show, event, locate } = this.#options
    const place = this.commands.length
    const command: Command = { method: path, args: [], at: locate(Recorder.prototype.call) }
    append(this.commands, command)
    try {
      const args: unknown[] = [this.#call]
      const { parameters, record, run } = method
      for (let index = 0; index < parameters.length; index++) {
        const omitted = given[index] === undefined && isOptional(parameters[index]!)
        append(args, omitted ? {} : given[index])
      }
      // One after another: those before one that JSON cannot carry are kept.
      const recorded =
        record === undefined ? withoutFirst(args) : apply(record, undefined, withoutFirst(args))
      for (let index = 0; index < recorded.length; index++) append(command.args, asJson(recorded[index]))
      const result: unknown = run === undefined ? undefined : apply(run, undefined, args)
      if (result instanceof Promise) {
        result.catch((error) => {
          command.threw = errorMessage(error)
        })
      }
      applyCall(method, this.#own, command.args, { event, action: '', call: place })
      if (method.changesEvent === true) show?.(event as never, this.#own)
      if (method.returns === 'api') return this.api
      return method.returns === 'value' ? result : undefined
    } catch (error) {
      command.threw = errorMessage(error)
      throw error
    }
  }
}

function isOptional(parameter: string): boolean {
  return parameter[parameter.length - 1] === '?'
}

function withoutFirst(args: readonly unknown[]): unknown[] {
  const rest: unknown[] = []
  for (let index = 1; index < args.length; index++) append(rest, args[index])
  return rest
}
