import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readMessage } from '../../lib/runtime/check-message.ts'
import { createIsolatedRuntime } from '../../lib/runtime/index.ts'
import { installedSandboxes, type Sandbox, sandboxed } from '../../lib/runtime/sandbox.ts'
import type { RunnableAction, Runtime } from '../../lib/runtime/types.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'
import { folderWith } from '../helpers/folder.ts'

const action = (body: string, name = 'sample'): RunnableAction => ({
  name,
  code: `exports.onExecutePostLogin = async (event, api) => {\n${body}\n}`,
  file: `dist/actions/${name}.js`,
  secrets: {},
})
const late: string[] = []
let runtime: Runtime
beforeAll(async () => {
  runtime = await createIsolatedRuntime({
    network: 'refuse',
    maxOldSpaceMegabytes: 64,
    onLateError: ({ error }) => late.push(error.message),
  })
})
afterAll(() => runtime.stop())
/** Left alone while the others are tried: see the last test. */
let burning: Runtime
beforeAll(async () => {
  burning = await createIsolatedRuntime({ network: 'refuse' })
  await run(action('setTimeout(() => { for (;;) {} }, 5)'), burning)
})
afterAll(() => burning.stop())
const run = (one: RunnableAction, on = runtime, timeoutMilliseconds = 10_000) =>
  on.run({ action: one, handler: 'onExecutePostLogin', event: postLoginEvent(), timeoutMilliseconds })

/** Of memory that the limit of the heap does not count. */
const HOARD =
  'const all = []; for (;;) { all.push(Buffer.alloc(8_000_000, 1)); await new Promise((r) => setTimeout(r, 5)) }'

describe('what an Action may give', () => {
  it.each([
    ['lines', "for (let n = 0; n < 50_000; n++) console.log('line ' + n)", 1001, '… 49000 more lines'],
    [
      'writes to stdout',
      "for (let n = 0; n < 5000; n++) process.stdout.write('line')",
      1001,
      '… 4000 more lines',
    ],
    [
      'writes to stderr',
      "for (let n = 0; n < 1001; n++) process.stderr.write('line')",
      1001,
      '… 1 more line',
    ],
    ['long lines', "for (let n = 0; n < 100; n++) console.log('x'.repeat(10_000))", 51, '… 50 more lines'],
  ])('is so many %s', async (_what, body, count, last) => {
    const { logs, error } = await run(action(body))
    expect(error).toBeUndefined()
    expect(logs).toHaveLength(count)
    expect(logs.at(-1)?.text).toBe(last)
  })

  it('is a line of bounded length, that says what is missing', async () => {
    const { logs } = await run(action("console.log('x'.repeat(20_000_000))"))
    expect(logs[0]?.text).toMatch(/^x{16000}… \(19984000 more characters\)$/)
  })

  it('is an error of bounded length', async () => {
    const { error } = await run(action("throw new Error('x'.repeat(5_000_000))"))
    expect(error?.message).toMatch(/^x{20000}… \(4980000 more\)$/)
  })

  it.each([
    ['a getter that throws', "throw Object.defineProperty(new Error('x'), 'message', { get() { throw 1 } })"],
    ['a text that throws', 'throw { toString() { throw 1 } }'],
    ['a revoked proxy', 'const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy'],
  ])('is an error that can be shown, whatever was thrown: %s', async (_what, body) => {
    expect((await run(action(body))).error).toMatchObject({
      kind: 'threw',
      message: 'a value that cannot be shown',
    })
  })

  it('is a result that can be sent', async () => {
    const own = await createIsolatedRuntime({ network: 'refuse' })
    try {
      const big =
        "for (let n = 0; n < 23; n++) api.idToken.setCustomClaim('https://a.example/' + n, 'x'.repeat(3_000_000))"
      const { error, commands } = await run(action(big), own)
      expect(error?.message).toBe('The Action asked for more than a result can hold.')
      expect(commands).toEqual([])
      expect((await run(action("api.access.deny('next')"), own)).commands).toHaveLength(1)
    } finally {
      await own.stop()
    }
  })

  it('is not nested so deep that the host could not walk through it', async () => {
    const deep =
      "let v = 1; for (let n = 0; n < 2000; n++) v = [v]; api.idToken.setCustomClaim('https://a.example/x', v)"
    const { error } = await run(action(deep, 'deep'))
    expect(error?.message).toBe('The process of the Action "deep" sent what is no result, and was ended.')
    expect((await run(action("api.access.deny('next')"))).commands).toHaveLength(1)
  })

  it.runIf(process.platform === 'linux')('is memory, of buffers too', async () => {
    expect((await run(action(HOARD))).error).toMatchObject({ kind: 'out-of-memory' })
    expect((await run(action("api.access.deny('next')"))).commands).toHaveLength(1)
  })

  it('is a hang of its own: the next run is not blamed for it', async () => {
    const own = await createIsolatedRuntime({ network: 'refuse' })
    try {
      await run(action('setTimeout(() => { for (;;) {} }, 0)', 'hangs'), own)
      await new Promise((resolve) => setTimeout(resolve, 50))
      const { commands, error } = await run(action("api.access.deny('next')"), own, 300)
      expect(error).toBeUndefined()
      expect(commands).toHaveLength(1)
      expect((await run(action('for (;;) {}'), own, 300)).error?.kind).toBe('timeout')
    } finally {
      await own.stop()
    }
  })
})

const at = { file: 'x.js', line: 1, column: 1 }
const done = (more: object) => ({
  type: 'done',
  left: false,
  runs: [{ id: 1, milliseconds: 1, commands: [], cache: {}, ...more }],
})
let deep: unknown = 1
for (let count = 0; count < 1500; count++) deep = [deep]

it.each<[string, unknown]>([
  ['null', null],
  ['a number', 1],
  ['a list', []],
  ['another type', { type: 'load' }],
  ['a type of the prototype', { type: 'constructor' }],
  ['no runs', { type: 'done', left: false }],
  ['a run without an id', done({ id: 'x' })],
  ['a time that is none', done({ milliseconds: null })],
  ['commands that are none', done({ commands: { length: 3 } })],
  ['a command without a place', done({ commands: [{ method: 'x', args: [] }] })],
  ['arguments that are no list', done({ commands: [{ method: 'x', args: 'x', at }] })],
  ['deep arguments', done({ commands: [{ method: 'x', args: [deep], at }] })],
  ['deep cache records', done({ cache: { deep } })],
  ['an error of another kind', done({ error: { kind: 'fine', message: '' } })],
  ['a line that is no text', { type: 'log', id: 1, line: { level: 'log', text: {} } }],
  ['a level of another kind', { type: 'log', id: 1, line: { level: 'fatal', text: '' } }],
  ['headers that are none', { type: 'request', id: 1, method: 'GET', url: '', body: '', headers: [['a']] }],
])('takes no message of another shape: %s', (_what, message) => {
  expect(() => readMessage(JSON.stringify(message))).toThrow(TypeError)
})

it('takes the messages that there are', () => {
  for (const message of [
    { type: 'ready' },
    { type: 'log', id: 1, line: { level: 'log', text: '' } },
    done({ commands: [{ method: 'x', args: [1, { a: [1] }], at }], error: { kind: 'threw', message: '' } }),
  ]) {
    expect(readMessage(JSON.stringify(message))).toEqual(message)
  }
})

/** Knows the keys, as no Action does: what it says after the start is its own. */
const LIAR = (says: string) => `#!${process.execPath}
if (process.argv.includes('-p')) { console.log(process.execPath.replace(/.*/, __filename) + '\\n' + process.version); process.exit() }
const { createCipheriv } = require('node:crypto')
const socket = new (require('node:net').Socket)({ fd: 3 })
let bytes = Buffer.alloc(0)
let key, count = 0
const frame = (body) => { const head = Buffer.alloc(4); head.writeUInt32BE(body.length); socket.write(Buffer.concat([head, body])) }
const say = (message) => {
  const text = typeof message === 'string' ? message : JSON.stringify(message)
  const nonce = Buffer.alloc(12)
  nonce.writeUInt32BE(++count, 8)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  const sealed = Buffer.concat([cipher.update(text), cipher.final()])
  frame(Buffer.concat([cipher.getAuthTag(), sealed]))
}
socket.on('data', (chunk) => {
  bytes = Buffer.concat([bytes, chunk])
  if (key === undefined) {
    if (bytes.length < 4 || bytes.length < 4 + bytes.readUInt32BE(0)) return
    const { toHost } = JSON.parse(bytes.subarray(4, 4 + bytes.readUInt32BE(0))).keys
    key = Buffer.from(toHost, 'base64')
    bytes = Buffer.alloc(0)
    say({ type: 'ready' })
    return
  }
  ${says}
})`

it.each([
  ['null', "say('null')"],
  ['no JSON', "say('{')"],
  ['bytes', 'frame(Buffer.alloc(100, 7))'],
  ['text without a frame', "socket.write('null\\n')"],
  ['an endless frame', 'const head = Buffer.alloc(4, 255); socket.write(head)'],
  ['the result of a run that nobody asked for', `say(${JSON.stringify(done({ id: 77 }))})`],
  ['a text of 300,000 levels', "say('['.repeat(300_000))"],
])('ends a process that sends %s, and names the Action', async (_what, says) => {
  const folder = await folderWith({})
  const program = join(folder, 'node')
  await writeFile(program, LIAR(says))
  await chmod(program, 0o755)
  const own = await createIsolatedRuntime({ node: program })
  try {
    const { error } = await run(action('', 'liar'), own, 3000)
    expect(error).toMatchObject({
      kind: 'exited',
      message: 'The process of the Action "liar" sent what is no result, and was ended.',
    })
  } finally {
    await own.stop()
  }
})

it.runIf(process.platform !== 'win32')(
  'opens no debugger in the host when it is told to by a signal',
  async () => {
    const index = join(import.meta.dirname, '../../lib/runtime/index.ts')
    const script = `import { createIsolatedRuntime } from ${JSON.stringify(index)}
    const runtime = await createIsolatedRuntime(); console.log('ready'); process.stdin.once('data', () => runtime.stop().then(() => process.exit()))`
    const host = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname, '../..'),
    })
    let stderr = ''
    host.stderr.on('data', (chunk) => {
      stderr += chunk
    })
    await once(host.stdout, 'data')
    host.kill('SIGUSR1')
    await new Promise((resolve) => setTimeout(resolve, 200))
    host.stdin.write('stop\n')
    const [code] = await once(host, 'close')
    expect(stderr).not.toContain('Debugger')
    expect(code).toBe(0)
  },
)

const sandboxes = installedSandboxes()
describe.runIf(sandboxes.length > 0)("somebody else's Actions", () => {
  it('run in a sandbox of the system, without its files, network and processes', async () => {
    const own = await createIsolatedRuntime({
      foreign: true,
      network: 'refuse',
      resolveFrom: process.cwd(),
      packages: ['yaml'],
    })
    try {
      expect(sandboxes).toContain(own.sandbox)
      const uses = {
        ...action("api.access.deny(String(require('yaml').parse('a: 1').a))"),
        dependencies: ['yaml'],
      }
      expect((await run(uses, own)).commands[0]?.args).toEqual(['1'])
      expect((await run(action('for (;;) {}'), own, 300)).error?.kind).toBe('timeout')
      expect((await run(uses, own)).error).toBeUndefined()
    } finally {
      await own.stop()
    }
  })

  it.runIf(process.platform === 'linux')('have a limit of all memory inside, too', async () => {
    const own = await createIsolatedRuntime({ foreign: true, network: 'refuse', maxOldSpaceMegabytes: 64 })
    try {
      expect((await run(action(HOARD), own)).error).toMatchObject({ kind: 'out-of-memory' })
    } finally {
      await own.stop()
    }
  })

  // What a sandbox keeps by itself, when nothing of Node does; without one, each is got.
  const files: [what: string, tries: string][] = [
    ['a file of the machine', "require('fs').readFileSync('/etc/passwd')"],
    ['the home of the user', `require('fs').readdirSync(${JSON.stringify(homedir())})`],
    [
      'this repository',
      `require('fs').readdirSync(${JSON.stringify(join(import.meta.dirname, '../..', 'lib'))})`,
    ],
  ]
  const machine: [what: string, tries: string][] = [
    ['a signal to this process', `process.kill(${process.pid}, 0)`],
    ['the environment of this process', `require('fs').readFileSync('/proc/${process.pid}/environ')`],
    [
      'a connection',
      `require('child_process').execFileSync(process.execPath, ['-e', 'require("net").connect(#, "127.0.0.1", () => process.exit(0)).on("error", () => process.exit(1))'])`,
    ],
  ]
  const triedIn = async (sandbox: Sandbox | undefined, tries: string): Promise<string> => {
    const server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const port = String((server.address() as AddressInfo).port)
    const script = `try { ${tries.replace('#', port)}; console.log('got') } catch { console.log('kept') }`
    const inside = sandboxed(sandbox, [process.execPath, '-e', script], { readable: [], network: false })
    const { stdout } = await promisify(execFile)(inside[0]!, inside.slice(1), { env: {} })
    server.close()
    return stdout.trim()
  }
  it.each([...files, ...machine])('could get without a sandbox: %s', async (_what, tries) => {
    expect(await triedIn(undefined, tries)).toBe('got')
  })
  it
    .runIf(sandboxes.includes('bubblewrap'))
    .each([
      ...files,
      ...machine,
      ['a change of Node itself', "require('fs').appendFileSync(process.execPath, 'x')"],
      ['a mount', "require('child_process').execFileSync('/bin/mount', ['-t', 'proc', 'proc', '/tmp'])"],
    ])('are kept by bubblewrap from %s', async (_what, tries) => {
    expect(await triedIn('bubblewrap', tries)).toBe('kept')
  })
  it.runIf(sandboxes.includes('namespaces')).each(machine)(
    'are kept by namespaces from %s',
    async (_what, tries) => {
      expect(await triedIn('namespaces', tries)).toBe('kept')
    },
  )
})

it('leaves no loop to burn that an Action left behind', async () => {
  const begun = performance.now()
  const { commands } = await run(action("api.access.deny('next')"), burning, 20_000)
  expect(commands).toHaveLength(1)
  expect(performance.now() - begun).toBeLessThan(5000)
})
