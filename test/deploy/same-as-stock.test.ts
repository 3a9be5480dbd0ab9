import { afterAll, describe, it } from 'vitest'
import { expectSameAsStock, stockCli } from './same-as-stock.ts'

const cli = stockCli()
afterAll(() => cli.stop())

type Files = Readonly<Record<string, string>>
const ACTION = 'exports.onExecutePostLogin = async () => {}\n'

const FEATURES: Readonly<Record<string, Files>> = {
  'roles with permissions': {
    'tenant.yaml': `
resourceServers: [{ name: Orders, identifier: https://orders.example/, scopes: [{ value: read }, { value: write }] }]
roles:
  - name: reader
    description: reads
    permissions: [{ permission_name: read, resource_server_identifier: https://orders.example/ }]
  - { name: nobody, description: may nothing, permissions: [] }
`,
  },
  'Actions with triggers': {
    'tenant.yaml': `
actions:
  - { name: one, code: ./actions/one.js, runtime: node22, deployed: true, supported_triggers: [{ id: post-login, version: v3 }] }
triggers: { post-login: [{ action_name: one, display_name: One }] }
`,
    'actions/one.js': ACTION,
  },
}

describe('leaves the tenant as the deploy CLI does, and takes it back', { timeout: 120_000 }, () => {
  it.each(Object.entries(FEATURES))('%s', async (_, files) => {
    await expectSameAsStock(cli, files)
  })
})
