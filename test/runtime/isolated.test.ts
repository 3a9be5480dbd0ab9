import { transformSync } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIsolatedRuntime } from '../../lib/runtime/index.ts'
import type { RunnableAction, RunRequest, Runtime } from '../../lib/runtime/types.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'

function action(body: string, more: Partial<RunnableAction> = {}): RunnableAction {
  const code = `exports.onExecutePostLogin = async (event, api) => {\n${body}\n}`
  return { name: 'sample', code, file: 'dist/actions/sample.js', secrets: {}, ...more }
}

let runtime: Runtime
const late: string[] = []
beforeAll(async () => {
  runtime = await createIsolatedRuntime({
    network: 'refuse',
    maxOldSpaceMegabytes: 64,
    resolveFrom: process.cwd(),
    onLateError: ({ action: name, error }) => late.push(`${name}: ${error.message}`),
  })
})
afterAll(() => runtime.stop())

const run = (sample: RunnableAction, more: Partial<RunRequest> = {}) =>
  runtime.run({
    action: sample,
    handler: 'onExecutePostLogin',
    event: postLoginEvent(),
    timeoutMilliseconds: 1000,
    ...more,
  })

async function expectUsable(): Promise<void> {
  const { commands, error } = await run(action("api.access.deny('next')"))
  expect(error).toBeUndefined()
  expect(commands.map(({ method }) => method)).toEqual(['access.deny'])
}

describe('what an Action does', () => {
  it('records every call with its arguments and position', async () => {
    const { commands } = await run(
      action("api.idToken.setCustomClaim('plan', [1, undefined])\n  api.access.deny(event.secrets.WHY)", {
        secrets: { WHY: 'closed' },
      }),
    )
    expect(commands).toEqual([
      {
        method: 'idToken.setCustomClaim',
        args: ['plan', [1, null]],
        at: { file: 'dist/actions/sample.js', line: 2, column: 13 },
      },
      {
        method: 'access.deny',
        args: ['closed'],
        at: { file: 'dist/actions/sample.js', line: 3, column: 14 },
      },
    ])
  })

  it('names positions and stacks of the TypeScript source', async () => {
    const source = [
      'interface Unused { a: string }',
      '',
      'export async function onExecutePostLogin(event: object, api: any): Promise<void> {',
      "  api.idToken.setCustomClaim('a', 1)",
      "  throw new TypeError('boom')",
      '}',
    ].join('\n')
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      sourcemap: 'external',
      sourcefile: '../../actions/sample.ts',
    })
    const { commands, error } = await run(action('', { code, sourceMap: map }))
    expect(commands[0]?.at).toEqual({ file: 'actions/sample.ts', line: 4, column: 15 })
    expect(error).toMatchObject({
      kind: 'threw',
      name: 'TypeError',
      message: 'boom',
      at: { file: 'actions/sample.ts', line: 5, column: 9 },
    })
    expect(error?.stack).toContain('actions/sample.ts:5:9')
    expect(error?.stack).not.toContain('runner')
  })

  it('captures console output and writes to stdout', async () => {
    const { logs } = await run(
      action("console.log('a', { b: 1 }); console.warn('w'); process.stdout.write('raw\\n')"),
    )
    expect(logs).toEqual([
      { level: 'log', text: 'a { b: 1 }' },
      { level: 'warn', text: 'w' },
      { level: 'log', text: 'raw' },
    ])
  })

  it('keeps module variables between runs, and loads the module anew when it is told to', async () => {
    const counter = action('', {
      code: 'let n = 0; exports.onExecutePostLogin = async (event, api) => { api.access.deny(String(++n)) }',
    })
    const reasons = []
    for (const cold of [false, false, true]) {
      reasons.push((await run(counter, { cold })).commands[0]?.args[0])
    }
    expect(reasons).toEqual(['1', '2', '1'])
  })

  it('keeps what it puts onto the global object, and finds it gone when it is loaded anew', async () => {
    const counting = action('globalThis.seen = (globalThis.seen ?? 0) + 1\n  api.access.deny(String(seen))')
    const seen = async (cold: boolean) => (await run(counting, { cold })).commands[0]!.args[0]
    expect([await seen(false), await seen(false), await seen(true), await seen(false)]).toEqual([
      '1',
      '2',
      '1',
      '2',
    ])
  })

  it('has a clock that is ahead when it is told to, for one run', async () => {
    const day = 86_400_000
    const telling = action(`
      const times = [Date.now(), new Date().getTime(), Date.parse(Date()), new Date(5).getTime()]
      api.access.deny(JSON.stringify([...times, new Date() instanceof Date, Date.UTC(1970, 0)]))`)
    const told = async (more: Partial<RunRequest>) =>
      JSON.parse(String((await run(telling, more)).commands[0]!.args[0])) as number[]
    const begun = Date.now()
    const [now, made, text, fixed, isDate, utc] = await told({ clockOffset: 3 * day })
    for (const time of [now!, made!, text!]) {
      expect(time).toBeGreaterThan(begun + 3 * day - 1001)
      expect(time).toBeLessThan(Date.now() + 3 * day + 1)
    }
    expect([fixed, isDate, utc]).toEqual([5, true, 0])
    expect((await told({}))[0]).toBeLessThan(Date.now() + 1)
  })

  it('sees an empty environment and no more globals than a module has, nor the channel to its host', async () => {
    const { commands } = await run(
      action(
        'api.access.deny(JSON.stringify([process.env, typeof __dirname, typeof fs, typeof crypto.subtle, typeof process.send]))',
      ),
    )
    expect(commands[0]?.args).toEqual(['[{},"undefined","undefined","object","undefined"]'])
  })

  it('requires built-ins and declared packages only', async () => {
    const body = "require('node:crypto'); require('yaml'); api.access.deny('both')"
    expect((await run(action(body, { dependencies: ['yaml'] }))).commands).toHaveLength(1)
    expect((await run(action(body))).error).toMatchObject({
      kind: 'threw',
      message: "Cannot find module 'yaml'",
    })
  })

  it('imports what it may require, and says when a declared package is not installed', async () => {
    const body = (name: string) => `const { parse } = await import('${name}'); api.access.deny(typeof parse)`
    const parsed = await run(action(body('yaml'), { dependencies: ['yaml'] }))
    expect(parsed.commands[0]?.args).toEqual(['function'])
    expect((await run(action(body('node:url')))).commands[0]?.args).toEqual(['function'])
    expect((await run(action(body('yaml')))).error?.message).toBe("Cannot find module 'yaml'")
    const absent = action("require('not-there')", { dependencies: ['not-there'] })
    expect((await run(absent)).error?.message).toBe(
      "Cannot find module 'not-there', which is not installed here",
    )
  })

  it('gives a module of the tenant its own secrets', async () => {
    const { commands } = await run(
      action("api.access.deny(require('actions:shared').key)", {
        modules: { shared: { code: 'exports.key = actions.secrets.KEY', secrets: { KEY: 'of-module' } } },
      }),
    )
    expect(commands[0]?.args).toEqual(['of-module'])
  })

  it.each([
    ['a file write', "require('node:fs').writeFileSync('x', '')"],
    ['a child process', "require('node:child_process').execSync('true')"],
  ])('refuses %s', async (_what, body) => {
    expect((await run(action(body))).error?.message).toMatch(/restricted|permission/i)
  })

  it('refuses fetch and sockets where the network is refused', async () => {
    expect((await run(action("await fetch('https://api.example/x')"))).error?.message).toContain(
      'The network is refused in this run: GET https://api.example.',
    )
    const socket =
      "await new Promise((resolve, reject) => require('net').connect(9, 'api.example').on('error', reject))"
    expect((await run(action(socket))).error?.message).toContain('The network is refused')
  })

  it.each(['http', 'https'])('lets an Action catch a refused %s request', async (scheme) => {
    const body = `try {
      await new Promise((resolve, reject) => require('${scheme}').get('${scheme}://api.example/', resolve).on('error', reject))
    } catch (error) { api.access.deny(error.code) }`
    const { commands, error } = await run(action(body))
    expect(error).toBeUndefined()
    expect(commands[0]?.args).toEqual(['ERR_NETWORK_REFUSED'])
  })

  it('answers fetch from the responses of a test, each once', async () => {
    const mocked = await createIsolatedRuntime({
      network: { responses: [{ url: 'https://api.example/', status: 201, body: { plan: 'team' } }] },
    })
    try {
      const body =
        "const r = await fetch('https://api.example/plan'); api.access.deny(`${r.status} ${(await r.json()).plan}`); await fetch('https://api.example/plan')"
      const { commands, error } = await mocked.run({
        action: action(body),
        handler: 'onExecutePostLogin',
        event: postLoginEvent(),
      })
      expect(commands[0]?.args).toEqual(['201 team'])
      expect(error?.message).toContain('The network is refused')
    } finally {
      await mocked.stop()
    }
  })
})

describe('requests that a test answers', () => {
  const BY_FETCH = `const r = await fetch('https://api.example/plan', { method: 'POST', body: 'who' })
    api.access.deny(r.status + ' ' + r.headers.get('x-kind') + ' ' + await r.text())`
  const BY_HTTPS = `const answer = await new Promise((resolve, reject) => {
      const options = { method: 'POST' }
      const request = require('node:https').request('https://api.example/plan', options, (r) => {
        let text = ''
        r.on('data', (chunk) => { text += chunk })
        r.on('end', () => resolve(r.statusCode + ' ' + r.headers['x-kind'] + ' ' + text))
      })
      request.on('error', reject)
      request.end('who')
    })
    api.access.deny(answer)`

  it.each([
    ['fetch', BY_FETCH],
    ['node:https', BY_HTTPS],
  ])('are answered by a function: %s', async (_how, body) => {
    const own = await createIsolatedRuntime({
      async network(request) {
        if (request.method !== 'POST') return undefined
        const text = `${new URL(request.url).pathname} for ${await request.text()}`
        return new Response(text, { status: 202, headers: { 'x-kind': 'mock' } })
      },
    })
    try {
      const ask = (text: string) =>
        own.run({ action: action(text), handler: 'onExecutePostLogin', event: postLoginEvent() })
      expect((await ask(body)).commands[0]?.args).toEqual(['202 mock /plan for who'])
      const { error } = await ask("await fetch('https://api.example/plan')")
      expect(error?.message).toContain('The network is refused in this run: GET https://api.example.')
    } finally {
      await own.stop()
    }
  })

  it('fail as the function of the test does', async () => {
    const own = await createIsolatedRuntime({
      network() {
        throw new TypeError('the mock is wrong')
      },
    })
    try {
      const { error } = await own.run({
        action: action("await fetch('https://api.example/')"),
        handler: 'onExecutePostLogin',
        event: postLoginEvent(),
      })
      expect(error?.message).toBe('the mock is wrong')
    } finally {
      await own.stop()
    }
  })

  it('may have large answers', async () => {
    const own = await createIsolatedRuntime({
      network: { responses: Array.from({ length: 3000 }, () => ({ body: 'x'.repeat(100) })) },
    })
    try {
      const { commands } = await own.run({
        action: action("api.access.deny((await (await fetch('https://api.example/')).text()).slice(0, 3))"),
        handler: 'onExecutePostLogin',
        event: postLoginEvent(),
      })
      expect(commands[0]?.args).toEqual(['xxx'])
    } finally {
      await own.stop()
    }
  })
})

describe('many runs at once', () => {
  const deny = (text: string) => action(`api.access.deny('${text}')`)

  it('are done in the order they were asked for', async () => {
    const order = action('', {
      code: 'let turn = 0; exports.onExecutePostLogin = async (event, api) => { api.access.deny(String(++turn)) }',
    })
    const results = await Promise.all(Array.from({ length: 200 }, () => run(order)))
    expect(results.map(({ commands }) => commands[0]?.args[0])).toEqual(
      Array.from({ length: 200 }, (_, index) => String(index + 1)),
    )
  })

  it.each([
    ['process.abort()', 'exited'],
    ['process.exit(1)', 'exited'],
    ['while (true) {}', 'timeout'],
    ['await new Promise(() => {})', 'timeout'],
    ["throw new Error('no')", 'threw'],
    ["Promise.reject(new Error('no'))", 'unhandled'],
  ])('blame the right one: %s', async (body, kind) => {
    const results = await Promise.all([
      ...Array.from({ length: 5 }, (_, index) => run(deny(`before ${index}`))),
      run(action(body)),
      ...Array.from({ length: 5 }, (_, index) => run(deny(`after ${index}`))),
    ])
    expect(results.map(({ error }) => error?.kind)).toEqual([
      ...Array.from({ length: 5 }, () => undefined),
      kind,
      ...Array.from({ length: 5 }, () => undefined),
    ])
    expect(results[4]?.commands[0]?.args).toEqual(['before 4'])
    expect(results[10]?.commands[0]?.args).toEqual(['after 4'])
  })

  it.each([
    ['a throw', "setTimeout(() => { throw new Error('of the first') }, 20)"],
    ['a rejection', "setTimeout(() => { Promise.reject(new Error('of the first')) }, 20)"],
  ])('do not get the blame for %s that an earlier one left behind', async (_what, body) => {
    const first = action(body, { name: 'first' })
    const slow = action("await new Promise((r) => setTimeout(r, 80)); api.access.deny('done')", {
      name: 'slow',
    })
    const [one, two] = await Promise.all([run(first), run(slow)])
    expect(one?.error).toBeUndefined()
    expect(two).toMatchObject({ commands: [{ args: ['done'] }] })
    expect(two?.error).toBeUndefined()
    await expect.poll(() => late).toContain('first: of the first')
    late.length = 0
  })
})

describe('what goes wrong', () => {
  it.each([
    ['a throw', "throw new RangeError('no')", 'threw', 'no'],
    ['a thrown text', "throw 'no'", 'threw', 'no'],
    ['a rejection nobody waits for', "Promise.reject(new Error('floating'))", 'unhandled', 'floating'],
    [
      'a throw in a timer',
      "setTimeout(() => { throw new Error('in timer') }, 0); await new Promise((r) => setTimeout(r, 50))",
      'unhandled',
      'in timer',
    ],
    ['process.exit', 'process.exit(3)', 'exited', 'The Action ended the process with exit code 3.'],
    ['process.abort', 'process.abort()', 'exited', 'The Action ended the process with SIGABRT.'],
    [
      'an unknown method',
      'api.accessToken.addClaim(1)',
      'threw',
      'api.accessToken.addClaim is not a function',
    ],
    ['a syntax error', 'not javascript', 'load', "Unexpected identifier 'javascript'"],
    [
      'an endless loop',
      'while (true) {}',
      'timeout',
      'The Action exceeded the allowed execution time of 1000 ms.',
    ],
    [
      'an endless loop after an await',
      'await new Promise((r) => setTimeout(r, 5)); while (true) {}',
      'timeout',
      'The Action exceeded the allowed execution time of 1000 ms.',
    ],
    [
      'a promise that never settles',
      "api.access.deny('kept'); await new Promise(() => {})",
      'timeout',
      'The Action exceeded the allowed execution time of 1000 ms.',
    ],
    [
      'all memory taken',
      'const all = []; while (true) all.push(new Array(100_000).fill(1.5))',
      'out-of-memory',
      'The Action ran out of memory.',
    ],
  ])('reports %s as what it is, and the next run works', async (_what, body, kind, message) => {
    // Memory takes its time on a busy machine.
    const { error } = await run(action(body), kind === 'out-of-memory' ? { timeoutMilliseconds: 15_000 } : {})
    expect(error).toMatchObject({ kind, message })
    await expectUsable()
  })

  it.each([
    ['a function that is not async', 'exports.onExecutePostLogin = () => Promise.resolve()', 'signature'],
    ['a missing handler', 'exports.other = 1', 'signature'],
    ['an export that is no object', 'module.exports = 1', 'load'],
    ['a throw at load', "throw new Error('at load')", 'load'],
  ])('refuses %s', async (_what, code, kind) => {
    expect((await run(action('', { code }))).error?.kind).toBe(kind)
  })

  it("uses Auth0's words for a wrong signature and a wrong export", async () => {
    expect((await run(action('', { code: 'exports.a = 1' }))).error?.message).toBe(
      'Invalid function signature for the "onExecutePostLogin" handler. Use "exports.onExecutePostLogin = async function(event, api) { }" as the signature.',
    )
    expect((await run(action('', { code: 'module.exports = null' }))).error?.message).toBe(
      'The Action must export an object.',
    )
  })

  it('lets a rejection pass that is handled before the handler ends', async () => {
    const body =
      "const p = Promise.reject(new Error('x')); await new Promise((r) => setTimeout(r, 5)); await p.catch(() => {})"
    expect((await run(action(body))).error).toBeUndefined()
  })

  it('tells of an error after the end of a run, with the Action’s name', async () => {
    await run(action("setTimeout(() => { throw new Error('too late') }, 10)"))
    await expect.poll(() => late).toContain('sample: too late')
    await expectUsable()
  })

  it('refuses to run once it is stopped', async () => {
    const own = await createIsolatedRuntime()
    await own.stop()
    await expect(
      own.run({ action: action(''), handler: 'onExecutePostLogin', event: {} }),
    ).rejects.toMatchObject({ code: 'ERR_USAGE' })
  })

  it('says when the named program is no Node', async () => {
    await expect(createIsolatedRuntime({ node: '/nonexistent/node' })).rejects.toMatchObject({
      code: 'ERR_ENVIRONMENT',
    })
  })
})
