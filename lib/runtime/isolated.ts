import { type ChildProcess, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { ToolkitError } from '../errors.ts'
import { changedEvent, type Failure, timedOut } from './execute.ts'
import { TRIGGER_TIMEOUT_MILLISECONDS } from './limits.ts'
import type {
  FromRunner,
  QueuedRun,
  ResponseMessage,
  RunMessage,
  RunnerOptions,
  ToRunner,
} from './messages.ts'
import { type Answer, answerOf, type Network, responseOf } from './network.ts'
import { type NodeProgram, namedNode, nodeFlags, ownNode } from './node-program.ts'
import { runnerCode } from './runner-code.ts'
import { sourcePositions } from './source-positions.ts'
import type { LogLine, RunError, RunnableAction, RunRequest, RunResult, Runtime } from './types.ts'

/** How long, in milliseconds, the child may take over the limit to say what it has, before it is killed. */
const GRACE = 200

export interface IsolatedRuntimeOptions {
  /** The Node to run Actions on: a program, or what `findNode` found. @defaultValue the Node that runs this */
  node?: string | NodeProgram
  /** Largest heap, in megabytes. Buffers are not counted. @defaultValue 256 */
  maxOldSpaceMegabytes?: number
  /** Whether Actions reach the network, or which answers they get. @defaultValue `'allow'` */
  network?: Network
  /** Absolute path of the folder whose `node_modules` has the declared packages. */
  resolveFrom?: string
  /** Told of errors that an Action causes after its run has ended. @defaultValue they are ignored */
  onLateError?: (late: { action: string; error: RunError }) => void
}

/**
 * Starts one warm child process that runs Actions as Auth0 does: real Node built-ins, an empty environment, no
 * file-system writes and no child processes where Node can refuse them, a heap limit, SIGKILL at the time limit.
 * A module is kept between runs. After a run that kills the process, the next one gets a new process.
 *
 * Not a sandbox against hostile code: Actions can read files, and reach the network unless it is refused.
 *
 * @throws ToolkitError `ERR_ENVIRONMENT` when `node` cannot be started.
 */
export async function createIsolatedRuntime(options: IsolatedRuntimeOptions = {}): Promise<Runtime> {
  const { node: wanted = ownNode() } = options
  const node = typeof wanted === 'string' ? namedNode(wanted) : wanted
  const code = await runnerCode()
  const host = new Host(node, code, options)
  await host.start()
  return host
}

// `-e` makes every built-in a global, and the loader's variables too: an Action must not find them.
const BOOTSTRAP = `{
  const load = require
  process.once('message', ({ code, options: runnerOptions }) => {
    const main = { exports: {} }
    const vm = load('node:vm')
    const importModuleDynamically = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER
    const options = { filename: 'auth0-claims-runner', ...(importModuleDynamically && { importModuleDynamically }) }
    vm.compileFunction(code, ['module', 'exports', 'require'], options)(main, main.exports, load)
    const own = ['console', 'crypto', 'process']
    for (const name of ['__dirname', '__filename', 'module', 'exports', 'require', ...load('node:module').builtinModules]) {
      if (!own.includes(name)) delete globalThis[name]
    }
    main.exports.serve(runnerOptions)
  })
}`

/** At most, in one message: more would wait long for their answers when one of them ends the process. */
const BATCH = 64

interface Pending {
  request: RunRequest
  id: number
  logs: LogLine[]
  /** When it came to be the first in the child. */
  begun: number
  resolve: (result: RunResult) => void
  reject: (error: unknown) => void
}

/**
 * Runs are sent as they come, those of one turn in one message, and the child does one after another. When it ends
 * in the middle of several, nobody knows which of them ended it: those left are sent again, one at a time.
 */
class Host implements Runtime {
  readonly nodeVersion: string
  readonly #node: NodeProgram
  readonly #code: string
  readonly #options: IsolatedRuntimeOptions
  readonly #answer: Answer | undefined
  #child: ChildProcess | undefined
  #stderr = ''
  #loaded = new Map<string, RunnableAction>()
  /** Not sent yet. */
  #waiting: Pending[] = []
  /** In the child; the first of them runs. */
  #sent: Pending[] = []
  #timer: NodeJS.Timeout | undefined
  /** How many of those waiting go alone. */
  #alone = 0
  #scheduled = false
  #ready: Promise<void> | undefined
  #stopped = false
  #id = 0

  constructor(node: NodeProgram, code: string, options: IsolatedRuntimeOptions) {
    this.#node = node
    this.#code = code
    this.#options = options
    this.#answer = answerOf(options.network ?? 'allow')
    this.nodeVersion = node.version
  }

  start(): Promise<void> {
    this.#ready ??= this.#spawn()
    return this.#ready
  }

  run(request: RunRequest): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, id: ++this.#id, logs: [], begun: 0, resolve, reject })
      this.#schedule()
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    // Not unrefed any more: otherwise a process with nothing else to do ends before the child has.
    child.ref()
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  #spawn(): Promise<void> {
    const { maxOldSpaceMegabytes = 256, network = 'allow', resolveFrom } = this.#options
    const child = spawn(this.#node.path, [...nodeFlags(this.#node, maxOldSpaceMegabytes), '-e', BOOTSTRAP], {
      env: {},
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'json',
      windowsHide: true,
    })
    this.#child = child
    this.#loaded = new Map()
    this.#stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-20_000)
    })
    // An idle runtime does not keep its owner alive.
    child.unref()
    ;(child.stderr as unknown as { unref?: () => void } | null)?.unref?.()
    const options: RunnerOptions = {
      network: this.#answer === undefined ? (network as 'allow' | 'refuse') : 'ask',
      self: fileURLToPath(import.meta.url),
      ...(resolveFrom !== undefined && { resolveFrom }),
    }
    return new Promise((resolve, reject) => {
      child.once('error', (cause) =>
        reject(new ToolkitError('ERR_ENVIRONMENT', 'the process for Actions does not start', { cause })),
      )
      // `close`, not `exit`: by then all of stderr is read.
      child.once('close', (code, signal) => {
        reject(
          new ToolkitError(
            'ERR_ENVIRONMENT',
            `the process for Actions ended at its start: ${this.#stderr.trim()}`,
          ),
        )
        if (this.#child === child) this.#died(code, signal)
      })
      child.on('message', (message: FromRunner) => {
        if (this.#child !== child) return
        if (message.type === 'ready') {
          child.channel?.unref()
          resolve()
        } else this.#receive(message)
      })
      child.send({ code: this.#code, options }, () => {})
      // The process would end before the child is ready, when nothing else keeps it.
      child.channel?.ref()
    })
  }

  /** Runs that are asked for in one turn go together. */
  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    queueMicrotask(() => {
      this.#scheduled = false
      void this.#flush()
    })
  }

  async #flush(): Promise<void> {
    try {
      if (this.#stopped) {
        throw new ToolkitError('ERR_USAGE', 'the runtime is stopped', { hint: 'Create another one.' })
      }
      await this.start()
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
      return
    }
    while (this.#waiting.length > 0) {
      const alone = this.#alone > 0
      // The child has something to do while the next message is on its way.
      if (this.#sent.length > (alone ? 0 : BATCH)) return
      if (alone) this.#alone--
      this.#sendRuns(this.#waiting.splice(0, alone ? 1 : BATCH))
    }
  }

  #sendRuns(batch: Pending[]): void {
    for (const { request } of batch) this.#load(request.action)
    this.#child?.channel?.ref()
    this.#send(runMessage(batch))
    const idle = this.#sent.length === 0
    this.#sent.push(...batch)
    if (idle) this.#first()
  }

  #load(action: RunnableAction): void {
    const key = keyOf(action)
    if (this.#loaded.has(key)) return
    this.#loaded.set(key, action)
    const { file, code, dependencies = [], modules = {} } = action
    this.#send({ type: 'load', key, file, code, dependencies, modules })
  }

  #send(message: ToRunner): void {
    this.#child?.send(message, () => {})
  }

  /** Begins to measure the time of the run that is first in the child. */
  #first(): void {
    clearTimeout(this.#timer)
    const [first] = this.#sent
    if (first === undefined) {
      this.#child?.channel?.unref()
      return
    }
    first.begun = performance.now()
    const { timeoutMilliseconds = TRIGGER_TIMEOUT_MILLISECONDS } = first.request
    this.#timer = setTimeout(() => {
      this.#kill()
      this.#blame(timedOut(timeoutMilliseconds))
    }, timeoutMilliseconds + GRACE)
  }

  #receive(message: FromRunner): void {
    if (message.type === 'log') this.#sent.find(({ id }) => id === message.id)?.logs.push(message.line)
    if (message.type === 'request') void this.#respond(message)
    if (message.type === 'late') {
      const action = this.#loaded.get(message.key)
      if (action === undefined) return
      const error = sourcePositions(action).error(message.error)
      this.#options.onLateError?.({ action: action.name, error })
    }
    if (message.type !== 'done') return
    for (const { commands, live, cache, milliseconds, error, id } of message.runs) {
      const pending = this.#sent[0]
      if (pending?.id !== id) continue
      const event = changedEvent(live, pending.request.event)
      this.#finish({
        commands,
        milliseconds,
        cache,
        ...(event !== undefined && { event }),
        ...(error !== undefined && { error }),
      })
      // Its code may still be running: nothing of it reaches the next run.
      if (error?.kind === 'timeout' || error?.kind === 'exited') {
        this.#kill()
        this.#sendAgain()
        return
      }
    }
    this.#first()
    this.#schedule()
  }

  async #respond({ id, method, url, headers, body }: FromRunner & { type: 'request' }): Promise<void> {
    const child = this.#child
    const message: ResponseMessage = { type: 'response', id }
    try {
      const sent = body === '' ? {} : { body: Buffer.from(body, 'base64') }
      const answer = await this.#answer?.(new Request(url, { method, headers, ...sent }))
      if (answer !== undefined) {
        const response = responseOf(answer)
        message.response = {
          status: response.status,
          headers: [...response.headers],
          body: Buffer.from(await response.arrayBuffer()).toString('base64'),
        }
      }
    } catch (error) {
      message.threw = error instanceof Error ? error.message : String(error)
    }
    if (this.#child === child) this.#send(message)
  }

  /** The first of those sent is done. */
  #finish(result: Omit<RunResult, 'logs' | 'error'> & { error?: Failure }): void {
    const pending = this.#sent.shift()
    if (pending === undefined) return
    const positions = sourcePositions(pending.request.action)
    const { error, ...rest } = result
    pending.resolve({
      ...rest,
      milliseconds: Math.round(result.milliseconds * 100) / 100,
      commands: result.commands.map(positions.command),
      logs: pending.logs,
      ...(error !== undefined && { error: positions.error(error) }),
    })
  }

  /** The process is gone, and it did not say why. Alone in it, a run has ended it. */
  #blame(error: Failure): void {
    if (this.#sent.length === 1) {
      this.#finish({ milliseconds: performance.now() - this.#sent[0]!.begun, commands: [], error })
    } else this.#alone = this.#sent.length
    this.#sendAgain()
  }

  #sendAgain(): void {
    clearTimeout(this.#timer)
    for (const pending of this.#sent) pending.logs.length = 0
    this.#waiting.unshift(...this.#sent.splice(0))
    if (this.#waiting.length > 0) this.#schedule()
  }

  #kill(): void {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
    this.#ready = undefined
  }

  #died(code: number | null, signal: string | null): void {
    this.#child = undefined
    this.#ready = undefined
    if (this.#sent.length === 0) return
    const memory = /out of memory|Allocation failed/i.test(this.#stderr)
    this.#blame(
      memory
        ? { kind: 'out-of-memory', message: 'The Action ran out of memory.' }
        : { kind: 'exited', message: `The Action ended the process with ${signal ?? `exit code ${code}`}.` },
    )
  }
}

function runMessage(batch: readonly Pending[]): RunMessage {
  const parts: unknown[] = []
  const places = new Map<string, number>()
  const place = (part: unknown) => {
    const text = batch.length === 1 ? String(parts.length) : JSON.stringify(part)
    const known = places.get(text)
    if (known !== undefined) return known
    places.set(text, parts.length)
    return parts.push(part) - 1
  }
  return { type: 'run', parts, runs: batch.map((pending) => queued(pending, place)) }
}

function queued({ id, request }: Pending, place: (part: unknown) => number): QueuedRun {
  const { action, handler, event, facts = {}, cold = false, positions = true, clockOffset = 0 } = request
  const { timeoutMilliseconds = TRIGGER_TIMEOUT_MILLISECONDS } = request
  return {
    id,
    key: keyOf(action),
    cold,
    positions,
    clockOffset,
    timeoutMilliseconds,
    event: Object.fromEntries(
      Object.entries(event).flatMap(([name, part]) => (part === undefined ? [] : [[name, place(part)]])),
    ),
    execution: { handler, secrets: action.secrets, facts },
  }
}

const keys = new WeakMap<RunnableAction, string>()

/** A new version of an Action is a new module, as with Auth0. */
function keyOf(action: RunnableAction): string {
  const key = keys.get(action) ?? createHash('sha256').update(JSON.stringify(action)).digest('base64')
  keys.set(action, key)
  return key
}
