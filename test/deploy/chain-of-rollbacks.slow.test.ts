import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { rollbackCommand } from '../../lib/cli/commands/rollback.ts'
import { folderWith } from '../helpers/folder.ts'
import {
  actionEntry,
  type CommandTarget,
  commandTarget,
  everything,
  runAt,
  type TestTenant,
  testTenant,
} from './setup.ts'

const code = (text: string) => `exports.onExecutePostLogin = async () => {\n  return '${text}'\n}\n`

let cwd: string
let target: TestTenant
let at: CommandTarget
/** What the tenant had before the first deploy. */
let start: string

/** A workspace of which everything differs from one number to the next; 2 and more have an Action and a role besides. */
async function workspaceOf(number: number): Promise<void> {
  const more = number % 2 === 0
  await writeFile(
    join(cwd, 'tenant.yaml'),
    `actions:${actionEntry('one')}${more ? actionEntry('two') : ''}
triggers:
  post-login: [{ action_name: one, display_name: one ${number} }${more ? ', { action_name: two, display_name: two }' : ''}]
clients: [{ name: App, app_type: spa, callbacks: [http://localhost/${number}]${more ? ', client_metadata: { more: x }' : ''} }]
roles: [{ name: reader, description: 'reader ${number}' }${more ? ', { name: writer, description: writer }' : ''}]
`,
  )
  await writeFile(join(cwd, 'actions/one.js'), code(`one ${number}`))
  await writeFile(join(cwd, 'actions/two.js'), code('two'))
}

beforeEach(async () => {
  cwd = await folderWith({
    'tenant.yaml': '',
    'tenant.local.yaml': 'users: [{ email: ada@acme.example, password: local-ada }]\n',
    'actions/one.js': '',
  })
  target = await testTenant()
  at = await commandTarget(target, cwd)
  start = everything(target)
})

const run = (command: Command, more: Record<string, string | boolean> = {}) => runAt(at, cwd, command, more)

const deploy = async (number: number) => {
  await workspaceOf(number)
  return run(deployCommand, { 'skip-prove': true })
}
const rollback = (to?: number) => run(rollbackCommand, to === undefined ? {} : { to: String(to) })

it.each([
  ['d1 d2 r d3 r1 r0'],
  ['d1 d2 r r r r0'],
  ['d1 d2 r1 d4 r2 r0'],
  ['d1 d2 r1 d2 r1 d3 d4 r5 r1 r0'],
  ['d2 d1 r0 d2 r r0'],
] as const)('after %s nobody is blamed, and the tenant is as it was', { timeout: 120_000 }, async (chain) => {
  const states = new Map([['0', start]])
  for (const [index, step] of chain.split(' ').entries()) {
    const what = `step ${index}, ${step}`
    const number = step === 'r' ? undefined : Number(step.slice(1))
    const { out, err } = step.startsWith('d') ? await deploy(number!) : await rollback(number)
    expect(`${out}${err}`, what).not.toMatch(/somebody else|since the last/)
    expect((await run(planCommand)).out, what).not.toContain('since the last')
    const now = everything(target)
    if (step.startsWith('r') && number !== undefined) expect(now, what).toBe(states.get(String(number)))
    states.set(String(index + 1), now)
  }
  expect(everything(target)).toBe(start)
})

it('names only what somebody else changed, wherever in the chain, and takes none of it back', {
  timeout: 120_000,
}, async () => {
  const { state } = target.tenant
  const steps = ['d1', 'd2', 'r1', 'd4', 'r1', 'd2', 'r1']
  for (const [index, step] of steps.entries()) {
    const command = () => (step === 'r1' ? rollback(1) : deploy(Number(step.slice(1))))
    const one = [...state.actions.values()].find(({ name }) => name === 'one')
    if (one !== undefined) {
      const version = one.versions.find(({ id }) => id === one.deployed_version_id)!
      const ours = version.code
      one.code = version.code = code('by hand')
      await expect(command(), `step ${index}`).rejects.toThrow(
        /was changed since(?: the last deploy)?: the code of "one" was changed$/,
      )
      one.code = version.code = ours
    }
    const app = [...state.clients.values()].find(({ name }) => name === 'App')
    const theirs = `https://theirs.example/${index}`
    if (app !== undefined) {
      app['logo_uri'] = theirs
      if (step === 'r1') app.callbacks = [theirs]
    }
    const { out, err } = await command()
    const blamed = [...`${out}${err}`.matchAll(/.*somebody else.*/g)].map(([line]) => line)
    expect(blamed, `step ${index}`).toEqual(
      step === 'r1' ? ['clients "App": "callbacks" was changed by somebody else meanwhile'] : [],
    )
    if (app !== undefined) expect(app['logo_uri']).toBe(theirs)
    if (step === 'r1') expect(app!.callbacks).toEqual([theirs])
  }
})
