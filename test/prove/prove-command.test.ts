import { cp, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { OptionValues } from '../../lib/cli/command.ts'
import { proveCommand } from '../../lib/cli/commands/prove.ts'
import { outputOf } from '../helpers/output-schema.ts'
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

test('tells the story of the login that breaks an Action, saves it, and runs it again', async () => {
  const folder = await example()
  const file = join(folder, 'actions', 'adjust-scopes.ts')
  const source = await readFile(file, 'utf8')
  await writeFile(file, source.replace('event.authorization?.roles', 'event.authorization!.roles'))
  const { code, stdout } = await run(folder, { runs: '150', save: 'found' })
  expect(code).toBe(1)
  expect(stdout).toMatch(/^actions\/adjust-scopes\.ts:14:\d+ no-throw: adjust-scopes fails: Cannot read/m)
  expect(stdout).toContain('\n  and there is no authorization\n')
  expect(stdout).toContain('\n  replay: claims prove --replay found/no-throw-1.json\n')
  expect(stdout).toMatch(/^branches of the Actions that these logins reached: 2\d of 28/m)
  expect(await readdir(join(folder, 'found'))).toContain('no-throw-1.json')

  const found = outputOf<{ counterexamples: unknown[] }>(
    'prove',
    (await run(folder, { runs: '150', json: true })).stdout,
  )
  expect(found.counterexamples).not.toEqual([])
  expect(outputOf('prove', (await run(folder, { replay: 'found', json: true })).stdout)).toMatchObject({
    replayed: [{ file: 'found/no-throw-1.json', property: 'no-throw', broken: true }],
  })

  const still = await run(folder, { replay: 'found' })
  expect(still.code).toBe(1)
  expect(still.stdout).toContain('1 of 1 saved logins still break a property')
  await writeFile(file, source)
  expect(await run(folder, { replay: 'found/no-throw-1.json' })).toEqual({
    code: 0,
    stdout: 'found/no-throw-1.json: no-throw holds\n0 of 1 saved logins still break a property\n',
    stderr: '',
  })
})

test('names the login that was found, so that it can be tried alone', async () => {
  const folder = await example()
  const file = join(folder, 'actions', 'adjust-scopes.ts')
  const source = await readFile(file, 'utf8')
  await writeFile(file, source.replace('event.authorization?.roles', 'event.authorization!.roles'))
  const { stdout } = await run(folder, { runs: '60' })
  const login = /--seed 1 --runs 60 --login (\d+)$/m.exec(stdout)?.[1]
  const alone = await run(folder, { runs: '60', login: login! })
  expect(alone.code).toBe(1)
  expect(alone.stdout).toContain('1 property is broken; 1 login (seed 1)')
  expect(alone.stdout).toContain('\n  and there is no authorization\n')
})

test('ends when its time is over, and says how far it came', async () => {
  const { code, stdout } = await run('.', { runs: '50000', seconds: '1' })
  expect(code).toBe(0)
  const [, tried, left] =
    /^no counterexample in (\d+) logins? \(seed 1\)\nThe search ended after 1 s, before the last (\d+) of its 50000 /.exec(
      stdout,
    ) ?? []
  expect(Number(tried) + Number(left)).toBe(50_000)
  expect(stdout).toMatch(/^branches of the Actions that these logins reached: \d+ of 28/m)
  const proof = outputOf('prove', (await run('.', { runs: '50000', seconds: '1', json: true })).stdout)
  expect(proof).toMatchObject({ outOfTime: true, counterexamples: [] })
})

test.each<[OptionValues, string]>([
  [{ runs: 'many' }, 'ERR_USAGE'],
  [{ login: '0' }, 'ERR_USAGE'],
  [{ login: '99999' }, 'ERR_USAGE'],
  [{ login: '21', runs: '20' }, 'ERR_USAGE'],
  [{ runs: '0' }, 'ERR_USAGE'],
  [{ runs: '9999999' }, 'ERR_USAGE'],
  [{ seconds: '0' }, 'ERR_USAGE'],
  [{ replay: 'found', login: '3' }, 'ERR_USAGE'],
  [{ replay: 'no-such-file' }, 'ERR_INPUT'],
  [{ replay: 'package.json' }, 'ERR_INPUT'],
])('refuses %j', async (values, code) => {
  await expect(run('.', values)).rejects.toMatchObject({ code })
})
