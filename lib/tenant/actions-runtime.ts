import type { Runtime } from '../runtime/types.ts'
import type { Workspace } from '../workspace/types.ts'

// The runtime is loaded when it is needed: the tenant is ready sooner.
/** The Actions run on the Node they are deployed to, if this machine has it, with the packages of the workspace. */
export async function isolatedRuntime(workspace: Workspace | undefined): Promise<Runtime> {
  const { createIsolatedRuntime, findNode, runtimeOf } = await import('../runtime/index.ts')
  if (workspace === undefined) return createIsolatedRuntime()
  const { root, actions } = workspace
  const node = findNode(runtimeOf(actions), root)
  const packages = actions.flatMap(({ dependencies }) => dependencies.map(({ name }) => name))
  return createIsolatedRuntime({ resolveFrom: root, packages, ...(node !== undefined && { node }) })
}
