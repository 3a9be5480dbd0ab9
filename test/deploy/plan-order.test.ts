import { expect, it } from 'vitest'
import { planDeploy } from '../../lib/deploy/index.ts'
import { readWorkspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { testTenant } from './setup.ts'

/** Types whose changes the deploy CLI sends at the same time, and not by name. */
const TENANT = `
riskAssessment: { settings: { enabled: true }, new_device: { remember_for: 20 } }
guardianFactors: [{ name: sms, enabled: true }, { name: otp, enabled: true }, { name: email, enabled: true }]
resourceServers: [{ name: Api, identifier: https://api.example/, scopes: [{ value: read }, { value: write }] }]
clients: [{ name: Zoo, app_type: spa }, { name: App, app_type: spa }, { name: Middle, app_type: spa }]
databases: [{ name: people, strategy: auth0, enabled_clients: [Zoo, App] }]
roles:
  - { name: writer, permissions: [{ permission_name: write, resource_server_identifier: https://api.example/ }] }
  - { name: reader, permissions: [{ permission_name: read, resource_server_identifier: https://api.example/ }] }
rulesConfigs: [{ key: TWO, value: two }, { key: ONE, value: one }]
attackProtection:
  bruteForceProtection: { enabled: true, shields: [block], mode: count_per_identifier_and_ip, allowlist: [], max_attempts: 7 }
  breachedPasswordDetection: { enabled: true, shields: [block], admin_notification_frequency: [], method: standard }
`

it('is the same, in the order of tenant.yaml, whichever answer of the tenant comes first', {
  timeout: 30_000,
}, async () => {
  const { access, faults } = await testTenant()
  const workspace = await readWorkspace(await folderWith({ 'tenant.yaml': TENANT }))
  const planned = async (shuffled: (number: number) => number) => {
    faults.inject = ({ number }) => ({ kind: 'slow', milliseconds: shuffled(number) })
    const { changes, wire } = await planDeploy({ ...access, workspace, keywords: {} })
    return { changes, steps: wire.changed.map(({ type, name }) => `${type} ${name}`) }
  }
  const first = await planned((number) => (number % 4) * 15)
  expect(await planned((number) => (3 - (number % 4)) * 15)).toEqual(first)
  expect(await planned((number) => ((number * 7) % 5) * 15)).toEqual(first)
  const namesOf = (wanted: string) =>
    first.changes.filter(({ type }) => type === wanted).map(({ name }) => name)
  expect(namesOf('clients')).toEqual(['Zoo', 'App', 'Middle'])
  expect(namesOf('roles')).toEqual(['writer', 'reader'])
  expect(namesOf('guardianFactors')).toEqual(['sms', 'otp', 'email'])
  expect(namesOf('riskAssessment')).toHaveLength(2)
})
