import { isObject } from '../json.ts'
import type { Api, Application, ClientGrant, Role } from '../policy/index.ts'
import { markersIn } from './marker-text.ts'
import type { TenantFile } from './types.ts'

/** What every entity has. */
interface Entry {
  /** Members that are set, and whose value the file does not show, such as `@@KEY@@` for a list. They are left out. */
  unread: ReadonlySet<string>
}

export interface ClientEntry extends Omit<Application, 'client_id'>, Entry {
  client_id?: string
  callbacks?: readonly string[]
}

export interface ApiEntry extends Api, Entry {}

export interface ClientGrantEntry extends ClientGrant, Entry {}

export interface RoleEntry extends Omit<Role, 'permissions'>, Entry {
  permissions?: Role['permissions']
}

export interface OrganizationEntry extends Entry {
  name: string
  display_name?: string
  metadata?: Record<string, string>
  connections?: readonly { name?: string; assign_membership_on_login?: boolean }[]
}

/** The entities that are read in more places than one. A type that tenant.yaml does not list is absent. */
export interface TenantEntities {
  clients?: readonly ClientEntry[]
  resourceServers?: readonly ApiEntry[]
  clientGrants?: readonly ClientGrantEntry[]
  roles?: readonly RoleEntry[]
  organizations?: readonly OrganizationEntry[]
}

/** The value, or `undefined` where it has another form. */
type Read<T> = (value: unknown) => T | undefined

/** The members of an entity that are read, each with its form. */
type Members<Known extends Entry> = { [Name in keyof Omit<Known, 'unread'>]-?: Read<Known[Name]> }

// YAML reads an unquoted number or boolean as such; the deploy CLI takes it as text.
const text: Read<string> = (value) =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined
const yes: Read<boolean> = (value) => (typeof value === 'boolean' ? value : undefined)
const number: Read<number> = (value) => (typeof value === 'number' ? value : undefined)
const texts = listOf(text)

/** One of Auth0's words: any text without a marker, since the deploy CLI and Auth0 say which words are allowed. */
function word<Word extends string>(value: unknown): Word | undefined {
  return typeof value === 'string' && markersIn(value).length === 0 ? (value as Word) : undefined
}

/** An object whose members are taken as they are. */
function object<T extends object>(value: unknown): T | undefined {
  return isObject(value) ? (value as T) : undefined
}

function listOf<T>(read: Read<T>): Read<T[]> {
  return (value) => {
    if (!Array.isArray(value)) return undefined
    const items = value.map(read)
    return items.every((item) => item !== undefined) ? items : undefined
  }
}

/** An object that has this text, at least. */
function having<T extends object>(name: keyof T & string): Read<T> {
  return (value) => (isObject(value) && text(value[name]) !== undefined ? (value as T) : undefined)
}

const CLIENT: Members<ClientEntry> = {
  name: text,
  client_id: text,
  app_type: word,
  is_first_party: yes,
  grant_types: texts,
  callbacks: texts,
  token_endpoint_auth_method: word,
  client_authentication_methods: object,
  jwt_configuration: object,
  refresh_token: object,
  organization_usage: word,
  organization_require_behavior: word,
  client_metadata: object,
  default_organization: object,
}

const API: Members<ApiEntry> = {
  identifier: text,
  scopes: listOf(having<{ value: string }>('value')),
  signing_alg: word,
  allow_offline_access: yes,
  token_lifetime: number,
  token_dialect: word,
  enforce_policies: yes,
  subject_type_authorization: object,
}

const GRANT: Members<ClientGrantEntry> = {
  client_id: text,
  audience: text,
  scope: texts,
  subject_type: word,
  allow_all_scopes: yes,
  organization_usage: word,
}

const ROLE: Members<RoleEntry> = {
  name: text,
  permissions: listOf(having<Role['permissions'][number]>('permission_name')),
}

const ORGANIZATION: Members<OrganizationEntry> = {
  name: text,
  display_name: text,
  metadata: object,
  connections: listOf(object),
}

/**
 * The one reading of what tenant.yaml says of clients, APIs, grants, roles and organizations, in its order. Fills no
 * marker: give it a filled file for that. Checks no value, and refuses nothing; the deploy CLI does. A file is read once:
 * give it one that does not change.
 */
export function entitiesOf(tenant: TenantFile): TenantEntities {
  const known = read.get(tenant) ?? readEntities(tenant)
  read.set(tenant, known)
  return known
}

/** Rules ask for each Action, and a file may have hundreds of entries. */
const read = new WeakMap<TenantFile, TenantEntities>()

function readEntities(tenant: TenantFile): TenantEntities {
  return {
    ...list('clients', tenant.clients, CLIENT, { name: '' }),
    ...list('resourceServers', tenant.resourceServers, API, { identifier: '' }),
    ...list('clientGrants', tenant.clientGrants, GRANT, { client_id: '', audience: '' }),
    ...list('roles', tenant.roles, ROLE, { name: '' }),
    ...list('organizations', tenant.organizations, ORGANIZATION, { name: '' }),
  }
}

function list<Type extends keyof TenantEntities, Known extends Entry>(
  type: Type,
  entries: readonly Readonly<Record<string, unknown>>[] | undefined,
  members: Members<Known>,
  missing: Partial<Known>,
): TenantEntities {
  if (entries === undefined) return {}
  return {
    [type]: entries.map((entry) => {
      const known: Record<string, unknown> = { ...missing }
      const unread = new Set<string>()
      for (const [name, read] of Object.entries<Read<unknown>>(members)) {
        const written = entry[name] ?? undefined
        const value = read(written)
        if (value !== undefined) known[name] = value
        else if (written !== undefined) unread.add(name)
      }
      return { ...known, unread }
    }),
  }
}
