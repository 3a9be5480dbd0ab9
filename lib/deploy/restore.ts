import { managementWriter } from './management-writer.ts'
import { readBack } from './read-back.ts'
import type { ReadBack, TenantAccess } from './types.ts'

/**
 * Brings Actions and bindings of `triggers` back to an earlier state: the old versions are deployed again as new
 * copies with their code, secrets and dependencies, the bindings get their old order, and Actions of `names` that
 * did not exist then are deleted. Actions outside `names` are left alone.
 *
 * Does not restore other types, nor a draft that was never deployed.
 *
 * @returns what was done, one line each; empty when nothing differed.
 * @throws {ToolkitError} `ERR_DEPLOY` or `ERR_ENVIRONMENT` when the tenant refuses or is gone.
 */
export async function restore(
  access: TenantAccess,
  before: ReadBack,
  names: readonly string[],
): Promise<string[]> {
  const triggers = Object.keys(before.bindings)
  const now = await readBack(access, triggers)
  const write = managementWriter(access)
  const done: string[] = []
  for (const action of now.actions.filter(({ name }) => names.includes(name))) {
    const old = before.actions.find(({ name }) => name === action.name)
    if (old?.versionId === undefined) continue
    if (old.codeHash === action.codeHash && old.versionId === action.versionId && action.allChangesDeployed)
      continue
    await write('POST', `/actions/actions/${action.id}/versions/${old.versionId}/deploy`, {
      update_draft: true,
    })
    done.push(`"${action.name}" runs the code of version ${old.version} again`)
  }
  for (const trigger of triggers) {
    const wanted = before.bindings[trigger] ?? []
    if (JSON.stringify(wanted) === JSON.stringify(now.bindings[trigger])) continue
    await write('PATCH', `/actions/triggers/${trigger}/bindings`, {
      bindings: wanted.map((name) => ({ ref: { type: 'action_name', value: name }, display_name: name })),
    })
    done.push(`${trigger} runs ${wanted.join(', ') || 'nothing'} again`)
  }
  for (const action of now.actions) {
    if (!names.includes(action.name) || before.actions.some(({ name }) => name === action.name)) continue
    await write('DELETE', `/actions/actions/${action.id}?force=true`)
    done.push(`"${action.name}" is deleted again`)
  }
  return done
}
