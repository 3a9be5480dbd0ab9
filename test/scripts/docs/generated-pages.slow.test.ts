import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { handWrittenPages, root } from '../../../scripts/docs/page-files.ts'
import { GENERATED_PAGES } from '../../../scripts/docs/pages.ts'
import { outsideOfWalks, walked } from '../../../scripts/docs/walk.ts'

const text = (page: string) => readFile(join(root, page), 'utf8')

it('the page of the package is what the code says', async () => {
  const page = 'docs/reference/package.md'
  expect(await text(page), 'run: npm run docs').toBe(await GENERATED_PAGES[page]!())
})

it.each(await handWrittenPages())('%s shows what its commands print', async (page) => {
  const written = await text(page)
  expect(outsideOfWalks(written)).toEqual([])
  expect(written, 'run: npm run docs').toBe(await walked(written))
})
