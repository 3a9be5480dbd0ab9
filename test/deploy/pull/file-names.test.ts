import { expect, it } from 'vitest'
import { fileNames } from '../../../lib/deploy/pull/file-names.ts'

it('gives names that count as one on some file system different files, the same each time', () => {
  const names = ['one', 'One', 'two', 'two ', 'COM1', 'lpt9.txt']
  const files = [...fileNames(names).values()]
  expect(files).toEqual([...fileNames([...names].reverse()).values()].reverse())
  expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(names.length)
  expect(files[2]).toBe('two')
})
