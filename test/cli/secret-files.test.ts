import { execFile } from 'node:child_process'
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { keepFileFromGit, keepFromGit, writeSecretFile } from '../../lib/cli/secret-files.ts'
import { writeRecord } from '../../lib/deploy/index.ts'
import { folderWith } from '../helpers/folder.ts'

const NAMES = ['tenant.env', 'tenant.pem']

async function repository(files: Record<string, string> = {}) {
  const root = await folderWith({ 'tenant.yaml': '', ...files })
  const git = async (...args: string[]) =>
    (
      await promisify(execFile)('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], {
        cwd: root,
      })
    ).stdout
  await git('init', '-q')
  return { root, git }
}

/** What `git add -A` takes up. */
async function taken(git: (...args: string[]) => Promise<string>): Promise<string[]> {
  await git('add', '-A')
  return (await git('ls-files')).split('\n').filter((name) => name !== '')
}

describe('keepFromGit', () => {
  it.each<[string, string, Record<string, string>, string[]]>([
    ['a folder that is not there', '.secrets', {}, []],
    ['a folder deep below', 'a/b/c', {}, []],
    [
      'a folder of ours without its .gitignore',
      '.auth0-claims',
      { '.auth0-claims/deploys/1.json': '{}' },
      [],
    ],
    ['the workspace itself', '.', {}, []],
    ['a folder with other files', 'config', { 'config/app.json': '{}' }, ['config/app.json']],
    [
      'a folder whose .gitignore names them',
      'config',
      { 'config/.gitignore': '*.env\n*.pem\n' },
      ['config/.gitignore'],
    ],
    [
      'a folder that the repository ignores',
      'local',
      { '.gitignore': 'local/\n', 'local/.gitignore': '' },
      ['.gitignore'],
    ],
    ['a folder that the repository wants again', 'local', { '.gitignore': '!local/**\n' }, ['.gitignore']],
  ])('keeps files in %s out of git', async (_, folder, files, others) => {
    const { root, git } = await repository(files)
    await keepFromGit(join(root, folder), NAMES)
    for (const name of NAMES) await writeSecretFile(join(root, folder, name), 'secret')
    expect(await taken(git)).toEqual([...others, 'tenant.yaml'].sort())
  })

  it('makes a folder for the user only, and asks a second time without harm', async () => {
    const { root } = await repository()
    for (const _ of [1, 2]) await keepFromGit(join(root, '.secrets'), NAMES)
    expect((await stat(join(root, '.secrets'))).mode & 0o077).toBe(0)
    expect(await readFile(join(root, '.secrets/.gitignore'), 'utf8')).toBe('*\n')
  })

  it('refuses a folder whose .gitignore lets them in, and leaves that file alone', async () => {
    const { root } = await repository({ '.gitignore': 'node_modules\n' })
    await expect(keepFromGit(root, NAMES)).rejects.toMatchObject({
      code: 'ERR_INPUT',
      message: expect.stringContaining('git does not ignore it'),
    })
    expect(await readFile(join(root, '.gitignore'), 'utf8')).toBe('node_modules\n')
  })

  it('refuses a file that is committed already', async () => {
    const { root, git } = await repository({ 'config/tenant.env': 'old', 'config/other': '' })
    await git('add', '-A')
    await git('commit', '-qm', 'all')
    await expect(keepFromGit(join(root, 'config'), NAMES)).rejects.toMatchObject({
      hint: expect.stringContaining('git rm --cached tenant.env'),
    })
  })

  it('asks the .gitignore itself where there is no repository', async () => {
    const root = await folderWith({ 'one/.gitignore': '*\n', 'two/.gitignore': 'other\n' })
    await keepFromGit(join(root, 'one'), NAMES)
    await expect(keepFromGit(join(root, 'two'), NAMES)).rejects.toMatchObject({ code: 'ERR_INPUT' })
  })

  it('says that a file is no folder', async () => {
    const root = await folderWith({ file: '' })
    await expect(keepFromGit(join(root, 'file'), NAMES)).rejects.toMatchObject({ code: 'ERR_ENVIRONMENT' })
  })
})

it('keeps a state file and what is written beside it out of git', async () => {
  const { root, git } = await repository({ 'state/readme': '' })
  await keepFileFromGit(join(root, 'state', 'a[b] c.json'), ['.tmp', '.lock'])
  for (const ending of ['', '.tmp', '.lock'])
    await writeFile(join(root, 'state', `a[b] c.json${ending}`), 'secret')
  expect(await taken(git)).toEqual(['state/readme', 'tenant.yaml'])
})

it('keeps records of deploys out of git, for the user only', async () => {
  const { root, git } = await repository()
  const state = { actions: [], bindings: {} }
  await writeRecord(root, { domain: 'd', date: '', changes: [], before: state, after: state })
  expect(await taken(git)).toEqual(['tenant.yaml'])
  for (const file of ['.auth0-claims', '.auth0-claims/deploys', '.auth0-claims/deploys/1.json'])
    expect((await stat(join(root, file))).mode & 0o077).toBe(0)
})

describe('writeSecretFile', () => {
  it('takes the place of a file that others may read, and of a link', async () => {
    const root = await folderWith({ 'tenant.env': 'old', outside: 'untouched' })
    await mkdir(join(root, 'in'))
    await symlink(join(root, 'outside'), join(root, 'in/tenant.env'))
    for (const file of ['tenant.env', 'in/tenant.env']) {
      await writeSecretFile(join(root, file), 'secret')
      expect((await stat(join(root, file))).mode & 0o077).toBe(0)
    }
    expect(await readFile(join(root, 'outside'), 'utf8')).toBe('untouched')
  })
})
