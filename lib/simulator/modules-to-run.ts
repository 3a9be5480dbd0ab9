import type { BuiltAction } from '../bundle/index.ts'
import type { RunnableAction } from '../runtime/types.ts'

/** The file of an Actions Module, and what it sees as `actions.secrets`. */
export type ModuleFile = string | { file: string; secrets?: Readonly<Record<string, string>> }

export type Modules = NonNullable<RunnableAction['modules']>

const PREFIX = 'actions:'

/** Names of the Actions Modules that a bundle requires. */
export function modulesOf({ requires }: Pick<BuiltAction, 'requires'>): string[] {
  return requires.flatMap((name) => (name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : []))
}

/** Those of a workspace in this folder, as far as it has them; none where there is no workspace. */
export async function workspaceModules(names: readonly string[], root: string): Promise<Modules> {
  if (names.length === 0) return {}
  const { localModule, readWorkspace, tenantFormat } = await import('../workspace/index.ts')
  if ((await tenantFormat(root)) === undefined) return {}
  const workspace = await readWorkspace(root)
  const found = await Promise.all(
    names.map(async (name) => [name, await localModule(workspace, name)] as const),
  )
  return Object.fromEntries(found.flatMap(([name, module]) => (module === undefined ? [] : [[name, module]])))
}
