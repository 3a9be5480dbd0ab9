import type { Needs } from './types.ts'

export type Changes = Readonly<Record<string, unknown>>

/** Claims that lack what an endpoint needs, or have it where it does not count. */
export function lacking(payload: Changes, needs: Needs): [name: string, changes: Changes][] {
  const { scopes = [], permissions = [], organization } = needs
  const lacks: [string, Changes][] = []
  const granted = typeof payload['scope'] === 'string' ? payload['scope'].split(' ') : []
  for (const scope of scopes) {
    const rest = granted.filter((one) => one !== scope)
    lacks.push(
      [`no scope ${scope}`, { scope: rest.join(' ') }],
      [`a scope that begins with ${scope}`, { scope: [...rest, `${scope}x`].join(' ') }],
      [`a scope that ends with ${scope}`, { scope: [...rest, `x${scope}`].join(' ') }],
      [`a part of ${scope}`, { scope: [...rest, scope.slice(0, -1)].join(' ') }],
      [`${scope} with a comma`, { scope: `${scope},x` }],
    )
    if (scope.toUpperCase() !== scope) {
      lacks.push([`${scope} in upper case`, { scope: [...rest, scope.toUpperCase()].join(' ') }])
    }
    if (!permissions.includes(scope)) {
      lacks.push([
        `${scope} as a permission`,
        { scope: rest.join(' '), permissions: [...permissions, scope] },
      ])
    }
  }
  for (const permission of permissions) {
    const rest = permissions.filter((one) => one !== permission)
    lacks.push(
      [`no permission ${permission}`, { permissions: rest }],
      [`a permission that begins with ${permission}`, { permissions: [...rest, `${permission}x`] }],
      [`${permission} in one text with another`, { permissions: [...rest, `${permission} x`] }],
    )
    if (!scopes.includes(permission)) {
      lacks.push([
        `${permission} as a scope`,
        { permissions: rest, scope: [...granted, permission].join(' ') },
      ])
    }
  }
  if (scopes.length > 0) lacks.push(['no scopes at all', { scope: undefined }])
  if (permissions.length > 0) lacks.push(['no permissions at all', { permissions: undefined }])
  if (organization !== undefined) {
    const claim = organization.startsWith('org_') ? 'org_id' : 'org_name'
    lacks.push(
      ['no organization', { org_id: undefined, org_name: undefined }],
      ['another organization', { [claim]: `${organization}x` }],
      ['a part of the organization', { [claim]: organization.slice(0, -1) }],
      [
        'the organization in the other claim',
        { [claim]: undefined, [claim === 'org_id' ? 'org_name' : 'org_id']: organization },
      ],
    )
  }
  return lacks
}
