import { bundleActions } from '../bundle/index.ts'
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
  const built = await bundleActions(workspace.actions, { root: workspace.root })
  const maps = new Map(built.map(({ code, sourceMap }) => [code, sourceMap]))
  const codes = new Map(built.map(({ name, code }) => [name, code]))
  return {
    workspace,
    sourceMapFor: (code) => maps.get(code),
    importInto: (context) =>
      importTenantFile(context, workspace.tenant, {
        codeOf: (action) => codes.get(action) ?? '',
        ...(workspace.local?.keywords !== undefined && { keywords: workspace.local.keywords }),
      }),
  }
}
