import { setOwn } from '../json.ts'
import { slice, table, thenOf } from '../primordials.ts'
import { handlersOf, TRIGGERS, type Trigger } from '../triggers/index.ts'
import { bareState, type LoginState } from '../triggers/login-state.ts'
import type { ApiFacts, CacheStore } from '../triggers/method.ts'
import { apiFactory } from './create-api.ts'
import { isError } from './error-text.ts'
import { Recorder, type RecorderOptions } from './recorder.ts'
import type { Command, Handler, RunError } from './types.ts'

/** What a run needs, whichever process it is in. JSON only. */
export interface Execution {
  handler: Handler
  /** The Action's own copy; gets its `secrets`. */
  event: object
  secrets: Readonly<Record<string, string>>
  facts: ApiFacts & { cache?: CacheStore; before?: LoginState; now?: number }
}

/** A failure before positions are mapped. */
export interface Failure extends Omit<RunError, 'at'> {}

export interface ExecutionState {
  commands: Command[]
  cache: CacheStore
}

/** A run that has begun: its state can be read at any time, also when `finished` never settles. */
export interface Started {
  state: ExecutionState
  finished: Promise<Failure | undefined>
}

/**
 * Calls the handler with its event and a recording `api`, after the checks that Auth0's loader
 * makes. Does not limit time and does not catch what fails after the handler has settled.
 */
export function start(exports: unknown, execution: Execution, locate: RecorderOptions['locate']): Started {
  const { event } = execution
  setOwn(event, 'secrets', { ...execution.secrets })
  const { facts } = execution
  const { cache = {}, before, now } = facts
  const { show, createApi } = callerOf[execution.handler]!
  const recorder = new Recorder({
    show,
    handler: execution.handler,
    event,
    facts,
    cache,
    before: before === undefined ? NOTHING : { ...bareState(), ...before },
    locate,
    now: now === undefined ? Date.now : () => now,
  })
  const state = { commands: recorder.commands, cache }
  const handler = handlerOf(exports, execution.handler)
  if (typeof handler !== 'function') return { state, finished: Promise.resolve(handler) }
  try {
    const finished = thenOf(
      handler(event, createApi(recorder)),
      () => undefined,
      (error) => failure('threw', error),
    )
    return { state, finished }
  } catch (error) {
    return { state, finished: Promise.resolve(failure('threw', error)) }
  }
}

/** By the name of a handler. Made before any Action is loaded. */
const callerOf = table<{ show: Trigger['show']; createApi: (recorder: Recorder) => object }>()
for (const trigger of TRIGGERS) {
  const createApi = apiFactory(trigger)
  for (const handler of handlersOf(trigger)) callerOf[handler] = { show: trigger.show, createApi }
}

const NOTHING = bareState()

type AsyncHandler = (event: unknown, api: unknown) => Promise<unknown>

function handlerOf(exports: unknown, name: Handler): AsyncHandler | Failure {
  if (typeof exports !== 'object' || exports === null) {
    return { kind: 'load', name: 'Error', message: 'The Action must export an object.' }
  }
  const handler = (exports as Record<string, unknown>)[name]
  if (typeof handler !== 'function' || handler.constructor.name !== 'AsyncFunction') {
    return {
      kind: 'signature',
      name: 'Error',
      message: `Invalid function signature for the "${name}" handler. Use "exports.${name} = async function(event, api) { }" as the signature.`,
    }
  }
  return handler as AsyncHandler
}

export function timedOut(milliseconds: number): Failure {
  return {
    kind: 'timeout',
    message: `The Action exceeded the allowed execution time of ${milliseconds} ms.`,
  }
}

/** UTF-16 units that are kept of a message, and of a stack. */
const MAX_TEXT = 20_000
const bounded = (text: string) =>
  text.length <= MAX_TEXT ? text : `${slice(text, 0, MAX_TEXT)}… (${text.length - MAX_TEXT} more)`

/** The failure as text, whatever was thrown. */
export function failure(kind: RunError['kind'], error: unknown): Failure {
  try {
    if (!isError(error)) return { kind, message: bounded(String(error)) }
    const { stack } = error
    return {
      kind,
      name: bounded(String(error.name)),
      message: bounded(String(error.message)),
      ...(typeof stack === 'string' && { stack: bounded(stack) }),
    }
  } catch {
    return { kind, message: 'a value that cannot be shown' }
  }
}
