import { deployChanges } from './deploy-changes.ts'
import { readBack } from './read-back.ts'
import type { DeployOptions, DeployReport } from './types.ts'

/**
 * Deploys the workspace's tenant.yaml and built Actions as the real auth0-deploy-cli would, and reads back what the
 * tenant has. Sends what the tenant does not have yet; deletes nothing, and does not bring back what it wrote before a
 * failure. Does not build, check or ask.
 *
 * @throws {ToolkitError} as {@link deployChanges}
 */
export async function deployWithCli(options: DeployOptions): Promise<DeployReport> {
  const { plan, deployed } = await deployChanges({ ...options, restoreOnFailure: false })
  if (deployed !== undefined) return deployed
  const state = await readBack(options, Object.keys(plan.before.bindings))
  return { domain: options.domain, milliseconds: 0, ...state }
}
