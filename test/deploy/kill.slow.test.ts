import { type ChildProcess, spawn } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { rollbackCommand } from '../../lib/cli/commands/rollback.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { everyType } from './every-type.ts'
import { everything, KEYWORDS } from './setup.ts'

const MAIN = join(import.meta.dirname, '../../lib/cli/main.ts')

async function commandIn(
  cwd: string,
  command: typeof deployCommand,
  env: Record<string, string>,
  values: Record<string, string | boolean>,
) {
  const terminal = recordedTerminal({ cwd, env })
  await command.run(terminal, values, [])
  return { err: terminal.stderr() }
}

it('is undone or finished by the next command, wherever a real deploy was killed', {
  timeout: 3_600_000,
}, async () => {
  const all = await everyType()
  const { target, workspace, atStart, before } = all
  const { root: cwd } = workspace
  const { url, certificate, client } = await target.tenant.management()
  await writeFile(join(cwd, 'local.pem'), certificate)
  await writeFile(
    join(cwd, 'tenant.local.yaml'),
    `users: [{ email: ada@acme.example, password: local-ada }]\nkeywords: { API_KEY: ${KEYWORDS.API_KEY} }\n`,
  )
  const env = { AUTH0_CLIENT_ID: client.client_id, AUTH0_CLIENT_SECRET: client.client_secret }
  const access = { tenant: 'local', url, certificate: 'local.pem' }
  const start = () => {
    Object.assign(target.tenant.state, structuredClone(atStart))
    delete target.faults.inject
    return rm(join(cwd, '.auth0-claims'), { recursive: true, force: true })
  }
  const command = async (which: typeof deployCommand, more: Record<string, boolean> = {}) => {
    delete target.faults.inject
    return commandIn(cwd, which, env, { ...access, ...more })
  }

  /** Kills a deploy at a write, before it has effect or after; answers whether there was such a write. */
  async function killed(write: number, afterEffect: boolean): Promise<boolean> {
    let writes = 0
    let child: ChildProcess | undefined
    target.faults.inject = ({ method }) => {
      if (method === 'GET' || ++writes !== write) return undefined
      child?.kill('SIGKILL')
      return { kind: 'drop', afterEffect }
    }
    const args = ['--tenant', 'local', '--url', url, '--certificate', 'local.pem', '--skip-prove']
    child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), MAIN, 'deploy', ...args], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
      stdio: 'ignore',
    })
    const signal = await new Promise((resolve) => child!.once('close', (_, by) => resolve(by)))
    return signal === 'SIGKILL'
  }

  try {
    await start()
    await command(deployCommand, { 'skip-prove': true })
    const after = everything(target)
    expect(after).not.toBe(before)
    let count = 0
    for (let write = 1; ; write++) {
      const [finish, undo] = write % 2 === 0 ? [true, false] : [false, true]
      for (const [afterEffect, finishes] of [
        [false, finish],
        [true, undo],
      ] as const) {
        await start()
        if (!(await killed(write, afterEffect))) {
          expect(count).toBeGreaterThan(30)
          return
        }
        count++
        const what = `killed ${afterEffect ? 'after' : 'before'} write ${write}`
        const { err } = await command(
          finishes ? deployCommand : rollbackCommand,
          finishes ? { 'skip-prove': true } : {},
        )
        if (finishes)
          expect(err, what).toMatch(
            /was cut off after .*: claims deploy finishes it, claims rollback undoes it/,
          )
        expect(everything(target), what).toBe(finishes ? after : before)
      }
    }
  } finally {
    await all.stop()
  }
})
