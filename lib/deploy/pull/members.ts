import { FIELDS } from '../../tenant/management/fields.ts'
import type { Entry } from '../wire/json.ts'
import { hasContent, type MarkerNames, withMarkers } from './secrets.ts'
import type { Selection } from './selection.ts'

/** Types whose members are known here, with what the deploy CLI knows besides. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  clients: FIELDS.clients.create,
  resourceServers: [...FIELDS.resourceServers.create, 'client_id'],
  clientGrants: FIELDS.clientGrants.create,
  roles: [...FIELDS.roles.create, 'permissions'],
  organizations: [
    ...FIELDS.organizations.create,
    'connections',
    'client_grants',
    'clients',
    'discovery_domains',
  ],
}

/** Members that Auth0 returns and nobody sets, or that it keeps for itself. */
export const ANSWERED: Readonly<Record<string, readonly string[]>> = {
  clients: [
    ...[
      'client_id',
      'client_secret',
      'tenant',
      'global',
      'is_global',
      'callback_url_template',
      'signing_keys',
    ],
    ...['owners', 'external_client_id', 'external_metadata_type', 'external_metadata_created_by', 'jwks_uri'],
  ],
  resourceServers: ['id', 'is_system'],
  clientGrants: ['id', 'is_system'],
  roles: ['id'],
  organizations: ['id', 'enabled_connections', 'is_app_entitlement_active'],
}

/** Types that are named in the singular in markers, where leaving out an `s` does not do. */
const OWNERS: Readonly<Record<string, string>> = {
  clients: 'CLIENT',
  resourceServers: 'API',
  clientGrants: 'GRANT',
  networkACLs: 'NETWORK_ACL',
  rateLimitPolicies: 'RATE_LIMIT_POLICY',
}

/** Types that are full of sentences for people. */
const WORDS: ReadonlySet<string> = new Set(['prompts', 'guardianFactorTemplates', 'phoneTemplates'])

/** A type as it is shown: known members, and markers for secrets. */
export function shown(
  type: string,
  value: unknown,
  names: MarkerNames,
  leftOut: Set<string>,
  { included }: Selection,
): unknown {
  const masked = (entry: unknown, ...owner: string[]) =>
    withMarkers(entry, [ownerWord(type), ...owner], names, { words: WORDS.has(type) })
  if (!Array.isArray(value)) return masked(value)
  const known = KNOWN[type]
  return (value as Entry[]).map((entry) => {
    const owner = String(entry['name'] ?? entry['identifier'] ?? entry['domain'] ?? entry['template'] ?? '')
    if (known === undefined) return masked(entry, owner)
    const answered = (ANSWERED[type] ?? []).filter((key) => !included(type).includes(key))
    for (const key of Object.keys(entry))
      if (!known.includes(key) && !answered.includes(key)) leftOut.add(`${type}.${key}`)
    const wanted = Object.keys(entry).filter(
      (key) =>
        [...known, ...included(type)].includes(key) && !answered.includes(key) && hasContent(entry[key]),
    )
    return masked(Object.fromEntries(wanted.map((key) => [key, entry[key]])), owner)
  })
}

/** How markers name a type: in the singular. */
export function ownerWord(type: string): string {
  return (
    OWNERS[type] ??
    type
      .replace(/s$/, '')
      .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
      .toUpperCase()
  )
}
