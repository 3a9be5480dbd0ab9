/** What the Management API does to the bindings of a trigger, without HTTP. */

import { entityId } from '../../workspace/local-ids.ts'
import type { Action, Binding } from '../entities.ts'
import type { TenantState } from '../state.ts'
import { ACTION_LIMITS } from './action-limits.ts'
import { type ActionContext, findAction } from './actions.ts'
import { type Body, listOf, onlyFields } from './body.ts'
import { badRequest, notFound } from './errors.ts'
import { TRIGGERS } from './triggers.ts'

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
