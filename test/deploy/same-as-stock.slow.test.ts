import { afterAll, describe, expect, it } from 'vitest'
import { DIRECTORY_FILES, DIRECTORY_KEYWORDS } from './directory-format-files.ts'
import { FEATURES } from './features.ts'
import { expectSameAsStock, stockCli } from './same-as-stock.ts'

const cli = stockCli()
afterAll(() => cli.stop())

describe('leaves the tenant as the deploy CLI does, and takes it back', { timeout: 120_000 }, () => {
  it.each(Object.entries(FEATURES))('%s', async (_, { files, ...options }) => {
    await expectSameAsStock(cli, files, options)
  })
})

it('does so for the directory format too, where files are named and read otherwise', {
  timeout: 240_000,
}, async () => {
  const keywords = DIRECTORY_KEYWORDS
  const { plan, state } = await expectSameAsStock(cli, DIRECTORY_FILES, { keywords })
  expect(plan.changes).toContainEqual({
    type: 'actions',
    name: 'Add roles ##ENV##',
    change: 'create',
    fields: [],
  })
  for (const word of ['users', 'smtp', 'welcome_email', 'login.html', 'Hi staging', 'form-content', 'acme'])
    expect(state['tenant.yaml']).toContain(word)
})
