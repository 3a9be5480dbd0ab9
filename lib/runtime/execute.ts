import type { PostLoginEvent } from '../action/index.ts'
import { setOwn } from '../json.ts'
import { slice, thenOf } from '../primordials.ts'
import type { CacheStore } from './api/cache.ts'
import { type ApiFacts, createApi, type LiveEvent, Recorder, type RecorderOptions } from './api/index.ts'
import type { Command, Handler, RunError } from './types.ts'

/** What a run needs, whichever process it is in. JSON only. */
export interface Execution {
  handler: Handler
  /** The Action's own copy; gets its `secrets`. */
  event: object
  secrets: Readonly<Record<string, string>>
  facts: ApiFacts & { cache?: CacheStore; before?: Readonly<Record<string, number>>; now?: number }
}

/** A failure before positions are mapped. */
export interface Failure extends Omit<RunError, 'at'> {}

export interface ExecutionState {
  commands: Command[]
  live: LiveEvent
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
  const event = execution.event as PostLoginEvent
  setOwn(event, 'secrets', { ...execution.secrets })
  const { cache = {}, before, now, ...facts } = execution.facts
  const recorder = new Recorder({
    event,
    handler: execution.handler,
    facts,
    cache,
    locate,
    now: now === undefined ? Date.now : () => now,
    ...(before !== undefined && { before }),
  })
  const state = { commands: recorder.commands, live: recorder.live, cache }
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

/** Also of another realm: a test runner has its own, and Node throws its errors in the first. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || Object.prototype.toString.call(value) === '[object Error]'
}

/** UTF-16 units that are kept of a message, and of a stack. */
const MAX_TEXT = 20_000
const bounded = (text: string) =>
  text.length <= MAX_TEXT ? text : `${slice(text, 0, MAX_TEXT)}… (${text.length - MAX_TEXT} more)`

/** Anything may be thrown: whatever it is becomes text. */
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

/** The changed parts of the event, in the event's own shape. */
export function changedEvent(live: LiveEvent, event: object): object | undefined {
  const parts: Record<string, object> = {}
  if (live.transactionMetadata !== undefined || live.targetScopes !== undefined) {
    parts['transaction'] = {
      ...(live.transactionMetadata !== undefined && { metadata: live.transactionMetadata }),
      ...(live.targetScopes !== undefined && { target_scopes: live.targetScopes }),
    }
  }
  if (live.sessionMetadata !== undefined || live.sessionCookieMode !== undefined) {
    parts['session'] = {
      ...(live.sessionMetadata !== undefined && { metadata: live.sessionMetadata }),
      ...(live.sessionCookieMode !== undefined && { cookie: { mode: live.sessionCookieMode } }),
    }
  }
  if (live.refreshTokenMetadata !== undefined && 'refresh_token' in event) {
    parts['refresh_token'] = { metadata: live.refreshTokenMetadata }
  }
  return Object.keys(parts).length === 0 ? undefined : parts
}
