import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import axe from 'axe-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compileContracts, htmlDocsOf } from '../../../lib/contract/index.ts'
import { withTemporaryFolder } from '../../../lib/files/index.ts'
import { findChromium, launchChromium } from './chromium.ts'

const executable = findChromium()

const { contracts } = compileContracts([
  {
    file: 'orders.json',
    text: JSON.stringify({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'OrdersAccessTokenWithANameThatIsLongerThanMost',
      'x-auth0': { token: 'access_token', audience: `https://orders.acme.example/${'x'.repeat(60)}/` },
      type: 'object',
      properties: {
        [`https://acme.example/${'a-very-long-name/'.repeat(4)}teams`]: {
          type: 'array',
          description: 'Teams of the user, in the order in which they were joined.',
          items: {
            type: 'object',
            properties: { label: { type: 'string' }, role: { enum: ['owner', 'member'] } },
          },
          examples: [[{ label: 'x'.repeat(80), role: 'owner' }]],
        },
      },
    }),
  },
])

describe.skipIf(executable === undefined)('the page of claims docs', () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>
  beforeAll(async () => {
    browser = await launchChromium(executable!)
  })
  afterAll(() => browser.close())

  it.each([360, 1280])('is readable and accessible in a window of %i pixels', async (width) => {
    await withTemporaryFolder('docs', async (folder) => {
      const file = join(folder, 'claims.html')
      await writeFile(
        file,
        htmlDocsOf(contracts, () => ['enrich-claims']),
      )
      const context = await browser.newContext({ viewport: { width, height: 700 } })
      const tab = await context.newPage()
      await tab.goto(pathToFileURL(file).href)
      // Nothing to the right of the window, neither of the page nor within a part that scrolls by itself.
      const widths = (await tab.evaluate(
        "[...document.querySelectorAll('html, table, td')].map((one) => one.getBoundingClientRect().right)",
      )) as number[]
      if (width === 360) expect(Math.max(...widths)).toBeLessThanOrEqual(360)
      const scroll = await tab.evaluate(
        'document.documentElement.scrollWidth - document.documentElement.clientWidth',
      )
      expect(scroll).toBe(0)
      expect(await tab.innerText('tbody')).toContain('Teams of the user')
      await tab.evaluate(axe.source)
      const { violations } = (await tab.evaluate('axe.run()')) as axe.AxeResults
      expect(violations.map(({ id }) => id)).toEqual([])
      await context.close()
    })
  })
})
