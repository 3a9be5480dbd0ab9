import { execFile } from 'node:child_process'
import { cp, mkdir, readFile, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { initCommand } from '../../../lib/cli/commands/init.ts'
import { called } from '../../helpers/called.ts'
import { compiledPackage } from '../../helpers/compiled-package.ts'
import { folderWith } from '../../helpers/folder.ts'

const REPOSITORY = join(import.meta.dirname, '../../..')

test.each([
  ['jest', 'commonjs'],
  ['jest', 'module'],
  ['vitest', 'commonjs'],
  ['vitest', 'module'],
  [undefined, 'module'],
])(
  'the test that claims init writes into a project with %s, %s, is run by the line of its workflow',
  async (runner, type) => {
    const folder = await folderWith({
      'package.json': JSON.stringify({ type, ...(runner && { devDependencies: { [runner]: '1' } }) }),
    })
    // Modules of dashboards are CommonJS, whatever the project is.
    await cp(join(REPOSITORY, 'scripts/walk/actions'), folder, { recursive: true })
    const modules = join(folder, 'node_modules')
    await mkdir(join(modules, '.bin'), { recursive: true })
    await symlink(await compiledPackage(), join(modules, 'auth0-claims'))
    for (const name of runner === undefined ? [] : [runner]) {
      await symlink(join(REPOSITORY, 'node_modules', name), join(modules, name))
      await symlink(join(REPOSITORY, 'node_modules/.bin', name), join(modules, '.bin', name))
    }
    const { code, err } = await called(folder, initCommand, ['--yes'])
    expect(code, err).toBe(0)
    const { jobs } = parse(await readFile(join(folder, '.github/workflows/claims.yml'), 'utf8'))
    const lines = jobs.check.steps.map((step: { run?: string }) => step.run ?? '')
    const line = lines.find((one: string) => one.includes('claims.test.'))
    const path = `${dirname(process.execPath)}:${process.env['PATH']}`
    const env = { PATH: path, HOME: folder, CI: '1', NO_COLOR: '1' }
    const { stdout, stderr } = await promisify(execFile)('bash', ['-e', '-c', line], { cwd: folder, env })
    expect(`${stdout}${stderr}`).toMatch(/(# pass 3|3 passed)/)
  },
  60_000,
)
