import { inspect, isDeepStrictEqual } from 'node:util'
import { emptyState, type TenantState } from '../../../lib/tenant/index.ts'
import { bruteForceProtection } from '../../../lib/tenant/login-attempts.ts'
import { keptAnswer } from '../../../lib/tenant/management/kept.ts'

/**
 * All that a tenant has, by type and name, to be compared: without times, and without versions that do not run.
 *
 * @param exactly Whether a member that is equal to nothing counts.
 */
export async function contentOf(state: TenantState, exactly = false): Promise<Record<string, unknown>> {
  const plain = exactly ? timeless : withoutNothing
  const bySet = (list: readonly unknown[] | undefined) =>
    list?.map((one) => inspect(plain(one), { sorted: true })).sort()
  const content: Record<string, unknown> = {}
  const add = (type: string, name: string, value: object) => {
    content[`${type} ${name}`] = plain(value)
  }
  for (const one of state.clients.values()) add('clients', one.name, one)
  for (const one of state.resourceServers.values()) add('resourceServers', one.identifier, one)
  for (const one of state.clientGrants.values()) {
    const client = state.clients.get(one.client_id)?.name ?? one.client_id
    add('clientGrants', `${client} ${one.audience} ${one.subject_type ?? 'client'}`, one)
  }
  for (const one of state.roles.values())
    add('roles', one.name, { ...one, permissions: bySet(one.permissions) })
  for (const one of state.organizations.values()) {
    add('organizations', one.name, { ...one, enabled_connections: bySet(one.enabled_connections) })
  }
  for (const one of state.connections.values()) {
    add('connections', one.name, { ...one, enabled_clients: bySet(one.enabled_clients) })
  }
  for (const { versions, deployed_version_id, ...draft } of state.actions.values()) {
    const running = versions.find(({ id }) => id === deployed_version_id)
    add('actions', draft.name, { ...draft, running: running && { ...running, id: '', number: 0 } })
  }
  for (const { versions, ...draft } of state.actionModules?.values() ?? []) {
    const { code, dependencies, secrets } = versions.at(-1) ?? {}
    const running = versions.length === 0 ? undefined : { code, dependencies, secrets }
    add('actionModules', draft.name, { ...draft, running })
  }
  for (const [trigger, list] of state.bindings) {
    if (list.length === 0) continue
    add('triggers', trigger, {
      list: list.map(({ action_id, display_name }) => [state.actions.get(action_id)?.name, display_name]),
    })
  }
  const fresh = emptyState()
  for (const path of state.kept?.keys() ?? []) {
    const [value, unwritten] = await Promise.all([state, fresh].map((one) => shown(one, path)))
    // A setting that says what a new tenant has is no difference.
    if (!isDeepStrictEqual(plain(value), plain(unwritten))) add('kept', path, { value })
  }
  add('settings', '', { ...state.settings, brute_force_protection: bruteForceProtection(state) })
  return content
}

// The deploy CLI publishes versions that are equal to the one before, so a module has more of them.
const UNCOMPARED = ['created_at', 'updated_at', 'built_at', 'latest_version_number']

/** Without times, without numbers of versions and without what is equal to nothing: a tenant need not show whether that was written. */
export function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutNothing(item) ?? null)
  if (typeof value !== 'object' || value === null) return value || undefined
  const members = Object.entries(value)
    .filter(([name]) => !UNCOMPARED.includes(name))
    .map(([name, item]) => [name, withoutNothing(item)] as const)
    .filter(([, item]) => item !== undefined && !(Array.isArray(item) && item.length === 0))
  return members.length === 0 ? undefined : Object.fromEntries(members)
}

function timeless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(timeless)
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value).filter(
    ([name, item]) => !UNCOMPARED.includes(name) && item !== undefined,
  )
  return Object.fromEntries(members.map(([name, item]) => [name, timeless(item)]))
}

async function shown(state: TenantState, path: string): Promise<unknown> {
  const call = {
    method: 'GET',
    path,
    query: new URLSearchParams(),
    body: async () => undefined,
    now: new Date(),
  }
  return (await keptAnswer(state, call).catch(() => undefined))?.json
}
