import { afterAll, describe, it } from 'vitest'
import { FEATURES } from './features.ts'
import { expectSameAsStock, stockCli } from './same-as-stock.ts'

const cli = stockCli()
afterAll(() => cli.stop())

describe('leaves the tenant as the deploy CLI does, and takes it back', { timeout: 120_000 }, () => {
  it.each(Object.entries(FEATURES))('%s', async (_, { files, ...options }) => {
    await expectSameAsStock(cli, files, options)
  })
})
