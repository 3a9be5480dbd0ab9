import {
  createIsolatedRuntime,
  findNode,
  type Network,
  type NodeProgram,
  type RunnableAction,
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
    packages: packagesOf(workspace.actions),
    ...(node !== undefined && { node }),
  })
}

/** The same for Actions that the tenant has, whoever wrote them: in a sandbox, and without a network. */
export function foreignRuntime(workspace: Workspace, actions: readonly RunnableAction[]): Promise<Runtime> {
  const found = findNode(runtimeOf(workspace.actions), workspace.root)
  // An older Node has no permissions to hold it with.
  const node = found !== undefined && /^v1?\d\./.test(found.version) ? undefined : found
  return createIsolatedRuntime({
    network: 'refuse',
    foreign: true,
    resolveFrom: workspace.root,
    packages: actions.flatMap(({ dependencies = [] }) => dependencies),
    ...(node !== undefined && { node }),
  })
}

const packagesOf = (actions: Workspace['actions']) =>
  actions.flatMap(({ dependencies }) => dependencies.map(({ name }) => name))

/** Which Node it was, and whether it is the one that Auth0 takes. */
export function nodeNote(workspace: Workspace, version: string): string {
  const wanted = runtimeOf(workspace.actions)
  const same = version.startsWith(`v${wanted.slice('node'.length)}.`)
  const other = same ? '' : ` Auth0 runs these Actions on ${wanted}: name one with --node, or install it.`
  return `Ran on Node ${version}.${other}`
}
