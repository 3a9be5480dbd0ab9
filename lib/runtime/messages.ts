import type { Execution, ExecutionState, Failure } from './execute.ts'
import type { StreamKeys } from './secret-stream.ts'
import type { LogLine } from './types.ts'

/** The first frame, the only one that is not encrypted: no Action is loaded yet. */
export interface StartMessage {
  code: string
  keys: StreamKeys
  options: RunnerOptions
}

/** What the host sends to the child process. JSON only. */
export type ToRunner = LoadMessage | RunMessage | ResponseMessage | { type: 'ping' }

export interface LoadMessage {
  type: 'load'
  key: string
  file: string
  code: string
  dependencies: readonly string[]
  /** Folder from which packages are resolved. */
  resolveFrom?: string
  modules: Readonly<Record<string, { code: string; secrets: Readonly<Record<string, string>> }>>
}

/** Runs one after another; many in one message, since a message takes longer than a short run. */
export interface RunMessage {
  type: 'run'
  /** Members of events. Most of one event is often the same in the next: it is sent and read once. */
  parts: unknown[]
  runs: QueuedRun[]
}

export interface QueuedRun {
  id: number
  key: string
  cold: boolean
  positions: boolean
  clockOffset: number
  timeoutMilliseconds: number
  /** For each member its place in `parts`. */
  event: Record<string, number>
  execution: Omit<Execution, 'event'>
}

/** The host's response to a request of an Action; without a `response` it refuses. */
export interface ResponseMessage {
  type: 'response'
  id: number
  response?: { status: number; headers: [string, string][]; body: string }
  /** The answering function threw this message. */
  threw?: string
  /** It refused the request with this message. */
  refused?: string
}

export interface RunnerOptions {
  /** `'ask'`: the host answers. */
  network: 'allow' | 'refuse' | 'ask'
  /** A file of this package, to resolve its own dependencies from. */
  self: string
}

/** What the child process sends to the host. */
export type FromRunner =
  | { type: 'ready' }
  /** Sent where earlier runs have left something behind: the run has begun, what hangs from now on is its own. */
  | { type: 'begun'; id: number }
  | { type: 'pong' }
  | { type: 'log'; id: number; line: LogLine }
  /** `left`: the runs have left something behind that may still run, such as timers. */
  | { type: 'done'; runs: FinishedRun[]; left: boolean }
  | { type: 'late'; key: string; error: Failure }
  | { type: 'request'; id: number; method: string; url: string; headers: [string, string][]; body: string }

export interface FinishedRun extends ExecutionState {
  id: number
  milliseconds: number
  error?: Failure
}
