import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Folder of the workspace for what stays on this machine: records of deploys, fingerprints of secrets. */
export const OWN_FOLDER = '.auth0-claims'

/** Permissions of what only the user may read. */
export const OWN_FILE = 0o600

/** Makes {@link OWN_FOLDER} with the folders below it, for the user only, so that git ignores all of it. Answers its path. */
export async function makeOwnFolder(root: string, ...below: string[]): Promise<string> {
  const folder = join(root, OWN_FOLDER)
  await mkdir(join(folder, ...below), { recursive: true, mode: 0o700 })
  await writeFile(join(folder, '.gitignore'), '*\n', { flag: 'wx' }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  })
  return join(folder, ...below)
}
