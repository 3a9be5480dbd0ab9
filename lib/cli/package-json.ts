import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The package.json nearest above a module: the sources and the compiled files lie at different depths. */
export function findPackageJSON(moduleUrl: string): string {
  let folder = dirname(fileURLToPath(moduleUrl))
  for (;;) {
    const file = join(folder, 'package.json')
    if (existsSync(file)) return file
    const parent = dirname(folder)
    if (parent === folder) throw new Error('package.json not found')
    folder = parent
  }
}

/** The version of the package that a module belongs to. */
export function packageVersion(moduleUrl: string): string {
  const { version } = JSON.parse(readFileSync(findPackageJSON(moduleUrl), 'utf8')) as { version: string }
  return version
}
