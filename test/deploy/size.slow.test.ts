import { expect, it } from 'vitest'
import { planCommand } from '../../lib/cli/commands/plan.ts'
import { writeLargeWorkspace } from '../../scripts/bench/large-workspace.ts'
import { called } from '../helpers/called.ts'
import { folderWith } from '../helpers/folder.ts'

it('plans 300 new Actions, 500 applications, 100 APIs and 50 organizations, and compares tokens in some logins', async () => {
  const folder = await folderWith({})
  await writeLargeWorkspace(folder, { actions: 300, clients: 500, apis: 100, organizations: 50, users: 100 })
  const { code, out } = await called(folder, planCommand, ['--json'])
  expect(code).toBe(0)
  const { changes, logins } = JSON.parse(out)
  const counts: Record<string, number> = {}
  for (const { type, change } of changes) counts[`${type} ${change}`] = (counts[`${type} ${change}`] ?? 0) + 1
  expect(counts).toEqual({
    'resourceServers create': 100,
    'clients create': 500,
    'actions create': 300,
    'clientGrants create': 166,
    'roles create': 20,
    'organizations create': 50,
    'triggers create': 1,
  })
  expect(logins.share).toMatchObject({ clients: { of: 500 }, apis: { of: 100 }, organizations: { of: 50 } })
  const { tried, of } = logins.share.logins
  expect(of).toBeGreaterThan(100_000)
  expect(tried).toBeLessThanOrEqual(64)
  expect(tried).toBeGreaterThanOrEqual(8)
}, 120_000)
