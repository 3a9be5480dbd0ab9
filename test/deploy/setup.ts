import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Command } from '../../lib/cli/command.ts'
import type { TenantAccess } from '../../lib/deploy/index.ts'
import { startTenant, type Tenant } from '../../lib/tenant/index.ts'
import type { ManagementCall, ManagementFaults } from '../../lib/tenant/management/index.ts'
import { readWorkspace, type Workspace } from '../../lib/workspace/index.ts'
import { folderWith } from '../helpers/folder.ts'
import { recordedTerminal } from '../helpers/terminal.ts'

export const KEYWORDS = { API_KEY: 'value-of-the-key' }

/** An entry of `actions` in tenant.yaml: deployed, for post-login; its source is `actions/<name>`. */
export const actionEntry = (name: string, more = '') => `
  - name: ${name}
    code: ./dist/actions/${name}.js
    runtime: node22
    deployed: true
    supported_triggers: [{ id: post-login, version: v3 }]${more}`

/** A workspace of two Actions; `code` is the first one's. */
export async function workspaceWith(
  options: { code?: string; order?: string[]; secret?: string } = {},
): Promise<Workspace> {
  const { code = 'one', order = ['first', 'second'], secret = '##API_KEY##' } = options
  return readWorkspace(
    await folderWith({
      'tenant.yaml': `
actions:${actionEntry('first', `\n    secrets: [{ name: API_KEY, value: '${secret}' }]`)}${actionEntry('second')}
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

/** How a command reaches a test tenant: the environment, and the values of its flags. */
export interface CommandTarget {
  env: Record<string, string>
  values: { tenant: string; url: string; certificate: string }
}

/** Writes the tenant's certificate into a workspace, and returns what names the tenant to a command that runs there. */
export async function commandTarget(
  { tenant }: Pick<TestTenant, 'tenant'>,
  cwd: string,
): Promise<CommandTarget> {
  const { url, certificate, client } = await tenant.management()
  await writeFile(join(cwd, 'local.pem'), certificate)
  return {
    env: { AUTH0_CLIENT_ID: client.client_id, AUTH0_CLIENT_SECRET: client.client_secret },
    values: { tenant: 'local', url, certificate: 'local.pem' },
  }
}

/** Runs a command in a workspace against a test tenant. */
export async function runAt(
  { env, values }: CommandTarget,
  cwd: string,
  command: Command,
  more: Record<string, string | boolean> = {},
): Promise<{ exit: number; out: string; err: string }> {
  const terminal = recordedTerminal({ cwd, env })
  const exit = await command.run(terminal, { ...values, ...more }, [])
  return { exit, out: terminal.stdout(), err: terminal.stderr() }
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
