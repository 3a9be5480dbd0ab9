import { onTestFinished } from 'vitest'
import type { TenantAccess } from '../../lib/deploy/index.ts'
import { startTenant, type Tenant } from '../../lib/tenant/index.ts'
import type { ManagementCall, ManagementFaults } from '../../lib/tenant/management/index.ts'
import { readWorkspace, type Workspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'

export const KEYWORDS = { API_KEY: 'value-of-the-key' }

/** A workspace of two Actions; `code` is the first one's. */
export async function workspaceWith(
  options: { code?: string; order?: string[]; secret?: string } = {},
): Promise<Workspace> {
  const { code = 'one', order = ['first', 'second'], secret = '##API_KEY##' } = options
  const action = (name: string, secrets = '') => `
  - name: ${name}
    code: ./dist/actions/${name}.js
    runtime: node22
    deployed: true
    supported_triggers: [{ id: post-login, version: v3 }]${secrets}`
  return readWorkspace(
    await folderWith({
      'tenant.yaml': `
actions:${action('first', `\n    secrets: [{ name: API_KEY, value: '${secret}' }]`)}${action('second')}
triggers:
  post-login:${order.map((name) => `\n    - { action_name: ${name}, display_name: ${name} }`).join('')}
`,
      'actions/first.js': `exports.onExecutePostLogin = async () => '${code}'\n`,
      'actions/second.js': 'exports.onExecutePostLogin = async () => {}\n',
    }),
  )
}

export interface TestTenant {
  tenant: Tenant
  access: TenantAccess
  faults: ManagementFaults & { calls: ManagementCall[] }
}

export async function testTenant(): Promise<TestTenant> {
  const tenant = await startTenant()
  onTestFinished(() => tenant.stop())
  return targetOf(tenant)
}

export async function targetOf(tenant: Tenant): Promise<TestTenant> {
  const faults = { calls: [] }
  Object.assign(tenant.context, { faults })
  const { url, certificate, client } = await tenant.management()
  return {
    tenant,
    faults,
    access: {
      domain: new URL(url).host,
      credentials: { clientId: client.client_id, clientSecret: client.client_secret },
      certificate,
      local: true,
    },
  }
}

/** What runs at a login, as text to compare: code by Action, and the order. */
export function running({ tenant: { state } }: TestTenant): string {
  const actions = [...state.actions.values()].map(({ name, versions, deployed_version_id }) => {
    const deployed = versions.find(({ id }) => id === deployed_version_id)
    return `${name}=${deployed?.code.trim()} ${deployed?.secrets.map(({ value }) => value).join()}`
  })
  const order = (state.bindings.get('post-login') ?? []).map(
    ({ action_id }) => state.actions.get(action_id)?.name,
  )
  return [...actions.sort(), `order ${order.join(' ')}`].join('\n')
}

/** All that a deploy writes, as text to compare; without times and numbers of versions. */
export function everything(target: TestTenant): string {
  const { state } = target.tenant
  const { resourceServers, clients, clientGrants, roles, organizations, connections, actions } = state
  const drafts = [...actions.values()].map(({ name, code }) => `${name}: ${code}`)
  const modules = [...(state.actionModules?.values() ?? [])].map(
    ({ name, code, versions }) => `module ${name}: ${code} ${versions.at(-1)?.code === code}`,
  )
  const entities = [resourceServers, clients, clientGrants, roles, organizations, connections]
    .flatMap((map) => [...map.values()])
    .map((entity) => JSON.stringify(sorted(entity)))
  const kept = [...(state.kept ?? [])].map(([path, value]) => `${path} ${JSON.stringify(sorted(value))}`)
  return [running(target), ...drafts.sort(), ...modules.sort(), ...entities.sort(), ...kept.sort()].join('\n')
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => JSON.stringify(sorted(item))).sort()
  if (typeof value !== 'object' || value === null) return value
  return Object.entries(value)
    .map(([key, item]) => [key, sorted(item)])
    .sort()
}
