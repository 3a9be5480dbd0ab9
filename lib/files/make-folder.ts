import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it, and answers which were made, the outermost first. Not `recursive`, which never
 * ends where the system has no such place, as below `/proc`.
 *
 * @throws the system's error, `EEXIST` for a file in the way
 */
export async function makeFolder(folder: string, mode?: number): Promise<string[]> {
  try {
    await mkdir(folder, mode)
    return [folder]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && (await stat(folder)).isDirectory()) return []
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
  }
  const above = await makeFolder(dirname(folder), mode)
  // Nothing was missing above, and it still cannot be made.
  await mkdir(folder, mode)
  return [...above, folder]
}
