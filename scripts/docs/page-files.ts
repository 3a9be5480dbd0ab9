import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { GENERATED_PAGES } from './pages.ts'

export const root = join(import.meta.dirname, '../..')

/** Every page that users read, by its path from the root: README, docs/, and what ships with a module. */
export async function userPages(): Promise<string[]> {
  const docs = await readdir(join(root, 'docs'), { recursive: true })
  return [
    'README.md',
    'SECURITY.md',
    'lib/simulator/TESTING.md',
    'lib/verify/README.md',
    ...docs
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name.replaceAll('\\', '/')}`)
      .sort(),
  ]
}

/** Those of them that people write; commands and outputs in them are run. */
export async function handWrittenPages(): Promise<string[]> {
  return (await userPages()).filter((path) => !Object.hasOwn(GENERATED_PAGES, path))
}
