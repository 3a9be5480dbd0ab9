import { performance } from 'node:perf_hooks'
import { callSite } from './call-site.ts'
import { changedEvent, start } from './execute.ts'
import { sourcePositions } from './source-positions.ts'
import type { Handler, RunRequest, RunResult, Runtime } from './types.ts'

/** The exports of one Action, as a test suite imports them. */
export type Handlers = { [name in Handler]?: unknown } & { readonly [other: string]: unknown }

/**
 * Runs handlers that the caller imported, in this process: breakpoints, coverage and speed, with the same `api`,
 * argument checks and commands as {@link createIsolatedRuntime}.
 *
 * Does not isolate: no memory limit, console output is not captured, an endless synchronous loop hangs the
 * caller, and after a time-out the handler's code goes on. `secrets` come from the request's Action.
 *
 * @param handlers exports by the Action's name
 * @param nodeVersion shown as the runtime's version
 */
export function createInProcessRuntime(
  handlers: Readonly<Record<string, Handlers>>,
  nodeVersion: string = globalThis.process?.version ?? '',
): Runtime {
  const folder = new URL('.', import.meta.url)
  const ours = [folder.href, decodeURIComponent(folder.pathname)]
  const isOwn = (file: string) => !file.startsWith('node:') && !ours.some((prefix) => file.startsWith(prefix))
  return {
    nodeVersion,
    async run(request: RunRequest): Promise<RunResult> {
      const { action, handler, event, timeoutMilliseconds = 20_000 } = request
      const begun = performance.now()
      const { state, finished } = start(
        handlers[action.name],
        { handler, event: copy(event), secrets: action.secrets, facts: copy(request.facts ?? {}) },
        () => callSite(isOwn),
      )
      let timer: NodeJS.Timeout | undefined
      const timeout = new Promise<'timeout'>((resolve) => {
        timer = setTimeout(resolve, timeoutMilliseconds, 'timeout')
      })
      const settled = await Promise.race([finished, timeout])
      clearTimeout(timer)
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
