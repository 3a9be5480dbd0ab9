import type { Hono } from 'hono'
import { entityId } from '../../workspace/local-ids.ts'
import type { TenantState } from '../state.ts'
import { type Body, jsonObject, optionalJsonObject, patchInto, requiredString } from './body.ts'
import { conflict, notFound } from './errors.ts'
import { checkpointAnswer } from './pages.ts'

/** Where the parts of something stand that the local tenant keeps and does not act on. */
interface Owner {
  app: Hono
  state: TenantState
  /** Path of the owner's list, below `/api/v2`. */
  list: string
  /** @throws {ManagementError} 404 where the owner does not exist */
  find(id: string): object
}

interface PartList {
  /** Last word of the path. */
  name: string
  /** Key of the list in a response; empty for a bare array. */
  key: string
  prefix: string
  /** The member that names a part. */
  named: string
  /** What Auth0 adds to a new one. */
  fresh?(body: Body, id: string): Body
  /** Members that are written and never shown. */
  hidden?: readonly string[]
}

/** A list of parts of each owner: credentials of an application, domains of an organization. */
export function partList({ app, state, list, find }: Owner, part: PartList): void {
  const { name, key, prefix, named } = part
  const folder = (owner: string) => `${list}/${owner}/${name}/`
  const shown = (item: Body) =>
    Object.fromEntries(Object.entries(item).filter(([member]) => part.hidden?.includes(member) !== true))
  const found = (owner: string, id: string): [Body, Map<string, unknown>] => {
    find(owner)
    const parts = keptOf(state)
    const item = parts.get(folder(owner) + id) as Body | undefined
    if (item === undefined) throw notFound(name.replaceAll('-', ' '), id)
    return [item, parts]
  }
  app.get(`/:id/${name}`, (c) => {
    const owner = c.req.param('id')
    find(owner)
    const items = [...keptOf(state)].filter(([path]) => path.startsWith(folder(owner)))
    const values = items.map(([, item]) => shown(item as Body))
    return c.json(key === '' ? values : checkpointAnswer(key, values, new URL(c.req.url).searchParams))
  })
  app.post(`/:id/${name}`, async (c) => {
    const owner = c.req.param('id')
    find(owner)
    const body = await jsonObject(c)
    const text = requiredString(body, named)
    const same = [...keptOf(state)].some(
      ([path, item]) => path.startsWith(folder(owner)) && (item as Body)[named] === text,
    )
    if (same) throw conflict(name.replaceAll('-', ' '), text)
    const id = entityId(prefix, `${owner} ${text}`)
    const item = { id, ...part.fresh?.(body, id), ...body }
    keptOf(state).set(folder(owner) + id, item)
    return c.json(shown(item), 201)
  })
  app.get(`/:id/${name}/:part`, (c) => c.json(shown(found(c.req.param('id'), c.req.param('part'))[0])))
  app.patch(`/:id/${name}/:part`, async (c) => {
    const [item] = found(c.req.param('id'), c.req.param('part'))
    patchInto(item, await jsonObject(c))
    return c.json(shown(item))
  })
  app.delete(`/:id/${name}/:part`, (c) => {
    const [, parts] = found(c.req.param('id'), c.req.param('part'))
    parts.delete(folder(c.req.param('id')) + c.req.param('part'))
    return c.body(null, 204)
  })
}

/** A setting of which each owner has one or none, such as the SCIM configuration of a connection. */
export function partSettings(
  { app, state, list, find }: Owner,
  name: string,
  fresh: (owner: Body) => Body,
): void {
  const pathOf = (owner: string) => `${list}/${owner}/${name}`
  const found = (owner: string): Body => {
    find(owner)
    const settings = keptOf(state).get(pathOf(owner)) as Body | undefined
    if (settings === undefined) throw notFound(`${name.replaceAll('-', ' ')} of`, owner)
    return settings
  }
  app.get(`/:id/${name}`, (c) => c.json(found(c.req.param('id'))))
  app.post(`/:id/${name}`, async (c) => {
    const id = c.req.param('id')
    const owner = find(id) as Body
    if (keptOf(state).has(pathOf(id))) throw conflict(name.replaceAll('-', ' '), String(owner['name']))
    const settings = { ...fresh(owner), ...(await optionalJsonObject(c)) }
    keptOf(state).set(pathOf(id), settings)
    return c.json(settings, 201)
  })
  app.patch(`/:id/${name}`, async (c) => {
    const settings = found(c.req.param('id'))
    patchInto(settings, await jsonObject(c))
    return c.json(settings)
  })
  app.delete(`/:id/${name}`, (c) => {
    found(c.req.param('id'))
    for (const path of keptOf(state).keys()) {
      if (path.startsWith(pathOf(c.req.param('id')))) keptOf(state).delete(path)
    }
    return c.body(null, 204)
  })
}

/** What was kept of an owner that is deleted goes too. */
export function deleteParts(state: TenantState, list: string, id: string): void {
  for (const path of keptOf(state).keys()) if (path.startsWith(`${list}/${id}/`)) keptOf(state).delete(path)
}

export function keptOf(state: TenantState): Map<string, unknown> {
  state.kept ??= new Map()
  return state.kept
}
