/** A path below `/api/v2`, and its query. */
export interface Target {
  path: string
  query: URLSearchParams
}

export function targetOf(text: string): Target {
  const [path = '', query = ''] = text.split('?', 2)
  return { path, query: new URLSearchParams(query) }
}

/** Path of the list that holds the resource, and the resource's id in it. */
export function parentOf(path: string): [list: string, id: string] {
  const at = path.lastIndexOf('/')
  return [path.slice(0, at), decodeURIComponent(path.slice(at + 1))]
}

/** The path of a list's resource. */
export function childOf(list: string, id: string): string {
  return `${list}/${encodeURIComponent(id)}`
}

/** Whether a path has this form: `*` stands for one part. */
export function fits(path: string, form: string): boolean {
  const [parts, wanted] = [path.split('/'), form.split('/')]
  return (
    parts.length === wanted.length && wanted.every((part, index) => part === '*' || part === parts[index])
  )
}

/** Lists whose resources are not told apart by `id`. */
const ID_MEMBERS: Readonly<Record<string, string>> = {
  '/clients': 'client_id',
  '/custom-domains': 'custom_domain_id',
  '/branding/themes': 'themeId',
  '/guardian/factors': 'name',
  '/email-templates': 'template',
  '/rules-configs': 'key',
  '/organizations/*/connections': 'connection_id',
  '/organizations/*/clients': 'client_id',
  '/connections/*/clients': 'client_id',
  '/connections-directory-provisionings': 'connection_id',
}

/** The member by which the resources of a list are told apart. */
export function idMember(list: string): string {
  return ID_MEMBERS[list] ?? Object.entries(ID_MEMBERS).find(([form]) => fits(list, form))?.[1] ?? 'id'
}

/** A new resource in a list that a POST names by another member than that of the list. */
export function givenId(list: string, body: Readonly<Record<string, unknown>>): string | undefined {
  const member = fits(list, '/organizations/*/client-grants') ? 'grant_id' : idMember(list)
  const id = member === 'id' || list === '/clients' ? undefined : body[member]
  return typeof id === 'string' ? id : undefined
}

/** Resources that are part of another one, and the field of tenant.yaml that they are. */
const PARTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  roles: { permissions: 'permissions' },
  connections: {
    clients: 'enabled_clients',
    'scim-configuration': 'scim_configuration',
    'directory-provisioning': 'directory_provisioning_configuration',
  },
  organizations: {
    connections: 'connections',
    'client-grants': 'client_grants',
    'discovery-domains': 'discovery_domains',
    clients: 'clients',
  },
  clients: { credentials: 'client_authentication_methods' },
  hooks: { secrets: 'secrets' },
}

/** The resource that a resource is part of, with the field's name in tenant.yaml. */
export function partOf(path: string): { whole: string; field: string } | undefined {
  const [, type = '', id, part = ''] = path.split('/')
  const field = PARTS[type]?.[part]
  return field === undefined ? undefined : { whole: `/${type}/${id}`, field }
}

/** Lists below a resource that go with it when it is deleted, and that others may have added to. */
export function partLists(path: string): string[] {
  return SHARED.map((form) => `${path}/${form.split('/')[3]!}`).filter((list) =>
    SHARED.some((form) => fits(list, form)),
  )
}

const SHARED = [
  '/roles/*/permissions',
  '/connections/*/clients',
  '/organizations/*/connections',
  '/organizations/*/client-grants',
  '/organizations/*/discovery-domains',
]

/** The key of a list below a resource in its response; the empty text stands for a bare array. */
const LIST_KEYS: Readonly<Record<string, string>> = {
  '/roles/*/permissions': 'permissions',
  '/connections/*/clients': 'clients',
  '/organizations/*/connections': 'connections',
  '/organizations/*/client-grants': 'client_grants',
  '/organizations/*/discovery-domains': 'domains',
  '/organizations/*/clients': 'clients',
  '/actions/modules/*/versions': 'versions',
  '/actions/actions/*/versions': 'versions',
  '/clients/*/credentials': '',
}

/** The key of a list below a resource that exists in the overlay only; `undefined` for what is no list. */
export function listKey(path: string): string | undefined {
  return Object.entries(LIST_KEYS).find(([form]) => fits(path, form))?.[1]
}

/** Resources that a PUT replaces as a whole. Elsewhere it names what is to change. */
export function isReplaced(path: string): boolean {
  const parts = path.split('/')
  return (
    parts.includes('custom-text') ||
    ['partials', 'message-types'].includes(parts.at(-1)!) ||
    path === '/guardian/policies'
  )
}

/** Objects that a PATCH replaces as a whole. All others are merged, member by member, as recorded answers show. */
const WHOLE: Readonly<Record<string, readonly string[]>> = {
  '/connections/*': ['options', 'metadata'],
  '/organizations/*': ['metadata'],
  '/emails/provider': ['credentials'],
}

/** Members of a resource that a PATCH replaces as a whole. */
export function wholeMembers(path: string): readonly string[] {
  return Object.entries(WHOLE).find(([form]) => fits(path, form))?.[1] ?? []
}

/** Resources that a POST to their own path creates: there is one of them only. */
export function isSingle(path: string): boolean {
  return (
    path === '/emails/provider' ||
    ['scim-configuration', 'directory-provisioning'].includes(path.split('/').at(-1)!)
  )
}

/** Resources that are a map: a POST adds to it, and a DELETE names the keys to take away. */
export function isMap(path: string): boolean {
  return fits(path, '/hooks/*/secrets')
}

/** What a version is made of by a POST to this path: an Action that is deployed, a module that is published. */
export function publishedBy(path: string): string | undefined {
  const publishes = fits(path, '/actions/actions/*/deploy') || fits(path, '/actions/modules/*/versions')
  return publishes ? parentOf(path)[0] : undefined
}

export function isBindings(path: string): boolean {
  return fits(path, '/actions/triggers/*/bindings')
}

/** Resources that are a set of members, to which calls add and from which they take away. */
export function isMembers(path: string): boolean {
  return fits(path, '/roles/*/permissions') || fits(path, '/connections/*/clients')
}

/** Resources of which a list shows the names, and nothing the values. */
export function isUnreadable(path: string): boolean {
  return fits(path, '/rules-configs/*')
}
