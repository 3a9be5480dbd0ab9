import { type ChildProcess, spawn } from 'node:child_process'
import type { Duplex } from 'node:stream'
import { ToolkitError } from '../errors.ts'
import { readMessage } from './check-message.ts'
import type { FromRunner, RunnerOptions, StartMessage, ToRunner } from './messages.ts'
import { EMPTY, type NodeProgram, nodeFlags } from './node-program.ts'
import { residentBytes } from './resident-memory.ts'
import { type Sandbox, sandboxed } from './sandbox.ts'
import { newKeys, opener, sealer } from './secret-stream.ts'

/** The descriptor of the child's end. */
const CHANNEL = 3

// `-e` makes every built-in a global, and the loader's variables too: an Action must not find them.
const BOOTSTRAP = `{
  const load = require
  const { Socket } = load('node:net')
  const socket = new Socket({ fd: ${CHANNEL}, readable: true, writable: true })
  let bytes = Buffer.alloc(0)
  socket.on('data', function first(chunk) {
    bytes = Buffer.concat([bytes, chunk])
    if (bytes.length < 4 || bytes.length < 4 + bytes.readUInt32BE(0)) return
    socket.off('data', first)
    socket.pause()
    const end = 4 + bytes.readUInt32BE(0)
    const { code, keys, options: runnerOptions } = JSON.parse(bytes.subarray(4, end).toString())
    const rest = Buffer.from(bytes.subarray(end))
    bytes.fill(0)
    const main = { exports: {} }
    const vm = load('node:vm')
    const importModuleDynamically = vm.constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER
    const options = { filename: 'auth0-claims-runner', ...(importModuleDynamically && { importModuleDynamically }) }
    vm.compileFunction(code, ['module', 'exports', 'require'], options)(main, main.exports, load)
    const own = ['console', 'crypto', 'process']
    for (const name of ['__dirname', '__filename', 'module', 'exports', 'require', ...load('node:module').builtinModules]) {
      if (!own.includes(name)) delete globalThis[name]
    }
    main.exports.serve(runnerOptions, keys, socket, rest)
  })
}`

export interface ChildOptions {
  node: NodeProgram
  code: string
  runner: RunnerOptions
  /** Folders that Actions may read: packages. */
  readable: readonly string[]
  maxOldSpaceMegabytes: number
  /** Bytes of memory, of whatever kind. */
  maxResidentBytes: number
  sandbox?: Sandbox
}

export interface ChildEvents {
  onMessage(message: FromRunner): void
  /** Called when it sends what the runner never sends. */
  onOffence(): void
  onTooLarge(): void
  onEnd(code: number | null, signal: string | null, stderr: string): void
}

/** How often the memory of a busy child is looked at, in milliseconds. */
const WATCH = 100

/** One process for Actions, with an empty environment, and the private channel to it. */
export class Child {
  readonly ready: Promise<void>
  readonly #process: ChildProcess
  readonly #channel: Duplex & { ref(): void; unref(): void }
  readonly #seal: ReturnType<typeof sealer>
  readonly #events: ChildEvents
  readonly #maxResidentBytes: number
  #stderr = ''
  #watch: NodeJS.Timeout | undefined
  #dead = false

  constructor(options: ChildOptions, events: ChildEvents) {
    const { node, code, runner, readable, maxOldSpaceMegabytes, sandbox } = options
    const flags = nodeFlags(node, maxOldSpaceMegabytes, readable)
    const command = [node.path, ...flags, '-e', BOOTSTRAP]
    const [program, ...args] = sandboxed(sandbox, command, { readable, network: runner.network === 'allow' })
    this.#events = events
    this.#maxResidentBytes = options.maxResidentBytes
    const child = spawn(program!, args, {
      env: EMPTY,
      cwd: '/',
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      windowsHide: true,
    })
    this.#process = child
    this.#channel = child.stdio[CHANNEL] as Duplex & { ref(): void; unref(): void }
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-20_000)
    })
    // An idle runtime does not keep its owner alive.
    child.unref()
    ;(child.stderr as unknown as { unref?: () => void } | null)?.unref?.()
    const keys = newKeys()
    this.#seal = sealer(keys.toRunner)
    this.ready = new Promise((resolve, reject) => {
      child.once('error', (cause) => {
        this.#dead = true
        reject(new ToolkitError('ERR_ENVIRONMENT', 'the process for Actions does not start', { cause }))
      })
      // `close`, not `exit`: by then all that it wrote is read.
      child.once('close', (exitCode, signal) => {
        this.#dead = true
        clearInterval(this.#watch)
        const why = `the process for Actions ended at its start: ${this.#stderr.trim()}`
        reject(new ToolkitError('ERR_ENVIRONMENT', why))
        events.onEnd(exitCode, signal, this.#stderr)
      })
      const open = opener(keys.toHost, (text) => {
        if (this.#dead) return
        const message = readMessage(text)
        if (message.type !== 'ready') return events.onMessage(message)
        this.#channel.unref()
        resolve()
      })
      this.#channel.on('data', (chunk: Buffer) => {
        if (this.#dead) return
        try {
          open(chunk)
        } catch {
          this.kill()
          events.onOffence()
        }
      })
    })
    this.#channel.on('error', () => {})
    this.#begin({ code, keys, options: runner })
  }

  #begin(message: StartMessage): void {
    const body = Buffer.from(JSON.stringify(message))
    const head = Buffer.alloc(4)
    head.writeUInt32BE(body.length)
    this.#channel.write(head)
    this.#channel.write(body)
  }

  /** @returns false when the message is too long */
  send(message: ToRunner): boolean {
    const frame = this.#seal(JSON.stringify(message))
    if (frame === undefined) return false
    if (this.#dead) return true
    this.#channel.write(frame)
    return true
  }

  /** While it is busy, it keeps its owner alive and its memory is looked at. */
  busy(is: boolean): void {
    if (!is) {
      this.#channel.unref()
      clearInterval(this.#watch)
      this.#watch = undefined
      return
    }
    this.#channel.ref()
    this.#watch ??= setInterval(() => {
      if (residentBytes(this.#process.pid) <= this.#maxResidentBytes) return
      this.kill()
      this.#events.onTooLarge()
    }, WATCH).unref()
  }

  /** From now on nothing that it sent is read. */
  kill(): void {
    this.#dead = true
    clearInterval(this.#watch)
    this.#process.kill('SIGKILL')
  }

  async stop(): Promise<void> {
    const child = this.#process
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    // Not unrefed any more: otherwise a process with nothing else to do ends before the child has.
    child.ref()
    const gone = new Promise((resolve) => child.once('exit', resolve))
    this.kill()
    await gone
  }
}
