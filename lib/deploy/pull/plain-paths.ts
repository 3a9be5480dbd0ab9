import { fileNames } from './file-names.ts'

const NAME = /=((?:[0-9a-f]{2})*)=/

/**
 * Paths of an export as they are written: `=<hexadecimal>=` becomes the name that it stands for, as far as a file can
 * be called so. Different names in one folder give different files.
 */
export function plainPaths(paths: readonly string[]): string[] {
  let current = [...paths]
  for (;;) {
    const groups = new Map<string, Map<string, string>>()
    for (const path of current) {
      const found = NAME.exec(path)
      if (found === null) continue
      const folder = path.slice(0, found.index)
      const group = groups.get(folder) ?? new Map<string, string>()
      groups.set(folder, group.set(found[0], Buffer.from(found[1]!, 'hex').toString()))
    }
    if (groups.size === 0) return current
    const files = new Map(
      [...groups].map(([folder, group]) => [folder, fileNames([...group.values()].map(withoutEnding))]),
    )
    current = current.map((path) => {
      const found = NAME.exec(path)
      if (found === null) return path
      const folder = path.slice(0, found.index)
      const name = groups.get(folder)!.get(found[0])!
      const ending = name === withoutEnding(name) || path.endsWith('.js') ? '' : '.js'
      const file = files.get(folder)!.get(withoutEnding(name))!
      return `${folder}${file}${ending}${path.slice(found.index + found[0].length)}`
    })
  }
}

/** The deploy CLI adds the ending of rules and hooks to their names. */
function withoutEnding(name: string): string {
  return name.endsWith('.js') ? name.slice(0, -3) : name
}
