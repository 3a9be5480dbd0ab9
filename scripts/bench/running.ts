import { createInProcessRuntime, createIsolatedRuntime, type Runtime } from '../../lib/runtime/index.ts'
import { postLoginEvent } from '../../lib/simulator/index.ts'
import { simulatePostLogin } from '../../lib/testing.ts'
import { type Figure, sideBySide } from './side-by-side.ts'

const OVERRIDES = {
  user: { app_metadata: { plan: 'team' } },
  authorization: { roles: ['admin', 'billing'] },
}
const BODY = `
  const { roles = [] } = event.authorization ?? {}
  api.idToken.setCustomClaim('https://acme.example/roles', roles)
  api.accessToken.setCustomClaim('https://acme.example/roles', roles)
  api.accessToken.setCustomClaim('https://acme.example/plan', event.user.app_metadata.plan ?? 'free')`
/** Runs that are asked for at once. */
const BATCH = 500

/** One Action, with a new event for every run, beside a mock that makes a random event for every run. */
export async function running(): Promise<Figure[]> {
  // Plain JavaScript, as it is for its own process.
  const peer = './peers/random-mock.mjs'
  const { mocked } = (await import(peer)) as { mocked(handler: unknown, overrides: object): Promise<unknown> }
  const handlers = { onExecutePostLogin: new AsyncFunction('event', 'api', BODY) }
  const action = {
    name: 'sample',
    file: 'sample.js',
    code: `exports.onExecutePostLogin = async (event, api) => {${BODY}\n}`,
    secrets: {},
  }
  const run = (runtime: Runtime, positions: boolean) =>
    runtime.run({ action, handler: 'onExecutePostLogin', event: postLoginEvent(OVERRIDES), positions })
  const reference = {
    name: 'stand-in for the mock library',
    run: () => mocked(handlers.onExecutePostLogin, OVERRIDES),
  }
  const inProcess = createInProcessRuntime({ sample: handlers })
  const plain = await sideBySide([
    reference,
    { name: 'in this process', run: () => run(inProcess, false) },
    { name: 'in this process, with positions', run: () => run(inProcess, true) },
  ])
  // Apart, since to refuse the network makes every promise of a process a little slower.
  const isolated = await createIsolatedRuntime({ network: 'refuse' })
  try {
    const whole = await sideBySide([
      reference,
      {
        name: 'in this process, with tokens and trace',
        run: () => simulatePostLogin({ actions: [handlers], event: postLoginEvent(OVERRIDES) }),
      },
      { name: 'in the child process, one at a time', run: () => run(isolated, true) },
      {
        name: `in the child process, ${BATCH} at once`,
        run: () => Promise.all(Array.from({ length: BATCH }, () => run(isolated, false))),
        operations: BATCH,
      },
    ])
    return [...plain, ...whole.slice(1)]
  } finally {
    await isolated.stop()
  }
}

const AsyncFunction = (async () => {}).constructor as new (
  ...args: string[]
) => (...args: unknown[]) => Promise<unknown>
