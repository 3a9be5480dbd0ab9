import { withTemporaryFolder } from '../files/index.ts'
import type { RunnableAction } from '../runtime/index.ts'
import { readWorkspace, type Workspace } from '../workspace/index.ts'
import { boundActions } from './bound-actions.ts'
import { checkOut } from './check-out.ts'

/** The bound Actions as they were at a commit, with the secrets of now. */
export async function actionsAt(workspace: Workspace, ref: string): Promise<RunnableAction[]> {
  return withTemporaryFolder('commit-', async (folder) => {
    await checkOut(workspace.root, ref, folder)
    const then = await readWorkspace(folder)
    return await boundActions({
      ...then,
      ...(workspace.local !== undefined && { local: workspace.local }),
    })
  })
}
