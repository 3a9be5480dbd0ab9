import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { ToolkitError } from '../errors.ts'
import { isFile } from '../files/index.ts'
import { readDirectoryFormat } from './directory-format.ts'
import type { Workspace } from './types.ts'
import { withQuotedMarkers } from './unquoted-markers.ts'
import { parseYaml, type YamlFile } from './yaml-file.ts'

/** The tenant that a workspace describes, in the form of a tenant.yaml, not checked. */
export interface TenantText extends YamlFile {
  format: Workspace['format']
  /** Absolute path of tenant.yaml; the folder in the directory format. */
  file: string
}

/**
 * Reads tenant.yaml (or tenant.yml), else the files of the directory format; `undefined` where there are none.
 *
 * @throws {ToolkitError} `ERR_INPUT` with the line at fault.
 */
export async function tenantText(folder: string): Promise<TenantText | undefined> {
  for (const name of ['tenant.yaml', 'tenant.yml']) {
    const file = join(folder, name)
    const text = await readIfThere(file)
    if (text !== undefined) return { ...parseYaml(withQuotedMarkers(text), name), format: 'yaml', file }
  }
  const read = await readDirectoryFormat(folder)
  return read === undefined ? undefined : { ...read, format: 'directory', file: folder }
}

/**
 * The form in which a folder describes its tenant; `undefined` where it describes none. Does not parse files where a
 * name tells.
 */
export async function tenantFormat(folder: string): Promise<Workspace['format'] | undefined> {
  for (const name of ['tenant.yaml', 'tenant.yml']) if (await isFile(join(folder, name))) return 'yaml'
  return (await readDirectoryFormat(folder)) === undefined ? undefined : 'directory'
}

/** The text of a file of the workspace; `undefined` where there is none. */
export async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ToolkitError('ERR_INPUT', `"${basename(file)}" cannot be read`, {
      cause,
      hint: 'Check that it is a file and that you may read it.',
    })
  }
}
