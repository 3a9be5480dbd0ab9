import { expect, it } from 'vitest'
import {
  closeJournal,
  deployChanges,
  markersOf,
  newJournal,
  planDeploy,
  readJournals,
  rollBack,
} from '../../lib/deploy/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { type TestTenant, testTenant } from './setup.ts'

type State = TestTenant['tenant']['state']

const MARKERS = markersOf(undefined, {})

it.each<[string, string, keyof State, object]>([
  ['databases', '{ name: customers, strategy: auth0 }', 'connections', { strategy: 'auth0', options: {} }],
  ['roles', '{ name: customers }', 'roles', { permissions: [] }],
  ['organizations', '{ name: customers }', 'organizations', { display_name: 'customers' }],
])('does not take back what somebody else made of %s at the same time', async (type, entry, map, more) => {
  const target = await testTenant()
  const root = await folderWith({ 'tenant.yaml': `${type}:\n  - ${entry}\n` })
  const options = { ...target.access, workspace: await readWorkspace(root), keywords: {} }
  const there = target.tenant.state[map] as Map<string, object>
  target.faults.inject = ({ method, path }) => {
    if (method === 'POST' && path === `/${map}`) there.set('id_1', { id: 'id_1', name: 'customers', ...more })
    return undefined
  }
  const made = () => [...there.values()].filter((one) => 'name' in one && one.name === 'customers')

  await expect(deployChanges(options)).rejects.toThrow(/: 409 .*Nothing in the tenant had changed\.$/)
  expect(made()).toHaveLength(1)

  // Nor by its journal, when it was cut off before it could take anything back.
  there.delete('id_1')
  const { domain, before } = await planDeploy(options)
  const journal = newJournal(root, MARKERS, { domain, state: before })
  await expect(deployChanges({ ...options, journal, restoreOnFailure: false })).rejects.toThrow(': 409 ')
  expect((await readJournals(root, domain, MARKERS)).map(({ calls }) => calls.begun)).toEqual([0])
  await rollBack({ ...target.access, root, markers: MARKERS }, before)
  expect(made()).toHaveLength(1)

  // Nor once a later deploy has finished it.
  await closeJournal(root, journal.number(), 'deployed')
  await rollBack({ ...target.access, root, markers: MARKERS }, before)
  expect(made()).toHaveLength(1)
})
