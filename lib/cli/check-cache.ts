import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FileCache } from '../check/cache.ts'
import type { Terminal } from './command.ts'
import { findPackageJSON } from './package-json.ts'

/** Fewer files are checked faster than looked up. */
const WORTH_IT = 20

/**
 * What earlier checks in this folder have found, in the user's folder for caches. `undefined` when it is not worth
 * it, or when there is no such folder.
 */
export async function checkCache({ cwd, env }: Terminal, files: number): Promise<FileCache | undefined> {
  const home = env['HOME'] === undefined ? undefined : join(env['HOME'], '.cache')
  const folder = env['XDG_CACHE_HOME'] || env['LOCALAPPDATA'] || home
  if (folder === undefined || files < WORTH_IT) return undefined
  const { openCache } = await import('../check/cache.ts')
  const { createHash } = await import('node:crypto')
  const name = createHash('sha1').update(cwd).digest('hex').slice(0, 16)
  return openCache(join(folder, 'auth0-claims', `check-${name}.json`), fingerprint())
}

/** Changes with every change of the rules: the version, and the newest of the files that they are in. */
function fingerprint(): string {
  const { version } = JSON.parse(readFileSync(findPackageJSON(import.meta.url), 'utf8')) as {
    version: string
  }
  const newest = ['../check', '../claims'].flatMap((module) => {
    const folder = fileURLToPath(new URL(module, import.meta.url))
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
      (file) => statSync(join(folder, file)).mtimeMs,
    )
  })
  return `${version} ${Math.max(...newest)}`
}
