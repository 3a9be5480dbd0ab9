import { expect } from 'vitest'
import { createIsolatedRuntime } from '../../../lib/runtime/index.ts'
import type { RunnableAction, Runtime } from '../../../lib/runtime/types.ts'
import { postLoginEvent, runTrigger } from '../../../lib/simulator/index.ts'
import { postLogin } from '../../../lib/triggers/index.ts'
import { agree, chosen, type Row } from './row.ts'

let child: Promise<Runtime> | undefined

/** Ends the process that the rows share. */
export async function stopRuntime(): Promise<void> {
  await (await child)?.stop()
}

/** Runs code as it was deployed, in a child process. */
async function deployed(code: string, more: Partial<RunnableAction> = {}, timeoutMilliseconds = 10_000) {
  child ??= createIsolatedRuntime({ network: 'refuse' })
  return runTrigger(postLogin, {
    actions: [{ name: 'sample', code, file: 'sample.js', secrets: {}, ...more }],
    event: postLoginEvent(),
    runtime: await child,
    timeoutMilliseconds,
  })
}

const handler = (body: string) => `exports.onExecutePostLogin = async (event, api) => {\n${body}\n}`
/** Shows what an expression is, as a claim. */
const shows = async (expression: string, more?: Partial<RunnableAction>) => {
  const { writes, reason } = await deployed(handler(`api.idToken.setCustomClaim('a', ${expression})`), more)
  return writes[0]?.value ?? reason
}

/** The loader's rules, on the runtime that runs what is deployed. */
export const runtime: Row[] = [
  agree('D: NPM', 'handlers are properties of exports', async () => {
    expect((await deployed(handler('api.access.deny("x")'))).outcome).toBe('denied')
  }),
  agree('D: NPM', 'module.exports may be replaced', async () => {
    const code = 'module.exports = { async onExecutePostLogin(event, api) { api.access.deny("x") } }'
    expect((await deployed(code)).outcome).toBe('denied')
  }),
  agree('T: RUN', 'a handler that is not async is refused', async () => {
    const code = 'exports.onExecutePostLogin = function (event, api) { return Promise.resolve() }'
    expect((await deployed(code)).reason).toMatch(/^Invalid function signature for the "onExecutePostLogin"/)
  }),
  agree('T: RUN', 'a module without the handler is refused', async () => {
    expect((await deployed('exports.other = 1')).reason).toMatch(/^Invalid function signature/)
  }),
  agree('T: RUN', 'a module that exports no object is refused', async () => {
    expect((await deployed('module.exports = 1')).reason).toBe('The Action must export an object.')
  }),
  agree('T: RUN', 'there are module, exports, require and console', async () => {
    expect(await shows('[typeof module, typeof exports, typeof require, typeof console.log]')).toEqual([
      'object',
      'object',
      'function',
      'function',
    ])
  }),
  agree('T: RUN', 'there is no __dirname and no __filename', async () => {
    expect(await shows('[typeof __dirname, typeof __filename]')).toEqual(['undefined', 'undefined'])
  }),
  agree('T: RUN; D: LIM', 'an import statement does not load', async () => {
    expect((await deployed(`import fs from 'node:fs'\n${handler('')}`)).outcome).toBe('error')
  }),
  agree('T: RUN', 'a top-level await does not load', async () => {
    expect((await deployed(`await undefined\n${handler('')}`)).outcome).toBe('error')
  }),
  agree('D: LIM, NPM2', 'TypeScript does not load', async () => {
    expect((await deployed(`const a: string = ''\n${handler('')}`)).outcome).toBe('error')
  }),
  agree('D: MIG', 'core modules need no declaration', async () => {
    expect(await shows("require('node:crypto').createHash('sha256').update('a').digest('hex').length")).toBe(
      64,
    )
  }),
  agree('D: DEPS', 'a package that is not declared is not there', async () => {
    expect(await shows("require('left-pad')")).toMatch(/^Cannot find module 'left-pad'/)
  }),
  agree('D: MODW', 'fetch is a global', async () => {
    expect(await shows('typeof fetch')).toBe('function')
  }),
  agree('D: FIRST', 'event.secrets holds the secrets of the Action', async () => {
    expect(await shows('event.secrets.A', { secrets: { A: 'own' } })).toBe('own')
  }),
  agree('D: MODW', 'require of an Actions Module', async () => {
    const modules = {
      helper: { code: "exports.hi = () => 'hi ' + actions.secrets.A", secrets: { A: 'there' } },
    }
    expect(await shows("require('actions:helper').hi()", { modules })).toBe('hi there')
  }),
  agree('D: MODW', "an Actions Module does not see the Action's secrets", async () => {
    const modules = { helper: { code: 'exports.names = Object.keys(actions.secrets)', secrets: { A: '1' } } }
    expect(await shows("require('actions:helper').names", { modules, secrets: { B: '2' } })).toEqual(['A'])
  }),
  agree('D: LIM', 'an Actions Module uses no other', async () => {
    const modules = {
      first: { code: "require('actions:second')", secrets: {} },
      second: { code: '', secrets: {} },
    }
    expect(await shows("require('actions:first')", { modules })).toMatch(/second/)
  }),
  agree('D: N22', 'code outside the handler runs once, and its variables live on', async () => {
    const code = `let count = 0\n${handler("api.idToken.setCustomClaim('a', ++count)")}`
    const seen = []
    for (let run = 0; run < 2; run++) seen.push((await deployed(code)).writes[0]?.value)
    expect(seen).toEqual([1, 2])
  }),
  agree('D: RTL', 'console has log, info, warn, error and trace', async () => {
    const { runs } = await deployed(
      handler("for (const name of ['log', 'info', 'warn', 'error', 'trace']) console[name](name)"),
    )
    expect(runs[0]?.logs.map(({ level }) => level)).toEqual(['log', 'info', 'warn', 'error', 'trace'])
  }),
  chosen(
    'D: LIM; T: RUN',
    'console: 256 characters are kept by the page, 256 KB by the code',
    'all of it is shown',
    async () => {
      const { runs } = await deployed(handler("console.log('x'.repeat(1000))"))
      expect(runs[0]?.logs[0]?.text).toHaveLength(1000)
    },
  ),
  agree('D: LIM', 'past its time the login fails', async () => {
    const { outcome, runs } = await deployed(handler('for (;;);'), {}, 500)
    expect([outcome, runs[0]?.error?.kind]).toEqual(['error', 'timeout'])
  }),
  chosen('D: N22', 'process.env: not documented', 'empty', async () => {
    expect(await shows('Object.keys(process.env)')).toEqual([])
  }),
  chosen('I', 'process.exit: not documented', 'the login fails, and the reason says so', async () => {
    const { outcome, runs } = await deployed(handler('process.exit(3)'))
    expect([outcome, runs[0]?.error?.kind]).toEqual(['error', 'exited'])
  }),
  chosen(
    'I',
    'a promise that nobody awaits and that is rejected: not documented',
    'the login fails',
    async () => {
      const { outcome } = await deployed(
        handler("Promise.reject(new Error('late'))\nawait new Promise((done) => setTimeout(done, 50))"),
      )
      expect(outcome).toBe('error')
    },
  ),
]
