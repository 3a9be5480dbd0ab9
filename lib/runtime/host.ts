import { fileURLToPath } from 'node:url'
import { ToolkitError } from '../errors.ts'
import { answeredRequest } from './answered-request.ts'
import { Child, type ChildEvents } from './child.ts'
import { type Failure, timedOut } from './execute.ts'
import { TRIGGER_TIMEOUT_MILLISECONDS } from './limits.ts'
import type { FromRunner, RunnerOptions } from './messages.ts'
import { type Answer, answerOf, type Network } from './network.ts'
import type { NodeProgram } from './node-program.ts'
import { packageFolders } from './package-folders.ts'
import { keyOf, type Pending, runMessage } from './queued-runs.ts'
import { ReadablePackages } from './readable-packages.ts'
import { installedSandboxes, type Sandbox } from './sandbox.ts'
import { sourcePositions } from './source-positions.ts'
import type { RunError, RunnableAction, RunRequest, RunResult, Runtime } from './types.ts'

/** How long, in milliseconds, the child may take over the limit to say what it has, before it is killed. */
const GRACE = 200
/** How often an idle child is asked whether it is idle, in milliseconds, and how long it may take to answer. */
const ROUND = 2000
const ANSWER = 1000
/** Lines of output that are kept of a run. The child stops earlier; this is for one that does not. */
const MAX_LOG_LINES = 1001

/** Most runs in one message: more would wait long for their results when one of them ends the process. */
const BATCH = 64

export interface IsolatedRuntimeOptions {
  /** The Node to run Actions on: a program, or what `findNode` found. @defaultValue the Node that runs this */
  node?: string | NodeProgram
  /** Largest heap, in megabytes. All memory, buffers too, may be 256 more (looked at on Linux). @defaultValue 256 */
  maxOldSpaceMegabytes?: number
  /** Whether Actions reach the network, or which answers they get. @defaultValue `'allow'` */
  network?: Network
  /** Absolute path of the folder whose `node_modules` has the declared packages. */
  resolveFrom?: string
  /**
   * Packages that the Actions declare, as far as they are known. An Action that declares another one begins a new
   * process, since what a process may read is settled at its start. @defaultValue none
   */
  packages?: readonly string[]
  /**
   * The Actions are somebody else's: they run in a sandbox of the system below Node's own permissions, if this machine
   * has one that works. `sandbox` of the runtime says which. @defaultValue false
   */
  foreign?: boolean
  /** Told of errors that an Action causes after its run has ended. @defaultValue they are ignored */
  onLateError?: (late: { action: string; error: RunError }) => void
}

/**
 * Runs are sent as they come, those of one turn in one message, and the child does one after another. When it ends
 * in the middle of several, nobody knows which of them ended it: those left are sent again, one at a time.
 */
export class Host implements Runtime {
  readonly nodeVersion: string
  readonly #node: NodeProgram
  readonly #code: string
  readonly #options: IsolatedRuntimeOptions
  readonly #answer: Answer | undefined
  #child: Child | undefined
  #starting: Child | undefined
  readonly #packages: ReadablePackages
  /** Which of the machine's sandboxes are left to try. */
  #sandboxes: Sandbox[]
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
  /** The child's earlier runs have left something behind. */
  #left = false

  constructor(node: NodeProgram, code: string, options: IsolatedRuntimeOptions) {
    this.#node = node
    this.#code = code
    this.#options = options
    this.#answer = answerOf(options.network ?? 'allow')
    this.nodeVersion = node.version
    const { packages = [], resolveFrom } = options
    this.#packages = new ReadablePackages(resolveFrom, packages)
    this.#sandboxes = options.foreign === true ? installedSandboxes() : []
  }

  get sandbox(): Sandbox | undefined {
    return this.#sandboxes[0]
  }

  start(): Promise<void> {
    this.#ready ??= this.#spawn().catch((error: unknown) => {
      this.#ready = undefined
      throw error
    })
    return this.#ready
  }

  run(request: RunRequest): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ request, id: ++this.#id, logs: [], begun: 0, told: false, resolve, reject })
      this.#schedule()
    })
  }

  async stop(): Promise<void> {
    this.#stopped = true
    clearTimeout(this.#timer)
    await Promise.all([this.#starting?.stop(), this.#child?.stop()])
  }

  async #spawn(): Promise<void> {
    const { maxOldSpaceMegabytes = 256, network = 'allow' } = this.#options
    const self = fileURLToPath(import.meta.url)
    const runner: RunnerOptions = {
      network: this.#answer === undefined ? (network as 'allow' | 'refuse') : 'ask',
      self,
    }
    const packages = this.#packages.forStart()
    const readable = [
      ...packages.folders,
      ...(runner.network === 'ask' ? packageFolders(['@mswjs/interceptors'], self) : []),
    ]
    for (;;) {
      const { sandbox } = this
      const child: Child = new Child(
        {
          node: this.#node,
          code: this.#code,
          runner,
          readable,
          maxOldSpaceMegabytes,
          maxResidentBytes: (maxOldSpaceMegabytes + 256) * 1024 * 1024,
          ...(sandbox !== undefined && { sandbox }),
        },
        this.#eventsOf(() => child),
      )
      this.#starting = child
      try {
        await child.ready
        this.#child = child
        this.#loaded = new Map()
        packages.started()
        this.#left = false
        return
      } catch (error) {
        if (sandbox === undefined) throw error
        // Installed, and refused here: as in many containers.
        this.#sandboxes.shift()
      }
    }
  }

  /** The events of a child count only while it is the current one. */
  #eventsOf(child: () => Child): ChildEvents {
    const isCurrent = () => this.#child === child()
    return {
      onMessage: (message) => {
        if (isCurrent()) this.#receive(message)
      },
      onOffence: () => {
        if (isCurrent()) this.#offended()
      },
      onTooLarge: () => {
        if (!isCurrent()) return
        this.#forget()
        this.#blame(OUT_OF_MEMORY)
      },
      onEnd: (code, signal, stderr) => {
        if (isCurrent()) this.#died(code, signal, stderr)
      },
    }
  }

  /** The process is not, or no longer, under the runner's control. */
  #offended(): void {
    this.#kill()
    if (this.#sent.length === 0) return
    const { name } = this.#sent[0]!.request.action
    const what = this.#sent.length === 1 ? `of the Action "${name}"` : 'for Actions'
    this.#blame({ kind: 'exited', message: `The process ${what} sent what is no result, and was ended.` })
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
      await this.#sendWaiting()
    } catch (error) {
      for (const { reject } of this.#waiting.splice(0)) reject(error)
    }
  }

  async #sendWaiting(): Promise<void> {
    while (this.#waiting.length > 0) {
      const alone = this.#alone > 0
      const batch = this.#waiting.slice(0, alone ? 1 : BATCH)
      if (this.#packages.needs(batch.map(({ request }) => request.action))) {
        // With those that are needed it begins anew, when what it does is done.
        if (this.#sent.length > 0) return
        this.#kill()
        await this.start()
        continue
      }
      // The child has something to do while the next message is on its way.
      if (this.#sent.length > (alone ? 0 : BATCH)) return
      if (alone) this.#alone--
      this.#sendRuns(this.#waiting.splice(0, alone ? 1 : BATCH))
    }
  }

  #sendRuns(batch: Pending[]): void {
    const child = this.#child
    if (child === undefined) {
      this.#waiting.unshift(...batch)
      this.#schedule()
      return
    }
    for (const { request } of batch) this.#load(child, request.action)
    child.busy(true)
    const idle = this.#sent.length === 0
    if (!child.send(runMessage(batch))) {
      for (const { reject } of batch) reject(TOO_LONG)
      return
    }
    this.#sent.push(...batch)
    if (idle) this.#first()
  }

  #load(child: Child, action: RunnableAction): void {
    const key = keyOf(action)
    if (this.#loaded.has(key)) return
    this.#loaded.set(key, action)
    const { file, code, dependencies = [], modules = {}, resolveFrom = this.#options.resolveFrom } = action
    child.send({
      type: 'load',
      key,
      file,
      code,
      dependencies,
      modules,
      ...(resolveFrom !== undefined && { resolveFrom }),
    })
  }

  /** Begins to measure the time of the run that is first in the child. */
  #first(): void {
    clearTimeout(this.#timer)
    const [first] = this.#sent
    if (first === undefined) {
      this.#child?.busy(false)
      this.#askIdle()
      return
    }
    first.begun = performance.now()
    const { timeoutMilliseconds = TRIGGER_TIMEOUT_MILLISECONDS } = first.request
    this.#timer = setTimeout(() => {
      const innocent = this.#sent.length === 1 && this.#left && !first.told
      this.#kill()
      // The child never came to it: an earlier run left behind what hangs.
      if (innocent) this.#sendAgain()
      else this.#blame(timedOut(timeoutMilliseconds))
    }, timeoutMilliseconds + GRACE)
  }

  /** Finds an Action that goes on after its runs in an endless loop, so that it does not use the processor for ever. */
  #askIdle(): void {
    const child = this.#child
    this.#timer = setTimeout(() => {
      if (child === undefined || this.#child !== child) return
      child.send({ type: 'ping' })
      this.#timer = setTimeout(() => {
        if (this.#child === child && this.#sent.length === 0) this.#kill()
      }, ANSWER).unref()
    }, ROUND).unref()
  }

  #receive(message: FromRunner): void {
    if (message.type === 'pong' && this.#sent.length === 0) {
      clearTimeout(this.#timer)
      this.#askIdle()
    }
    if (message.type === 'begun') {
      const pending = this.#sent[0]
      if (pending?.id === message.id) pending.told = true
    }
    if (message.type === 'log') {
      const logs = this.#sent.find(({ id }) => id === message.id)?.logs
      if (logs !== undefined && logs.length < MAX_LOG_LINES) logs.push(message.line)
    }
    if (message.type === 'request') void this.#respond(message)
    if (message.type === 'late') {
      const action = this.#loaded.get(message.key)
      if (action === undefined) return
      const error = sourcePositions(action).error(message.error)
      this.#options.onLateError?.({ action: action.name, error })
    }
    if (message.type !== 'done') return
    this.#left = message.left
    for (const { commands, cache, milliseconds, error, id } of message.runs) {
      const pending = this.#sent[0]
      if (pending?.id !== id) {
        // Of a run that was not asked for, or out of its turn.
        this.#offended()
        return
      }
      this.#finish({
        commands,
        milliseconds,
        cache,
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

  async #respond(request: FromRunner & { type: 'request' }): Promise<void> {
    const child = this.#child
    const message = await answeredRequest(request, this.#answer)
    if (child === undefined || this.#child !== child) return
    if (!child.send(message))
      child.send({ type: 'response', id: request.id, threw: 'The answer is too long.' })
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

  /** The process has ended and did not say why. A run that was alone in it has ended it. */
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
    this.#child?.kill()
    this.#forget()
  }

  #forget(): void {
    this.#child = undefined
    this.#ready = undefined
  }

  #died(code: number | null, signal: string | null, stderr: string): void {
    this.#forget()
    if (this.#sent.length === 0) return
    const memory = /out of memory|Allocation failed/i.test(stderr)
    this.#blame(
      memory
        ? OUT_OF_MEMORY
        : { kind: 'exited', message: `The Action ended the process with ${signal ?? `exit code ${code}`}.` },
    )
  }
}

const OUT_OF_MEMORY: Failure = { kind: 'out-of-memory', message: 'The Action ran out of memory.' }
const TOO_LONG = new ToolkitError('ERR_INPUT', 'the event is too long to be sent to the Action', {
  hint: 'Give an event of some kilobytes, as Auth0 does.',
})
