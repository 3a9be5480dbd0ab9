import type { TenantState } from '../../../lib/tenant/index.ts'
import fc from '../../helpers/fast-check.ts'

/** What somebody does in the dashboard: what, and to which of those that are there. */
export interface Edit {
  kind: keyof typeof KINDS
  which: number
}

type Change = (state: TenantState, which: number) => void

const of =
  <T extends object>(
    map: (state: TenantState) => ReadonlyMap<string, T> | undefined,
    change: (one: T) => void,
  ): Change =>
  (state, which) => {
    const all = [...(map(state)?.values() ?? [])]
    if (all.length > 0) change(all[which % all.length]!)
  }

const NOW = '2026-01-01T00:00:00.000Z'

const KINDS = {
  'edits the code of a draft': of(
    (state) => state.actions,
    (action) => {
      Object.assign(action, { code: '// theirs\n', all_changes_deployed: false })
    },
  ),
  'adds a secret to a draft': of(
    (state) => state.actions,
    (action) => {
      const added = { name: 'THEIRS', value: 'their value', updated_at: NOW }
      Object.assign(action, { secrets: [...action.secrets, added], all_changes_deployed: false })
    },
  ),
  'edits the code of a module': of(
    (state) => state.actionModules,
    (module) => {
      Object.assign(module, { code: '// theirs\n', all_changes_published: false })
    },
  ),
  'labels and reorders what is bound': of(
    (state) => state.bindings,
    (list) => {
      list.reverse()
      for (const [index, binding] of list.entries()) binding.display_name = `Step ${index}`
    },
  ),
  'unbinds all': of(
    (state) => state.bindings,
    (list) => list.splice(0),
  ),
  'adds metadata and more to an application': of(
    (state) => state.clients,
    (client) => {
      client.client_metadata = { ...client.client_metadata, theirs: 'yes', a: 'theirs' }
      client['logo_uri'] = 'https://theirs.example/'
    },
  ),
  'adds options to a connection': of(
    (state) => state.connections,
    (connection) => {
      connection.options = { ...connection.options, api_enable_users: true, scope: ['theirs'] }
    },
  ),
  'adds metadata to an organization': of(
    (state) => state.organizations,
    (organization) => {
      organization.metadata = { ...organization.metadata, theirs: 'yes' }
    },
  ),
  'takes permissions from a role': of(
    (state) => state.roles,
    (role) => role.permissions.splice(1),
  ),
  'adds a scope to an API': of(
    (state) => state.resourceServers,
    (api) => {
      api.scopes = [...(api.scopes ?? []), { value: 'theirs' }]
    },
  ),
  'connects an organization': ({ organizations, connections }: TenantState, which: number) => {
    const [organization] = [...organizations.values()]
    const connection = [...connections.values()][which % connections.size]!
    if (
      organization?.enabled_connections.some(({ connection_id }) => connection_id === connection.id) === false
    ) {
      const more = { assign_membership_on_login: true, is_enabled: true }
      organization.enabled_connections.push({ connection_id: connection.id, ...more })
    }
  },
} satisfies Record<string, Change>

export const EDITS: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({ kind: fc.constantFrom(...(Object.keys(KINDS) as Edit['kind'][])), which: fc.nat(3) }),
  { maxLength: 3 },
)

export function applyEdits(state: TenantState, edits: readonly Edit[]): void {
  for (const { kind, which } of edits) KINDS[kind](state, which)
}
