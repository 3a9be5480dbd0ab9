import type { PostLoginEvent } from '../../action/index.ts'
import { asJson } from '../../json.ts'
import { append } from '../../primordials.ts'
import { isError } from '../execute.ts'
import type { Command, Position } from '../types.ts'
import type { CacheStore } from './cache.ts'

/** What the `api` object answers from, beside the event. JSON only. */
export interface ApiFacts {
  /** State of the running login: what `validateToken` expects in the `state` parameter and in the token. */
  state?: string
  /** Ids of the Rules that ran. */
  executedRules?: string[]
  /** Groups of the user. */
  groups?: { id: string; name: string; [other: string]: unknown }[]
  /** Effective roles of the user. */
  roles?: { id: string; name: string; type?: string }[]
  /** False where the tenant lacks target scopes: the methods throw. @defaultValue true */
  targetScopes?: boolean
}

/** Parts of the event that api calls change at once, for this Action and the ones after it. */
export interface LiveEvent {
  transactionMetadata?: Record<string, string | number | boolean>
  targetScopes?: string[]
  sessionMetadata?: Record<string, string>
  sessionCookieMode?: 'persistent' | 'non-persistent'
  refreshTokenMetadata?: Record<string, string>
}

export interface RecorderOptions {
  /** The Action's own copy of the event. Live changes are written to it. */
  event: PostLoginEvent
  handler: string
  facts: ApiFacts
  cache: CacheStore
  /** Milliseconds since the epoch. */
  now: () => number
  /** Where in the Action the running call stands; frames of `below` and those it called are left out. */
  locate: (below: (...args: never[]) => unknown) => Position
  /** Commands of the transaction so far, of all Actions, by method: for limits over the whole login. */
  before?: Readonly<Record<string, number>>
}

/** Keeps what an Action calls, in order. One for each run. */
export class Recorder {
  readonly commands: Command[] = []
  readonly live: LiveEvent = {}
  readonly options: RecorderOptions

  constructor(options: RecorderOptions) {
    this.options = options
  }

  get event(): PostLoginEvent {
    return this.options.event
  }

  /** Writes the call down, then does what it does; a throw is written down as well. */
  call<T>(method: string, args: readonly unknown[], effect: () => T): T {
    const command: Command = { method, args: [], at: this.options.locate(Recorder.prototype.call) }
    append(this.commands, command)
    try {
      // One after another: those before one that JSON cannot carry are kept.
      for (let index = 0; index < args.length; index++) append(command.args, asJson(args[index]))
      const result = effect()
      if (result instanceof Promise) {
        result.catch((error) => {
          command.threw = messageOf(error)
        })
      }
      return result
    } catch (error) {
      command.threw = messageOf(error)
      throw error
    }
  }

  /** How often `method` was called without throwing, in this run and in the Actions before. */
  count(method: string): number {
    let count = this.options.before?.[method] ?? 0
    for (const command of this.commands) if (command.method === method && command.threw === undefined) count++
    return count
  }
}

function messageOf(error: unknown): string {
  return isError(error) ? error.message : String(error)
}
