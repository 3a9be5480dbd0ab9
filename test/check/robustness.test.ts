import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkFiles } from '../../lib/check/index.ts'
import { parseAction } from '../../lib/check/parse.ts'
import { programsOfSource } from '../../lib/check/program.ts'
import { programFindings } from '../../lib/check/program-findings.ts'
import fc from '../helpers/fast-check.ts'

const root = join(import.meta.dirname, '../fixtures/check')
const LINES = readdirSync(root)
  .filter((name) => name.endsWith('.js'))
  .flatMap((name) => readFileSync(join(root, name), 'utf8').split('\n'))

/** Code that no person would write: lines of the case files, in any order, with words left out or doubled. */
const code = fc
  .array(
    fc.tuple(fc.constantFrom(...LINES), fc.nat({ max: 40 }), fc.constantFrom('', '', '', 'drop', 'double')),
    {
      maxLength: 25,
    },
  )
  .map((lines) =>
    lines
      .map(([line, at, change]) => {
        const words = line.split(/(\W+)/)
        if (change === 'drop') words.splice(at % words.length, 1)
        if (change === 'double') words.splice(at % words.length, 0, words[at % words.length]!)
        return words.join('')
      })
      .join('\n'),
  )

it('checks whatever parses, and ends, with positions inside the text', async () => {
  await fc.assert(
    fc.asyncProperty(code, async (body) => {
      const text = `exports.onExecutePostLogin = async (event, api) => {\n${body}\n}\n`
      const { tree } = await parseAction('action.js', text)
      const programs = programsOfSource('action.js', text, tree)
      const lines = text.split('\n').length
      for (const { line, column, message } of programFindings(programs)) {
        expect(line).toBeLessThanOrEqual(lines)
        expect(column).toBeGreaterThan(0)
        expect(message).not.toContain('undefined is')
      }
    }),
    { numRuns: 400, seed: 20261125 },
  )
})

it('reads a thousand files, each broken in another way', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-'))
  try {
    const texts = fc.sample(code, { numRuns: 1000, seed: 7 })
    const files = texts.map((_, index) => join(folder, `${index}.js`))
    await Promise.all(files.map((file, index) => writeFile(file, texts[index]!)))
    const found = await checkFiles(files, { root: folder })
    const broken = new Set(found.filter(({ rule }) => rule === 'bundle/syntax').map(({ file }) => file))
    expect(broken.size).toBeGreaterThan(100)
    expect(broken.size).toBeLessThan(1000)
    expect(found.some(({ rule }) => rule === 'claims/restricted-name')).toBe(true)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
