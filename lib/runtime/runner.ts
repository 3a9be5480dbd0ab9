/**
 * Runs in the child process. `isolated.ts` bundles this file and hands it over as text.
 * Here `process` and `console` belong to us; the Action gets what Auth0's loader supplies.
 */
import { createRequire, isBuiltin } from 'node:module'
import { performance } from 'node:perf_hooks'
import { format } from 'node:util'
import vm from 'node:vm'
import { callSite, NOWHERE } from './call-site.ts'
import { type Failure, failure, type Started, start } from './execute.ts'
import type { FromRunner, LoadMessage, RunMessage, RunnerOptions } from './messages.ts'
import { guardNetwork } from './network.ts'
import type { LogLine } from './types.ts'

interface Running {
  message: RunMessage
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
let running: Running | undefined
let lastKey = ''

export function serve(options: RunnerOptions): void {
  captureOutput()
  guardNetwork(options.network)
  process.exit = ((code?: number) => {
    if (running !== undefined) {
      reply(running, {
        ...failure('exited', new Error(`The Action ended the process with exit code ${code ?? 0}.`)),
      })
    }
    reallyExit(code)
  }) as typeof process.exit
  process.on('uncaughtException', (error) => {
    if (running === undefined) send({ type: 'late', key: lastKey, error: failure('unhandled', error) })
    else running.end(failure('unhandled', error))
  })
  process.on('unhandledRejection', (reason, promise) => {
    if (running === undefined) send({ type: 'late', key: lastKey, error: failure('unhandled', reason) })
    else running.rejections.set(promise, reason)
  })
  process.on('rejectionHandled', (promise) => running?.rejections.delete(promise))
  process.on('message', (message: LoadMessage | RunMessage) => {
    if (message.type === 'load') actions.set(message.key, message)
    else void run(message, options)
  })
  process.on('disconnect', () => reallyExit(0))
  // An Action has no business with the channel.
  Reflect.deleteProperty(process, 'send')
  send({ type: 'ready' })
}

async function run(message: RunMessage, options: RunnerOptions): Promise<void> {
  lastKey = message.key
  let end!: Running['end']
  const ended = new Promise<Failure | undefined>((resolve) => {
    end = resolve
  })
  const current: Running = { message, begun: performance.now(), rejections: new Map(), end }
  running = current
  const timer = setTimeout(() => end(timedOut(message)), message.timeoutMilliseconds)
  void settle(current, options)
  const error = await ended
  clearTimeout(timer)
  running = undefined
  reply(current, error)
}

async function settle(current: Running, options: RunnerOptions): Promise<void> {
  const { message } = current
  const action = actions.get(message.key)!
  let exports: unknown
  try {
    exports = load(action, message.cold, options)
  } catch (error) {
    current.end(failure('load', error))
    return
  }
  const own = new Set([action.file, ...Object.keys(action.modules).map(moduleFile)])
  current.started = start(exports, message.execution, (below) => {
    const frame = callSite((file) => own.has(file), below)
    return frame === undefined ? NOWHERE : { file: frame.file, line: frame.line, column: frame.column }
  })
  const error = await current.started.finished
  // One turn of the loop, so that a rejection nobody waits for shows up in the run that caused it.
  await new Promise((resolve) => setImmediate(resolve))
  const [floating] = current.rejections.values()
  current.end(error ?? (current.rejections.size > 0 ? failure('unhandled', floating) : undefined))
}

function timedOut({ timeoutMilliseconds }: RunMessage): Failure {
  return {
    kind: 'timeout',
    message: `The Action exceeded the allowed execution time of ${timeoutMilliseconds} ms.`,
  }
}

function reply(current: Running, error: Failure | undefined): void {
  const state = current.started?.state ?? {
    commands: [],
    live: {},
    cache: current.message.execution.facts.cache ?? {},
  }
  send({
    type: 'done',
    id: current.message.id,
    milliseconds: performance.now() - current.begun,
    ...state,
    ...(error !== undefined && { error }),
  })
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
  const requireFor = (withModules: boolean) => (name: string) => {
    if (isBuiltin(name)) return nodeRequire(name)
    const module = name.startsWith('actions:') && withModules ? name.slice('actions:'.length) : undefined
    if (module !== undefined && Object.hasOwn(action.modules, module)) {
      // Both what it exports and why it failed are remembered.
      const entry =
        modules.get(module) ??
        evaluate(action.modules[module]!.code, moduleFile(module), requireFor(false), {
          secrets: action.modules[module]!.secrets,
        })
      modules.set(module, entry)
      if ('error' in entry) throw entry.error
      return entry.exports
    }
    const packageName = name
      .split('/')
      .slice(0, name.startsWith('@') ? 2 : 1)
      .join('/')
    if (action.dependencies.includes(packageName)) return nodeRequire(name)
    throw Object.assign(new Error(`Cannot find module '${name}'`), { code: 'MODULE_NOT_FOUND' })
  }
  return evaluate(action.code, action.file, requireFor(true))
}

const moduleFile = (name: string) => `actions:${name}`

function evaluate(
  code: string,
  filename: string,
  require: (name: string) => unknown,
  actionsGlobal?: object,
): { exports: unknown } | { error: unknown } {
  const module: { exports: unknown } = { exports: {} }
  // Node 20.10 to 20.x has the constant as well; older ones refuse `import()` inside Actions.
  const loader = (vm.constants as unknown as { USE_MAIN_CONTEXT_DEFAULT_LOADER?: never } | undefined)
    ?.USE_MAIN_CONTEXT_DEFAULT_LOADER
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
      ...(loader !== undefined && { importModuleDynamically: loader }),
    })
    wrapper(module, module.exports, require, console, actionsGlobal)
    return { exports: module.exports }
  } catch (error) {
    return { error }
  }
}

function captureOutput(): void {
  const log = (level: LogLine['level'], text: string) => {
    send({ type: 'log', id: running?.message.id ?? -1, line: { level, text } })
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
