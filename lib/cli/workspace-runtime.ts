import {
  createIsolatedRuntime,
  findNode,
  type Network,
  type NodeProgram,
  runtimeOf,
} from '../runtime/index.ts'
import type { Runtime } from '../runtime/types.ts'
import type { Workspace } from '../workspace/index.ts'

/**
 * A child process for the Actions of a workspace, with its packages, on the Node that the user named, else on one of
 * the version that the Actions are deployed to, if this machine has it.
 */
export function workspaceRuntime(
  workspace: Workspace,
  named?: unknown,
  network: Network = 'refuse',
): Promise<Runtime> {
  const node: string | NodeProgram | undefined =
    typeof named === 'string' ? named : findNode(runtimeOf(workspace.actions), workspace.root)
  return createIsolatedRuntime({
    network,
    resolveFrom: workspace.root,
    ...(node !== undefined && { node }),
  })
}

/** Which Node it was, and whether it is the one that Auth0 takes. */
export function nodeNote(workspace: Workspace, version: string): string {
  const wanted = runtimeOf(workspace.actions)
  const same = version.startsWith(`v${wanted.slice('node'.length)}.`)
  const other = same ? '' : ` Auth0 runs these Actions on ${wanted}: name one with --node, or install it.`
  return `Ran on Node ${version}.${other}`
}
