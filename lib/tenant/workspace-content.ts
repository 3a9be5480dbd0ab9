import { readFile } from 'node:fs/promises'
import { type BuiltAction, bundleActions } from '../bundle/index.ts'
import { ToolkitError } from '../errors.ts'
import { readWorkspace, type Workspace } from '../workspace/index.ts'
import { importTenantFile, type ManagementContext } from './management/index.ts'

/** A workspace that was read and built, ready to be put into a tenant. */
export interface WorkspaceContent {
  workspace: Workspace
  /** Source map of a bundle's code. */
  sourceMapFor(code: string): string | undefined
  /** Applies tenant.yaml through the Management API's own code, with the bundles as the Actions' code. */
  importInto(context: Pick<ManagementContext, 'state' | 'clock'>): Promise<void>
}

/**
 * Reads a workspace and bundles its Actions in memory: writes no file.
 *
 * @throws {ToolkitError} `ERR_INPUT` or `ERR_BUNDLE` with the place at fault.
 */
export async function workspaceContent(folder: string): Promise<WorkspaceContent> {
  const workspace = await readWorkspace(folder)
  return contentOf(workspace, await bundleActions(workspace.actions, { root: workspace.root }))
}

/**
 * A workspace and the bundles of its Actions.
 *
 * @throws {ToolkitError} `ERR_INPUT` for a module whose code cannot be read.
 */
export async function contentOf(
  workspace: Workspace,
  built: readonly BuiltAction[],
): Promise<WorkspaceContent> {
  const maps = new Map(built.map(({ code, sourceMap }) => [code, sourceMap]))
  const codes = new Map(built.map(({ name, code }) => [name, code]))
  const modules = new Map(await Promise.all(workspace.modules.map(codeOfModule)))
  return {
    workspace,
    sourceMapFor: (code) => maps.get(code),
    importInto: (context) =>
      importTenantFile(context, workspace.tenant, {
        codeOf: (action) => codes.get(action) ?? '',
        codeOfModule: (module) => modules.get(module) ?? '',
        keywords: workspace.keywords,
        positionOf: workspace.positionOf,
        ...(workspace.local?.secrets !== undefined && { secrets: workspace.local.secrets }),
      }),
  }
}

async function codeOfModule({
  name,
  file,
}: Workspace['modules'][number]): Promise<[name: string, code: string]> {
  try {
    return [name, await readFile(file, 'utf8')]
  } catch (cause) {
    throw new ToolkitError('ERR_INPUT', `the code of the module "${name}" cannot be read`, {
      hint: 'Correct its "code" in actionModules of tenant.yaml.',
      file: 'tenant.yaml',
      cause,
    })
  }
}
