/** What the Management API does to Actions, versions and bindings, without HTTP. */

import { entityId } from '../../workspace/local-ids.ts'
import type { Action, ActionDraft, ActionVersion, Binding } from '../entities.ts'
import type { TenantState } from '../state.ts'
import { type Body, listOf, onlyFields, requiredString } from './body.ts'
import { badRequest, conflict, notFound } from './errors.ts'
import type { ManagementFaults } from './faults.ts'
import { freeId } from './ids.ts'
import { TRIGGERS } from './triggers.ts'

/** @see https://auth0.com/docs/customize/actions/limitations and the entity limit policy */
const ACTION_LIMITS = {
  /** Auth0's policy says 100; who agrees on more with Auth0 has more. */
  actions: 1000,
  boundPerTrigger: 20,
  versions: 50,
  secrets: 30,
  secretNameCharacters: 128,
  secretValueCharacters: 4096,
  dependencies: 10,
  codeBytes: 100_000,
  modules: 3,
} as const

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

/** Replaces the whole list of a trigger; the order is the order of execution. */
export function bindActions(context: ActionContext, trigger: string, body: Body): Binding[] {
  const { state } = context
  assertTrigger(trigger)
  onlyFields(body, ['bindings'])
  const entries = listOf(body, 'bindings')
  if (entries === undefined)
    throw badRequest(`Payload validation error: 'Missing required property: bindings'.`)
  if (entries.length > ACTION_LIMITS.boundPerTrigger) {
    throw badRequest(
      `At most ${ACTION_LIMITS.boundPerTrigger} actions can be bound to ${trigger}.`,
      'too_many_bindings',
    )
  }
  const now = context.clock().toISOString()
  const before = state.bindings.get(trigger) ?? []
  const bindings = entries.map((entry): Binding => {
    onlyFields(entry, ['ref', 'display_name', 'secrets'])
    const action = boundAction(state, trigger, entry, before)
    const known = before.find((binding) => binding.action_id === action.id)
    const display = entry['display_name']
    return {
      id: known?.id ?? entityId('bnd', `${trigger}/${action.id}`),
      action_id: action.id,
      display_name: typeof display === 'string' ? display : action.name,
      created_at: known?.created_at ?? now,
      updated_at: now,
    }
  })
  const twice = bindings.find(
    ({ action_id }, i) => bindings.findIndex((b) => b.action_id === action_id) !== i,
  )
  if (twice !== undefined) {
    throw badRequest(`The action "${findAction(state, twice.action_id).name}" is bound to ${trigger} twice.`)
  }
  state.bindings.set(trigger, bindings)
  return bindings
}

export function assertTrigger(trigger: string): void {
  if (!TRIGGERS.some(({ id }) => id === trigger)) throw notFound('trigger', trigger)
}

function boundAction(state: TenantState, trigger: string, entry: Body, before: readonly Binding[]): Action {
  const ref = (entry['ref'] ?? {}) as Body
  const value = String(ref['value'] ?? '')
  const id = ref['type'] === 'binding_id' ? before.find((binding) => binding.id === value)?.action_id : value
  const action = [...state.actions.values()].find(
    (candidate) => (ref['type'] === 'action_name' ? candidate.name : candidate.id) === id,
  )
  if (action === undefined)
    throw badRequest(`The action "${value}" does not exist and cannot be bound to ${trigger}.`)
  if (action.deployed_version_id === undefined) {
    throw badRequest(
      `The action "${action.name}" is not deployed and cannot be bound to ${trigger}.`,
      'action_not_deployed',
    )
  }
  if (!action.supported_triggers.some((supported) => supported.id === trigger)) {
    throw badRequest(`The action "${action.name}" does not support the trigger ${trigger}.`)
  }
  return action
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

function draftOf(body: Body, before: ActionDraft | undefined, now: string): ActionDraft {
  const code = body['code'] ?? before?.code ?? ''
  if (typeof code !== 'string')
    throw badRequest(`Payload validation error: 'Expected type string' on property code.`)
  if (Buffer.byteLength(code) > ACTION_LIMITS.codeBytes) {
    throw badRequest(`The code is larger than ${ACTION_LIMITS.codeBytes} bytes.`, 'code_too_large')
  }
  const runtime = body['runtime'] ?? before?.runtime ?? 'node22'
  if (typeof runtime !== 'string' || !/^node(12|16|18|20|22)(-actions)?$/.test(runtime)) {
    throw badRequest(`The runtime "${String(runtime)}" is not known.`)
  }
  const modules = listOf(body, 'modules') ?? before?.modules
  if ((modules?.length ?? 0) > ACTION_LIMITS.modules) throw badRequest('An action uses at most 3 modules.')
  return {
    code,
    runtime,
    dependencies: dependenciesOf(body, before?.dependencies),
    secrets: secretsOf(body, before?.secrets, now),
    ...(modules === undefined ? {} : { modules: structuredClone(modules) }),
  }
}

export function dependenciesOf(
  body: Body,
  before: ActionDraft['dependencies'] = [],
): ActionDraft['dependencies'] {
  const list = listOf(body, 'dependencies')
  if (list === undefined) return before
  if (list.length > ACTION_LIMITS.dependencies) {
    throw badRequest(
      `At most ${ACTION_LIMITS.dependencies} dependencies are allowed.`,
      'too_many_dependencies',
    )
  }
  return list.map((entry) => {
    onlyFields(entry, ['name', 'version', 'registry_url'], 'dependencies')
    return { name: requiredString(entry, 'name'), version: String(entry['version'] ?? 'latest') }
  })
}

/** A list that is given replaces the old one; an entry without a value keeps the value it had. */
export function secretsOf(
  body: Body,
  before: ActionDraft['secrets'] = [],
  now: string,
): ActionDraft['secrets'] {
  const list = listOf(body, 'secrets')
  if (list === undefined) return before
  if (list.length > ACTION_LIMITS.secrets) {
    throw badRequest(`At most ${ACTION_LIMITS.secrets} secrets are allowed.`, 'too_many_secrets')
  }
  return list.map((entry) => {
    onlyFields(entry, ['name', 'value', 'updated_at'], 'secrets')
    const name = requiredString(entry, 'name')
    if (name.length > ACTION_LIMITS.secretNameCharacters) {
      throw badRequest(`The name of a secret has at most ${ACTION_LIMITS.secretNameCharacters} characters.`)
    }
    const known = before.find((secret) => secret.name === name)
    const value = entry['value']
    if (value === undefined || value === null) {
      if (known === undefined) throw badRequest(`The secret "${name}" is new and has no value.`)
      return known
    }
    if (typeof value !== 'string') throw badRequest(`The value of the secret "${name}" must be a string.`)
    if (value.length > ACTION_LIMITS.secretValueCharacters) {
      throw badRequest(
        `The value of the secret "${name}" is longer than ${ACTION_LIMITS.secretValueCharacters} characters.`,
      )
    }
    return known?.value === value ? known : { name, value, updated_at: now }
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

function copyOf({ code, runtime, dependencies, secrets, modules }: ActionDraft): ActionDraft {
  return structuredClone({
    code,
    runtime,
    dependencies,
    secrets,
    ...(modules === undefined ? {} : { modules }),
  })
}

/** The Action as the API shows it: names of secrets, never their values. */
export function shownAction(action: Action, status: string = action.status): Body {
  const { versions, deployed_version_id, ...rest } = action
  const deployed = versions.find((version) => version.id === deployed_version_id)
  const newest = versions.at(-1)
  return {
    ...rest,
    status,
    secrets: shownSecrets(action.secrets),
    ...(newest === undefined ? {} : { current_version: currentVersion(newest) }),
    ...(deployed === undefined ? {} : { deployed_version: shownVersion(action, deployed) }),
  }
}

function currentVersion({ id, code, runtime, number, created_at, built_at }: ActionVersion): Body {
  const times = { build_time: built_at, created_at, updated_at: built_at ?? created_at }
  return { id, code, runtime, status: 'BUILT', number, ...times }
}

export function shownVersion(action: Action, version: ActionVersion): Body {
  return {
    ...version,
    secrets: shownSecrets(version.secrets),
    deployed: version.id === action.deployed_version_id,
    updated_at: version.built_at ?? version.created_at,
    supported_triggers: action.supported_triggers,
  }
}

/** A version at the moment that it is made: what it is a version of has not taken it over yet. */
export function newVersion(action: Action, version: ActionVersion): Body {
  const { id, name, supported_triggers, created_at, updated_at } = action
  const { built_at: _built, ...shown } = shownVersion(action, version) as { built_at?: unknown } & Body
  return {
    ...shown,
    deployed: false,
    action: { id, name, supported_triggers, created_at, updated_at, all_changes_deployed: false },
  }
}

export function shownSecrets(secrets: ActionDraft['secrets']): Body[] {
  return secrets.map(({ name, updated_at }) => ({ name, updated_at }))
}
