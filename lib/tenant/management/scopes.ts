import { RESOURCES } from './resources.ts'

const VERBS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    GET: 'read',
    POST: 'create',
    PATCH: 'update',
    PUT: 'update',
    DELETE: 'delete',
  }),
)

/**
 * The scopes of which one is needed for a call; `undefined` for a path that the local tenant does not have.
 * `path` is below `/api/v2`.
 */
export function neededScopes(method: string, path: string): string[] | undefined {
  const parts = path.split('/').filter((part) => part !== '')
  const entity = RESOURCES.get(parts[0] ?? '')?.scope
  const verb = VERBS.get(method)
  if (entity === undefined || verb === undefined) return undefined
  if (parts[0] === 'user-blocks') return [verb === 'read' ? 'read:users' : 'update:users']
  // The others are for `unknownPath`: an export leaves them out.
  if (parts[0] === 'attack-protection' && parts[1] !== 'brute-force-protection') return undefined
  const sub = parts[2]
  if (entity === 'organizations' && sub !== undefined && parts[1] !== 'name') {
    // A local tenant's token carries the whole entity; Auth0 has finer names, and either will do.
    const fine = sub === 'members' && parts[4] === 'roles' ? 'member_roles' : sub.replaceAll('-', '_')
    return [`${verb}:organization_${fine}`, `${verb}:organizations`]
  }
  if (entity === 'roles' && sub === 'permissions') return [verb === 'read' ? 'read:roles' : 'update:roles']
  if (entity === 'clients' && sub === 'credentials') return ['read:client_credentials', 'read:clients']
  if (entity === 'actions' && verb === 'create' && parts[1] === 'modules' && parts.length > 2)
    return ['update:actions']
  return [`${verb}:${entity}`]
}
