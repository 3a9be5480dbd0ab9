import { existsSync } from 'node:fs'
import { readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { finishPull, refuseHalfPulled, writePulled } from '../../lib/cli/pulled-files.ts'
import { folderWith } from '../helpers/folder.ts'

const INTENT = '.auth0-claims/pull.json'
const intent = JSON.stringify({
  pull: 1,
  files: [
    { file: 'a', was: 'old a', text: 'new a' },
    { file: 'b', was: null, text: 'new b' },
    { file: 'c', was: 'old c', text: null },
  ],
})

/** A workspace in which a pull was killed; `undefined`: no such file. */
const left = (files: Record<string, string | undefined>, text = intent) =>
  folderWith({
    [INTENT]: text,
    ...Object.fromEntries(Object.entries(files).filter(([, content]) => content !== undefined)),
  } as Record<string, string>)

describe('a pull that was killed', () => {
  it.each([
    ['in the middle', { a: 'new a', c: 'old c' }, ['b', 'c']],
    ['before what goes was taken away', { a: 'new a', b: 'new b', c: 'old c' }, ['c']],
  ])('%s is refused to a plan, and finished', async (_when, files, pending) => {
    const root = await left(files)
    await expect(refuseHalfPulled(root)).rejects.toMatchObject({ code: 'ERR_INPUT', file: INTENT })
    expect(await finishPull(root)).toEqual(pending)
    expect(await readFile(join(root, 'a'), 'utf8')).toBe('new a')
    expect(await readFile(join(root, 'b'), 'utf8')).toBe('new b')
    expect([existsSync(join(root, 'c')), existsSync(join(root, INTENT))]).toEqual([false, false])
    await refuseHalfPulled(root)
  })

  it.each([
    ['before the first file', { a: 'old a', c: 'old c' }],
    ['before the first file, and edited since', { a: 'mine', c: 'old c' }],
    ['after the last file', { a: 'new a', b: 'new b' }],
    ['after the last file, and edited since', { a: 'mine', b: 'new b' }],
  ])('%s is nothing to finish', async (_when, files: Record<string, string>) => {
    const root = await left(files)
    await refuseHalfPulled(root)
    expect(await finishPull(root)).toEqual([])
    expect(await readFile(join(root, 'a'), 'utf8')).toBe(files['a'])
    expect(existsSync(join(root, INTENT))).toBe(false)
  })

  it('writes over nothing that was edited since', async () => {
    const root = await left({ a: 'new a', b: 'mine', c: 'old c' })
    await expect(finishPull(root)).rejects.toThrow(/^"b" was changed after a claims pull was cut off$/)
    expect(await readFile(join(root, 'b'), 'utf8')).toBe('mine')
    expect(existsSync(join(root, 'c'))).toBe(true)
  })

  it.each(['', '{"pull":1', '{"pull":2}', 'null', '[]', '{"pull":1,"files":[{"file":"../a"}]}'])(
    'of which %j is told stops with the file to look at',
    async (text) => {
      const root = await left({ a: 'x' }, text)
      await expect(refuseHalfPulled(root)).rejects.toMatchObject({ code: 'ERR_INPUT', file: INTENT })
      await expect(finishPull(root)).rejects.toMatchObject({ code: 'ERR_INPUT', file: INTENT })
    },
  )
})

it('forgets what it was about to write when it may not write all of it', async () => {
  const root = await folderWith({ a: 'old', outside: '' })
  await symlink('outside', join(root, 'b'))
  const texts = ['a', 'c', 'b'].map((file) => [file, 'new'] as const)
  await expect(writePulled(root, texts, [])).rejects.toThrow(/"b" is a link/)
  expect(await readFile(join(root, 'a'), 'utf8')).toBe('old')
  expect([existsSync(join(root, 'c')), existsSync(join(root, INTENT))]).toEqual([false, false])
})
