import { rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clearedAtEnd } from './cleared-at-end.ts'

/**
 * Calls `use` with a new folder that only the user can read, and removes it afterwards: also when `use` throws, when
 * the process exits meanwhile, and at Ctrl-C.
 */
export async function withTemporaryFolder<T>(name: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), `auth0-claims-${name}`))
  return clearedAtEnd(
    () => rmSync(folder, { recursive: true, force: true }),
    async () => {
      try {
        return await use(folder)
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    },
  )
}
