import { readFile } from 'node:fs/promises'
import type { BuiltAction } from '../bundle/index.ts'
import { readContracts } from '../contract/index.ts'
import { type Proof, type ProveOptions, prove } from '../prove/index.ts'
import type { Workspace } from '../workspace/index.ts'
import { boundActions } from './bound-actions.ts'
import { workspaceRuntime } from './workspace-runtime.ts'

/**
 * Gives `use` what a search needs of a workspace: its Actions as they ship, its contracts, and a runtime, which ends
 * with `use`.
 */
export async function withProver<T>(
  workspace: Workspace,
  node: unknown,
  use: (prover: ProveOptions) => Promise<T>,
  built?: readonly BuiltAction[],
): Promise<T> {
  const contracts = await readContracts(workspace.contractFiles, (file) => readFile(file, 'utf8'), {
    root: workspace.root,
  })
  const actions = await boundActions(workspace, built)
  const runtime = await workspaceRuntime(workspace, node)
  try {
    return await use({ workspace, actions, runtime, contracts })
  } finally {
    await runtime.stop()
  }
}

/** Searches for a login that breaks the bound Actions or the contracts, with the number of logins of `claims prove`. */
export function proveWorkspace(workspace: Workspace, built: readonly BuiltAction[]): Promise<Proof> {
  return withProver(workspace, undefined, prove, built)
}
