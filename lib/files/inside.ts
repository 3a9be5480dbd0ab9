import { readlink, realpath } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'

/**
 * Where a path leads with every link on it followed, also when it, or the end of it, does not exist yet.
 *
 * @throws the system's error when a link leads in circles or a folder may not be searched
 */
export async function realPath(file: string): Promise<string> {
  const rest: string[] = []
  let at = resolve(file)
  for (;;) {
    try {
      return join(await realpath(at), ...rest)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error
    }
    // A link whose end does not exist: what is written to it is written there.
    const target = await readlink(at).catch(() => undefined)
    if (target !== undefined) {
      at = resolve(await realpath(dirname(at)), target)
      continue
    }
    if (dirname(at) === at) return join(at, ...rest)
    rest.unshift(basename(at))
    at = dirname(at)
  }
}

/** Whether a path is below a folder, both as they are written. */
export function isBelow(folder: string, file: string): boolean {
  const way = relative(folder, file)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/**
 * Whether a path leads to a place below a folder once links are followed. `false` also where that cannot be found out.
 * The file need not exist.
 */
export async function isInside(folder: string, file: string): Promise<boolean> {
  try {
    return isBelow(await realPath(folder), await realPath(file))
  } catch {
    return false
  }
}
