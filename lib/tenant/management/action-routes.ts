import { Hono } from 'hono'
import type { Binding } from '../entities.ts'
import type { TenantState } from '../state.ts'
import {
  type ActionContext,
  createAction,
  deleteAction,
  deployAction,
  findAction,
  findVersion,
  rollBackAction,
  updateAction,
} from './actions.ts'
import { assertTrigger, bindActions } from './bindings.ts'
import { type Body, jsonObject, optionalJsonObject } from './body.ts'
import { badRequest } from './errors.ts'
import { moduleRoutes } from './module-routes.ts'
import { envelope } from './pages.ts'
import { newVersion, shownAction, shownVersion } from './shown-actions.ts'
import { TRIGGERS } from './triggers.ts'

const LIST_QUERY = ['triggerId', 'actionName', 'deployed', 'installed', 'page', 'per_page']

/** Everything below `/actions`. */
export function actionRoutes(context: ActionContext): Hono {
  const { state } = context
  const app = new Hono()

  app.route('/modules', moduleRoutes(context))

  app.get('/actions', (c) => {
    const query = new URL(c.req.url).searchParams
    const unknown = [...query.keys()].find((name) => !LIST_QUERY.includes(name))
    if (unknown !== undefined) {
      throw badRequest(
        `Query validation error: 'Additional properties not allowed: ${unknown}'.`,
        'invalid_query_string',
      )
    }
    const actions = [...state.actions.values()].filter(
      (action) =>
        matches(query.get('actionName'), action.name) &&
        matches(query.get('deployed'), String(action.deployed_version_id !== undefined)) &&
        query.get('installed') !== 'true' &&
        (query.get('triggerId') === null ||
          action.supported_triggers.some(({ id }) => id === query.get('triggerId'))),
    )
    return c.json(
      envelope(
        'actions',
        actions.map((action) => shownAction(action)),
        query,
      ),
    )
  })
  // A build takes a moment at Auth0: what was just written says so, and the next read has it built.
  app.post('/actions', async (c) => {
    const action = createAction(context, await jsonObject(c))
    return c.json(shownAction(action, 'pending'), 201)
  })
  app.get('/actions/:id', (c) => c.json(shownAction(findAction(state, c.req.param('id')))))
  app.patch('/actions/:id', async (c) =>
    c.json(shownAction(updateAction(context, c.req.param('id'), await jsonObject(c)), 'pending')),
  )
  app.delete('/actions/:id', (c) => {
    deleteAction(context, c.req.param('id'), c.req.query('force') === 'true')
    return c.body(null, 204)
  })
  app.post('/actions/:id/deploy', (c) => {
    const version = deployAction(context, c.req.param('id'))
    return c.json(newVersion(findAction(state, c.req.param('id')), version))
  })
  app.get('/actions/:id/versions', (c) => {
    const action = findAction(state, c.req.param('id'))
    const versions = [...action.versions].reverse().map((version) => shownVersion(action, version))
    return c.json(envelope('versions', versions, new URL(c.req.url).searchParams))
  })
  app.get('/actions/:id/versions/:version', (c) => {
    const action = findAction(state, c.req.param('id'))
    return c.json(shownVersion(action, findVersion(action, c.req.param('version'))))
  })
  app.post('/actions/:id/versions/:version/deploy', async (c) => {
    const body = await optionalJsonObject(c)
    const version = rollBackAction(
      context,
      c.req.param('id'),
      c.req.param('version'),
      body['update_draft'] === true,
    )
    return c.json(shownVersion(findAction(state, c.req.param('id')), version), 202)
  })

  app.get('/triggers', (c) => c.json({ triggers: TRIGGERS }))
  app.get('/triggers/:trigger/bindings', (c) => {
    const trigger = c.req.param('trigger')
    assertTrigger(trigger)
    const bindings = (state.bindings.get(trigger) ?? []).map((binding) =>
      shownBinding(state, trigger, binding),
    )
    return c.json(envelope('bindings', bindings, new URL(c.req.url).searchParams))
  })
  app.patch('/triggers/:trigger/bindings', async (c) => {
    const trigger = c.req.param('trigger')
    const bindings = bindActions(context, trigger, await jsonObject(c))
    return c.json({ bindings: bindings.map((binding) => shownBinding(state, trigger, binding)) })
  })
  return app
}

function matches(wanted: string | null, value: string): boolean {
  return wanted === null || wanted === value
}

function shownBinding(state: TenantState, trigger: string, { action_id, ...binding }: Binding): Body {
  const action = state.actions.get(action_id)
  return { ...binding, trigger_id: trigger, ...(action === undefined ? {} : { action: shownAction(action) }) }
}
