import { setOwn } from '../../json.ts'
import { runnableAction } from '../../runtime/runnable-action.ts'
import type { RunnableAction } from '../../runtime/types.ts'
import type { PipelineResult, Suspension } from '../../simulator/types.ts'
import { postLogin, type Trigger } from '../../triggers/index.ts'
import { isDeeperThan, MAX_DEPTH } from '../bounds.ts'
import type { TenantContext } from '../context.ts'
import type { ActionDraft, ActionVersion, User } from '../entities.ts'
import type { TenantState } from '../state.ts'

/** The Actions that run: bound and deployed, each in the version that was deployed. */
function boundActions(context: TenantContext, trigger: Trigger): RunnableAction[] {
  const { state } = context
  return (state.bindings.get(trigger.id) ?? []).flatMap(({ action_id }) => {
    const action = state.actions.get(action_id)
    const version = action?.versions.find(({ id }) => id === action.deployed_version_id)
    return action === undefined || version === undefined ? [] : [runnable(context, action.name, version)]
  })
}

/** The runtime knows an Action by its object: what it has read once (source map, hash) it keeps for the next login. */
const runnables = new WeakMap<ActionVersion, RunnableAction>()

function runnable(
  { state, sourceMapFor }: TenantContext,
  name: string,
  version: ActionVersion,
): RunnableAction {
  const modules = modulesOf(state, version)
  const known = runnables.get(version)
  // A module's newest version may be another one by now.
  if (known?.name === name && modules === undefined) return known
  const action = runnableAction({
    ...version,
    name,
    secrets: secretsOf(version),
    sourceMap: sourceMapFor(version.code),
    modules,
  })
  runnables.set(version, action)
  return action
}

function secretsOf({ secrets }: Pick<ActionDraft, 'secrets'>): Record<string, string> {
  return Object.fromEntries(secrets.map(({ name, value }) => [name, value]))
}

/** The Actions Modules that a version names, each in the version it names, else in its newest. */
function modulesOf(state: TenantState, { modules }: ActionDraft): RunnableAction['modules'] {
  if (modules === undefined || modules.length === 0) return undefined
  const found: Record<string, { code: string; secrets: Record<string, string> }> = {}
  for (const reference of modules as { module_id?: string; module_version_id?: string }[]) {
    const module = state.actionModules?.get(reference.module_id ?? '')
    const version =
      module?.versions.find(({ id }) => id === reference.module_version_id) ?? module?.versions.at(-1)
    if (module !== undefined && version !== undefined) {
      setOwn(found, module.name, { code: version.code, secrets: secretsOf(version) })
    }
  }
  return found
}

/** Runs what is bound to the trigger, post-login unless told; without any Action the execution is simply allowed. */
export async function runBoundActions(
  context: TenantContext,
  event: object,
  {
    trigger = postLogin,
    ...options
  }: { trigger?: Trigger; resume?: Suspension; facts?: Readonly<Record<string, unknown>> } = {},
): Promise<PipelineResult> {
  const actions = boundActions(context, trigger)
  if (actions.length === 0) return NOTHING_RAN
  // Loaded at the first Action: a tenant is ready sooner without.
  const { runTrigger } = await import('../../simulator/run-trigger.ts')
  const result = await runTrigger(trigger, { actions, event, runtime: await context.runtime(), ...options })
  // What could be neither copied nor saved any more.
  const given = result.commands.map(({ args }) => args)
  if (!isDeeperThan(given, MAX_DEPTH + 2)) return result
  const reason = `An Action nests values more than ${MAX_DEPTH} levels deep.`
  return { ...result, outcome: 'error', reason, state: {}, userMetadata: {}, appMetadata: {} }
}

const NOTHING_RAN: PipelineResult = {
  outcome: 'allowed',
  commands: [],
  writes: [],
  runs: [],
  state: {},
  scopes: { add: [], remove: [] },
  userMetadata: {},
  appMetadata: {},
}

/** Merges what Actions set into the profile, one key at a time; `null` removes a key. Nothing after an error. */
export function keepMetadata(state: TenantState, user: User, pipeline: PipelineResult, now: Date): void {
  if (pipeline.outcome === 'error') return
  // The user may have been replaced while the Actions ran.
  const current = state.users.get(user.user_id) ?? user
  const changed = merge(current.user_metadata, pipeline.userMetadata)
  if (merge(current.app_metadata, pipeline.appMetadata) || changed) current.updated_at = now.toISOString()
}

/** The user that the login continues as. Identities are not linked here: any user of the tenant will do. */
export function primaryUserOf(
  state: TenantState,
  user: User,
  { primaryUser }: PipelineResult,
): User | undefined {
  return primaryUser === undefined ? (state.users.get(user.user_id) ?? user) : state.users.get(primaryUser)
}

function merge(target: Record<string, unknown>, changes: Record<string, unknown>): boolean {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete target[name]
    else setOwn(target, name, structuredClone(value))
  }
  return Object.keys(changes).length > 0
}
