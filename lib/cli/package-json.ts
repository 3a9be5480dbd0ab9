import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ModuleForm } from '../contract/index.ts'
import { readIfThere } from '../files/index.ts'

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

/**
 * What Node takes a `.js` file of a folder for: the nearest package.json says so, and without a word from it a file is
 * CommonJS.
 */
export async function moduleFormIn(folder: string): Promise<ModuleForm> {
  for (let at = folder; ; at = dirname(at)) {
    const text = await readIfThere(join(at, 'package.json'))
    if (text !== undefined) return typeOf(text) === 'module' ? 'esm' : 'commonjs'
    if (dirname(at) === at) return 'commonjs'
  }
}

function typeOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { type?: unknown } | null)?.type
  } catch {
    return undefined
  }
}
