import { relative, sep } from 'node:path'
import { type BuiltAction, bundleActions } from '../bundle/index.ts'
import { ToolkitError } from '../errors.ts'
import { setOwn } from '../json.ts'
import { runnableAction } from '../runtime/runnable-action.ts'
import type { RunnableAction } from '../runtime/types.ts'
import { postLogin } from '../triggers/index.ts'
import {
  boundTo,
  localModule,
  localSecrets,
  type Workspace,
  type WorkspaceAction,
} from '../workspace/index.ts'

/**
 * The Actions bound to the login, in order, bundled in memory unless they are given as `built`, with the local values
 * of their secrets and the modules that they name. A marker without a value stays as it is.
 *
 * @throws {ToolkitError} `ERR_BUNDLE` with the place at fault, `ERR_INPUT` for a module that does not exist.
 */
export async function boundActions(
  workspace: Workspace,
  given?: readonly BuiltAction[],
): Promise<RunnableAction[]> {
  const bound = actionsBoundTo(workspace)
  const built = given ?? (await bundleActions(bound, { root: workspace.root }))
  return Promise.all(
    bound.map(async (action) => {
      const { code, sourceMap } = built.find(({ name }) => name === action.name)!
      return runnableAction({
        name: action.name,
        code,
        sourceMap,
        file: relative(workspace.root, action.builtFile).split(sep).join('/'),
        secrets: localSecrets(action, workspace),
        dependencies: action.dependencies,
        modules: action.modules.length > 0 ? await modulesOf(action, workspace) : undefined,
      })
    }),
  )
}

/** The Actions bound to the login, in order. */
export function actionsBoundTo(workspace: Workspace): WorkspaceAction[] {
  return boundTo(workspace, postLogin).flatMap((name) =>
    workspace.actions.filter((action) => action.name === name),
  )
}

async function modulesOf(
  action: WorkspaceAction,
  workspace: Workspace,
): Promise<NonNullable<RunnableAction['modules']>> {
  const found: Record<string, { code: string; secrets: Record<string, string> }> = {}
  for (const name of action.modules) {
    const module = await localModule(workspace, name)
    if (module === undefined) {
      throw new ToolkitError('ERR_INPUT', `"${action.name}" names the module "${name}", which is not there`, {
        hint: 'Add it to actionModules in tenant.yaml, with the file of its code.',
        ...action.at,
      })
    }
    setOwn(found, name, module)
  }
  return found
}
