/**
 * Runs in the child process. `isolated.ts` bundles this file and hands it over as text.
 * Here `process` and `console` belong to us; the Action gets what Auth0's loader supplies.
 *
 * What holds the secrets of Actions, or decides about results, calls nothing that an Action could have replaced: see
 * `lib/primordials.ts`. Names that are imported from Node's modules are read when they are used, so they are kept first.
 */
import { AsyncLocalStorage as Storage } from 'node:async_hooks'
import module from 'node:module'
import type net from 'node:net'
import { performance } from 'node:perf_hooks'
import stream from 'node:stream'
import url from 'node:url'
import util from 'node:util'
import vm from 'node:vm'
import { copyJson, setOwn } from '../json.ts'
import {
  append,
  defineProperty,
  firstOf,
  getOwnPropertyDescriptor,
  getOwnPropertyNames,
  hasOwn,
  jsonText,
  keys,
  mapDelete,
  mapSet,
  parse,
  setPrototypeOf,
  slice,
  table,
  thenOf,
} from '../primordials.ts'
import { callSite, NOWHERE } from './call-site.ts'
import { confine, isRefusedModule, noPermission } from './confine.ts'
import { type Failure, failure, type Started, start, timedOut } from './execute.ts'
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
import { refusal } from './network.ts'
import { answerRequests, refuseConnections } from './network-guard.ts'
import { opener, type StreamKeys, sealer } from './secret-stream.ts'
import type { LogLine } from './types.ts'

const { createRequire, isBuiltin } = module
const { pathToFileURL } = url
const { format } = util
const { compileFunction } = vm
const { setTimeout, clearTimeout, setImmediate, queueMicrotask } = globalThis
const activeResources = process.getActiveResourcesInfo.bind(process)
const now = performance.now.bind(performance)
const reallyExit = (process as unknown as { reallyExit: (code: number) => never }).reallyExit.bind(process)

interface Running {
  readonly run: QueuedRun
  readonly parts: readonly unknown[]
  readonly begun: number
  started: Started | undefined
  /** Rejections that nobody has handled yet. */
  readonly rejections: Map<Promise<unknown>, unknown>
  ended: boolean
  /** Lines and UTF-16 units of its output so far. */
  lines: number
  units: number
  end: (error: Failure | undefined) => void
}

/** What a module exports, or why it failed: both are remembered. */
interface Loaded {
  failed: boolean
  value: unknown
}

/** A run that waits for its turn; a list of our own, since an Action can reach into arrays. */
interface Waiting {
  run: QueuedRun
  parts: readonly unknown[]
  first: boolean
  next: Waiting | undefined
}

const actions = table<LoadMessage>()
const loaded = table<Loaded>()
/**
 * The id of the run that the code running now belongs to, also in its timers, after the run has ended. Only a number:
 * an Action finds it at its own timers.
 */
const owner = new Storage<number>()
for (const name of getOwnPropertyNames(Storage.prototype)) {
  const method = getOwnPropertyDescriptor(Storage.prototype, name)?.value
  if (name !== 'constructor' && typeof method === 'function') defineProperty(owner, name, { value: method })
}
/** By the id of the run: its Action, for errors that come late. */
let recent = table<string>()
let recentCount = 0
let running: Running | undefined

/** @param rest what arrived behind the first frame */
export function serve(
  options: RunnerOptions,
  streamKeys: StreamKeys,
  socket: net.Socket,
  rest: Buffer,
): void {
  const seal = sealer(streamKeys.toHost)
  // What is written arrives at once, also when the process ends right after.
  ;(socket as unknown as { _handle?: { setBlocking?(on: boolean): void } })._handle?.setBlocking?.(true)
  const write = socket.write.bind(socket)
  sendText = (text) => {
    const frame = seal(text)
    if (frame === undefined) return false
    write(frame)
    return true
  }
  confine({ refuseNetwork: options.network !== 'allow', channel: socket, load: createRequire('/') })
  captureOutput()
  process.exit = ((code?: number) => {
    leave(new Error(`The Action ended the process with exit code ${code ?? 0}.`), code ?? 0)
  }) as typeof process.exit
  // Leaves no dump of the memory behind, as the real one may.
  process.abort = () => leave(new Error('The Action ended the process with SIGABRT.'), 134)
  process.on('uncaughtException', (error) => {
    const id = owner.getStore() ?? running?.run.id
    if (running !== undefined && running.run.id === id) running.end(failure('unhandled', error))
    else late(id, error)
  })
  process.on('unhandledRejection', (reason, promise) => {
    const id = owner.getStore() ?? running?.run.id
    if (running !== undefined && running.run.id === id) mapSet(running.rejections, promise, reason)
    else late(id, reason)
  })
  process.on('rejectionHandled', (promise) => {
    if (running !== undefined) mapDelete(running.rejections, promise)
  })
  const open = opener(streamKeys.toRunner, (text) => receive(parse(text) as ToRunner))
  const guarded = guardNetwork(options)
  socket.on('close', () => reallyExit(0))
  socket.on('error', () => reallyExit(0))
  void guarded.then(() => {
    ownGlobals = new Set(getOwnPropertyNames(globalThis))
    socket.on('data', open)
    socket.resume()
    send({ type: 'ready' })
    if (rest.length > 0) open(rest)
  })
}

let sendText: (text: string) => boolean = () => false

/** @returns false when the message is too long to be sent */
function send(message: FromRunner): boolean {
  try {
    return sendText(jsonText(message))
  } catch {
    // Longer than a text can be, or deeper than the stack.
    return false
  }
}

function receive(message: ToRunner): void {
  if (message.type === 'load') actions[message.key] = message
  else if (message.type === 'response') asked[message.id]?.(message)
  else if (message.type === 'ping') send({ type: 'pong' })
  else enqueue(message)
}

let head: Waiting | undefined
let tail: Waiting | undefined

function enqueue({ runs, parts }: RunMessage): void {
  const idle = head === undefined
  for (let index = 0; index < runs.length; index++) {
    // Nobody can add to the facts.
    setPrototypeOf(runs[index]!.execution.facts, null)
    const waiting: Waiting = { run: runs[index]!, parts, first: index === 0, next: undefined }
    if (head === undefined || tail === undefined) head = waiting
    else tail.next = waiting
    tail = waiting
  }
  if (idle) work()
}

/** The first of the queue stays in it while it runs. */
function work(): void {
  if (head === undefined) flush()
  else execute(head)
}

function execute({ run, parts, first }: Waiting): void {
  const timer = setTimeout(() => current.end(timedOut(run.timeoutMilliseconds)), run.timeoutMilliseconds)
  const current: Running = {
    run,
    parts,
    begun: now(),
    started: undefined,
    rejections: new Map(),
    ended: false,
    lines: 0,
    units: 0,
    end(error) {
      if (current.ended) return
      current.ended = true
      clearTimeout(timer)
      reply(current, error)
      running = undefined
      head = head?.next
      if (now() - flushed > FLUSH_MILLISECONDS) flush()
      queueMicrotask(work)
    },
  }
  running = current
  if (++recentCount % MAX_RECENT === 0) recent = table()
  recent[run.id] = run.key
  lastKey = run.key
  if (first && left) send({ type: 'begun', id: run.id })
  owner.run(run.id, settle, current)
}

/** Runs whose Action is remembered, for errors that come late. */
const MAX_RECENT = 10_000
let lastKey = ''

function settle(current: Running): void {
  const { run, parts } = current
  const action = actions[run.key]!
  let exports: unknown
  try {
    shiftClock(run.clockOffset)
    if (run.cold) removeGlobals()
    exports = load(action, run.cold)
  } catch (error) {
    current.end(failure('load', error))
    return
  }
  const own = table<true>()
  own[action.file] = true
  const moduleNames = keys(action.modules)
  for (let index = 0; index < moduleNames.length; index++) own[moduleFile(moduleNames[index]!)] = true
  const event: Record<string, unknown> = {}
  const names = keys(run.event)
  for (let index = 0; index < names.length; index++) {
    const name = names[index]!
    setOwn(event, name, copyJson(parts[run.event[name]!]))
  }
  current.started = start(exports, { ...run.execution, event }, (below) => {
    const frame = run.positions ? callSite((file) => own[file] === true, below) : undefined
    return frame === undefined ? NOWHERE : { file: frame.file, line: frame.line, column: frame.column }
  })
  const settled = (error: unknown) => {
    // One turn of the loop, so that a rejection nobody waits for shows up in the run that caused it.
    setImmediate(() => {
      const floating = firstOf(current.rejections)
      const unhandled = floating.done ? undefined : failure('unhandled', floating.value)
      current.end((error as Failure | undefined) ?? unhandled)
    })
  }
  void thenOf(current.started.finished, settled, settled)
}

/** Late errors that are told, of one process. */
const MAX_LATE = 1000
let lateCount = 0

function late(id: number | undefined, error: unknown): void {
  if (++lateCount > MAX_LATE) return
  const known = id === undefined ? undefined : recent[id]
  send({ type: 'late', key: known ?? lastKey, error: failure('unhandled', error) })
}

/** Ends the process, and says first what it has. */
function leave(reason: Error, code: number): never {
  if (running !== undefined && !running.ended) {
    reply(running, { ...failure('exited', reason) })
    flush()
  }
  return reallyExit(code)
}

/** The longest time before the host hears of finished runs. */
const FLUSH_MILLISECONDS = 5
let finished: FinishedRun[] = []
let left = false
/** Whether anything is active in this process beside the way to the host, the one pipe that it has. */
function isLeft(): boolean {
  const active = activeResources()
  for (let index = 0; index < active.length; index++) if (active[index] !== 'PipeWrap') return true
  return false
}
let flushed = 0

function reply(current: Running, error: Failure | undefined): void {
  const { run, started, begun, lines } = current
  if (lines > MAX_LINES) {
    const more = lines - MAX_LINES
    send({
      type: 'log',
      id: run.id,
      line: { level: 'log', text: `… ${more} more ${more === 1 ? 'line' : 'lines'}` },
    })
  }
  const { cache } = run.execution.facts
  append(finished, {
    id: run.id,
    milliseconds: now() - begun,
    commands: started?.state.commands ?? [],
    cache: started?.state.cache ?? cache ?? {},
    ...(error !== undefined && { error }),
  })
}

function flush(): void {
  flushed = now()
  if (finished.length === 0) return
  const runs = finished
  finished = []
  left = isLeft()
  if (send({ type: 'done', runs, left })) return
  for (let index = 0; index < runs.length; index++) {
    const one = runs[index]!
    if (send({ type: 'done', runs: [one], left })) continue
    const error = failure('out-of-memory', new Error('The Action asked for more than a result can hold.'))
    send({
      type: 'done',
      runs: [{ id: one.id, milliseconds: one.milliseconds, commands: [], cache: {}, error }],
      left,
    })
  }
}

const asked = table<(response: ResponseMessage) => void>()
let lastAsked = 0

async function guardNetwork({ network, self }: RunnerOptions): Promise<void> {
  if (network === 'refuse') refuseConnections(() => true)
  if (network !== 'ask') return
  await answerRequests(() => true, askHost, createRequire(self))
}

async function askHost(request: Request): Promise<Response | undefined> {
  const body = Buffer.from(await request.arrayBuffer()).toString('base64')
  const id = ++lastAsked
  const { response, threw, refused } = await new Promise<ResponseMessage>((resolve) => {
    asked[id] = resolve
    const sent = send({
      type: 'request',
      id,
      method: request.method,
      url: request.url,
      headers: [...request.headers],
      body,
    })
    if (!sent) resolve({ type: 'response', id, threw: 'The request is too long.' })
  })
  delete asked[id]
  if (threw !== undefined) throw new Error(threw)
  if (refused !== undefined) throw refusal(refused)
  return response === undefined ? undefined : fromPlain(response)
}

function fromPlain({ status, headers, body }: NonNullable<ResponseMessage['response']>): Response {
  const bytes = Buffer.from(body, 'base64')
  return new Response(bytes.length === 0 ? null : bytes, { status, headers })
}

let offset = 0
let isShifted = false

/** Puts `Date` ahead by so much from now on. The real `Date` stays until that is needed. */
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
  for (const name of getOwnPropertyNames(globalThis)) {
    if (!ownGlobals.has(name)) Reflect.deleteProperty(globalThis, name)
  }
}

/** Evaluates the module, or takes what an earlier run left: module variables live on, as with Auth0. */
function load(action: LoadMessage, cold: boolean): unknown {
  const known = cold ? undefined : loaded[action.key]
  const entry = known ?? evaluateAction(action)
  loaded[action.key] = entry
  if (entry.failed) throw entry.value
  return entry.value
}

function evaluateAction(action: LoadMessage): Loaded {
  const nodeRequire = createRequire(`${action.resolveFrom ?? '/'}/action.js`)
  const modules = table<Loaded>()
  const loaderFor = (withModules: boolean): Loader => ({
    require(name) {
      if (isBuiltin(name)) return nodeRequire(name)
      const module = name.startsWith('actions:') && withModules ? name.slice('actions:'.length) : undefined
      if (module === undefined || !hasOwn(action.modules, module)) {
        return nodeRequire(declared(name, action, nodeRequire))
      }
      const entry =
        modules[module] ??
        evaluate(action.modules[module]!.code, moduleFile(module), loaderFor(false), {
          secrets: action.modules[module]!.secrets,
        })
      modules[module] = entry
      if (entry.failed) throw entry.value
      return entry.value
    },
    import: (name) => {
      if (isRefusedModule(name)) throw noPermission(name)
      return import(isBuiltin(name) ? name : pathToFileURL(declared(name, action, nodeRequire)).href)
    },
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

function evaluate(code: string, filename: string, loader: Loader, actionsGlobal?: object): Loaded {
  const module: { exports: unknown } = { exports: {} }
  try {
    const names = ['module', 'exports', 'require', 'console']
    if (actionsGlobal !== undefined) append(names, 'actions')
    const wrapper = compileFunction(code, names, {
      filename,
      // Node's types know modules only, yet a namespace will do.
      importModuleDynamically: loader.import as never,
    })
    wrapper(module, module.exports, loader.require, console, actionsGlobal)
    return { failed: false, value: module.exports }
  } catch (error) {
    return { failed: true, value: error }
  }
}

/** Lines of output that are kept of a run, UTF-16 units of one, and of all. */
const MAX_LINES = 1000
const MAX_LINE_UNITS = 16_000
const MAX_UNITS = 500_000

function log(level: LogLine['level'], text: string): void {
  const current = running
  if (current === undefined || (owner.getStore() ?? current.run.id) !== current.run.id) return
  if (current.lines >= MAX_LINES || current.units >= MAX_UNITS) {
    // Counted from the limit on, whichever it was.
    current.lines = (current.lines < MAX_LINES ? MAX_LINES : current.lines) + 1
    return
  }
  current.lines++
  const over = text.length - MAX_LINE_UNITS
  const kept = over > 0 ? `${slice(text, 0, MAX_LINE_UNITS)}… (${over} more characters)` : text
  current.units += kept.length
  send({ type: 'log', id: current.run.id, line: { level, text: kept } })
}

function captureOutput(): void {
  for (const level of ['log', 'info', 'warn', 'error', 'debug', 'trace'] as const) {
    console[level] = (...args: unknown[]) => log(level, format(...args))
  }
  for (const [name, level] of [
    ['stdout', 'log'],
    ['stderr', 'error'],
  ] as const) {
    const output = new stream.Writable()
    output.write = (text: unknown, ...more: unknown[]) => {
      const whole = typeof text === 'string' ? text : Buffer.from(text as Uint8Array).toString()
      log(level, whole.replace(/\n$/, ''))
      const done = more.at(-1)
      if (typeof done === 'function') process.nextTick(done as () => void)
      return true
    }
    defineProperty(process, name, { value: output, configurable: true, enumerable: true, writable: true })
  }
}
