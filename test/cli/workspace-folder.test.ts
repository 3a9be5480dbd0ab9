import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkCommand } from '../../lib/cli/commands/check.ts'
import { docsCommand } from '../../lib/cli/commands/docs.ts'
import { simulateCommand } from '../../lib/cli/commands/simulate.ts'
import { workspaceFolder } from '../../lib/cli/workspace-folder.ts'
import { called } from '../helpers/called.ts'
import { exampleWorkspace } from '../helpers/example-workspace.ts'
import { folderWith } from '../helpers/folder.ts'
import { listing } from '../helpers/listing.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

const found = (cwd: string, workspace?: string) =>
  workspaceFolder({ ...recordedTerminal({ cwd }), ...(workspace !== undefined && { workspace }) })

describe('the workspace of a command', () => {
  it.each([
    ['the current folder', '', ''],
    ['a folder above', 'actions/deep', ''],
    ['the nearest of several', 'inner/actions', 'inner'],
    ['the folder of a tenant.yml', 'other/actions', 'other'],
    ['one in the directory format', 'json/actions/a', 'json'],
  ])('is %s', async (_, below, expected) => {
    const root = await folderWith({
      'tenant.yaml': '',
      'actions/deep/a.js': '',
      'inner/tenant.yaml': '',
      'inner/actions/a.js': '',
      'other/tenant.yml': '',
      'other/actions/a.js': '',
      'json/clients/app.json': '{ "name": "App" }',
      'json/actions/a/code.js': '',
    })
    expect(await found(join(root, below))).toBe(join(root, expected))
  })

  it('is the current folder where there is none above', async () => {
    const root = await folderWith({ 'a/b/c.js': '' })
    expect(await found(join(root, 'a/b'))).toBe(join(root, 'a/b'))
  })

  it('is not looked for above a repository, nor above a folder in one that everybody may write to', async () => {
    const root = await folderWith({
      'tenant.yaml': '',
      'repository/.git/HEAD': '',
      'repository/a/b.js': '',
      'open/a/b.js': '',
      'open/tenant.yaml': '',
    })
    expect(await found(join(root, 'repository/a'))).toBe(join(root, 'repository/a'))
    await chmod(join(root, 'open'), 0o777)
    expect(await found(join(root, 'open/a'))).toBe(join(root, 'open/a'))
    expect(await found(join(root, 'open'))).toBe(join(root, 'open'))
  })

  it('is the one that --workspace names, also where there is another above', async () => {
    const root = await folderWith({ 'tenant.yaml': '', 'a/b.js': '' })
    expect(await found(root, join(root, 'a'))).toBe(join(root, 'a'))
    const { code, err } = await called(root, checkCommand, ['--workspace', 'a'])
    expect(code).toBe(2)
    expect(err).toContain('there is no tenant.yaml in')
  })
})

it('is worked in from a folder below, and files that the caller names are those of that folder', async () => {
  const root = await exampleWorkspace()
  const below = join(root, 'actions')
  expect(await called(below, checkCommand)).toEqual(await called(root, checkCommand))
  const [here, there] = [await called(root, simulateCommand), await called(below, simulateCommand)]
  expect(there.out.replaceAll(/[\d.]+ ms/g, '')).toBe(here.out.replaceAll(/[\d.]+ ms/g, ''))
  await mkdir(join(below, 'pages'))
  expect(await called(below, docsCommand, ['--out', 'pages/claims.md'])).toMatchObject({ code: 0 })
  expect(Object.keys(await listing(root))).toContain('actions/pages/claims.md')
  expect((await called(below, checkCommand, ['enrich-claims.ts'])).err).toContain('0 errors')
})
