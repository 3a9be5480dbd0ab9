import type { Position } from '../finding.ts'
import type { Handler } from '../triggers/index.ts'

export type { Handler }

/** One Action as the tenant runs it: code and what belongs to its version. */
export interface RunnableAction {
  name: string
  /** The CommonJS text that was deployed. */
  code: string
  /** File name shown in stack traces, e.g. `dist/actions/enrich-claims.js`. */
  file: string
  /** Source map (version 3, JSON text) of `code`, so that positions name the TypeScript source. */
  sourceMap?: string
  secrets: Readonly<Record<string, string>>
  /** npm packages that the Action may `require`. @defaultValue none */
  dependencies?: readonly string[]
  /** Absolute path of the folder from which they are looked up, as `require` does. @defaultValue the runtime's own */
  resolveFrom?: string
  /** Actions Modules by name, for `require('actions:NAME')`. */
  modules?: Readonly<Record<string, { code: string; secrets: Readonly<Record<string, string>> }>>
}

/** Where a call to the `api` object stood in the Action's source. */
export interface CallSite {
  at: Position
}

/**
 * One call of the Action to its `api` object, in the order of the calls. JSON only. `method` is the dotted
 * path below `api`, e.g. `accessToken.setCustomClaim`; `args` are the arguments as JSON carries them
 * (`undefined` is `{ "$undefined": true }` only at top level of `args`; inside values JSON's own rules hold).
 */
export interface Command extends CallSite {
  method: string
  args: unknown[]
  /** The call threw this message into the Action (which may have caught it). */
  threw?: string
}

export interface LogLine {
  level: 'log' | 'info' | 'warn' | 'error' | 'debug' | 'trace'
  text: string
}

export interface RunError {
  /** Why the run ended badly. */
  kind: 'threw' | 'timeout' | 'exited' | 'out-of-memory' | 'load' | 'signature' | 'unhandled'
  name?: string
  message: string
  /** Stack with TypeScript positions where a source map is known. */
  stack?: string
  /** Where in the Action it happened; the start of its source when the error does not say. */
  at: Position
}

export interface RunRequest {
  action: RunnableAction
  handler: Handler
  /** The complete event, without `secrets`: the runner adds the Action's own. */
  event: object
  /** Milliseconds that are left of the trigger's budget. @defaultValue 20 000 */
  timeoutMilliseconds?: number
  /** Load the module anew, with the globals of a new process, instead of keeping both between runs. @defaultValue false */
  cold?: boolean
  /** Milliseconds that `Date` is ahead for this run; in a child process only. @defaultValue 0 */
  clockOffset?: number
  /** Note where each call to `api` stands; costs most of a short run's time. @defaultValue true */
  positions?: boolean
  /** What the `api` object takes its results from and checks calls against: cache records, groups and roles, what the Actions before have asked for. */
  facts?: Readonly<Record<string, unknown>>
}

export interface RunResult {
  commands: Command[]
  logs: LogLine[]
  milliseconds: number
  error?: RunError
  /** Cache records after the run. */
  cache?: unknown
}

/** Runs one Action after another. One warm child process, or the current process. */
export interface Runtime {
  /** E.g. `v22.23.3`. */
  readonly nodeVersion: string
  /** What keeps the Actions from the machine below Node, of a runtime for somebody else's; absent when nothing does. */
  readonly sandbox?: string | undefined
  run(request: RunRequest): Promise<RunResult>
  /** Ends the child process. Later calls to `run` are refused. */
  stop(): Promise<void>
}
