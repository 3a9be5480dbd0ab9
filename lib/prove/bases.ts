import { loginFor, type SimulatedEvent } from '../simulator/index.ts'
import type { Workspace } from '../workspace/index.ts'

/** An ordinary login of the workspace. */
export interface Base {
  /** Who logs in, and how. */
  story: string
  event: SimulatedEvent
}

/**
 * Every user, organization of theirs, application and API of the workspace, the plainest first. Of a workspace without
 * tenant.local.yaml, somebody who belongs to every organization.
 */
export function basesOf({ tenant, local, ...rest }: Workspace): Base[] {
  const workspace = { ...rest, tenant, ...(local !== undefined && { local }) }
  const users = local?.users.map(({ email }) => email) ?? [undefined]
  const clients = tenant.clients?.map((client) => String(client['name'])) ?? [undefined]
  const apis = tenant.resourceServers?.map((api) => String(api['identifier'])) ?? [undefined]
  const organizationsOf = (user: string | undefined) =>
    local === undefined
      ? (tenant.organizations ?? []).map(({ name }) => String(name))
      : (local.organizations ?? [])
          .filter(({ members }) => members.some((member) => member.user === user))
          .map(({ name }) => name)
  const bases: Base[] = []
  for (const user of users) {
    for (const organization of [undefined, ...organizationsOf(user)]) {
      for (const client of clients) {
        for (const audience of apis) {
          const { event } = loginFor(workspace, {
            ...(user === undefined ? {} : { user }),
            ...(client === undefined ? {} : { client }),
            ...(audience === undefined ? {} : { audience }),
            ...(organization === undefined ? {} : { organization }),
          })
          const to = organization === undefined ? '' : ` to ${organization}`
          const story = `${user ?? 'a user'} logs in${to} with ${client ?? 'an application'}`
          bases.push({ story: `${story}${audience === undefined ? '' : ` for ${audience}`}`, event })
        }
      }
    }
  }
  return bases
}

/** The events of {@link basesOf}. */
export function ordinaryLogins(workspace: Workspace): SimulatedEvent[] {
  return basesOf(workspace).map(({ event }) => event)
}
