import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What dist/ is made of, besides the packages that the lock file names. */
const SOURCES = [
  'lib',
  'schemas',
  'scripts/build.ts',
  'scripts/few-files.ts',
  'scripts/verify-package.ts',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
]
/** Written into dist/ at the end of a build: what it was made of. */
export const DIGEST_FILE = 'dist/sources.sha256'

/** The digest of the files that a build reads, with their names, as hexadecimal text. */
export function sourcesDigest(root: string): string {
  const hash = createHash('sha256')
  for (const source of SOURCES) {
    const names = statSync(join(root, source)).isDirectory()
      ? readdirSync(join(root, source), { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .sort()
      : [join(root, source)]
    for (const name of names)
      hash
        .update(`${name.slice(root.length)}\0`)
        .update(readFileSync(name))
        .update('\0')
  }
  return hash.digest('hex')
}
