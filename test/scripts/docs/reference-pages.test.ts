import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkRules } from '../../../lib/check/index.ts'
import { WORKSPACE_FILES } from '../../../scripts/docs/files-page.ts'
import { GENERATED_PAGES } from '../../../scripts/docs/pages.ts'
import { rulesPage } from '../../../scripts/docs/rules-page.ts'

const root = join(import.meta.dirname, '../../..')
// The page of the package takes a compiler: generated-pages.slow.test.ts.
const PAGES = Object.entries(GENERATED_PAGES).filter(([page]) => page !== 'docs/reference/package.md')

it.each(PAGES)('%s is what the code says', async (page, made) => {
  expect(readFileSync(join(root, page), 'utf8'), 'run: npm run docs').toBe(await made())
})

it('the page of files names what the code names', () => {
  const lib = join(root, 'lib')
  const sources = readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  const code = sources.map((name) => readFileSync(join(lib, name), 'utf8')).join('\n')
  const words = WORKSPACE_FILES.flatMap(({ path }) => path.split(/[/*]/).filter((word) => word.length > 1))
  expect(words.filter((word) => !code.includes(word.replace(/\.$/, '')))).toEqual([])
})

it('the page of rules holds every rule once', () => {
  const page = rulesPage()
  for (const id of Object.keys(checkRules)) expect(page.split(`\n### ${id}\n`)).toHaveLength(2)
})
