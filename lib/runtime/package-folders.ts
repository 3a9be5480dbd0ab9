import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join, sep } from 'node:path'

/** As npm takes them: a name is no path. */
const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i

/**
 * The folders that these packages and all that they depend on are read from, as they are named and as they really are
 * (links resolved). A package that is not installed has none, nor has one that holds the folder `from` itself.
 *
 * @param from folder from which the packages are resolved
 */
export function packageFolders(names: readonly string[], from: string): string[] {
  const folders = new Set<string>()
  const seen = new Set<string>()
  const visit = (name: string, below: string): void => {
    const folder = NAME.test(name) ? installed(name, below) : undefined
    if (folder === undefined) return
    folders.add(folder)
    const real = realpathSync(folder)
    if (`${from}${sep}`.startsWith(`${real}${sep}`)) {
      folders.delete(folder)
      return
    }
    folders.add(real)
    if (seen.has(real)) return
    seen.add(real)
    for (const dependency of dependenciesOf(real)) visit(dependency, real)
  }
  for (const name of names) visit(name, from)
  // In Node's option these two characters mean something.
  return [...folders].filter((folder) => !/[*,]/.test(folder))
}

function installed(name: string, from: string): string | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name)
    if (existsSync(join(found, 'package.json'))) return found
    if (dirname(folder) === folder) return undefined
  }
}

function dependenciesOf(folder: string): string[] {
  try {
    const text = readFileSync(join(folder, 'package.json'), 'utf8')
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(text) as Record<
      string,
      Record<string, string> | undefined
    >
    return Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
  } catch {
    return []
  }
}
