import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkFiles } from '../../lib/check/index.ts'

const root = path.resolve(import.meta.dirname, '../fixtures/check')

/** What a case file expects: `// ~ rule claim, rule` at the end of a line. Lines without it expect nothing. */
function expected(file: string): string[] {
  return readFileSync(path.join(root, file), 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      const [, list] = /\/\/ ~ (.*)$/.exec(line) ?? []
      return list === undefined ? [] : list.split(',').map((one) => `${index + 1} ${one.trim()}`)
    })
    .sort()
}

describe('a case file is reported exactly where its comments say', () => {
  for (const file of readdirSync(root)) {
    it(file, async () => {
      const found = await checkFiles([path.join(root, file)], { root })
      expect(found.every((finding) => finding.file === file && finding.column > 0)).toBe(true)
      const lines = found.map(({ line, rule, claim }) =>
        [line, rule, rule.startsWith('claims/') ? claim : undefined].filter(Boolean).join(' '),
      )
      expect(lines.sort()).toEqual(expected(file))
    })
  }
})
