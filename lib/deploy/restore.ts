import { managementReader } from './management-reader.ts'
import { type ManagementWriter, managementWriter } from './management-writer.ts'
import { codeHash, type Draft, readActions } from './read-back.ts'
import type { DeployedAction, ReadBack, TenantAccess } from './types.ts'

export interface RestoreOptions {
  /** Actions that may be touched; all others are left alone. */
  names: readonly string[]
  /**
   * What a deploy left or was to leave: code by hash, and bindings. What is neither this nor the earlier state was
   * written by somebody else, and is left alone. @defaultValue everything is brought back
   */
  ours?: { hashes: ReadonlyMap<string, string>; bindings: ReadBack['bindings'] }
  /** Drafts as they were, for Actions whose draft was not what was deployed. @defaultValue the deployed version */
  drafts?: ReadonlyMap<string, Draft>
}

/** One line each. */
export interface Restored {
  done: string[]
  /** What stays as it is, and why. */
  left: string[]
}

/**
 * Brings Actions and bindings back to an earlier state: the old versions are deployed again as new copies with their
 * code, secrets and dependencies, drafts and bindings become what they were, and Actions of `names` that did not
 * exist then are deleted.
 *
 * Cannot take back a first deploy of an Action that existed as a draft, nor the values of a draft's secrets.
 *
 * @throws {ToolkitError} `ERR_DEPLOY` or `ERR_ENVIRONMENT` when the tenant refuses or is gone.
 */
export async function restore(
  access: TenantAccess,
  before: ReadBack,
  options: RestoreOptions,
): Promise<Restored> {
  const triggers = Object.keys(before.bindings)
  const { state: now, drafts } = await readActions(managementReader(access), triggers)
  const write = managementWriter(access)
  const restored: Restored = { done: [], left: [] }
  const named = now.actions.filter(({ name }) => options.names.includes(name))
  const isOurs = ({ name, codeHash: running }: DeployedAction) =>
    options.ours === undefined ||
    [running, codeHash(drafts.get(name)?.code ?? '')].every((hash) => {
      const old = before.actions.find((action) => action.name === name)
      const known = [options.ours?.hashes.get(name), old?.codeHash, hashOf(options.drafts?.get(name))]
      return known.includes(hash)
    })

  for (const action of named) {
    const old = before.actions.find(({ name }) => name === action.name)
    if (old === undefined) continue
    const draft = options.drafts?.get(action.name)
    if (isSame(action, old, drafts.get(action.name), draft)) continue
    if (isOurs(action)) await restoreAction(write, action, old, draft, restored)
    else restored.left.push(`"${action.name}" was changed by somebody else meanwhile`)
  }
  for (const trigger of triggers) {
    const wanted = before.bindings[trigger] ?? []
    const actual = now.bindings[trigger] ?? []
    if (sameList(wanted, actual)) continue
    if (options.ours !== undefined && !sameList(options.ours.bindings[trigger] ?? wanted, actual)) {
      restored.left.push(
        `${trigger} was bound by somebody else meanwhile to ${actual.join(', ') || 'nothing'}`,
      )
      continue
    }
    await write('PATCH', `/actions/triggers/${trigger}/bindings`, {
      bindings: wanted.map((name) => ({ ref: { type: 'action_name', value: name }, display_name: name })),
    })
    restored.done.push(`${trigger} runs ${wanted.join(', ') || 'nothing'} again`)
  }
  for (const action of named) {
    if (before.actions.some(({ name }) => name === action.name)) continue
    if (!isOurs(action)) {
      restored.left.push(`"${action.name}" was changed by somebody else meanwhile`)
      continue
    }
    await write('DELETE', `/actions/actions/${action.id}?force=true`)
    restored.done.push(`"${action.name}" is deleted again`)
  }
  return restored
}

async function restoreAction(
  write: ManagementWriter,
  now: DeployedAction,
  old: DeployedAction,
  draft: Draft | undefined,
  { done, left }: Restored,
): Promise<void> {
  const path = `/actions/actions/${now.id}`
  if (old.versionId !== undefined) {
    await write('POST', `${path}/versions/${old.versionId}/deploy`, { update_draft: true })
    done.push(`"${now.name}" runs the code of version ${old.version} again`)
  } else if (now.deployed) {
    left.push(`"${now.name}" has a version, and a version cannot be taken back`)
  }
  if (draft === undefined || old.allChangesDeployed) return
  const { code, runtime, dependencies } = draft
  await write('PATCH', path, { code, runtime, dependencies })
  done.push(`"${now.name}" has its draft again`)
}

function isSame(
  now: DeployedAction,
  old: DeployedAction,
  draftNow: Draft | undefined,
  draftBefore: Draft | undefined,
): boolean {
  if (old.versionId !== now.versionId || old.codeHash !== now.codeHash) return false
  if (old.allChangesDeployed) return now.allChangesDeployed
  return draftBefore === undefined || JSON.stringify(draftNow) === JSON.stringify(draftBefore)
}

function hashOf(draft: Draft | undefined): string | undefined {
  return draft === undefined ? undefined : codeHash(draft.code)
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
