import { createHash } from 'node:crypto'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'

/** Every path below a folder, with the digest of each file and the end of each link; to compare before and after. */
export async function listing(folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of (await readdir(folder, { recursive: true })).sort()) {
    const path = join(folder, name)
    const stats = await lstat(path)
    if (stats.isSymbolicLink()) found[name] = `link to ${await readlink(path)}`
    else if (stats.isDirectory()) found[name] = 'folder'
    else if (!stats.isFile()) found[name] = 'no file'
    else
      found[name] = createHash('sha256')
        .update(await readFile(path))
        .digest('hex')
        .slice(0, 16)
  }
  return found
}
