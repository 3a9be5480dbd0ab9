import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import { deployCommand } from '../../lib/cli/commands/deploy.ts'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { pullCommand } from '../../lib/cli/commands/pull.ts'
import { rollbackCommand } from '../../lib/cli/commands/rollback.ts'
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'
import { testTenant } from './setup.ts'

const MAIN = join(import.meta.dirname, '../../lib/cli/main.ts')

it('lets one deploy, rollback or pull at a time work in a folder, and none wait for one that was killed', {
  timeout: 60_000,
}, async () => {
  const cwd = await folderWith({ 'tenant.yaml': 'roles: [{ name: reader, description: first }]\n' })
  const target = await testTenant()
  const { url, certificate, client } = await target.tenant.management()
  await writeFile(join(cwd, 'local.pem'), certificate)
  const env = { AUTH0_CLIENT_ID: client.client_id, AUTH0_CLIENT_SECRET: client.client_secret }
  const values = { tenant: 'local', url, certificate: 'local.pem' }
  const run = async (command: Command, more: Record<string, unknown> = {}) => {
    const terminal = recordedTerminal({ cwd, env })
    const exit = await command.run(terminal, { ...values, ...more }, [])
    return { exit, out: terminal.stdout(), err: terminal.stderr() }
  }
  let reached = () => {}
  const atWrite = new Promise<void>((resolve) => {
    reached = resolve
  })
  target.faults.inject = ({ method }) => {
    if (method === 'GET') return undefined
    reached()
    return { kind: 'slow', milliseconds: 60_000 }
  }
  const flags = Object.entries(values).flatMap(([name, value]) => [`--${name}`, value])
  const child = spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), MAIN, 'deploy', '--skip-prove', ...flags],
    { cwd, env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env }, stdio: 'ignore' },
  )
  onTestFinished(() => void child.kill('SIGKILL'))
  await Promise.race([atWrite, once(child, 'close')])
  expect(child.exitCode).toBeNull()

  const writes = target.faults.calls.filter(({ method }) => method !== 'GET').length
  for (const command of [deployCommand, rollbackCommand, pullCommand]) {
    await expect(run(command, { overwrite: true }), command.name).rejects.toMatchObject({
      code: 'ERR_ENVIRONMENT',
      message: `claims deploy is at work in this folder (process ${child.pid})`,
      hint: 'Nothing was written. Run the command again when that one has ended.',
    })
  }
  expect(await readFile(join(cwd, 'tenant.yaml'), 'utf8')).toContain('description: first')
  expect(target.faults.calls.filter(({ method }) => method !== 'GET')).toHaveLength(writes)
  // What only looks waits for nobody, nor what is tried on a tenant of its own.
  expect((await run(planCommand)).out).toContain('create  roles "reader"')
  expect((await run(deployCommand, { url: undefined, certificate: undefined })).out).toContain(
    'create  roles',
  )

  child.kill('SIGKILL')
  await once(child, 'close')
  delete target.faults.inject
  expect((await run(deployCommand, { 'skip-prove': true })).err).toContain('this is deploy 2')
  expect([...target.tenant.state.roles.values()].map(({ name }) => name)).toEqual(['reader'])
  expect(await readdir(join(cwd, '.auth0-claims'))).toEqual(['.gitignore', 'deploys'])
})

it('leaves no folder of ours behind where a command kept nothing', async () => {
  const cwd = await folderWith({ 'tenant.yaml': 'roles: []\n' })
  const { tenant } = await testTenant()
  const { url, certificate, client } = await tenant.management()
  await writeFile(join(cwd, 'local.pem'), certificate)
  const terminal = recordedTerminal({
    cwd,
    env: { AUTH0_CLIENT_ID: client.client_id, AUTH0_CLIENT_SECRET: client.client_secret },
  })
  await deployCommand.run(terminal, { tenant: 'local', url, certificate: 'local.pem' }, [])
  expect((await readdir(cwd)).sort()).toEqual(['local.pem', 'tenant.yaml'])
})
