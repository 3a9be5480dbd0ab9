/**
 * Writes lib/workspace/known-members.ts: the sections of tenant.yaml and the members of the types that logins depend on,
 * from the schema of auth0-deploy-cli and from the fields that the Management API takes. Loading that CLI takes a second,
 * which a check has not. A test holds the file to both.
 */
import { writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { FIELDS, type ResourceFields } from '../lib/tenant/management/fields.ts'

export const KNOWN_MEMBERS_FILE = fileURLToPath(new URL('../lib/workspace/known-members.ts', import.meta.url))

interface Schema {
  items?: Schema
  properties?: Record<string, Schema>
  anyOf?: Schema[]
  oneOf?: Schema[]
}

const TYPES = [
  'actionModules',
  'actions',
  'clientGrants',
  'clients',
  'connections',
  'databases',
  'organizations',
  'resourceServers',
  'roles',
] as const

/** What neither source lists: settings that the reference of the Management API describes. */
const OTHERS: Readonly<Record<string, string>> = {
  'clients.jwt_configuration': 'alg lifetime_in_seconds scopes secret_encoded',
  'clients.refresh_token':
    'expiration_type idle_token_lifetime infinite_idle_token_lifetime infinite_token_lifetime leeway rotation_type token_lifetime',
  clients: 'client_id client_secret cross_origin_auth',
  connections: 'id provisioning_ticket_url',
  databases: 'id display_name enabled_clients is_domain_connection metadata realms show_as_button',
  resourceServers: 'id',
  roles: 'id',
  'resourceServers.scopes': 'value',
  'organizations.connections': 'name connection',
}

/** Known names by path of the section or member, sorted. */
export function knownMembers(): { sections: string[]; members: Record<string, string[]> } {
  const require = createRequire(import.meta.url)
  const cli = createRequire(require.resolve('auth0-deploy-cli'))
  const { properties } = cli('./tools/auth0/schema').default as { properties: Record<string, Schema> }
  const members = new Map<string, Set<string>>()
  const add = (path: string, names: readonly string[]) => {
    const known = members.get(path) ?? new Set()
    for (const name of names) known.add(name)
    members.set(path, known)
  }
  for (const type of TYPES) {
    for (const schema of variantsOf(properties[type])) {
      add(type, Object.keys(schema.properties ?? {}))
      for (const [name, below] of Object.entries(schema.properties ?? {})) {
        for (const { properties: own } of variantsOf(below))
          if (own !== undefined) add(`${type}.${name}`, Object.keys(own))
      }
    }
    const {
      create = [],
      change = [],
      shownOnly = [],
    }: Partial<ResourceFields> = type in FIELDS
      ? FIELDS[type as keyof typeof FIELDS]
      : type === 'databases'
        ? FIELDS.connections
        : {}
    add(type, [...create, ...change, ...shownOnly])
  }
  for (const [path, names] of Object.entries(OTHERS)) add(path, names.split(' '))
  // Options of a connection are of as many kinds as there are strategies.
  for (const path of ['connections.options', 'databases.options', 'connections.authentication'])
    members.delete(path)
  return {
    sections: Object.keys(properties).sort(),
    members: Object.fromEntries(
      [...members].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, names]) => [path, [...names].sort()]),
    ),
  }
}

/** A schema, or that of the items of a list, and its variants. */
function variantsOf(schema: Schema | undefined): Schema[] {
  const own = schema?.items ?? schema
  return own === undefined ? [] : [own, ...(own.anyOf ?? []), ...(own.oneOf ?? [])]
}

/** The file, as TypeScript. */
export function knownMembersText(): string {
  const { sections, members } = knownMembers()
  const lines = (names: readonly string[]) => {
    const rows: string[] = ['']
    for (const name of names) {
      const last = rows.at(-1)!
      if (last === '') rows[rows.length - 1] = name
      else if (last.length + name.length > 95) rows.push(name)
      else rows[rows.length - 1] = `${last} ${name}`
    }
    return rows.map((row) => `    '${row}',`).join('\n')
  }
  const entries = Object.entries(members).map(([path, names]) => `  '${path}': [\n${lines(names)}\n  ],`)
  return [
    '// Written by scripts/known-members.ts from auth0-deploy-cli and the fields of the Management API. Do not edit.',
    '',
    '/** The sections of tenant.yaml, some to a line. */',
    `export const SECTIONS: readonly string[] = [\n${lines(sections).replace(/^ {4}/gm, '  ')}\n]`,
    '',
    '/** Members by the path of what has them, some to a line. */',
    `export const MEMBERS: Readonly<Record<string, readonly string[]>> = {\n${entries.join('\n')}\n}`,
    '',
  ].join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await writeFile(KNOWN_MEMBERS_FILE, knownMembersText())
