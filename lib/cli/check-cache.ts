import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FileCache, openCache } from '../check/cache.ts'
import type { Terminal } from './command.ts'
import { packageVersion } from './package-json.ts'

/** What earlier checks in this folder have found, in the user's folder for caches; `undefined` when there is none. */
export async function checkCache({ cwd, env }: Terminal): Promise<FileCache | undefined> {
  const home = env['HOME'] === undefined ? undefined : join(env['HOME'], '.cache')
  const folder = env['XDG_CACHE_HOME'] || env['LOCALAPPDATA'] || home
  if (folder === undefined) return undefined
  const name = createHash('sha1').update(cwd).digest('hex').slice(0, 16)
  return openCache(join(folder, 'auth0-claims', `check-${name}.json`), fingerprint())
}

/** Changes with every change of the rules: the version, and the newest of the files that they are in. */
function fingerprint(): string {
  const version = packageVersion(import.meta.url)
  const newest = ['../check', '../claims'].flatMap((module) => {
    const folder = fileURLToPath(new URL(module, import.meta.url))
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
      (file) => statSync(join(folder, file)).mtimeMs,
    )
  })
  return `${version} ${Math.max(...newest)}`
}
