import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isFile } from '../files/index.ts'
import { markersIn, readWorkspace } from '../workspace/index.ts'
import type { Workspace } from '../workspace/types.ts'
import type { NotPulled } from './pull/export-tenant.ts'
import { overWorkspace, type PulledFiles } from './pull/over-workspace.ts'
import { type ReadTenant, readTenant } from './pull/read-tenant.ts'
import { selectionOf } from './pull/selection.ts'
import type { TenantAccess } from './types.ts'

export type { NotPulled } from './pull/export-tenant.ts'
export type { PulledFiles, SourceConflict } from './pull/over-workspace.ts'

export interface PullOptions extends TenantAccess {
  /** Folder of the workspace, or of a new one. Its files are compared with the tenant. */
  root: string
  /** Values of the markers of the workspace. @defaultValue none: a marker stays where its value may be any */
  keywords?: Readonly<Record<string, string>>
  /** More of the deploy CLI's configuration, such as `AUTH0_EXCLUDED`. @defaultValue none */
  config?: Readonly<Record<string, unknown>>
  /** Brings what tenant.yaml leaves out as well: settings and members of entries. @defaultValue false */
  full?: boolean
}

export interface Pulled extends PulledFiles, Pick<ReadTenant, 'drafts' | 'leftOut'> {
  /** Types that were not pulled, or not whole. */
  notPulled: NotPulled[]
}

/**
 * Reads a tenant as the files of a workspace, of every type that the deploy CLI knows: tenant.yaml, one JavaScript file
 * for each Action and module, byte for byte its draft, and the pages, scripts, templates and forms that it names.
 * Values of secrets, and what may be one, become markers. In an existing tenant.yaml, what says the same stays as it is
 * written. Writes nothing.
 *
 * Does not look for secrets in code, scripts and pages.
 *
 * @throws {ToolkitError} `ERR_ENVIRONMENT` when the tenant is not reachable, `ERR_DEPLOY` when it refuses, `ERR_INPUT`
 * when the existing workspace cannot be read.
 */
export async function pullTenant(options: PullOptions): Promise<Pulled> {
  const { root, keywords = {}, config = {}, full = false, ...access } = options
  const workspace = await workspaceIn(root)
  const selection = selectionOf(config)
  const taken = workspace === undefined ? [] : await markersOfFiles(workspace)
  const read = await readTenant(access, selection, taken)
  const files = await overWorkspace(root, read, { workspace, keywords, selection, full })
  const { drafts, leftOut, notPulled } = read
  return { ...files, drafts, leftOut, notPulled }
}

/** Names of the markers of tenant.yaml and of the files that it names. */
async function markersOfFiles({ tenantFile, namedFiles }: Workspace): Promise<string[]> {
  const others = namedFiles.map(({ file }) => readFile(file, 'utf8').catch(() => ''))
  return [await readFile(tenantFile, 'utf8'), ...(await Promise.all(others))].flatMap(markersIn)
}

/** The workspace in a folder; `undefined` where there is no tenant.yaml. */
export async function workspaceIn(root: string): Promise<Workspace | undefined> {
  return (await isFile(join(root, 'tenant.yaml'))) ? readWorkspace(root) : undefined
}
