/** What the Management API does to Actions and their versions, without HTTP. */

import { entityId } from '../../workspace/local-ids.ts'
import type { Action, ActionDraft, ActionVersion } from '../entities.ts'
import type { TenantState } from '../state.ts'
import { ACTION_LIMITS } from './action-limits.ts'
import { type Body, listOf, onlyFields, requiredString } from './body.ts'
import { copyOf, draftOf } from './drafts.ts'
import { badRequest, conflict, notFound } from './errors.ts'
import type { ManagementFaults } from './faults.ts'
import { freeId } from './ids.ts'
import { TRIGGERS } from './triggers.ts'

const DRAFT_FIELDS = ['name', 'code', 'runtime', 'supported_triggers', 'dependencies', 'secrets', 'modules']

export interface ActionContext {
  state: TenantState
  clock(): Date
  faults?: ManagementFaults
}

export function findAction(state: TenantState, id: string): Action {
  const action = state.actions.get(id)
  if (action === undefined) throw notFound('action', id)
  return action
}

export function createAction(context: ActionContext, body: Body): Action {
  const { state } = context
  onlyFields(body, [...DRAFT_FIELDS, 'deploy'])
  const name = requiredString(body, 'name')
  if ([...state.actions.values()].some((action) => action.name === name)) throw conflict('action', name)
  if (state.actions.size >= ACTION_LIMITS.actions) {
    throw badRequest(`A tenant holds at most ${ACTION_LIMITS.actions} actions.`, 'too_many_actions')
  }
  const triggers = triggersOf(body)
  if (triggers === undefined)
    throw badRequest(`Payload validation error: 'Missing required property: supported_triggers'.`)
  const now = context.clock().toISOString()
  const action: Action = {
    id: freeId(state.actions, 'act', name),
    name,
    supported_triggers: triggers,
    ...draftOf(body, undefined, now),
    status: 'built',
    created_at: now,
    updated_at: now,
    versions: [],
    all_changes_deployed: false,
  }
  build(context, action)
  state.actions.set(action.id, action)
  if (body['deploy'] === true) deployAction(context, action.id)
  return action
}

/** Changes the draft only: what is deployed goes on running. */
export function updateAction(context: ActionContext, id: string, body: Body): Action {
  const action = findAction(context.state, id)
  onlyFields(body, DRAFT_FIELDS)
  const name = body['name'] === undefined ? undefined : requiredString(body, 'name')
  if (typeof name === 'string' && name !== action.name) {
    if ([...context.state.actions.values()].some((other) => other.name === name))
      throw conflict('action', name)
  }
  const now = context.clock().toISOString()
  const triggers = triggersOf(body)
  const draft = draftOf(body, action, now)
  if (typeof name === 'string') action.name = name
  if (triggers !== undefined) action.supported_triggers = triggers
  if (draft.modules === undefined) delete action.modules
  Object.assign(action, draft, { updated_at: now, all_changes_deployed: false })
  build(context, action)
  return action
}

/** Makes an immutable version of the draft, which runs at once wherever the Action is bound. */
export function deployAction(context: ActionContext, id: string): ActionVersion {
  const action = findAction(context.state, id)
  if (action.status === 'failed') {
    throw badRequest(`The build of the action "${action.name}" has failed.`, 'build_failed')
  }
  if (action.status !== 'built') {
    throw badRequest(
      `A draft must be in the 'built' state before it can be deployed. Action: "${action.name}".`,
      'draft_not_built',
    )
  }
  const version = addVersion(context, action, action)
  action.all_changes_deployed = true
  return version
}

/** A new copy of an older version becomes the deployed one; with `updateDraft` also the draft. */
export function rollBackAction(
  context: ActionContext,
  id: string,
  versionId: string,
  updateDraft: boolean,
): ActionVersion {
  const action = findAction(context.state, id)
  const old = findVersion(action, versionId)
  const version = addVersion(context, action, old)
  if (updateDraft) {
    delete action.modules
    Object.assign(action, copyOf(old), { status: 'built', updated_at: version.created_at })
  }
  action.all_changes_deployed = updateDraft
  return version
}

export function findVersion(action: Action, versionId: string): ActionVersion {
  const version = action.versions.find((candidate) => candidate.id === versionId)
  if (version === undefined) throw notFound(`version of the action "${action.name}"`, versionId)
  return version
}

export function deleteAction(context: ActionContext, id: string, force: boolean): void {
  const action = findAction(context.state, id)
  const bound = [...context.state.bindings].filter(([, list]) =>
    list.some((binding) => binding.action_id === id),
  )
  if (bound.length > 0 && !force) {
    throw badRequest(
      `The action "${action.name}" is bound to ${bound.map(([trigger]) => trigger).join(', ')}: remove it there first, or use force.`,
      'action_is_bound',
    )
  }
  for (const [trigger, list] of bound) {
    context.state.bindings.set(
      trigger,
      list.filter((binding) => binding.action_id !== id),
    )
  }
  context.state.actions.delete(id)
}

function triggersOf(body: Body): Action['supported_triggers'] | undefined {
  const triggers = listOf(body, 'supported_triggers')
  if (triggers === undefined) return undefined
  if (triggers.length !== 1) throw badRequest('An action supports exactly one trigger.')
  return triggers.map((trigger) => {
    const id = requiredString(trigger, 'id')
    const known = TRIGGERS.find((candidate) => candidate.id === id)
    if (known === undefined) throw badRequest(`The trigger "${id}" is not known.`)
    return { id, version: typeof trigger['version'] === 'string' ? trigger['version'] : known.version }
  })
}

function build(context: ActionContext, action: Action): void {
  const builds = context.faults?.builds ?? {}
  action.status = (Object.hasOwn(builds, action.name) ? builds[action.name] : undefined) ?? 'built'
}

function addVersion(context: ActionContext, action: Action, source: ActionDraft): ActionVersion {
  const now = context.clock().toISOString()
  const number = (action.versions.at(-1)?.number ?? 0) + 1
  const version: ActionVersion = {
    ...copyOf(source),
    id: entityId('ver', `${action.name}/${number}`),
    number,
    status: 'built',
    created_at: now,
    built_at: now,
  }
  action.versions.push(version)
  action.deployed_version_id = version.id
  // The draft counts as one of the 50; the oldest version that does not run goes first.
  while (action.versions.length > ACTION_LIMITS.versions - 1) {
    action.versions.splice(
      action.versions.findIndex((candidate) => candidate.id !== version.id),
      1,
    )
  }
  return version
}
