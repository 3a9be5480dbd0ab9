import { appendFile, cp, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { sourcesDigest } from '../../scripts/sources-digest.ts'
import { folderWith } from '../helpers/folder.ts'

const FILES = {
  'lib/a.ts': 'export const a = 1',
  'lib/deep/b.ts': '',
  'schemas/x.json': '{}',
  'scripts/build.ts': '',
  'scripts/few-files.ts': '',
  'scripts/verify-package.ts': '',
  'package-lock.json': '{}',
  'tsconfig.json': '{}',
  'tsconfig.build.json': '{}',
}

it('stays the same in another folder, and for files that a build does not read', async () => {
  const folder = await folderWith(FILES)
  const before = sourcesDigest(folder)
  const copy = join(await folderWith({}), 'copy')
  await cp(folder, copy, { recursive: true })
  expect(sourcesDigest(copy)).toBe(before)
  await writeFile(join(copy, 'README.md'), 'x')
  expect(sourcesDigest(copy)).toBe(before)
})

it.each<[what: string, change: (folder: string) => Promise<void>]>([
  ['a source is edited', (folder) => appendFile(join(folder, 'lib/deep/b.ts'), 'x')],
  ['a source comes', (folder) => writeFile(join(folder, 'lib/deep/c.ts'), '')],
  ['a source goes', (folder) => rm(join(folder, 'lib/deep/b.ts'))],
  ['a source has another name', (folder) => rename(join(folder, 'lib/deep/b.ts'), join(folder, 'lib/b.ts'))],
  ['a schema is edited', (folder) => appendFile(join(folder, 'schemas/x.json'), ' ')],
  ['a package has another version', (folder) => appendFile(join(folder, 'package-lock.json'), ' ')],
  ['the build is another', (folder) => appendFile(join(folder, 'scripts/build.ts'), ' ')],
])('is another when %s', async (_, change) => {
  const folder = await folderWith(FILES)
  const before = sourcesDigest(folder)
  await change(folder)
  expect(sourcesDigest(folder)).not.toBe(before)
})
