import { bundleActions } from '../../../lib/bundle/index.ts'
import { copyForCli } from '../../../lib/deploy/copy-for-cli.ts'
import type { TenantAccess } from '../../../lib/deploy/index.ts'
import { runCli } from '../../../lib/deploy/launch.ts'
import { resolvedTenant } from '../../../lib/deploy/markers.ts'
import { upstreamOf } from '../../../lib/deploy/wire/upstream.ts'
import { withTemporaryFolder } from '../../../lib/files/index.ts'
import type { Workspace } from '../../../lib/workspace/index.ts'

/** Deploys as the deploy CLI does it by itself: each of its calls goes to the tenant. */
export async function importAsStock(access: TenantAccess, workspace: Workspace): Promise<void> {
  const built = await bundleActions(workspace.actions, { root: workspace.root })
  const tenant = resolvedTenant(workspace, {})
  await withTemporaryFolder('stock-', async (folder) =>
    runCli({
      ...access,
      folder,
      job: {
        mode: 'import',
        basePath: folder,
        assets: await copyForCli({ workspace, built }, tenant, folder),
      },
      config: {},
      keywords: {},
      answer: tenantOf(access),
    }),
  )
}

/** The tenant itself, as it answers a `fetch`: without a body where there is none. */
function tenantOf(access: TenantAccess): ReturnType<typeof upstreamOf> {
  const upstream = upstreamOf(access)
  return async (request) => {
    const { status, json } = await upstream(request)
    return status === 204 ? { status } : { status, json }
  }
}
