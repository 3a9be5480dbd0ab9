import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { checkRules } from '../../lib/check/index.ts'
import { RULES_PAGE, rulesPage } from '../../scripts/rules-page.ts'

it('holds every rule once, and is what is committed', () => {
  const page = rulesPage()
  for (const id of Object.keys(checkRules)) expect(page.split(`\n### ${id}\n`)).toHaveLength(2)
  expect(readFileSync(RULES_PAGE, 'utf8'), 'run: npm run rules').toBe(page)
})

it('links every rule of its table to a section', () => {
  const page = rulesPage()
  const anchors = [...page.matchAll(/^### (.+)$/gm)].map((match) => match[1]!.replace('/', ''))
  for (const [, link] of page.matchAll(/\]\(#([^)]+)\)/g)) expect(anchors).toContain(link)
})
