import { findSourceMap } from 'node:module'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { callSite } from './call-site.ts'
import { changedEvent, start } from './execute.ts'
import { sourcePositions } from './source-positions.ts'
import type { Handler, Position, RunRequest, RunResult, Runtime } from './types.ts'

/** The exports of one Action, as a test suite imports them. */
export type Handlers = { [name in Handler]?: unknown } & { readonly [other: string]: unknown }

export interface InProcessRuntimeOptions {
  /** Note where each call to `api` stands. Noting takes most of a short run's time. @defaultValue true */
  positions?: boolean
}

// `sourcePositions` makes it the start of the Action.
const NOWHERE: Position = { file: '', line: 1, column: 1 }

/**
 * Runs handlers that the caller imported, in this process: breakpoints, coverage and speed, with the same `api`,
 * argument checks and commands as {@link createIsolatedRuntime}.
 *
 * Does not isolate: no memory limit, console output is not captured, an endless synchronous loop hangs the
 * caller, and after a time-out the handler's code goes on. `secrets` come from the request's Action.
 *
 * @param handlers exports by the Action's name
 */
export function createInProcessRuntime(
  handlers: Readonly<Record<string, Handlers>>,
  { positions: withPositions = true }: InProcessRuntimeOptions = {},
): Runtime {
  const folder = new URL('.', import.meta.url)
  const ours = [folder.href, decodeURIComponent(folder.pathname)]
  const isOwn = (file: string) => !file.startsWith('node:') && !ours.some((prefix) => file.startsWith(prefix))
  const locate = (below: (...args: never[]) => unknown) => {
    if (!withPositions) return () => NOWHERE
    const site = callSite(isOwn, below)
    return () => sourceOf(site())
  }
  return {
    nodeVersion: process.version,
    async run(request: RunRequest): Promise<RunResult> {
      const { action, handler, event, timeoutMilliseconds = 20_000 } = request
      const begun = performance.now()
      const { state, finished } = start(
        handlers[action.name],
        { handler, event: copy(event), secrets: action.secrets, facts: copy(request.facts ?? {}) },
        locate,
      )
      const settled = await withinTime(finished, timeoutMilliseconds)
      const error =
        settled === 'timeout'
          ? {
              kind: 'timeout' as const,
              message: `The Action exceeded the allowed execution time of ${timeoutMilliseconds} ms.`,
            }
          : settled
      const positions = sourcePositions(action)
      const changed = changedEvent(state.live, event)
      return {
        commands: state.commands.map(positions.command),
        logs: [],
        milliseconds: Math.round((performance.now() - begun) * 100) / 100,
        cache: state.cache,
        ...(changed !== undefined && { event: changed }),
        ...(error !== undefined && { error: positions.error(error) }),
      }
    },
    async stop() {},
  }
}

/** Most handlers are done within a few turns of the microtask queue: a timer for each would cost more than they do. */
async function withinTime<T>(finished: Promise<T>, milliseconds: number): Promise<T | 'timeout'> {
  let done = false
  const noted = finished.finally(() => {
    done = true
  })
  for (let turn = 0; turn < 10 && !done; turn++) await undefined
  if (done) return noted
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<'timeout'>((resolve) => {
    timer = setTimeout(resolve, milliseconds, 'timeout')
  })
  return Promise.race([noted, timeout]).finally(() => clearTimeout(timer))
}

/** Test runners compile TypeScript as they load it; Node knows the maps when it was told to keep them. */
function sourceOf(at: Position): Position {
  const entry = findSourceMap(at.file)?.findEntry(at.line - 1, at.column - 1)
  if (entry === undefined || !('originalLine' in entry)) return at
  const file = entry.originalSource.startsWith('file:') ? fileURLToPath(entry.originalSource) : at.file
  return { file, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
}

/** A deep copy of JSON, several times as fast as `structuredClone`. */
function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(copy) as T
  const result: Record<string, unknown> = {}
  for (const key of Object.keys(value)) {
    const member = copy((value as Record<string, unknown>)[key])
    if (key === '__proto__') Object.defineProperty(result, key, { value: member, enumerable: true })
    else result[key] = member
  }
  return result as T
}
