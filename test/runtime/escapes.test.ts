import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { chmod, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIsolatedRuntime } from '../../lib/runtime/index.ts'
import type { RunRequest, RunResult, Runtime } from '../../lib/runtime/types.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'
import { keptFolderWith } from '../helpers/folder.ts'
import { testNodes } from '../helpers/nodes.ts'

/** What an Action tries: it returns when it has succeeded, and throws when it is refused. */
interface Escape {
  what: string
  tries: string
  /** Code, or name, of the error. @defaultValue ERR_ACCESS_DENIED */
  refusedBy?: RegExp
  /** The same tools, used as Actions do: gives `true`. */
  alike?: string
  /** The first Node that has it. */
  since?: number
}

const DENIED = /^ERR_ACCESS_DENIED$/

/** `@` stands for a folder with a file `secret`, `%` for this process' id, `#` for a port that listens here. */
const ESCAPES: Escape[] = [
  // Files
  {
    what: "the host's environment",
    tries: "return require('fs').readFileSync('/proc/%/environ', 'utf8')",
    alike: "return require('path').join('/proc', 'x') === '/proc/x'",
  },
  {
    what: 'its own environment in /proc',
    tries: "return require('fs').readFileSync('/proc/self/environ', 'utf8').length + 1",
  },
  { what: 'its memory in /proc', tries: "return require('fs').openSync('/proc/self/mem', 'r')" },
  { what: "the host's working directory in /proc", tries: "return require('fs').readdirSync('/proc/%/cwd')" },
  {
    what: 'a file',
    tries: "return require('fs').readFileSync('@/secret', 'utf8')",
    alike: "return Buffer.from('a').toString('hex') === '61'",
  },
  { what: 'a file, promised', tries: "return await require('fs/promises').readFile('@/secret', 'utf8')" },
  {
    what: 'a file by a stream',
    tries:
      "let t = ''; for await (const part of require('fs').createReadStream('@/secret')) t += part; return t",
    alike:
      "let t = ''; for await (const part of require('stream').Readable.from(['a', 'b'])) t += part; return t === 'ab'",
  },
  {
    what: 'a file by its URL',
    tries: "return require('fs').readFileSync(new URL('file://@/secret'), 'utf8')",
    alike: "return new URL('file:///a').pathname === '/a'",
  },
  {
    what: 'a file by its name in bytes',
    tries: "return require('fs').readFileSync(Buffer.from('@/secret'), 'utf8')",
  },
  {
    what: 'a file as a blob',
    tries: "return await (await require('fs').openAsBlob('@/secret')).text()",
    refusedBy: /^(ERR_ACCESS_DENIED|ERR_INVALID_ARG_VALUE|NotReadableError)$/,
    alike: "return await new Blob(['a']).text() === 'a'",
  },
  { what: 'the names in a folder', tries: "return require('fs').readdirSync('@')" },
  { what: 'what a link points to', tries: "return require('fs').readlinkSync('@/link')" },
  { what: 'the length of a file', tries: "return require('fs').statSync('@/secret').size" },
  { what: 'the length of a file, by lstat', tries: "return require('fs').lstatSync('@/secret').size" },
  {
    what: 'a JSON file by require',
    tries: "return require('@/data.json')",
    refusedBy: /^MODULE_NOT_FOUND$/,
    alike: "return require('yaml').parse('a: 1').a === 1",
  },
  {
    what: 'a JSON file by createRequire',
    tries: "return require('module').createRequire('/x.js')('@/data.json')",
    alike: "return require('module').createRequire('/x.js')('path').sep === '/'",
  },
  { what: 'a JSON file by Module._load', tries: "return require('module')._load('@/data.json')" },
  {
    what: "a text file by the loader's own function",
    tries:
      "const M = require('module'); const m = new M('x'); M._extensions['.json'](m, '@/data.json'); return m.exports",
  },
  {
    what: 'a module by import of its URL',
    tries: "return Object.keys(await import('file://@/module.mjs'))",
    refusedBy: /^(MODULE_NOT_FOUND|ERR_ACCESS_DENIED)$/,
    alike: "return (await import('node:path')).sep === '/'",
  },
  {
    what: 'a module by import in text',
    tries: 'return Object.keys(await eval("import(\'file://@/module.mjs\')"))',
    refusedBy: /^(MODULE_NOT_FOUND|ERR_ACCESS_DENIED)$/,
    alike: "return eval('1 + 1') === 2",
  },
  {
    what: 'a module by import in a made function',
    tries: 'return Object.keys(await new Function("return import(\'file://@/module.mjs\')")())',
    refusedBy: /^(MODULE_NOT_FOUND|ERR_ACCESS_DENIED|ERR_VM_DYNAMIC_IMPORT_CALLBACK_MISSING)$/,
    alike: "return new Function('return 7')() === 7",
  },
  { what: 'a file of the environment', tries: "process.loadEnvFile('@/secret'); return process.env" },
  { what: 'a source map of the machine', tries: "process.setSourceMapsEnabled(true); return 'set'" },
  {
    what: 'the folder above a package',
    tries:
      "return require('fs').readdirSync(require('path').join(require('path').dirname(require('module').createRequire('/').resolve.paths('x')[0] ?? '/'), '..', 'etc'))",
  },
  {
    what: 'the changes of a file',
    tries:
      "return await new Promise((resolve) => require('fs').watchFile('@/secret', { interval: 5 }, (now) => resolve(now.size)))",
  },
  { what: 'the changes in a folder', tries: "return require('fs').watch('@')" },
  { what: 'the real place of a link', tries: "return require('fs').realpathSync('@/link')" },
  { what: 'the real place of a file', tries: "return require('fs').realpathSync('@/secret')" },
  {
    what: 'the real place of a link, by a callback',
    tries:
      "return await new Promise((resolve, reject) => require('fs').realpath('@/link', (error, path) => error ? reject(error) : resolve(path)))",
  },
  {
    what: 'the real place of a link, promised',
    tries: "return await require('fs/promises').realpath('@/link')",
  },
  {
    what: 'whether a file is there',
    tries: "return require('fs').accessSync('@/secret') ?? 'there'",
    alike: "return require('fs').existsSync('@/secret') === false",
  },
  { what: 'the entries of a folder', tries: "return require('fs').opendirSync('@').readSync().name" },
  {
    what: 'a copy of a file',
    tries: "return require('fs').copyFileSync('@/secret', '@/written') ?? 'copied'",
  },
  {
    what: 'a copy of a folder',
    tries: "return require('fs').cpSync('@', '@/../written', { recursive: true }) ?? 'copied'",
  },
  {
    what: 'another name of a file',
    tries: "return require('fs').renameSync('@/secret', '@/written') ?? 'renamed'",
  },
  { what: 'other rights of a file', tries: "return require('fs').chmodSync('@/secret', 0o777) ?? 'changed'" },
  { what: 'another time of a file', tries: "return require('fs').utimesSync('@/secret', 0, 0) ?? 'changed'" },
  { what: 'the end of a file', tries: "return require('fs').rmSync('@/secret') ?? 'removed'" },
  { what: 'a folder', tries: "return require('fs').mkdtempSync('@/written')" },
  { what: 'a hard link', tries: "return require('fs').linkSync('@/secret', '@/written') ?? 'linked'" },
  {
    what: 'an engine of OpenSSL',
    tries: "return require('crypto').setEngine('@/x.node')",
    alike: "return require('crypto').createHash('sha256').update('').digest('hex').startsWith('e3b0')",
  },
  {
    what: 'compiled code as its own',
    tries: "return new (require('vm').Script)('1', { cachedData: Buffer.alloc(99) })",
    alike:
      "return new (require('vm').Script)('40 + 2').runInThisContext() === 42 && require('vm').runInNewContext('a + 1', { a: 1 }) === 2",
  },
  {
    what: 'compiled code, by the class of a script',
    tries:
      "const { Script } = require('vm'); return new (new Script('1').constructor)('1', { get cachedData() { return Buffer.alloc(99) } })",
  },
  {
    what: 'compiled code, in one call',
    tries: "return require('vm').runInThisContext('1', { cachedData: Buffer.alloc(99) })",
  },
  {
    what: 'another priority of the host',
    tries: "return require('os').setPriority(%, 19) ?? 'set'",
    alike: "return require('os').cpus().length > 0",
  },
  { what: 'a new file', tries: "require('fs').writeFileSync('@/written', 'x'); return 'written'" },
  {
    what: 'a new file, promised',
    tries: "await require('fs/promises').appendFile('@/written', 'x'); return 'written'",
  },
  { what: 'a link', tries: "require('fs').symlinkSync('/etc', '@/written'); return 'linked'" },
  { what: 'another working directory', tries: "process.chdir('@'); return process.cwd()" },
  {
    what: 'a heap snapshot in a file',
    tries: "return require('v8').writeHeapSnapshot('@/written')",
    alike: "return require('v8').deserialize(require('v8').serialize({ a: 1 })).a === 1",
  },
  {
    what: 'a heap snapshot',
    tries: "return require('v8').getHeapSnapshot()",
    alike: "return require('v8').getHeapStatistics().used_heap_size > 0",
  },
  { what: 'a report in a file', tries: "return process.report.writeReport('@/written')" },
  { what: 'a report of the process', tries: 'return process.report.getReport()' },
  {
    what: 'a file named by a flag of V8',
    tries: "require('v8').setFlagsFromString('--logfile=@/written --log'); return 'set'",
  },
  {
    what: 'a snapshot at the end',
    tries: "require('v8').startupSnapshot.addSerializeCallback(() => {}); return 'set'",
  },
  { what: 'a database', tries: "return new (require('node:sqlite').DatabaseSync)(':memory:')", since: 22 },
  {
    what: 'a socket file',
    tries:
      "return await new Promise((resolve, reject) => require('net').createServer().on('error', reject).listen('@/written', () => resolve('listens')))",
  },
  // Descriptors, and with them the way to the host
  {
    what: "the host's way, written to",
    tries: "return require('fs').writeSync(3, 'null')",
    alike: "return require('util').inspect(3) === '3'",
  },
  { what: "the host's way, read from", tries: "return require('fs').readSync(3, Buffer.alloc(10))" },
  { what: "the host's way, closed", tries: "return require('fs').closeSync(3) ?? 'closed'" },
  {
    what: "the host's way, by a stream",
    tries:
      "return await new Promise((resolve, reject) => require('fs').createWriteStream('', { fd: 3 }).on('error', reject).write('null', (error) => error ? reject(error) : resolve()))",
  },
  {
    what: "the host's way, by a socket",
    tries: "const s = new (require('net').Socket)({ fd: 3 }); s.on('error', () => {}); return s",
    alike: "return new (require('net').Socket)().destroyed === false",
  },
  {
    what: "the host's way, promised",
    tries: "return await require('util').promisify(require('fs').write)(3, 'null')",
  },
  { what: "the host's way, among the handles", tries: 'return process._getActiveHandles().length' },
  {
    what: "the host's way, as Node has it",
    tries:
      "if (process.channel ?? process.send ?? process._channel) return 'there'; throw { code: 'ERR_ACCESS_DENIED' }",
  },
  {
    what: 'the messages of the host',
    tries: "process.on('message', () => {}); process._send({ type: 'done' }); return 'sent'",
    refusedBy: /^TypeError$/,
  },
  {
    what: "the kernel's own view of a descriptor",
    tries: "return require('fs').readFileSync('/proc/self/fd/3')",
  },
  {
    what: 'the class of pipes',
    tries: 'return new (Object.getPrototypeOf(process.stderr._handle).constructor)(0)',
    refusedBy: /^TypeError$/,
    alike: "process.stderr.write('x'); return process.stderr.writable === true",
  },
  // Other processes
  { what: 'a child process', tries: "return require('child_process').execSync('id').toString()" },
  {
    what: 'a child process, by import',
    tries: "return (await import('node:child_process')).execSync('id').toString()",
  },
  {
    what: 'a child process, by import of the default',
    tries: "return (await import('node:child_process')).default.spawnSync('id')",
  },
  {
    what: 'a child process, by a made import',
    tries: "return (await eval(\"import('child_process')\")).execSync('id')",
  },
  {
    what: 'a child process, by getBuiltinModule',
    tries: "return process.getBuiltinModule('child_process').spawn('id')",
  },
  {
    what: 'a child process, by createRequire',
    tries: "return require('module').createRequire('/')('child_process').fork('/x')",
  },
  {
    what: 'a child process, by the prototype of modules',
    tries:
      "const M = require('module'); return M.prototype.require.call(new M('x'), 'child_process').execFileSync('id')",
  },
  {
    what: 'a child process, by the main module',
    tries:
      "return (process.mainModule ?? module.constructor).require?.('child_process') ?? require('module').Module._load('child_process').execSync('id')",
  },
  {
    what: 'a child process, by its class',
    tries: "return new (require('child_process').ChildProcess)().spawn({ file: 'id', args: ['id'] })",
  },
  {
    what: 'a child process, by what a package loads',
    tries:
      "return require('module').createRequire('@/node_modules/x/index.js')('child_process').execSync('id')",
  },
  {
    what: 'a worker',
    tries: "return new (require('worker_threads').Worker)('1', { eval: true })",
    alike:
      "const { MessageChannel, receiveMessageOnPort } = require('worker_threads'); const { port1, port2 } = new MessageChannel(); port1.postMessage(1); const { message } = receiveMessageOnPort(port2); port1.close(); return message === 1",
  },
  { what: 'a cluster', tries: "return require('cluster').fork()" },
  {
    what: 'another program in its place',
    tries: "process.execve('/bin/true', ['true'], {}); return 'replaced'",
    since: 24,
  },
  { what: "the host's debugger", tries: "process.kill(%, 'SIGUSR1'); return 'sent'" },
  { what: "the host's debugger, by the engine's name", tries: "process._debugProcess(%); return 'sent'" },
  { what: 'a signal, as the engine has it', tries: 'return process._kill(%, 0)' },
  { what: 'its own debugger', tries: "require('inspector').open(0); return require('inspector').url()" },
  { what: 'a session of the debugger', tries: "return new (require('inspector').Session)()" },
  {
    what: 'a session of the debugger, promised',
    tries: "return new (require('inspector/promises').Session)()",
  },
  {
    what: 'the events of the engine',
    tries: "return require('trace_events').createTracing({ categories: ['node'] }).enable() ?? 'enabled'",
  },
  { what: "the engine's bindings", tries: "return Object.keys(process.binding('fs'))" },
  { what: "the engine's linked bindings", tries: "return process._linkedBinding('x')" },
  { what: 'a native addon', tries: "return process.dlopen({ exports: {} }, '@/x.node')" },
  {
    what: 'a native addon, by the loader',
    tries: "return require('module')._extensions['.node']({ exports: {} }, '@/x.node')",
    refusedBy: /^(ERR_ACCESS_DENIED|ERR_DLOPEN_DISABLED)$/,
  },
  {
    what: 'the system interface of WebAssembly',
    tries: "return new (require('wasi').WASI)({ version: 'preview1', preopens: { '/': '/' } })",
    alike: 'return WebAssembly.validate(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))',
  },
  { what: 'the interactive shell', tries: "return require('repl').start()" },
  { what: 'the test runner', tries: "return require('node:test').run({ files: ['@/module.mjs'] })" },
  { what: 'another user', tries: "process.setuid(0); return 'root'" },
  { what: 'another mask for files', tries: 'return String(process.umask(0))' },
  {
    what: 'hooks of the loader',
    tries: "return require('module').register('data:text/javascript,') ?? 'registered'",
  },
  {
    what: 'hooks of the loader in this thread',
    tries: "return require('module').registerHooks({ load: () => {} })",
    since: 22,
  },
  {
    what: 'the objects behind asynchronous work',
    tries:
      "let got; const h = require('async_hooks').createHook({ init(id, type, trigger, resource) { got ??= Object.keys(resource)[0] } }).enable(); setTimeout(() => {}, 1); h.disable(); if (got === undefined) throw Object.assign(new Error(), { code: 'ERR_ACCESS_DENIED' }); return got",
    alike:
      "let n = 0; const h = require('async_hooks').createHook({ init(id, type) { if (type === 'Timeout') n++ } }).enable(); setTimeout(() => {}, 1); h.disable(); return n === 1",
  },
  {
    what: 'the object of what runs now',
    tries: "return require('async_hooks').executionAsyncResource()",
    alike:
      "const s = new (require('async_hooks').AsyncLocalStorage)(); return s.run(5, () => s.getStore()) === 5",
  },
  { what: 'hooks of promises', tries: "return require('v8').promiseHooks.onInit(() => {})" },
  {
    what: 'all errors of the process',
    tries: "process.setUncaughtExceptionCaptureCallback(() => {}); return 'set'",
  },
  {
    what: 'the class of hooks of asynchronous work',
    tries:
      "const h = require('async_hooks').createHook({}); if (h.constructor === Object) throw Object.assign(new Error(), { code: 'ERR_ACCESS_DENIED' }); return h.constructor.name",
    // Loaded, as aws-sdk does, yet it takes no errors.
    alike: "return typeof require('domain').create === 'function'",
  },
  // The network
  {
    what: 'a datagram',
    tries:
      "return await new Promise((resolve, reject) => require('dgram').createSocket('udp4').send('x', #, '127.0.0.1', (error) => error ? reject(error) : resolve('sent')))",
  },
  {
    what: 'a name, resolved',
    tries:
      "return await new Promise((resolve, reject) => require('dns').lookup('localhost', (error, address) => error ? reject(error) : resolve(address)))",
    alike: "return require('net').isIP('127.0.0.1') === 4",
  },
  {
    what: 'a name, resolved by a server',
    tries: "return await require('dns/promises').resolve4('secret.attacker.example')",
  },
  {
    what: 'a name, by a resolver of its own',
    tries: "const r = new (require('dns').Resolver)(); r.setServers(['127.0.0.1:#']); return r",
  },
  {
    what: 'a server',
    tries:
      "return await new Promise((resolve, reject) => require('net').createServer().on('error', reject).listen(0, () => resolve('listens')))",
    alike: "return typeof require('http').createServer === 'function'",
  },
  {
    what: 'an HTTP server',
    tries:
      "return await new Promise((resolve, reject) => require('http').createServer().on('error', reject).listen(0, () => resolve('listens')))",
  },
  {
    what: "a server's handle",
    tries: "return require('net')._createServerHandle('127.0.0.1', 0, 4).constructor",
  },
  {
    what: 'a server, by the inner function',
    tries:
      "return require('net').Server.prototype._listen2.call(new (require('net').Server)(), null, 0, 4, 1) ?? 'listens'",
  },
  {
    what: 'a connection',
    tries:
      "return await new Promise((resolve, reject) => require('net').connect(#, '127.0.0.1', resolve).on('error', reject))",
    refusedBy: /^ERR_NETWORK_REFUSED$/,
  },
  {
    what: 'a connection, encrypted',
    tries:
      "return await new Promise((resolve, reject) => require('tls').connect(#, '127.0.0.1', resolve).on('error', reject))",
    refusedBy: /^ERR_NETWORK_REFUSED$/,
  },
  {
    what: 'a connection of HTTP/2',
    tries:
      "return await new Promise((resolve, reject) => require('http2').connect('http://127.0.0.1:#').on('error', reject).request().on('response', resolve).on('error', reject))",
    refusedBy: /^ERR_NETWORK_REFUSED$/,
  },
  {
    what: 'a request',
    tries: "return await fetch('http://127.0.0.1:#/')",
    refusedBy: /^ERR_NETWORK_REFUSED$/,
  },
  {
    what: 'a WebSocket',
    tries:
      "return await new Promise((resolve, reject) => { const s = new WebSocket('ws://127.0.0.1:#/'); s.onopen = resolve; s.onerror = () => reject({ code: 'refused' }) })",
    refusedBy: /^refused$/,
    since: 22,
  },
]

let folder: string
let listening: Server
let datagrams: Socket
const reached: string[] = []
beforeAll(async () => {
  folder = await keptFolderWith({
    secret: 'of-the-user',
    'data.json': '{"secret":"of-the-user"}',
    'module.mjs': 'export const secret = 1',
    'x.node': '',
  })
  await symlink('/etc/passwd', join(folder, 'link'))
  listening = createServer((socket) => {
    reached.push('tcp')
    socket.on('error', () => {}).end()
  })
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
  datagrams = createSocket('udp4', () => reached.push('udp'))
  await new Promise<void>((resolve) =>
    datagrams.bind((listening.address() as AddressInfo).port, '127.0.0.1', resolve),
  )
})
afterAll(async () => {
  datagrams.close()
  listening.close()
  await rm(folder, { recursive: true, force: true })
})

/** Says what came of a try: `gave: …`, or the code of the error. */
const trying = (body: string) => `exports.onExecutePostLogin = async (event, api) => {
  let came
  try { came = 'gave: ' + await (async () => { ${body} })() } catch (error) { came = String(error?.code ?? error?.name ?? error) }
  api.access.deny(came)
}`
const filled = (text: string) =>
  text
    .replaceAll('@', folder)
    .replaceAll('%', String(process.pid))
    .replaceAll('#', String((listening.address() as AddressInfo).port))

function request(code: string, more: Partial<RunRequest['action']> = {}): RunRequest {
  const action = { name: 'sample', code, file: 'dist/actions/sample.js', secrets: {}, ...more }
  return { action, handler: 'onExecutePostLogin', event: postLoginEvent(), timeoutMilliseconds: 5000 }
}

const cameOf = ({ commands, error }: RunResult) =>
  commands.at(-1)?.args[0] ?? `${error?.kind}: ${error?.message}`

describe.each(testNodes())('on $name', ({ major, path }) => {
  let runtime: Runtime
  beforeAll(async () => {
    runtime = await createIsolatedRuntime({
      node: path,
      network: 'refuse',
      resolveFrom: process.cwd(),
      packages: ['yaml'],
    })
  })
  afterAll(() => runtime?.stop())

  it.each(ESCAPES.filter(({ since = 0 }) => since <= major))(
    'refuses $what',
    async ({ tries, refusedBy = DENIED, alike }) => {
      const run = async (body: string) =>
        cameOf(await runtime.run(request(trying(filled(body)), { dependencies: ['yaml'] })))
      expect(await run(tries)).toMatch(refusedBy)
      if (alike !== undefined) expect(await run(alike)).toBe('gave: true')
    },
  )

  it('left nothing behind, and reached nobody', () => {
    expect(readdirSync(folder).sort()).toEqual(['data.json', 'link', 'module.mjs', 'secret', 'x.node'])
    expect(reached).toEqual([])
  })
})

/** A Node that forgets the flags of its permissions: what is refused here, our own wall refuses. */
const FORGETS = `#!/bin/sh
for flag; do
  shift
  case "$flag" in --permission|--experimental-permission|--allow-*) ;; *) set -- "$@" "$flag";; esac
done
exec ${process.execPath} "$@"
`
const OURS =
  /child_process|worker_threads|cluster|process\.|inspector|dgram|dns|sqlite|v8|[sS]erver|wasi|trace_events|repl|node:test|register|async_hooks|fs'\)\.(?:write|read|close)Sync\(3|\bfd: 3|fs'\)\.write\)/

describe.runIf(process.platform !== 'win32')("without Node's permissions", () => {
  let runtime: Runtime
  beforeAll(async () => {
    const program = join(folder, 'node')
    await writeFile(program, FORGETS)
    await chmod(program, 0o755)
    const version = process.version
    runtime = await createIsolatedRuntime({ node: { path: program, version }, network: 'refuse' })
  })
  afterAll(() => runtime?.stop())

  const major = Number(process.versions.node.split('.')[0])
  it.each(
    ESCAPES.filter(
      ({ tries, since = 0, refusedBy = DENIED }) =>
        since <= major && refusedBy === DENIED && OURS.test(tries),
    ),
  )('refuses $what', async ({ tries }) => {
    expect(cameOf(await runtime.run(request(trying(filled(tries)))))).toMatch(DENIED)
  })
})

/** The same with the network allowed: what of it Auth0 gives, and no more. */
const ON_THE_NETWORK = [
  [
    'a server',
    "return await new Promise((resolve, reject) => require('http').createServer().on('error', reject).listen(0, () => resolve('listens')))",
  ],
  [
    "a server, by a connection's handle",
    "const socket = require('net').connect(#, '127.0.0.1'); await new Promise((resolve, reject) => socket.on('connect', resolve).on('error', reject)); const handle = new socket._handle.constructor(1); socket.destroy(); handle.bind('127.0.0.1', 0); return handle.listen(1)",
  ],
  ['a datagram', "return require('dgram').createSocket('udp4')"],
  [
    'a socket of the file system',
    "return await new Promise((resolve, reject) => require('net').connect('/var/run/docker.sock').on('connect', resolve).on('error', reject))",
  ],
  [
    'a socket of the file system, by HTTP',
    "return await new Promise((resolve, reject) => require('http').get({ socketPath: '/var/run/docker.sock', path: '/' }, resolve).on('error', reject))",
  ],
] as const

describe('with the network', () => {
  let runtime: Runtime
  beforeAll(async () => {
    runtime = await createIsolatedRuntime({ network: 'allow' })
  })
  afterAll(() => runtime?.stop())
  const run = async (body: string) => cameOf(await runtime.run(request(trying(filled(body)))))

  it.each(ON_THE_NETWORK)('refuses %s', async (_what, tries) => {
    expect(await run(tries)).toMatch(DENIED)
  })

  it.each([
    [
      'dns',
      "return typeof (await require('dns').promises.lookup('localhost')).address === 'string' && await new Promise((resolve) => require('dns').lookup('localhost', (error) => resolve(error === null)))",
    ],
    [
      'a resolver',
      "const r = new (require('dns').promises.Resolver)({ timeout: 50, tries: 1 }); r.setServers(['127.0.0.1:9']); return await r.resolveSrv('_mongodb._tcp.acme.example').then(() => false, (error) => error.syscall === 'querySrv')",
    ],
    [
      'net',
      "return await new Promise((resolve, reject) => require('net').connect(#, 'localhost').on('connect', () => resolve(true)).on('error', reject))",
    ],
    [
      'a lookup of its own',
      "return await new Promise((resolve, reject) => require('net').connect({ port: #, host: 'any.example', lookup: (_host, options, done) => options.all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4) }).on('connect', () => resolve(true)).on('error', reject))",
    ],
    ['fetch', "return (await (await fetch('http://localhost:%port%/')).text()) === 'hello'"],
    [
      'node:http',
      "return await new Promise((resolve, reject) => require('http').get('http://localhost:%port%/', (r) => resolve(r.statusCode === 200)).on('error', reject))",
    ],
    [
      'an agent that keeps connections',
      "const agent = new (require('http').Agent)({ keepAlive: true }); return await new Promise((resolve, reject) => require('http').get({ host: 'localhost', port: %port%, agent }, (r) => resolve(r.statusCode === 200)).on('error', reject))",
    ],
  ])('reaches a server by its name: %s', async (_how, body) => {
    const http = createHttpServer((_request, response) => response.end('hello')).listen(0)
    await once(http, 'listening')
    try {
      expect(await run(body.replaceAll('%port%', String((http.address() as AddressInfo).port)))).toBe(
        'gave: true',
      )
    } finally {
      http.closeAllConnections()
      http.close()
    }
  })
})
