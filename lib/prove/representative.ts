import type { SimulatedEvent } from '../simulator/index.ts'
import type { TenantFile, Workspace } from '../workspace/index.ts'
import { Bases } from './bases.ts'

/** How many of how many. */
export interface Share {
  tried: number
  of: number
}

/** Ordinary logins that stand for all. */
export interface RepresentativeLogins {
  events: SimulatedEvent[]
  share: LoginShare
}

export interface LoginShare {
  logins: Share
  users: Share
  /** Users are of one kind when their roles, and names and types of their members, are the same. */
  kindsOfUsers: Share
  organizations: Share
  clients: Share
  apis: Share
}

/**
 * All ordinary logins of a workspace, or where there are more than `most`, so many: first each kind of user for each
 * API, which are half of them at most, then other users; applications, APIs and organizations take turns, one of each kind first, so that as many of
 * them as possible are met. The same for the same workspace.
 */
export function representativeLogins(workspace: Workspace, most: number): RepresentativeLogins {
  const bases = new Bases(workspace)
  const places = bases.length <= most ? range(bases.length) : chosen(workspace, bases, most)
  return {
    events: places.map((place) => bases.at(place).event),
    share: shareOf(workspace, bases, places),
  }
}

function chosen(workspace: Workspace, bases: Bases, most: number): number[] {
  const { tenant } = workspace
  const clients = byKind(orNone(tenant.clients), ({ app_type, client_metadata }) => [
    app_type,
    shape(client_metadata),
  ])
  const apis = byKind(orNone(tenant.resourceServers), ({ name: _, identifier: _i, ...api }) => shape(api))
  const users = usersOf(workspace, bases)
  const kinds = new Map(users.map((user) => [user.kind, user]))
  // The first of a kind is the one that stands for it.
  for (const user of [...users].reverse()) kinds.set(user.kind, user)
  const places = new Set<number>()
  const walk = (some: readonly UserVisits[], steps: number) => {
    // Each list turns; it goes one aside when all lists are where they began, or the same would meet again.
    const pairs = some.length * apis.length
    const triples = pairs * clients.length
    const aside = (step: number, before: number, length: number) =>
      (step + Math.floor(step / leastCommonMultiple(before, length))) % length
    const from = places.size
    for (let step = from; step < from + steps && places.size < most; step++) {
      const { visits } = some[step % some.length]!
      places.add(
        bases.indexOf({
          visitor: visits[aside(step, triples, visits.length)]!,
          client: clients[aside(step, pairs, clients.length)]!,
          api: apis[aside(step, some.length, apis.length)]!,
        }),
      )
    }
  }
  // Of a kind there may be another user who is the first to get something else.
  walk([...kinds.values()], Math.min(Math.ceil(most / 2), kinds.size * apis.length))
  walk(users, 4 * most)
  for (let step = 0; step < most && places.size < most; step++) {
    places.add(Math.floor((step * bases.length) / most))
  }
  for (let place = 0; places.size < most; place++) places.add(place)
  return [...places].sort((a, b) => a - b)
}

interface UserVisits {
  kind: string
  /** Places among the visitors: in no organization, then in each. */
  visits: number[]
}

function usersOf({ local }: Workspace, { visitors }: Bases): UserVisits[] {
  const visits = new Map<string | undefined, number[]>()
  for (const [place, { user }] of visitors.entries()) {
    const known = visits.get(user)
    if (known === undefined) visits.set(user, [place])
    else known.push(place)
  }
  const users = local?.users ?? []
  return [...visits].map(([email, places]) => {
    const { roles = [], ...user } = users.find((one) => one.email === email) ?? {}
    return { kind: JSON.stringify([roles, shape(user)]), visits: places }
  })
}

/** Names and types, without values. */
function shape(value: unknown): unknown {
  if (Array.isArray(value)) return [...new Set(value.map((item) => JSON.stringify(shape(item))))].sort()
  if (typeof value !== 'object' || value === null) return value === null ? 'null' : typeof value
  return Object.entries(value)
    .map(([name, item]) => [name, shape(item)])
    .sort()
}

/** An empty entry, where there is none: logins without an application or an API. */
function orNone(entries: TenantFile['clients']): Readonly<Record<string, unknown>>[] {
  return entries === undefined || entries.length === 0 ? [{}] : entries
}

/** Places in the list, the first of each kind before all others. */
function byKind<T>(list: readonly T[], kindOf: (item: T) => unknown): number[] {
  const seen = new Set<string>()
  const firsts = list.map((item) => {
    const kind = JSON.stringify(kindOf(item))
    const first = !seen.has(kind)
    seen.add(kind)
    return first
  })
  const places = range(list.length)
  return [...places.filter((place) => firsts[place]), ...places.filter((place) => !firsts[place])]
}

function shareOf(workspace: Workspace, bases: Bases, places: readonly number[]): LoginShare {
  const { visitors, clients, apis } = bases
  const parts = places.map((place) => {
    const rest = Math.floor(place / apis.length)
    return {
      visitor: visitors[Math.floor(rest / clients.length)]!,
      client: rest % clients.length,
      api: place % apis.length,
    }
  })
  const named = <T>(all: readonly T[]) => all.filter((one) => one !== undefined).length
  const distinct = (list: readonly unknown[]) => new Set(list.filter((one) => one !== undefined)).size
  const users = usersOf(workspace, bases)
  const met = new Set(parts.map(({ visitor }) => visitors.indexOf(visitor)))
  const kindsMet = users.filter(({ visits }) => visits.some((place) => met.has(place)))
  return {
    logins: { tried: places.length, of: bases.length },
    users: { tried: kindsMet.length, of: users.length },
    kindsOfUsers: {
      tried: distinct(kindsMet.map(({ kind }) => kind)),
      of: distinct(users.map(({ kind }) => kind)),
    },
    organizations: {
      tried: distinct(parts.map(({ visitor }) => visitor.organization)),
      of: distinct(visitors.map(({ organization }) => organization)),
    },
    clients: { tried: distinct(parts.map(({ client }) => clients[client])), of: named(clients) },
    apis: { tried: distinct(parts.map(({ api }) => apis[api])), of: named(apis) },
  }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index)
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b]
  while (y !== 0) [x, y] = [y, x % y]
  return (a * b) / x
}
