import { relative, sep } from 'node:path'
import { bundleActions } from '../bundle/index.ts'
import type { RunnableAction } from '../runtime/index.ts'
import type { Workspace } from '../workspace/index.ts'

/**
 * The Actions bound to post-login, in order, bundled in memory, with the local values of their secrets. A marker
 * without a value stays as it is.
 *
 * @throws {ToolkitError} `ERR_BUNDLE` with the place at fault.
 */
export async function boundActions(workspace: Workspace): Promise<RunnableAction[]> {
  const bound = workspace.bound.flatMap((name) => workspace.actions.filter((action) => action.name === name))
  const built = await bundleActions(bound, { root: workspace.root })
  const keywords = workspace.local?.keywords ?? {}
  return bound.map((action) => {
    const { code, sourceMap } = built.find(({ name }) => name === action.name)!
    return {
      name: action.name,
      code,
      sourceMap,
      file: relative(workspace.root, action.builtFile).split(sep).join('/'),
      secrets: Object.fromEntries(
        action.secrets.map(({ name, value }) => [
          name,
          value.replace(/##([A-Za-z0-9_]+)##/g, (marker, key: string) => keywords[key] ?? marker),
        ]),
      ),
      dependencies: action.dependencies.map(({ name }) => name),
    }
  })
}
