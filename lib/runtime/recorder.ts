import type { Position } from '../finding.ts'
import { asJson } from '../json.ts'
import { append } from '../primordials.ts'
import { bareState, type LoginState } from '../triggers/login-state.ts'
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

/** A method as the recorder asks for it. Every member is its own: an Action could put what is left out on the prototype. */
export interface RecordedMethod {
  readonly path: string
  readonly returns: Method<never>['returns']
  /** Number of parameters. */
  readonly count: number
  /** Places of those that are empty objects when they are omitted. */
  readonly optional: readonly [boolean, boolean, boolean]
  readonly record: Method<never>['record'] | undefined
  readonly run: Method<never>['run'] | undefined
  readonly later: boolean
  readonly apply: NonNullable<Method<never>['apply']>
  readonly changesEvent: boolean
}

export function recordedMethod(path: string, method: Method<never>): RecordedMethod {
  const { parameters, returns, record, run, later, apply, changesEvent } = method
  const isOptional = (index: number) => parameters[index]?.endsWith('?') === true
  return {
    path,
    returns,
    count: parameters.length,
    optional: [isOptional(0), isOptional(1), isOptional(2)],
    record,
    run,
    later: later === true,
    apply: apply ?? (() => {}),
    changesEvent: changesEvent === true,
  }
}

/** Keeps what an Action calls, in order. One for each run. */
export class Recorder {
  readonly commands: Command[] = []
  /** The `api` object, for methods that return it. */
  api: object | undefined
  readonly #options: RecorderOptions
  readonly #own = bareState()
  readonly #call: Call<never>

  constructor(options: RecorderOptions) {
    this.#options = options
    const { handler, event, facts, cache, before, now } = options
    this.#call = { event: event as never, handler, before, own: this.#own, facts, cache, now, sessionTokens }
  }

  /**
   * Writes the call down, then does what the method does; a throw is written down as well. Passes no arguments by
   * iteration, which an earlier Action could watch.
   */
  call(method: RecordedMethod, given: unknown, givenSecond: unknown, givenThird: unknown): unknown {
    const { event, locate, show } = this.#options
    const place = this.commands.length
    const args: unknown[] = []
    const command: Command = { method: method.path, args, at: locate(Recorder.prototype.call) }
    append(this.commands, command)
    try {
      const { count, optional, record, run, later, returns } = method
      const first = given === undefined && optional[0] ? {} : given
      const second = givenSecond === undefined && optional[1] ? {} : givenSecond
      const third = givenThird === undefined && optional[2] ? {} : givenThird
      let unrecorded: { error: unknown } | undefined
      try {
        // One after another: those before one that JSON cannot carry are kept.
        if (record === undefined) {
          if (count > 0) append(args, asJson(first))
          if (count > 1) append(args, asJson(second))
          if (count > 2) append(args, asJson(third))
        } else {
          const recorded = record(first, second, third)
          for (let index = 0; index < recorded.length; index++) append(args, asJson(recorded[index]))
        }
      } catch (error) {
        unrecorded = { error }
      }
      // The method's own checks of its arguments come first.
      const result: unknown =
        later && run !== undefined
          ? answerLater(run, this.#call, first, second, third)
          : run?.(this.#call, first, second, third)
      if (unrecorded !== undefined && returns !== 'value') throw unrecorded.error
      if (result instanceof Promise) {
        result.catch((error) => {
          command.threw = errorMessage(error)
        })
      }
      applyCall(method, this.#own, args, { event, action: '', call: place })
      if (method.changesEvent) show?.(event as never, this.#own)
      if (returns === 'api') return this.api
      return returns === 'value' ? result : undefined
    } catch (error) {
      command.threw = errorMessage(error)
      throw error
    }
  }
}

/** What a method returns or throws, as a promise. */
async function answerLater(
  run: NonNullable<RecordedMethod['run']>,
  call: Call<never>,
  first: unknown,
  second: unknown,
  third: unknown,
): Promise<unknown> {
  return run(call, first, second, third)
}
