import { findSourceMap } from 'node:module'
import { performance } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import type { Position } from '../finding.ts'
import { copyJson } from '../json.ts'
import { callSite, type Frame, NOWHERE, OWN_FOLDER } from './call-site.ts'
import { start, timedOut } from './execute.ts'
import { TRIGGER_TIMEOUT_MILLISECONDS } from './limits.ts'
import type { Network } from './network.ts'
import { createGuard } from './network-guard.ts'
import type { Handler, RunRequest, RunResult, Runtime } from './types.ts'

/** The exports of one Action, as a test suite imports them. */
export type Handlers = { [name in Handler]?: unknown } & { readonly [other: string]: unknown }

const isOwn = (file: string) => !file.startsWith('node:') && !file.startsWith(OWN_FOLDER)

export interface InProcessRuntimeOptions {
  /**
   * Whether the handlers reach the network. Mocks of the test suite (of `fetch`, nock, msw) answer in any case.
   *
   * @defaultValue `'allow'`
   */
  network?: Network
}

/**
 * Runs handlers that the caller imported, in this process: breakpoints, coverage and speed, with the same `api`,
 * argument checks and commands as {@link createIsolatedRuntime}.
 *
 * Does not isolate: no memory limit, console output is not captured, an endless synchronous loop hangs the
 * caller, a rejection that nobody waits for is the caller's, and after a time-out the handler's code goes on.
 * `secrets` come from the request's Action.
 *
 * @param handlers exports by the Action's name
 */
export function createInProcessRuntime(
  handlers: Readonly<Record<string, Handlers>>,
  { network = 'allow' }: InProcessRuntimeOptions = {},
): Runtime {
  const guard = createGuard(network)
  return {
    nodeVersion: process.version,
    run: (request) => guard(() => run(handlers[request.action.name], request)),
    async stop() {},
  }
}

async function run(exports: unknown, request: RunRequest): Promise<RunResult> {
  const { action, handler, event, positions = true } = request
  const { timeoutMilliseconds = TRIGGER_TIMEOUT_MILLISECONDS } = request
  const begun = performance.now()
  const { state, finished } = start(
    exports,
    { handler, event: copyJson(event), secrets: action.secrets, facts: copyJson(request.facts ?? {}) },
    positions ? (below) => sourceOf(callSite(isOwn, below)) : () => NOWHERE,
  )
  const settled = await withinTime(finished, timeoutMilliseconds)
  const error = settled === 'timeout' ? timedOut(timeoutMilliseconds) : settled
  const beginning = { file: action.file, line: 1, column: 1 }
  for (const command of state.commands) if (command.at === NOWHERE) command.at = beginning
  return {
    commands: state.commands,
    logs: [],
    milliseconds: Math.round((performance.now() - begun) * 100) / 100,
    cache: state.cache,
    ...(error !== undefined && { error: { ...error, at: placeIn(error.stack) ?? beginning } }),
  }
}

/** Runs whose time is not yet watched. Most are done before it would be: a timer for each costs more than they do. */
let young: (() => void)[] = []
const YOUTH_MILLISECONDS = 5

function withinTime<T>(finished: Promise<T>, milliseconds: number): Promise<T | 'timeout'> {
  return new Promise((resolve) => {
    const begun = performance.now()
    let done = false
    let timer: NodeJS.Timeout | undefined
    const watch = () => {
      if (!done) timer = setTimeout(resolve, milliseconds - (performance.now() - begun), 'timeout')
    }
    if (young.push(watch) === 1) setTimeout(watchYoung, YOUTH_MILLISECONDS)
    void finished.then((result) => {
      done = true
      clearTimeout(timer)
      resolve(result)
    })
  })
}

function watchYoung(): void {
  const grown = young
  young = []
  for (const watch of grown) watch()
}

const sources = new Map<string, Position>()

/** Positions are looked up once: a suite makes the same calls again and again. */
function sourceOf(frame: Frame | undefined): Position {
  if (frame === undefined) return NOWHERE
  const key = `${frame.file}:${frame.line}:${frame.column}`
  let source = sources.get(key)
  if (source === undefined) {
    source = byMap(frame) ?? byText(frame) ?? { file: frame.file, line: frame.line, column: frame.column }
    sources.set(key, source)
  }
  return source
}

/** Node knows the source maps when it was told to keep them. */
function byMap({ file, line, column }: Frame): Position | undefined {
  const entry = findSourceMap(file)?.findEntry(line - 1, column - 1)
  if (entry === undefined || !('originalLine' in entry)) return undefined
  const source = entry.originalSource.startsWith('file:') ? fileURLToPath(entry.originalSource) : file
  return { file: source, line: entry.originalLine + 1, column: entry.originalColumn + 1 }
}

/** A test runner that compiles as it loads puts the source's positions into the text of a stack, and only there. */
function byText({ text }: Frame): Position | undefined {
  return placeIn(text())
}

/** The innermost frame of a stack that is the Action's. */
function placeIn(stack = ''): Position | undefined {
  for (const frame of stack.split('\n')) {
    const numbers = /:(\d{1,9}):(\d{1,9})\)?$/.exec(frame)
    if (numbers === null || !/^\s+at /.test(frame)) continue
    const head = frame.slice(frame.indexOf('at ') + 3, numbers.index)
    const place = head.slice(head.lastIndexOf('(') + 1)
    if (!isOwn(place)) continue
    const file = place.startsWith('file://') ? fileURLToPath(place) : place
    return { file, line: Number(numbers[1]), column: Number(numbers[2]) }
  }
  return undefined
}
