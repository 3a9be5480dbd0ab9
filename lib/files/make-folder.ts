import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it, and returns which were made, the outermost first. Not `recursive`, which never
 * ends where the system has no such place, as below `/proc`. Synchronous, so that no signal comes in between.
 *
 * @throws the system's error, `EEXIST` for a file in the way
 */
export function makeFolder(folder: string, mode?: number): string[] {
  try {
    mkdirSync(folder, mode)
    return [folder]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST' && statSync(folder).isDirectory()) return []
    if (code !== 'ENOENT' || dirname(folder) === folder) throw error
  }
  const above = makeFolder(dirname(folder), mode)
  // Nothing was missing above, and it still cannot be made.
  mkdirSync(folder, mode)
  return [...above, folder]
}
