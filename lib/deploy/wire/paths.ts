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

function shapeOf(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll('*', '[^/]+')}$`)
}

/** Lists whose resources are not told apart by `id`. */
const ID_MEMBERS: readonly (readonly [RegExp, string])[] = (
  [
    ['/clients', 'client_id'],
    ['/custom-domains', 'custom_domain_id'],
    ['/branding/themes', 'themeId'],
    ['/guardian/factors', 'name'],
    ['/email-templates', 'template'],
    ['/rules-configs', 'key'],
    ['/organizations/*/connections', 'connection_id'],
    ['/organizations/*/clients', 'client_id'],
    ['/connections/*/clients', 'client_id'],
    ['/connections-directory-provisionings', 'connection_id'],
  ] as const
).map(([pattern, member]) => [shapeOf(pattern), member])

/** The member by which the resources of a list are told apart. */
export function idMember(list: string): string {
  return ID_MEMBERS.find(([shape]) => shape.test(list))?.[1] ?? 'id'
}

/** A new resource in a list that a POST names by another member than that of the list. */
export function givenId(list: string, body: Readonly<Record<string, unknown>>): string | undefined {
  const member = /^\/organizations\/[^/]+\/client-grants$/.test(list) ? 'grant_id' : idMember(list)
  const id = member === 'id' || list === '/clients' ? undefined : body[member]
  return typeof id === 'string' ? id : undefined
}

/** Resources that are part of another one, and the field of tenant.yaml that they are. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^(\/roles\/[^/]+)\/permissions$/, 'permissions'],
  [/^(\/connections\/[^/]+)\/clients$/, 'enabled_clients'],
  [/^(\/connections\/[^/]+)\/scim-configuration$/, 'scim_configuration'],
  [/^(\/connections\/[^/]+)\/directory-provisioning(?:\/.*)?$/, 'directory_provisioning_configuration'],
  [/^(\/organizations\/[^/]+)\/connections(?:\/[^/]+)?$/, 'connections'],
  [/^(\/organizations\/[^/]+)\/client-grants(?:\/[^/]+)?$/, 'client_grants'],
  [/^(\/organizations\/[^/]+)\/discovery-domains(?:\/[^/]+)?$/, 'discovery_domains'],
  [/^(\/organizations\/[^/]+)\/clients(?:\/[^/]+)?$/, 'clients'],
  [/^(\/clients\/[^/]+)\/credentials(?:\/[^/]+)?$/, 'client_authentication_methods'],
  [/^(\/hooks\/[^/]+)\/secrets$/, 'secrets'],
]

/** The resource that a resource is part of, with the field's name in tenant.yaml. */
export function partOf(path: string): { whole: string; field: string } | undefined {
  for (const [shape, field] of PARTS) {
    const whole = shape.exec(path)?.[1]
    if (whole !== undefined) return { whole, field }
  }
  return undefined
}

/** What a list below a resource is called in its answer; the empty text stands for a bare array. */
const LIST_KEYS: readonly (readonly [RegExp, string])[] = [
  [/^\/roles\/[^/]+\/permissions$/, 'permissions'],
  [/^\/connections\/[^/]+\/clients$/, 'clients'],
  [/^\/organizations\/[^/]+\/connections$/, 'connections'],
  [/^\/organizations\/[^/]+\/client-grants$/, 'client_grants'],
  [/^\/organizations\/[^/]+\/discovery-domains$/, 'domains'],
  [/^\/organizations\/[^/]+\/clients$/, 'clients'],
  [/^\/actions\/modules\/[^/]+\/versions$/, 'versions'],
  [/^\/actions\/actions\/[^/]+\/versions$/, 'versions'],
  [/^\/clients\/[^/]+\/credentials$/, ''],
]

/** The key of a list below a resource that exists in the overlay only; `undefined` for what is no list. */
export function listKey(path: string): string | undefined {
  return LIST_KEYS.find(([shape]) => shape.test(path))?.[1]
}

/** Resources that a PUT replaces as a whole. Elsewhere it names what is to change. */
export function isReplaced(path: string): boolean {
  return /\/custom-text\/|\/partials$|^\/guardian\/policies$|\/message-types$/.test(path)
}

/** Resources that a POST to their own path creates: there is one of them only. */
export function isSingle(path: string): boolean {
  return /^\/emails\/provider$|\/scim-configuration$|\/directory-provisioning$/.test(path)
}

/** The parts of `/actions/actions/{id}/deploy` and `/actions/modules/{id}/versions`. */
export function publishedBy(path: string): string | undefined {
  return (
    /^(\/actions\/actions\/[^/]+)\/deploy$/.exec(path)?.[1] ??
    /^(\/actions\/modules\/[^/]+)\/versions$/.exec(path)?.[1]
  )
}

export function isBindings(path: string): boolean {
  return /^\/actions\/triggers\/[^/]+\/bindings$/.test(path)
}

/** Resources that are a set of members, to which calls add and from which they take away. */
export function isMembers(path: string): boolean {
  return /^\/roles\/[^/]+\/permissions$|^\/connections\/[^/]+\/clients$/.test(path)
}
