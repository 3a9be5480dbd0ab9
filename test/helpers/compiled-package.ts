import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { lockStateFile } from '../../lib/tenant/state-lock.ts'
import { DIGEST_FILE, sourcesDigest } from '../../scripts/sources-digest.ts'

const REPOSITORY = join(import.meta.dirname, '../..')

/**
 * The folder of the package with a dist/ of the sources as they are now: built first where it is of older ones, by one
 * of the test files that run at once.
 */
export async function compiledPackage(): Promise<string> {
  mkdirSync(join(REPOSITORY, 'dist'), { recursive: true })
  while (!isCurrent()) {
    const unlock = await lockStateFile(join(REPOSITORY, 'dist/build')).catch(() => undefined)
    if (unlock === undefined) {
      await setTimeout(200)
      continue
    }
    try {
      if (!isCurrent()) build()
    } finally {
      await unlock()
    }
  }
  return REPOSITORY
}

function isCurrent(): boolean {
  try {
    return readFileSync(join(REPOSITORY, DIGEST_FILE), 'utf8') === sourcesDigest(REPOSITORY)
  } catch {
    return false
  }
}

function build(): void {
  execFileSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], {
    cwd: REPOSITORY,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}
