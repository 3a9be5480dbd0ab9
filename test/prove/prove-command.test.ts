import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { OptionValues } from '../../lib/cli/command.ts'
import { proveCommand } from '../../lib/cli/commands/prove.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

async function run(cwd: string, values: OptionValues) {
  const terminal = recordedTerminal({ cwd })
  const code = await proveCommand.run(terminal, values, [])
  return { code, stdout: terminal.stdout(), stderr: terminal.stderr() }
}

/** The example workspace, in a folder of its own. */
async function example(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'prove-'))
  for (const name of ['actions', 'schemas', 'tenant.yaml', 'tenant.local.yaml']) {
    await cp(name, join(folder, name), { recursive: true })
  }
  return folder
}

test('tells the story of the login that breaks an Action, and saves it', async () => {
  const folder = await example()
  const file = join(folder, 'actions', 'adjust-scopes.ts')
  const source = await readFile(file, 'utf8')
  await writeFile(file, source.replace('event.authorization?.roles', 'event.authorization!.roles'))
  const { code, stdout } = await run(folder, { runs: '150', save: 'found' })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^no-throw: adjust-scopes fails at actions\/adjust-scopes\.ts:\d+:\d+/m)
  expect(stdout).toContain('\n  and there is no authorization\n')
  expect(await readdir(join(folder, 'found'))).toContain('no-throw-1.json')
})

test('refuses a number that is none', async () => {
  await expect(run('.', { runs: 'many' })).rejects.toMatchObject({ code: 'ERR_USAGE' })
})
