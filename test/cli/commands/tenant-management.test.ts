import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseEnv } from 'node:util'
import { expect, test } from 'vitest'
import { deployCommand } from '../../../lib/cli/commands/deploy.ts'
import { tenantCommand } from '../../../lib/cli/commands/tenant.ts'
import { exampleWorkspace } from '../../helpers/example-workspace.ts'
import { recordedTerminal } from '../../helpers/terminal.ts'

test('claims tenant --management lets claims deploy --url reach it, and takes the files away at the end', async () => {
  const cwd = await exampleWorkspace()
  const serving = recordedTerminal({ cwd })
  const ended = tenantCommand.run(serving, { port: '0', json: true, management: '.local' }, [])
  try {
    await expect.poll(() => serving.stdout(), { timeout: 60_000 }).not.toBe('')
    const { managementUrl } = JSON.parse(serving.stdout()) as { managementUrl: string }
    const certificate = join(cwd, '.local', 'tenant.pem')
    const env = parseEnv(await readFile(join(cwd, '.local', 'tenant.env'), 'utf8')) as Record<string, string>
    expect((await stat(join(cwd, '.local', 'tenant.env'))).mode & 0o077).toBe(0)

    const terminal = recordedTerminal({ cwd, env })
    const code = await deployCommand.run(
      terminal,
      { tenant: 'local', url: managementUrl, certificate, all: true },
      [],
    )
    expect(terminal.stdout()).toMatch(/deployed "enrich-claims" version 2/)
    expect(code).toBe(0)
    const printed = serving.stdout() + serving.stderr() + terminal.stdout() + terminal.stderr()
    expect(printed).not.toContain(env['AUTH0_CLIENT_SECRET'])
  } finally {
    serving.stop()
  }
  expect(await ended).toBe(0)
  await expect(stat(join(cwd, '.local', 'tenant.env'))).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(stat(join(cwd, '.local', 'tenant.pem'))).rejects.toMatchObject({ code: 'ENOENT' })
})
