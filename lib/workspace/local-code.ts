import { readIfThere } from '../files/index.ts'
import { fillMarkers } from './marker-text.ts'
import type { Workspace, WorkspaceAction } from './types.ts'

/**
 * The secrets of an Action or a module, with local values. A marker without a value stays as it is; a secret without a
 * value takes that of tenant.local.yaml, else it is empty.
 */
export function localSecrets(
  { name: owner, secrets }: Pick<WorkspaceAction, 'name' | 'secrets'>,
  { local, keywords }: Pick<Workspace, 'local' | 'keywords'>,
): Record<string, string> {
  const given = local?.secrets ?? {}
  const own = Object.hasOwn(given, owner) ? given[owner]! : {}
  return Object.fromEntries(
    secrets.map(({ name, value }) => [
      name,
      value === '' && Object.hasOwn(own, name)
        ? own[name]!
        : String(fillMarkers(value, (key) => (Object.hasOwn(keywords, key) ? keywords[key] : undefined))),
    ]),
  )
}

/** A module of `actionModules` as Actions load it; `undefined` where it, or the file of its code, does not exist. */
export async function localModule(
  workspace: Workspace,
  name: string,
): Promise<{ code: string; secrets: Record<string, string> } | undefined> {
  const module = workspace.modules.find((entry) => entry.name === name)
  const code = module === undefined ? undefined : await readIfThere(module.file)
  return module === undefined || code === undefined
    ? undefined
    : { code, secrets: localSecrets(module, workspace) }
}
