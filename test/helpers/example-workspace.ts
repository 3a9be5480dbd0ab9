import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const REPOSITORY = join(import.meta.dirname, '../..')

export interface KeptFolder {
  path: string
  remove(): Promise<void>
}

/** A copy of these parts of this repository's example workspace, for several tests; removed by the caller. */
export async function keptExampleWorkspace(
  parts: readonly string[] = ['actions', 'schemas', 'tenant.yaml', 'tenant.local.yaml'],
): Promise<KeptFolder> {
  const path = await mkdtemp(join(tmpdir(), 'auth0-claims-'))
  for (const name of parts) await cp(join(REPOSITORY, name), join(path, name), { recursive: true })
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/**
 * A copy of this repository's example workspace, removed when the test ends. `changes` replaces a text in a
 * file, which must be there, or with a string writes the whole file.
 */
export async function exampleWorkspace(
  changes: Readonly<Record<string, readonly [from: string, to: string] | string>> = {},
): Promise<string> {
  const { path: folder, remove } = await keptExampleWorkspace()
  onTestFinished(remove)
  for (const [name, change] of Object.entries(changes)) {
    const file = join(folder, name)
    if (typeof change === 'string') {
      await writeFile(file, change)
      continue
    }
    const text = await readFile(file, 'utf8')
    if (!text.includes(change[0])) throw new Error(`${name} does not hold ${change[0]}`)
    await writeFile(file, text.replace(change[0], change[1]))
  }
  return folder
}
