/**
 * Runs in the child process. `isolated.ts` bundles this file and hands it over as text.
 * Here `process` and `console` belong to us; the Action gets what Auth0's loader supplies.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire, isBuiltin } from 'node:module'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { format } from 'node:util'
import vm from 'node:vm'
import { callSite, NOWHERE } from './call-site.ts'
import { type Failure, failure, type Started, start, timedOut } from './execute.ts'
import { copyJson, setOwn } from './json.ts'
import type {
  FinishedRun,
  FromRunner,
  LoadMessage,
  QueuedRun,
  ResponseMessage,
  RunMessage,
  RunnerOptions,
  ToRunner,
} from './messages.ts'
import { answerRequests, refuseConnections } from './network-guard.ts'
import type { LogLine } from './types.ts'

interface Queued extends QueuedRun, Pick<RunMessage, 'parts'> {}

interface Running {
  run: Queued
  begun: number
  started?: Started
  /** Rejections that nobody has handled yet. */
  rejections: Map<Promise<unknown>, unknown>
  end: (error: Failure | undefined) => void
}

const send = process.send!.bind(process) as (message: FromRunner) => void
const reallyExit = process.exit.bind(process)
const actions = new Map<string, LoadMessage>()
const loaded = new Map<string, { exports: unknown } | { error: unknown }>()
/** The run that the code running now belongs to, also in its timers, after the run has ended. */
const owner = new AsyncLocalStorage<Running>()
let running: Running | undefined
let last: Running | undefined

export function serve(options: RunnerOptions): void {
  captureOutput()
  process.exit = ((code?: number) => {
    if (running !== undefined) {
      reply(running, {
        ...failure('exited', new Error(`The Action ended the process with exit code ${code ?? 0}.`)),
      })
      flush()
    }
    reallyExit(code)
  }) as typeof process.exit
  process.on('uncaughtException', (error) => {
    const current = owner.getStore() ?? running
    if (current === running) running?.end(failure('unhandled', error))
    else late(current, error)
  })
  process.on('unhandledRejection', (reason, promise) => {
    const current = owner.getStore() ?? running
    if (current === running) running?.rejections.set(promise, reason)
    else late(current, reason)
  })
  process.on('rejectionHandled', (promise) => running?.rejections.delete(promise))
  const guarded = guardNetwork(options)
  const queue: Queued[] = []
  process.on('message', (message: ToRunner) => {
    if (message.type === 'load') actions.set(message.key, message)
    else if (message.type === 'response') asked.get(message.id)?.(message)
    else {
      const idle = queue.length === 0
      for (const run of message.runs) queue.push({ ...run, parts: message.parts })
      if (idle) void work(queue, options)
    }
  })
  process.on('disconnect', () => reallyExit(0))
  // An Action has no business with the channel.
  Reflect.deleteProperty(process, 'send')
  void guarded.then(() => {
    ownGlobals = new Set(Object.getOwnPropertyNames(globalThis))
    send({ type: 'ready' })
  })
}

/** The first of the queue stays in it while it runs. */
async function work(queue: Queued[], options: RunnerOptions): Promise<void> {
  for (let run = queue[0]; run !== undefined; run = queue[0]) {
    await execute(run, options)
    queue.shift()
    if (performance.now() - flushed > FLUSH_MILLISECONDS) flush()
  }
  flush()
}

async function execute(run: Queued, options: RunnerOptions): Promise<void> {
  let end!: Running['end']
  const ended = new Promise<Failure | undefined>((resolve) => {
    end = resolve
  })
  const current: Running = { run, begun: performance.now(), rejections: new Map(), end }
  running = current
  last = current
  const timer = setTimeout(() => end(timedOut(run.timeoutMilliseconds)), run.timeoutMilliseconds)
  void owner.run(current, () => settle(current, options))
  const error = await ended
  clearTimeout(timer)
  running = undefined
  reply(current, error)
}

async function settle(current: Running, options: RunnerOptions): Promise<void> {
  const { run } = current
  const action = actions.get(run.key)!
  let exports: unknown
  try {
    shiftClock(run.clockOffset)
    if (run.cold) removeGlobals()
    exports = load(action, run.cold, options)
  } catch (error) {
    current.end(failure('load', error))
    return
  }
  const own = new Set([action.file, ...Object.keys(action.modules).map(moduleFile)])
  const event: Record<string, unknown> = {}
  for (const name of Object.keys(run.event)) setOwn(event, name, copyJson(run.parts[run.event[name]!]))
  current.started = start(exports, { ...run.execution, event }, (below) => {
    const frame = run.positions ? callSite((file) => own.has(file), below) : undefined
    return frame === undefined ? NOWHERE : { file: frame.file, line: frame.line, column: frame.column }
  })
  const error = await current.started.finished
  // One turn of the loop, so that a rejection nobody waits for shows up in the run that caused it.
  await new Promise((resolve) => setImmediate(resolve))
  const [floating] = current.rejections.values()
  current.end(error ?? (current.rejections.size > 0 ? failure('unhandled', floating) : undefined))
}

function late(from: Running | undefined, error: unknown): void {
  send({ type: 'late', key: (from ?? last)?.run.key ?? '', error: failure('unhandled', error) })
}

/** What the host has waited for at most, before it hears of finished runs. */
const FLUSH_MILLISECONDS = 5
let finished: FinishedRun[] = []
let flushed = 0

function reply(current: Running, error: Failure | undefined): void {
  const { run, started, begun } = current
  const state = started?.state ?? { commands: [], live: {}, cache: run.execution.facts.cache ?? {} }
  finished.push({
    id: run.id,
    milliseconds: performance.now() - begun,
    ...state,
    ...(error !== undefined && { error }),
  })
}

function flush(): void {
  flushed = performance.now()
  if (finished.length === 0) return
  send({ type: 'done', runs: finished })
  finished = []
}

const asked = new Map<number, (response: ResponseMessage) => void>()
let lastAsked = 0

async function guardNetwork({ network, self }: RunnerOptions): Promise<void> {
  if (network === 'refuse') refuseConnections(() => true)
  if (network !== 'ask') return
  await answerRequests(() => true, askHost, createRequire(self))
}

async function askHost(request: Request): Promise<Response | undefined> {
  const body = Buffer.from(await request.arrayBuffer()).toString('base64')
  const id = ++lastAsked
  const { response, threw } = await new Promise<ResponseMessage>((resolve) => {
    asked.set(id, resolve)
    send({
      type: 'request',
      id,
      method: request.method,
      url: request.url,
      headers: [...request.headers],
      body,
    })
  })
  asked.delete(id)
  if (threw !== undefined) throw new Error(threw)
  return response === undefined ? undefined : fromPlain(response)
}

function fromPlain({ status, headers, body }: NonNullable<ResponseMessage['response']>): Response {
  const bytes = Buffer.from(body, 'base64')
  return new Response(bytes.length === 0 ? null : bytes, { status, headers })
}

let offset = 0
let isShifted = false

/** From now on `Date` is ahead by so much. The real one stays in place until it has to be. */
function shiftClock(milliseconds: number): void {
  offset = milliseconds
  if (isShifted || milliseconds === 0) return
  isShifted = true
  const RealDate = Date
  const now = () => RealDate.now() + offset
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  })
}

/** As the first Action finds it. */
let ownGlobals: ReadonlySet<string>

/** What Actions have put onto the global object; what Node itself adds late has symbols for names. */
function removeGlobals(): void {
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    if (!ownGlobals.has(name)) Reflect.deleteProperty(globalThis, name)
  }
}

/** Evaluates the module, or takes what an earlier run left: module variables live on, as with Auth0. */
function load(action: LoadMessage, cold: boolean, options: RunnerOptions): unknown {
  const known = cold ? undefined : loaded.get(action.key)
  const entry = known ?? evaluateAction(action, options)
  loaded.set(action.key, entry)
  if ('error' in entry) throw entry.error
  return entry.exports
}

function evaluateAction(
  action: LoadMessage,
  options: RunnerOptions,
): { exports: unknown } | { error: unknown } {
  const nodeRequire = createRequire(`${options.resolveFrom ?? '/'}/action.js`)
  const modules = new Map<string, { exports: unknown } | { error: unknown }>()
  const loaderFor = (withModules: boolean): Loader => ({
    require(name) {
      if (isBuiltin(name)) return nodeRequire(name)
      const module = name.startsWith('actions:') && withModules ? name.slice('actions:'.length) : undefined
      if (module === undefined || !Object.hasOwn(action.modules, module)) {
        return nodeRequire(declared(name, action, nodeRequire))
      }
      // Both what it exports and why it failed are remembered.
      const entry =
        modules.get(module) ??
        evaluate(action.modules[module]!.code, moduleFile(module), loaderFor(false), {
          secrets: action.modules[module]!.secrets,
        })
      modules.set(module, entry)
      if ('error' in entry) throw entry.error
      return entry.exports
    },
    import: (name) =>
      import(isBuiltin(name) ? name : pathToFileURL(declared(name, action, nodeRequire)).href),
  })
  return evaluate(action.code, action.file, loaderFor(true))
}

const moduleFile = (name: string) => `actions:${name}`

interface Loader {
  require(name: string): unknown
  import(name: string): Promise<object>
}

/** The file of a package that tenant.yaml declares for the Action. */
function declared(name: string, { dependencies }: LoadMessage, { resolve }: NodeJS.Require): string {
  const packageName = name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
  const fail = (message: string) => Object.assign(new Error(message), { code: 'MODULE_NOT_FOUND' })
  if (!dependencies.includes(packageName)) throw fail(`Cannot find module '${name}'`)
  try {
    return resolve(name)
  } catch (error) {
    const { code } = error as { code?: string }
    // Node's own message names folders of this machine.
    if (code === 'MODULE_NOT_FOUND') throw fail(`Cannot find module '${name}', which is not installed here`)
    throw error
  }
}

function evaluate(
  code: string,
  filename: string,
  loader: Loader,
  actionsGlobal?: object,
): { exports: unknown } | { error: unknown } {
  const module: { exports: unknown } = { exports: {} }
  try {
    const names = [
      'module',
      'exports',
      'require',
      'console',
      ...(actionsGlobal === undefined ? [] : ['actions']),
    ]
    const wrapper = vm.compileFunction(code, names, {
      filename,
      // Node's types know modules only, yet a namespace will do.
      importModuleDynamically: loader.import as never,
    })
    wrapper(module, module.exports, loader.require, console, actionsGlobal)
    return { exports: module.exports }
  } catch (error) {
    return { error }
  }
}

function captureOutput(): void {
  const log = (level: LogLine['level'], text: string) => {
    send({ type: 'log', id: (owner.getStore() ?? running)?.run.id ?? -1, line: { level, text } })
  }
  for (const level of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    console[level] = (...args: unknown[]) => log(level, format(...args))
  }
  process.stdout.write = ((text: string | Uint8Array) => {
    log(
      'log',
      Buffer.from(text as string)
        .toString()
        .replace(/\n$/, ''),
    )
    return true
  }) as typeof process.stdout.write
}
