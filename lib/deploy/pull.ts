import { overWorkspace, type PulledFiles } from './pull/over-workspace.ts'
import { readTenant } from './pull/read-tenant.ts'
import type { TenantAccess } from './types.ts'

export type { PulledFiles, SourceConflict } from './pull/over-workspace.ts'

export interface PullOptions extends TenantAccess {
  /** Folder of the workspace, or of one to be: what is there is compared. */
  root: string
}

export interface Pulled extends PulledFiles {
  /** Names of the markers that tenant.yaml has in place of what is, or may be, a secret. */
  markers: string[]
  /** Members of the tenant's answer that are not pulled, as nobody knows them here. */
  leftOut: string[]
}

/**
 * Reads a tenant as the files of a workspace: tenant.yaml and one JavaScript file for each Action and module, byte for
 * byte its draft. Values of secrets, and what may be one, become markers. Brings Actions, modules, bindings,
 * applications, APIs, grants, roles and organizations; not connections or pages. Writes nothing.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when the tenant is not reachable, `ERR_DEPLOY` when it refuses, `ERR_INPUT`
 * when the workspace that is there cannot be read.
 */
export async function pullTenant({ root, ...access }: PullOptions): Promise<Pulled> {
  const read = await readTenant(access)
  const files = await overWorkspace(root, read)
  const { markers, leftOut } = read
  return { ...files, markers, leftOut }
}
