import type { Execution, ExecutionState, Failure } from './execute.ts'
import type { LogLine } from './types.ts'

/** How outgoing requests of Actions are answered. */
export type Network = 'allow' | 'refuse' | { responses: MockResponse[] }

/** One answer to a `fetch` of an Action. */
export interface MockResponse {
  /** Start of the address that it answers. @defaultValue any address */
  url?: string
  /** @defaultValue 200 */
  status?: number
  headers?: Record<string, string>
  /** Text as it is, anything else as JSON. */
  body?: unknown
}

export interface LoadMessage {
  type: 'load'
  key: string
  file: string
  code: string
  dependencies: readonly string[]
  modules: Readonly<Record<string, { code: string; secrets: Readonly<Record<string, string>> }>>
}

export interface RunMessage {
  type: 'run'
  id: number
  key: string
  cold: boolean
  timeoutMilliseconds: number
  execution: Execution
}

export interface RunnerOptions {
  network: Network
  /** Folder from which declared packages are resolved. */
  resolveFrom?: string
}

export type FromRunner =
  | { type: 'ready' }
  | { type: 'log'; id: number; line: LogLine }
  | ({ type: 'done'; id: number; milliseconds: number; error?: Failure } & ExecutionState)
  | { type: 'late'; key: string; error: Failure }
