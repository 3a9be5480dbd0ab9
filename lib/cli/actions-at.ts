import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunnableAction } from '../runtime/index.ts'
import { readWorkspace, type Workspace } from '../workspace/index.ts'
import { boundActions } from './bound-actions.ts'
import { checkOut } from './check-out.ts'

/** The bound Actions as they were at a commit, with the secrets of now. */
export async function actionsAt(workspace: Workspace, ref: string): Promise<RunnableAction[]> {
  const folder = await mkdtemp(join(tmpdir(), 'auth0-claims-'))
  try {
    await checkOut(workspace.root, ref, folder)
    const then = await readWorkspace(folder)
    return await boundActions({
      ...then,
      ...(workspace.local !== undefined && { local: workspace.local }),
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
