import type { Entry } from '../wire/json.ts'

/** What of a tenant is pulled, by the deploy CLI's settings. */
export interface Selection {
  config: Readonly<Record<string, unknown>>
  /** Whether a type is pulled. */
  has(type: string): boolean
  /** Whether an entry of tenant.yaml, with its markers filled, is left as it is. */
  leaves(type: string, entry: Entry): boolean
  /** Members of a type that are left as they are, or brought against the rule: paths with dots. */
  excluded(type: string): readonly string[]
  included(type: string): readonly string[]
}

/** Settings that leave entries of one type out, by the name. */
export const BY_NAME: Readonly<Record<string, string>> = {
  rules: 'AUTH0_EXCLUDED_RULES',
  clients: 'AUTH0_EXCLUDED_CLIENTS',
  databases: 'AUTH0_EXCLUDED_DATABASES',
  connections: 'AUTH0_EXCLUDED_CONNECTIONS',
  resourceServers: 'AUTH0_EXCLUDED_RESOURCE_SERVERS',
}

/** The selection that the deploy CLI's settings make. */
export function selectionOf(config: Readonly<Record<string, unknown>> = {}): Selection {
  const excluded = listOf(config['AUTH0_EXCLUDED']) ?? []
  const only = listOf(config['AUTH0_INCLUDED_ONLY'])
  const onlyConnections = listOf(config['AUTH0_INCLUDED_CONNECTIONS']) ?? []
  const thirdParty = ['true', 'True', true].includes(config['AUTH0_EXCLUDE_THIRD_PARTY_CLIENTS'] as string)
  const propertiesOf = (setting: string) => (type: string) => {
    const lists = config[setting]
    return typeof lists === 'object' && lists !== null ? (listOf((lists as Entry)[type]) ?? []) : []
  }
  return {
    config,
    has: (type) => !excluded.includes(type) && (only === undefined || only.includes(type)),
    leaves(type, entry) {
      const name = String(entry[type === 'clientGrants' ? 'client_id' : 'name'] ?? '')
      const names = listOf(config[BY_NAME[type === 'clientGrants' ? 'clients' : type] ?? ''])
      if (names?.includes(name) === true) return true
      if (type === 'connections' && onlyConnections.length > 0) return !onlyConnections.includes(name)
      return type === 'clients' && thirdParty && entry['is_first_party'] === false
    },
    excluded: propertiesOf('EXCLUDED_PROPS'),
    included: propertiesOf('INCLUDED_PROPS'),
  }
}

/** Types that others refer to by name: they are read in any case. */
const REFERRED = ['clients', 'userAttributeProfiles', 'connectionProfiles']

/** The settings for the deploy CLI's export. */
export function exportSettings({ config }: Selection): Record<string, unknown> {
  const without = (listOf(config['AUTH0_EXCLUDED']) ?? []).filter((type) => !REFERRED.includes(type))
  const only = listOf(config['AUTH0_INCLUDED_ONLY'])
  const { AUTH0_EXCLUDED: _, ...rest } = config
  return {
    ...rest,
    ...(without.length > 0 && { AUTH0_EXCLUDED: without }),
    ...(only !== undefined && { AUTH0_INCLUDED_ONLY: [...new Set([...only, ...REFERRED])] }),
  }
}

/** A list as config.json has it, or as the environment gives it: JSON, or names with commas between. */
function listOf(value: unknown): string[] | undefined {
  if (Array.isArray(value)) return value.map(String)
  if (typeof value !== 'string' || value === '') return undefined
  return value.split(',').map((name) => name.trim())
}
