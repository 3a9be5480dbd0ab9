import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { ToolkitError } from '../errors.ts'
import { changedEvent, type Failure } from './execute.ts'
import type { FromRunner, LoadMessage, Network, RunMessage, RunnerOptions } from './messages.ts'
import { runnerCode } from './runner-code.ts'
import { sourcePositions } from './source-positions.ts'
import type { LogLine, RunError, RunnableAction, RunRequest, RunResult, Runtime } from './types.ts'

/** Auth0's limit for all Actions of one trigger execution, in milliseconds. */
export const TRIGGER_TIMEOUT_MILLISECONDS = 20_000

/** How long, in milliseconds, the child may take over the limit to say what it has, before it is killed. */
const GRACE = 200

export interface IsolatedRuntimeOptions {
  /** Program of the Node to run Actions on. @defaultValue the Node that runs this */
  node?: string
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
  const node = options.node === undefined ? ownNode() : otherNode(options.node)
  const code = await runnerCode()
  const host = new Host(node, code, options)
  await host.start()
  return host
}

interface Node {
  path: string
  version: string
}

const ownNode = (): Node => ({ path: process.execPath, version: process.version })

function otherNode(program: string): Node {
  try {
    const script = 'process.execPath + "\\n" + process.version'
    const [path, version] = execFileSync(program, ['-p', script], { encoding: 'utf8' }).trim().split('\n')
    return { path: path!, version: version! }
  } catch (cause) {
    throw new ToolkitError('ERR_ENVIRONMENT', `"${program}" does not start as Node`, {
      hint: 'Name the node program to run Actions on, e.g. the one of Node 22.',
      cause,
    })
  }
}

function flags(version: string, maxOldSpaceMegabytes: number): string[] {
  const [major = 0, minor = 0] = version.slice(1).split('.').map(Number)
  const stable = major > 23 || (major === 23 && minor >= 5) || (major === 22 && minor >= 13)
  return [
    stable ? '--permission' : '--experimental-permission',
    '--allow-fs-read=*',
    '--no-warnings',
    `--max-old-space-size=${maxOldSpaceMegabytes}`,
  ]
}

// `-e` makes every built-in a global, and the loader's variables too: an Action must not find them.
const BOOTSTRAP = `{
  const load = require
  process.once('message', ({ code, options }) => {
    const main = { exports: {} }
    load('node:vm').compileFunction(code, ['module', 'exports', 'require'], { filename: 'auth0-claims-runner' })(main, main.exports, load)
    const own = ['console', 'crypto', 'process']
    for (const name of ['__dirname', '__filename', 'module', 'exports', 'require', ...load('node:module').builtinModules]) {
      if (!own.includes(name)) delete globalThis[name]
    }
    main.exports.serve(options)
  })
}`

interface Pending {
  request: RunRequest
  id: number
  logs: LogLine[]
  begun: number
  timer: NodeJS.Timeout
  resolve: (result: RunResult) => void
}

class Host implements Runtime {
  readonly nodeVersion: string
  readonly #node: Node
  readonly #code: string
  readonly #options: IsolatedRuntimeOptions
  #child: ChildProcess | undefined
  #stderr = ''
  #sent = new Map<string, RunnableAction>()
  #pending: Pending | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #ready: Promise<void> | undefined
  #stopped = false
  #id = 0

  constructor(node: Node, code: string, options: IsolatedRuntimeOptions) {
    this.#node = node
    this.#code = code
    this.#options = options
    this.nodeVersion = node.version
  }

  start(): Promise<void> {
    this.#ready ??= this.#spawn()
    return this.#ready
  }

  run(request: RunRequest): Promise<RunResult> {
    const result = this.#queue.then(() => this.#run(request))
    this.#queue = result.catch(() => undefined)
    return result
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
    const child = spawn(
      this.#node.path,
      [...flags(this.#node.version, maxOldSpaceMegabytes), '-e', BOOTSTRAP],
      { env: {}, stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'json', windowsHide: true },
    )
    this.#child = child
    this.#sent = new Map()
    this.#stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-20_000)
    })
    // An idle runtime does not keep its owner alive.
    child.unref()
    ;(child.stderr as unknown as { unref?: () => void } | null)?.unref?.()
    const options: RunnerOptions = { network, ...(resolveFrom !== undefined && { resolveFrom }) }
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
    })
  }

  async #run(request: RunRequest): Promise<RunResult> {
    if (this.#stopped) {
      throw new ToolkitError('ERR_USAGE', 'the runtime is stopped', { hint: 'Create another one.' })
    }
    await this.start()
    const child = this.#child!
    const { action, timeoutMilliseconds = TRIGGER_TIMEOUT_MILLISECONDS } = request
    const key = keyOf(action)
    if (!this.#sent.has(key)) {
      this.#sent.set(key, action)
      const load: LoadMessage = {
        type: 'load',
        key,
        file: action.file,
        code: action.code,
        dependencies: action.dependencies ?? [],
        modules: action.modules ?? {},
      }
      child.send(load, () => {})
    }
    const id = ++this.#id
    const message: RunMessage = {
      type: 'run',
      id,
      key,
      cold: request.cold ?? false,
      timeoutMilliseconds,
      execution: {
        handler: request.handler,
        event: request.event,
        secrets: action.secrets,
        facts: request.facts ?? {},
      },
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#finish({
          milliseconds: performance.now() - this.#pending!.begun,
          commands: [],
          error: {
            kind: 'timeout',
            message: `The Action exceeded the allowed execution time of ${timeoutMilliseconds} ms.`,
          },
        })
        this.#kill()
      }, timeoutMilliseconds + GRACE)
      this.#pending = { request, id, logs: [], begun: performance.now(), timer, resolve }
      child.channel?.ref()
      child.send(message, () => {})
    })
  }

  #receive(message: FromRunner): void {
    if (message.type === 'log' && message.id === this.#pending?.id) this.#pending.logs.push(message.line)
    if (message.type === 'late') {
      const action = this.#sent.get(message.key)
      if (action === undefined) return
      this.#options.onLateError?.({
        action: action.name,
        error: sourcePositions(action).error(message.error),
      })
    }
    if (message.type !== 'done' || message.id !== this.#pending?.id) return
    const { commands, live, cache, milliseconds, error } = message
    const event = changedEvent(live, this.#pending.request.event)
    this.#finish({
      commands,
      milliseconds,
      cache,
      ...(event !== undefined && { event }),
      ...(error !== undefined && { error }),
    })
    // Its code may still be running: nothing of it reaches the next run.
    if (error?.kind === 'timeout' || error?.kind === 'exited') this.#kill()
  }

  #finish(result: Omit<RunResult, 'logs' | 'error'> & { error?: Failure }): void {
    const pending = this.#pending
    if (pending === undefined) return
    this.#pending = undefined
    clearTimeout(pending.timer)
    this.#child?.channel?.unref()
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

  #kill(): void {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
    this.#ready = undefined
  }

  #died(code: number | null, signal: string | null): void {
    this.#child = undefined
    this.#ready = undefined
    if (this.#pending === undefined) return
    const memory = /out of memory|Allocation failed/i.test(this.#stderr)
    this.#finish({
      milliseconds: performance.now() - this.#pending.begun,
      commands: [],
      error: memory
        ? { kind: 'out-of-memory', message: 'The Action ran out of memory.' }
        : { kind: 'exited', message: `The Action ended the process with ${signal ?? `exit code ${code}`}.` },
    })
  }
}

/** A new version of an Action is a new module, as with Auth0. */
function keyOf(action: RunnableAction): string {
  return createHash('sha256').update(JSON.stringify(action)).digest('base64')
}
