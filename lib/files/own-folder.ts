import { join } from 'node:path'
import { makeFolder } from './make-folder.ts'
import { assertInside, writeNew } from './write-file.ts'

/** Folder of the workspace for what stays on this machine: records of deploys and builds, fingerprints of secrets. */
export const OWN_FOLDER = '.auth0-claims'

/** Permissions of what only the user may read. */
export const OWN_FILE = 0o600

/**
 * Makes {@link OWN_FOLDER} with the folders below it, for the user only, so that git ignores all of it. Returns its path.
 *
 * @throws {ToolkitError} `ERR_INPUT` when it leads out of the workspace through a link
 */
export async function makeOwnFolder(root: string, ...below: string[]): Promise<string> {
  const folder = join(root, OWN_FOLDER)
  const ignore = join(folder, '.gitignore')
  await assertInside(join(folder, ...below), root)
  makeFolder(join(folder, ...below), 0o700)
  await writeNew(ignore, '*\n', { root })
  return join(folder, ...below)
}
