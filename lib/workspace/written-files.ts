import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { makeOwnFolder, OWN_FOLDER, writeWhole } from '../files/index.ts'

const FILE = join(OWN_FOLDER, 'bundles.json')

/** SHA-256, hexadecimal, of what `claims build` has written, by path relative to the workspace. */
export type WrittenFiles = ReadonlyMap<string, string>

/** What earlier builds have written here. A list that cannot be read counts as none: nothing is then ours. */
export async function writtenFiles(root: string): Promise<WrittenFiles> {
  try {
    const { version, files } = JSON.parse(await readFile(join(root, FILE), 'utf8'))
    return version === 1 ? new Map(Object.entries<string>(files)) : new Map()
  } catch {
    return new Map()
  }
}

/** Whether a file is as a build has written it; `false` also when somebody has changed it since. */
export async function isWritten(root: string, written: WrittenFiles, file: string): Promise<boolean> {
  const hash = written.get(keyOf(root, file))
  if (hash === undefined) return false
  const content = await readFile(file).catch(() => undefined)
  return content !== undefined && hashOf(content) === hash
}

/** Remembers files as written by a build, besides those of earlier ones. The folder ignores itself. */
export async function rememberWritten(
  root: string,
  files: Readonly<Iterable<readonly [file: string, text: string]>>,
): Promise<void> {
  const all = new Map(await writtenFiles(root))
  for (const [file, text] of files) all.set(keyOf(root, file), hashOf(text))
  await makeOwnFolder(root)
  const document = { version: 1, files: Object.fromEntries([...all].sort()) }
  await writeWhole(join(root, FILE), `${JSON.stringify(document, null, 2)}\n`, { root })
}

function keyOf(root: string, file: string): string {
  return relative(root, file).split(sep).join('/')
}

function hashOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}
