/** Changes of events: each gives another one, and shares the parts that it does not touch. */

import { isTokenRequest, situation } from '../simulator/index.ts'

/** Events are read as plain JSON here: a twist may leave a shape that the types do not allow. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what is twisted
export type Loose = Record<string, any>

export const withUser = (event: Loose, changes: object): Loose => ({
  ...event,
  user: { ...event['user'], ...changes },
})

export const withRoles = (event: Loose, roles: readonly string[]): Loose => ({
  ...event,
  authorization: { roles: [...roles] },
})

/** In its organization, else in an ordinary one. */
export const inOrganization = (event: Loose, changes: object = {}): Loose => ({
  ...event,
  organization: { ...(event['organization'] ?? situation('organization').organization), ...changes },
})

/** A parameter of the request, where the application sends it. */
export function withParameter({ request, transaction }: Loose, name: string, value: string): Loose {
  const place = isTokenRequest({ transaction }) ? 'body' : 'query'
  return { ...request, [place]: { ...request[place], [name]: value } }
}

/** A copy with the member at this path; `undefined` takes it away. What stands in its way becomes an object. */
export function withMember(event: Loose, [name, ...rest]: readonly string[], value: unknown): Loose {
  if (rest.length === 0) {
    const { [name!]: _, ...others } = event
    return value === undefined ? others : { ...others, [name!]: value }
  }
  const inner = Object.hasOwn(event, name!) ? event[name!] : undefined
  if (value === undefined && (typeof inner !== 'object' || inner === null)) return event
  // There is no metadata of an organization that nobody logs in to.
  if (inner === undefined && ['organization', 'authentication', 'transaction'].includes(name!)) return event
  const object = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? inner : {}
  return { ...event, [name!]: withMember(object, rest, value) }
}
