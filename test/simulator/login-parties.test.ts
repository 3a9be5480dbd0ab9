import { expect, test } from 'vitest'
import { partiesOf } from '../../lib/simulator/login-parties.ts'
import { workspaceFacts } from '../../lib/simulator/workspace-facts.ts'
import type { TenantFile, Workspace } from '../../lib/workspace/index.ts'

const CLIENTS = { clients: [{ name: 'Shop of ##TEAM##' }, { name: 'Desk' }] }

function factsOf(keywords: Record<string, string>, tenant: TenantFile = CLIENTS) {
  return workspaceFacts({ tenant, keywords } as unknown as Workspace)
}

test('finds an application by its name as tenant.yaml has it, or with its markers filled', () => {
  const facts = factsOf({ TEAM: 'north-7f31' })
  for (const client of ['Shop of ##TEAM##', 'Shop of north-7f31']) {
    expect(partiesOf(facts, { client }).application.name).toBe('Shop of north-7f31')
  }
  expect(partiesOf(factsOf({}), { client: 'Shop of ##TEAM##' }).application.name).toBe('Shop of ##TEAM##')
})

test('names applications in an error as tenant.yaml has them', () => {
  expect(() => partiesOf(factsOf({ TEAM: 'north-7f31' }), { client: 'Till' })).toThrow(
    expect.objectContaining({
      message: 'the workspace has no client "Till"',
      hint: 'It has: Shop of ##TEAM##, Desk.',
    }),
  )
})

test('a marker without a local value in place of a list stands for no scope and no role', () => {
  const facts = factsOf(
    {},
    {
      resourceServers: [{ identifier: 'https://orders.acme.example/', scopes: '@@SCOPES@@' }],
      roles: [{ name: 'reader', permissions: '@@PERMISSIONS@@' }],
    },
  )
  expect(facts.roles).toEqual([{ name: 'reader', permissions: [] }])
  expect(partiesOf(facts, {}).requested).toEqual(['openid', 'profile', 'email'])
})
