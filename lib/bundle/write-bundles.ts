import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { BuiltAction } from './types.ts'

/**
 * Writes each bundle to its `builtFile` and its source map beside it, as `<builtFile>.map`. Makes folders as needed.
 * Does not remove bundles of Actions that are gone.
 */
export async function writeBundles(built: readonly BuiltAction[]): Promise<void> {
  await Promise.all(
    built.map(async (action) => {
      await mkdir(path.dirname(action.builtFile), { recursive: true })
      await writeFile(action.builtFile, action.code)
      await writeFile(`${action.builtFile}.map`, action.sourceMap)
    }),
  )
}
