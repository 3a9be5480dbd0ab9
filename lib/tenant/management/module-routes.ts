import { Hono } from 'hono'
import { entityId } from '../../workspace/local-ids.ts'
import type { ActionModule } from '../entities.ts'
import type { TenantState } from '../state.ts'
import type { ActionContext } from './actions.ts'
import { type Body, jsonObject, onlyFields, requiredString } from './body.ts'
import { dependenciesOf, secretsOf } from './drafts.ts'
import { badRequest, conflict, ManagementError, notFound } from './errors.ts'
import { moduleEnvelope } from './pages.ts'
import { shownSecrets } from './shown-actions.ts'

const MAX_MODULES = 100
const MAX_MODULE_CHARACTERS = 65_536

/** Everything below `/actions/modules`. An Action loads the version that it names. */
export function moduleRoutes(context: ActionContext): Hono {
  const { state } = context
  const app = new Hono()
  const all = () => (state.actionModules ??= new Map())

  app.get('/', (c) =>
    c.json(moduleEnvelope('modules', [...all().values()].map(shown), new URL(c.req.url).searchParams)),
  )
  app.post('/', async (c) => {
    const body = await jsonObject(c)
    onlyFields(body, ['name', 'code', 'secrets', 'dependencies', 'api_version', 'publish'])
    const name = requiredString(body, 'name')
    if ([...all().values()].some((module) => module.name === name)) throw conflict('module', name)
    if (all().size >= MAX_MODULES) throw badRequest(`A tenant holds at most ${MAX_MODULES} modules.`)
    const now = context.clock().toISOString()
    const module: ActionModule = {
      id: entityId('mod', name),
      name,
      ...draft(body, undefined, now),
      created_at: now,
      updated_at: now,
      all_changes_published: false,
      versions: [],
    }
    all().set(module.id, module)
    if (body['publish'] === true) publish(module, now)
    return c.json(shown(module), 201)
  })
  app.get('/:id', (c) => c.json(shown(find(state, c.req.param('id')))))
  app.patch('/:id', async (c) => {
    const module = find(state, c.req.param('id'))
    const body = await jsonObject(c)
    onlyFields(body, ['code', 'secrets', 'dependencies'])
    const now = context.clock().toISOString()
    Object.assign(module, draft(body, module, now), { updated_at: now, all_changes_published: false })
    return c.json(shown(module))
  })
  app.delete('/:id', (c) => {
    const module = find(state, c.req.param('id'))
    if (usedBy(state, module.id).length > 0) {
      throw new ManagementError(412, `The module "${module.name}" is used by an action.`, 'module_in_use')
    }
    all().delete(module.id)
    return c.body(null, 204)
  })
  app.get('/:id/versions', (c) => {
    const module = find(state, c.req.param('id'))
    const versions = [...module.versions].reverse().map((version) => ({
      ...version,
      module_id: module.id,
      secrets: shownSecrets(version.secrets),
    }))
    return c.json(moduleEnvelope('versions', versions, new URL(c.req.url).searchParams))
  })
  app.post('/:id/versions', (c) => {
    const module = find(state, c.req.param('id'))
    if (module.all_changes_published) {
      throw new ManagementError(409, `The module "${module.name}" has no draft to publish.`, 'no_draft')
    }
    const version = publish(module, context.clock().toISOString())
    return c.json({ ...version, module_id: module.id, secrets: shownSecrets(version.secrets) })
  })
  // Changes the draft only: what Actions get is a version.
  app.post('/:id/rollback', async (c) => {
    const module = find(state, c.req.param('id'))
    const id = requiredString(await jsonObject(c), 'module_version_id')
    const version = module.versions.find((candidate) => candidate.id === id)
    if (version === undefined) throw notFound(`version of the module "${module.name}"`, id)
    const { code, dependencies, secrets } = structuredClone(version)
    const now = context.clock().toISOString()
    Object.assign(module, { code, dependencies, secrets, updated_at: now })
    module.all_changes_published = version === module.versions.at(-1)
    return c.json(shown(module))
  })
  app.get('/:id/actions', (c) => {
    const actions = usedBy(state, find(state, c.req.param('id')).id)
    return c.json(
      moduleEnvelope(
        'actions',
        actions.map(({ id, name }) => ({ action_id: id, action_name: name })),
        new URL(c.req.url).searchParams,
      ),
    )
  })
  return app
}

function find(state: TenantState, id: string): ActionModule {
  const module = state.actionModules?.get(id)
  if (module === undefined) throw notFound('module', id)
  return module
}

function usedBy(state: TenantState, id: string) {
  return [...state.actions.values()].filter((action) =>
    action.modules?.some((module) => (module as Body)['module_id'] === id),
  )
}

function draft(body: Body, before: ActionModule | undefined, now: string) {
  const code = body['code'] ?? before?.code ?? ''
  if (typeof code !== 'string' || code.length > MAX_MODULE_CHARACTERS) {
    throw badRequest(`The code of a module is a string of at most ${MAX_MODULE_CHARACTERS} characters.`)
  }
  return {
    code,
    dependencies: dependenciesOf(body, before?.dependencies),
    secrets: secretsOf(body, before?.secrets, now),
  }
}

function publish(module: ActionModule, now: string): ActionModule['versions'][number] {
  const number = (module.versions.at(-1)?.version_number ?? 0) + 1
  const { code, dependencies, secrets } = structuredClone(module)
  const version = {
    id: entityId('mver', `${module.name}/${number}`),
    version_number: number,
    code,
    dependencies,
    secrets,
    created_at: now,
  }
  module.versions.push(version)
  module.all_changes_published = true
  return version
}

function shown(module: ActionModule): Body {
  const { versions, ...rest } = module
  const latest = versions.at(-1)
  return {
    ...rest,
    secrets: shownSecrets(module.secrets),
    latest_version_number: latest?.version_number,
    ...(latest === undefined ? {} : { latest_version: { ...latest, secrets: shownSecrets(latest.secrets) } }),
  }
}
