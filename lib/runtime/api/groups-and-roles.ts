import type { Group, GroupsApi, Role, RolesApi } from '../../action/index.ts'
import type { Recorder } from './recorder.ts'

const MAX_TAKE = 100
const DEFAULT_TAKE = 50
const MAX_IDS = 100
const MAX_NAMES = 50

export class Groups implements GroupsApi {
  readonly #recorder: Recorder
  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  getUserGroups(options: { take?: number; from?: string } = {}) {
    return this.#recorder.call('groups.getUserGroups', [options], async () => {
      const { items, next } = page(this.#groups(), options)
      return { groups: items as unknown as Group[], ...next }
    })
  }

  hasGroupMembership(groups: string[]) {
    return this.#recorder.call('groups.hasGroupMembership', [groups], async () => {
      assertNames('groups', groups, Number.POSITIVE_INFINITY)
      const memberships: Awaited<ReturnType<GroupsApi['hasGroupMembership']>>['memberships'] = {}
      for (const key of groups) {
        const matches = this.#groups().filter(({ id, name }) => id === key || name === key)
        memberships[key] = {
          is_member: matches.length > 0,
          ...(matches.length > 0 && {
            matches: matches.map(({ id, name, group_type }) => ({
              id,
              name,
              group_type: String(group_type ?? 'tenant'),
            })),
          }),
        }
      }
      return { memberships }
    })
  }

  #groups() {
    return this.#recorder.options.facts.groups ?? []
  }
}

export class Roles implements RolesApi {
  readonly #recorder: Recorder
  constructor(recorder: Recorder) {
    this.#recorder = recorder
  }

  getUserEffectiveRoles(options: { take?: number; from?: string } = {}) {
    return this.#recorder.call('roles.getUserEffectiveRoles', [options], async () => {
      const { items, next } = page(this.#roles(), options, MAX_TAKE)
      return { roles: items, ...next }
    })
  }

  getUserEffectiveRolesByIds(ids: string[]) {
    return this.#recorder.call('roles.getUserEffectiveRolesByIds', [ids], async () => {
      assertNames('ids', ids, MAX_IDS)
      return { roles: this.#roles().filter(({ id }) => ids.includes(id)) }
    })
  }

  getUserEffectiveRolesByNames(names: string[]) {
    return this.#recorder.call('roles.getUserEffectiveRolesByNames', [names], async () => {
      assertNames('names', names, MAX_NAMES)
      return { roles: this.#roles().filter(({ name }) => names.includes(name)) }
    })
  }

  // Without facts: the role names of the event, with made-up ids.
  #roles(): Role[] {
    const { event, options } = this.#recorder
    const roles =
      options.facts.roles ?? event.authorization?.roles.map((name) => ({ id: `rol_${name}`, name })) ?? []
    return roles.map((role) => ({ type: 'tenant', ...role }))
  }
}

function assertNames(parameter: string, names: unknown, max: number): void {
  if (!Array.isArray(names) || names.length === 0 || names.some((name) => typeof name !== 'string')) {
    throw new TypeError(`The "${parameter}" parameter must be a non-empty array of strings.`)
  }
  if (names.length > max)
    throw new Error(`The "${parameter}" parameter exceeds the allowed maximum of ${max}.`)
}

// The cursor is the index of the next item; Auth0's is opaque.
function page<T>(
  all: readonly T[],
  options: { take?: number; from?: string },
  max = Number.POSITIVE_INFINITY,
) {
  const { take, from } = options ?? {}
  if (take !== undefined && (!Number.isInteger(take) || take <= 0)) {
    throw new Error('The "take" parameter must be a positive integer if provided.')
  }
  if (take !== undefined && take > max)
    throw new Error(`The "take" parameter exceeds the allowed maximum of ${max}.`)
  if (from !== undefined && typeof from !== 'string') {
    throw new Error('The "from" parameter must be a string if provided.')
  }
  const start = Number(from ?? 0) || 0
  const end = start + (take ?? DEFAULT_TAKE)
  return { items: all.slice(start, end), next: end < all.length ? { next: String(end) } : {} }
}
