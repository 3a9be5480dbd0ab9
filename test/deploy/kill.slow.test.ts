import { type ChildProcess, spawn } from 'node:child_process'
import { cp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { rollbackCommand } from '../../lib/cli/commands/rollback.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { type EveryType, everyType } from './every-type.ts'
import { everything, KEYWORDS } from './setup.ts'

const MAIN = join(import.meta.dirname, '../../lib/cli/main.ts')

// Some of the writes take a minute. CLAIMS_FAULTS=all kills at each of them, for twenty.
const STEP = process.env['CLAIMS_FAULTS'] === 'all' ? 1 : 11

let all: EveryType
let access: { tenant: string; url: string; certificate: string }
let env: Record<string, string>
/** What the tenant has after a whole deploy, and the folder of its journal. */
let after: string
let deployed: EveryType['atStart']
let kept: string

beforeAll(async () => {
  all = await everyType()
  const { target, workspace, atStart } = all
  const { url, certificate, client } = await target.tenant.management()
  await writeFile(join(workspace.root, 'local.pem'), certificate)
  await writeFile(
    join(workspace.root, 'tenant.local.yaml'),
    `users: [{ email: ada@acme.example, password: local-ada }]\nkeywords: { API_KEY: ${KEYWORDS.API_KEY} }\n`,
  )
  env = { AUTH0_CLIENT_ID: client.client_id, AUTH0_CLIENT_SECRET: client.client_secret }
  access = { tenant: 'local', url, certificate: 'local.pem' }
  Object.assign(target.tenant.state, structuredClone(atStart))
  await command(deployCommand)
  after = everything(target)
  deployed = structuredClone(target.tenant.state)
  kept = `${workspace.root}-kept`
  await rename(join(workspace.root, '.auth0-claims'), kept)
  return async () => {
    await rm(kept, { recursive: true })
    await all.stop()
  }
})

async function command(which: typeof deployCommand): Promise<string> {
  delete all.target.faults.inject
  const terminal = recordedTerminal({ cwd: all.workspace.root, env })
  await which.run(terminal, { ...access, ...(which === deployCommand && { 'skip-prove': true }) }, [])
  return terminal.stderr()
}

async function startFrom(whole: boolean): Promise<void> {
  const own = join(all.workspace.root, '.auth0-claims')
  await rm(own, { recursive: true, force: true })
  if (whole) await cp(kept, own, { recursive: true })
  Object.assign(all.target.tenant.state, structuredClone(whole ? deployed : all.atStart))
}

/** Kills a command at a write, before it has effect or after; answers whether there was such a write. */
async function killed(args: readonly string[], write: number, afterEffect: boolean): Promise<boolean> {
  let writes = 0
  let child: ChildProcess | undefined
  all.target.faults.inject = ({ method }) => {
    if (method === 'GET' || ++writes !== write) return undefined
    child?.kill('SIGKILL')
    return { kind: 'drop', afterEffect }
  }
  const flags = Object.entries(access).flatMap(([name, value]) => [`--${name}`, value])
  child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), MAIN, ...args, ...flags], {
    cwd: all.workspace.root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: 'ignore',
  })
  const signal = await new Promise((resolve) => child!.once('close', (_, by) => resolve(by)))
  return signal === 'SIGKILL'
}

it.each([
  [
    'deploy',
    ['deploy', '--skip-prove'],
    /was cut off after .*: claims deploy finishes it, claims rollback undoes it/,
  ],
  [
    'rollback',
    ['rollback'],
    /rollback 2 of .* was cut off: the same claims rollback finishes it, claims deploy/,
  ],
] as const)(
  'is undone or finished by the next command, wherever a real %s was killed',
  {
    timeout: 3_600_000,
  },
  async (name, args, note) => {
    let count = 0
    for (let write = 1; ; write += STEP) {
      for (const afterEffect of [false, true]) {
        await startFrom(name === 'rollback')
        if (!(await killed(args, write, afterEffect))) {
          expect(count).toBeGreaterThan(40 / STEP)
          return
        }
        const deploys = count++ % 4 < 2 === afterEffect
        const what = `killed ${afterEffect ? 'after' : 'before'} write ${write}, then ${deploys ? 'deploy' : 'rollback'}`
        const err = await command(deploys ? deployCommand : rollbackCommand)
        expect(err, what).toMatch(note)
        expect(everything(all.target), what).toBe(deploys ? after : all.before)
        // It is over then: nobody is told of it again.
        expect(await command(planCommand), what).not.toContain('cut off')
      }
    }
  },
)
