import { type LoginOptions, loginFor, type SimulatedEvent } from '../simulator/index.ts'
import { entitiesOf, type Workspace } from '../workspace/index.ts'

/** An ordinary login of the workspace. */
export interface Base {
  /** Who logs in, and how. */
  story: string
  event: SimulatedEvent
}

/** Somebody in an organization of theirs, or in none. */
interface Visitor {
  user?: string
  organization?: string
}

/**
 * Every user, organization of theirs, application and API of the workspace, the plainest first. Of a workspace without
 * tenant.local.yaml, somebody who belongs to every organization. A login is made when it is asked for: there may be
 * millions.
 */
export class Bases {
  readonly visitors: readonly Visitor[]
  readonly clients: readonly (string | undefined)[]
  readonly apis: readonly (string | undefined)[]
  readonly #workspace: Workspace
  readonly #made = new Map<number, Base>()

  constructor(workspace: Workspace) {
    const { local } = workspace
    const { clients, organizations = [], resourceServers } = entitiesOf(workspace.tenant)
    this.#workspace = workspace
    const members = new Map<string, string[]>()
    for (const { name, members: list } of local?.organizations ?? []) {
      for (const { user } of list) members.set(user, [...(members.get(user) ?? []), name])
    }
    const users =
      local === undefined || local.users.length === 0
        ? [{ organizations: organizations.map(({ name }) => name) }]
        : local.users.map(({ email }) => ({ user: email, organizations: [...new Set(members.get(email))] }))
    this.visitors = users.flatMap(({ organizations, ...user }) => [
      user,
      ...organizations.map((organization) => ({ ...user, organization })),
    ])
    this.clients = orNone(clients?.map(({ name }) => name))
    this.apis = orNone(resourceServers?.map(({ identifier }) => identifier))
  }

  get length(): number {
    return this.visitors.length * this.clients.length * this.apis.length
  }

  /** Counted from 0. */
  at(index: number): Base {
    const made = this.#made.get(index) ?? this.#make(index)
    this.#made.set(index, made)
    return made
  }

  /** Place of a login by those of its parts. */
  indexOf(parts: { visitor: number; client: number; api: number }): number {
    return (parts.visitor * this.clients.length + parts.client) * this.apis.length + parts.api
  }

  /** Who logs in at a place, where and for what. */
  optionsAt(index: number): LoginOptions {
    const audience = this.apis[index % this.apis.length]
    const rest = Math.floor(index / this.apis.length)
    const client = this.clients[rest % this.clients.length]
    const visitor = this.visitors[Math.floor(rest / this.clients.length)]!
    return {
      ...visitor,
      ...(client === undefined ? {} : { client }),
      ...(audience === undefined ? {} : { audience }),
    }
  }

  #make(index: number): Base {
    const options = this.optionsAt(index)
    const { event } = loginFor(this.#workspace, options)
    const { user, organization, client, audience } = options
    const to = organization === undefined ? '' : ` to ${organization}`
    const story = `${user ?? 'a user'} logs in${to} with ${client ?? 'an application'}`
    return { story: `${story}${audience === undefined ? '' : ` for ${audience}`}`, event }
  }
}

/** One login without, where the workspace has none: an export of Actions alone lists no application. */
function orNone(names: readonly string[] = []): readonly (string | undefined)[] {
  return names.length === 0 ? [undefined] : names
}
