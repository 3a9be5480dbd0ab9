import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createIsolatedRuntime } from '../../lib/runtime/index.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'
import { processes } from './processes.ts'
import { type Figure, sideBySide } from './side-by-side.ts'

const HANDLER = `const handler = async (event, api) => {
  const { roles = [] } = event.authorization ?? {}
  api.accessToken.setCustomClaim('https://acme.example/roles', roles)
  api.accessToken.setCustomClaim('https://acme.example/plan', event.user.app_metadata.plan ?? 'free')
}
const overrides = { user: { app_metadata: { plan: 'team' } }, authorization: { roles: ['admin'] } }`

const suite = (imports: string, run: string, cases: number) => `
import { equal } from 'node:assert/strict'
import { test } from 'node:test'
${imports}
${HANDLER}
test('logins', async () => {
  for (let index = 0; index < ${cases}; index++) {
    ${run}
    equal(claims['https://acme.example/plan'], 'team')
  }
})`

/** A file of tests as a whole process, as it ships (`npm run build` has made it), until the process has ended. */
export async function suites(root: string, cases: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-'))
  const from = (file: string) => JSON.stringify(pathToFileURL(join(root, file)).href)
  const peer = `import { mocked } from ${from('scripts/bench/peers/random-mock.mjs')}`
  const ours = `import { postLoginEvent, simulatePostLogin } from ${from('dist/testing/index.js')}`
  const event = `postLoginEvent({ resource_server: { identifier: 'https://api.example/' }, ...overrides })`
  const run = `const { accessToken: claims } = await simulatePostLogin({
      actions: [{ onExecutePostLogin: handler }],
      event: ${event},
    })`
  try {
    await writeFile(
      join(folder, 'peer.mjs'),
      suite(peer, 'const { accessToken: claims } = await mocked(handler, overrides)', cases),
    )
    await writeFile(join(folder, 'ours.mjs'), suite(ours, run, cases))
    return await processes(
      [
        { name: 'stand-in for the mock library', args: ['peer.mjs'], cwd: folder },
        { name: 'auth0-claims/testing', args: ['ours.mjs'], cwd: folder },
      ],
      7,
      'wall',
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** To load the entry point for suites, beside a process that does nothing. */
export function loading(root: string): Promise<Figure[]> {
  const entry = JSON.stringify(pathToFileURL(join(root, 'dist/testing/index.js')).href)
  const process = (name: string, code: string) => ({
    name,
    args: ['--input-type=module', '-e', code],
    cwd: root,
  })
  return processes(
    [process('an empty process', ''), process('auth0-claims/testing', `import ${entry}`)],
    9,
    'wall',
  )
}

/** From nothing to the first result of an Action in a child process, beside the start of a Node that does nothing. */
export function starting(): Promise<Figure[]> {
  const action = {
    name: 'sample',
    file: 'sample.js',
    code: 'exports.onExecutePostLogin = async (event, api) => { api.access.deny("x") }',
    secrets: {},
  }
  const isolated = async () => {
    const runtime = await createIsolatedRuntime()
    await runtime.run({ action, handler: 'onExecutePostLogin', event: postLoginEvent() })
    await runtime.stop()
  }
  const empty = () => once(spawn(process.execPath, ['-e', '']), 'exit')
  return sideBySide(
    [
      { name: 'an empty Node process', run: empty },
      { name: 'the first result', run: isolated },
    ],
    { slice: 500, rounds: 7 },
  )
}
