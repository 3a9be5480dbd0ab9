import type net from 'node:net'

/**
 * Takes from a process for Actions what Auth0 does not give them, before any Action is loaded. Node's own modules are
 * changed in place, so that `require`, `import`, `process.getBuiltinModule` and packages find the same.
 */

type Members = Record<PropertyKey, unknown>
type Load = (name: string) => unknown

/** Modules of which an Action gets only the names listed: whatever a future Node adds to them is refused. */
const ONLY: Readonly<Record<string, readonly string[]>> = {
  child_process: [],
  cluster: [],
  dgram: [],
  inspector: [],
  'node:sea': [],
  'node:sqlite': [],
  trace_events: [],
  wasi: [],
  v8: [
    'serialize',
    'deserialize',
    'Serializer',
    'Deserializer',
    'DefaultSerializer',
    'DefaultDeserializer',
    'getHeapStatistics',
    'getHeapSpaceStatistics',
    'getHeapCodeStatistics',
    'cachedDataVersionTag',
    'isStringOneByteRepresentation',
  ],
  worker_threads: [
    'MessageChannel',
    'MessagePort',
    'receiveMessageOnPort',
    'markAsUntransferable',
    'isMarkedAsUntransferable',
    'markAsUncloneable',
    'moveMessagePortToContext',
    'structuredClone',
  ],
}

/** Without a network no names are resolved either: a DNS query can carry data out. */
const ONLY_WITHOUT_NETWORK: typeof ONLY = {
  dns: ['getDefaultResultOrder', 'setDefaultResultOrder'],
  'dns/promises': [],
}

/** Modules that Actions use, without these. */
const WITHOUT: Readonly<Record<string, readonly string[]>> = {
  async_hooks: ['executionAsyncResource'],
  module: [
    'register',
    'registerHooks',
    'enableCompileCache',
    'flushCompileCache',
    'runMain',
    '_initPaths',
    '_preloadModules',
    'setSourceMapsSupport',
  ],
  vm: ['measureMemory'],
  net: ['_createServerHandle'],
  os: ['getPriority', 'setPriority'],
  crypto: ['setEngine', 'setFips'],
}

/** Modules that are costly to load and that no Action needs: refused. */
const ABSENT = new Set(['repl', 'test', 'test/reporters', 'inspector/promises', 'quic', 'ffi', 'vfs'])

const PROCESS = [
  'kill',
  '_kill',
  '_debugProcess',
  '_debugEnd',
  '_startProfilerIdleNotifier',
  '_stopProfilerIdleNotifier',
  '_getActiveHandles',
  '_getActiveRequests',
  '_linkedBinding',
  '_rawDebug',
  'binding',
  'dlopen',
  'chdir',
  'umask',
  'setuid',
  'seteuid',
  'setgid',
  'setegid',
  'setgroups',
  'initgroups',
  'execve',
  'loadEnvFile',
  'openStdin',
  'setSourceMapsEnabled',
  'setUncaughtExceptionCaptureCallback',
  'addUncaughtExceptionCaptureCallback',
]

/** Code and members as of Node's own errors, which an Action can catch. */
export function noPermission(what: string): Error {
  return Object.assign(new Error(`An Action has no permission to use ${what}.`), {
    code: 'ERR_ACCESS_DENIED',
  })
}

/** For calls and for `new`. */
function refusing(what: string): () => never {
  return function refused(): never {
    throw noPermission(what)
  }
}

/** Refuses in the way that its callers wait for: by a promise or a callback. */
function refusingLookup(what: string, promised: boolean): (...args: unknown[]) => unknown {
  return function refused(...args: unknown[]): unknown {
    const callback = args.at(-1)
    if (promised) return Promise.reject(noPermission(what))
    if (typeof callback !== 'function') throw noPermission(what)
    process.nextTick(callback as () => void, noPermission(what))
    return {}
  }
}

export interface Confinement {
  /** Nothing may connect. */
  refuseNetwork: boolean
  /** The socket of the host: its class is the one of all pipes. */
  channel: net.Socket
  load: Load
}

export function confine({ refuseNetwork, channel, load }: Confinement): void {
  const lookup = (load('dns') as { lookup: net.LookupFunction }).lookup
  confineHandles(channel, refuseNetwork, load)
  confineFiles(load)
  const only = { ...ONLY, ...(refuseNetwork && ONLY_WITHOUT_NETWORK) }
  for (const [name, kept] of Object.entries(only)) {
    let exports: Members
    try {
      exports = load(name) as Members
    } catch {
      // This Node does not have it.
      continue
    }
    refuseMembers(exports, name, new Set(kept))
  }
  for (const [name, without] of Object.entries(WITHOUT)) {
    const exports = load(name) as Members
    for (const member of without) {
      if (member in exports) replace(exports, member, refusing(`${name}.${member}`))
    }
  }
  confineSockets(lookup, load)
  confineHooks(load)
  confineCompiling(load)
  confineProcess()
  confineLoading(load)
  if (refuseNetwork) dropNetwork()
  ;(load('module') as { syncBuiltinESMExports(): void }).syncBuiltinESMExports()
}

function refuseMembers(exports: Members, path: string, kept: ReadonlySet<string>): void {
  for (const name of Object.getOwnPropertyNames(exports)) {
    if (!kept.has(name)) replace(exports, name, refusedMember(exports[name], `${path}.${name}`))
  }
}

/** Functions refuse; an object becomes another one, since Node itself may use the one that stands there. */
function refusedMember(value: unknown, path: string, depth = 0): unknown {
  const what = path.replace('node:', '')
  if (typeof value === 'function') {
    const isLookup = /^dns.*[./][a-z]\w*$/.test(path)
    return isLookup ? refusingLookup(what, /promises/.test(path)) : refusing(what)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const copy: Members = {}
  if (depth > 2) return copy
  for (const name of Object.getOwnPropertyNames(value)) {
    copy[name] = refusedMember((value as Members)[name], `${path}.${name}`, depth + 1)
  }
  return copy
}

function replace(target: object, name: PropertyKey, value: unknown): void {
  const known = Object.getOwnPropertyDescriptor(target, name)
  if (known?.configurable === false) {
    if (known.writable === true) (target as Members)[name] = value
    return
  }
  Object.defineProperty(target, name, {
    value,
    configurable: true,
    writable: true,
    enumerable: known?.enumerable ?? false,
  })
}

/** Below `net` and everything on it: the engine's own objects, whose classes an Action finds at any socket. */
function confineHandles(channel: net.Socket, refuseNetwork: boolean, load: Load): void {
  const pipe = prototypeOf((channel as unknown as { _handle: object })._handle)
  // The host's descriptor is open by now, and no other is to be.
  for (const name of ['open', 'bind', 'listen', 'connect', 'fchmod']) {
    if (name in pipe) replace(pipe, name, refusing(`a pipe (${name})`))
  }
  const { _createServerHandle: create } = load('net') as {
    _createServerHandle?: (address: string, port: number, family: number) => unknown
  }
  const server = tryTo(() => create?.('127.0.0.1', 0, 4))
  if (typeof server !== 'object' || server === null) return
  const tcp = prototypeOf(server)
  ;(server as { close(): void }).close()
  const refused = ['open', 'listen', ...(refuseNetwork ? ['bind', 'bind6', 'connect', 'connect6'] : [])]
  for (const name of refused) if (name in tcp) replace(tcp, name, refusing(`the network (${name})`))
}

function prototypeOf(handle: object): Members {
  return Object.getPrototypeOf(handle) as Members
}

function tryTo<T>(action: () => T): T | undefined {
  try {
    return action()
  } catch {
    return undefined
  }
}

/** Servers; sockets of the file system; names are resolved only for a connection. */
function confineSockets(lookup: net.LookupFunction, load: Load): void {
  const { Server, Socket, _normalizeArgs } = load('net') as typeof net & {
    _normalizeArgs: (args: unknown[]) => unknown[]
  }
  for (const name of ['listen', '_listen2']) {
    replace(Server.prototype, name, refusing('a server (net.Server.listen)'))
  }
  const { connect } = Socket.prototype
  const guarded = function (this: net.Socket, ...args: unknown[]): net.Socket {
    const normalized = (Array.isArray(args[0]) ? args[0] : _normalizeArgs(args)) as Members[]
    const options = (normalized[0] ?? {}) as Partial<net.TcpNetConnectOpts & net.IpcNetConnectOpts>
    if (options.path !== undefined && options.path !== null && options.path !== '') {
      process.nextTick(() => this.destroy(noPermission('a socket of the file system')))
      return this
    }
    normalized[0] = { ...options, lookup: options.lookup ?? lookup }
    return Reflect.apply(connect, this, [normalized])
  } as typeof connect
  replace(Socket.prototype, 'connect', guarded)
}

/** Of asynchronous work, as packages use them (`domain` does, and so aws-sdk): ids, not the objects of the runner. */
function confineHooks(load: Load): void {
  const hooks = load('async_hooks') as Members
  const { createHook } = hooks as { createHook(callbacks: object): { enable(): void; disable(): void } }
  replace(hooks, 'createHook', (callbacks: Members) => {
    const safe: Members = {}
    for (const name of ['init', 'before', 'after', 'destroy', 'promiseResolve']) {
      const callback = callbacks[name]
      if (callback === undefined) continue
      if (typeof callback !== 'function') safe[name] = callback
      else if (name !== 'init') safe[name] = (id: number) => Reflect.apply(callback, hook, [id])
      else {
        safe[name] = (id: number, type: string, trigger: number) =>
          Reflect.apply(callback, hook, [id, type, trigger, {}])
      }
    }
    const { enable, disable } = bound(createHook(safe))
    // Not an instance of the class: its constructor would take callbacks as they are.
    const hook = {
      enable() {
        enable()
        return hook
      },
      disable() {
        disable()
        return hook
      },
    }
    return hook
  })
}

function bound(hook: { enable(): void; disable(): void }) {
  return { enable: hook.enable.bind(hook), disable: hook.disable.bind(hook) }
}

/** Descriptors: only those that the Action has opened itself. */
function confineFiles(load: Load): void {
  const fs = load('fs') as Members & typeof import('node:fs')
  const opened = new Set<number>()
  const { open, openSync } = fs
  for (const name of Object.getOwnPropertyNames(fs)) {
    const original = fs[name]
    if (typeof original !== 'function' || /^[A-Z_]|^open/.test(name)) continue
    const guarded = function (this: unknown, ...args: unknown[]): unknown {
      if (typeof args[0] === 'number' && !opened.has(args[0])) {
        const error = noPermission(`the file descriptor ${args[0]}`)
        const callback = args.at(-1)
        if (typeof callback !== 'function') throw error
        process.nextTick(callback as () => void, error)
        return undefined
      }
      if (/^close/.test(name)) opened.delete(args[0] as number)
      return Reflect.apply(original as () => unknown, this, args)
    }
    Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original))
    replace(fs, name, guarded)
  }
  replace(fs, 'openSync', (...args: Parameters<typeof openSync>) => {
    const descriptor = openSync(...args)
    opened.add(descriptor)
    return descriptor
  })
  replace(fs, 'open', (...args: unknown[]) => {
    const callback = args.at(-1)
    if (typeof callback === 'function') {
      args[args.length - 1] = (error: unknown, descriptor: number) => {
        if (typeof descriptor === 'number') opened.add(descriptor)
        callback(error, descriptor)
      }
    }
    return Reflect.apply(open, fs, args)
  })
  // Node 20 asks its permissions for each link on the way only.
  const { permission } = process as unknown as { permission?: { has(scope: string, path: string): boolean } }
  const has = permission?.has.bind(permission)
  for (const name of ['realpath', 'realpathSync'] as const) {
    const original = fs[name] as (...args: unknown[]) => unknown
    const guarded = (...args: unknown[]): unknown => {
      const path = args[0] instanceof URL ? args[0].pathname : String(args[0])
      if (has === undefined || has('fs.read', path)) return Reflect.apply(original, fs, args)
      const [error, callback] = [noPermission(path), args.at(-1)]
      if (typeof callback !== 'function') throw error
      process.nextTick(callback as () => void, error)
      return undefined
    }
    Object.defineProperties(guarded, Object.getOwnPropertyDescriptors(original))
    replace(fs, name, guarded)
  }
  const { existsSync } = fs
  // Asking is no fault: what may not be read does not exist.
  replace(fs, 'existsSync', (path: string) => tryTo(() => existsSync(path)) ?? false)
}

/** Compiled code from outside is code that the engine trusts to be its own. */
function confineCompiling(load: Load): void {
  const vm = load('vm') as Members
  /** A copy, so that what is looked at is what is used. */
  const checked = (args: unknown[]): unknown[] => {
    const safe: unknown[] = []
    for (let index = 0; index < args.length; index++) {
      const value = args[index]
      // Source, contextified object and options come in several orders: options have no prototype but the ordinary.
      const isOptions = index > 0 && typeof value === 'object' && value !== null && 'cachedData' in value
      if (!isOptions) safe[index] = value
      else {
        const copy = { ...value } as { cachedData?: unknown }
        if (value.cachedData !== undefined || copy.cachedData !== undefined)
          throw noPermission('cachedData of vm')
        safe[index] = copy
      }
    }
    return safe
  }
  for (const name of ['compileFunction', 'runInContext', 'runInNewContext', 'runInThisContext']) {
    const original = vm[name] as (...args: unknown[]) => unknown
    replace(vm, name, (...args: unknown[]) => Reflect.apply(original, vm, checked(args)))
  }
  for (const name of ['Script', 'SourceTextModule']) {
    const original = vm[name] as (new (...args: unknown[]) => object) | undefined
    if (original === undefined) continue
    const guarded = new Proxy(original, {
      construct: (target, args, newTarget) => Reflect.construct(target, checked(args), newTarget) as object,
    })
    replace(original.prototype as object, 'constructor', guarded)
    replace(vm, name, guarded)
  }
}

function confineProcess(): void {
  const own = process as unknown as Members
  for (const name of PROCESS) if (name in own) replace(own, name, refusing(`process.${name}`))
  const report: Members = {}
  for (const name of ['getReport', 'writeReport']) report[name] = refusing(`process.report.${name}`)
  replace(own, 'report', report)
  // Of a channel that older versions of this runner, or a debugger, may have opened.
  for (const name of ['send', '_send', 'disconnect', '_disconnect', 'channel', '_channel', '_handleQueue']) {
    Reflect.deleteProperty(own, name)
  }
}

/** From Node 25 the permissions know the network, from 26 they can be given back. */
function dropNetwork(): void {
  const { permission } = process as unknown as { permission?: { drop?(scope: string): void } }
  tryTo(() => permission?.drop?.('net'))
}

/** Modules that are not to be had, by whichever way they are asked for. */
function confineLoading(load: Load): void {
  const isAbsent = (name: unknown) => typeof name === 'string' && ABSENT.has(name.replace(/^node:/, ''))
  const own = process as unknown as { getBuiltinModule?: (name: string) => unknown }
  const { getBuiltinModule } = own
  if (getBuiltinModule !== undefined) {
    replace(process, 'getBuiltinModule', (name: string) => {
      if (isAbsent(name)) throw noPermission(`node:${name.replace(/^node:/, '')}`)
      return getBuiltinModule.call(process, name)
    })
  }
  const modules = load('module') as { _load: (name: string, ...rest: unknown[]) => unknown }
  const { _load } = modules
  replace(modules, '_load', (name: string, ...rest: unknown[]) => {
    // A package called `test` is not Node's, which has the prefix.
    if (isAbsent(name) && !(name === 'test' || name.startsWith('test/'))) {
      throw noPermission(`node:${name.replace(/^node:/, '')}`)
    }
    return Reflect.apply(_load, modules, [name, ...rest])
  })
}

/** Whether this name is of a module that Actions do not get. */
export function isRefusedModule(name: string): boolean {
  return ABSENT.has(name.replace(/^node:/, ''))
}
