/** What an Action can ask about the user: groups and roles. */

import { setOwn } from '../../../json.ts'
import type { Call } from '../../method.ts'
import type { PostLoginEvent } from '../event.ts'
import type { Area } from '../method.ts'

const MAX_TAKE = 100
const DEFAULT_TAKE = 50
const MAX_IDS = 100
const MAX_NAMES = 50

export const groups: Area = {
  getUserGroups: {
    returns: 'value',
    parameters: ['options?'],
    later: true,
    run({ facts }, options) {
      const { items, next } = page(facts.groups ?? [], options)
      return { groups: items, ...next }
    },
  },
  hasGroupMembership: {
    returns: 'value',
    parameters: ['groups'],
    later: true,
    run({ facts }, groups) {
      assertNames('groups', groups)
      const memberships: Record<string, object> = {}
      for (const key of groups.map(String)) {
        const matches = (facts.groups ?? []).filter(({ id, name }) => id === key || name === key)
        setOwn(memberships, key, {
          is_member: matches.length > 0,
          ...(matches.length > 0 && {
            matches: matches.map(({ id, name, group_type }) => ({
              id,
              name,
              group_type: String(group_type ?? 'tenant'),
            })),
          }),
        })
      }
      return { memberships }
    },
  },
}

export const roles: Area = {
  getUserEffectiveRoles: {
    returns: 'value',
    parameters: ['options?'],
    later: true,
    run(call, options) {
      const { items, next } = page(rolesOf(call), options, MAX_TAKE)
      return { roles: items, ...next }
    },
  },
  getUserEffectiveRolesByIds: {
    returns: 'value',
    parameters: ['ids'],
    later: true,
    run(call, ids) {
      assertNames('ids', ids, MAX_IDS)
      return { roles: rolesOf(call).filter(({ id }) => ids.includes(id)) }
    },
  },
  getUserEffectiveRolesByNames: {
    returns: 'value',
    parameters: ['names'],
    later: true,
    run(call, names) {
      assertNames('names', names, MAX_NAMES)
      return { roles: rolesOf(call).filter(({ name }) => names.includes(name)) }
    },
  },
}

// Without facts: the role names of the event, with made-up ids.
function rolesOf({ event, facts }: Call<PostLoginEvent>): { id: string; name: string; type: string }[] {
  const roles = facts.roles ?? event.authorization?.roles.map((name) => ({ id: `rol_${name}`, name })) ?? []
  return roles.map((role) => ({ type: 'tenant', ...role }))
}

// The items of the array are not checked, as in Auth0's code.
function assertNames(
  parameter: string,
  names: unknown,
  max = Number.POSITIVE_INFINITY,
): asserts names is unknown[] {
  if (!Array.isArray(names) || names.length === 0) {
    throw new Error(`The "${parameter}" parameter must be a non-empty array of strings.`)
  }
  if (names.length > max)
    throw new Error(`The "${parameter}" parameter exceeds the allowed maximum of ${max}.`)
}

// The cursor is the index of the next item; Auth0's is opaque.
function page<T>(all: readonly T[], options: unknown, max = Number.POSITIVE_INFINITY) {
  const { take, from } = options as { take?: number; from?: string }
  if (from !== undefined && typeof from !== 'string') {
    throw new Error('The "from" parameter must be a string if provided.')
  }
  if (take !== undefined && (!Number.isInteger(take) || take <= 0)) {
    throw new Error('The "take" parameter must be a positive integer if provided.')
  }
  if (take !== undefined && take > max)
    throw new Error(`The "take" parameter exceeds the allowed maximum of ${max}.`)
  const start = Number(from ?? 0) || 0
  const end = start + (take ?? DEFAULT_TAKE)
  return { items: all.slice(start, end), next: end < all.length ? { next: String(end) } : {} }
}
